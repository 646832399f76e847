//! `managedFields`: who set which fields. Sets of fields are kept in their wire form (`FieldsV1`), and this is where they are computed.

use serde_json::{Map, Value, json};

use super::keys::{self, List};
use crate::clock::Timestamp;

/// Notes the first manager of a new object.
pub fn created(name: &str, value: &mut Value, now: Timestamp) {
    let given = &value["metadata"]["managedFields"];
    if given.is_array() {
        return;
    }
    let set = changed(&of(value), (&Value::Null, value), is_custom(value));
    let entry = entry(name, "Update", None, (value, set), now);
    value["metadata"]["managedFields"] = json!([entry]);
}

/// Notes what a manager changed between two versions.
pub fn updated(name: &str, subresource: Option<&str>, (old, new): (&Value, &mut Value), now: Timestamp) {
    if subresource.is_none() && is_reset(&new["metadata"]["managedFields"]) {
        if let Some(meta) = new["metadata"].as_object_mut() {
            meta.shift_remove("managedFields");
        }
        return;
    }
    let kept = said(subresource, old, new);
    let changed = changed(&of(new), (old, new), is_custom(new));
    let gone = gone(&of(old), new);
    let mut entries: Vec<Value> = Vec::new();
    let mut mine = Value::Object(Map::new());
    for mut one in kept.iter().cloned() {
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
        sort(&mut entries);
        new["metadata"]["managedFields"] = Value::Array(entries);
    } else {
        new["metadata"]["managedFields"] = Value::Array(kept);
    }
}

/// The documented way to forget all managers: a list of one empty entry.
fn is_reset(given: &Value) -> bool {
    given
        .as_array()
        .is_some_and(|list| matches!(list.as_slice(), [one] if one.as_object().is_some_and(Map::is_empty)))
}

/// The managers an update starts from: those that the client sends (this is how it moves fields from one to another), the stored ones if it
/// sends none, or some that cannot be read, or writes to a subresource.
fn said(subresource: Option<&str>, old: &Value, new: &Value) -> Vec<Value> {
    let list = |of: &Value| {
        of["metadata"]["managedFields"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let mut given = list(new);
    let readable = |one: &Value| {
        one["apiVersion"].as_str().is_some_and(|text| !text.is_empty()) && one["fieldsType"] == "FieldsV1"
    };
    if subresource.is_some() || given.is_empty() || !given.iter().all(readable) {
        return list(old);
    }
    sort(&mut given);
    given
}

/// Sorts the entries of `managedFields` as the API server does: those of applies first, then by time, name, version and subresource.
pub fn sort(entries: &mut [Value]) {
    let key = |entry: &Value| {
        ["operation", "time", "manager", "apiVersion", "subresource"]
            .map(|key| entry[key].as_str().unwrap_or_default().to_owned())
    };
    entries.sort_by_cached_key(key);
}

/// One entry of `managedFields`.
pub fn entry(
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
pub fn of(object: &Value) -> Value {
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
fn element_name(element: &Value, keys: &[&str]) -> String {
    let named: Map<_, _> = keys
        .iter()
        .map(|key| ((*key).to_owned(), keys::key_value(element, key)))
        .collect();
    format!("k:{}", Value::Object(named))
}

/// Whether an object is of a custom kind, by its group; those of the server's own kinds have the fields in [`PRESENT`] from the start.
fn is_custom(object: &Value) -> bool {
    let group = object["apiVersion"]
        .as_str()
        .and_then(|text| text.split_once('/'));
    group.is_some_and(|(group, _)| group.contains('.') && !group.ends_with(".k8s.io"))
}

/// Fields that are there in every object, because the API types hold them by value and write them when empty: nobody adds them.
const PRESENT: &[&str] = &[
    "f:spec",
    "f:status",
    "f:template",
    "f:jobTemplate",
    "f:strategy",
    "f:updateStrategy",
    "f:containers",
    "f:resources",
    "f:loadBalancer",
    "f:nodeInfo",
    "f:daemonEndpoints",
    "f:kubeletEndpoint",
];

/// The fields of `set` whose values differ between two versions, or are only in the second; maps and lists that are new are members, too.
fn changed(set: &Value, (old, new): (&Value, &Value), custom: bool) -> Value {
    let mut differing = Map::new();
    for (step, inner) in set.as_object().into_iter().flatten() {
        let (before, after) = (follow(old, step), follow(new, step));
        let added = before.is_none_or(Value::is_null);
        if before == after || (step == "." && !added) {
            continue;
        }
        if is_empty(inner) {
            differing.insert(step.clone(), inner.clone());
            continue;
        }
        let (before, after) = (before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null));
        let below = changed(inner, (before, after), custom);
        let present = step == "f:metadata" || (!custom && PRESENT.contains(&step.as_str()));
        if added && !present {
            let mut all = Map::from_iter([(".".to_owned(), json!({}))]);
            all.extend(below.as_object().cloned().unwrap_or_default());
            differing.insert(step.clone(), Value::Object(all));
        } else if !is_empty(&below) {
            differing.insert(step.clone(), below);
        }
    }
    Value::Object(differing)
}

/// The fields of `set` that an object has no more; of a map or list that is gone or empty the whole.
fn gone(set: &Value, object: &Value) -> Value {
    let mut lost = Map::new();
    for (step, inner) in set.as_object().into_iter().flatten() {
        let left = follow(object, step).filter(|value| match value {
            Value::Null => false,
            Value::Object(map) => is_empty(inner) || !map.is_empty(),
            Value::Array(list) => is_empty(inner) || !list.is_empty(),
            _ => true,
        });
        let below = left.map(|left| gone(inner, left));
        match below {
            None => lost.insert(step.clone(), json!({})),
            Some(below) if !is_empty(&below) => lost.insert(step.clone(), below),
            Some(_) => None,
        };
    }
    Value::Object(lost)
}

/// The value that one step of a field set leads to.
pub fn follow<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
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
pub fn is_empty(set: &Value) -> bool {
    set.as_object().is_none_or(Map::is_empty)
}

/// Fields in either.
fn union(one: &Value, other: &Value) -> Value {
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
pub fn subtract(one: &Value, other: &Value) -> Value {
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

/// Fields of `one` where `other` has nothing, neither there nor below; of an element that `other` knows the keys stay.
pub fn apart(one: &Value, other: &Value) -> Value {
    let mut rest = Map::new();
    for (step, inner) in one.as_object().into_iter().flatten() {
        let Some(have) = other.get(step) else {
            rest.insert(step.clone(), inner.clone());
            continue;
        };
        let mut below = apart(inner, have);
        if let Some(below) = below.as_object_mut() {
            below.shift_remove(".");
            for key in element_keys(step) {
                below.shift_remove(&format!("f:{key}"));
            }
        }
        if !is_empty(&below) {
            rest.insert(step.clone(), below);
        }
    }
    Value::Object(rest)
}

/// The names of the keys in `k:{"name":"web"}`.
fn element_keys(step: &str) -> Vec<String> {
    step.strip_prefix("k:")
        .and_then(|keys| serde_json::from_str::<Map<String, Value>>(keys).ok())
        .map_or_else(Vec::new, |keys| keys.into_iter().map(|(key, _)| key).collect())
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
        let set = changed(&of(&new), (&old, &new), false);
        assert_eq!(
            set,
            json!({ "f:spec": { "f:template": { "f:spec": { "f:containers": { "k:{\"name\":\"c\"}": { "f:image": {} } } } } } })
        );
    }

    #[test]
    fn what_others_have_something_of_is_not_dropped() {
        let mine = json!({ "f:data": { ".": {}, "f:a": {}, "f:b": {} }, "f:spec": { "k:{\"name\":\"c\"}": { ".": {}, "f:name": {}, "f:image": {} } } });
        let other = json!({ "f:data": { "f:b": {} }, "f:spec": { "k:{\"name\":\"c\"}": { "f:image": {} } } });
        assert_eq!(apart(&mine, &other), json!({ "f:data": { "f:a": {} } }));
        assert_eq!(
            apart(&mine, &json!({ "f:data": {}, "f:spec": {} }))["f:data"],
            json!({ "f:a": {}, "f:b": {} })
        );
    }

    #[test]
    fn clients_may_rewrite_the_managers_but_not_by_accident() {
        let now = Timestamp::from_seconds(0);
        let entry = |manager: &str, operation: &str| {
            json!({ "manager": manager, "operation": operation, "apiVersion": "v1",
            "fieldsType": "FieldsV1", "fieldsV1": { "f:data": { "f:a": {} } } })
        };
        let object = |managers: Value| json!({ "apiVersion": "v1", "metadata": { "managedFields": managers }, "data": { "a": "1" } });
        let old = object(json!([entry("x", "Update")]));
        let after = |subresource: Option<&str>, given: Value| {
            let mut new = object(given);
            updated("me", subresource, (&old, &mut new), now);
            new["metadata"]["managedFields"].take()
        };
        let (stored, moved) = (json!([entry("x", "Update")]), json!([entry("x", "Apply")]));
        assert_eq!(after(None, moved.clone()), moved);
        assert_eq!(after(Some("status"), moved), stored);
        assert_eq!(after(None, json!([])), stored);
        assert_eq!(after(None, json!([{ "manager": "y" }])), stored);
        assert_eq!(after(None, json!([{}])), Value::Null);
    }

    #[test]
    fn new_maps_are_members_until_they_are_gone() {
        let mut old = json!({ "apiVersion": "v1", "metadata": { "labels": { "a": "b" } }, "spec": { "hard": { "pods": 1 } } });
        let set = |old: &Value, new: &Value| changed(&of(new), (old, new), is_custom(new));
        let all = json!({ "f:metadata": { "f:labels": { ".": {}, "f:a": {} } }, "f:spec": { "f:hard": { ".": {}, "f:pods": {} } } });
        assert_eq!(set(&Value::Null, &old), all);
        let mut new = old.clone();
        new["metadata"]["labels"]["c"] = "d".into();
        assert_eq!(
            set(&old, &new),
            json!({ "f:metadata": { "f:labels": { "f:c": {} } } })
        );
        new["metadata"]["labels"] = json!({});
        assert_eq!(
            subtract(&all, &gone(&of(&old), &new)),
            json!({ "f:spec": all["f:spec"] })
        );
        old["apiVersion"] = "example.com/v1".into();
        assert_eq!(set(&Value::Null, &old)["f:spec"]["."], json!({}));
    }
}
