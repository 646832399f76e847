//! How many lines came per second, by severity: the strip above a log. Counts only.

use std::collections::BTreeMap;

use super::Level;
use crate::clock::Timestamp;

/// Lines counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// All.
    pub lines: u32,
    /// Warnings.
    pub warnings: u32,
    /// Errors and worse.
    pub errors: u32,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.warnings += other.warnings;
        self.errors += other.errors;
    }

    fn subtract(&mut self, other: Self) {
        self.lines = self.lines.saturating_sub(other.lines);
        self.warnings = self.warnings.saturating_sub(other.warnings);
        self.errors = self.errors.saturating_sub(other.errors);
    }
}

/// Lines per second of their timestamps.
#[derive(Debug, Clone, Default)]
pub struct Seconds {
    counts: BTreeMap<i64, Tally>,
    total: Tally,
}

impl Seconds {
    /// Counts lines in.
    pub fn add(&mut self, lines: impl Iterator<Item = (Timestamp, Level)>) {
        per_second(lines, |second, tally| {
            self.total.add(tally);
            self.counts.entry(second).or_default().add(tally);
        });
    }

    /// Counts lines out.
    pub fn subtract(&mut self, lines: impl Iterator<Item = (Timestamp, Level)>) {
        per_second(lines, |second, tally| {
            self.total.subtract(tally);
            if let Some(count) = self.counts.get_mut(&second) {
                count.subtract(tally);
                if count.lines == 0 {
                    self.counts.remove(&second);
                }
            }
        });
    }

    /// All lines.
    pub const fn total(&self) -> Tally {
        self.total
    }

    /// First and last second that have lines. `None` without lines.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let (first, last) = (self.counts.first_key_value()?, self.counts.last_key_value()?);
        Some((
            Timestamp::from_seconds(*first.0),
            Timestamp::from_seconds(*last.0),
        ))
    }

    /// `columns` equal buckets over the seconds from `from` to `to`, both included.
    pub fn bars(&self, from: Timestamp, to: Timestamp, columns: usize) -> Vec<Tally> {
        let mut bars = vec![Tally::default(); columns];
        let (from, to) = (from.seconds(), to.seconds());
        if from > to {
            return bars;
        }
        let span = i128::from(to) - i128::from(from) + 1;
        for (second, tally) in self.counts.range(from..=to) {
            let column = (i128::from(*second) - i128::from(from)) * columns as i128 / span;
            if let Some(bar) = bars.get_mut(column as usize) {
                bar.add(*tally);
            }
        }
        bars
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Calls once per run of lines of the same second.
fn per_second(lines: impl Iterator<Item = (Timestamp, Level)>, mut each: impl FnMut(i64, Tally)) {
    let mut run: Option<(i64, Tally)> = None;
    for (stamp, level) in lines {
        let second = stamp.seconds();
        if run.is_none_or(|(current, _)| current != second) {
            if let Some((second, tally)) = run.take() {
                each(second, tally);
            }
            run = Some((second, Tally::default()));
        }
        if let Some((_, tally)) = &mut run {
            tally.lines += 1;
            tally.warnings += u32::from(level == Level::Warn);
            tally.errors += u32::from(level >= Level::Error);
        }
    }
    if let Some((second, tally)) = run {
        each(second, tally);
    }
}

#[cfg(test)]
mod tests {
    use super::{Seconds, Tally};
    use crate::clock::Timestamp;
    use crate::logs::Level;

    #[test]
    fn buckets_hold_every_line_once() {
        let mut seconds = Seconds::default();
        let line = |second: i64, level| (Timestamp::from_seconds(second), level);
        let lines = [
            line(10, Level::Info),
            line(10, Level::Error),
            line(19, Level::Warn),
            line(12, Level::Fatal),
        ];
        seconds.add(lines.into_iter());
        let (from, to) = seconds.span().unwrap();
        let bars = seconds.bars(from, to, 5);
        let tally = |lines, warnings, errors| Tally {
            lines,
            warnings,
            errors,
        };
        assert_eq!(
            bars,
            [
                tally(2, 0, 1),
                tally(1, 0, 1),
                tally(0, 0, 0),
                tally(0, 0, 0),
                tally(1, 1, 0)
            ]
        );
        assert_eq!(seconds.total(), tally(4, 1, 2));
        seconds.subtract(lines.into_iter());
        assert_eq!(seconds.total(), Tally::default());
        assert_eq!(seconds.span(), None);
        assert!(seconds.bars(to, from, 3).iter().all(|bar| bar.lines == 0));
    }
}
