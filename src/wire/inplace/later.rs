//! What is read only when somebody asks: until then it is the bytes it came in.

use std::marker::PhantomData;

use super::{Field, InPlace, Unreadable, Value};

/// A value as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Raw<'a> {
    /// A protobuf message.
    Proto(&'a [u8]),
    /// A JSON text.
    Json(&'a [u8]),
}

/// A message that nobody has read yet. Equal to another one that is written with the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Later<'a, M> {
    raw: Raw<'a>,
    message: PhantomData<M>,
}

impl<M> Default for Later<'_, M> {
    fn default() -> Self {
        Self {
            raw: Raw::Proto(&[]),
            message: PhantomData,
        }
    }
}

impl<'a, M: InPlace<'a>> Later<'a, M> {
    /// What it says; what cannot be read is as empty.
    pub fn read(&self) -> M {
        let read = match self.raw {
            Raw::Proto(bytes) => M::from_proto(bytes),
            Raw::Json(text) => M::from_json(text),
        };
        read.unwrap_or_default()
    }
}

impl<'a, M> Field<'a> for Later<'a, M> {
    fn read<V: Value<'a>>(&mut self, value: V) -> Result<(), Unreadable> {
        self.raw = value.raw()?;
        Ok(())
    }
}
