//! How fresh the rows of a feed are.

use super::Failure;
use crate::clock::Timestamp;

/// The state of one watch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Phase {
    /// Asked, nothing heard yet.
    #[default]
    Opening,
    /// The list is arriving.
    Loading {
        /// Objects so far.
        seen: u32,
        /// How many there will be, when the server says so.
        of: Option<u32>,
    },
    /// Watching; heard from within 90 s.
    Live,
    /// Polled, because the resource has no watch; complete as of this moment.
    Polled(Timestamp),
    /// The rows are old: since when and why. It is being retried.
    Stale {
        /// Last heard from.
        since: Timestamp,
        /// Why.
        why: Failure,
    },
}
