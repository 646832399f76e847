//! Custom resources come and go with their definitions. Runs beside the requests and watches the store.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Shared;
use crate::clock::Timestamp;
use crate::demo::resource::{defined, register};
use crate::demo::store::{Change, ChangeKind};

pub(super) const STORED: &str = "customresourcedefinitions";

/// Serves what is defined, now and from now on.
pub(super) async fn follow(shared: Arc<Shared>) {
    let mut from = shared.store.version();
    loop {
        for object in shared.store.list(STORED, None) {
            establish(&shared, &object.value());
        }
        let mut changes = shared.store.subscribe(STORED, None, from);
        while let Ok(changes) = changes.next().await {
            for change in changes {
                take(&shared, &change);
            }
        }
        from = shared.store.version();
    }
}

fn take(shared: &Shared, change: &Change) {
    let definition = change.object.value();
    if change.kind != ChangeKind::Deleted {
        establish(shared, &definition);
        return;
    }
    withdraw(shared, &definition);
}

/// Takes a definition's resource and objects away.
pub(super) fn withdraw(shared: &Shared, definition: &Value) {
    let (group, plural) = defined(definition);
    let storage = format!("{plural}.{group}");
    for object in shared.store.list(&storage, None) {
        // What goes away while it is looked at is gone as well.
        let _ = shared.store.remove(&storage, &object.namespace, &object.name);
    }
    shared.store.registry().remove(group, plural);
}

/// Adds the versions of a definition to what is served, and says so in its status.
pub(super) fn establish(shared: &Shared, definition: &Value) {
    register(shared.store.registry(), definition);
    let done = definition["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|one| one["type"] == "Established");
    if done {
        return;
    }
    let now = Timestamp::from_seconds(shared.store.clock().now().seconds()).rfc3339();
    let condition = |kind: &str, reason: &str, text: &str| json!({ "type": kind, "status": "True", "lastTransitionTime": now, "reason": reason, "message": text });
    let stored: Vec<_> = definition["spec"]["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|version| version["storage"] == true)
        .map(|version| version["name"].clone())
        .collect();
    let name = definition["metadata"]["name"].as_str().unwrap_or_default();
    // The definition may be gone again.
    let _ = shared.store.modify(STORED, "", name, |definition| {
        definition["status"] = json!({ "acceptedNames": definition["spec"]["names"], "storedVersions": stored, "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted")] });
    });
}
