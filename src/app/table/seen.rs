//! What of a table is on screen: whether a change is to be seen at all, and when it changes by time alone.

use super::{CHANGED_FOR, TablePane};
use crate::app::columns;
use crate::clock::Timestamp;
use crate::kind::Changes;
use crate::store::FeedState;

/// What is on screen, as far as it can change without a key.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The visible rows.
    window: Vec<u32>,
    /// Rows shown and rows there are: title and scroll bar.
    counts: (usize, usize),
    /// What the sums below the rows were made from.
    totals: u64,
    /// A visible row is another than when it was seen.
    touched: bool,
}

impl Seen {
    /// Rows changed.
    pub fn touch(&mut self, changes: &Changes) {
        let gone = changes.removed.iter().map(|(slot, _)| slot);
        let mut slots = changes.updated.iter().chain(&changes.added).chain(gone);
        self.touched |= slots.any(|slot| self.window.contains(slot));
    }
}

impl TablePane {
    /// Remembers what is on screen now. `true` when that is something else than before.
    pub(super) fn look(&mut self, feed: &FeedState) -> bool {
        let slots = self.order.slots();
        let end = slots.len().min(self.top + self.rows_in_view);
        let window = slots.get(self.top..end).unwrap_or_default();
        let counts = (slots.len(), feed.rows.len());
        let totals = if self.has_sums() { feed.version } else { 0 };
        let seen = &mut self.seen;
        let same = !seen.touched && seen.window == window && (seen.counts, seen.totals) == (counts, totals);
        if !same {
            seen.window.clear();
            seen.window.extend_from_slice(window);
            (seen.counts, seen.totals, seen.touched) = (counts, totals, false);
        }
        !same
    }

    /// When a visible cell changes by time alone. `None` when none does.
    pub fn next_change(&self, feed: &FeedState, now: Timestamp) -> Option<Timestamp> {
        let slots = self.order.slots().iter().skip(self.top).take(self.rows_in_view);
        let waits = slots.filter_map(|slot| self.next_change_of(feed, *slot, now));
        let wait = waits.min()?;
        Some(Timestamp(now.0.saturating_add(wait.max(1))))
    }

    /// Nanoseconds until a row changes by time alone: an age, or the mark of a change that fades.
    fn next_change_of(&self, feed: &FeedState, slot: u32, now: Timestamp) -> Option<i64> {
        let shown = columns::candidates(feed.rows.columns(), self.columns_of());
        let cells = shown.filter_map(|column| feed.cell(slot, column, now).next_change(now));
        let (bits, at) = feed.rows.changed(slot);
        let fade = (bits != 0)
            .then(|| CHANGED_FOR - now.nanos_since(at))
            .filter(|left| *left > 0);
        cells.chain(fade).min()
    }
}
