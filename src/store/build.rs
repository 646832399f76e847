//! A new order on its way, in steps that each take about a millisecond, however many rows there are.
//!
//! ```text
//! left ──filter──▶ kept ──sort──▶ run, run, run … ──merge──▶ order
//! ```

use std::cmp::Ordering;

use rustc_hash::FxHashSet;

use super::FeedState;
use crate::clock::Timestamp;
use crate::kind::{Run, SortBy};

/// Rows that one step looks at.
pub(super) const STEP: usize = 2_048;

/// A new order on its way. Rows that change meanwhile are looked at again before it is done.
#[derive(Debug, Default)]
pub(super) struct Build {
    /// Slots still to be looked at, each once.
    left: Vec<u32>,
    /// Those that are shown and not yet sorted.
    kept: Vec<u32>,
    /// Sorted parts.
    runs: Vec<Run>,
    /// The first part of the new order.
    merged: Vec<u32>,
}

impl Build {
    /// An order of these rows, of which nothing is known.
    pub fn new(left: Vec<u32>) -> Self {
        Self {
            left,
            ..Self::default()
        }
    }

    /// An order of rows that are in order, and others.
    pub fn beside(sorted: Vec<u32>, left: Vec<u32>) -> Self {
        Self {
            left,
            runs: vec![Run::new(sorted)],
            ..Self::default()
        }
    }

    /// Rows changed: what was known about them is void. `again` are those of them that still exist.
    pub fn touch(&mut self, moved: &FxHashSet<u32>, again: &[u32]) {
        let stays = |slot: &u32| !moved.contains(slot);
        for run in &mut self.runs {
            run.retain(stays);
        }
        for part in [&mut self.left, &mut self.kept, &mut self.merged] {
            part.retain(stays);
        }
        self.left.extend_from_slice(again);
    }

    /// One step. The new order once there is nothing left to do; `keep` removes the slots that are not shown.
    pub fn step(
        &mut self,
        feed: &FeedState,
        (by, now): (SortBy, Timestamp),
        keep: impl FnOnce(&mut Vec<u32>),
    ) -> Option<Vec<u32>> {
        let is_merging = !self.merged.is_empty();
        if !(is_merging || self.left.is_empty() && self.kept.is_empty()) {
            self.look(feed, (by, now), keep);
            return self.finished();
        }
        if !is_merging && let Some(whole) = self.inserted(feed, by) {
            self.runs = vec![Run::new(whole)];
            return self.finished();
        }
        feed.rows
            .merge(&mut self.runs, (by, now), &feed.annex, (STEP, &mut self.merged));
        self.runs.retain(|run| !run.rest().is_empty());
        if self.runs.is_empty() {
            // What changed while this was merged becomes one more run beside it.
            self.runs.push(Run::new(std::mem::take(&mut self.merged)));
        }
        self.finished()
    }

    /// Looks at the next rows; sorts what has been kept once that is enough for a run, or all there is.
    fn look(&mut self, feed: &FeedState, (by, now): (SortBy, Timestamp), keep: impl FnOnce(&mut Vec<u32>)) {
        let mut part = self.left.split_off(self.left.len().saturating_sub(STEP));
        keep(&mut part);
        self.kept.append(&mut part);
        if self.kept.len() >= STEP || self.left.is_empty() {
            let mut run = std::mem::take(&mut self.kept);
            feed.rows.sort(&mut run, by, &feed.annex, now);
            self.runs.push(Run::new(run));
            self.runs.retain(|run| !run.rest().is_empty());
        }
    }

    /// A few rows put into their places among many. `None` when there are more runs, or more rows.
    fn inserted(&self, feed: &FeedState, by: SortBy) -> Option<Vec<u32>> {
        let [one, two] = self.runs.as_slice() else {
            return None;
        };
        let (many, few) = if one.rest().len() < two.rest().len() {
            (two.rest(), one.rest())
        } else {
            (one.rest(), two.rest())
        };
        (few.len() <= STEP).then(|| insert(feed, by, many, few))
    }

    fn finished(&mut self) -> Option<Vec<u32>> {
        let is_done = self.left.is_empty() && self.kept.is_empty() && self.merged.is_empty();
        (is_done && self.runs.len() <= 1).then(|| self.runs.pop().map_or_else(Vec::new, Run::into_rest))
    }
}

/// The slots of `few` at their places among `many`; both are in order.
pub(super) fn insert(feed: &FeedState, by: SortBy, many: &[u32], few: &[u32]) -> Vec<u32> {
    let mut out = Vec::with_capacity(many.len() + few.len());
    let mut rest = many;
    for slot in few {
        let before = |other: &u32| feed.rows.compare(*other, *slot, by, &feed.annex) == Ordering::Less;
        let (head, tail) = rest.split_at(rest.partition_point(before));
        out.extend_from_slice(head);
        out.push(*slot);
        rest = tail;
    }
    out.extend_from_slice(rest);
    out
}
