//! `PodTemplateSpec` of a workload: kept as it came and read in place, as pods are.

use bytes::{Buf, BufMut};
use prost::encoding::{self, DecodeContext, WireType};
use prost::{DecodeError, Message};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::value::RawValue;

use super::{Metadata, PodSpec};
use crate::wire::inplace::Key::{self, Name, Number};
use crate::wire::inplace::{Field as _, InPlace, Payload, Unreadable, Value};

/// A pod template, in the encoding in which it came.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PodTemplate {
    /// Its metadata and its specification, each behind its tag.
    proto: Vec<u8>,
    /// The whole of it.
    json: String,
}

/// What is read of a pod template.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TemplateParts<'a> {
    pub metadata: Option<Metadata<'a>>,
    pub spec: Option<PodSpec<'a>>,
}

impl PodTemplate {
    /// What it says. It could be read when it came.
    pub fn parts(&self) -> TemplateParts<'_> {
        let parts = if self.json.is_empty() {
            TemplateParts::from_proto(&self.proto)
        } else {
            TemplateParts::from_json(self.json.as_bytes())
        };
        parts.unwrap_or_default()
    }
}

impl<'a> InPlace<'a> for TemplateParts<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"metadata") => self.metadata.read(value),
            Number(2) | Name(b"spec") => self.spec.read(value),
            _ => value.skip(),
        }
    }
}

impl<'de> Deserialize<'de> for PodTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        TemplateParts::from_json(raw.get().as_bytes()).map_err(D::Error::custom)?;
        Ok(Self {
            proto: Vec::new(),
            json: Box::<str>::from(raw).into(),
        })
    }
}

impl Message for PodTemplate {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        buf.put_slice(&self.proto);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        if !matches!(tag, 1 | 2) {
            return encoding::skip_field(wire_type, tag, buf, ctx);
        }
        let mut bytes = Vec::new();
        encoding::bytes::merge(wire_type, &mut bytes, buf, ctx)?;
        #[expect(deprecated, reason = "meant for implementations of `Message`, which this is")]
        TemplateParts::default()
            .field(Number(tag), Payload::Bytes(&bytes))
            .map_err(|error| DecodeError::new(error.to_string()))?;
        encoding::bytes::encode(tag, &bytes, &mut self.proto);
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        self.proto.len()
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}
