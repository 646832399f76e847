//! A game day as the explorer is told of it. Plain data; who plays it and what is broken is the outside's business.

/// Something is broken, and a person is to find and mend it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GameDay {
    /// What it is called. Tells too much to be shown before the end.
    pub name: String,
    /// What a person meets first.
    pub symptom: String,
    /// What is behind it.
    pub cause: String,
    /// What shows the cause, one sentence each.
    pub evidence: Vec<String>,
    /// From vague to exact.
    pub hints: Vec<String>,
    /// The shortest way to the mending, in keys.
    pub path: Vec<String>,
}

/// What the outside says of a game day. Each that is played has a number of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GameNews {
    /// It begins.
    Began(u64, Box<GameDay>),
    /// What the game day of this number broke is whole again.
    Mended(u64),
    /// Something of the present one could not happen, and why.
    Failed(String),
    /// It cannot be played, and why.
    Refused(String),
}
