//! Custom resources come and go with their definitions. Runs beside the requests and watches the store.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Shared;
use crate::clock::Timestamp;
use crate::demo::resource::{Registry, Resource};
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
    let (group, plural) = names(definition);
    let storage = format!("{plural}.{group}");
    for object in shared.store.list(&storage, None) {
        // What goes away while it is looked at is gone as well.
        let _ = shared.store.remove(&storage, &object.namespace, &object.name);
    }
    shared.store.registry().remove(group, plural);
}

fn names(definition: &Value) -> (&str, &str) {
    (
        definition["spec"]["group"].as_str().unwrap_or_default(),
        definition["spec"]["names"]["plural"].as_str().unwrap_or_default(),
    )
}

/// Adds the versions of a definition to what is served.
pub(in crate::demo) fn register(registry: &Registry, definition: &Value) {
    let served = definition["spec"]["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|version| version["served"] != false);
    let mut versions: Vec<&Value> = served.collect();
    versions.sort_by_key(|version| version["storage"] != true);
    for version in versions {
        registry.add(resource(definition, version));
    }
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

/// What field selectors may name: `selectableFields` of the version that is stored, without their leading dots.
fn selectable(definition: &Value) -> Vec<std::borrow::Cow<'static, str>> {
    let mut versions = definition["spec"]["versions"].as_array().into_iter().flatten();
    let stored = versions.find(|version| version["storage"] == true);
    let fields = stored.and_then(|version| version["selectableFields"].as_array());
    let paths = fields
        .into_iter()
        .flatten()
        .filter_map(|field| field["jsonPath"].as_str());
    paths
        .map(|path| path.trim_start_matches('.').to_owned().into())
        .collect()
}

fn resource(definition: &Value, version: &Value) -> Resource {
    let names = &definition["spec"]["names"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |key: &str| {
        names[key]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| text(one).into())
            .collect()
    };
    let (group, plural) = (text(&definition["spec"]["group"]), text(&names["plural"]));
    let singular = match text(&names["singular"]) {
        singular if singular.is_empty() => text(&names["kind"]).to_lowercase(),
        singular => singular,
    };
    let subresources = version["subresources"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone().into());
    let mut subresources: Vec<_> = subresources.collect();
    // `status`, then `scale`, as the real server has them.
    subresources.sort();
    subresources.reverse();
    Resource {
        storage: format!("{plural}.{group}").into(),
        group: group.into(),
        version: text(&version["name"]).into(),
        plural: plural.into(),
        singular: singular.into(),
        kind: text(&names["kind"]).into(),
        short_names: list("shortNames"),
        categories: list("categories"),
        namespaced: definition["spec"]["scope"] != "Cluster",
        verbs: [
            "delete",
            "deletecollection",
            "get",
            "list",
            "patch",
            "create",
            "update",
            "watch",
        ]
        .map(Into::into)
        .to_vec(),
        subresources,
        fields: selectable(definition),
        definition: version.clone(),
    }
}
