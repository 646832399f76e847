//! What may be stored: names, places, immutable fields, and who may write which part of an object.

use serde_json::{Value, json};

use super::defaults;
use crate::demo::resource::Resource;
use crate::demo::server::Shared;
use crate::demo::server::route::Target;
use crate::demo::status::Status;

/// The namespace of the body must be that of the path; cluster-wide objects have none.
pub(super) fn check_place(shared: &Shared, target: &Target, value: &mut Value) -> Result<(), Status> {
    if !value["metadata"].is_object() {
        value["metadata"] = json!({});
    }
    let Some(meta) = value["metadata"].as_object_mut() else {
        return Ok(());
    };
    if !target.resource.namespaced {
        meta.shift_remove("namespace");
        return Ok(());
    }
    match meta.get("namespace").and_then(Value::as_str) {
        None | Some("") => {}
        Some(given) if given == target.space() => {}
        Some(_) => {
            return Err(Status::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
    }
    meta.insert("namespace".into(), target.space().into());
    check_namespace(shared, target, &value["metadata"])
}

fn check_namespace(shared: &Shared, target: &Target, meta: &Value) -> Result<(), Status> {
    let place = target.space();
    let Some(namespace) = shared.store.object("namespaces", "", place) else {
        return Err(Status::not_found("namespaces", place));
    };
    if namespace.deleting && target.name.is_none() {
        let name = meta["name"].as_str().unwrap_or_default();
        let message = format!(
            "{} \"{name}\" is forbidden: unable to create new content in namespace {place} because it is being terminated",
            target.resource.qualified()
        );
        return Err(Status::new(403, "Forbidden", message));
    }
    Ok(())
}

/// Takes out of a new object what only the server writes.
pub(super) fn clean_new(resource: &Resource, value: &mut Value) {
    if let Some(meta) = value["metadata"].as_object_mut() {
        for key in [
            "uid",
            "resourceVersion",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation",
            "selfLink",
        ] {
            meta.shift_remove(key);
        }
    }
    if resource.has("status")
        && resource.plural != "nodes"
        && let Some(object) = value.as_object_mut()
    {
        object.shift_remove("status");
    }
}

/// Metadata that an update cannot change.
const KEPT: &[&str] = &[
    "name",
    "generateName",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
];

/// Brings an update under the rules: it must be of the current version, and each path writes its own part only.
pub(super) fn check_update(target: &Target, current: &Value, new: &mut Value) -> Result<(), Status> {
    let resource = &target.resource;
    let (have, given) = (&current["metadata"], &new["metadata"]);
    let stale = given["resourceVersion"]
        .as_str()
        .is_some_and(|version| !version.is_empty() && have["resourceVersion"] != version);
    if stale {
        return Err(Status::conflict(&resource.qualified(), target.object()));
    }
    if let (Some(given), Some(have)) = (
        given["uid"].as_str().filter(|uid| !uid.is_empty()),
        have["uid"].as_str(),
    ) && given != have
    {
        let why = format!("Precondition failed: UID in precondition: {given}, UID in object meta: {have}");
        return Err(Status::conflict_because(
            &resource.qualified(),
            target.object(),
            &why,
        ));
    }
    keep(have, &mut new["metadata"]);
    match target.subresource.as_deref() {
        Some("status") => *new = with_part(current, new, "status"),
        Some("ephemeralcontainers" | "resize" | "approval" | "finalize" | "scale") => {}
        _ => {
            if resource.has("status") {
                put(new, "status", current.get("status"));
            }
            let mut before = current.clone();
            defaults::fill_changed(&resource.plural, &mut before);
            check_immutable(resource, &before, new)?;
        }
    }
    Ok(())
}

fn keep(have: &Value, given: &mut Value) {
    for key in KEPT {
        put(given, key, have.get(*key));
    }
    put(given, "resourceVersion", have.get("resourceVersion"));
}

fn put(object: &mut Value, key: &str, value: Option<&Value>) {
    let Some(object) = object.as_object_mut() else {
        return;
    };
    match value {
        Some(value) => {
            object.insert(key.into(), value.clone());
        }
        None => {
            object.shift_remove(key);
        }
    }
}

/// The current object with one part from the new one.
fn with_part(current: &Value, new: &Value, part: &str) -> Value {
    let mut object = current.clone();
    put(&mut object, part, new.get(part));
    object
}

const POD_SPEC: &str = "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,\
     `spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it \
     to be set to 1 if it was previously negative)";

fn check_immutable(resource: &Resource, current: &Value, new: &Value) -> Result<(), Status> {
    let name = current["metadata"]["name"].as_str().unwrap_or_default();
    let kind = resource.qualified_kind();
    let fixed: &[&str] = match &*resource.plural {
        "deployments" | "replicasets" | "daemonsets" => &["selector"],
        "statefulsets" => &[
            "selector",
            "serviceName",
            "podManagementPolicy",
            "volumeClaimTemplates",
        ],
        "jobs" => &["selector", "completions", "template"],
        _ => &[],
    };
    for field in fixed {
        if new["spec"][field] != current["spec"][field] {
            let text = format!("Invalid value: {}: field is immutable", new["spec"][field]);
            return Err(Status::invalid(
                &kind,
                name,
                (&format!("spec.{field}"), "FieldValueInvalid", &text),
            ));
        }
    }
    if resource.plural == "pods" && mutable_masked(&current["spec"]) != mutable_masked(&new["spec"]) {
        return Err(Status::invalid(
            &kind,
            name,
            ("spec", "FieldValueForbidden", POD_SPEC),
        ));
    }
    Ok(())
}

/// A pod's spec without the fields that may change.
fn mutable_masked(spec: &Value) -> Value {
    let mut spec = spec.clone();
    for key in [
        "activeDeadlineSeconds",
        "tolerations",
        "terminationGracePeriodSeconds",
    ] {
        put(&mut spec, key, None);
    }
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            put(container, "image", None);
        }
    }
    spec
}

/// One thing that is wrong: field, type such as `FieldValueRequired`, text.
type Cause = (String, &'static str, String);

/// Checks what every client gets wrong now and then: names, containers, selectors, replicas.
pub(super) fn check(resource: &Resource, value: &Value) -> Result<(), Status> {
    let name = value["metadata"]["name"].as_str().unwrap_or_default();
    let mut causes = Vec::new();
    if !name.is_empty() && !is_subdomain(name) && resource.group != "rbac.authorization.k8s.io" {
        let text = format!("Invalid value: {name:?}: {SUBDOMAIN}");
        causes.push(("metadata.name".to_owned(), "FieldValueInvalid", text));
    }
    match &*resource.plural {
        "cronjobs" => check_schedule(&value["spec"]["schedule"], &mut causes),
        "pods" => check_containers(&value["spec"], "spec", &mut causes),
        "deployments" | "replicasets" | "statefulsets" | "daemonsets" | "jobs" => {
            check_workload(resource, value, &mut causes);
            let spec = &value["spec"]["template"]["spec"];
            check_containers(spec, "spec.template.spec", &mut causes);
        }
        _ => {}
    }
    if causes.is_empty() {
        return Ok(());
    }
    Err(Status::invalid_all(&resource.qualified_kind(), name, &causes))
}

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end \
     with an alphanumeric character (e.g. 'example.com', regex used for validation is \
     '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an \
     alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

fn required(field: String) -> Cause {
    (field, "FieldValueRequired", "Required value".into())
}

fn check_containers(spec: &Value, path: &str, causes: &mut Vec<Cause>) {
    let containers = spec["containers"].as_array().map_or(&[][..], Vec::as_slice);
    if containers.is_empty() {
        causes.push(required(format!("{path}.containers")));
    }
    for (at, container) in containers.iter().enumerate() {
        for field in ["name", "image"] {
            let place = format!("{path}.containers[{at}].{field}");
            match container[field].as_str().unwrap_or_default() {
                "" => causes.push(required(place)),
                name if field == "name" && (name.contains('.') || !is_subdomain(name)) => {
                    causes.push((
                        place,
                        "FieldValueInvalid",
                        format!("Invalid value: {name:?}: {LABEL}"),
                    ));
                }
                _ => {}
            }
        }
    }
}

/// A schedule has five fields or is one of the named ones.
fn check_schedule(schedule: &Value, causes: &mut Vec<Cause>) {
    let text = schedule.as_str().unwrap_or_default();
    let fields: Vec<&str> = text.split_whitespace().collect();
    if text.is_empty() {
        causes.push(required("spec.schedule".into()));
    } else if !text.starts_with('@') && fields.len() != 5 {
        let (count, all) = (fields.len(), fields.join(" "));
        let why = format!("Invalid value: {text:?}: expected exactly 5 fields, found {count}: [{all}]");
        causes.push(("spec.schedule".into(), "FieldValueInvalid", why));
    }
}

fn check_workload(resource: &Resource, value: &Value, causes: &mut Vec<Cause>) {
    let spec = &value["spec"];
    if let Some(replicas) = spec["replicas"].as_i64().filter(|replicas| *replicas < 0) {
        let text = format!("Invalid value: {replicas}: must be greater than or equal to 0");
        causes.push(("spec.replicas".into(), "FieldValueInvalid", text));
    }
    if resource.plural == "jobs" {
        return;
    }
    if !spec["selector"].is_object() {
        causes.push(required("spec.selector".into()));
        return;
    }
    let labels = &spec["template"]["metadata"]["labels"];
    let wanted = spec["selector"]["matchLabels"].as_object().into_iter().flatten();
    if wanted.into_iter().any(|(key, value)| labels[key] != *value) {
        let text = format!("Invalid value: {labels}: `selector` does not match template `labels`");
        causes.push(("spec.template.metadata.labels".into(), "FieldValueInvalid", text));
    }
}

fn is_subdomain(name: &str) -> bool {
    let label = |label: &str| {
        let edge = |letter: Option<char>| {
            letter.is_some_and(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        };
        edge(label.chars().next())
            && edge(label.chars().last())
            && label
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
    };
    name.len() <= 253 && name.split('.').all(label)
}
