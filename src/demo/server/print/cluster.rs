//! Columns of the cluster-wide kinds of the core group (Kubernetes 1.36 `pkg/printers/internalversion/printers.go`).

use serde_json::Value;

use super::core::modes;
use super::{AGE, NAME, Print, age, items, joined, name, or, text};

pub(super) fn print(plural: &str) -> Option<&'static Print> {
    Some(match plural {
        "nodes" => &NODE,
        "namespaces" => &NAMESPACE,
        "persistentvolumes" => &VOLUME,
        "componentstatuses" => &COMPONENT,
        _ => return None,
    })
}

const NAMESPACE: Print = Print {
    columns: &[NAME, ("Status", "string", "", 0), AGE],
    cells: |namespace, now| {
        vec![
            name(namespace),
            text(namespace, "status.phase").into(),
            age(namespace, now),
        ]
    },
};

const COMPONENT: Print = Print {
    columns: &[
        NAME,
        ("Status", "string", "", 0),
        ("Message", "string", "", 0),
        ("Error", "string", "", 0),
    ],
    cells: |component, _| {
        let condition = items(component, "conditions")
            .iter()
            .find(|one| one["type"] == "Healthy");
        let of = |key: &str| condition.map_or("", |one| text(one, key));
        let status = match of("status") {
            "True" => "Healthy",
            "False" => "Unhealthy",
            _ => "Unknown",
        };
        vec![
            name(component),
            status.into(),
            of("message").into(),
            of("error").into(),
        ]
    },
};

const NODE: Print = Print {
    columns: &[
        NAME,
        ("Status", "string", "", 0),
        ("Roles", "string", "", 0),
        AGE,
        ("Version", "string", "", 0),
        ("Internal-IP", "string", "", 1),
        ("External-IP", "string", "", 1),
        ("OS-Image", "string", "", 1),
        ("Kernel-Version", "string", "", 1),
        ("Container-Runtime", "string", "", 1),
    ],
    cells: node,
};

fn node(node: &Value, now: crate::clock::Timestamp) -> Vec<Value> {
    let ready = items(node, "status.conditions")
        .iter()
        .find(|one| text(one, "type") == "Ready");
    let mut status = match ready.map(|one| text(one, "status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if node["spec"]["unschedulable"] == true {
        status += ",SchedulingDisabled";
    }
    let address = |kind: &str| {
        let found = items(node, "status.addresses")
            .iter()
            .find(|one| text(one, "type") == kind);
        or(found.map_or("", |one| text(one, "address")), "<none>")
    };
    let info = |key: &str| text(&node["status"]["nodeInfo"], key);
    let kernel = match info("kernelVersion") {
        "" => "<unknown>",
        version => version,
    };
    let kernel = match info("architecture") {
        "" => kernel.to_owned(),
        architecture => format!("{kernel} ({architecture})"),
    };
    vec![
        name(node),
        status.into(),
        roles(node),
        age(node, now),
        info("kubeletVersion").into(),
        address("InternalIP"),
        address("ExternalIP"),
        or(info("osImage"), "<unknown>"),
        kernel.into(),
        or(info("containerRuntimeVersion"), "<unknown>"),
    ]
}

fn roles(node: &Value) -> Value {
    let mut roles = Vec::new();
    for (key, value) in node["metadata"]["labels"].as_object().into_iter().flatten() {
        match (key.strip_prefix("node-role.kubernetes.io/"), value.as_str()) {
            (Some(role), _) if !role.is_empty() => roles.push(role),
            (_, Some(role)) if key == "kubernetes.io/role" && !role.is_empty() => roles.push(role),
            _ => {}
        }
    }
    roles.sort_unstable();
    roles.dedup();
    joined(roles.into_iter(), "<none>")
}

const VOLUME: Print = Print {
    columns: &[
        NAME,
        ("Capacity", "string", "", 0),
        ("Access Modes", "string", "", 0),
        ("Reclaim Policy", "string", "", 0),
        ("Status", "string", "", 0),
        ("Claim", "string", "", 0),
        ("StorageClass", "string", "", 0),
        ("VolumeAttributesClass", "string", "", 0),
        ("Reason", "string", "", 0),
        AGE,
        ("VolumeMode", "string", "", 1),
    ],
    cells: |volume, now| {
        let claim = &volume["spec"]["claimRef"];
        let claim = if claim.is_object() {
            format!("{}/{}", text(claim, "namespace"), text(claim, "name"))
        } else {
            String::new()
        };
        let deleting = volume["metadata"]["deletionTimestamp"].is_string();
        vec![
            name(volume),
            text(volume, "spec.capacity.storage").into(),
            modes(items(volume, "spec.accessModes")).into(),
            text(volume, "spec.persistentVolumeReclaimPolicy").into(),
            if deleting {
                "Terminating"
            } else {
                text(volume, "status.phase")
            }
            .into(),
            claim.into(),
            text(volume, "spec.storageClassName").into(),
            or(text(volume, "spec.volumeAttributesClassName"), "<unset>"),
            text(volume, "status.reason").into(),
            age(volume, now),
            or(text(volume, "spec.volumeMode"), "<unset>"),
        ]
    },
};
