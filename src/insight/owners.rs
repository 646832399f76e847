//! Which events are about whom.

use std::any::Any;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::kind::{EventLine, Of};
use crate::kinds::events::Events;
use crate::model::{ObjectKey, Uid};

/// What events may be about: identities, and names for events that carry none.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Subjects {
    /// Identities of the object, its owners and its children.
    pub uids: FxHashSet<Uid>,
    /// The same by kind, namespace and name. A node's events carry its name as uid, or none, and stand in `default`.
    pub names: FxHashSet<(String, Arc<str>, Arc<str>)>,
}

/// Whether the event in a slot is about one of the subjects.
pub fn is_about(rows: &dyn Any, slot: u32, subjects: &Subjects) -> bool {
    let Some(event) = rows
        .downcast_ref::<Of<Events>>()
        .and_then(|events| events.row(slot))
    else {
        return false;
    };
    let about = &event.regarding;
    if subjects.uids.contains(&about.uid) {
        return true;
    }
    // Only events that carry no real identity are matched by name, so that an old namesake's events stay out.
    (about.kind == "Node" || about.uid.is_none())
        && subjects.names.iter().any(|(kind, namespace, name)| {
            *kind == about.kind
                && **name == *about.name
                && (kind == "Node" || **namespace == *about.namespace)
        })
}

/// What the event in a slot is about: kind, namespace, name.
pub fn regarding(rows: &dyn Any, slot: u32) -> Option<(String, String, String)> {
    let event = rows.downcast_ref::<Of<Events>>()?.row(slot)?;
    let about = &event.regarding;
    Some((about.kind.clone(), about.namespace.clone(), about.name.clone()))
}

/// The events about one object of this kind, newest first, as describe lists them.
pub fn events_about(rows: &dyn Any, kind: &str, key: &ObjectKey) -> Vec<EventLine> {
    let Some(events) = rows.downcast_ref::<Of<Events>>() else {
        return Vec::new();
    };
    let subjects = Subjects {
        uids: FxHashSet::from_iter([key.uid]),
        names: FxHashSet::from_iter([(kind.to_owned(), Arc::clone(&key.namespace), Arc::clone(&key.name))]),
    };
    let about = events.iter().filter(|(slot, _)| is_about(rows, *slot, &subjects));
    let mut lines: Vec<EventLine> = about.map(|(_, event)| event.line()).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.last));
    lines
}
