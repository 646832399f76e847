//! Maps of texts of which only a few are wanted (annotations): the others are skipped without being copied.

use std::fmt;
use std::marker::PhantomData;

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{self, DecodeContext, WireType};
use prost::{DecodeError, Message};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

/// Which names are wanted.
pub trait Wanted: Clone + Default + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// All of them.
    const NAMES: &'static [&'static str];
}

/// One entry of a protobuf map of texts (key 1, value 2).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kept<W> {
    /// Its name; `None` if it is not wanted.
    pub name: Option<&'static str>,
    /// Its value; empty if the entry is not wanted.
    pub value: String,
    wanted: PhantomData<W>,
}

/// The value of a wanted name; `None` when absent.
pub fn value_of<'a, W>(list: &'a [Kept<W>], name: &str) -> Option<&'a str> {
    list.iter()
        .find(|entry| entry.name == Some(name))
        .map(|entry| &*entry.value)
}

fn wanted<W: Wanted>(name: &[u8]) -> Option<&'static str> {
    W::NAMES.iter().copied().find(|known| known.as_bytes() == name)
}

impl<W: Wanted> Message for Kept<W> {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        encoding::string::encode(1, &self.name.unwrap_or_default().to_owned(), buf);
        encoding::string::encode(2, &self.value, buf);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            1 => {
                let mut name = Bytes::new();
                encoding::bytes::merge(wire_type, &mut name, buf, ctx)?;
                self.name = wanted::<W>(&name);
                Ok(())
            }
            2 if self.name.is_some() => encoding::string::merge(wire_type, &mut self.value, buf, ctx),
            _ => encoding::skip_field(wire_type, tag, buf, ctx),
        }
    }

    fn encoded_len(&self) -> usize {
        encoding::string::encoded_len(1, &self.name.unwrap_or_default().to_owned())
            + encoding::string::encoded_len(2, &self.value)
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// A name, if it is wanted.
struct Name<W>(Option<&'static str>, PhantomData<W>);

impl<W> Default for Name<W> {
    fn default() -> Self {
        Self(None, PhantomData)
    }
}

impl<'de, W: Wanted> Deserialize<'de> for Name<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Self::default())
    }
}

impl<W: Wanted> Visitor<'_> for Name<W> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self, E> {
        Ok(Self(wanted::<W>(name.as_bytes()), PhantomData))
    }
}

/// The wanted entries of a JSON object of texts; null is empty.
pub fn wanted_entries<'de, D: Deserializer<'de>, W: Wanted>(
    deserializer: D,
) -> Result<Vec<Kept<W>>, D::Error> {
    struct Entries<W>(PhantomData<W>);
    impl<'de, W: Wanted> Visitor<'de> for Entries<W> {
        type Value = Vec<Kept<W>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some(Name(name, _)) = map.next_key::<Name<W>>()? {
                if name.is_none() {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                let value: Option<String> = map.next_value()?;
                list.extend(value.map(|value| Kept {
                    name,
                    value,
                    ..Kept::default()
                }));
            }
            Ok(list)
        }
    }
    deserializer.deserialize_any(Entries(PhantomData))
}
