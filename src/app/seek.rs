//! Where a cursor goes by itself as soon as the row is there. Moves nothing.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::model::{Cell, Health, Phase};
use crate::store::FeedState;

/// The row a cursor waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seek {
    /// The object of this name.
    Name(Arc<str>),
    /// What restarted most often, once everything is listed: the pod to look at in a cluster one does not know.
    Restarts,
}

impl Seek {
    /// The slot among those shown. `None`: not there yet.
    pub(super) fn find(&self, feed: &FeedState, shown: &[u32], now: Timestamp) -> Option<u32> {
        match self {
            Self::Name(name) => shown
                .iter()
                .copied()
                .find(|slot| feed.rows.meta(*slot).is_some_and(|meta| meta.name == *name)),
            Self::Restarts if *feed.phase() == Phase::Live => most_restarts(feed, shown, now),
            Self::Restarts => None,
        }
    }
}

/// Rows in trouble come before others, whatever they count.
fn most_restarts(feed: &FeedState, shown: &[u32], now: Timestamp) -> Option<u32> {
    let columns = feed.rows.columns();
    let column = columns.iter().position(|column| column.title == "RESTARTS")?;
    let rank = |slot: u32| match feed.cell(slot, column, now) {
        Cell::Restarts(count, _) if count > 0 => Some((feed.health(slot) == Health::Bad, count)),
        _ => None,
    };
    let ranked = shown.iter().filter_map(|slot| Some((rank(*slot)?, *slot)));
    ranked.max_by_key(|(rank, _)| *rank).map(|(_, slot)| slot)
}
