//! From JSON to protobuf in one pass over the text, led by the schema. What the schema does not know is left out.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Field, Kind, SCHEMA};
use crate::clock::Timestamp;

/// Writes the message `at` that `json` says; nothing if that is no object.
pub(super) fn message(at: usize, json: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let mut reader = serde_json::Deserializer::from_slice(json);
    if (Inside { at, out: &mut *out }).deserialize(&mut reader).is_err() {
        out.truncate(start);
    }
}

/// A field of bytes or text.
pub fn bytes(number: u32, data: &[u8], out: &mut Vec<u8>) {
    length(number, data.len(), out);
    out.extend_from_slice(data);
}

/// The head of a field of so many bytes.
pub(super) fn length(number: u32, length: usize, out: &mut Vec<u8>) {
    varint(u64::from(number << 3 | 2), out);
    varint(length as u64, out);
}

/// A field that is a message.
pub fn nested(number: u32, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    varint(u64::from(number << 3 | 2), out);
    let start = out.len();
    write(out);
    let mut length = Vec::with_capacity(5);
    varint((out.len() - start) as u64, &mut length);
    out.splice(start..start, length);
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn integer(number: u32, value: i64, out: &mut Vec<u8>) {
    varint(u64::from(number << 3), out);
    varint(value as u64, out);
}

/// The fields of a message from a JSON object.
struct Inside<'a> {
    at: usize,
    out: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Inside<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inside<'_> {
    type Value = ();

    fn expecting(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        form.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let fields = SCHEMA
            .fields(self.at)
            .ok_or_else(|| A::Error::custom("no such message"))?;
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            match fields.by_name.get(name.as_ref()) {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some((around, field)) if around.is_empty() => map.next_value_seed(One {
                    field: *field,
                    out: &mut *self.out,
                })?,
                Some((around, field)) => {
                    let mut inner = Vec::new();
                    map.next_value_seed(One {
                        field: *field,
                        out: &mut inner,
                    })?;
                    wrap(around, &inner, self.out);
                }
            }
        }
        Ok(())
    }
}

/// Puts data into the messages that JSON leaves out.
fn wrap(around: &[u32], inner: &[u8], out: &mut Vec<u8>) {
    match around.split_first() {
        None => out.extend_from_slice(inner),
        Some((number, rest)) => nested(*number, out, |out| wrap(rest, inner, out)),
    }
}

/// One field: its value, all its values, or all its entries.
struct One<'a> {
    field: Field,
    out: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        if self.field.list || self.field.map {
            return from.deserialize_any(self);
        }
        Single {
            number: self.field.number,
            kind: self.field.kind,
            out: self.out,
        }
        .deserialize(from)
    }
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = ();

    fn expecting(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        form.write_str("a list or a map")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Field { number, kind, .. } = self.field;
        while list
            .next_element_seed(Single {
                number,
                kind,
                out: &mut *self.out,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let mut value = Vec::new();
            map.next_value_seed(Single {
                number: 2,
                kind: self.field.kind,
                out: &mut value,
            })?;
            nested(self.field.number, self.out, |out| {
                bytes(1, key.as_bytes(), out);
                out.extend_from_slice(&value);
            });
        }
        Ok(())
    }
}

/// One value under a number.
struct Single<'a> {
    number: u32,
    kind: Kind,
    out: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Single<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        if self.kind != Kind::Raw {
            return from.deserialize_any(self);
        }
        let raw = <&RawValue>::deserialize(from)?.get();
        if raw != "null" {
            nested(self.number, self.out, |out| bytes(1, raw.as_bytes(), out));
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for Single<'_> {
    type Value = ();

    fn expecting(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(form, "a value of {:?}", self.kind)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        integer(self.number, i64::from(value), self.out);
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.visit_i64(value as i64)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        match self.kind {
            Kind::IntOrString => nested(self.number, self.out, |out| {
                integer(1, 0, out);
                integer(2, value, out);
            }),
            Kind::Quantity => nested(self.number, self.out, |out| {
                bytes(1, value.to_string().as_bytes(), out);
            }),
            Kind::Double => return self.visit_f64(value as f64),
            _ => integer(self.number, value, self.out),
        }
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        match self.kind {
            Kind::Double => {
                varint(u64::from(self.number << 3 | 1), self.out);
                self.out.extend_from_slice(&value.to_le_bytes());
            }
            Kind::Quantity => nested(self.number, self.out, |out| {
                bytes(1, value.to_string().as_bytes(), out);
            }),
            _ => integer(self.number, value as i64, self.out),
        }
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match self.kind {
            Kind::Text => bytes(self.number, text.as_bytes(), self.out),
            Kind::Bytes => bytes(self.number, &STANDARD.decode(text).map_err(E::custom)?, self.out),
            Kind::Quantity => nested(self.number, self.out, |out| bytes(1, text.as_bytes(), out)),
            Kind::IntOrString => nested(self.number, self.out, |out| {
                integer(1, 1, out);
                bytes(3, text.as_bytes(), out);
            }),
            Kind::Time | Kind::MicroTime => {
                let at = Timestamp::parse(text).ok_or_else(|| E::custom("no time"))?;
                nested(self.number, self.out, |out| {
                    integer(1, at.seconds(), out);
                    integer(2, at.0.rem_euclid(1_000_000_000), out);
                });
            }
            // Durations are only in reviews of clients, never stored.
            _ => return Err(E::custom("text where none belongs")),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut inner = Vec::new();
        while list
            .next_element_seed(Single {
                number: 1,
                kind: Kind::Text,
                out: &mut inner,
            })?
            .is_some()
        {}
        bytes(self.number, &inner, self.out);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let Kind::Message(at) = self.kind else {
            return Err(A::Error::custom("an object where none belongs"));
        };
        let mut said = Ok(());
        nested(self.number, self.out, |out| {
            said = Inside { at, out }.visit_map(map);
        });
        said
    }
}
