//! Strategic merge patch (apimachinery `strategicpatch`): lists merge by key, `$patch`, `$deleteFromPrimitiveList`, `$setElementOrder`,
//! `$retainKeys`.

use serde_json::{Map, Value};

use super::keys::{self, List};

/// Merges `patch` into `target`.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    match patch.get("$patch").and_then(Value::as_str) {
        Some("delete") => {
            *target = Value::Null;
            return;
        }
        Some("replace") => {
            *target = Value::Object(plain(patch));
            return;
        }
        _ => {}
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(into) = target.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(kept)) = patch.get("$retainKeys") {
        into.retain(|key, _| kept.iter().any(|one| one == key));
    }
    for (key, value) in patch {
        if let Some(field) = key.strip_prefix("$deleteFromPrimitiveList/") {
            take_out(into, field, value);
        } else if !key.starts_with('$') {
            merge_field(into, key, value);
        }
    }
    for (key, order) in patch {
        if let Some(field) = key.strip_prefix("$setElementOrder/") {
            set_order(into, field, order);
        }
    }
}

fn merge_field(into: &mut Map<String, Value>, key: &str, value: &Value) {
    match value {
        Value::Null => {
            into.shift_remove(key);
        }
        Value::Object(_) => {
            let slot = into.entry(key).or_insert(Value::Null);
            merge(slot, value);
            if slot.is_null() {
                into.shift_remove(key);
            }
        }
        Value::Array(elements) => {
            let slot = into.entry(key).or_insert_with(|| Value::Array(Vec::new()));
            let sample = slot
                .as_array()
                .filter(|have| !have.is_empty())
                .unwrap_or(elements);
            match keys::of(key, sample) {
                List::Atomic => *slot = Value::Array(elements.iter().map(stripped).collect()),
                List::ByKeys(keys) => merge_list(slot, elements, keys),
                List::Set => merge_set(slot, elements),
            }
        }
        plain => {
            into.insert(key.to_owned(), plain.clone());
        }
    }
}

fn merge_list(slot: &mut Value, elements: &[Value], keys: &'static [&'static str]) {
    let Value::Array(have) = slot else {
        *slot = Value::Array(elements.iter().map(stripped).collect());
        return;
    };
    if elements.iter().any(|one| one["$patch"] == "replace") {
        have.clear();
    }
    for element in elements {
        // Strategic patches tell elements apart by the first key, unless both sides have the rest.
        let at = have.iter().position(|one| {
            keys::key_value(one, keys[0]) == keys::key_value(element, keys[0])
                && keys
                    .iter()
                    .skip(1)
                    .all(|key| element[*key].is_null() || keys::same(one, element, &[key]))
        });
        match (element["$patch"].as_str(), at) {
            (Some("replace"), _) if element.as_object().is_some_and(|map| map.len() == 1) => {}
            (Some("delete"), Some(at)) => {
                have.remove(at);
            }
            (Some("delete"), None) => {}
            (_, Some(at)) => {
                if let Some(one) = have.get_mut(at) {
                    merge(one, element);
                }
            }
            (_, None) => have.push(stripped(element)),
        }
    }
}

fn merge_set(slot: &mut Value, elements: &[Value]) {
    let Value::Array(have) = slot else { return };
    for element in elements {
        if !have.contains(element) {
            have.push(element.clone());
        }
    }
}

fn take_out(into: &mut Map<String, Value>, field: &str, values: &Value) {
    let gone = values.as_array().map_or(&[][..], Vec::as_slice);
    if let Some(Value::Array(have)) = into.get_mut(field) {
        have.retain(|one| !gone.contains(one));
    }
}

/// Sorts a list by the order the client saw; elements it did not name keep their places behind.
fn set_order(into: &mut Map<String, Value>, field: &str, order: &Value) {
    let (Some(Value::Array(have)), Some(order)) = (into.get_mut(field), order.as_array()) else {
        return;
    };
    let place = |one: &Value| {
        let fits = |wanted: &Value| match wanted.as_object() {
            Some(keys) => keys.keys().all(|key| keys::same(one, wanted, &[key])),
            None => wanted == one,
        };
        order.iter().position(fits).unwrap_or(usize::MAX)
    };
    have.sort_by_key(place);
}

/// An element without directives.
fn stripped(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(plain(map)),
        other => other.clone(),
    }
}

fn plain(map: &Map<String, Value>) -> Map<String, Value> {
    let own = map
        .iter()
        .filter(|(key, value)| !key.starts_with('$') && !value.is_null());
    own.map(|(key, value)| (key.clone(), stripped_deep(value)))
        .collect()
}

fn stripped_deep(value: &Value) -> Value {
    match value {
        Value::Array(all) => Value::Array(all.iter().map(stripped).collect()),
        other => stripped(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(mut target: Value, patch: impl Into<Value>) -> Value {
        merge(&mut target, &patch.into());
        target
    }

    #[test]
    fn containers_merge_by_name_and_keep_what_the_patch_does_not_say() {
        let pod = json!({ "spec": { "containers": [
            { "name": "a", "image": "one", "env": [{ "name": "X", "value": "1" }] }, { "name": "b", "image": "two" }] } });
        let patch = json!({ "spec": { "containers": [{ "name": "a", "image": "three", "env": [{ "name": "Y", "value": "2" }] }] } });
        let after = merged(pod, patch);
        assert_eq!(after["spec"]["containers"][0]["image"], "three");
        assert_eq!(after["spec"]["containers"][0]["env"].as_array().unwrap().len(), 2);
        assert_eq!(after["spec"]["containers"][1]["image"], "two");
    }

    #[test]
    fn directives_delete_replace_order_and_retain() {
        let pod = json!({ "spec": { "containers": [{ "name": "a" }, { "name": "b" }], "tolerations": [{ "key": "x" }] } });
        let gone = merged(
            pod.clone(),
            json!({ "spec": { "containers": [{ "name": "a", "$patch": "delete" }] } }),
        );
        assert_eq!(gone["spec"]["containers"], json!([{ "name": "b" }]));
        let all = merged(
            pod.clone(),
            json!({ "spec": { "containers": [{ "$patch": "replace" }, { "name": "c" }] } }),
        );
        assert_eq!(all["spec"]["containers"], json!([{ "name": "c" }]));
        let order = json!({ "spec": { "$setElementOrder/containers": [{ "name": "b" }, { "name": "a" }] } });
        assert_eq!(
            merged(pod.clone(), order)["spec"]["containers"],
            json!([{ "name": "b" }, { "name": "a" }])
        );
        let atomic = merged(pod, json!({ "spec": { "tolerations": [{ "key": "y" }] } }));
        assert_eq!(atomic["spec"]["tolerations"], json!([{ "key": "y" }]));
        let strategy = json!({ "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1 } } });
        let recreate = json!({ "strategy": { "$retainKeys": ["type"], "type": "Recreate" } });
        assert_eq!(
            merged(strategy, recreate),
            json!({ "strategy": { "type": "Recreate" } })
        );
        let finalizers = json!({ "finalizers": ["a", "b"] });
        assert_eq!(
            merged(
                finalizers.clone(),
                json!({ "$deleteFromPrimitiveList/finalizers": ["a"] })
            ),
            json!({ "finalizers": ["b"] })
        );
        assert_eq!(
            merged(finalizers, json!({ "finalizers": ["c"] })),
            json!({ "finalizers": ["a", "b", "c"] })
        );
    }

    #[test]
    fn null_takes_a_field_away() {
        assert_eq!(
            merged(json!({ "a": { "b": 1, "c": 2 } }), json!({ "a": { "b": null } })),
            json!({ "a": { "c": 2 } })
        );
    }
}
