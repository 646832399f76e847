//! Interning: equal texts, label sets and owners of one feed are held once. Owned by the feed's task, never shared.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{Labels, Owner};

/// The shared values of one feed. Entries that no row holds any more are dropped by [`Pool::sweep`].
#[derive(Debug, Default)]
pub struct Pool {
    texts: FxHashSet<Arc<str>>,
    labels: FxHashSet<Arc<Labels>>,
    owners: FxHashSet<Arc<Owner>>,
}

impl Pool {
    /// The one shared copy of a text (namespaces, reasons, images, label keys and values; not object names, which are unique).
    pub fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(found) = self.texts.get(text) {
            return Arc::clone(found);
        }
        let fresh: Arc<str> = Arc::from(text);
        self.texts.insert(Arc::clone(&fresh));
        fresh
    }

    /// The one shared copy of a label set; pairs in any order.
    pub fn labels<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Arc<Labels> {
        let mut pairs: Vec<_> = pairs
            .into_iter()
            .map(|(key, value)| (self.text(key), self.text(value)))
            .collect();
        pairs.sort_unstable();
        share(&mut self.labels, Labels(pairs.into_boxed_slice()))
    }

    /// The one shared copy of an owner.
    pub fn owner(&mut self, owner: Owner) -> Arc<Owner> {
        share(&mut self.owners, owner)
    }

    /// Drops what nobody but the pool holds. Cheap enough to call after every list and now and then while watching.
    pub fn sweep(&mut self) {
        self.labels.retain(|entry| Arc::strong_count(entry) > 1);
        self.owners.retain(|entry| Arc::strong_count(entry) > 1);
        self.texts.retain(|entry| Arc::strong_count(entry) > 1);
    }

    /// How many values are held, for `:diag` and tests.
    pub fn len(&self) -> usize {
        self.texts.len() + self.labels.len() + self.owners.len()
    }

    /// True when nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The one shared copy of a value within a set; for what a kind interns itself (a pod template's containers).
pub fn share<T: Hash + Eq>(set: &mut FxHashSet<Arc<T>>, value: T) -> Arc<T> {
    if let Some(found) = set.get(&value) {
        return Arc::clone(found);
    }
    let fresh = Arc::new(value);
    set.insert(Arc::clone(&fresh));
    fresh
}
