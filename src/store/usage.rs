//! CPU and memory in use, from metrics.k8s.io, joined to rows by namespace and name.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{FeedState, Store};
use crate::clock::Timestamp;
use crate::kind::{ContainerUsage, Usage};
use crate::model::Failure;

/// How fresh the figures are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum UsageState {
    /// Nothing heard yet.
    #[default]
    Unknown,
    /// As of this moment.
    At(Timestamp),
    /// metrics.k8s.io does not answer; the last figures are this old, `None` if there never were any.
    Unavailable(Option<Timestamp>, Failure),
}

/// Namespace, pod and container.
type ContainerName = (Arc<str>, Arc<str>, Arc<str>);

/// The last figures.
#[derive(Debug, Default)]
pub struct UsageTable {
    pods: FxHashMap<(Arc<str>, Arc<str>), Usage>,
    nodes: FxHashMap<Arc<str>, Usage>,
    /// By namespace, pod and container.
    containers: FxHashMap<ContainerName, Usage>,
    total: Option<Usage>,
    /// How fresh they are.
    pub state: UsageState,
}

impl UsageTable {
    /// Writes what is known about these slots into the annex.
    pub(super) fn fill(&self, state: &mut FeedState, slots: &[u32]) {
        if self.pods.is_empty() && self.nodes.is_empty() && self.containers.is_empty() {
            return;
        }
        for slot in slots {
            let Some(meta) = state.rows.meta(*slot) else {
                continue;
            };
            let usage = match (&*state.feed.gvr.group, &*state.feed.gvr.resource) {
                ("", "pods") => self
                    .pods
                    .get(&(Arc::clone(&meta.namespace), Arc::clone(&meta.name))),
                ("", "nodes") => self.nodes.get(&meta.name),
                ("kubris", "containers") => meta.owner.as_ref().and_then(|pod| {
                    let names = (
                        Arc::clone(&meta.namespace),
                        Arc::clone(&pod.name),
                        Arc::clone(&meta.name),
                    );
                    self.containers.get(&names)
                }),
                _ => return,
            };
            state.annex.entry(*slot).usage = usage.copied();
        }
    }

    /// Usage of a node.
    pub fn node(&self, name: &str) -> Option<Usage> {
        self.nodes.get(name).copied()
    }

    /// Sum over the nodes; `None` without figures.
    pub const fn total(&self) -> Option<Usage> {
        self.total
    }
}

impl Store {
    /// New figures of pods; they replace the last.
    pub fn pods_usage(&mut self, figures: Vec<(Arc<str>, Arc<str>, Usage)>, at: Timestamp) {
        self.usage.pods = figures
            .into_iter()
            .map(|(namespace, name, usage)| ((namespace, name), usage))
            .collect();
        self.usage.state = UsageState::At(at);
        self.fill_all("pods");
    }

    /// New figures of nodes; they replace the last.
    pub fn nodes_usage(&mut self, figures: Vec<(Arc<str>, Usage)>, at: Timestamp) {
        self.usage.nodes = figures.into_iter().collect();
        self.usage.total = (!self.usage.nodes.is_empty()).then(|| {
            self.usage
                .nodes
                .values()
                .fold(Usage::default(), |sum, usage| Usage {
                    cpu_milli: sum.cpu_milli + usage.cpu_milli,
                    memory: sum.memory + usage.memory,
                })
        });
        self.usage.state = UsageState::At(at);
        self.fill_all("nodes");
    }

    /// New figures of containers; they replace the last.
    pub fn containers_usage(&mut self, figures: Vec<ContainerUsage>, at: Timestamp) {
        let entry = |of: ContainerUsage| ((of.namespace, of.pod, of.container), of.usage);
        self.usage.containers = figures.into_iter().map(entry).collect();
        self.usage.state = UsageState::At(at);
        self.fill_all("containers");
    }

    /// metrics.k8s.io does not answer: figures stay, with their age. They are n/a when there never were any.
    pub fn usage_unavailable(&mut self, why: Failure) {
        let last = match &self.usage.state {
            UsageState::At(at) => Some(*at),
            UsageState::Unavailable(at, _) => *at,
            UsageState::Unknown => None,
        };
        self.usage.state = UsageState::Unavailable(last, why);
    }

    fn fill_all(&mut self, resource: &str) {
        for state in self
            .feeds
            .values_mut()
            .filter(|state| state.feed.gvr.resource == resource)
        {
            let slots = state.rows.slots();
            self.usage.fill(state, &slots);
            state.facts += 1;
        }
    }
}
