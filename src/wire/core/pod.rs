//! `Pod`, read in place: of all kinds it is the one of which there are most. Below each struct stand its fields'
//! numbers and names.

mod container;
mod metadata;
mod spec;
mod status;
mod template;

pub use container::*;
pub use metadata::*;
pub use spec::*;
pub use status::*;
pub use template::*;

use crate::wire::inplace::Key::{self, Name, Number};
use crate::wire::inplace::{Field as _, InPlace, Unreadable, Value};
use crate::wire::{Wire, WireError};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pod<'a> {
    pub metadata: Option<Metadata<'a>>,
    pub spec: Option<PodSpec<'a>>,
    pub status: Option<PodStatus<'a>>,
}

impl<'a> InPlace<'a> for Pod<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"metadata") => self.metadata.read(value),
            Number(2) | Name(b"spec") => self.spec.read(value),
            Number(3) | Name(b"status") => self.status.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> Wire<'a> for Pod<'a> {
    fn proto(bytes: &'a [u8]) -> Result<Self, WireError> {
        Ok(Self::from_proto(bytes)?)
    }

    fn json(text: &'a [u8]) -> Result<Self, WireError> {
        Ok(Self::from_json(text)?)
    }
}
