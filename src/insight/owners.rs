//! Ownership over several steps: Deployment → ReplicaSet → Pod, CronJob → Job → Pod.

use std::any::Any;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::kind::{EventLine, Kind};
use crate::model::{Meta, ObjectKey, Uid};

/// The uids whose children belong to `root`: itself and everything it owns over any number of steps.
pub fn descendants<'a>(root: Uid, metas: impl Iterator<Item = (&'a Kind, &'a Meta)>) -> FxHashSet<Uid> {
    let edges: Vec<(Uid, Uid)> = metas
        .filter_map(|(_, meta)| meta.owner.as_ref().map(|owner| (owner.uid, meta.uid)))
        .collect();
    let mut found = FxHashSet::from_iter([root]);
    // Ownership is at most a few steps deep; each round adds one.
    loop {
        let before = found.len();
        for (owner, child) in &edges {
            if found.contains(owner) {
                found.insert(*child);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// What events may be about: identities, and names for events that carry none.
#[derive(Debug, Default, Clone)]
pub struct Subjects {
    /// Identities of the object, its owners and its children.
    pub uids: FxHashSet<Uid>,
    /// The same by kind, namespace and name. A node's events carry its name as uid, or none, and stand in `default`.
    pub names: FxHashSet<(String, Arc<str>, Arc<str>)>,
}

/// The object, its owners and its children.
pub fn subjects<'a>(root: Uid, metas: impl Iterator<Item = (&'a Kind, &'a Meta)>) -> Subjects {
    let all: Vec<(&Kind, &Meta)> = metas.collect();
    let mut uids = descendants(root, all.iter().copied());
    let mut at = root;
    while let Some((_, meta)) = all.iter().find(|(_, meta)| meta.uid == at) {
        match &meta.owner {
            Some(owner) if uids.insert(owner.uid) => at = owner.uid,
            _ => break,
        }
    }
    let known = all.iter().filter(|(_, meta)| uids.contains(&meta.uid));
    let names = known.map(|(kind, meta)| {
        (
            kind.kind.to_string(),
            Arc::clone(&meta.namespace),
            Arc::clone(&meta.name),
        )
    });
    Subjects {
        names: names.collect(),
        uids,
    }
}

/// Whether the event in a slot is about one of the subjects.
pub fn is_about(_rows: &dyn Any, _slot: u32, _subjects: &Subjects) -> bool {
    false
}

/// What the event in a slot is about: kind, namespace, name.
pub fn regarding(_rows: &dyn Any, _slot: u32) -> Option<(String, String, String)> {
    None
}

/// The events about one object, newest first, as describe lists them.
pub fn events_about(_rows: &dyn Any, _key: &ObjectKey) -> Vec<EventLine> {
    Vec::new()
}
