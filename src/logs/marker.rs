//! Lines of our own between the log lines: restarts, gaps and the user's marks.

use std::sync::Arc;

use super::SourceId;
use crate::clock::Timestamp;

/// A divider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// A container started again.
    Restart {
        /// The new run.
        source: SourceId,
        /// How the run before it ended. `None` when nobody knows.
        exit_code: Option<i32>,
        /// `OOMKilled`, `Error`; empty when unknown.
        reason: Arc<str>,
        /// How often it has been restarted by now.
        restarts: u32,
        /// When the run before ended, or the new one started.
        at: Timestamp,
    },
    /// Lines are known to be missing.
    Gap {
        /// Whose.
        source: SourceId,
        /// The last line before.
        from: Timestamp,
        /// The first line after.
        to: Timestamp,
    },
    /// Set by the user (`m`).
    Mark {
        /// When.
        at: Timestamp,
    },
}

impl Marker {
    /// When, for the order by time.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Restart { at, .. } | Self::Mark { at } => *at,
            Self::Gap { from, .. } => *from,
        }
    }

    /// The stream it is about. `None` for a user's mark.
    pub const fn source(&self) -> Option<SourceId> {
        match self {
            Self::Restart { source, .. } | Self::Gap { source, .. } => Some(*source),
            Self::Mark { .. } => None,
        }
    }
}
