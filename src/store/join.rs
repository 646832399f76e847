//! Facts that one feed knows about the rows of another: node readiness for pods, endpoints for services, load for nodes, revisions. Pods are looked
//! at only where something changed; the load of nodes, which takes all pods, is computed only while somebody looks at nodes.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{FeedState, Store};
use crate::insight::{capacity, endpoints};
use crate::kind::{NodeLoad, Of};
use crate::kinds::nodes::Nodes;
use crate::kinds::pods::{PodRow, Pods};
use crate::kinds::replicasets::ReplicaSets;
use crate::model::{FeedId, Scope, Uid};

/// What the facts were computed from, so that nothing is computed twice.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// Of all feeds.
    seen: u64,
    /// The same for the load of nodes.
    loads: u64,
    /// Somebody looks at the load of nodes.
    wants_loads: bool,
    allocatable: Option<(u64, u64)>,
    /// Nodes that are not ready.
    down: FxHashSet<Arc<str>>,
    /// The `ReplicaSets` as they were when `revisions` was made of them.
    sets: u64,
    /// By uid of the `ReplicaSet`.
    revisions: FxHashMap<Uid, u32>,
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
        let version = self.version();
        version != self.joined.seen || (self.joined.wants_loads && version != self.joined.loads)
    }

    /// Says whether anybody looks at the load of nodes.
    pub const fn want_loads(&mut self, wanted: bool) {
        self.joined.wants_loads = wanted;
    }

    /// Allocatable CPU (thousandths of a core) and memory (bytes) of all nodes, as of the last join. `None` while no nodes are held.
    pub const fn allocatable(&self) -> Option<(u64, u64)> {
        self.joined.allocatable
    }

    fn version(&self) -> u64 {
        self.version_of(|_| true)
    }

    /// Changes whenever a row of these resources does; takes no time however many rows there are.
    pub fn version_of(&self, is_one: impl Fn(&str) -> bool) -> u64 {
        // A feed that goes takes its number with it, so that another's growth cannot make up for it.
        self.feeds()
            .filter(|(_, state)| is_one(&state.feed.gvr.resource))
            .map(|(id, state)| (u64::from(id.0) << 40).wrapping_add(state.version))
            .fold(0, u64::wrapping_add)
    }

    /// Brings the facts up to date with the feeds; `true` when some changed.
    pub fn join(&mut self) -> bool {
        if !self.is_join_due() {
            return false;
        }
        let mut found = Found::new();
        self.down_facts(&mut found);
        self.service_facts(&mut found);
        self.revision_facts(&mut found);
        if self.joined.wants_loads {
            self.load_facts(&mut found);
            self.joined.loads = self.version();
        }
        let nodes = self.of("nodes").next();
        let allocatable = nodes.and_then(|(_, state)| capacity::allocatable(&*state.rows));
        let differs = std::mem::replace(&mut self.joined.allocatable, allocatable) != allocatable;
        self.joined.seen = self.version();
        for state in self.feeds.values_mut() {
            state.fresh.clear();
        }
        self.write(found) || differs
    }

    fn of(&self, resource: &str) -> impl Iterator<Item = (FeedId, &FeedState)> {
        self.feeds()
            .filter(move |(_, state)| state.feed.gvr.resource == resource && state.feed.fields.is_empty())
    }

    fn nodes(&self) -> Option<(FeedId, &Of<Nodes>)> {
        self.of("nodes")
            .find_map(|(id, state)| Some((id, state.rows.as_any().downcast_ref::<Of<Nodes>>()?)))
    }

    /// Load of nodes: a walk over all pods.
    fn load_facts(&self, found: &mut Found) {
        let whole = self.of("pods").find(|(_, state)| state.feed.scope == Scope::All);
        let (Some((id, nodes)), Some((_, pods))) = (self.nodes(), whole) else {
            return;
        };
        let bound = capacity::by_node(capacity::pods_of(&*pods.rows).map(|(_, pod)| pod));
        let loads = capacity::loads(nodes, &bound).into_iter();
        found.extend(loads.map(|(slot, load)| (id, slot, Change::Node(load))));
    }

    /// Which pods stand on a node that is not ready: of all pods when other nodes are, else of those that changed.
    fn down_facts(&mut self, found: &mut Found) {
        let names = self.nodes().into_iter().flat_map(|(_, nodes)| nodes.iter());
        let down: FxHashSet<Arc<str>> = names
            .filter(|(_, node)| !node.ready)
            .map(|(_, node)| Arc::clone(&node.meta.name))
            .collect();
        let is_same = down == self.joined.down;
        for (id, state) in self.of("pods") {
            let slots = if is_same {
                state.fresh.clone()
            } else {
                state.rows.slots()
            };
            for (slot, pod) in pods_in(state, &slots) {
                let is_down = down.contains(&pod.node);
                if state.annex.of(slot).node_down != is_down {
                    found.push((id, slot, Change::NodeDown(is_down)));
                }
            }
        }
        self.joined.down = down;
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

    /// The revision of `ReplicaSets`, and of the pods they own: of those of other revisions than before, and of pods that changed.
    fn revision_facts(&mut self, found: &mut Found) {
        let mut others: Vec<Uid> = Vec::new();
        let sets = self.version_of(|resource| resource == "replicasets");
        if sets != self.joined.sets {
            let revisions = self.revisions(found);
            let old = &self.joined.revisions;
            others.extend(
                revisions
                    .iter()
                    .filter(|(uid, revision)| old.get(uid) != Some(revision))
                    .map(|(uid, _)| *uid),
            );
            others.extend(old.keys().filter(|uid| !revisions.contains_key(uid)));
            (self.joined.sets, self.joined.revisions) = (sets, revisions);
        }
        for (id, state) in self.of("pods") {
            let owned = others.iter().flat_map(|uid| state.owned_by(*uid));
            let slots: Vec<u32> = owned.chain(&state.fresh).copied().collect();
            for (slot, pod) in pods_in(state, &slots) {
                let owner = pod.meta.owner.as_ref();
                let revision = owner
                    .and_then(|owner| self.joined.revisions.get(&owner.uid))
                    .copied();
                if state.annex.of(slot).revision != revision {
                    found.push((id, slot, Change::Revision(revision)));
                }
            }
        }
    }

    /// The revisions of all `ReplicaSets` that are held.
    fn revisions(&self, found: &mut Found) -> FxHashMap<Uid, u32> {
        let mut revisions = FxHashMap::default();
        for (id, state) in self.of("replicasets") {
            let Some(sets) = state.rows.as_any().downcast_ref::<Of<ReplicaSets>>() else {
                continue;
            };
            for (slot, set) in sets.iter().filter(|(_, set)| set.revision > 0) {
                revisions.insert(set.meta.uid, set.revision);
                if state.annex.of(slot).revision != Some(set.revision) {
                    found.push((id, slot, Change::Revision(Some(set.revision))));
                }
            }
        }
        revisions
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

/// The pods in some slots; nothing when the rows are not pods.
fn pods_in<'a>(state: &'a FeedState, slots: &'a [u32]) -> impl Iterator<Item = (u32, &'a PodRow)> {
    let pods = state.rows.as_any().downcast_ref::<Of<Pods>>();
    let found = move |slot: &u32| Some((*slot, pods?.row(*slot)?));
    slots.iter().filter_map(found)
}
