//! Containers: names, images, ports, environment, mounts (`pkg/apis/core/validation`, `validateContainers`).

use std::collections::BTreeSet;

use serde_json::Value;

use super::amount::resources;
use super::handler::handlers;
use super::wrong::Wrong;
use super::{list, text};
use crate::demo::names;

/// What `env[].valueFrom` may be.
const SOURCES: [&str; 5] = [
    "fieldRef",
    "resourceFieldRef",
    "configMapKeyRef",
    "secretKeyRef",
    "fileKeyRef",
];
/// What `fieldRef` may name, besides single labels and annotations.
const FIELDS: [&str; 11] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.labels",
    "metadata.annotations",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.podIP",
    "status.hostIPs",
    "status.podIPs",
];

/// What a container is checked against.
pub(super) struct Around<'a> {
    /// Names of the pod's volumes.
    pub volumes: BTreeSet<&'a str>,
    /// Names of containers so far.
    pub names: BTreeSet<&'a str>,
    /// Whether ports are those of the node.
    pub host_network: bool,
}

/// One list of containers.
pub(super) fn all<'a>(spec: &'a Value, (at, kind): (&str, &str), around: &mut Around<'a>, wrong: &mut Wrong) {
    let containers = list(spec, kind);
    if containers.is_empty() && kind == "containers" {
        wrong.required(format!("{at}.{kind}"), "");
    }
    for (index, container) in containers.iter().enumerate() {
        let at = format!("{at}.{kind}[{index}]");
        one(container, &at, around, wrong);
        let name = text(container, "name");
        if !around.names.insert(name) && !name.is_empty() {
            wrong.duplicate(format!("{at}.name"), &name.into());
        }
        let passing = kind == "initContainers" && container["restartPolicy"] != "Always";
        handlers(container, &at, passing, wrong);
    }
}

fn one(container: &Value, at: &str, around: &Around<'_>, wrong: &mut Wrong) {
    let place = |field: &str| format!("{at}.{field}");
    match text(container, "name") {
        "" => wrong.required(place("name"), ""),
        name => wrong.refused(&place("name"), name, &names::label(name)),
    }
    match text(container, "image") {
        "" => wrong.required(place("image"), ""),
        image if image.trim() != image => {
            wrong.invalid(
                place("image"),
                &image.into(),
                "must not have leading or trailing whitespace",
            );
        }
        _ => {}
    }
    let policies = ["FallbackToLogsOnError", "File"];
    wrong.one_of(
        place("terminationMessagePolicy"),
        &container["terminationMessagePolicy"],
        &policies,
    );
    ports(container, &place("ports"), around.host_network, wrong);
    environment(container, &place("env"), wrong);
    mounts(container, &place("volumeMounts"), around, wrong);
    let policies = ["Always", "IfNotPresent", "Never"];
    wrong.one_of(place("imagePullPolicy"), &container["imagePullPolicy"], &policies);
    resources(&container["resources"], &place("resources"), wrong);
    security(&container["securityContext"], &place("securityContext"), wrong);
}

fn ports(container: &Value, at: &str, host_network: bool, wrong: &mut Wrong) {
    let mut known = BTreeSet::new();
    for (index, port) in list(container, "ports").iter().enumerate() {
        let place = |field: &str| format!("{at}[{index}].{field}");
        let name = text(port, "name");
        if !name.is_empty() {
            let said = names::port(name);
            wrong.refused(&place("name"), name, &said);
            if said.is_empty() && !known.insert(name) {
                wrong.duplicate(place("name"), &name.into());
            }
        }
        let (own, host) = (
            port["containerPort"].as_i64().unwrap_or(0),
            port["hostPort"].as_i64().unwrap_or(0),
        );
        if own == 0 {
            wrong.required(place("containerPort"), "");
        } else {
            wrong.port(&place("containerPort"), &port["containerPort"]);
        }
        if host != 0 {
            wrong.port(&place("hostPort"), &port["hostPort"]);
        }
        if host_network && host != 0 && host != own {
            let why = "must match `containerPort` when `hostNetwork` is true";
            wrong.invalid(place("hostPort"), &port["hostPort"], why);
        }
        wrong.one_of(place("protocol"), &port["protocol"], &["SCTP", "TCP", "UDP"]);
    }
}

fn environment(container: &Value, at: &str, wrong: &mut Wrong) {
    for (index, one) in list(container, "env").iter().enumerate() {
        let place = |field: &str| format!("{at}[{index}].{field}");
        match text(one, "name") {
            "" => wrong.required(place("name"), ""),
            name => wrong.refused(&place("name"), name, &names::variable(name)),
        }
        let Some(from) = one["valueFrom"].as_object() else {
            continue;
        };
        let given = SOURCES
            .iter()
            .filter(|source| from.contains_key(**source))
            .count();
        let why = match given {
            0 => {
                "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
            }
            1 if text(one, "value").is_empty() => "",
            1 => "may not be specified when `value` is not empty",
            _ => "may not have more than one field specified at a time",
        };
        if !why.is_empty() {
            wrong.invalid(place("valueFrom"), &"".into(), why);
        }
        for source in ["configMapKeyRef", "secretKeyRef"] {
            key_reference(
                &one["valueFrom"][source],
                &place(&format!("valueFrom.{source}")),
                wrong,
            );
        }
        let path = &one["valueFrom"]["fieldRef"]["fieldPath"];
        if let Some(path) = path.as_str() {
            let single = ["metadata.labels['", "metadata.annotations['"];
            if !FIELDS.contains(&path) && !single.iter().any(|stem| path.starts_with(stem)) {
                let why = format!("error converting fieldPath: field label not supported: {path}");
                wrong.invalid(place("valueFrom.fieldRef.fieldPath"), &path.into(), &why);
            }
        }
    }
}

fn key_reference(reference: &Value, at: &str, wrong: &mut Wrong) {
    if reference.is_null() {
        return;
    }
    if text(reference, "name").is_empty() {
        wrong.required(format!("{at}.name"), "");
    }
    match text(reference, "key") {
        "" => wrong.required(format!("{at}.key"), ""),
        key => wrong.refused(&format!("{at}.key"), key, &names::data_key(key)),
    }
}

fn mounts(container: &Value, at: &str, around: &Around<'_>, wrong: &mut Wrong) {
    let mut known = BTreeSet::new();
    for (index, mount) in list(container, "volumeMounts").iter().enumerate() {
        let place = |field: &str| format!("{at}[{index}].{field}");
        let name = text(mount, "name");
        if name.is_empty() {
            wrong.required(place("name"), "");
        }
        if !around.volumes.contains(name) {
            wrong.not_found(place("name"), name);
        }
        let path = text(mount, "mountPath");
        if path.is_empty() {
            wrong.required(place("mountPath"), "");
        }
        if !known.insert(path) {
            wrong.invalid(place("mountPath"), &path.into(), "must be unique");
        }
    }
}

fn security(context: &Value, at: &str, wrong: &mut Wrong) {
    user(context, at, wrong);
    if context["allowPrivilegeEscalation"] == false && context["privileged"] == true {
        let why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
        wrong.invalid(at, context, why);
    }
}

/// Users and groups that are numbers.
pub(super) fn user(context: &Value, at: &str, wrong: &mut Wrong) {
    for key in ["runAsUser", "runAsGroup", "fsGroup"] {
        let number = &context[key];
        if number
            .as_i64()
            .is_some_and(|number| !(0..=i64::from(i32::MAX)).contains(&number))
        {
            wrong.invalid(
                format!("{at}.{key}"),
                number,
                "must be between 0 and 2147483647, inclusive",
            );
        }
    }
}
