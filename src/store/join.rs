//! Facts that one feed knows about the rows of another: node readiness for pods, endpoints for services, load for nodes, revisions.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{FeedState, Store};
use crate::insight::{capacity, endpoints};
use crate::kind::{NodeLoad, Of};
use crate::kinds::nodes::Nodes;
use crate::kinds::replicasets::ReplicaSets;
use crate::model::{FeedId, Scope, Uid};

/// What the joins were computed from, so that nothing is computed twice.
#[derive(Debug, Default)]
pub(super) struct Joined {
    seen: u64,
    allocatable: Option<(u64, u64)>,
}

/// Facts by feed and slot.
type Found = Vec<(FeedId, u32, Change)>;

enum Change {
    NodeDown(bool),
    Endpoints(Option<(u32, u32)>),
    Revision(Option<u32>),
    Node(Arc<NodeLoad>),
}

impl Store {
    /// True when feeds changed since the facts were last brought up to date.
    pub fn is_join_due(&self) -> bool {
        self.version() != self.joined.seen
    }

    /// Allocatable CPU (thousandths of a core) and memory (bytes) of all nodes, as of the last join. `None` while no nodes are held.
    pub const fn allocatable(&self) -> Option<(u64, u64)> {
        self.joined.allocatable
    }

    fn version(&self) -> u64 {
        self.feeds.values().map(|state| state.version).sum()
    }

    /// Brings the facts up to date with the feeds; `true` when some changed. Costs a walk over all pods and nodes: at most a few times a second.
    pub fn join(&mut self) -> bool {
        if !self.is_join_due() {
            return false;
        }
        let mut found = Found::new();
        self.node_facts(&mut found);
        self.service_facts(&mut found);
        self.revision_facts(&mut found);
        let nodes = self.of("nodes").next();
        let allocatable = nodes.and_then(|(_, state)| capacity::allocatable(&*state.rows));
        let changed = self.write(found) || allocatable != self.joined.allocatable;
        self.joined = Joined {
            seen: self.version(),
            allocatable,
        };
        changed
    }

    fn of(&self, resource: &str) -> impl Iterator<Item = (FeedId, &FeedState)> {
        self.feeds()
            .filter(move |(_, state)| state.feed.gvr.resource == resource && state.feed.fields.is_empty())
    }

    /// Load of nodes, and which pods stand on a node that is not ready.
    fn node_facts(&self, found: &mut Found) {
        let nodes = self
            .of("nodes")
            .find_map(|(id, state)| Some((id, state.rows.as_any().downcast_ref::<Of<Nodes>>()?)));
        let Some((id, nodes)) = nodes else { return };
        let whole = self.of("pods").find(|(_, state)| state.feed.scope == Scope::All);
        let pods = whole
            .into_iter()
            .flat_map(|(_, state)| capacity::pods_of(&*state.rows));
        if whole.is_some() {
            let bound = capacity::by_node(pods.map(|(_, pod)| pod));
            found.extend(
                capacity::loads(nodes, &bound)
                    .into_iter()
                    .map(|(slot, load)| (id, slot, Change::Node(load))),
            );
        }
        let down: FxHashSet<&str> = nodes
            .iter()
            .filter(|(_, node)| !node.ready)
            .map(|(_, node)| &*node.meta.name)
            .collect();
        for (id, state) in self.of("pods") {
            for (slot, pod) in capacity::pods_of(&*state.rows) {
                let is_down = down.contains(&*pod.node);
                if state.annex.of(slot).node_down != is_down {
                    found.push((id, slot, Change::NodeDown(is_down)));
                }
            }
        }
    }

    fn service_facts(&self, found: &mut Found) {
        for (id, services) in self.of("services") {
            let slices = self
                .of("endpointslices")
                .map(|(_, state)| state)
                .find(|state| state.feed.scope == services.feed.scope);
            let Some(slices) = slices.filter(|slices| slices.is_complete()) else {
                continue;
            };
            let counts = endpoints::by_service(&*slices.rows);
            for slot in services.rows.slots() {
                let Some(meta) = services.rows.meta(slot) else {
                    continue;
                };
                let count = counts
                    .get(&(Arc::clone(&meta.namespace), Arc::clone(&meta.name)))
                    .copied()
                    .or(Some((0, 0)));
                found.push((id, slot, Change::Endpoints(count)));
            }
        }
    }

    /// The revision of ReplicaSets, and of the pods they own.
    fn revision_facts(&self, found: &mut Found) {
        let mut revisions: FxHashMap<Uid, u32> = FxHashMap::default();
        for (id, state) in self.of("replicasets") {
            let Some(sets) = state.rows.as_any().downcast_ref::<Of<ReplicaSets>>() else {
                continue;
            };
            for (slot, set) in sets.iter() {
                if set.revision > 0 {
                    let revision = set.revision;
                    revisions.insert(set.meta.uid, revision);
                    found.push((id, slot, Change::Revision(Some(revision))));
                }
            }
        }
        if revisions.is_empty() {
            return;
        }
        for (id, state) in self.of("pods") {
            for (slot, pod) in capacity::pods_of(&*state.rows) {
                let revision = pod
                    .meta
                    .owner
                    .as_ref()
                    .and_then(|owner| revisions.get(&owner.uid))
                    .copied();
                if state.annex.of(slot).revision != revision {
                    found.push((id, slot, Change::Revision(revision)));
                }
            }
        }
    }

    fn write(&mut self, found: Found) -> bool {
        let mut changed = false;
        for (id, slot, change) in found {
            let Some(state) = self.feeds.get_mut(&id) else {
                continue;
            };
            let before = state.annex.of(slot).clone();
            let facts = state.annex.entry(slot);
            match change {
                Change::NodeDown(down) => facts.node_down = down,
                Change::Endpoints(count) => facts.endpoints = count,
                Change::Revision(revision) => facts.revision = revision,
                Change::Node(load) => facts.node = Some(load),
            }
            if before != *facts {
                changed = true;
                state.facts += 1;
                state.judge(slot);
            }
        }
        changed
    }
}
