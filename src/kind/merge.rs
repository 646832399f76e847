//! Sorted runs of slots, merged a part at a time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::sheet::ordered;
use crate::model::{Cell, Meta};

/// Slots in order, of which the first are taken off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    slots: Vec<u32>,
    taken: usize,
}

impl Run {
    /// Of slots that are in order.
    pub const fn new(slots: Vec<u32>) -> Self {
        Self { slots, taken: 0 }
    }

    /// What is not taken yet.
    pub fn rest(&self) -> &[u32] {
        self.slots.get(self.taken..).unwrap_or_default()
    }

    /// What is not taken yet, without the run.
    pub fn into_rest(mut self) -> Vec<u32> {
        self.slots.drain(..self.taken);
        self.slots
    }

    /// Forgets the slots that do not stay.
    pub fn retain(&mut self, stays: impl FnMut(&u32) -> bool) {
        self.slots.drain(..self.taken);
        self.taken = 0;
        self.slots.retain(stays);
    }
}

/// The first slot of a run with what it is ordered by.
struct Head<'a> {
    cell: Cell<'a>,
    meta: &'a Meta,
    run: usize,
    reverse: bool,
}

impl Ord for Head<'_> {
    /// The heap has its greatest on top: here that is what comes first.
    fn cmp(&self, other: &Self) -> Ordering {
        ordered((&other.cell, other.meta), (&self.cell, self.meta), self.reverse)
    }
}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head<'_> {}

/// Moves the first `most` slots of all runs to `out`, in order. `look` finds what a slot is ordered by; a slot without a row is dropped.
pub(super) fn merge<'a>(
    runs: &mut [Run],
    reverse: bool,
    most: usize,
    look: impl Fn(u32) -> Option<(Cell<'a>, &'a Meta)>,
    out: &mut Vec<u32>,
) {
    let head = |runs: &mut [Run], run: usize| {
        let taking = runs.get_mut(run)?;
        loop {
            let slot = *taking.rest().first()?;
            if let Some((cell, meta)) = look(slot) {
                return Some(Head {
                    cell,
                    meta,
                    run,
                    reverse,
                });
            }
            taking.taken += 1;
        }
    };
    let mut heads: BinaryHeap<Head> = (0..runs.len()).filter_map(|run| head(runs, run)).collect();
    for _ in 0..most {
        let Some(mut first) = heads.peek_mut() else { return };
        let run = first.run;
        if let Some(taking) = runs.get_mut(run) {
            out.extend(taking.rest().first());
            taking.taken += 1;
        }
        match head(runs, run) {
            Some(next) => *first = next,
            None => drop(PeekMut::pop(first)),
        }
    }
}
