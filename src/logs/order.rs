//! The order in which lines are shown: sorted entries without text. Decides no visibility.

use std::collections::VecDeque;

use super::segment::SegmentId;
use crate::clock::Timestamp;

/// By what lines are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderBy {
    /// Server timestamp; lines of one stream never change places.
    #[default]
    Time,
    /// As they came in.
    Arrival,
}

/// The place of one line or marker. Ordered by key (nanoseconds, or arrival number), then segment, then line. 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    pub(super) key: i64,
    pub(super) segment: SegmentId,
    pub(super) line: u32,
}

impl Entry {
    /// Before everything at or after a time (order by time only).
    pub const fn at(stamp: Timestamp) -> Self {
        Self {
            key: stamp.0,
            segment: SegmentId(0),
            line: 0,
        }
    }

    pub(super) const fn marker(key: i64, number: u32) -> Self {
        Self {
            key,
            segment: SegmentId::MARKER,
            line: number,
        }
    }

    pub(super) fn is_marker(self) -> bool {
        self.segment == SegmentId::MARKER
    }
}

/// Entries in ascending order.
#[derive(Debug, Clone, Default)]
pub struct Order(VecDeque<Entry>);

impl Order {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entry at a position.
    pub fn entry(&self, position: usize) -> Option<Entry> {
        self.0.get(position).copied()
    }

    /// The last one.
    pub fn last(&self) -> Option<Entry> {
        self.0.back().copied()
    }

    /// How many entries come before this one; where it is, if it is here.
    pub fn position(&self, entry: Entry) -> usize {
        self.0.partition_point(|other| *other < entry)
    }

    /// True when it is here.
    pub fn contains(&self, entry: Entry) -> bool {
        self.0.binary_search(&entry).is_ok()
    }

    /// Entries of a range of positions.
    pub fn range(&self, from: usize, to: usize) -> impl DoubleEndedIterator<Item = Entry> + '_ {
        let to = to.min(self.0.len());
        self.0.range(from.min(to)..to).copied()
    }

    /// Replaces everything; `entries` in any order.
    pub fn rebuild(&mut self, mut entries: Vec<Entry>) {
        entries.sort();
        self.0 = entries.into();
    }

    /// Adds a sorted run. Costs its own length at either end; elsewhere the shorter side is moved once.
    pub fn merge(&mut self, run: &[Entry]) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            return;
        };
        if self.0.back().is_none_or(|back| back < first) {
            self.0.extend(run);
            return;
        }
        let low = self.position(*first);
        let high = self.position(*last);
        if self.0.len() - low <= high {
            let tail = self.0.split_off(low);
            self.0.extend(merged(tail.into_iter(), run));
        } else {
            let head: Vec<Entry> = self.0.drain(..high).collect();
            let both: Vec<Entry> = merged(head.into_iter(), run).collect();
            for entry in both.into_iter().rev() {
                self.0.push_front(entry);
            }
        }
    }

    /// Keeps only what `keep` says.
    pub fn sweep(&mut self, keep: impl Fn(&Entry) -> bool) {
        self.0.retain(keep);
    }

    /// Drops the first one.
    pub fn drop_first(&mut self) {
        self.0.pop_front();
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// Two sorted sequences as one.
fn merged<'a>(
    left: impl Iterator<Item = Entry> + 'a,
    right: &'a [Entry],
) -> impl Iterator<Item = Entry> + 'a {
    let mut left = left.peekable();
    let mut right = right.iter().copied().peekable();
    std::iter::from_fn(move || match (left.peek(), right.peek()) {
        (Some(a), Some(b)) if b < a => right.next(),
        (Some(_), _) => left.next(),
        (None, _) => right.next(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Entry, Order};
    use crate::logs::segment::SegmentId;

    fn entry(key: i64) -> Entry {
        Entry {
            key,
            segment: SegmentId(7),
            line: 0,
        }
    }

    #[test]
    fn runs_merge_at_both_ends_and_within() {
        let mut order = Order::default();
        let mut expected: Vec<i64> = Vec::new();
        for run in [
            vec![50, 60, 70],
            vec![80, 90],
            vec![10, 20],
            vec![55, 65, 95],
            vec![15, 16],
            vec![1, 100],
        ] {
            expected.extend(&run);
            order.merge(&run.into_iter().map(entry).collect::<Vec<_>>());
        }
        expected.sort_unstable();
        let got: Vec<i64> = order.range(0, order.len()).map(|entry| entry.key).collect();
        assert_eq!(got, expected);
        assert_eq!(
            order.position(entry(65)),
            expected.iter().position(|key| *key == 65).unwrap()
        );
        assert!(order.contains(entry(16)) && !order.contains(entry(17)));
    }
}
