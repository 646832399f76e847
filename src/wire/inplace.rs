//! Objects read in place, from either encoding: texts are borrowed from the bytes they came in, and what nobody reads is stepped over. Knows
//! no message; for kinds of which there are so many that copying every text would be most of the work.

mod json;
mod later;
mod proto;

use super::scalar::Time;
use super::text::Text;

pub use json::Json;
pub use later::{Later, Raw};
pub use proto::Payload;

/// The bytes are no object of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(&'static str);

const SHORT: Unreadable = Unreadable("a field goes beyond its message");
const OTHER: Unreadable = Unreadable("a field has another type");

/// Which field: protobuf numbers them, JSON names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'k> {
    /// In protobuf.
    Number(u32),
    /// In JSON.
    Name(&'k [u8]),
}

/// A message that is read in place.
pub trait InPlace<'a>: Default {
    /// Takes the value of a field, or has it skipped.
    ///
    /// # Errors
    /// It has another type than it should.
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable>;

    /// Reads a message from protobuf.
    ///
    /// # Errors
    /// The bytes are no such message.
    fn from_proto(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        let mut message = Self::default();
        Payload::Bytes(bytes).message(&mut message)?;
        Ok(message)
    }

    /// Reads an object from JSON.
    ///
    /// # Errors
    /// The text is no such object.
    fn from_json(text: &'a [u8]) -> Result<Self, Unreadable> {
        let mut message = Self::default();
        Json::new(text).document(&mut message)?;
        Ok(message)
    }
}

/// The value of a field in one of the encodings; read exactly once. JSON's null never becomes one: it is as absent.
pub trait Value<'a>: Sized {
    /// A text; what is not UTF-8 in it is replaced.
    ///
    /// # Errors
    /// It is none; so for the others.
    fn text(self) -> Result<Text<'a>, Unreadable>;
    /// A number.
    fn number(self) -> Result<i64, Unreadable>;
    /// A truth value.
    fn flag(self) -> Result<bool, Unreadable>;
    /// A time.
    fn time(self) -> Result<Time, Unreadable>;
    /// A quantity as it is written.
    fn quantity(self) -> Result<Text<'a>, Unreadable>;
    /// A message. One that comes twice is merged.
    fn message<M: InPlace<'a>>(self, into: &mut M) -> Result<(), Unreadable>;
    /// A list of which only some elements are kept.
    fn list<F: Field<'a>>(self, into: &mut Vec<F>, wanted: fn(&F) -> bool) -> Result<(), Unreadable>;
    /// A map of which only some keys are kept.
    fn map<F: Field<'a>>(
        self,
        into: &mut Vec<Entry<'a, F>>,
        wanted: fn(&str) -> bool,
    ) -> Result<(), Unreadable>;
    /// A message, unread.
    fn raw(self) -> Result<Raw<'a>, Unreadable>;
    /// Anything, unread.
    fn skip(self) -> Result<(), Unreadable>;
}

/// A fresh last element. Room is made once for as many as most lists have: growing means copying.
fn pushed<F: Default>(list: &mut Vec<F>) -> Result<&mut F, Unreadable> {
    if list.is_empty() {
        list.reserve((ROOM / size_of::<F>().max(1)).clamp(1, 8));
    }
    list.push(F::default());
    list.last_mut().ok_or(SHORT) // there is one
}

/// In bytes, of one list.
const ROOM: usize = 1_000;

/// What can be read from one value.
pub trait Field<'a>: Default {
    /// Takes a value in.
    ///
    /// # Errors
    /// See [`InPlace::field`].
    fn read<V: Value<'a>>(&mut self, value: V) -> Result<(), Unreadable>;
}

/// One entry of a map.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Entry<'a, F> {
    /// Its name in the map.
    pub key: Text<'a>,
    /// What is found under it.
    pub value: F,
}

/// How protobuf writes it.
impl<'a, F: Field<'a>> InPlace<'a> for Entry<'a, F> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Key::Number(1) => self.key.read(value),
            Key::Number(2) => self.value.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a, M: InPlace<'a>> Field<'a> for M {
    fn read<V: Value<'a>>(&mut self, value: V) -> Result<(), Unreadable> {
        value.message(self)
    }
}

impl<'a> Field<'a> for Text<'a> {
    fn read<V: Value<'a>>(&mut self, value: V) -> Result<(), Unreadable> {
        *self = value.text()?;
        Ok(())
    }
}

impl<'a> Field<'a> for i64 {
    fn read<V: Value<'a>>(&mut self, value: V) -> Result<(), Unreadable> {
        *self = value.number()?;
        Ok(())
    }
}

impl<'a> Field<'a> for i32 {
    fn read<V: Value<'a>>(&mut self, value: V) -> Result<(), Unreadable> {
        *self = Self::try_from(value.number()?).map_err(|_| OTHER)?;
        Ok(())
    }
}

impl<'a> Field<'a> for bool {
    fn read<V: Value<'a>>(&mut self, value: V) -> Result<(), Unreadable> {
        *self = value.flag()?;
        Ok(())
    }
}

impl<'a, F: Field<'a>> Field<'a> for Option<F> {
    fn read<V: Value<'a>>(&mut self, value: V) -> Result<(), Unreadable> {
        self.get_or_insert_default().read(value)
    }
}

impl<'a, F: Field<'a>> Field<'a> for Vec<F> {
    fn read<V: Value<'a>>(&mut self, value: V) -> Result<(), Unreadable> {
        value.list(self, |_| true)
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Field as _, InPlace, Key, Unreadable, Value};
    use crate::wire::text::Text;

    #[derive(Debug, Default, PartialEq)]
    struct Node<'a> {
        name: Text<'a>,
        number: i32,
        flag: bool,
        inner: Option<Leaf<'a>>,
        many: Vec<Leaf<'a>>,
        map: Vec<Entry<'a, Text<'a>>>,
    }

    #[derive(Debug, Default, PartialEq)]
    struct Leaf<'a>(Text<'a>, i64);

    impl<'a> InPlace<'a> for Node<'a> {
        fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
            match key {
                Key::Number(1) | Key::Name(b"name") => self.name.read(value),
                Key::Number(2) | Key::Name(b"number") => self.number.read(value),
                Key::Number(3) | Key::Name(b"flag") => self.flag.read(value),
                Key::Number(4) | Key::Name(b"inner") => self.inner.read(value),
                Key::Number(5) | Key::Name(b"many") => self.many.read(value),
                Key::Number(6) | Key::Name(b"map") => value.map(&mut self.map, |key| key != "unwanted"),
                _ => value.skip(),
            }
        }
    }

    impl<'a> InPlace<'a> for Leaf<'a> {
        fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
            match key {
                Key::Number(1) | Key::Name(b"text") => self.0.read(value),
                Key::Number(2) | Key::Name(b"count") => self.1.read(value),
                _ => value.skip(),
            }
        }
    }

    fn proto(bytes: &[u8]) -> Result<Node<'_>, Unreadable> {
        Node::from_proto(bytes)
    }

    fn json(text: &str) -> Result<Node<'_>, Unreadable> {
        Node::from_json(text.as_bytes())
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
            b"\x32\x06\x0a\x01k\x12\x01v\x32\x0d\x0a\x08unwanted\x12\x01v",
        ]
        .concat();
        let node = proto(&bytes).unwrap();
        assert_eq!((&*node.name, node.number, node.flag), ("ab", -1, true));
        assert_eq!(node.many, [Leaf::default(), Leaf("c".into(), 0)]);
        assert_eq!(node.map.len(), 1);
        let text = r#"{"other": {"a": ["}", {}]}, "number": -1, "name": "ab", "x": "\"", "y": 1.5e3, "flag": true,
            "many": [{}, {"text": "c", "count": 0}], "z": [[]], "map": {"k": "v", "unwanted": [1]}, "last": null}"#;
        assert_eq!(json(text).unwrap(), node);
    }

    #[test]
    fn null_is_absent_in_every_depth() {
        let nulls = r#"{"name":null,"number":null,"flag":null,"inner":null,"many":null,"map":null}"#;
        assert_eq!(json(nulls).unwrap(), Node::default());
        assert_eq!(json("null").unwrap(), Node::default());
        let nested = r#"{"inner":{"text":null,"count":1},"many":[null,{"text":null}],"map":{"k":null}}"#;
        let node = json(nested).unwrap();
        assert_eq!(node.inner, Some(Leaf("".into(), 1)));
        assert_eq!(node.many, [Leaf::default(), Leaf::default()]);
        assert_eq!(node.map, []);
    }

    #[test]
    fn texts_are_what_their_escapes_say() {
        let long = format!("{}\\\"{}", "x".repeat(40), "y".repeat(40));
        let text =
            format!(r#" {{ "n\u0061me" : "a\n\\\u00e9\ud83d\ude00/" , "inner":{{"text":"{long}"}} }} "#);
        let node = json(&text).unwrap();
        assert_eq!(&*node.name, "a\n\\é😀/");
        assert_eq!(
            &*node.inner.unwrap().0,
            format!("{}\"{}", "x".repeat(40), "y".repeat(40))
        );
    }

    #[test]
    fn bad_bytes_in_texts_are_replaced() {
        assert_eq!(&*proto(b"\x0a\x03a\xffb").unwrap().name, "a\u{fffd}b");
        let texts: [&[u8]; 2] = [b"{\"name\":\"a\xffb\"}", b"{\"name\":\"a\xff\\u0062\"}"];
        for text in texts {
            assert_eq!(&*Node::from_json(text).unwrap().name, "a\u{fffd}b");
        }
        // Half of a pair: as it is written.
        assert_eq!(&*json(r#"{"name":"\ud83d"}"#).unwrap().name, r"\ud83d");
    }

    #[test]
    fn a_message_that_comes_twice_is_merged() {
        let node = proto(b"\x22\x03\x0a\x01a\x22\x02\x10\x05").unwrap();
        assert_eq!(node.inner, Some(Leaf("a".into(), 5)));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for bad in [
            &b"\x0a\x05ab"[..],
            b"\x0a",
            b"\x08\x01",
            b"\x12\x01a",
            b"\x23",
            b"\x51\x01",
            b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x22\x02\x0a\x09",
        ] {
            assert!(proto(bad).is_err(), "{bad:?}");
        }
        for bad in [
            "",
            "{",
            "[]",
            "{} {}",
            r#"{"name":1}"#,
            r#"{"name":{}}"#,
            r#"{"number":"1"}"#,
            r#"{"number":1.5}"#,
            r#"{"number":4294967296}"#,
            r#"{"flag":1}"#,
            r#"{"flag":trap}"#,
            r#"{"inner":[]}"#,
            r#"{"inner":{}"#,
            r#"{"many":{}}"#,
            r#"{"many":[{}"#,
            r#"{"map":[]}"#,
            r#"{"name""a"}"#,
            r#"{"name":"a"#,
            r#"{"name":"a\"#,
            r#"{"name":"a" "number":1}"#,
            r#"{"other":}"#,
            r#"{"other":[}"#,
            "{name:1}",
            r#"{"a":1,}"#,
        ] {
            assert!(json(bad).is_err(), "{bad}");
        }
    }
}
