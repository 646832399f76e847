//! The core group's objects as far as rows need them. Tags: k8s.io/api v0.36, `core/v1/generated.proto`.

mod pod;

pub use pod::*;
