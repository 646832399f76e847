//! `Pod`, read in place: of all kinds it is the one of which there are most. The fields stand in the structs for JSON, their numbers below
//! them for protobuf.

mod container;
mod metadata;
mod spec;
mod status;
mod template;

use serde::Deserialize;

pub use container::*;
pub use metadata::*;
pub use spec::*;
pub use status::*;
pub use template::*;

use crate::wire::inplace::{Field as _, InPlace, Unreadable, Value};
use crate::wire::{Wire, WireError, from_json};

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub struct Pod<'a> {
    pub metadata: Option<Metadata<'a>>,
    pub spec: Option<PodSpec<'a>>,
    pub status: Option<PodStatus<'a>>,
}

impl<'a> InPlace<'a> for Pod<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.metadata.read(value),
            2 => self.spec.read(value),
            3 => self.status.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> Wire<'a> for Pod<'a> {
    fn proto(bytes: &'a [u8]) -> Result<Self, WireError> {
        let mut pod = Self::default();
        pod.merge(bytes)?;
        Ok(pod)
    }

    fn json(text: &'a [u8]) -> Result<Self, WireError> {
        Ok(from_json(text)?)
    }
}
