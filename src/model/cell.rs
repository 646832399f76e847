//! One value of a table, typed: compared by value, turned into text only when it is drawn.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Health, Labels};
use crate::clock::Timestamp;

/// A cell borrowed from its row. `None` stands for n/a and sorts last in both directions.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Plain text.
    Text(Cow<'a, str>),
    /// Text that tells how the object is doing; drawn in the colour and with the shape of its health.
    Status(Cow<'a, str>, Health),
    /// A whole number.
    Count(u64),
    /// `ready/total`; sorts by the missing part, then by total.
    Ratio(u32, u32),
    /// Restarts and when the last one was: `14 (40s)`.
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
}
