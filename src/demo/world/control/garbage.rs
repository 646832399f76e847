//! The garbage collector: what a removed object owned goes, too, and finalizers of the cascade are worked off.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::Inner;
use super::super::state::Key;
use crate::clock::Timestamp;
use crate::demo::object::{items, text};

impl Inner {
    /// Deletes everything the removed object `uid` controlled.
    pub fn collect(&mut self, uid: &str) {
        let children: Vec<(Arc<str>, Key)> = self.children.remove(uid).into_iter().flatten().collect();
        for (resource, key) in children {
            let still = self.store.read(&resource, &key.0, &key.1);
            if still.is_some_and(|object| {
                items(&object, "/metadata/ownerReferences")
                    .iter()
                    .any(|owner| text(owner, "/uid") == uid)
            }) {
                let now = self.store.clock().now();
                self.remove(&resource, &key, now);
            }
        }
    }

    /// Deletes one object in the way its kind asks for; one with finalizers waits for those who set them.
    pub(super) fn remove(&mut self, resource: &str, key: &Key, now: Timestamp) {
        if resource == "pods" {
            return self.delete_pod(key, now);
        }
        let marked = self.store.modify(resource, &key.0, &key.1, |object| {
            let held = !items(object, "/metadata/finalizers").is_empty();
            if held && object["metadata"].get("deletionTimestamp").is_none() {
                object["metadata"]["deletionTimestamp"] = super::stamp(now).into();
                object["metadata"]["deletionGracePeriodSeconds"] = 0.into();
            }
        });
        if marked.is_ok_and(|object| items(&object, "/metadata/finalizers").is_empty()) {
            let _ = self.store.remove(resource, &key.0, &key.1);
        }
    }

    /// Works off the finalizers `foregroundDeletion` and `orphan` of an object being deleted.
    pub fn finalize(&mut self, resource: &str, key: &Key, now: Timestamp) {
        let Some(object) = self.store.read(resource, &key.0, &key.1) else {
            return;
        };
        let finalizers: Vec<&str> = items(&object, "/metadata/finalizers")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let uid = text(&object, "/metadata/uid").to_owned();
        let children: Vec<(Arc<str>, Key)> = self
            .children
            .get(uid.as_str())
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        if finalizers.contains(&"orphan") {
            for (resource, key) in &children {
                let _ = self
                    .store
                    .modify(resource, &key.0, &key.1, |child| disown(child, &uid));
            }
            self.drop_finalizer(resource, key, "orphan");
        } else if finalizers.contains(&"foregroundDeletion") {
            for (resource, key) in &children {
                self.remove(resource, key, now);
            }
            self.observe_all(now);
            if self
                .children
                .get(uid.as_str())
                .is_none_or(std::collections::BTreeSet::is_empty)
            {
                self.drop_finalizer(resource, key, "foregroundDeletion");
            } else {
                let work = super::super::work::Work::Finalize(resource.into(), key.clone());
                self.work.later(super::after(now, 1), work);
            }
        } else if resource == "persistentvolumeclaims" && finalizers == ["kubernetes.io/pvc-protection"] {
            let used = self
                .pods_in(&key.0)
                .any(|(_, pod)| pod.spec.claims.iter().any(|claim| **claim == *key.1));
            if used {
                let work = super::super::work::Work::Finalize(resource.into(), key.clone());
                self.work.later(super::after(now, 2), work);
            } else {
                self.reclaim(text(&object, "/spec/volumeName"));
                self.drop_finalizer(resource, key, "kubernetes.io/pvc-protection");
            }
        }
    }

    /// The claim of a volume is gone: the volume goes, too, or is kept without it, as its policy says.
    fn reclaim(&mut self, volume: &str) {
        let kept = self.store.read("persistentvolumes", "", volume);
        if kept.is_some_and(|volume| volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain") {
            let _ = self.store.modify("persistentvolumes", "", volume, |volume| {
                volume["status"] = json!({"phase": "Released"});
            });
        } else {
            let _ = self.store.remove("persistentvolumes", "", volume);
        }
    }

    fn drop_finalizer(&mut self, resource: &str, key: &Key, name: &str) {
        let left = self.store.modify(resource, &key.0, &key.1, |object| {
            if let Some(list) = object["metadata"]["finalizers"].as_array_mut() {
                list.retain(|have| have != name);
            }
        });
        if left.is_ok_and(|object| items(&object, "/metadata/finalizers").is_empty()) {
            let _ = self.store.remove(resource, &key.0, &key.1);
        }
    }
}

fn disown(child: &mut Value, uid: &str) {
    if let Some(owners) = child["metadata"]["ownerReferences"].as_array_mut() {
        owners.retain(|owner| text(owner, "/uid") != uid);
    }
}
