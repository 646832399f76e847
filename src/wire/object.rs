//! One object of a kind from either encoding. Which of its fields are read, each kind's struct says.

use prost::DecodeError;
use serde::de::DeserializeOwned;

use super::from_json;
use super::inplace::Unreadable;
use super::mended;

/// What a kind reads of an object. It may borrow from the bytes it came in.
pub trait Wire<'a>: Sized {
    /// Reads the object from protobuf; what is not UTF-8 in a text is replaced.
    ///
    /// # Errors
    /// The bytes are no such message.
    fn proto(bytes: &'a [u8]) -> Result<Self, WireError>;

    /// Reads the object from JSON; null is absent, what is not UTF-8 is replaced.
    ///
    /// # Errors
    /// The text is no JSON, or a field has another type.
    fn json(text: &'a [u8]) -> Result<Self, WireError>;
}

/// Kinds that own what they read: one struct, two derives.
impl<M: prost::Message + Default + DeserializeOwned> Wire<'_> for M {
    fn proto(bytes: &[u8]) -> Result<Self, WireError> {
        Self::decode(bytes).or_else(|error| mended::decode(bytes).ok_or(error.into()))
    }

    fn json(text: &[u8]) -> Result<Self, WireError> {
        Ok(from_json(text)?)
    }
}

/// An object could not be read.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The protobuf of a kind that owns what it reads.
    #[error(transparent)]
    Proto(#[from] DecodeError),
    /// The protobuf of a kind that is read in place.
    #[error(transparent)]
    InPlace(#[from] Unreadable),
    /// The JSON of any kind.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}
