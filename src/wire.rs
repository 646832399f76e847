//! What the server sends, as partial structs for both encodings: only the fields somebody reads. Keeps nothing and interprets nothing.

pub(crate) mod apiextensions;
pub(crate) mod apps;
pub(crate) mod autoscaling;
pub(crate) mod batch;
pub(crate) mod core;
pub(crate) mod discovery;
pub(crate) mod events;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod frame;
pub(crate) mod inplace;
pub(crate) mod kept;
mod lenient;
mod mended;
pub(crate) mod meta;
pub(crate) mod metrics;
pub(crate) mod networking;
mod object;
pub(crate) mod policy;
mod scalar;
pub(crate) mod text;

pub use lenient::from_json;
pub use mended::lossy;
pub use meta::{LabelSelector, ObjectMeta, OwnerReference, Pair, Present};
pub use object::{Wire, WireError};
pub use scalar::{IntOrString, Quantity, Time, stamp};
