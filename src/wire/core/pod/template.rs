//! `PodTemplateSpec` of a workload: kept as it came and read in place, as pods are.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
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
    /// Of the bytes it came in, which tell their encoding: no protobuf begins with a brace, which would be a group.
    ///
    /// # Errors
    /// They are no template.
    pub fn of(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        if bytes.starts_with(b"{") {
            Self::from_json(bytes)
        } else {
            Self::from_proto(bytes)
        }
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

/// A JSON object as it is written; null is empty. In protobuf a message has the type of bytes, so that it is kept without more.
pub fn as_written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    match raw.get() {
        "null" => Ok(Vec::new()),
        text if text.starts_with('{') => Ok(Box::<str>::from(raw).into_string().into_bytes()),
        _ => Err(D::Error::custom("a template is no object")),
    }
}
