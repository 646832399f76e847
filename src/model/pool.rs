//! Interning: equal texts, label sets and owners of one feed are held once. Owned by the feed's task, never shared.

use std::any::{Any, TypeId};
use std::fmt;
use std::hash::{BuildHasher as _, Hash, Hasher as _};
use std::sync::Arc;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet, FxHasher};

use super::{Labels, Owner, Uid};

/// The shared values of one feed. Entries that no row holds any more are dropped by [`Pool::sweep`].
#[derive(Debug, Default)]
pub struct Pool {
    texts: FxHashSet<Arc<str>>,
    labels: HashTable<Arc<Labels>>,
    owners: HashTable<Arc<Owner>>,
    others: FxHashMap<TypeId, Box<dyn Shelf>>,
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
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_unstable();
        let hash = hash_of(pairs.iter().copied());
        let same = |known: &Arc<Labels>| known.iter().eq(pairs.iter().copied());
        if let Some(found) = self.labels.find(hash, same) {
            return Arc::clone(found);
        }
        let shared = pairs
            .iter()
            .map(|(key, value)| (self.text(key), self.text(value)));
        let fresh = Arc::new(Labels(shared.collect()));
        self.labels
            .insert_unique(hash, Arc::clone(&fresh), |known| hash_of(known.iter()));
        fresh
    }

    /// The one shared copy of an owner.
    pub fn owner(&mut self, api_version: &str, kind: &str, name: &str, uid: Uid) -> Arc<Owner> {
        let hash = FxBuildHasher.hash_one(uid);
        let said = (api_version, kind, name, uid);
        let same = |known: &Arc<Owner>| said == (&*known.api_version, &*known.kind, &*known.name, known.uid);
        if let Some(found) = self.owners.find(hash, same) {
            return Arc::clone(found);
        }
        let fresh = Arc::new(Owner {
            api_version: self.text(api_version),
            kind: self.text(kind),
            name: self.text(name),
            uid,
        });
        self.owners.insert_unique(hash, Arc::clone(&fresh), |known| {
            FxBuildHasher.hash_one(known.uid)
        });
        fresh
    }

    /// The one shared copy of a value of a kind's own (what the pods of one template have in common).
    pub fn value<T: Hash + Eq + fmt::Debug + Send + Sync + 'static>(&mut self, value: T) -> Arc<T> {
        let shelf = self
            .others
            .entry(TypeId::of::<T>())
            .or_insert_with(|| Box::new(FxHashSet::<Arc<T>>::default()));
        match (shelf.as_mut() as &mut dyn Any).downcast_mut::<FxHashSet<Arc<T>>>() {
            Some(set) => share(set, value),
            None => Arc::new(value), // unreachable: the shelf was made for this type
        }
    }

    /// The one shared value that `name` writes a key for; `make` is only called for a key that is new. For values that cost more to make than
    /// to name.
    ///
    /// # Errors
    /// It could not be named or made; then nothing is kept.
    pub fn made_of<T, E>(
        &mut self,
        name: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E>
    where
        T: fmt::Debug + Send + Sync + 'static,
    {
        let shelf = self
            .others
            .entry(TypeId::of::<Made<T>>())
            .or_insert_with(|| Box::new(Made::<T>::default()));
        match (shelf.as_mut() as &mut dyn Any).downcast_mut::<Made<T>>() {
            Some(made) => made.of(name, make),
            None => make().map(Arc::new), // unreachable: the shelf was made for this type
        }
    }

    /// Drops what nobody but the pool holds. Cheap enough to call after every list and now and then while watching.
    pub fn sweep(&mut self) {
        for shelf in self.others.values_mut() {
            shelf.sweep();
        }
        self.labels.retain(|entry| Arc::strong_count(entry) > 1);
        self.owners.retain(|entry| Arc::strong_count(entry) > 1);
        self.texts.retain(|entry| Arc::strong_count(entry) > 1);
    }

    /// How many values are held, for `:diag` and tests.
    pub fn len(&self) -> usize {
        let others: usize = self.others.values().map(|shelf| shelf.len()).sum();
        self.texts.len() + self.labels.len() + self.owners.len() + others
    }

    /// True when nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A set of shared values of one type.
trait Shelf: Any + fmt::Debug + Send {
    fn sweep(&mut self);
    fn len(&self) -> usize;
}

impl<T: Hash + Eq + fmt::Debug + Send + Sync + 'static> Shelf for FxHashSet<Arc<T>> {
    fn sweep(&mut self) {
        self.retain(|entry| Arc::strong_count(entry) > 1);
    }

    fn len(&self) -> usize {
        Self::len(self)
    }
}

/// Values by what they were made of.
#[derive(Debug)]
struct Made<T> {
    by_key: FxHashMap<Box<[u8]>, Arc<T>>,
    /// Where keys are written, each over the last.
    key: Vec<u8>,
}

impl<T> Default for Made<T> {
    fn default() -> Self {
        Self {
            by_key: FxHashMap::default(),
            key: Vec::new(),
        }
    }
}

impl<T> Made<T> {
    fn of<E>(
        &mut self,
        name: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        self.key.clear();
        name(&mut self.key)?;
        if let Some(found) = self.by_key.get(&*self.key) {
            return Ok(Arc::clone(found));
        }
        let fresh = Arc::new(make()?);
        self.by_key.insert((&*self.key).into(), Arc::clone(&fresh));
        Ok(fresh)
    }
}

impl<T: fmt::Debug + Send + Sync + 'static> Shelf for Made<T> {
    fn sweep(&mut self) {
        self.by_key.retain(|_, entry| Arc::strong_count(entry) > 1);
    }

    fn len(&self) -> usize {
        self.by_key.len()
    }
}

fn hash_of<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> u64 {
    let mut hasher = FxHasher::default();
    pairs.for_each(|pair| pair.hash(&mut hasher));
    hasher.finish()
}

/// The one shared copy of a value within a set.
fn share<T: Hash + Eq>(set: &mut FxHashSet<Arc<T>>, value: T) -> Arc<T> {
    if let Some(found) = set.get(&value) {
        return Arc::clone(found);
    }
    let fresh = Arc::new(value);
    set.insert(Arc::clone(&fresh));
    fresh
}
