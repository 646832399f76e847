//! Keeps what the world remembers in step with the store, and notes what has to be looked at because of a change.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::Inner;
use super::state::{Key, Node, Pod};
use super::work::Work;
use crate::clock::Timestamp;
use crate::demo::kubelet::pool::Pool;
use crate::demo::object::{items, text};
use crate::demo::store::{Change, ChangeKind, Object};

/// Resources whose whole objects controllers read.
const WATCHED: [&str; 13] = [
    "deployments",
    "replicasets",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
    "services",
    "persistentvolumeclaims",
    "horizontalpodautoscalers",
    "poddisruptionbudgets",
    "namespaces",
    "endpoints",
    "endpointslices",
];

/// Objects of the watched resources.
pub type Objects = BTreeMap<&'static str, BTreeMap<Key, Arc<Value>>>;

impl Inner {
    /// Takes up every change since the last time.
    pub fn observe_all(&mut self, now: Timestamp) {
        let from = self.seen;
        match self.store.changes_since(from) {
            Ok(changes) => {
                for change in changes {
                    self.seen = self.seen.max(change.object.version);
                    self.observe(&change, now);
                }
            }
            Err(_) => self.resync(now),
        }
    }

    /// Reads everything anew, as after a 410; first it forgets what went meanwhile, which no change will tell.
    pub fn resync(&mut self, now: Timestamp) {
        let before = std::mem::replace(&mut self.seen, self.store.version());
        let resources = self.storages();
        if before > 0 {
            self.forget_missing(&resources, now);
        }
        for resource in resources {
            for object in self.store.list(&resource, None) {
                let change = Change {
                    kind: ChangeKind::Added,
                    resource: Arc::clone(&resource),
                    object,
                    previous: None,
                };
                self.observe(&change, now);
            }
        }
        self.own.clear();
    }

    /// Storage names of all resources, nodes first: pods need them.
    fn storages(&self) -> Vec<Arc<str>> {
        let mut resources: Vec<Arc<str>> = self
            .store
            .registry()
            .all()
            .iter()
            .map(|have| Arc::clone(&have.storage))
            .collect();
        resources.sort_by_key(|name| (&**name != "nodes", Arc::clone(name)));
        resources.dedup();
        resources
    }

    /// Takes away what is remembered and no longer in the store, and has what it owned collected.
    fn forget_missing(&mut self, resources: &[Arc<str>], now: Timestamp) {
        let all = resources
            .iter()
            .flat_map(|resource| self.store.list(resource, None));
        let living: HashSet<Arc<str>> = all.map(|object| Arc::clone(&object.uid)).collect();
        let nodes = self.nodes.keys();
        let nodes: Vec<_> = nodes
            .filter(|name| self.store.object("nodes", "", name).is_none())
            .cloned()
            .collect();
        for name in nodes {
            self.node_gone(&name);
        }
        let pods = self.pods.iter().filter(|(_, pod)| !living.contains(&pod.uid));
        let pods: Vec<Key> = pods.map(|(key, _)| key.clone()).collect();
        for key in pods {
            self.pod_gone(&key, now);
        }
        for resource in WATCHED {
            let shelf = self.objects.get(resource).into_iter().flatten();
            let gone: Vec<_> = shelf
                .filter(|(_, value)| !living.contains(text(value, "/metadata/uid")))
                .map(|(key, value)| (key.clone(), Arc::clone(value)))
                .collect();
            for (key, value) in gone {
                self.object_gone(resource, &key, &value);
                self.tell_controller(&key, &value);
            }
        }
        // Who is left is found again.
        let owners = std::mem::take(&mut self.children).into_keys();
        self.work
            .extend(owners.filter(|uid| !living.contains(uid)).map(Work::Orphans));
    }

    fn observe(&mut self, change: &Change, now: Timestamp) {
        let object = &change.object;
        let gone = change.kind == ChangeKind::Deleted;
        match &*change.resource {
            "pods" => self.pod_changed(object, gone, now),
            "nodes" => self.node_changed(object, gone),
            other => {
                if let Some(resource) = WATCHED.iter().find(|have| **have == other) {
                    self.object_changed(resource, object, gone);
                }
            }
        }
        if gone {
            self.work.push(Work::Orphans(Arc::clone(&object.uid)));
        } else if object.deleting && &*change.resource != "pods" {
            self.work
                .push(Work::Finalize(Arc::clone(&change.resource), key_of(object)));
        }
        if let Some(owner) = &object.controller {
            let children = self.children.entry(Arc::from(&**owner)).or_default();
            let child = (Arc::clone(&change.resource), key_of(object));
            if gone {
                children.remove(&child)
            } else {
                children.insert(child)
            };
        }
    }

    fn object_changed(&mut self, resource: &'static str, object: &Object, gone: bool) {
        let key = key_of(object);
        let shelf = self.objects.entry(resource).or_default();
        let value = Arc::new(object.value());
        if gone {
            self.object_gone(resource, &key, &value);
        } else {
            shelf.insert(key.clone(), Arc::clone(&value));
            // Autoscalers look at what is new and by the clock, or they would chase their own tail.
            let autoscaler = resource == "horizontalpodautoscalers";
            if !autoscaler || value["status"].get("conditions").is_none() {
                self.work.push(Work::Object(resource, key.clone()));
            }
        }
        self.tell_controller(&key, &value);
    }

    fn object_gone(&mut self, resource: &'static str, key: &Key, value: &Value) {
        if let Some(shelf) = self.objects.get_mut(resource) {
            shelf.remove(key);
        }
        match resource {
            // The endpoint controller names them after the service; nothing else ties them to it.
            "services" => drop(self.store.remove("endpoints", &key.0, &key.1)),
            "horizontalpodautoscalers" => drop(self.scalings.remove(text(value, "/metadata/uid"))),
            _ => {}
        }
    }

    /// Notes that whoever controls an object is to look again.
    fn tell_controller(&mut self, key: &Key, value: &Value) {
        if let Some(owner) = items(value, "/metadata/ownerReferences")
            .iter()
            .find(|owner| owner["controller"] == true)
            && let Some(resource) = resource_of(text(owner, "/kind"))
        {
            let name = text(owner, "/name").into();
            self.work.push(Work::Object(resource, (Arc::clone(&key.0), name)));
        }
    }

    /// Where the addresses begin for the pods of a node that somebody made: after those of no other node.
    fn fresh_range(&self, name: &str) -> [u8; 4] {
        let base = |third: u8| [10, 200, third, 4];
        if self.nodes.contains_key(name) {
            return base(0);
        }
        let taken = |third: &u8| self.nodes.values().any(|node| node.pool.base == base(*third));
        base((0..=254).find(|third| !taken(third)).unwrap_or(255))
    }

    fn node_changed(&mut self, object: &Object, gone: bool) {
        if gone {
            self.node_gone(&object.name);
        } else {
            let value = object.value();
            let fresh = self.fresh_range(&object.name);
            let node = self
                .nodes
                .entry(Arc::clone(&object.name))
                .or_insert_with(|| Node {
                    pool: Pool::new(fresh, 200),
                    ..Node::default()
                });
            let before = (
                node.labels.clone(),
                node.taints.clone(),
                node.unschedulable,
                node.slots,
                node.ready,
            );
            node.update(&value);
            if before
                == (
                    node.labels.clone(),
                    node.taints.clone(),
                    node.unschedulable,
                    node.slots,
                    node.ready,
                )
            {
                return;
            }
        }
        self.wake_unscheduled();
        self.all_of("daemonsets");
    }

    fn node_gone(&mut self, name: &str) {
        if let Some(node) = self.nodes.remove(name) {
            self.work.extend(node.pods.into_iter().map(Work::Lost));
        }
    }

    /// Notes that pods without a node are to be tried again.
    pub fn wake_unscheduled(&mut self) {
        self.work
            .extend(self.unscheduled.iter().cloned().map(Work::Schedule));
    }

    /// Notes that all objects of a resource are to be looked at.
    pub fn all_of(&mut self, resource: &'static str) {
        if let Some(shelf) = self.objects.get(resource) {
            self.work
                .extend(shelf.keys().map(|key| Work::Object(resource, key.clone())));
        }
    }

    fn pod_changed(&mut self, object: &Object, gone: bool, now: Timestamp) {
        let key = key_of(object);
        if gone {
            return self.pod_gone(&key, now);
        }
        let known = self
            .pods
            .get(&key)
            .is_some_and(|pod| pod.uid == object.uid && pod.due.is_none());
        if self.own.remove(&object.version) || self.reading && known && object.namespace.starts_with("load-")
        {
            return;
        }
        let mut fresh = Pod::parse(&object.value());
        self.teach(&mut fresh.spec);
        self.note_avoiding(&key, &fresh);
        if let Some(old) = self.pods.remove(&key) {
            if old.uid == fresh.uid {
                fresh.due = old.due;
                fresh.life = old.life;
                if fresh.spec == old.spec {
                    fresh.spec = old.spec;
                }
                if old.node == fresh.node {
                    self.pods.insert(key.clone(), fresh);
                    self.touch(&key);
                    return;
                }
            } else {
                self.leave(&key, &old, now);
            }
        }
        if let Some(node) = &fresh.node {
            let name = Arc::clone(node);
            self.pods.insert(key.clone(), fresh);
            self.arrive(&key, &name, now);
        } else {
            self.pods.insert(key.clone(), fresh);
            self.unscheduled.insert(key.clone());
        }
        self.touch(&key);
    }

    fn pod_gone(&mut self, key: &Key, now: Timestamp) {
        self.avoiding.remove(key);
        if let Some(pod) = self.pods.remove(key) {
            self.leave(key, &pod, now);
            self.tell_owners(key, &pod);
            self.unscheduled.remove(key);
            self.wake_unscheduled();
        }
    }

    /// Keeps in mind which pods will not have others near them.
    pub fn note_avoiding(&mut self, key: &Key, pod: &Pod) {
        if pod.spec.without.is_empty() {
            self.avoiding.remove(key);
        } else {
            self.avoiding.insert(key.clone());
        }
    }

    fn touch(&mut self, key: &Key) {
        if let Some(pod) = self.pods.get(key).cloned() {
            self.tell_owners(key, &pod);
            self.work.push(if pod.node.is_some() || pod.deleting.is_some() {
                Work::Pod(key.clone())
            } else {
                Work::Schedule(key.clone())
            });
        }
    }

    /// Notes that whoever looks after a pod is to look again: its controller, the services and budgets that select it.
    pub fn tell_owners(&mut self, key: &Key, pod: &Pod) {
        if let Some(owner) = &pod.owner
            && let Some(resource) = resource_of(&owner.kind)
        {
            self.work.push(Work::Object(
                resource,
                (Arc::clone(&key.0), Arc::clone(&owner.name)),
            ));
        }
        for (resource, at) in [
            ("services", "/spec/selector"),
            ("poddisruptionbudgets", "/spec/selector/matchLabels"),
        ] {
            let Some(shelf) = self.objects.get(resource) else {
                continue;
            };
            let from = (Arc::clone(&key.0), Arc::from(""));
            for (found, value) in shelf.range(from..).take_while(|(found, _)| found.0 == key.0) {
                if selects(value, at, pod) {
                    self.work.push(Work::Object(resource, found.clone()));
                }
            }
        }
    }

    /// A pod no longer takes anything of its node.
    pub fn leave(&mut self, key: &Key, pod: &Pod, now: Timestamp) {
        let Some(node) = pod.node.as_ref().and_then(|name| self.nodes.get_mut(name)) else {
            return;
        };
        if !node.part(key, &pod.spec) {
            return;
        }
        if let Some(ip) = pod
            .life
            .as_ref()
            .and_then(|life| life.ip)
            .filter(|_| !pod.spec.host_network)
        {
            node.pool.give_back(ip, now);
        }
    }

    /// A pod that is over frees its slot, but its object stays.
    pub fn release(&mut self, key: &Key, now: Timestamp) {
        if let Some(pod) = self.pods.get(key).cloned() {
            self.leave(key, &pod, now);
            self.wake_unscheduled();
        }
    }
}

fn selects(value: &Value, at: &str, pod: &Pod) -> bool {
    value.pointer(at).and_then(Value::as_object).is_some_and(|map| {
        !map.is_empty() && map.iter().all(|(name, value)| pod.label(name) == value.as_str())
    })
}

/// The key of a stored object.
pub fn key_of(object: &Object) -> Key {
    (Arc::clone(&object.namespace), Arc::clone(&object.name))
}

/// The resource of a controller's kind.
fn resource_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "Deployment" => "deployments",
        "ReplicaSet" => "replicasets",
        "StatefulSet" => "statefulsets",
        "DaemonSet" => "daemonsets",
        "Job" => "jobs",
        "CronJob" => "cronjobs",
        "Service" => "services",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Options, World};
    use super::*;
    use crate::demo::clock::Clock;
    use crate::demo::resource::Registry;
    use crate::demo::store::Store;

    fn world() -> World {
        let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
        World::build(&Store::new(Registry::builtin(), clock, 7), &Options::default()).unwrap()
    }

    /// Ticks until nothing is left to do at this moment.
    fn settle(world: &World) {
        loop {
            let before = world.store().version();
            world.tick(world.store().clock().now());
            if world.store().version() == before {
                return;
            }
        }
    }

    fn first(world: &World, resource: &str) -> Key {
        key_of(world.store().list(resource, None).first().unwrap())
    }

    #[test]
    fn what_goes_while_the_changes_are_forgotten_leaves_no_ghosts() {
        let world = world();
        settle(&world);
        let store = world.store();
        let mut removed = Vec::new();
        for resource in ["horizontalpodautoscalers", "nodes", "deployments", "pods"] {
            let key = first(&world, resource);
            removed.push(store.remove(resource, &key.0, &key.1).unwrap());
        }
        // Nothing that is planted has a history, nor has what was there before.
        store.plant("pods", 0, |_| None).unwrap();
        assert_eq!(store.changes_since(world.lock().seen).unwrap_err().code, 410);
        settle(&world);

        let mut inner = world.lock();
        inner.observe_all(store.clock().now());
        for (resource, shelf) in &inner.objects {
            for key in shelf.keys() {
                assert!(
                    store.object(resource, &key.0, &key.1).is_some(),
                    "{resource} {key:?}"
                );
            }
        }
        for key in inner.pods.keys() {
            assert!(store.object("pods", &key.0, &key.1).is_some(), "{key:?}");
        }
        assert!(
            inner
                .nodes
                .keys()
                .all(|name| store.object("nodes", "", name).is_some())
        );
        for (resource, key) in inner.children.values().flatten() {
            assert!(
                store.object(resource, &key.0, &key.1).is_some(),
                "{resource} {key:?}"
            );
        }
        // What the deployment owned went after it.
        let deployment = &removed[2];
        let sets = store.list("replicasets", None);
        assert!(
            sets.iter()
                .all(|set| set.controller.as_deref() != Some(&*deployment.uid))
        );
    }

    #[test]
    fn nothing_is_kept_of_an_autoscaler_that_is_gone() {
        let world = world();
        let store = world.store();
        let (namespace, name) = first(&world, "horizontalpodautoscalers");
        let uid = Arc::clone(
            &store
                .object("horizontalpodautoscalers", &namespace, &name)
                .unwrap()
                .uid,
        );
        store
            .modify("horizontalpodautoscalers", &namespace, &name, |hpa| {
                hpa["status"] = Value::Null;
            })
            .unwrap();
        settle(&world);
        assert!(world.lock().scalings.contains_key(&uid));
        store
            .remove("horizontalpodautoscalers", &namespace, &name)
            .unwrap();
        settle(&world);
        assert!(!world.lock().scalings.contains_key(&uid));
    }
}
