//! How a game day goes, as the explorer is told. Plain data; who plays it is the outside's business.

use crate::model::GameDay;

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
