//! What every write is brought under: places, versions, and who may write which part of an object. What an object may be is judged elsewhere.

use serde_json::{Value, json};

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
        let why = format!("namespace {place} is being terminated");
        let cause =
            json!({ "reason": "NamespaceTerminating", "message": why, "field": "metadata.namespace" });
        let mut details = json!({ "name": name, "kind": target.resource.plural, "causes": [cause] });
        if !target.resource.group.is_empty() {
            details["group"] = (*target.resource.group).into();
        }
        return Err(Status {
            details,
            ..Status::new(403, "Forbidden", message)
        });
    }
    Ok(())
}

/// Debugging containers stay (`pkg/apis/core/validation`, `ValidatePodEphemeralContainersUpdate`).
pub(super) fn check_debugging(target: &Target, current: &Value, new: &Value) -> Result<(), Status> {
    const FIELD: &str = "spec.ephemeralContainers";
    let all = |pod: &Value| {
        pod["spec"]["ephemeralContainers"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let given = all(new);
    for (at, one) in all(current).iter().enumerate() {
        let name = one["name"].as_str().unwrap_or_default();
        let text = match given.iter().find(|other| other["name"] == one["name"]) {
            None => format!("Forbidden: existing ephemeral containers {name:?} may not be removed\n"),
            Some(other) if other != one => {
                format!("Forbidden: existing ephemeral containers {name:?} may not be changed\n")
            }
            Some(_) => continue,
        };
        let field = if text.ends_with("removed\n") {
            FIELD.to_owned()
        } else {
            format!("{FIELD}[{at}]")
        };
        let cause = (field.as_str(), "FieldValueForbidden", text.as_str());
        return Err(Status::invalid("Pod", target.object(), cause));
    }
    Ok(())
}

/// Gives a new object its name, if only the beginning of one is there.
pub(super) fn name(shared: &Shared, value: &mut Value) {
    let text = |key: &str| value["metadata"][key].as_str().unwrap_or_default();
    let stem = text("generateName");
    if text("name").is_empty() && !stem.is_empty() {
        value["metadata"]["name"] = shared.store.generated(stem).into();
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

/// Kinds that are only replaced from a version that the client knows (`AllowUnconditionalUpdate` in `pkg/registry`).
const VERSIONED: &[&str] = &[
    "clustertrustbundles",
    "csidrivers",
    "csinodes",
    "csistoragecapacities",
    "leasecandidates",
    "leases",
    "mutatingwebhookconfigurations",
    "poddisruptionbudgets",
    "runtimeclasses",
    "storageversions",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "validatingwebhookconfigurations",
    "volumeattachments",
];

/// What a replacement says of the version it is made from.
///
/// # Errors
/// 422 without one where there must be one, 500 for what is no version.
pub(super) fn check_versioned(target: &Target, value: &Value) -> Result<(), Status> {
    let resource = &target.resource;
    match value["metadata"]["resourceVersion"].as_str().unwrap_or_default() {
        "" | "0" if resource.is_custom() || VERSIONED.contains(&&*resource.plural) => {
            let text = "Invalid value: 0: must be specified for an update";
            let cause = ("metadata.resourceVersion", "FieldValueInvalid", text);
            Err(Status::invalid(&resource.qualified(), target.object(), cause))
        }
        "" => Ok(()),
        version if version.bytes().all(|digit| digit.is_ascii_digit()) => Ok(()),
        version => {
            let text = format!("strconv.ParseUint: parsing {version:?}: invalid syntax");
            Err(Status::new(500, "", text))
        }
    }
}

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
        }
    }
    Ok(())
}

/// A patch changes neither name nor uid.
pub(super) fn check_identity(target: &Target, current: &Value, new: &Value) -> Result<(), Status> {
    let text = |value: &Value, key: &str| value["metadata"][key].as_str().unwrap_or_default().to_owned();
    let (name, uid) = (text(new, "name"), text(new, "uid"));
    if !name.is_empty() && name != target.object() {
        return Err(other_name(target, &name));
    }
    if !uid.is_empty() && uid != text(current, "uid") {
        let why = format!("Invalid value: {uid:?}: field is immutable");
        let cause = ("metadata.uid", "FieldValueInvalid", why.as_str());
        let mut status = Status::invalid(&target.resource.qualified_kind(), target.object(), cause);
        // Judged twice there, and told once.
        if let Some(all) = status.details["causes"].as_array_mut() {
            all.extend_from_within(..);
        }
        return Err(status);
    }
    Ok(())
}

/// The refusal of an object that has another name than its path.
pub(super) fn other_name(target: &Target, name: &str) -> Status {
    Status::bad_request(format!(
        "the name of the object ({name}) does not match the name on the URL ({})",
        target.object()
    ))
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
