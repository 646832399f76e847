//! Protobuf messages read in place: texts are borrowed from the bytes they came in, and what nobody reads is stepped over. Knows no
//! message; for kinds of which there are so many that copying every text would be most of the work.
//!
//! Source: protobuf.dev, "Encoding". A message field that comes twice is merged, the last scalar counts, groups are refused.

use super::text::Text;

/// The bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(&'static str);

const SHORT: Unreadable = Unreadable("a field goes beyond its message");
const OTHER: Unreadable = Unreadable("a field has another type");

/// The payload of one field.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// A number or a truth value.
    Varint(u64),
    /// A text, a message or bytes.
    Bytes(&'a [u8]),
    /// Four or eight bytes, which no field that is read has.
    Fixed,
}

impl<'a> Value<'a> {
    /// The bytes of a text or a message.
    ///
    /// # Errors
    /// It is neither.
    pub fn bytes(self) -> Result<&'a [u8], Unreadable> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Varint(_) | Self::Fixed => Err(OTHER),
        }
    }

    fn number(self) -> Result<i64, Unreadable> {
        match self {
            Self::Varint(number) => Ok(number.cast_signed()),
            Self::Bytes(_) | Self::Fixed => Err(OTHER),
        }
    }
}

/// A message that is read in place.
pub trait InPlace<'a>: Default {
    /// Takes the field with this number, or leaves it.
    ///
    /// # Errors
    /// It has another type than it should, or its text is not UTF-8.
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable>;

    /// Takes all fields of a message in.
    ///
    /// # Errors
    /// The bytes are no such message.
    fn merge(&mut self, mut bytes: &'a [u8]) -> Result<(), Unreadable> {
        while !bytes.is_empty() {
            let tag = varint(&mut bytes)?;
            let value = match tag & 7 {
                0 => Value::Varint(varint(&mut bytes)?),
                2 => {
                    let len = usize::try_from(varint(&mut bytes)?).map_err(|_| SHORT)?;
                    Value::Bytes(take(&mut bytes, len)?)
                }
                1 => take(&mut bytes, 8).map(|_| Value::Fixed)?,
                5 => take(&mut bytes, 4).map(|_| Value::Fixed)?,
                _ => return Err(Unreadable("a field has no known type")),
            };
            self.field((tag >> 3) as u32, value)?;
        }
        Ok(())
    }
}

/// A field of a message that is read in place.
pub trait Field<'a> {
    /// Takes a value in.
    ///
    /// # Errors
    /// See [`InPlace::field`].
    fn read(&mut self, value: Value<'a>) -> Result<(), Unreadable>;
}

impl<'a> Field<'a> for Text<'a> {
    fn read(&mut self, value: Value<'a>) -> Result<(), Unreadable> {
        let text = std::str::from_utf8(value.bytes()?).map_err(|_| Unreadable("a text is not UTF-8"))?;
        *self = text.into();
        Ok(())
    }
}

impl Field<'_> for i64 {
    fn read(&mut self, value: Value<'_>) -> Result<(), Unreadable> {
        *self = value.number()?;
        Ok(())
    }
}

impl Field<'_> for i32 {
    fn read(&mut self, value: Value<'_>) -> Result<(), Unreadable> {
        *self = value.number()? as Self;
        Ok(())
    }
}

impl Field<'_> for bool {
    fn read(&mut self, value: Value<'_>) -> Result<(), Unreadable> {
        *self = value.number()? != 0;
        Ok(())
    }
}

impl<'a, M: InPlace<'a>> Field<'a> for Option<M> {
    fn read(&mut self, value: Value<'a>) -> Result<(), Unreadable> {
        self.get_or_insert_default().merge(value.bytes()?)
    }
}

impl<'a, M: InPlace<'a>> Field<'a> for Vec<M> {
    fn read(&mut self, value: Value<'a>) -> Result<(), Unreadable> {
        let mut fresh = M::default();
        fresh.merge(value.bytes()?)?;
        self.push(fresh);
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::{Field as _, InPlace, Unreadable, Value};
    use crate::wire::text::Text;

    #[derive(Debug, Default, PartialEq)]
    struct Node<'a> {
        name: Text<'a>,
        number: i32,
        flag: bool,
        inner: Option<Leaf<'a>>,
        many: Vec<Leaf<'a>>,
    }

    #[derive(Debug, Default, PartialEq)]
    struct Leaf<'a>(Text<'a>, i64);

    impl<'a> InPlace<'a> for Node<'a> {
        fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
            match number {
                1 => self.name.read(value),
                2 => self.number.read(value),
                3 => self.flag.read(value),
                4 => self.inner.read(value),
                5 => self.many.read(value),
                _ => Ok(()),
            }
        }
    }

    impl<'a> InPlace<'a> for Leaf<'a> {
        fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
            match number {
                1 => self.0.read(value),
                2 => self.1.read(value),
                _ => Ok(()),
            }
        }
    }

    fn node(bytes: &[u8]) -> Result<Node<'_>, Unreadable> {
        let mut node = Node::default();
        node.merge(bytes)?;
        Ok(node)
    }

    #[test]
    fn known_fields_are_read_and_others_stepped_over() {
        let minus_one = [0x10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
        let others = [
            0x48, 0x96, 0x01, 0x51, 1, 2, 3, 4, 5, 6, 7, 8, 0x5d, 1, 2, 3, 4, 0x62, 1, b'x',
        ];
        let bytes = [
            &b"\x0a\x02ab"[..],
            &minus_one,
            b"\x18\x01",
            &others,
            b"\x2a\0\x2a\x03\x0a\x01c",
        ]
        .concat();
        let node = node(&bytes).unwrap();
        assert_eq!((&*node.name, node.number, node.flag), ("ab", -1, true));
        assert_eq!(node.many, [Leaf::default(), Leaf("c".into(), 0)]);
    }

    #[test]
    fn a_message_that_comes_twice_is_merged() {
        let node = node(b"\x22\x03\x0a\x01a\x22\x02\x10\x05").unwrap();
        assert_eq!(node.inner, Some(Leaf("a".into(), 5)));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for bad in [
            &b"\x0a\x05ab"[..],
            b"\x0a\x01\xff",
            b"\x0a",
            b"\x08\x01",
            b"\x12\x01a",
            b"\x23",
            b"\x51\x01",
            b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x22\x02\x0a\x09",
        ] {
            assert!(node(bad).is_err(), "{bad:?}");
        }
    }
}
