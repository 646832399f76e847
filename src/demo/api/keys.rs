//! By which key the elements of lists are told apart: the merge keys of strategic patches and the list types of server-side apply, as the API
//! types' markers (`patchMergeKey`, `listMapKey`) give them.

use serde_json::Value;

/// How a list is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// As a whole.
    Atomic,
    /// Element by element, by these keys; the first one is the key of strategic patches.
    ByKeys(&'static [&'static str]),
    /// As a set of plain values.
    Set,
}

/// How the list in `field` is merged; its elements decide where one name stands for two lists.
pub fn of(field: &str, list: &[Value]) -> List {
    let has = |key: &str| list.iter().any(|one| one.get(key).is_some());
    match field {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "secrets"
        | "resourceClaims"
        | "schedulingGates"
        | "webhooks"
            if has("name") =>
        {
            List::ByKeys(&["name"])
        }
        "ports" if has("containerPort") => List::ByKeys(&["containerPort", "protocol"]),
        "ports" if has("port") && (has("targetPort") || has("nodePort") || has("protocol")) => {
            List::ByKeys(&["port", "protocol"])
        }
        "ports" if has("port") => List::ByKeys(&["port", "protocol"]),
        "volumeMounts" => List::ByKeys(&["mountPath"]),
        "volumeDevices" => List::ByKeys(&["devicePath"]),
        "hostAliases" | "podIPs" | "hostIPs" => List::ByKeys(&["ip"]),
        "topologySpreadConstraints" => List::ByKeys(&["topologyKey", "whenUnsatisfiable"]),
        "conditions" | "addresses" if has("type") => List::ByKeys(&["type"]),
        "ownerReferences" => List::ByKeys(&["uid"]),
        "finalizers" | "podCIDRs" => List::Set,
        _ => List::Atomic,
    }
}

/// Whether the map in `field` is owned as a whole in server-side apply.
pub fn is_atomic_map(field: &str) -> bool {
    matches!(
        field,
        "selector"
            | "nodeSelector"
            | "matchLabels"
            | "labelSelector"
            | "namespaceSelector"
            | "podSelector"
            | "scaleTargetRef"
            | "roleRef"
            | "fieldRef"
            | "resourceFieldRef"
            | "configMapKeyRef"
            | "secretKeyRef"
            | "claimRef"
    )
}

/// Whether two elements have equal keys; `protocol` is TCP if absent.
pub fn same(one: &Value, other: &Value, keys: &[&str]) -> bool {
    keys.iter()
        .all(|key| key_value(one, key) == key_value(other, key))
}

/// The value of a key of an element.
pub fn key_value(element: &Value, key: &str) -> Value {
    match (key, &element[key]) {
        ("protocol", Value::Null) => "TCP".into(),
        (_, value) => value.clone(),
    }
}
