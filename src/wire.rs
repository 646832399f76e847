//! What the server sends, as partial structs for both encodings: only the fields somebody reads. Keeps nothing and interprets nothing.

pub(crate) mod apps;
pub(crate) mod batch;
pub(crate) mod core;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod frame;
pub(crate) mod kept;
mod lenient;
pub(crate) mod meta;
mod scalar;

pub use lenient::from_json;
pub use meta::{LabelSelector, ObjectMeta, OwnerReference, Pair, Present};
pub use scalar::{IntOrString, Quantity, Time, stamp};
