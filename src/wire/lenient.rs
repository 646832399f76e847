//! JSON's `null` means absent. Reads any value with that rule, in every depth, so that no field has to say so; judges nothing else.
//!
//! Source: Kubernetes API conventions, "Optional vs. Required" (a null is the same as an absent field).

mod asked;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use self::asked::{Asked, Bool, Map, Number, Seq, Struct, Text};
use super::lossy;

/// Reads one JSON document: null anywhere is as absent (texts empty, numbers 0, lists and objects empty), what is not UTF-8 is replaced.
///
/// # Errors
/// It is no JSON, or a value has another type.
pub fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, serde_json::Error> {
    let text = lossy(text);
    let mut inner = serde_json::Deserializer::from_str(&text);
    let value = T::deserialize(Lenient(&mut inner))?;
    inner.end()?;
    Ok(value)
}

/// A deserializer that takes null for the empty value of whatever is asked for.
struct Lenient<D>(D);

impl<'de, D: Deserializer<'de>> Lenient<D> {
    fn ask<A: Asked, V: Visitor<'de>>(self, asked: A, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(OrEmpty { asked, visitor })
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Lenient<D> {
    type Error = D::Error;

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.ask(Text, visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.ask(Text, visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.ask(Bool, visitor)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.ask(Number, visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.ask(Number, visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.ask(Number, visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.ask(Number, visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.ask(Number, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.ask(Seq, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.ask(Map, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.ask(Struct(name, fields), visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Within(visitor))
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Within(visitor))
    }

    /// Passed on as it is: it asks for the text of a value, not for what is in it.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_ignored_any(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_identifier(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u8 u16 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct enum
    }
}

/// Gives the visitor what was asked for, or nothing of it.
struct OrEmpty<A, V> {
    asked: A,
    visitor: V,
}

impl<'de, A: Asked, V: Visitor<'de>> Visitor<'de> for OrEmpty<A, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        A::empty(self.visitor)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        A::empty(self.visitor)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.asked.read(inner, Within(self.visitor))
    }
}

/// Hands values on, and keeps the rule for what is inside them.
struct Within<T>(T);

impl<'de, V: Visitor<'de>> Visitor<'de> for Within<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.expecting(f)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        self.0.visit_bool(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        self.0.visit_i64(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.0.visit_u64(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        self.0.visit_f64(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        self.0.visit_str(value)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<V::Value, E> {
        self.0.visit_borrowed_str(value)
    }

    fn visit_string<E: Error>(self, value: String) -> Result<V::Value, E> {
        self.0.visit_string(value)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Lenient(inner))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Within(inner))
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Within(inner))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Within<A> {
    type Error = A::Error;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.0.next_element_seed(Within(seed))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Within<A> {
    type Error = A::Error;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.0.next_value_seed(Within(seed))
    }
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Within<T> {
    type Value = T::Value;
    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<T::Value, D::Error> {
        self.0.deserialize(Lenient(inner))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::from_json;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Inner {
        text: String,
        list: Vec<Inner>,
        maybe: Option<Box<Inner>>,
        number: i32,
        unsigned: u64,
        flag: bool,
        share: f64,
        map: std::collections::BTreeMap<String, String>,
    }

    #[test]
    fn null_is_absent_in_every_depth() {
        let nulls = r#"{"text":null,"list":null,"maybe":null,"number":null,"unsigned":null,"flag":null,"share":null,"map":null}"#;
        let nested =
            format!(r#"{{"list":[{nulls},null],"maybe":{nulls},"map":{{"a":null}},"other":[null]}}"#);
        let read: Inner = from_json(nested.as_bytes()).unwrap();
        assert_eq!(read.list, [Inner::default(), Inner::default()]);
        assert_eq!(read.maybe, Some(Box::default()));
        assert_eq!(read.map.get("a").map(String::as_str), Some(""));
        assert_eq!(from_json::<Inner>(nulls.as_bytes()).unwrap(), Inner::default());
        assert_eq!(from_json::<Inner>(b"null").unwrap(), Inner::default());
    }

    #[test]
    fn what_is_there_is_read_and_what_is_wrong_is_refused() {
        let text = r#"{"text":"a\n","number":-3,"unsigned":7,"flag":true,"share":1.5,"map":{"k":"v"}}"#;
        let read: Inner = from_json(text.as_bytes()).unwrap();
        assert_eq!(
            (&*read.text, read.number, read.unsigned, read.flag),
            ("a\n", -3, 7, true)
        );
        assert_eq!((read.share, &*read.map["k"]), (1.5, "v"));
        for bad in [
            r#"{"number":"x"}"#,
            r#"{"flag":1}"#,
            "{",
            "{} {}",
            r#"{"list":{}}"#,
        ] {
            assert!(from_json::<Inner>(bad.as_bytes()).is_err(), "{bad}");
        }
        let read: Inner = from_json(b"{\"text\":\"a\xff\"}").unwrap();
        assert_eq!(read.text, "a\u{fffd}");
    }
}
