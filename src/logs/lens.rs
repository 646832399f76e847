//! The lines that pass a filter, found by a worker in what is held and kept up as lines come. Owns no text.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::order::Order;
use super::segment::Segment;
use super::{Entry, Filter, OrderBy};

/// How much text one step of a scan reads, in bytes.
const STEP_BYTES: usize = 4 << 20;

/// What a lens is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Only hits are shown.
    Filter,
    /// Everything is shown; `n` and `N` go from hit to hit.
    Search,
}

/// Work for a worker thread: looks through what was held when it was made, newest first.
#[derive(Debug, Clone)]
pub struct ScanJob {
    purpose: Use,
    generation: u64,
    by: OrderBy,
    filter: Arc<Filter>,
    segments: Vec<Arc<Segment>>,
    stop: Arc<AtomicBool>,
}

/// Equal when they look for the same in the same state of the buffer.
impl PartialEq for ScanJob {
    fn eq(&self, other: &Self) -> bool {
        (self.purpose, self.generation) == (other.purpose, other.generation) && self.filter == other.filter
    }
}

impl ScanJob {
    /// The next hits, or `None` when done or no longer wanted. One call takes a few milliseconds.
    pub fn step(&mut self) -> Option<Hits> {
        if self.segments.is_empty() || self.stop.load(Ordering::Relaxed) {
            return None;
        }
        let mut entries = Vec::new();
        let mut scratch = Vec::new();
        let mut read = 0;
        while read < STEP_BYTES {
            let Some(segment) = self.segments.pop() else { break };
            read += segment.bytes();
            let hits = segment
                .entries(self.by)
                .filter(|(_, line, text)| self.filter.matches(line, text, &mut scratch));
            entries.extend(hits.map(|(entry, ..)| entry));
        }
        entries.sort();
        Some(Hits {
            purpose: self.purpose,
            generation: self.generation,
            entries,
            left: self.segments.len(),
        })
    }
}

/// What a worker found; goes to [`super::LogBuffer::apply`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hits {
    pub(super) purpose: Use,
    pub(super) generation: u64,
    pub(super) entries: Vec<Entry>,
    pub(super) left: usize,
}

/// A filter with its hits.
#[derive(Debug)]
pub(super) struct Lens {
    pub filter: Arc<Filter>,
    pub order: Order,
    /// Segments not looked through yet.
    pub left: usize,
    generation: u64,
    stop: Arc<AtomicBool>,
}

impl Lens {
    /// A new lens and the job that fills it; `segments` oldest first.
    pub fn new(
        filter: Filter,
        purpose: Use,
        generation: u64,
        by: OrderBy,
        segments: Vec<Arc<Segment>>,
    ) -> (Self, ScanJob) {
        let filter = Arc::new(filter);
        let stop = Arc::new(AtomicBool::new(false));
        let lens = Self {
            filter: Arc::clone(&filter),
            order: Order::default(),
            left: segments.len(),
            generation,
            stop: Arc::clone(&stop),
        };
        let job = ScanJob {
            purpose,
            generation,
            by,
            filter,
            segments,
            stop,
        };
        (lens, job)
    }

    /// True when these hits are for this lens.
    pub fn wants(&self, hits: &Hits) -> bool {
        self.generation == hits.generation
    }
}

/// A lens put away stops its worker.
impl Drop for Lens {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
