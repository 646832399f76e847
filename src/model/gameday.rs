//! What is told of a game day. Plain data; who plays it and what is broken is the outside's business.

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
    /// Hints, from vague to exact.
    pub hints: Vec<String>,
    /// The shortest way to the mending: keys or commands, two blanks, what they show.
    pub path: Vec<String>,
}
