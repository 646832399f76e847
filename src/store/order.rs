//! The order of a view (sort and filter), used by the cursor and by the screen alike, kept incrementally.

use rustc_hash::FxHashSet;

use super::build::{Build, insert};
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

/// Which rows a view shows, in which order. Small changes are taken over at once; what takes longer goes on in [`Order::work`] while the old order
/// stays on screen.
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
    build: Option<Build>,
    dirty: bool,
    /// When everything the order is made from was last looked at.
    begun: Timestamp,
    /// The version of the facts then.
    facts: u64,
    /// What it was made from is old; it is made anew at this moment.
    due: Option<Timestamp>,
}

/// The shortest time between two whole orders that nobody asked for, because facts or owners changed: 1 second.
const AGAIN: i64 = 1_000_000_000;
/// Batches above this are merged in steps, below it at once.
const MERGE_AT_MOST: usize = 2_000;
/// Steps that are taken at once: whoever has but a few thousand rows never waits.
const AT_ONCE: usize = 4;

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
            build: None,
            dirty: true,
            begun: Timestamp::default(),
            facts: 0,
            due: None,
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

    /// The next [`Order::refresh`] begins everything anew.
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

    /// When [`Order::refresh`] has something to do although no row changes. `None`: never.
    pub const fn deadline(&self) -> Option<Timestamp> {
        self.due
    }

    /// True while [`Order::work`] has something to do.
    pub const fn is_building(&self) -> bool {
        self.build.is_some()
    }

    /// Brings the order up to date as far as that takes a few milliseconds; `true` when it is another now. `others` is for predicates that look
    /// at other feeds.
    pub fn refresh(&mut self, feed: &FeedState, others: &Store, now: Timestamp) -> bool {
        if !self.matcher.is_of(&self.predicate) {
            self.matcher.compile(&self.predicate, feed, others);
            self.dirty = true;
        }
        self.notice(feed, others);
        if self.due.is_some_and(|due| due <= now) {
            self.due = None;
            self.begun = now;
            self.dirty |= self.matcher.compile(&self.predicate, feed, others) || self.facts != feed.facts;
        }
        if self.dirty {
            self.dirty = false;
            self.begun = now;
            self.facts = feed.facts;
            self.build = Some(Build::new(self.matcher.candidates(feed)));
        }
        self.work(feed, now, AT_ONCE)
    }

    /// Finishes the order, however long that takes: for commands, which have nothing else to do.
    pub fn complete(&mut self, feed: &FeedState, others: &Store, now: Timestamp) {
        self.refresh(feed, others, now);
        self.work(feed, now, usize::MAX);
    }

    /// Goes on with an order that takes longer, by this many steps of about a millisecond. `true` when the order is another now.
    pub fn work(&mut self, feed: &FeedState, now: Timestamp, steps: usize) -> bool {
        for _ in 0..steps {
            let Some(build) = &mut self.build else {
                return false;
            };
            let (matcher, filter, faults) = (&self.matcher, &mut self.filter, self.faults);
            let keep = |slots: &mut Vec<u32>| keep_shown(feed, (matcher, filter, faults), slots, now);
            if let Some(slots) = build.step(feed, (self.sort, now), keep) {
                self.build = None;
                self.set(slots);
                return true;
            }
        }
        false
    }

    /// Sees that owners or facts are others than before: the order is made anew, at most once a second.
    fn notice(&mut self, feed: &FeedState, others: &Store) {
        let facts = self.facts != feed.facts && self.reads_facts(feed);
        if !facts {
            self.facts = feed.facts;
        }
        if self.due.is_none() && (facts || self.matcher.is_old(&self.predicate, feed, others)) {
            self.due = Some(Timestamp(self.begun.0.saturating_add(AGAIN)));
        }
    }

    /// Whether facts decide which rows are shown, or where. Those of pods and nodes stand in volatile columns, which no filter reads; other kinds
    /// are few enough to be looked at whenever they change.
    fn reads_facts(&self, feed: &FeedState) -> bool {
        if self.faults || !matches!(&*feed.feed.gvr.resource, "pods" | "nodes") {
            return true;
        }
        let columns = feed.rows.columns();
        columns
            .get(self.sort.column)
            .is_some_and(|column| column.volatile)
    }

    /// Takes over what a batch changed, without looking at the other rows.
    pub fn merge(&mut self, feed: &FeedState, changes: &Changes, now: Timestamp) {
        if self.dirty || changes.is_empty() {
            // The next refresh looks at all rows, but what is gone may not be shown until then.
            self.forget(changes);
            return;
        }
        let gone = changes.removed.iter().map(|(slot, _)| *slot);
        let mut fresh: Vec<u32> = changes.updated.iter().chain(&changes.added).copied().collect();
        fresh.sort_unstable();
        fresh.dedup();
        fresh.retain(|slot| feed.rows.meta(*slot).is_some());
        let moved: FxHashSet<u32> = gone.chain(fresh.iter().copied()).collect();
        if let Some(build) = &mut self.build {
            build.touch(&moved, &fresh);
            return self.forget(changes);
        }
        if moved.len() > MERGE_AT_MOST {
            let mut sorted = self.slots.clone();
            sorted.retain(|slot| !moved.contains(slot));
            self.build = Some(Build::beside(sorted, fresh));
            return self.forget(changes);
        }
        self.slots.retain(|slot| !moved.contains(slot));
        keep_shown(
            feed,
            (&self.matcher, &mut self.filter, self.faults),
            &mut fresh,
            now,
        );
        feed.rows.sort(&mut fresh, self.sort, &feed.annex, now);
        self.set(insert(feed, self.sort, &self.slots, &fresh));
    }

    /// Removed rows leave the order on screen at once.
    fn forget(&mut self, changes: &Changes) {
        if !changes.removed.is_empty() {
            let gone: FxHashSet<u32> = changes.removed.iter().map(|(slot, _)| *slot).collect();
            self.slots.retain(|slot| !gone.contains(slot));
            self.revision += 1;
        }
    }
}

/// Removes the slots that predicate, filter and faults do not show.
fn keep_shown(
    feed: &FeedState,
    (matcher, filter, faults): (&Matcher, &mut Filter, bool),
    slots: &mut Vec<u32>,
    now: Timestamp,
) {
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
