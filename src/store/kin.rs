//! Who owns whom, kept as rows come and go: a question about one object never walks all rows.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{FeedState, Store};
use crate::insight::owners::Subjects;
use crate::model::{Meta, Uid};

/// The owners of the rows of one feed.
#[derive(Debug, Default)]
pub(super) struct Kin {
    /// By slot; [`Uid::NONE`] for nobody.
    owners: Vec<Uid>,
    children: FxHashMap<Uid, Vec<u32>>,
    /// Grows whenever an object gets, loses or changes its owner, and when an owned object comes or goes.
    version: u64,
}

/// The kinds that stand between an object and its pods.
const BETWEEN: [&str; 6] = [
    "replicasets",
    "jobs",
    "cronjobs",
    "deployments",
    "statefulsets",
    "daemonsets",
];

impl Kin {
    /// Says who owns the object in a slot: [`Uid::NONE`] for nobody, and for a slot that is free now.
    pub fn set(&mut self, slot: u32, owner: Uid) {
        let at = slot as usize;
        if at >= self.owners.len() {
            if owner.is_none() {
                return;
            }
            self.owners.resize(at + 1, Uid::NONE);
        }
        let Some(known) = self.owners.get_mut(at) else {
            return;
        };
        if *known == owner {
            return;
        }
        self.version += 1;
        let old = std::mem::replace(known, owner);
        if let Some(slots) = self.children.get_mut(&old) {
            slots.retain(|other| *other != slot);
            if slots.is_empty() {
                self.children.remove(&old);
            }
        }
        if !owner.is_none() {
            self.children.entry(owner).or_default().push(slot);
        }
    }

    /// All rows are gone.
    pub fn clear(&mut self) {
        self.owners.clear();
        self.children.clear();
        self.version += 1;
    }

    fn children(&self, owner: Uid) -> &[u32] {
        self.children.get(&owner).map_or(&[], Vec::as_slice)
    }
}

impl FeedState {
    /// Slots of the objects that one object owns.
    pub(super) fn owned_by(&self, owner: Uid) -> &[u32] {
        self.kin.children(owner)
    }

    fn holds_between(&self) -> bool {
        BETWEEN.contains(&&*self.feed.gvr.resource)
    }

    /// Events are many and neither own nor are owned.
    fn holds_kin(&self) -> bool {
        self.feed.gvr.resource != "events"
    }
}

impl Store {
    /// Differs whenever [`Store::descendants`] may answer differently than before.
    pub(super) fn owners_version(&self) -> u64 {
        self.kin_version(FeedState::holds_between)
    }

    /// Differs whenever [`Store::subjects`] may answer differently than before.
    pub(super) fn subjects_version(&self) -> u64 {
        self.kin_version(FeedState::holds_kin)
    }

    fn kin_version(&self, holds: impl Fn(&FeedState) -> bool) -> u64 {
        // A feed that goes takes its number with it, so that another's growth cannot make up for it.
        self.feeds()
            .filter(|(_, state)| holds(state))
            .map(|(id, state)| (u64::from(id.0) << 40).wrapping_add(state.kin.version))
            .fold(0, u64::wrapping_add)
    }

    /// The uids whose children are the pods of `root`: itself and the workloads it owns over any number of steps.
    pub(super) fn descendants(&self, root: Uid) -> FxHashSet<Uid> {
        self.below(root, FeedState::holds_between)
    }

    fn below(&self, root: Uid, holds: impl Fn(&FeedState) -> bool) -> FxHashSet<Uid> {
        let mut found = FxHashSet::from_iter([root]);
        let mut open = vec![root];
        while let Some(owner) = open.pop() {
            for (_, state) in self.feeds().filter(|(_, state)| holds(state)) {
                let children = state.owned_by(owner).iter();
                let fresh = children
                    .filter_map(|slot| state.rows.meta(*slot))
                    .map(|meta| meta.uid)
                    .filter(|uid| found.insert(*uid));
                open.extend(fresh);
            }
        }
        found
    }

    /// What events about an object may name: the object, its owners and everything it owns.
    pub(super) fn subjects(&self, root: Uid) -> Subjects {
        let mut uids = self.below(root, FeedState::holds_kin);
        let mut at = root;
        while let Some(owner) = self.meta(at).and_then(|(_, meta)| meta.owner.as_ref()) {
            if !uids.insert(owner.uid) {
                break;
            }
            at = owner.uid;
        }
        let known = uids.iter().filter_map(|uid| self.meta(*uid));
        let names = known.map(|(state, meta)| {
            let kind = state.kind.kind.to_string();
            (kind, meta.namespace.clone(), meta.name.clone())
        });
        Subjects {
            names: names.collect(),
            uids,
        }
    }

    fn meta(&self, uid: Uid) -> Option<(&FeedState, &Meta)> {
        let mut feeds = self
            .feeds()
            .map(|(_, state)| state)
            .filter(|state| state.holds_kin());
        feeds.find_map(|state| Some((state, state.rows.meta(state.rows.slot(uid)?)?)))
    }
}
