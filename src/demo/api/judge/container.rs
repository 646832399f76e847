//! Containers: names, images, ports, environment, mounts, resources, probes (`pkg/apis/core/validation`, `validateContainers`).

use std::collections::BTreeSet;

use serde_json::Value;

use super::wrong::Wrong;
use super::{entries, list, text};
use crate::demo::names;
use crate::model::quantity;

const ONE_HANDLER: &str = "may not specify more than 1 handler type";
const NO_HANDLER: &str = "must specify a handler type";
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

/// Requests and limits of a container (`validateContainerResourceRequirements`).
pub(super) fn resources(resources: &Value, at: &str, wrong: &mut Wrong) {
    let (limits, requests) = (&resources["limits"], &resources["requests"]);
    for (name, amount) in entries(limits) {
        amount_of(&format!("{at}.limits[{name}]"), (name, amount), wrong);
    }
    for (name, amount) in entries(requests) {
        amount_of(&format!("{at}.requests[{name}]"), (name, amount), wrong);
        let (wanted, most) = (milli(amount), limits.get(name).map(milli));
        let extended = is_extended(name);
        match most {
            Some(most) if extended && wanted != most => {
                let why = format!("must be equal to {name} limit of {}", plain(&limits[name]));
                wrong.invalid(format!("{at}.requests"), amount, &why);
            }
            Some(most) if wanted > most => {
                let why = format!(
                    "must be less than or equal to {name} limit of {}",
                    plain(&limits[name])
                );
                wrong.invalid(format!("{at}.requests"), amount, &why);
            }
            None if extended => wrong.required(
                format!("{at}.limits"),
                "Limit must be set for non overcommitable resources",
            ),
            _ => {}
        }
    }
}

fn amount_of(at: &str, (name, amount): (&str, &Value), wrong: &mut Wrong) {
    resource_name(at, name, wrong);
    let known = matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
    if !name.contains('/') && !known {
        wrong.invalid(at, &name.into(), "must be a standard resource for containers");
    }
    let value = milli(amount);
    if value < 0 {
        wrong.invalid(at, amount, "must be greater than or equal to 0");
    }
    if is_extended(name) && value % 1000 != 0 {
        wrong.invalid(at, amount, "must be an integer");
    }
}

/// A resource is a known one or has a domain.
pub(super) fn resource_name(at: &str, name: &str, wrong: &mut Wrong) {
    const KNOWN: [&str; 16] = [
        "cpu",
        "memory",
        "ephemeral-storage",
        "storage",
        "pods",
        "services",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
        "requests.cpu",
        "requests.memory",
        "requests.storage",
    ];
    wrong.refused(at, name, &names::key(name));
    let known = KNOWN.contains(&name)
        || ["hugepages-", "requests.", "limits."]
            .iter()
            .any(|stem| name.starts_with(stem));
    if !name.contains('/') && !known {
        wrong.invalid(
            at,
            &name.into(),
            "must be a standard resource type or fully qualified",
        );
    }
}

/// Whether a resource comes from outside Kubernetes, such as `nvidia.com/gpu`.
fn is_extended(name: &str) -> bool {
    name.split_once('/')
        .is_some_and(|(domain, _)| !domain.ends_with("kubernetes.io"))
}

/// An amount in thousandths.
pub(super) fn milli(amount: &Value) -> i64 {
    quantity::milli(&plain(amount)).unwrap_or(0)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
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

fn handlers(container: &Value, at: &str, passing: bool, wrong: &mut Wrong) {
    for hook in ["postStart", "preStop"] {
        let stated = &container["lifecycle"][hook];
        if stated.is_object() {
            handler(stated, &format!("{at}.lifecycle.{hook}"), wrong);
        }
    }
    for kind in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = &container[kind];
        let place = format!("{at}.{kind}");
        if probe.is_null() {
            continue;
        }
        if passing {
            wrong.forbidden(
                place,
                "may not be set for init containers without restartPolicy=Always",
            );
            continue;
        }
        handler(probe, &place, wrong);
        for key in [
            "initialDelaySeconds",
            "timeoutSeconds",
            "periodSeconds",
            "successThreshold",
            "failureThreshold",
        ] {
            wrong.at_least(format!("{place}.{key}"), &probe[key], 0);
        }
        if kind != "readinessProbe" && probe["successThreshold"].as_i64().is_some_and(|count| count != 1) {
            wrong.invalid(
                format!("{place}.successThreshold"),
                &probe["successThreshold"],
                "must be 1",
            );
        }
    }
}

fn handler(stated: &Value, at: &str, wrong: &mut Wrong) {
    let mut given = false;
    for kind in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
        let action = &stated[kind];
        let place = format!("{at}.{kind}");
        if action.is_null() {
            continue;
        }
        if given {
            wrong.forbidden(place, ONE_HANDLER);
            continue;
        }
        given = true;
        match kind {
            "exec" if list(action, "command").is_empty() => wrong.required(format!("{place}.command"), ""),
            "httpGet" | "tcpSocket" | "grpc" => wrong.port(&format!("{place}.port"), &action["port"]),
            _ => {}
        }
        if kind == "httpGet" {
            wrong.one_of(format!("{place}.scheme"), &action["scheme"], &["HTTP", "HTTPS"]);
        }
    }
    if !given {
        wrong.required(at, NO_HANDLER);
    }
}
