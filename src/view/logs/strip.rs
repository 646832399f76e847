//! The strip above a log: how many lines came when, in colour where many of them are errors or warnings.
//!
//! ```text
//! 12:00 ▁▁▂▁▁▁▃▇█▅▂▁   ▁▂▁▁▁▁▁▁▁▂▁▁ 12:15  E 41  W 120  I 8.2k
//! ```

use super::super::{Look, Text, piece};
use crate::clock::{self, Timestamp};
use crate::logs::{Level, Seconds, Tally};
use crate::model::Tone;
use crate::text::width;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// A bucket is at least this many seconds wide, so that a short log is not stretched into a few far blocks.
const LEAST: i64 = 1;
const NANOS: i64 = 1_000_000_000;

/// `None` when there are no lines or there is no room for ten buckets.
pub(super) fn strip(seconds: &Seconds, utc: bool, room: usize) -> Option<Text> {
    let (first, last) = seconds.span()?;
    let short = last.nanos_since(first) < 120 * NANOS;
    let day = last.nanos_since(first) > 20 * 3600 * NANOS;
    let time = |at| moment(at, utc, (short, day));
    let counts = counts(seconds.total());
    let around = width(&time(first)) + width(&time(last)) + 4;
    let taken = around + counts.iter().map(|part| width(&part.text)).sum::<usize>();
    let columns = room.checked_sub(taken).filter(|columns| *columns >= 10)?;
    let span = last.nanos_since(first) / NANOS + 1;
    let columns = columns.min(usize::try_from(span / LEAST).unwrap_or(1)).max(1);
    let bars = seconds.bars(first, last, columns);
    let dim = |text: String| piece(text, Look::Tone(Tone::Dim));
    let mut out = vec![dim(format!("{} ", time(first)))];
    blocks(&bars, &mut out);
    out.push(dim(format!(" {}  ", time(last))));
    out.extend(counts);
    Some(out)
}

/// `12:00`, `12:00:07` in a span of minutes, `20T12:00` in one of days.
fn moment(at: Timestamp, utc: bool, (short, day): (bool, bool)) -> String {
    let time = clock::time_of_day(at, utc);
    let time = time.get(..if short { 8 } else { 5 }).unwrap_or(&time).to_owned();
    if day {
        let date = at.rfc3339();
        return format!("{}T{time}", date.get(8..10).unwrap_or_default());
    }
    time
}

/// Blocks as high as their share of the fullest bucket; anything at all is the lowest one. Neighbours of one colour are one piece.
fn blocks(bars: &[Tally], out: &mut Text) {
    let most = bars.iter().map(|bar| bar.lines).max().unwrap_or(0).max(1);
    for bar in bars {
        let block = match bar.lines {
            0 => ' ',
            lines => {
                let step = (u64::from(lines) * 8).div_ceil(u64::from(most)).clamp(1, 8) - 1;
                BLOCKS.get(step as usize).copied().unwrap_or('█')
            }
        };
        // A strip that is red all over says nothing: a bucket has the colour of what makes up a good part of it.
        let look = if bar.errors * 8 > bar.lines {
            Look::Level(Level::Error)
        } else if (bar.errors + bar.warnings) * 4 > bar.lines {
            Look::Level(Level::Warn)
        } else {
            Look::Tone(Tone::Dim)
        };
        match out.last_mut() {
            Some(last) if last.look == look || block == ' ' => last.text.push(block),
            _ => out.push(piece(block, look)),
        }
    }
}

/// `E 41  W 120  I 8.2k`: what is neither an error nor a warning counts as information.
fn counts(total: Tally) -> Text {
    let rest = total.lines.saturating_sub(total.errors + total.warnings);
    let mut out = Text::new();
    for (count, level) in [
        (total.errors, Level::Error),
        (total.warnings, Level::Warn),
        (rest, Level::Info),
    ] {
        let look = if count == 0 {
            Look::Tone(Tone::Dim)
        } else {
            Look::Level(level)
        };
        let gap = if out.is_empty() { "" } else { "  " };
        out.push(piece(format!("{gap}{} {}", level.letter(), short(count)), look));
    }
    out
}

/// `812`, `8.2k`, `41k`, `1.3M`.
fn short(count: u32) -> String {
    let scaled = |unit: u32, sign: char| match count / (unit / 10) {
        tenths @ ..100 => format!("{}.{}{sign}", tenths / 10, tenths % 10),
        tenths => format!("{}{sign}", tenths / 10),
    };
    match count {
        0..1000 => count.to_string(),
        1000..1_000_000 => scaled(1000, 'k'),
        _ => scaled(1_000_000, 'M'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(1_700_000_000 + second)
    }

    fn plain(text: &Text) -> String {
        text.iter().map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn the_strip_shows_when_lines_came_and_how_bad_they_were() {
        let mut seconds = Seconds::default();
        assert_eq!(strip(&seconds, true, 80), None);
        let lines = (0..900).map(|second| (at(second), Level::Info));
        seconds.add(lines);
        seconds.add((0..2000).map(|_| (at(450), Level::Error)));
        let text = strip(&seconds, true, 60).unwrap();
        assert_eq!(
            plain(&text),
            "22:13 ▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▁▁▁▁▁▁▁▁▁▁▁▁▁ 22:28  E 2.0k  W 0  I 900"
        );
        let red: Vec<&str> = text
            .iter()
            .filter(|piece| piece.look == Look::Level(Level::Error))
            .map(|piece| piece.text.as_str())
            .collect();
        assert_eq!(red, ["█", "E 2.0k"]);
        assert_eq!(strip(&seconds, true, 30), None, "no room");
    }

    #[test]
    fn short_logs_have_seconds_and_a_column_for_each() {
        let mut seconds = Seconds::default();
        seconds.add([(at(0), Level::Info), (at(3), Level::Warn)].into_iter());
        let text = strip(&seconds, true, 80).unwrap();
        assert_eq!(plain(&text), "22:13:20 █  █ 22:13:23  E 0  W 1  I 1");
    }

    #[test]
    fn counts_are_short() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (8249, "8.2k"),
            (41_000, "41k"),
            (1_340_000, "1.3M"),
        ] {
            assert_eq!(short(count), text);
        }
    }
}
