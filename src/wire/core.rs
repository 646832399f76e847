//! The core group's objects as far as rows need them. Tags: k8s.io/api v0.36, `core/v1/generated.proto`.

mod amount;
mod node;
mod pod;
mod quota;
mod service;
mod volume;

pub use amount::*;
pub use node::*;
pub use pod::*;
pub use quota::*;
pub use service::*;
pub use volume::*;
