//! Namespaces: a new one gets its service account and root certificate, a deleted one is emptied first.

use serde_json::Value;

use super::super::object::text;
use super::super::state::Key;
use super::super::work::Work;
use super::super::{Inner, config};
use crate::clock::Timestamp;

impl Inner {
    pub(super) fn namespace(&mut self, key: &Key, namespace: &Value, now: Timestamp) {
        if text(namespace, "/metadata/deletionTimestamp").is_empty() {
            if self.store.object("serviceaccounts", &key.1, "default").is_none() {
                let [_, account, root] = config::namespace(&key.1, now);
                let _ = self.add(account);
                let _ = self.add(root);
            }
            if text(namespace, "/status/phase").is_empty() {
                self.set_status("namespaces", key, serde_json::json!({"phase": "Active"}));
            }
            return;
        }
        let mut left = 0;
        for resource in self.store.registry().all() {
            if !resource.namespaced || resource.storage.is_empty() || &*resource.storage == "pods" {
                continue;
            }
            for object in self.store.list(&resource.storage, Some(&key.1)) {
                let _ = self
                    .store
                    .remove(&resource.storage, &object.namespace, &object.name);
            }
        }
        let pods: Vec<Key> = self.pods_in(&key.1).map(|(key, _)| key.clone()).collect();
        for pod in pods {
            left += 1;
            self.delete_pod(&pod, now);
        }
        if left == 0 {
            let _ = self.store.remove("namespaces", "", &key.1);
        } else {
            self.work
                .later(super::after(now, 1), Work::Object("namespaces", key.clone()));
        }
    }
}
