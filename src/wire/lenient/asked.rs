//! What can be asked of a deserializer, each with the empty value that stands for null. A type each and not values of one type, so that of a
//! visitor only what it asks for is compiled: all nine ways for each of 90 visitors were half a megabyte. Reads nothing by itself.

use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// One way to ask.
pub(super) trait Asked {
    /// Gives the visitor the empty value.
    fn empty<'de, V: Visitor<'de>, E: Error>(visitor: V) -> Result<V::Value, E>;

    /// Asks for the value.
    fn read<'de, D: Deserializer<'de>, V: Visitor<'de>>(
        self,
        from: D,
        visitor: V,
    ) -> Result<V::Value, D::Error>;
}

/// A text.
pub(super) struct Text;
/// `true` or `false`.
pub(super) struct Bool;
/// A number of any kind: JSON has one kind only, so the visitor is given what is written.
pub(super) struct Number;
/// A list.
pub(super) struct Seq;
/// An object with any keys.
pub(super) struct Map;
/// An object with a name and known keys.
pub(super) struct Struct(pub &'static str, pub &'static [&'static str]);

impl Asked for Text {
    fn empty<'de, V: Visitor<'de>, E: Error>(visitor: V) -> Result<V::Value, E> {
        visitor.visit_borrowed_str("")
    }

    fn read<'de, D: Deserializer<'de>, V: Visitor<'de>>(
        self,
        from: D,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        from.deserialize_str(visitor)
    }
}

impl Asked for Bool {
    fn empty<'de, V: Visitor<'de>, E: Error>(visitor: V) -> Result<V::Value, E> {
        visitor.visit_bool(false)
    }

    fn read<'de, D: Deserializer<'de>, V: Visitor<'de>>(
        self,
        from: D,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        from.deserialize_bool(visitor)
    }
}

impl Asked for Number {
    fn empty<'de, V: Visitor<'de>, E: Error>(visitor: V) -> Result<V::Value, E> {
        visitor.visit_u64(0)
    }

    fn read<'de, D: Deserializer<'de>, V: Visitor<'de>>(
        self,
        from: D,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        from.deserialize_f64(visitor)
    }
}

impl Asked for Seq {
    fn empty<'de, V: Visitor<'de>, E: Error>(visitor: V) -> Result<V::Value, E> {
        visitor.visit_seq(Nothing(PhantomData))
    }

    fn read<'de, D: Deserializer<'de>, V: Visitor<'de>>(
        self,
        from: D,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        from.deserialize_seq(visitor)
    }
}

impl Asked for Map {
    fn empty<'de, V: Visitor<'de>, E: Error>(visitor: V) -> Result<V::Value, E> {
        visitor.visit_map(Nothing(PhantomData))
    }

    fn read<'de, D: Deserializer<'de>, V: Visitor<'de>>(
        self,
        from: D,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        from.deserialize_map(visitor)
    }
}

impl Asked for Struct {
    fn empty<'de, V: Visitor<'de>, E: Error>(visitor: V) -> Result<V::Value, E> {
        Map::empty(visitor)
    }

    fn read<'de, D: Deserializer<'de>, V: Visitor<'de>>(
        self,
        from: D,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        from.deserialize_struct(self.0, self.1, visitor)
    }
}

/// An empty list or object.
struct Nothing<E>(PhantomData<E>);

impl<'de, E: Error> SeqAccess<'de> for Nothing<E> {
    type Error = E;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, _seed: T) -> Result<Option<T::Value>, E> {
        Ok(None)
    }
}

impl<'de, E: Error> MapAccess<'de> for Nothing<E> {
    type Error = E;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _seed: K) -> Result<Option<K::Value>, E> {
        Ok(None)
    }
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, _seed: T) -> Result<T::Value, E> {
        Err(E::custom("an empty object has no values"))
    }
}
