//! `managedFields`: who set which fields. Sets of fields are kept in their wire form (`FieldsV1`), and this is where they are computed.

use serde_json::{Map, Value, json};

use super::keys::{self, List};
use crate::clock::Timestamp;
use crate::demo::server::request::Request;

/// The manager of a request: its `fieldManager`, else the program's name.
pub(super) fn manager(request: &Request) -> String {
    let agent = request.header("user-agent").split('/').next().unwrap_or_default();
    let name = request
        .param("fieldManager")
        .unwrap_or(if agent.is_empty() { "unknown" } else { agent });
    name.to_owned()
}

/// Notes the first manager of a new object.
pub(super) fn created(request: &Request, value: &mut Value, now: Timestamp) {
    let given = &value["metadata"]["managedFields"];
    if given.is_array() {
        return;
    }
    let set = of(value);
    let entry = entry(&manager(request), "Update", None, (value, set), now);
    value["metadata"]["managedFields"] = json!([entry]);
}

/// Notes who changed what between two versions.
pub(super) fn updated(
    request: &Request,
    subresource: Option<&str>,
    versions: (&Value, &mut Value),
    now: Timestamp,
) {
    updated_by(&manager(request), subresource, versions, now);
}

/// Notes what a manager changed between two versions.
pub(in crate::demo) fn updated_by(
    name: &str,
    subresource: Option<&str>,
    (old, new): (&Value, &mut Value),
    now: Timestamp,
) {
    let kept = old["metadata"]["managedFields"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if new["metadata"]["managedFields"]
        .as_array()
        .is_some_and(Vec::is_empty)
    {
        return; // the documented way to forget all managers
    }
    let (before, after) = (of(old), of(new));
    let changed = changed(&after, (old, new));
    let gone = subtract(&before, &after);
    let mut entries: Vec<Value> = Vec::new();
    let mut mine = Value::Object(Map::new());
    for mut one in kept {
        let is_mine = one["manager"] == name
            && one["operation"] == "Update"
            && one["subresource"].as_str() == subresource;
        let mut set = subtract(&one["fieldsV1"], &gone);
        if is_mine {
            mine = set;
            continue;
        }
        set = subtract(&set, &changed);
        if !is_empty(&set) {
            one["fieldsV1"] = set;
            entries.push(one);
        }
    }
    let mine = union(&mine, &changed);
    if !is_empty(&mine) {
        entries.push(entry(name, "Update", subresource, (new, mine), now));
    }
    if entries.is_empty() {
        if let Some(meta) = new["metadata"].as_object_mut() {
            meta.shift_remove("managedFields");
        }
    } else if !is_empty(&changed) || !is_empty(&gone) {
        new["metadata"]["managedFields"] = Value::Array(entries);
    } else {
        new["metadata"]["managedFields"] = old["metadata"]["managedFields"].clone();
    }
}

/// One entry of `managedFields`.
pub(super) fn entry(
    manager: &str,
    operation: &str,
    subresource: Option<&str>,
    (object, set): (&Value, Value),
    now: Timestamp,
) -> Value {
    let time = Timestamp::from_seconds(now.seconds()).rfc3339();
    let mut entry = json!({ "manager": manager, "operation": operation, "apiVersion": object["apiVersion"], "time": time,
        "fieldsType": "FieldsV1", "fieldsV1": set });
    if let Some(subresource) = subresource {
        entry["subresource"] = subresource.into();
    }
    entry
}

/// Fields of metadata that nobody manages.
const UNMANAGED: &[&str] = &[
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
];

/// The set of fields an object has.
pub(super) fn of(object: &Value) -> Value {
    let mut set = Map::new();
    for (key, value) in object.as_object().into_iter().flatten() {
        match key.as_str() {
            "apiVersion" | "kind" => {}
            "status" if is_empty(value) => {}
            "metadata" => {
                let meta = value.as_object().into_iter().flatten();
                let managed: Map<_, _> = meta
                    .filter(|(key, _)| !UNMANAGED.contains(&key.as_str()))
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect();
                let inner = tree(&Value::Object(managed), "metadata");
                if !is_empty(&inner) {
                    set.insert("f:metadata".into(), inner);
                }
            }
            key => {
                set.insert(format!("f:{key}"), tree(value, key));
            }
        }
    }
    Value::Object(set)
}

/// The fields below a value; an empty tree is a leaf.
fn tree(value: &Value, field: &str) -> Value {
    let mut set = Map::new();
    match value {
        Value::Object(map) if !keys::is_atomic_map(field) => {
            for (key, value) in map {
                set.insert(format!("f:{key}"), tree(value, key));
            }
        }
        Value::Array(list) => match keys::of(field, list) {
            List::Atomic => {}
            List::ByKeys(keys) => {
                for element in list {
                    let mut inner = match tree(element, "") {
                        Value::Object(inner) => inner,
                        _ => Map::new(),
                    };
                    inner.insert(".".into(), json!({}));
                    set.insert(element_name(element, keys), Value::Object(inner));
                }
            }
            List::Set => {
                for element in list {
                    set.insert(format!("v:{element}"), json!({}));
                }
            }
        },
        _ => {}
    }
    Value::Object(set)
}

/// `k:{"name":"web"}`.
pub(super) fn element_name(element: &Value, keys: &[&str]) -> String {
    let named: Map<_, _> = keys
        .iter()
        .map(|key| ((*key).to_owned(), keys::key_value(element, key)))
        .collect();
    format!("k:{}", Value::Object(named))
}

/// The fields of `set` whose values differ between two versions, or are only in the second.
fn changed(set: &Value, (old, new): (&Value, &Value)) -> Value {
    let mut differing = Map::new();
    for (step, inner) in set
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(step, _)| *step != ".")
    {
        let (before, after) = (follow(old, step), follow(new, step));
        if before == after {
            continue;
        }
        if is_empty(inner) || before.is_none() {
            differing.insert(step.clone(), inner.clone());
            continue;
        }
        let below = changed(
            inner,
            (before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null)),
        );
        if !is_empty(&below) {
            differing.insert(step.clone(), below);
        }
    }
    Value::Object(differing)
}

/// The value that one step of a field set leads to.
pub(super) fn follow<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    if step == "." {
        return Some(value);
    }
    let (kind, rest) = step.split_once(':')?;
    match kind {
        "f" => value.get(rest),
        "k" => {
            let wanted: Value = serde_json::from_str(rest).ok()?;
            let keys: Vec<&str> = wanted.as_object()?.keys().map(String::as_str).collect();
            value
                .as_array()?
                .iter()
                .find(|one| keys::same(one, &wanted, &keys))
        }
        "v" => {
            let wanted: Value = serde_json::from_str(rest).ok()?;
            value.as_array()?.iter().find(|one| **one == wanted)
        }
        _ => None,
    }
}

/// Whether a set holds nothing (as a subtree: whether it is a leaf).
pub(super) fn is_empty(set: &Value) -> bool {
    set.as_object().is_none_or(Map::is_empty)
}

/// Fields in either.
pub(super) fn union(one: &Value, other: &Value) -> Value {
    let mut all = one.as_object().cloned().unwrap_or_default();
    for (step, inner) in other.as_object().into_iter().flatten() {
        let below = all
            .get(step)
            .map_or_else(|| inner.clone(), |have| union(have, inner));
        all.insert(step.clone(), below);
    }
    Value::Object(all)
}

/// Fields of `one` that are not in `other`; a leaf of `other` takes all below it.
pub(super) fn subtract(one: &Value, other: &Value) -> Value {
    let mut rest = Map::new();
    for (step, inner) in one.as_object().into_iter().flatten() {
        match other.get(step) {
            None => {
                rest.insert(step.clone(), inner.clone());
            }
            Some(gone) if is_empty(gone) || is_empty(inner) => {}
            Some(gone) => {
                let below = subtract(inner, gone);
                if !is_empty(&below) {
                    rest.insert(step.clone(), below);
                }
            }
        }
    }
    Value::Object(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_as_the_real_server_writes_them() {
        let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "x", "labels": { "a": "b" }, "finalizers": ["f"] },
            "spec": { "containers": [{ "name": "c", "image": "i", "ports": [{ "containerPort": 80 }] }], "tolerations": [{ "key": "k" }] } });
        let set = of(&pod);
        assert_eq!(
            set["f:metadata"],
            json!({ "f:labels": { "f:a": {} }, "f:finalizers": { "v:\"f\"": {} } })
        );
        let container = &set["f:spec"]["f:containers"][r#"k:{"name":"c"}"#];
        assert_eq!(container["f:image"], json!({}));
        assert!(container["f:ports"][r#"k:{"containerPort":80,"protocol":"TCP"}"#]["."].is_object());
        assert_eq!(set["f:spec"]["f:tolerations"], json!({}));
    }

    #[test]
    fn only_what_differs_is_claimed() {
        let old = json!({ "spec": { "replicas": 1, "template": { "spec": { "containers": [{ "name": "c", "image": "i" }] } } } });
        let mut new = old.clone();
        new["spec"]["template"]["spec"]["containers"][0]["image"] = "j".into();
        let set = changed(&of(&new), (&old, &new));
        assert_eq!(
            set,
            json!({ "f:spec": { "f:template": { "f:spec": { "f:containers": { "k:{\"name\":\"c\"}": { "f:image": {} } } } } } })
        );
    }
}
