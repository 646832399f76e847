//! The values that protobuf and JSON write differently, and how.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::inplace::{Field, Unreadable, Value};
use crate::clock::Timestamp;
use crate::model::quantity;

/// `meta/v1` `Time` and `MicroTime`: RFC 3339 in JSON.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Time {
    /// Seconds since the epoch.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// The rest, in nanoseconds.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

impl Time {
    /// From RFC 3339.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(seconds) = whole_seconds(text.as_bytes()) {
            return Some(Self { seconds, nanos: 0 });
        }
        let stamp = Timestamp::parse(text)?;
        Some(Self {
            seconds: stamp.seconds(),
            nanos: stamp.0.rem_euclid(1_000_000_000) as i32,
        })
    }

    /// As a timestamp. The zero time of Go, which protobuf writes for an unset field, is `None`.
    pub const fn stamp(&self) -> Option<Timestamp> {
        if self.seconds <= GO_ZERO || (self.seconds == 0 && self.nanos == 0) {
            None
        } else {
            Some(Timestamp::from_parts(self.seconds, self.nanos))
        }
    }
}

impl<'a> Field<'a> for Time {
    fn read<V: Value<'a>>(&mut self, value: V) -> Result<(), Unreadable> {
        *self = value.time()?;
        Ok(())
    }
}

/// Year 1 in seconds before the epoch: what `time.Time{}` is.
const GO_ZERO: i64 = -62_135_596_800;

/// An optional time as a timestamp.
pub fn stamp(time: Option<&Time>) -> Option<Timestamp> {
    time.and_then(Time::stamp)
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Time;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time in RFC 3339")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
                Time::parse(text).ok_or_else(|| E::custom(format_args!("`{text}` is not a time in RFC 3339")))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// `2026-11-21T09:11:16Z`, the form of nearly every time the server writes, without the general parser.
fn whole_seconds(text: &[u8]) -> Option<i64> {
    let text: &[u8; 20] = text.try_into().ok()?;
    let [
        y0,
        y1,
        y2,
        y3,
        b'-',
        m0,
        m1,
        b'-',
        d0,
        d1,
        b'T',
        h0,
        h1,
        b':',
        n0,
        n1,
        b':',
        s0,
        s1,
        b'Z',
    ] = *text
    else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0i64, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0'))
        })
    };
    let (year, month, day) = (number(&[y0, y1, y2, y3])?, number(&[m0, m1])?, number(&[d0, d1])?);
    let (hour, minute, second) = (number(&[h0, h1])?, number(&[n0, n1])?, number(&[s0, s1])?);
    if !(1678..=2261).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=28).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None; // the general parser knows the lengths of months
    }
    Some(days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days from the epoch to a date. Source: Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    era * 146_097 + day_of_era - 719_468
}

/// `resource` `Quantity`: a text, in JSON sometimes a number.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Quantity {
    /// As written: `500m`, `1Gi`.
    #[prost(string, tag = "1")]
    pub text: String,
}

impl Quantity {
    /// Thousandths of the unit; 0 if it is negative or no quantity.
    pub fn milli(&self) -> u64 {
        let milli = quantity::milli(&self.text);
        milli.and_then(|milli| u64::try_from(milli).ok()).unwrap_or(0)
    }

    /// Whole units, rounded up; 0 if it is negative or no quantity.
    pub fn units(&self) -> u64 {
        quantity::units(&self.text).unwrap_or(0)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar).map(|text| Self { text })
    }
}

/// `intstr` `IntOrString`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct IntOrString {
    /// 0: a number, 1: a text.
    #[prost(int64, tag = "1")]
    kind: i64,
    /// The number.
    #[prost(int32, tag = "2")]
    number: i32,
    /// The text: a port name or a percentage.
    #[prost(string, tag = "3")]
    text: String,
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == 0 {
            write!(f, "{}", self.number)
        } else {
            f.write_str(&self.text)
        }
    }
}

impl<'de> Deserialize<'de> for IntOrString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = IntOrString;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a text")
            }
            fn visit_unit<E: Error>(self) -> Result<IntOrString, E> {
                Ok(IntOrString::default())
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<IntOrString, E> {
                let number = i32::try_from(number).map_err(E::custom)?;
                Ok(IntOrString {
                    number,
                    ..IntOrString::default()
                })
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<IntOrString, E> {
                self.visit_i64(i64::try_from(number).map_err(E::custom)?)
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<IntOrString, E> {
                Ok(IntOrString {
                    kind: 1,
                    text: text.to_owned(),
                    ..IntOrString::default()
                })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A text or a number, as text.
struct Scalar;

impl Visitor<'_> for Scalar {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_unit<E: Error>(self) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }
}
