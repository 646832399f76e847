//! `PodTemplateSpec` of a workload: kept as it came and read in place, as pods are.

use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::value::RawValue;

use super::{Metadata, PodSpec};
use crate::wire::inplace::Key::{self, Name, Number};
use crate::wire::inplace::{Field as _, InPlace, Unreadable, Value};

/// What is read of a pod template.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PodTemplate<'a> {
    pub metadata: Option<Metadata<'a>>,
    pub spec: Option<PodSpec<'a>>,
}

impl<'a> PodTemplate<'a> {
    /// Of the bytes it came in, which tell their encoding: no protobuf begins with a brace, which would be a group. What cannot be read is as
    /// empty.
    pub fn of(bytes: &'a [u8]) -> Self {
        let read = if bytes.starts_with(b"{") {
            Self::from_json(bytes)
        } else {
            Self::from_proto(bytes)
        };
        read.unwrap_or_default()
    }
}

impl<'a> InPlace<'a> for PodTemplate<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"metadata") => self.metadata.read(value),
            Number(2) | Name(b"spec") => self.spec.read(value),
            _ => value.skip(),
        }
    }
}

/// A JSON value as it is written. In protobuf a message has the type of bytes, so that it is kept without more.
pub fn as_written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    Ok(Box::<str>::from(raw).into_string().into_bytes())
}
