//! What describe shows, per kind: most important first, problems marked, events last. Fetches nothing and shows no secret's value.

mod conditions;
mod containers;
mod data;
mod events;
mod fields;
mod generic;
mod node;
mod page;
mod pod;
mod service;
mod workload;

pub use data::{configmap, secret};
pub use generic::generic;
pub use node::node;
pub use pod::pod;
pub use service::service;
pub use workload::workload;

#[cfg(test)]
mod tests;
