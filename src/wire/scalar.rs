//! The values that protobuf and JSON write differently, and how.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::inplace::{Field, Unreadable, Value};
use crate::clock::{Timestamp, civil};
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
        // The form of nearly every time the server writes.
        if let Some(seconds) = text
            .strip_suffix('Z')
            .and_then(|text| civil::seconds(text.as_bytes()))
        {
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
