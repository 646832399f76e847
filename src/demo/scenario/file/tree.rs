//! YAML as a tree that knows its lines, and how serde reads a game day's keys from it. The tree is read from the text once, whatever is read
//! from it, so that the YAML reader is compiled for one type and not for each. Knows no key.

use std::fmt::{self, Display, Formatter};

use serde::de::value::StrDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Number;

use crate::model::problem::suggestion;

/// What is wrong, and where.
#[derive(Debug)]
pub(in crate::demo::scenario) struct Wrong {
    /// From 1; `None`: not known.
    pub line: Option<usize>,
    /// In our words.
    pub message: String,
}

impl Wrong {
    /// The innermost line that is known counts.
    fn at(mut self, line: usize) -> Self {
        self.line.get_or_insert(line);
        self
    }
}

impl Display for Wrong {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

impl serde::de::Error for Wrong {
    fn custom<T: Display>(message: T) -> Self {
        let (line, message) = (None, message.to_string());
        Self { line, message }
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Str(text) => format!("`{text}`"),
            other => other.to_string(),
        };
        let wanted = match wanted.to_string() {
            number if matches!(number.as_str(), "u64" | "usize" | "i32" | "f64") => "a number".to_owned(),
            wanted => wanted,
        };
        Self::custom(format_args!("{found} stands where {wanted} belongs"))
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        let near = suggestion(field, known.iter().copied());
        Self::custom(format_args!("unknown key `{field}`{near}"))
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        let near = suggestion(variant, known.iter().copied());
        Self::custom(format_args!("unknown value `{variant}`{near}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format_args!("`{field}` is missing"))
    }
}

/// A value with the line on which it begins.
#[derive(Debug, Clone)]
pub(in crate::demo::scenario) struct Spanned<T> {
    /// From 1; 0: not known.
    pub line: usize,
    /// The value.
    pub value: T,
}

/// The name under which a value is asked for together with its line.
const SPANNED: &str = "\0spanned";

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Pair<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Pair<T> {
            type Value = Spanned<T>;
            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a value with its line")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Spanned<T>, A::Error> {
                let line = from.next_element()?.unwrap_or_default();
                let value = from.next_element()?;
                value
                    .map(|value| Spanned { line, value })
                    .ok_or_else(|| A::Error::custom("no value"))
            }
        }
        from.deserialize_tuple_struct(SPANNED, 2, Pair(std::marker::PhantomData))
    }
}

/// A value of the text.
#[derive(Debug)]
pub(super) struct Node {
    line: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    Seq(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl What {
    fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Seq(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = serde_saphyr::Spanned::<What>::deserialize(from)?;
        let line = usize::try_from(read.referenced.line()).unwrap_or(0);
        let what = read.value;
        Ok(Self { line, what })
    }
}

impl<'de> Deserialize<'de> for What {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = What;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<What, E> {
        Ok(What::Null)
    }

    fn visit_none<E>(self) -> Result<What, E> {
        Ok(What::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<What, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<What, E> {
        Ok(What::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<What, E> {
        Ok(What::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<What, E> {
        Ok(What::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<What, E> {
        Ok(Number::from_f64(value).map_or(What::Null, What::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<What, E> {
        Ok(What::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<What, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(What::Seq(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<What, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = from.next_entry()? {
            entries.push(entry);
        }
        Ok(What::Map(entries))
    }
}

impl Node {
    fn want<'de, V: Visitor<'de>>(&self, visitor: &V) -> Wrong {
        struct Wanted<'a, V>(&'a V);
        impl<'de, V: Visitor<'de>> Display for Wanted<'_, V> {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                self.0.expecting(f)
            }
        }
        let (found, wanted) = (self.what.name(), Wanted(visitor));
        Wrong::custom(format_args!("{found} stands where {wanted} belongs"))
    }

    fn read<'de, V: Visitor<'de>>(&'de self, visitor: V) -> Result<V::Value, Wrong> {
        match &self.what {
            What::Null => visitor.visit_unit(),
            What::Bool(value) => visitor.visit_bool(*value),
            What::Number(number) => number.deserialize_any(visitor).map_err(Wrong::custom),
            What::Text(text) => visitor.visit_borrowed_str(text),
            What::Seq(items) => visitor.visit_seq(Items(items.iter())),
            What::Map(entries) => visitor.visit_map(Entries(entries.iter(), None)),
        }
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.read(visitor).map_err(|wrong| wrong.at(self.line))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.what {
            What::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// A plain `503` or `true` is a text where one belongs.
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let read = match &self.what {
            What::Text(text) => visitor.visit_borrowed_str(text),
            What::Number(number) => visitor.visit_string(number.to_string()),
            What::Bool(value) => visitor.visit_string(value.to_string()),
            _ => Err(self.want(&visitor)),
        };
        read.map_err(|wrong| wrong.at(self.line))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_string(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.what {
            What::Map(_) => self.deserialize_any(visitor),
            _ => Err(self.want(&visitor).at(self.line)),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_seq(LineAndValue(self, 0))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let What::Text(text) = &self.what else {
            return Err(self.want(&visitor).at(self.line));
        };
        let text: StrDeserializer<'_, Wrong> = text.as_str().into_deserializer();
        text.deserialize_enum(name, variants, visitor)
            .map_err(|wrong| wrong.at(self.line))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct newtype_struct seq tuple map
        identifier ignored_any
    }
}

/// The values of a list.
struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Wrong;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        self.0.next().map(|node| seed.deserialize(node)).transpose()
    }
}

/// Keys and values, and the value whose key was read.
struct Entries<'de>(std::slice::Iter<'de, (Node, Node)>, Option<&'de Node>);

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Wrong;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let Some((key, value)) = self.0.next() else {
            return Ok(None);
        };
        self.1 = Some(value);
        seed.deserialize(key).map(Some)
    }
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Wrong> {
        match self.1.take() {
            Some(value) => seed.deserialize(value),
            None => Err(Wrong::custom("no value")),
        }
    }
}

/// First the line of a value, then the value.
struct LineAndValue<'de>(&'de Node, u8);

impl<'de> SeqAccess<'de> for LineAndValue<'de> {
    type Error = Wrong;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        self.1 += 1;
        match self.1 {
            1 => seed.deserialize(self.0.line.into_deserializer()).map(Some),
            2 => seed.deserialize(self.0).map(Some),
            _ => Ok(None),
        }
    }
}
