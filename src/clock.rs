//! Time: the only place that reads the wall clock, and ages as kubectl prints them. Nothing else may call the system clock.

pub mod civil;

use std::time::{SystemTime, UNIX_EPOCH};

/// A point in time: nanoseconds since the Unix epoch, UTC. Years 1678 to 2262.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Whole seconds since the epoch as a timestamp; saturates at the ends of the range.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// Seconds and nanoseconds since the epoch as a timestamp.
    pub const fn from_parts(seconds: i64, nanos: i32) -> Self {
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(nanos as i64))
    }

    /// Whole seconds since the epoch, rounded towards the past.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// Nanoseconds from `earlier` to `self`; negative if `earlier` is later.
    pub const fn nanos_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Parses RFC 3339 as Kubernetes writes it (`2026-11-21T09:11:16Z`, with or without a fraction and offset). `None` if it is not.
    pub fn parse(text: &str) -> Option<Self> {
        let stamp: jiff::Timestamp = text.parse().ok()?;
        i64::try_from(stamp.as_nanosecond()).ok().map(Self)
    }

    /// RFC 3339 in UTC with as many fraction digits as needed (`2026-11-21T09:11:16Z`).
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_nanosecond(i128::from(self.0))
            .map(|stamp| stamp.to_string())
            .unwrap_or_default()
    }
}

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// Appends a span in whole seconds as kubectl prints ages (`3d4h`, `2m5s`, `47h`). A negative span, which a cluster clock ahead of
/// ours gives, is `0s`. Source: k8s.io/apimachinery `pkg/util/duration`, `HumanDuration`.
pub fn write_span(seconds: i64, out: &mut String) {
    let s = seconds.max(0);
    match s {
        ..120 => parts(out, (s, "s"), (0, "")),
        120..600 => parts(out, (s / MINUTE, "m"), (s % MINUTE, "s")),
        600..10_800 => parts(out, (s / MINUTE, "m"), (0, "")),
        10_800..28_800 => parts(out, (s / HOUR, "h"), (s / MINUTE % 60, "m")),
        28_800..172_800 => parts(out, (s / HOUR, "h"), (0, "")),
        172_800..691_200 => parts(out, (s / DAY, "d"), (s / HOUR % 24, "h")),
        691_200..63_072_000 => parts(out, (s / DAY, "d"), (0, "")),
        63_072_000..252_288_000 => parts(out, (s / YEAR, "y"), (s / DAY % 365, "d")),
        _ => parts(out, (s / YEAR, "y"), (0, "")),
    }
}

/// Appends a span in whole seconds in one unit (`3d`, `47m`), for narrow places. Source: `ShortHumanDuration`, as above.
pub fn write_short_span(seconds: i64, out: &mut String) {
    let s = seconds.max(0);
    let (value, unit) = match s {
        ..60 => (s, "s"),
        60..3_600 => (s / MINUTE, "m"),
        3_600..86_400 => (s / HOUR, "h"),
        86_400..31_536_000 => (s / DAY, "d"),
        _ => (s / YEAR, "y"),
    };
    parts(out, (value, unit), (0, ""));
}

/// A span in whole seconds as kubectl prints ages.
pub fn span(seconds: i64) -> String {
    let mut out = String::new();
    write_span(seconds, &mut out);
    out
}

/// The age of something that began `since`, as kubectl prints it; `<unknown>` for the epoch, which stands for no time at all.
pub fn age(since: Timestamp, now: Timestamp) -> String {
    let mut out = String::new();
    write_age(since, now, &mut out);
    out
}

/// Appends what [`age`] returns.
pub fn write_age(since: Timestamp, now: Timestamp, out: &mut String) {
    if since == Timestamp::default() {
        out.push_str("<unknown>");
    } else {
        write_span(now.nanos_since(since) / SECOND, out);
    }
}

/// How many nanoseconds until the text of [`age`] changes; `i64::MAX` for the epoch, whose text never does.
pub const fn next_change(since: Timestamp, now: Timestamp) -> i64 {
    if since.0 == 0 {
        return i64::MAX;
    }
    let nanos = now.nanos_since(since);
    if nanos < 0 {
        return SECOND.saturating_sub(nanos);
    }
    let step = SECOND
        * match nanos / SECOND {
            ..600 => 1,
            600..28_800 => MINUTE,
            28_800..691_200 => HOUR,
            691_200..252_288_000 => DAY,
            _ => YEAR,
        };
    step - nanos % step
}

/// One or two numbers with their units; the second is left out when zero.
fn parts(out: &mut String, first: (i64, &str), second: (i64, &str)) {
    write_number(first.0, out);
    out.push_str(first.1);
    if second.0 != 0 {
        write_number(second.0, out);
        out.push_str(second.1);
    }
}

fn write_number(number: i64, out: &mut String) {
    use std::fmt::Write as _;
    let _ = write!(out, "{number}"); // writing to a String cannot fail
}

/// The time of day with milliseconds, `12:01:02.114`, in UTC or in the time zone of this machine.
pub fn time_of_day(at: Timestamp, utc: bool) -> String {
    let zone = if utc {
        jiff::tz::TimeZone::UTC
    } else {
        jiff::tz::TimeZone::system()
    };
    let stamp = jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
    stamp.to_zoned(zone).strftime("%H:%M:%S%.3f").to_string()
}

/// The wall clock, now.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{DAY, HOUR, SECOND, Timestamp, YEAR, age, next_change, span, write_short_span};

    /// The tables of apimachinery's `duration_test.go`, and every threshold from both sides.
    #[test]
    fn spans_as_kubectl() {
        for (seconds, expected) in [
            (-5, "0s"),
            (0, "0s"),
            (1, "1s"),
            (119, "119s"),
            (120, "2m"),
            (121, "2m1s"),
            (599, "9m59s"),
            (600, "10m"),
            (601, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (3 * HOUR + 60, "3h1m"),
            (8 * HOUR - 1, "7h59m"),
            (8 * HOUR, "8h"),
            (8 * HOUR + 59, "8h"),
            (48 * HOUR - 1, "47h"),
            (2 * DAY, "2d"),
            (2 * DAY + HOUR, "2d1h"),
            (8 * DAY - 1, "7d23h"),
            (8 * DAY, "8d"),
            (8 * DAY + 23 * HOUR, "8d"),
            (2 * YEAR - 1, "729d"),
            (2 * YEAR, "2y"),
            (2 * YEAR + DAY, "2y1d"),
            (8 * YEAR - 1, "7y364d"),
            (8 * YEAR + 364 * DAY, "8y"),
        ] {
            assert_eq!(span(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn short_spans_as_kubectl() {
        for (seconds, expected) in [
            (-1, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_599, "59m"),
            (3_600, "1h"),
            (DAY - 1, "23h"),
            (DAY, "1d"),
            (YEAR - 1, "364d"),
            (YEAR, "1y"),
        ] {
            let mut text = String::new();
            write_short_span(seconds, &mut text);
            assert_eq!(text, expected, "{seconds}");
        }
    }

    #[test]
    fn an_age_changes_exactly_when_it_is_said_to() {
        let since = Timestamp::from_parts(1_000_000, 250_000_000);
        let spans = [
            -3 * SECOND,
            -SECOND / 2,
            0,
            SECOND / 3,
            119 * SECOND,
            599 * SECOND + 7,
            700 * SECOND,
            179 * 60 * SECOND,
            7 * HOUR * SECOND + 1,
            47 * HOUR * SECOND,
            7 * DAY * SECOND + 5,
            9 * DAY * SECOND,
            3 * YEAR * SECOND + 11,
            9 * YEAR * SECOND,
        ];
        for nanos in spans {
            let now = Timestamp(since.0 + nanos);
            let change = next_change(since, now);
            let before = Timestamp(now.0 + change - 1);
            let after = Timestamp(now.0 + change);
            assert_eq!(age(since, now), age(since, before), "{nanos}");
            assert_ne!(age(since, now), age(since, after), "{nanos}");
        }
    }

    #[test]
    fn no_time_has_no_age() {
        let now = Timestamp::from_seconds(1_000_000);
        assert_eq!(age(Timestamp::default(), now), "<unknown>");
        assert_eq!(next_change(Timestamp::default(), now), i64::MAX);
        assert_eq!(age(Timestamp::from_seconds(1_000_009), now), "0s");
    }
}
