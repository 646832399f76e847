//! Filter and search of a log: what passes, what is lit up. The searching itself is a worker's.

use std::ops::Range;

use super::LogBuffer;
use crate::logs::lens::{Hits, Lens, ScanJob, Use};
use crate::logs::{Entry, Filter};

impl LogBuffer {
    /// Shows only what passes, and dividers; `None` shows everything. The jobs fill in what is held already; lines that come later are looked at as
    /// they come.
    pub fn set_filter(&mut self, filter: Option<Filter>) -> Vec<ScanJob> {
        let filter = filter.filter(|filter| !filter.is_empty());
        let search = self.sought.clone();
        let (lens, job) = filter.map(|filter| self.lens(filter, Use::Filter)).unzip();
        self.filter = lens;
        if let Some(filter) = &mut self.filter {
            let markers: Vec<Entry> = self
                .order
                .range(0, self.order.len())
                .filter(|entry| entry.is_marker())
                .collect();
            filter.order.merge(&markers);
        }
        let mut jobs = self.set_search(search);
        jobs.extend(job);
        jobs
    }

    /// Looks for something in what is shown, hiding nothing; `None` forgets it.
    pub fn set_search(&mut self, sought: Option<Filter>) -> Vec<ScanJob> {
        self.sought = sought.filter(|sought| !sought.is_empty());
        let pattern = match (&self.sought, &self.filter) {
            (Some(sought), Some(lens)) => Some(sought.and(&lens.filter)),
            (sought, _) => sought.clone(),
        };
        let (lens, job) = pattern.map(|pattern| self.lens(pattern, Use::Search)).unzip();
        self.search = lens;
        job.into_iter().collect()
    }

    fn lens(&mut self, filter: Filter, purpose: Use) -> (Lens, ScanJob) {
        self.generation += 1;
        Lens::new(filter, purpose, self.generation, self.by, self.ring.segments())
    }

    /// Takes what a worker found. Answers to an earlier filter are dropped.
    pub fn apply(&mut self, mut hits: Hits) {
        let lens = match hits.purpose {
            Use::Filter => &mut self.filter,
            Use::Search => &mut self.search,
        };
        if let Some(lens) = lens.as_mut().filter(|lens| lens.wants(&hits)) {
            hits.entries.retain(|entry| self.ring.holds(entry.segment));
            lens.order.merge(&hits.entries);
            lens.left = hits.left;
        }
    }

    /// The filter, if one is set.
    pub fn filter(&self) -> Option<&Filter> {
        self.filter.as_ref().map(|lens| &*lens.filter)
    }

    /// The search, if one is set.
    pub const fn search(&self) -> Option<&Filter> {
        self.sought.as_ref()
    }

    /// Byte ranges of a shown text to light up.
    pub fn highlights(&self, shown: &str) -> Vec<Range<usize>> {
        let lens = self.search.as_ref().or(self.filter.as_ref());
        lens.map(|lens| lens.filter.highlights(shown)).unwrap_or_default()
    }
}
