//! What describe shows, per kind: most important first, problems marked, events last. Fetches nothing and shows no secret's value.

mod autoscaler;
mod budget;
mod claim;
mod conditions;
mod containers;
mod data;
mod definition;
mod endpoints;
mod event;
mod events;
mod fields;
mod generic;
mod ingress;
mod judged;
mod namespace;
mod node;
mod page;
mod pod;
mod quota;
mod service;
mod volume;
mod workload;

pub use autoscaler::autoscaler;
pub use budget::budget;
pub use claim::claim;
pub use data::{configmap, secret};
pub use definition::definition;
pub use endpoints::endpoints;
pub use event::event;
pub use generic::generic;
pub use ingress::ingress;
pub use namespace::namespace;
pub use node::node;
pub use pod::pod;
pub use quota::quota;
pub use service::service;
pub use volume::volume;
pub use workload::workload;

#[cfg(test)]
mod tests;
