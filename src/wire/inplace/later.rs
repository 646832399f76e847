//! What is read only when somebody asks: until then it is the bytes it came in.

use std::marker::PhantomData;

use super::{Field, InPlace, Json, Payload, Unreadable, Value};

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

impl<'a> Raw<'a> {
    /// As it is written.
    pub const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Proto(bytes) | Self::Json(bytes) => bytes,
        }
    }

    /// Reads it into `message`.
    ///
    /// # Errors
    /// It is no such message.
    pub fn read(self, message: &mut impl InPlace<'a>) -> Result<(), Unreadable> {
        match self {
            Self::Proto(bytes) => Payload::Bytes(bytes).message(message),
            Self::Json(text) => Json::new(text).document(message),
        }
    }
}

impl<'a, M> Later<'a, M> {
    /// Nothing of it is read.
    pub const fn raw(&self) -> Raw<'a> {
        self.raw
    }
}

impl<'a, M: InPlace<'a>> Later<'a, M> {
    /// What it says.
    ///
    /// # Errors
    /// It is no such message.
    pub fn read(&self) -> Result<M, Unreadable> {
        let mut message = M::default();
        self.raw.read(&mut message)?;
        Ok(message)
    }
}

impl<'a, M> Field<'a> for Later<'a, M> {
    fn read<V: Value<'a>>(&mut self, value: V) -> Result<(), Unreadable> {
        self.raw = value.raw()?;
        Ok(())
    }
}
