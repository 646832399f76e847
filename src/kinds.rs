//! The kinds that have a file of their own.

mod columns;
pub mod containers;
pub mod contexts;
mod describe;
pub mod deployments;
pub mod statefulsets;
pub mod daemonsets;
pub mod replicasets;
pub mod jobs;
pub mod cronjobs;
pub mod pods;
mod workload;

use std::sync::{Arc, LazyLock};

use crate::kind::Kind;
use crate::model::Gvr;

use containers::Containers;
use contexts::Contexts;
use cronjobs::CronJobs;
use daemonsets::DaemonSets;
use deployments::Deployments;
use jobs::Jobs;
use pods::Pods;
use replicasets::ReplicaSets;
use statefulsets::StatefulSets;

static ALL: LazyLock<Vec<Arc<Kind>>> = LazyLock::new(|| {
    let kinds = [
        Kind::of::<Pods>(),
        Kind::of::<Deployments>(),
        Kind::of::<StatefulSets>(),
        Kind::of::<DaemonSets>(),
        Kind::of::<ReplicaSets>(),
        Kind::of::<Jobs>(),
        Kind::of::<CronJobs>(),
        Kind::of::<Containers>(),
        Kind::of::<Contexts>(),
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

#[cfg(test)]
mod tests;
