//! One value of a table, typed: compared by value, turned into text only when it is drawn.

use std::borrow::Cow;
use std::cmp::Ordering;

use std::fmt::Write as _;

use super::{Health, Labels, quantity};
use crate::clock::{self, Timestamp};

/// A cell borrowed from its row. `None` stands for n/a and sorts last in both directions.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Plain text.
    Text(Cow<'a, str>),
    /// Text that tells how the object is doing; drawn in the colour and with the shape of its health.
    Status(Cow<'a, str>, Health),
    /// A whole number.
    Count(u64),
    /// What is left of something; negative by how much it is over-full.
    Left(i64),
    /// `ready/total`; sorts by the missing part, then by total.
    Ratio(u32, u32),
    /// Restarts and when the last one was, as kubectl prints it: `14 (40s ago)`.
    Restarts(u32, Option<Timestamp>),
    /// Age since this moment: `3d4h`; younger sorts first.
    Since(Timestamp),
    /// A span in seconds: `3m20s`.
    Span(u64),
    /// Thousandths of a core: `112m`.
    Milli(u64),
    /// Bytes: `201Mi`.
    Bytes(u64),
    /// Per cent, whole, may exceed 100.
    Percent(u32),
    /// Used of limit, drawn as a bar with the per cent beside it. `unit` says how numbers are written.
    Bar {
        /// What is used.
        used: u64,
        /// What there is; 0 draws as n/a.
        limit: u64,
        /// How both are written.
        unit: Unit,
    },
    /// Labels: `app=web,tier=front`.
    Tags(&'a Labels),
    /// Not available.
    None,
}

/// How the numbers of a [`Cell::Bar`] are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Plain.
    Count,
    /// Thousandths of a core.
    Milli,
    /// Bytes.
    Bytes,
}

impl<'a> Cell<'a> {
    /// Borrowed text; the empty text is `None`.
    pub fn text(text: &'a str) -> Self {
        if text.is_empty() {
            Self::None
        } else {
            Self::Text(Cow::Borrowed(text))
        }
    }

    /// Order of two cells of one column. `None` sorts after everything.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::None, Self::None) => Ordering::Equal,
            (Self::None, _) => Ordering::Greater,
            (_, Self::None) => Ordering::Less,
            (Self::Text(a) | Self::Status(a, _), Self::Text(b) | Self::Status(b, _)) => a.cmp(b),
            (Self::Count(a), Self::Count(b))
            | (Self::Milli(a), Self::Milli(b))
            | (Self::Bytes(a), Self::Bytes(b))
            | (Self::Span(a), Self::Span(b)) => a.cmp(b),
            (Self::Left(a), Self::Left(b)) => a.cmp(b),
            (Self::Ratio(a, x), Self::Ratio(b, y)) => {
                (y.saturating_sub(*b), y).cmp(&(x.saturating_sub(*a), x))
            }
            (Self::Restarts(a, x), Self::Restarts(b, y)) => (a, x).cmp(&(b, y)),
            (Self::Since(a), Self::Since(b)) => b.cmp(a),
            (Self::Percent(a), Self::Percent(b)) => a.cmp(b),
            (
                Self::Bar { used, limit, .. },
                Self::Bar {
                    used: u, limit: l, ..
                },
            ) => (u128::from(*used) * u128::from(*l)).cmp(&(u128::from(*u) * u128::from(*limit))),
            (Self::Tags(a), Self::Tags(b)) => a.0.cmp(&b.0),
            _ => Ordering::Equal,
        }
    }

    /// Appends the text of a table. A [`Cell::Bar`] is its per cent; the bar is drawn beside it. Text of the cluster is passed on as
    /// it is: whoever draws it makes it harmless.
    pub fn write(&self, now: Timestamp, out: &mut String) {
        match self {
            Self::Text(text) | Self::Status(text, _) => out.push_str(text),
            Self::Count(count) => put(out, format_args!("{count}")),
            Self::Left(left) => put(out, format_args!("{left}")),
            Self::Ratio(part, whole) => put(out, format_args!("{part}/{whole}")),
            Self::Restarts(count, last) => {
                put(out, format_args!("{count}"));
                if let Some(last) = last {
                    out.push_str(" (");
                    clock::write_age(*last, now, out);
                    out.push_str(" ago)");
                }
            }
            Self::Since(since) => clock::write_age(*since, now, out),
            Self::Span(seconds) => clock::write_span(i64::try_from(*seconds).unwrap_or(i64::MAX), out),
            Self::Milli(milli) => quantity::write_milli(*milli, out),
            Self::Bytes(bytes) => quantity::write_bytes(*bytes, out),
            Self::Percent(percent) => put(out, format_args!("{percent}")),
            Self::Bar { used, limit, .. } => match quantity::percent(*used, *limit) {
                Some(percent) => put(out, format_args!("{percent}")),
                None => out.push('–'),
            },
            Self::Tags(labels) => write_tags(labels, out),
            Self::None => out.push('–'),
        }
    }

    /// True for numbers and ages. n/a has no side of its own: it stands where its column's other cells stand.
    pub const fn right_aligned(&self) -> bool {
        matches!(
            self,
            Self::Count(_)
                | Self::Left(_)
                | Self::Since(_)
                | Self::Span(_)
                | Self::Milli(_)
                | Self::Bytes(_)
                | Self::Percent(_)
                | Self::Bar { .. }
        )
    }

    /// How many nanoseconds until the text changes by time alone; `None` when it never does.
    pub fn next_change(&self, now: Timestamp) -> Option<i64> {
        match self {
            Self::Since(since) | Self::Restarts(_, Some(since)) => Some(clock::next_change(*since, now)),
            _ => None,
        }
    }

    /// The value for programs: numbers as numbers (cores in thousandths, memory in bytes), moments in RFC 3339, labels as an object,
    /// a bar as `used` and `limit`, a ratio as the text `1/2`, n/a as null.
    pub fn json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Text(text) | Self::Status(text, _) => Value::from(&**text),
            Self::Count(number) | Self::Milli(number) | Self::Bytes(number) | Self::Span(number) => {
                Value::from(*number)
            }
            Self::Left(left) => Value::from(*left),
            Self::Ratio(part, whole) => Value::from(format!("{part}/{whole}")),
            Self::Restarts(number, _) | Self::Percent(number) => Value::from(*number),
            Self::Since(since) if *since == Timestamp::default() => Value::Null,
            Self::Since(since) => Value::from(since.rfc3339()),
            Self::Bar { used, limit, .. } => serde_json::json!({ "value": used, "of": limit }),
            Self::Tags(labels) => labels
                .iter()
                .map(|(key, value)| (key, Value::from(value)))
                .collect(),
            Self::None => Value::Null,
        }
    }

    /// The value for CSV: as [`Cell::json`], but in one plain text; a bar is `used/limit`, labels are `a=b,c=d`, n/a is empty.
    pub fn write_csv(&self, out: &mut String) {
        match self {
            Self::Bar { used, limit, .. } => put(out, format_args!("{used}/{limit}")),
            Self::Tags(labels) => write_tags(labels, out),
            other => match other.json() {
                serde_json::Value::String(text) => out.push_str(&text),
                serde_json::Value::Null => {}
                number => put(out, format_args!("{number}")),
            },
        }
    }
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text); // writing to a String cannot fail
}

fn write_tags(labels: &Labels, out: &mut String) {
    for (at, (key, value)) in labels.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        put(out, format_args!("{key}={value}"));
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::json;

    use super::{Cell, Unit};
    use crate::clock::Timestamp;
    use crate::model::{Health, Labels};

    fn tags() -> Labels {
        Labels([("a".into(), "b".into()), ("c".into(), "d".into())].into())
    }

    #[test]
    fn a_cell_reads_as_kubectl_for_people_and_exactly_for_programs() {
        let now = Timestamp::from_seconds(1_000_000);
        let ago = |seconds: i64| Timestamp::from_seconds(1_000_000 - seconds);
        let tags = tags();
        let bar = |used, limit| Cell::Bar {
            used,
            limit,
            unit: Unit::Count,
        };
        for (cell, text, value, csv) in [
            (Cell::text("web"), "web", json!("web"), "web"),
            (Cell::text(""), "–", json!(null), ""),
            (
                Cell::Status(Cow::Borrowed("Error"), Health::Bad),
                "Error",
                json!("Error"),
                "Error",
            ),
            (Cell::Count(1204), "1204", json!(1204), "1204"),
            (Cell::Left(-3), "-3", json!(-3), "-3"),
            (Cell::Ratio(1, 2), "1/2", json!("1/2"), "1/2"),
            (Cell::Restarts(0, None), "0", json!(0), "0"),
            (Cell::Restarts(14, Some(ago(40))), "14 (40s ago)", json!(14), "14"),
            (
                Cell::Since(ago(90_000)),
                "25h",
                json!("1970-01-11T12:46:40Z"),
                "1970-01-11T12:46:40Z",
            ),
            (Cell::Since(Timestamp::default()), "<unknown>", json!(null), ""),
            (Cell::Span(200), "3m20s", json!(200), "200"),
            (Cell::Milli(112), "112m", json!(112), "112"),
            (Cell::Bytes(201 << 20), "201Mi", json!(210_763_776), "210763776"),
            (Cell::Percent(45), "45", json!(45), "45"),
            (bar(16, 17), "94", json!({"value": 16, "of": 17}), "16/17"),
            (bar(16, 0), "–", json!({"value": 16, "of": 0}), "16/0"),
            (
                Cell::Tags(&tags),
                "a=b,c=d",
                json!({"a": "b", "c": "d"}),
                "a=b,c=d",
            ),
            (Cell::None, "–", json!(null), ""),
        ] {
            let (mut written, mut raw) = (String::new(), String::new());
            cell.write(now, &mut written);
            cell.write_csv(&mut raw);
            assert_eq!((&*written, cell.json(), &*raw), (text, value, csv));
        }
    }

    #[test]
    fn only_ages_change_by_themselves() {
        let now = Timestamp::from_seconds(100);
        let half = Timestamp::from_parts(90, 500_000_000);
        assert_eq!(Cell::Since(half).next_change(now), Some(500_000_000));
        assert_eq!(Cell::Restarts(1, Some(half)).next_change(now), Some(500_000_000));
        assert_eq!(Cell::Restarts(1, None).next_change(now), None);
        assert_eq!(Cell::Count(1).next_change(now), None);
    }

    #[test]
    fn order_is_of_values_and_na_is_last() {
        let mut cells = [
            Cell::None,
            Cell::Ratio(2, 2),
            Cell::Ratio(0, 3),
            Cell::Ratio(1, 2),
        ];
        cells.sort_by(Cell::compare);
        assert_eq!(
            cells,
            [
                Cell::Ratio(0, 3),
                Cell::Ratio(1, 2),
                Cell::Ratio(2, 2),
                Cell::None
            ]
        );
        assert!(Cell::Left(-3).compare(&Cell::Left(0)).is_lt());
        let young = Cell::Since(Timestamp::from_seconds(9));
        assert!(young.compare(&Cell::Since(Timestamp::from_seconds(1))).is_lt());
    }
}
