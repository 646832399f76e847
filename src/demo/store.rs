//! The versioned objects of the pretend API server: create, read, modify, remove, list, and every change since a version. Knows no HTTP, no
//! controllers and no rules of deletion.

mod body;
mod history;
mod object;
mod shelf;
mod stamp;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

use crate::clock::Timestamp;
use crate::demo::clock::Clock;
use crate::demo::resource::{Registry, Resource};
use crate::demo::status::Status;

use shelf::Shelf;

pub use body::{Body, Pattern};
pub use history::{Change, ChangeKind, Subscription};
pub use object::{Forms, Object};

/// All objects of one demo cluster. Clones share them; every method may be called from any thread and takes one short lock.
#[derive(Debug, Clone)]
pub struct Store(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    registry: Registry,
    clock: Clock,
    inner: Mutex<Inner>,
    /// The newest resource version; moves after each change.
    newest: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    version: u64,
    compacted: u64,
    random: fastrand::Rng,
    shelves: BTreeMap<Arc<str>, Shelf>,
}

/// A list at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The newest resource version when it was taken.
    pub version: u64,
    /// Sorted by namespace and name as etcd sorts them.
    pub objects: Arc<[Arc<Object>]>,
}

impl Store {
    /// An empty store. Uids, generated names and versions follow from `seed`.
    pub fn new(registry: Registry, clock: Clock, seed: u64) -> Self {
        let inner = Inner {
            version: 1,
            compacted: 0,
            random: fastrand::Rng::with_seed(seed),
            shelves: BTreeMap::new(),
        };
        Self(Arc::new(Shared {
            registry,
            clock,
            inner: Mutex::new(inner),
            newest: watch::Sender::new(1),
        }))
    }

    /// What resources there are.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// The cluster's time.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The newest resource version.
    pub fn version(&self) -> u64 {
        self.lock().version
    }

    /// A receiver that wakes after every change with the newest version.
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.0.newest.subscribe()
    }

    /// Stores a new object. `resource` is a storage name (`pods`, `deployments`, `crontabs.stable.example.com`). Sets uid, resourceVersion,
    /// generation, apiVersion, kind and the name from `generateName`; keeps a given `creationTimestamp`.
    ///
    /// # Errors
    /// `NotFound` without such a resource, `AlreadyExists`, `Invalid` without a name.
    pub fn create(&self, resource: &str, namespace: &str, mut value: Value) -> Result<Value, Status> {
        let resource = self.resource(resource)?;
        let mut inner = self.lock();
        stamp::new_object(
            &resource,
            namespace,
            &mut value,
            (&mut inner.random, self.0.clock.now()),
        )?;
        let key = key(&value);
        let shelf = inner.shelf(&resource.storage);
        if shelf.objects.contains_key(&key) {
            let name = value["metadata"]["name"].as_str().unwrap_or_default();
            return Err(Status::already_exists(&resource.qualified(), name));
        }
        let made = (ChangeKind::Added, self.0.clock.now());
        let object = inner.place(&resource, &mut value, made);
        self.publish(inner, object.version);
        Ok(value)
    }

    /// A new uid, for an object that must know its own before it is stored: `create` keeps a uid that is given.
    pub fn uid(&self) -> String {
        stamp::uid(&mut self.lock().random)
    }

    /// A name from a `generateName`, for an object that is judged before it is stored.
    pub fn generated(&self, stem: &str) -> String {
        stem.to_owned() + &stamp::suffix(&mut self.lock().random, 5)
    }

    /// Stores `count` new objects at once whose bodies are ready, each made for its version; ends early when `make` gives none. They have
    /// no history: a watch from before gets 410.
    ///
    /// # Errors
    /// `NotFound` without such a resource.
    pub fn plant(
        &self,
        resource: &str,
        count: usize,
        mut make: impl FnMut(u64) -> Option<Object>,
    ) -> Result<(), Status> {
        let resource = self.resource(resource)?;
        let mut inner = self.lock();
        for _ in 0..count {
            let version = inner.version + 1;
            let Some(object) = make(version) else { break };
            inner.version = version;
            inner.shelf(&resource.storage).plant(Arc::new(object));
        }
        let version = inner.version;
        let shelf = inner.shelf(&resource.storage);
        shelf.snapshot = None;
        shelf.history.clear(version);
        self.publish(inner, version);
        Ok(())
    }

    /// The object as a tree.
    pub fn read(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        self.object(resource, namespace, name)
            .map(|object| object.value())
    }

    /// The object as it is stored, without parsing.
    pub fn object(&self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.lock()
            .shelves
            .get(resource)?
            .objects
            .get(join(namespace, name).as_str())
            .cloned()
    }

    /// Changes an object in place: a new resourceVersion, and a new generation if its spec changed. Changing nothing is no change.
    /// `change` runs under the store's lock and must not call the store.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn modify(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<Value, Status> {
        self.try_modify(resource, namespace, name, |value| {
            change(value);
            Ok(())
        })
    }

    /// As [`Store::modify`], but `change` may refuse, which leaves the object as it was.
    ///
    /// # Errors
    /// `NotFound`, or what `change` says.
    pub fn try_modify(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value) -> Result<(), Status>,
    ) -> Result<Value, Status> {
        let resource = self.resource(resource)?;
        let mut inner = self.lock();
        let old = inner.find(&resource, namespace, name)?;
        let mut value = old.value();
        let before = value.get("spec").cloned();
        change(&mut value)?;
        stamp::keep_identity(&resource, &old, &mut value);
        if serde_json::to_vec(&value).is_ok_and(|bytes| old.body.is(&bytes)) {
            return Ok(value);
        }
        if resource.counts_generations() && stamp::spec_differs(&resource, before.as_ref(), value.get("spec"))
        {
            stamp::next_generation(&mut value);
        }
        let made = (ChangeKind::Modified, self.0.clock.now());
        let object = inner.place(&resource, &mut value, made);
        self.publish(inner, object.version);
        Ok(value)
    }

    /// Takes an object away at once; finalizers, grace and dependents are the caller's business. Gives its last state.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn remove(&self, resource: &str, namespace: &str, name: &str) -> Result<Arc<Object>, Status> {
        let resource = self.resource(resource)?;
        let mut inner = self.lock();
        let old = inner.find(&resource, namespace, name)?;
        inner.version += 1;
        let last = old.renewed(inner.version);
        let storage = &resource.storage;
        let made = (ChangeKind::Deleted, self.0.clock.now());
        let object = inner.shelf(storage).place(storage, last, made);
        self.publish(inner, object.version);
        Ok(object)
    }

    /// Stores a new object, or a new version of one, that was made for its version outside of the store. Gives that version; `None` when
    /// `make` gives nothing.
    ///
    /// # Errors
    /// `NotFound` without such a resource.
    pub fn put(
        &self,
        resource: &str,
        kind: ChangeKind,
        make: impl FnOnce(u64) -> Option<Object>,
    ) -> Result<Option<u64>, Status> {
        let resource = self.resource(resource)?;
        let mut inner = self.lock();
        let Some(object) = make(inner.version + 1) else {
            return Ok(None);
        };
        inner.version += 1;
        let storage = &resource.storage;
        let made = (kind, self.0.clock.now());
        let object = inner.shelf(storage).place(storage, object, made);
        self.publish(inner, object.version);
        Ok(Some(object.version))
    }

    /// The objects of a resource in a namespace (`None`: in all), sorted as etcd sorts them. Unknown resources have none.
    pub fn list(&self, resource: &str, namespace: Option<&str>) -> Vec<Arc<Object>> {
        self.snapshot(resource, namespace).objects.to_vec()
    }

    /// As [`Store::list`], with the version it was taken at. Of all namespaces it costs nothing while nothing changes.
    pub fn snapshot(&self, resource: &str, namespace: Option<&str>) -> Snapshot {
        let mut inner = self.lock();
        let version = inner.version;
        let Some(shelf) = inner.shelves.get_mut(resource) else {
            return Snapshot {
                version,
                objects: Arc::from([]),
            };
        };
        let Some(namespace) = namespace else {
            let objects = shelf.everything();
            return Snapshot { version, objects };
        };
        let (from, to) = (format!("{namespace}/"), format!("{namespace}0")); // '0' follows '/'
        let range = shelf
            .objects
            .range::<str, _>((Bound::Included(from.as_str()), Bound::Excluded(to.as_str())));
        Snapshot {
            version,
            objects: range.map(|(_, object)| Arc::clone(object)).collect(),
        }
    }

    /// How many objects of a resource there are.
    pub fn count(&self, resource: &str) -> usize {
        self.lock()
            .shelves
            .get(resource)
            .map_or(0, |shelf| shelf.objects.len())
    }

    /// Every change after `version`, of all resources, oldest first; for controllers, which then ask again with [`Store::version`].
    ///
    /// # Errors
    /// `Expired` (410) when some of them are no longer kept.
    pub fn changes_since(&self, version: u64) -> Result<Vec<Change>, Status> {
        let inner = self.lock();
        let mut all = Vec::new();
        if version == inner.version {
            return Ok(all); // controllers ask after each step
        }
        for shelf in inner.shelves.values() {
            shelf.history.since(version, usize::MAX, &mut all)?;
        }
        all.sort_by_key(|change| change.object.version);
        Ok(all)
    }

    /// The changes of one resource (in one namespace, or all) after `from`, as they come.
    pub fn subscribe(&self, resource: &str, namespace: Option<&str>, from: u64) -> Subscription {
        Subscription::new(self.clone(), resource, namespace, from)
    }

    /// Gives out no more of the history up to `version`, as etcd's compaction does: a new watch from before it gets 410. Those that are open go on.
    pub fn compact(&self, version: u64) {
        let mut inner = self.lock();
        inner.compacted = inner.compacted.max(version);
    }

    /// Up to which version the history was compacted; 0 if never.
    pub fn compacted(&self) -> u64 {
        self.lock().compacted
    }

    /// How many changes of a resource are kept.
    #[cfg(test)]
    pub fn kept(&self, resource: &str) -> usize {
        let inner = self.lock();
        inner.shelves.get(resource).map_or(0, |shelf| shelf.history.len())
    }

    fn resource(&self, storage: &str) -> Result<Arc<Resource>, Status> {
        self.0.registry.stored(storage).ok_or_else(Status::no_such_path)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, inner: MutexGuard<'_, Inner>, version: u64) {
        drop(inner);
        self.0.newest.send_if_modified(|newest| {
            let moved = version > *newest;
            *newest = version.max(*newest);
            moved
        });
    }
}

impl Inner {
    fn shelf(&mut self, storage: &Arc<str>) -> &mut Shelf {
        self.shelves.entry(Arc::clone(storage)).or_default()
    }

    fn find(&self, resource: &Resource, namespace: &str, name: &str) -> Result<Arc<Object>, Status> {
        let shelf = self.shelves.get(&resource.storage);
        let found = shelf.and_then(|shelf| shelf.objects.get(join(namespace, name).as_str()));
        found
            .cloned()
            .ok_or_else(|| Status::not_found(&resource.qualified(), name))
    }

    /// Gives `value` the next version and puts it (or its absence) on its shelf and into the history.
    fn place(
        &mut self,
        resource: &Resource,
        value: &mut Value,
        made: (ChangeKind, Timestamp),
    ) -> Arc<Object> {
        self.version += 1;
        value["metadata"]["resourceVersion"] = self.version.to_string().into();
        let object = Object::new(resource, value, self.version);
        self.shelf(&resource.storage)
            .place(&resource.storage, object, made)
    }
}

fn key(value: &Value) -> Arc<str> {
    let meta = &value["metadata"];
    let part = |name: &str| meta[name].as_str().unwrap_or_default();
    join(part("namespace"), part("name")).into()
}

fn join(namespace: &str, name: &str) -> String {
    if namespace.is_empty() {
        name.into()
    } else {
        format!("{namespace}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use serde_json::json;

    fn store() -> Store {
        Store::new(
            Registry::builtin(),
            Clock::driven(Timestamp::from_seconds(1_800_000_000)),
            7,
        )
    }

    fn pod(name: &str) -> Value {
        json!({ "metadata": { "name": name, "labels": { "app": "web" } }, "spec": { "nodeName": "n1" } })
    }

    #[test]
    fn a_created_object_is_complete_and_the_same_for_the_same_seed() {
        let made = store()
            .create("pods", "a", json!({ "metadata": { "generateName": "web-" } }))
            .unwrap();
        assert_eq!(made["kind"], "Pod");
        assert_eq!(made["apiVersion"], "v1");
        assert_eq!(made["metadata"]["namespace"], "a");
        assert_eq!(made["metadata"]["creationTimestamp"], "2027-01-15T08:00:00Z");
        assert_eq!(made["metadata"]["generation"], 1);
        assert_eq!(made["metadata"]["name"].as_str().unwrap().len(), 9);
        assert_eq!(made["metadata"]["uid"].as_str().unwrap().len(), 36);
        assert_eq!(
            made,
            store()
                .create("pods", "a", json!({ "metadata": { "generateName": "web-" } }))
                .unwrap()
        );
    }

    #[test]
    fn a_name_is_taken_once_and_missing_ones_are_not_found() {
        let store = store();
        store.create("pods", "a", pod("x")).unwrap();
        let again = store.create("pods", "a", pod("x")).unwrap_err();
        assert_eq!(
            (again.code, again.message.as_str()),
            (409, "pods \"x\" already exists")
        );
        assert!(store.create("pods", "b", pod("x")).is_ok());
        let missing = store.modify("pods", "a", "y", |_| {}).unwrap_err();
        assert_eq!(
            (missing.code, missing.message.as_str()),
            (404, "pods \"y\" not found")
        );
        assert_eq!(store.create("deployments", "a", json!({})).unwrap_err().code, 422);
    }

    #[test]
    fn modify_counts_versions_and_generations_but_no_change_is_no_change() {
        let store = store();
        let first = store.create("pods", "a", pod("x")).unwrap();
        let same = store.modify("pods", "a", "x", |_| {}).unwrap();
        assert_eq!(first, same);
        let status = store
            .modify("pods", "a", "x", |pod| pod["status"]["phase"] = "Running".into())
            .unwrap();
        assert_eq!(status["metadata"]["generation"], 1);
        assert_ne!(
            status["metadata"]["resourceVersion"],
            first["metadata"]["resourceVersion"]
        );
        let bound = store
            .modify("pods", "a", "x", |pod| pod["spec"]["nodeName"] = "n2".into())
            .unwrap();
        assert_eq!(bound["metadata"]["generation"], 1, "being bound is no change");
        let spec = store
            .modify("pods", "a", "x", |pod| pod["spec"]["priority"] = 1.into())
            .unwrap();
        assert_eq!(spec["metadata"]["generation"], 2);
        let object = store.object("pods", "a", "x").unwrap();
        let pods = store.registry().stored("pods").unwrap();
        assert_eq!(object.field(&pods, "spec.nodeName"), Some("n2"));
        assert_eq!(object.field(&pods, "status.phase"), Some("Running"));
        assert_eq!(object.field(&pods, "spec.nothing"), None);
        assert_eq!(object.label("app"), Some("web"));
    }

    #[test]
    fn lists_are_sorted_as_etcd_sorts_and_a_snapshot_does_not_move() {
        let store = store();
        for namespace in ["a", "a-b"] {
            store.create("pods", namespace, pod("x")).unwrap();
        }
        let all = store.snapshot("pods", None);
        assert_eq!(
            all.objects.iter().map(|pod| &*pod.namespace).collect::<Vec<_>>(),
            ["a-b", "a"]
        );
        store.remove("pods", "a", "x").unwrap();
        assert_eq!(all.objects.len(), 2);
        assert_eq!(store.list("pods", Some("a")).len(), 0);
        assert_eq!(store.list("pods", None).len(), 1);
    }

    #[test]
    fn changes_are_kept_for_five_minutes_a_few_for_ever_and_many_only_if_they_are_small() {
        let (store, second) = (store(), Duration::from_secs(1));
        store.create("configmaps", "a", pod("x")).unwrap();
        let change = |text: &str| {
            store.clock().advance(second);
            let put = |value: &mut Value| value["data"]["text"] = text.into();
            store.modify("configmaps", "a", "x", put).unwrap();
            store.kept("configmaps")
        };
        for turn in 0..1_000 {
            assert!(change(&turn.to_string()) <= 302);
        }
        assert!(change("more") > 299);
        store.clock().advance(second * 1_000);
        assert_eq!(change("late"), 100);
        // Each keeps the version before it: a hundred are more than 16 MB.
        let large = |turn: u8| change(&turn.to_string().repeat(200_000));
        assert_eq!((0..200).map(large).max(), Some(100));
    }

    #[tokio::test]
    async fn a_subscriber_gets_every_change_once_in_order_and_410_after_compaction() {
        let store = store();
        let start = store.version();
        let mut changes = store.subscribe("pods", Some("a"), start);
        let mut behind = store.subscribe("pods", None, start);
        store.create("pods", "b", pod("other")).unwrap();
        store.create("configmaps", "a", pod("other")).unwrap();
        let waiting = tokio::spawn(async move {
            let first = changes.next().await.unwrap();
            (first, changes)
        });
        tokio::task::yield_now().await;
        store.create("pods", "a", pod("x")).unwrap();
        let (first, mut changes) = waiting.await.unwrap();
        assert_eq!((first.len(), first[0].kind), (1, ChangeKind::Added));
        store
            .modify("pods", "a", "x", |pod| pod["status"]["phase"] = "Running".into())
            .unwrap();
        store.remove("pods", "a", "x").unwrap();
        let rest = changes.next().await.unwrap();
        assert_eq!(
            rest.iter().map(|change| change.kind).collect::<Vec<_>>(),
            [ChangeKind::Modified, ChangeKind::Deleted]
        );
        assert_eq!(rest[1].previous.as_ref().unwrap().version, rest[0].object.version);
        assert_eq!(store.changes_since(start).unwrap().len(), 5);
        store.compact(store.version());
        assert_eq!(store.subscribe("pods", None, start).poll().unwrap_err().code, 410);
        assert_eq!(behind.poll().unwrap().len(), 4, "a watch that is open goes on");
        assert!(
            store
                .subscribe("pods", None, store.version())
                .poll()
                .unwrap()
                .is_empty()
        );
    }
}
