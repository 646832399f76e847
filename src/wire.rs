//! What the server sends, as partial structs for both encodings: only the fields somebody reads. Keeps nothing and interprets nothing.

pub mod core;
pub mod frame;
mod meta;
mod scalar;

pub use meta::{LabelSelector, ObjectMeta, OwnerReference, Pair};
pub use scalar::{IntOrString, Quantity, Time, null_default};
