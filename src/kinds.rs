//! The kinds that have a file of their own.

mod columns;
mod describe;
mod volumes;
mod workload;

pub mod configmaps;
pub mod containers;
pub mod cronjobs;
pub mod customresourcedefinitions;
pub mod daemonsets;
pub mod deployments;
pub mod endpointslices;
pub mod events;
pub mod horizontalpodautoscalers;
pub mod ingresses;
pub mod jobs;
pub mod namespaces;
pub mod nodes;
pub mod persistentvolumeclaims;
pub mod persistentvolumes;
pub mod poddisruptionbudgets;
pub mod pods;
pub mod replicasets;
pub mod resourcequotas;
pub mod secrets;
pub mod services;
pub mod statefulsets;

pub use describe::generic as describe_any;

use std::sync::{Arc, LazyLock};

use crate::kind::Kind;
use crate::model::Gvr;

pub use workload::{Standing, Workload};

static ALL: LazyLock<Vec<Arc<Kind>>> = LazyLock::new(|| {
    let kinds = [
        Kind::of::<pods::Pods>(),
        Kind::of::<nodes::Nodes>(),
        Kind::of::<deployments::Deployments>(),
        Kind::of::<statefulsets::StatefulSets>(),
        Kind::of::<daemonsets::DaemonSets>(),
        Kind::of::<replicasets::ReplicaSets>(),
        Kind::of::<jobs::Jobs>(),
        Kind::of::<cronjobs::CronJobs>(),
        Kind::of::<services::Services>(),
        Kind::of::<ingresses::Ingresses>(),
        Kind::of::<events::Events>(),
        Kind::of::<namespaces::Namespaces>(),
        configmaps::kind(),
        secrets::kind(),
        Kind::of::<persistentvolumeclaims::PersistentVolumeClaims>(),
        Kind::of::<persistentvolumes::PersistentVolumes>(),
        Kind::of::<horizontalpodautoscalers::HorizontalPodAutoscalers>(),
        Kind::of::<poddisruptionbudgets::PodDisruptionBudgets>(),
        Kind::of::<endpointslices::EndpointSlices>(),
        Kind::of::<resourcequotas::ResourceQuotas>(),
        Kind::of::<customresourcedefinitions::CustomResourceDefinitions>(),
        Kind::of::<containers::Containers>(),
    ];
    kinds.into_iter().map(Arc::new).collect()
});

/// Every kind with a file of its own, in the order in which completion offers them.
pub fn all() -> &'static [Arc<Kind>] {
    &ALL
}

/// The kind of a resource, if it has a file of its own.
pub fn find(gvr: &Gvr) -> Option<&'static Arc<Kind>> {
    all().iter().find(|kind| kind.gvr == *gvr)
}

/// The kind a person calls so: plural, singular, short name or kind.
pub fn named(name: &str) -> Option<&'static Arc<Kind>> {
    all().iter().find(|kind| kind.is_called(name))
}

/// What describe shows of an object of a kind without a file of its own.
pub use describe::generic as describe_generic;

#[cfg(test)]
mod tests;
