//! Namespaces: a new one gets its service account and root certificate, a deleted one is emptied first.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::state::Key;
use super::super::work::Work;
use super::super::{Inner, config};
use super::condition;
use crate::clock::Timestamp;
use crate::demo::object::{items, text};

impl Inner {
    pub(super) fn namespace(&mut self, key: &Key, namespace: &Value, now: Timestamp) {
        if text(namespace, "/metadata/deletionTimestamp").is_empty() {
            if self.store.object("serviceaccounts", &key.1, "default").is_none() {
                let [_, account, root] = config::namespace(&key.1, now);
                let _ = self.add(account);
                let _ = self.add(root);
            }
            if text(namespace, "/status/phase").is_empty() {
                self.set_status("namespaces", key, json!({"phase": "Active"}));
            }
            return;
        }
        self.empty(key, now);
        let left = self.what_is_left(key);
        if left.is_empty() {
            let _ = self.store.remove("namespaces", "", &key.1);
            return;
        }
        let conditions = conditions(namespace, &left, now);
        let status = json!({"phase": "Terminating", "conditions": conditions});
        self.set_status("namespaces", key, status);
        self.work
            .later(super::after(now, 1), Work::Object("namespaces", key.clone()));
    }

    /// Deletes all that is in a namespace; what has finalizers waits for those who set them.
    fn empty(&mut self, key: &Key, now: Timestamp) {
        for resource in self.store.registry().all() {
            if !resource.namespaced || resource.storage.is_empty() || &*resource.storage == "pods" {
                continue;
            }
            for object in self.store.list(&resource.storage, Some(&key.1)) {
                let at = (Arc::clone(&object.namespace), Arc::clone(&object.name));
                self.remove(&resource.storage, &at, now);
            }
        }
        let pods: Vec<Key> = self.pods_in(&key.1).map(|(key, _)| key.clone()).collect();
        for pod in pods {
            self.delete_pod(&pod, now);
        }
    }

    /// Resources that are left in a namespace, with how many objects, and the finalizers that hold them.
    fn what_is_left(&self, key: &Key) -> BTreeMap<String, (usize, Vec<String>)> {
        let mut left = BTreeMap::new();
        for resource in self.store.registry().all() {
            if !resource.namespaced || resource.storage.is_empty() {
                continue;
            }
            let objects = self.store.list(&resource.storage, Some(&key.1));
            if objects.is_empty() {
                continue;
            }
            let values: Vec<Value> = objects.iter().map(|object| object.value()).collect();
            let finalizers = values
                .iter()
                .flat_map(|value| items(value, "/metadata/finalizers"));
            let finalizers = finalizers.filter_map(Value::as_str).map(str::to_owned);
            left.insert(resource.qualified(), (objects.len(), finalizers.collect()));
        }
        left
    }
}

/// What the namespace controller says of an emptying namespace (`status_condition_utils.go`).
fn conditions(namespace: &Value, left: &BTreeMap<String, (usize, Vec<String>)>, now: Timestamp) -> Value {
    let old = items(namespace, "/status/conditions");
    let resources = left
        .iter()
        .map(|(name, (count, _))| format!("{name} has {count} resource instances"));
    let mut finalizers: BTreeMap<&str, usize> = BTreeMap::new();
    for name in left.values().flat_map(|(_, names)| names) {
        *finalizers.entry(name).or_default() += 1;
    }
    let remaining = finalizers
        .iter()
        .map(|(name, count)| format!("{name} in {count} resource instances"));
    let resources = resources.collect::<Vec<_>>().join(", ");
    let remaining = remaining.collect::<Vec<_>>().join(", ");
    let (some, held) = (
        format!("Some resources are remaining: {resources}"),
        format!("Some content in the namespace has finalizers remaining: {remaining}"),
    );
    let content = (true, "SomeResourcesRemain", some.as_str());
    let finalizing = if finalizers.is_empty() {
        (
            false,
            "ContentHasNoFinalizers",
            "All content-preserving finalizers finished",
        )
    } else {
        (true, "SomeFinalizersRemain", held.as_str())
    };
    let fine = [
        (
            "NamespaceDeletionDiscoveryFailure",
            "ResourcesDiscovered",
            "All resources successfully discovered",
        ),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        (
            "NamespaceDeletionContentFailure",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
    ];
    let mut list: Vec<Value> = fine
        .iter()
        .map(|(kind, reason, message)| condition(old, kind, (false, reason, message), now))
        .collect();
    list.push(condition(old, "NamespaceContentRemaining", content, now));
    list.push(condition(old, "NamespaceFinalizersRemaining", finalizing, now));
    list.into()
}

#[cfg(test)]
mod tests {
    use super::super::super::surroundings::tests::Play;
    use super::*;

    #[test]
    fn what_has_finalizers_holds_its_namespace() {
        let play = Play::new(true);
        play.add(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}));
        play.add(json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "held", "namespace": "x", "finalizers": ["example.com/hold"]}}));
        play.pass(2);
        let gone = "2026-11-18T11:06:42Z";
        play.change("namespaces", ("", "x"), |space| {
            space["metadata"]["deletionTimestamp"] = gone.into();
        });
        play.pass(5);
        let status = &play.read("namespaces", "", "x")["status"];
        assert_eq!(status["phase"], "Terminating");
        let said: Vec<&str> = items(status, "/conditions")
            .iter()
            .map(|one| text(one, "/message"))
            .collect();
        assert_eq!(
            said[3..],
            [
                "Some resources are remaining: configmaps has 1 resource instances",
                "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"
            ]
        );
        let held = play.read("configmaps", "x", "held");
        assert!(held["metadata"]["deletionTimestamp"].is_string());
        play.world.store().remove("configmaps", "x", "held").unwrap();
        play.pass(3);
        assert!(play.world.store().read("namespaces", "", "x").is_none());
    }
}
