//! The order of a view (sort and filter), used by the cursor and by the screen alike, kept incrementally.

use std::cmp::Ordering;

use rustc_hash::FxHashSet;

use super::filter::Filter;
use super::matcher::Matcher;
use super::totals::Totals;
use super::{FeedState, Store};
use crate::clock::Timestamp;
use crate::kind::{Changes, SortBy};
use crate::model::{Cell, Predicate, Uid};

/// Where a row stands in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Index in the order, from 0.
    pub at: usize,
    /// Slot in the feed.
    pub slot: u32,
}

/// Which rows a view shows, in which order.
#[derive(Debug)]
pub struct Order {
    slots: Vec<u32>,
    /// Grows with every change of the slots.
    revision: u64,
    totals: Totals,
    /// What is typed after `/`.
    pub filter: Filter,
    /// Restriction by relation.
    pub predicate: Predicate,
    /// Only rows that are not as they should be.
    pub faults: bool,
    /// The column to order by.
    pub sort: SortBy,
    matcher: Matcher,
    dirty: bool,
    sorted_at: Timestamp,
}

/// The shortest time between two whole sorts of a column that changes by itself: 1 second.
const RESORT: i64 = 1_000_000_000;
/// Batches above this rebuild the order; below it they are merged into it.
const MERGE_AT_MOST: usize = 2_000;

impl Order {
    /// An order that still has to be built.
    pub fn new(filter: Filter, predicate: Predicate, sort: SortBy) -> Self {
        Self {
            slots: Vec::new(),
            revision: 0,
            totals: Totals::default(),
            filter,
            predicate,
            faults: false,
            sort,
            matcher: Matcher::default(),
            dirty: true,
            sorted_at: Timestamp::default(),
        }
    }

    /// Slots in display order.
    pub fn slots(&self) -> &[u32] {
        &self.slots
    }

    /// The sum of a column over the rows shown: bars by their units, numbers by addition. `None` for texts. Computed once per change.
    pub fn total(&self, feed: &FeedState, column: usize) -> Option<Cell<'static>> {
        self.totals.of(feed, (&self.slots, self.revision), column)
    }

    fn set(&mut self, slots: Vec<u32>) {
        self.slots = slots;
        self.revision += 1;
    }

    /// The next [`Order::refresh`] builds everything anew.
    pub fn invalidate(&mut self) {
        self.dirty = true;
    }

    /// Where an object stands. `None` when it is filtered out or gone.
    pub fn position(&self, feed: &FeedState, uid: Uid) -> Option<Position> {
        let slot = feed.rows.slot(uid)?;
        self.slots
            .iter()
            .position(|other| *other == slot)
            .map(|at| Position { at, slot })
    }

    /// Brings the order up to date; `true` when it was rebuilt. `others` is for predicates that look at other feeds.
    pub fn refresh(&mut self, feed: &FeedState, others: &Store, now: Timestamp) -> bool {
        let related = self.matcher.refresh(&self.predicate, feed, others);
        if !(self.dirty || related) {
            return false;
        }
        self.dirty = false;
        self.sorted_at = now;
        let mut slots = feed.rows.slots();
        self.keep_shown(feed, &mut slots, now);
        feed.rows.sort(&mut slots, self.sort, &feed.annex, now);
        self.set(slots);
        true
    }

    /// Takes over what a batch changed, without looking at the other rows.
    pub fn merge(&mut self, feed: &FeedState, changes: &Changes, now: Timestamp) {
        let touched = changes.added.len() + changes.updated.len() + changes.removed.len();
        if self.dirty || touched > MERGE_AT_MOST {
            self.dirty = true;
            return;
        }
        let gone = changes.removed.iter().map(|(slot, _)| *slot);
        let moved: FxHashSet<u32> = gone
            .chain(changes.updated.iter().copied())
            .chain(changes.added.iter().copied())
            .collect();
        if moved.is_empty() {
            return;
        }
        self.slots.retain(|slot| !moved.contains(slot));
        let mut fresh: Vec<u32> = changes.updated.iter().chain(&changes.added).copied().collect();
        self.keep_shown(feed, &mut fresh, now);
        fresh.sort_unstable();
        fresh.dedup();
        feed.rows.sort(&mut fresh, self.sort, &feed.annex, now);
        self.set(self.merged(feed, &fresh));
    }

    fn merged(&self, feed: &FeedState, fresh: &[u32]) -> Vec<u32> {
        let mut out = Vec::with_capacity(self.slots.len() + fresh.len());
        let mut rest = self.slots.as_slice();
        for slot in fresh {
            let before =
                |other: &u32| feed.rows.compare(*other, *slot, self.sort, &feed.annex) == Ordering::Less;
            let (head, tail) = rest.split_at(rest.partition_point(before));
            out.extend_from_slice(head);
            out.push(*slot);
            rest = tail;
        }
        out.extend_from_slice(rest);
        out
    }

    /// Facts changed (usage, capacity): an order by a column that depends on them is built anew, at most once a second.
    pub fn facts_changed(&mut self, feed: &FeedState, now: Timestamp) {
        let volatile = feed
            .rows
            .columns()
            .get(self.sort.column)
            .is_some_and(|column| column.volatile);
        if (volatile || self.faults) && now.nanos_since(self.sorted_at) >= RESORT {
            self.dirty = true;
        }
    }

    fn keep_shown(&mut self, feed: &FeedState, slots: &mut Vec<u32>, now: Timestamp) {
        let (matcher, filter, faults) = (&self.matcher, &mut self.filter, self.faults);
        let reads_text = filter.reads_text();
        let mut line = String::new();
        slots.retain(|slot| {
            let Some(meta) = feed.rows.meta(*slot) else {
                return false;
            };
            if !matcher.matches(feed, *slot, meta) || (faults && !feed.health(*slot).is_fault()) {
                return false;
            }
            line.clear();
            if reads_text {
                write_line(feed, *slot, now, &mut line);
            }
            filter.matches(&line, meta)
        });
    }
}

/// The text of a row that a filter sees: every column that does not change by itself, shown or not, one blank between.
pub fn write_line(feed: &FeedState, slot: u32, now: Timestamp, out: &mut String) {
    for (at, column) in feed.rows.columns().iter().enumerate() {
        if column.volatile {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        feed.cell(slot, at, now).write(now, out);
    }
}
