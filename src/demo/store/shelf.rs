//! One resource's objects, their history, and the patterns that siblings share. Gives no versions.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use super::history::{Change, ChangeKind, History};
use super::{Body, Object, Pattern, Snapshot, join};
use crate::clock::Timestamp;

/// Texts shorter than this are kept whole.
const SHORTEST: usize = 2_048;
/// A body that is less than this part of its text like its pattern makes a new pattern of itself.
const WORTH: usize = 4;

/// The objects and the history of one resource.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// Key is `namespace/name`, or the name alone: etcd's order.
    pub objects: BTreeMap<Arc<str>, Arc<Object>>,
    pub history: History,
    /// The list of everything at `snapshot.version`, while nothing changed.
    pub snapshot: Option<Snapshot>,
    /// What the objects of one owner have in common, by its uid, and the versions of one without owner, by its own; gone with the last of them.
    patterns: HashMap<Arc<str>, Weak<Pattern>>,
}

impl Shelf {
    /// Puts a new object, a new version or an absence where it belongs, and into the history.
    pub fn place(
        &mut self,
        resource: &Arc<str>,
        mut object: Object,
        (kind, now): (ChangeKind, Timestamp),
    ) -> Arc<Object> {
        let key = join(&object.namespace, &object.name);
        let old = self.objects.get_key_value(key.as_str());
        let place = old.map_or_else(|| Arc::from(key), |(key, _)| Arc::clone(key));
        object.share(old.map(|(_, old)| &**old));
        self.fit(&mut object);
        let object = Arc::new(object);
        let previous = match kind {
            ChangeKind::Deleted => self.objects.remove(&place),
            ChangeKind::Added | ChangeKind::Modified => self.objects.insert(place, Arc::clone(&object)),
        };
        self.snapshot = None;
        let change = Change {
            kind,
            resource: Arc::clone(resource),
            object: Arc::clone(&object),
            previous,
        };
        self.history.push(change, (self.objects.len(), now));
        object
    }

    /// Puts an object there that has no history.
    pub fn plant(&mut self, object: Arc<Object>) {
        if let (Some(owner), Some(pattern)) = (&object.controller, object.body.pattern()) {
            self.patterns.insert(Arc::clone(owner), Arc::downgrade(pattern));
        }
        let key = join(&object.namespace, &object.name);
        self.objects.insert(key.into(), object);
    }

    /// Everything, as it is now.
    pub fn everything(&mut self) -> Arc<[Arc<Object>]> {
        let taken = self.snapshot.get_or_insert_with(|| Snapshot {
            version: 0,
            objects: self.objects.values().map(Arc::clone).collect(),
        });
        Arc::clone(&taken.objects)
    }

    /// Keeps of an object's text only what it does not share with its siblings, or with its versions before.
    fn fit(&mut self, object: &mut Object) {
        if object.body.len() < SHORTEST || object.body.pattern().is_some() {
            return;
        }
        let owner = object.controller.as_ref().unwrap_or(&object.uid);
        let owner = Arc::clone(owner);
        let text = object.body.text();
        if let Some(pattern) = self.patterns.get(&owner).and_then(Weak::upgrade) {
            let body = Body::like(&pattern, &text);
            if body.weight() * WORTH < text.len() {
                object.body = body;
                return;
            }
        }
        let Some(pattern) = Pattern::new(&text) else {
            return;
        };
        object.body = Body::like(&pattern, &text);
        if self.patterns.len() == self.patterns.capacity() {
            self.patterns.retain(|_, pattern| pattern.strong_count() > 0);
        }
        self.patterns.insert(owner, Arc::downgrade(&pattern));
    }
}
