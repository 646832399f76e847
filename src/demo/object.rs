//! Building blocks of API objects: metadata, owner references, time stamps, managed fields. Knows no kind in particular.

use serde_json::{Map, Value, json};

use crate::clock::Timestamp;

/// A time as `metav1.Time` writes it: RFC 3339, UTC, whole seconds.
pub fn stamp(at: Timestamp) -> String {
    Timestamp::from_seconds(at.seconds()).rfc3339()
}

/// A time as `metav1.MicroTime` writes it: always six fraction digits.
pub fn micro_stamp(at: Timestamp) -> String {
    let micros = at.0.rem_euclid(1_000_000_000) / 1_000;
    let whole = stamp(at);
    format!("{}.{micros:06}Z", whole.trim_end_matches('Z'))
}

/// `at` moved by `seconds`, which may be negative.
pub fn after(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp(at.0.saturating_add(seconds.saturating_mul(1_000_000_000)))
}

/// A new object with apiVersion, kind and metadata; cluster-scoped when `namespace` is empty. The store gives it its uid.
pub fn object(api: (&str, &str), key: (&str, &str), at: Timestamp) -> Value {
    let mut metadata = Map::new();
    metadata.insert("name".into(), key.1.into());
    if !key.0.is_empty() {
        metadata.insert("namespace".into(), key.0.into());
    }
    metadata.insert("creationTimestamp".into(), stamp(at).into());
    json!({"apiVersion": api.0, "kind": api.1, "metadata": metadata})
}

/// An owner reference of a controller.
pub fn owner_reference(owner: &Value) -> Value {
    json!({
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
    })
}

/// The text at `pointer`, empty when it is absent or no text.
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The number at `pointer`, `None` when it is absent or no whole number.
pub fn number(object: &Value, pointer: &str) -> Option<i64> {
    object.pointer(pointer).and_then(Value::as_i64)
}

/// The time at `pointer`, `None` when it is absent or no time.
pub fn time(object: &Value, pointer: &str) -> Option<Timestamp> {
    Timestamp::parse(text(object, pointer))
}

/// The items at `pointer`, none when it is absent or no list.
pub fn items<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The entries of a map of texts.
pub fn pairs(map: &Value) -> Vec<(String, String)> {
    map.as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// Puts `value` at `name` of the object behind `target`, making it an object if it is none.
pub fn put(target: &mut Value, name: &str, value: Value) {
    target[name] = value;
}

/// Writes `metadata.managedFields`: one entry for what `manager` applied (all but status), one for what `status_manager` wrote.
/// The shape follows `FieldsV1` of structured-merge-diff: maps are `f:name`, list items `k:{key}`.
pub fn manage(object: &mut Value, manager: &str, status_manager: Option<&str>, at: Timestamp) {
    let api_version = object["apiVersion"].clone();
    let mut spec = fields(object, &["apiVersion", "kind", "status"]);
    let mut metadata = fields(
        &object["metadata"],
        &[
            "name",
            "namespace",
            "uid",
            "creationTimestamp",
            "managedFields",
            "resourceVersion",
            "generation",
        ],
    );
    if metadata.as_object().is_some_and(Map::is_empty) {
        metadata = Value::Null;
    }
    if let Some(map) = spec.as_object_mut() {
        map.remove("f:metadata");
        if !metadata.is_null() {
            map.insert("f:metadata".into(), metadata);
        }
        if let Some(pod) = map.get_mut("f:spec").and_then(Value::as_object_mut)
            && object["kind"] == "Pod"
        {
            pod.retain(|name, _| !ADMITTED.contains(&name.as_str()));
        }
    }
    let entry = |manager: &str, fields: Value| {
        json!({"manager": manager, "operation": "Update", "apiVersion": api_version, "time": stamp(at),
               "fieldsType": "FieldsV1", "fieldsV1": fields})
    };
    let mut entries = vec![entry(manager, spec)];
    if let (Some(manager), Some(status)) = (status_manager, object.get("status")) {
        let mut status = entry(manager, json!({"f:status": fields(status, &[])}));
        status["subresource"] = "status".into();
        entries.push(status);
    }
    object["metadata"]["managedFields"] = entries.into();
}

fn fields(value: &Value, skip: &[&str]) -> Value {
    let mut set = Map::new();
    match value {
        Value::Object(map) => {
            for (name, inner) in map.iter().filter(|(name, _)| !skip.contains(&name.as_str())) {
                let inner = if ATOMIC.contains(&name.as_str()) {
                    &Value::Null
                } else {
                    inner
                };
                set.insert(format!("f:{name}"), nested(inner));
            }
        }
        Value::Array(list) => {
            for item in list.iter().filter(|item| !text(item, "/name").starts_with(TOKEN)) {
                if let Some(key) = list_key(item) {
                    set.insert(format!("k:{key}"), nested(item));
                }
            }
        }
        _ => {}
    }
    Value::Object(set)
}

/// Fields of a pod that the API server writes when it admits one, or the scheduler: they belong to no manager.
const ADMITTED: [&str; 3] = ["f:nodeName", "f:priority", "f:preemptionPolicy"];
/// And how the volume with the service account's token is called.
const TOKEN: &str = "kube-api-access-";

/// Lists that belong to one manager as a whole (`+listType=atomic`), and what is `+mapType=atomic`.
const ATOMIC: [&str; 5] = [
    "containerStatuses",
    "initContainerStatuses",
    "ephemeralContainerStatuses",
    "hostIPs",
    "resourceClaimStatuses",
];

fn nested(value: &Value) -> Value {
    let mut set = match value {
        Value::Object(map) if map.contains_key("blockOwnerDeletion") => return json!({}),
        Value::Object(_) => fields(value, &[]),
        Value::Array(list) if list.first().is_some_and(|item| list_key(item).is_some()) => fields(value, &[]),
        _ => return json!({}),
    };
    if let Some(map) = set.as_object_mut() {
        map.insert(".".into(), json!({}));
    }
    set
}

fn list_key(item: &Value) -> Option<Value> {
    for keys in [
        &["name"][..],
        &["type"],
        &["mountPath"],
        &["containerPort", "protocol"],
        &["port", "protocol"],
        &["ip"],
        &["uid"],
    ] {
        if keys.iter().all(|key| item.get(key).is_some()) {
            let key: Map<String, Value> = keys
                .iter()
                .map(|key| ((*key).to_string(), item[*key].clone()))
                .collect();
            return Some(Value::Object(key));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managed_fields_name_list_items_by_their_key() {
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"x": "y"}},
            "spec": {"nodeName": "n", "containers": [{"name": "app", "image": "i"}],
                "volumes": [{"name": "data", "emptyDir": {}}, {"name": "kube-api-access-x7x9k"}]},
            "status": {"phase": "Running", "containerStatuses": [{"name": "app", "ready": true}]}});
        manage(&mut pod, "m", Some("kubelet"), Timestamp::from_seconds(0));
        let entries = &pod["metadata"]["managedFields"];
        assert_eq!(
            entries[0]["fieldsV1"]["f:spec"]["f:containers"][r#"k:{"name":"app"}"#]["f:image"],
            json!({})
        );
        assert_eq!(entries[0]["fieldsV1"]["f:metadata"]["f:labels"]["f:x"], json!({}));
        assert_eq!(entries[1]["fieldsV1"]["f:status"]["f:phase"], json!({}));
        let status = &entries[1]["fieldsV1"]["f:status"];
        assert_eq!(status["f:containerStatuses"], json!({}), "one whole");
        let spec = &entries[0]["fieldsV1"]["f:spec"];
        assert_eq!(
            spec["f:volumes"].as_object().map(Map::len),
            Some(2),
            "a dot and one volume"
        );
        assert!(spec.get("f:nodeName").is_none());
        assert_eq!(entries[1]["subresource"], "status");
    }

    #[test]
    fn stamps_have_the_digits_kubernetes_writes() {
        let at = Timestamp(1_700_000_000_123_456_789);
        assert_eq!(stamp(at), "2023-11-14T22:13:20Z");
        assert_eq!(micro_stamp(at), "2023-11-14T22:13:20.123456Z");
        assert_eq!(
            micro_stamp(Timestamp::from_seconds(0)),
            "1970-01-01T00:00:00.000000Z"
        );
    }
}
