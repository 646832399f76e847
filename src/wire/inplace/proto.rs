//! Protobuf, read in place.
//!
//! Source: protobuf.dev, "Encoding". A message field that comes twice is merged, the last scalar counts, groups are refused.

use super::{Entry, Field, InPlace, Key, OTHER, Raw, SHORT, Unreadable, Value, pushed};
use crate::wire::scalar::Time;
use crate::wire::text::Text;

/// The payload of one field.
#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    /// A number or a truth value.
    Varint(u64),
    /// A text, a message or bytes.
    Bytes(&'a [u8]),
    /// Four or eight bytes, which no field that is read has.
    Fixed,
}

impl<'a> Payload<'a> {
    fn bytes(self) -> Result<&'a [u8], Unreadable> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Varint(_) | Self::Fixed => Err(OTHER),
        }
    }
}

impl<'a> Value<'a> for Payload<'a> {
    fn text(self) -> Result<Text<'a>, Unreadable> {
        self.bytes().map(Text::lossy)
    }

    fn number(self) -> Result<i64, Unreadable> {
        match self {
            Self::Varint(number) => Ok(number.cast_signed()),
            Self::Bytes(_) | Self::Fixed => Err(OTHER),
        }
    }

    fn flag(self) -> Result<bool, Unreadable> {
        self.number().map(|number| number != 0)
    }

    fn time(self) -> Result<Time, Unreadable> {
        let Parts(seconds, nanos) = InPlace::from_proto(self.bytes()?)?;
        Ok(Time { seconds, nanos })
    }

    fn quantity(self) -> Result<Text<'a>, Unreadable> {
        let Written(text) = InPlace::from_proto(self.bytes()?)?;
        Ok(text)
    }

    fn message<M: InPlace<'a>>(self, into: &mut M) -> Result<(), Unreadable> {
        let mut bytes = self.bytes()?;
        while !bytes.is_empty() {
            let tag = varint(&mut bytes)?;
            let payload = match tag & 7 {
                0 => Self::Varint(varint(&mut bytes)?),
                2 => {
                    let len = usize::try_from(varint(&mut bytes)?).map_err(|_| SHORT)?;
                    Self::Bytes(take(&mut bytes, len)?)
                }
                1 => take(&mut bytes, 8).map(|_| Self::Fixed)?,
                5 => take(&mut bytes, 4).map(|_| Self::Fixed)?,
                _ => return Err(Unreadable("a field has no known type")),
            };
            into.field(Key::Number((tag >> 3) as u32), payload)?;
        }
        Ok(())
    }

    fn list<F: Field<'a>>(self, into: &mut Vec<F>, wanted: fn(&F) -> bool) -> Result<(), Unreadable> {
        pushed(into)?.read(self)?;
        into.pop_if(|fresh| !wanted(fresh));
        Ok(())
    }

    fn map<F: Field<'a>>(
        self,
        into: &mut Vec<Entry<'a, F>>,
        wanted: fn(&str) -> bool,
    ) -> Result<(), Unreadable> {
        self.message(pushed(into)?)?;
        into.pop_if(|entry| !wanted(&entry.key));
        Ok(())
    }

    fn raw(self) -> Result<Raw<'a>, Unreadable> {
        self.bytes().map(Raw::Proto)
    }

    fn skip(self) -> Result<(), Unreadable> {
        Ok(())
    }
}

/// `meta/v1` `Time`.
#[derive(Default)]
struct Parts(i64, i32);

impl<'a> InPlace<'a> for Parts {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Key::Number(1) => self.0.read(value),
            Key::Number(2) => self.1.read(value),
            _ => value.skip(),
        }
    }
}

/// `resource` `Quantity`.
#[derive(Default)]
struct Written<'a>(Text<'a>);

impl<'a> InPlace<'a> for Written<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Key::Number(1) => self.0.read(value),
            _ => value.skip(),
        }
    }
}

/// Nearly every number that is a tag or a length has one byte.
#[inline]
fn varint(bytes: &mut &[u8]) -> Result<u64, Unreadable> {
    match bytes.split_first() {
        Some((&first, rest)) if first < 0x80 => {
            *bytes = rest;
            Ok(first.into())
        }
        _ => long_varint(bytes),
    }
}

fn long_varint(bytes: &mut &[u8]) -> Result<u64, Unreadable> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().ok_or(SHORT)?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Unreadable("a number is too long"))
}

#[inline]
fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Result<&'a [u8], Unreadable> {
    let (taken, rest) = bytes.split_at_checked(len).ok_or(SHORT)?;
    *bytes = rest;
    Ok(taken)
}
