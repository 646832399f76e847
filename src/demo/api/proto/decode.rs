//! From protobuf to JSON: the bodies that typed Go clients send. Unknown fields are passed over.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Field, Kind, MAGIC, SCHEMA, named};
use crate::clock::Timestamp;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It does not begin with `k8s` and a zero byte.
    #[error("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")]
    Prefix,
    /// It ends too early.
    #[error("unexpected EOF")]
    End,
    /// It has what protobuf does not allow.
    #[error("proto: illegal tag or wire type")]
    Wire,
    /// Its kind is not known here.
    #[error("no kind is registered for the type of the body")]
    Kind,
}

/// Definitions of custom resources are read, but answered in JSON.
const DEFINITION: &str = "CustomResourceDefinition";

type Read<T> = Result<T, DecodeError>;

/// The object in an envelope, with `apiVersion` and `kind`.
pub fn object(bytes: &[u8]) -> Read<Value> {
    let mut wire = Wire(bytes.strip_prefix(MAGIC).ok_or(DecodeError::Prefix)?);
    let (mut version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    while let Some((number, part)) = wire.next()? {
        match (number, part) {
            (1, Part::Bytes(inner)) => {
                let mut wire = Wire(inner);
                while let Some((number, part)) = wire.next()? {
                    match (number, part) {
                        (1, Part::Bytes(text)) => version = lossy(text),
                        (2, Part::Bytes(text)) => kind = lossy(text),
                        _ => {}
                    }
                }
            }
            (2, Part::Bytes(inner)) => raw = inner,
            _ => {}
        }
    }
    let (group, short) = version.rsplit_once('/').unwrap_or(("", &version));
    let message = named(group, short, &kind).ok_or(DecodeError::Kind)?;
    let mut object = Map::new();
    object.insert("kind".into(), kind.as_str().into());
    object.insert("apiVersion".into(), version.into());
    fields(message.0, raw, &mut object)?;
    let mut object = Value::Object(object);
    if kind == DEFINITION {
        either(&mut object);
    }
    Ok(object)
}

/// In a schema `additionalProperties` is a schema or a truth; the latter is read under a name that is none.
fn either(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(allows) = map.shift_remove("")
                && map.is_empty()
            {
                *value = allows;
                return;
            }
            let inside = map
                .iter_mut()
                .filter(|(key, _)| *key != "default" && *key != "example");
            inside.for_each(|(_, inner)| either(inner));
        }
        Value::Array(all) => all.iter_mut().for_each(either),
        _ => {}
    }
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// Reads a message into a JSON object.
fn fields(at: usize, bytes: &[u8], into: &mut Map<String, Value>) -> Read<()> {
    let known = SCHEMA.fields(at).ok_or(DecodeError::Kind)?;
    let mut wire = Wire(bytes);
    while let Some((number, part)) = wire.next()? {
        let Some(field) = known.all.iter().find(|field| field.number == number) else {
            continue;
        };
        match (field.kind, part) {
            (Kind::Message(inner), Part::Bytes(data)) if field.name.is_empty() => fields(inner, data, into)?,
            (_, part) => add(field, part, into)?,
        }
    }
    for field in known.all.iter().filter(|field| field.always) {
        if !into.contains_key(field.name)
            && matches!(field.kind, Kind::Text | Kind::Integer | Kind::Bool)
            && !field.list
            && !field.map
        {
            into.insert(field.name.into(), zero(field.kind));
        }
    }
    Ok(())
}

fn zero(kind: Kind) -> Value {
    match kind {
        Kind::Integer => json!(0),
        Kind::Bool => json!(false),
        _ => json!(""),
    }
}

fn add(field: &Field, part: Part<'_>, into: &mut Map<String, Value>) -> Read<()> {
    if field.map {
        let Part::Bytes(entry) = part else {
            return Err(DecodeError::Wire);
        };
        let (mut key, mut found, mut wire) = (String::new(), default(field.kind), Wire(entry));
        while let Some((number, part)) = wire.next()? {
            match (number, part) {
                (1, Part::Bytes(text)) => key = lossy(text),
                (2, part) => found = value(field.kind, part)?,
                _ => {}
            }
        }
        let map = into.entry(field.name).or_insert_with(|| json!({}));
        map[key] = found;
        return Ok(());
    }
    let found = value(field.kind, part)?;
    if field.list {
        if let Some(list) = into.entry(field.name).or_insert_with(|| json!([])).as_array_mut() {
            list.push(found);
        }
        return Ok(());
    }
    let is_zero = found.is_null() || found == "" || found == 0 || found == false;
    if !is_zero || field.always && !found.is_null() || field.pointer && !found.is_null() {
        into.insert(field.name.into(), found);
    }
    Ok(())
}

fn default(kind: Kind) -> Value {
    match kind {
        Kind::Text | Kind::Bytes => json!(""),
        _ => Value::Null,
    }
}

fn value(kind: Kind, part: Part<'_>) -> Read<Value> {
    Ok(match (kind, part) {
        (Kind::Integer, Part::Number(number)) => json!(number as i64),
        (Kind::Bool, Part::Number(number)) => json!(number != 0),
        (Kind::Double, Part::Eight(bytes)) => match f64::from_le_bytes(bytes) {
            #[expect(clippy::cast_possible_truncation, reason = "a whole number that fits")]
            whole if whole.fract() == 0.0 && whole.abs() < 1e15 => json!(whole as i64),
            number => json!(number),
        },
        (Kind::Text, Part::Bytes(text)) => lossy(text).into(),
        (Kind::Bytes, Part::Bytes(data)) => STANDARD.encode(data).into(),
        (Kind::Message(at), Part::Bytes(data)) => {
            let mut inner = Map::new();
            fields(at, data, &mut inner)?;
            Value::Object(inner)
        }
        (kind, Part::Bytes(data)) => special(kind, data)?,
        _ => return Err(DecodeError::Wire),
    })
}

/// The types that have a form of their own in JSON.
fn special(kind: Kind, data: &[u8]) -> Read<Value> {
    let (mut numbers, mut texts) = ([0_i64; 4], Vec::new());
    let mut wire = Wire(data);
    while let Some((number, part)) = wire.next()? {
        match part {
            Part::Number(value) => {
                if let Some(slot) = numbers.get_mut(number as usize) {
                    *slot = value as i64;
                }
            }
            Part::Bytes(text) => texts.push(text),
            Part::Eight(_) => {}
        }
    }
    let text = texts.first().copied().unwrap_or_default();
    Ok(match kind {
        Kind::Time | Kind::MicroTime if data.is_empty() => Value::Null,
        Kind::Time => Timestamp::from_seconds(numbers[1]).rfc3339().into(),
        Kind::MicroTime => {
            let whole = Timestamp::from_seconds(numbers[1]).rfc3339();
            format!("{}.{:06}Z", whole.trim_end_matches('Z'), numbers[2] / 1_000).into()
        }
        Kind::IntOrString if numbers[1] == 0 => json!(numbers[2]),
        Kind::Quantity | Kind::IntOrString => lossy(text).into(),
        Kind::Raw => serde_json::from_slice(text).unwrap_or_default(),
        Kind::Duration => format!("{}ns", numbers[1]).into(),
        _ => texts.into_iter().map(lossy).collect(),
    })
}

/// The value of a field on the wire.
enum Part<'a> {
    Number(u64),
    Eight([u8; 8]),
    Bytes(&'a [u8]),
}

/// Protobuf, field by field.
struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    fn next(&mut self) -> Read<Option<(u32, Part<'a>)>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).map_err(|_| DecodeError::Wire)?;
        let part = match tag & 7 {
            0 => Part::Number(self.varint()?),
            1 => Part::Eight(self.take(8)?.try_into().map_err(|_| DecodeError::End)?),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| DecodeError::End)?;
                Part::Bytes(self.take(length)?)
            }
            5 => {
                self.take(4)?;
                return self.next();
            }
            _ => return Err(DecodeError::Wire),
        };
        Ok(Some((number, part)))
    }

    fn varint(&mut self) -> Read<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first().ok_or(DecodeError::End)?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::Wire)
    }

    fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(DecodeError::End)?;
        self.0 = rest;
        Ok(head)
    }
}
