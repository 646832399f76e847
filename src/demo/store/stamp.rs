//! What the API server itself writes into metadata: uid, name, creation time, generation.

use serde_json::{Value, json};

use super::Object;
use crate::clock::Timestamp;
use crate::demo::resource::Resource;
use crate::demo::status::Status;

/// Letters of generated names (apimachinery `util/rand`).
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Completes the metadata of an object about to be created.
pub(super) fn new_object(
    resource: &Resource,
    namespace: &str,
    value: &mut Value,
    (random, now): (&mut fastrand::Rng, Timestamp),
) -> Result<(), Status> {
    if !value.is_object() {
        return Err(Status::bad_request("the body of the request is not an object"));
    }
    let mut old = value["metadata"].take();
    let mut meta = serde_json::Map::new();
    let name = match (old["name"].as_str(), old["generateName"].as_str()) {
        (Some(name), _) if !name.is_empty() => name.to_owned(),
        (_, Some(stem)) if !stem.is_empty() => stem.to_owned() + &suffix(random, 5),
        _ => {
            let cause = (
                "metadata.name",
                "FieldValueRequired",
                "Required value: name or generateName is required",
            );
            return Err(Status::invalid(&resource.qualified_kind(), "", cause));
        }
    };
    meta.insert("name".into(), name.into());
    move_over(&mut old, "generateName", &mut meta);
    if resource.namespaced {
        meta.insert("namespace".into(), namespace.into());
    }
    let given = old["uid"]
        .as_str()
        .filter(|uid| !uid.is_empty())
        .map(str::to_owned);
    meta.insert("uid".into(), given.unwrap_or_else(|| uid(random)).into());
    meta.insert("resourceVersion".into(), "0".into());
    if resource.counts_generations() {
        meta.insert("generation".into(), json!(1));
    }
    move_over(&mut old, "generation", &mut meta);
    if old["creationTimestamp"].is_null() {
        meta.insert(
            "creationTimestamp".into(),
            Timestamp::from_seconds(now.seconds()).rfc3339().into(),
        );
    }
    if let Value::Object(rest) = old {
        let set = ["name", "namespace", "uid", "resourceVersion"];
        meta.extend(
            rest.into_iter()
                .filter(|(key, value)| !value.is_null() && !set.contains(&key.as_str())),
        );
    }
    put_first(resource, value);
    value["metadata"] = Value::Object(meta);
    Ok(())
}

/// Undoes what a change must never touch: name, namespace, uid and creation time.
pub(super) fn keep_identity(resource: &Resource, old: &Object, value: &mut Value) {
    let head = ["kind", "apiVersion", "metadata"];
    let stands = value
        .as_object()
        .is_some_and(|object| object.keys().zip(head).all(|(key, wanted)| key == wanted));
    if !stands {
        let meta = value["metadata"].take();
        put_first(resource, value);
        value["metadata"] = meta;
    }
    let meta = &mut value["metadata"];
    if !meta.is_object() {
        *meta = json!({});
    }
    meta["name"] = (*old.name).into();
    meta["uid"] = (*old.uid).into();
    meta["resourceVersion"] = old.version.to_string().into();
    if meta["creationTimestamp"].is_null() {
        let before = old.value()["metadata"]["creationTimestamp"].take();
        meta["creationTimestamp"] = before;
    }
    if !old.namespace.is_empty() {
        meta["namespace"] = (*old.namespace).into();
    }
}

/// Whether a change of the spec counts: being bound to a node does not (`pkg/registry/core/pod/storage`, `setPodNodeAndMetadata`).
pub(super) fn spec_differs(resource: &Resource, before: Option<&Value>, after: Option<&Value>) -> bool {
    if before == after || resource.plural != "pods" {
        return before != after;
    }
    let unbound = |spec: Option<&Value>| {
        let mut spec = spec.cloned().unwrap_or_default();
        if let Some(map) = spec.as_object_mut() {
            map.shift_remove("nodeName");
        }
        spec
    };
    unbound(before) != unbound(after)
}

/// Counts `metadata.generation` up.
pub(super) fn next_generation(value: &mut Value) {
    let generation = value["metadata"]["generation"].as_u64().unwrap_or(0);
    value["metadata"]["generation"] = (generation + 1).into();
}

/// `kind` and `apiVersion` stand first, as the real server writes them.
fn put_first(resource: &Resource, value: &mut Value) {
    let mut ordered = serde_json::Map::new();
    ordered.insert("kind".into(), (*resource.kind).into());
    ordered.insert("apiVersion".into(), resource.api_version().into());
    ordered.insert("metadata".into(), Value::Null);
    if let Value::Object(rest) = value.take() {
        ordered.extend(
            rest.into_iter()
                .filter(|(key, _)| !matches!(key.as_str(), "kind" | "apiVersion" | "metadata")),
        );
    }
    *value = Value::Object(ordered);
}

fn move_over(old: &mut Value, key: &str, into: &mut serde_json::Map<String, Value>) {
    if let Some(value) = old.as_object_mut().and_then(|old| old.shift_remove(key)) {
        into.insert(key.into(), value);
    }
}

/// A random suffix as `generateName` gets it.
pub(super) fn suffix(random: &mut fastrand::Rng, length: usize) -> String {
    (0..length)
        .map(|_| char::from(*random.choice(LETTERS).unwrap_or(&b'x')))
        .collect()
}

/// A random uid (UUID version 4).
pub(super) fn uid(random: &mut fastrand::Rng) -> String {
    let bits = random.u128(..) & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}
