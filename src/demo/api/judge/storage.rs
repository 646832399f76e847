//! Claims, volumes and storage classes (`pkg/apis/core/validation`, `pkg/apis/storage/validation`).

use serde_json::{Value, json};

use super::amount::milli;
use super::wrong::Wrong;
use super::{Case, entries, list, text};
use crate::demo::names;
use crate::rules::volume::NO_SOURCES;

const MODES: [&str; 4] = [
    "ReadOnlyMany",
    "ReadWriteMany",
    "ReadWriteOnce",
    "ReadWriteOncePod",
];
const VOLUME_MODES: [&str; 2] = ["Block", "Filesystem"];
const FROZEN: &str = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

pub(super) fn claim(case: &Case<'_>, wrong: &mut Wrong) {
    let spec = &case.new["spec"];
    if list(spec, "accessModes").is_empty() {
        wrong.required("spec.accessModes", "at least 1 access mode is required");
    }
    wrong.selector("spec.selector", &spec["selector"]);
    for mode in list(spec, "accessModes") {
        wrong.one_of("spec.accessModes", mode, &MODES);
    }
    match &spec["resources"]["requests"]["storage"] {
        Value::Null => wrong.required("spec.resources[storage]", ""),
        size if milli(size) <= 0 => {
            wrong.invalid("spec.resources[storage]", size, "must be greater than zero");
        }
        _ => {}
    }
    let class = text(spec, "storageClassName");
    if !class.is_empty() {
        wrong.refused("spec.storageClassName", class, &names::subdomain(class));
    }
    wrong.one_of("spec.volumeMode", &spec["volumeMode"], &VOLUME_MODES);
    let Some(before) = case.before else { return };
    let bound = before["status"]["phase"] == "Bound";
    if frozen(&before["spec"], bound) != frozen(spec, bound) {
        return wrong.forbidden("spec", FROZEN);
    }
    let size = |claim: &Value| milli(&claim["spec"]["resources"]["requests"]["storage"]);
    let had = &before["status"]["capacity"]["storage"];
    if bound && size(case.new) < size(before) && size(case.new) < milli(had) {
        wrong.forbidden(
            "spec.resources.requests.storage",
            "field can not be less than status.capacity",
        );
    }
}

fn frozen(spec: &Value, bound: bool) -> Value {
    let mut spec = spec.clone();
    if let Some(map) = spec.as_object_mut() {
        map.retain(|key, value| key != "volumeAttributesClassName" && !value.is_null());
        // The binder may name the volume.
        if !bound {
            map.shift_remove("volumeName");
        }
    }
    if bound {
        spec["resources"] = json!({});
    }
    spec
}

pub(super) fn volume(case: &Case<'_>, wrong: &mut Wrong) {
    let spec = &case.new["spec"];
    if list(spec, "accessModes").is_empty() {
        wrong.required("spec.accessModes", "");
    }
    for mode in list(spec, "accessModes") {
        wrong.one_of("spec.accessModes", mode, &MODES);
    }
    let capacity = entries(&spec["capacity"]);
    if capacity.is_empty() {
        wrong.required("spec.capacity", "");
    }
    if capacity.len() != 1 || spec["capacity"]["storage"].is_null() {
        wrong.unsupported("spec.capacity", &spec["capacity"], &["storage"]);
    }
    let sources = entries(spec)
        .into_iter()
        .filter(|(key, value)| !NO_SOURCES.contains(key) && !value.is_null());
    match sources.count() {
        0 => wrong.required("spec", "must specify a volume type"),
        1 => {}
        _ => wrong.forbidden("spec", "may not specify more than 1 volume type"),
    }
    let policies = ["Delete", "Recycle", "Retain"];
    wrong.one_of(
        "spec.persistentVolumeReclaimPolicy",
        &spec["persistentVolumeReclaimPolicy"],
        &policies,
    );
    wrong.one_of("spec.volumeMode", &spec["volumeMode"], &VOLUME_MODES);
}

pub(super) fn class(case: &Case<'_>, wrong: &mut Wrong) {
    let new = case.new;
    if text(new, "provisioner").is_empty() {
        wrong.required("provisioner", "");
    }
    wrong.one_of("reclaimPolicy", &new["reclaimPolicy"], &["Delete", "Retain"]);
    let modes = ["Immediate", "WaitForFirstConsumer"];
    wrong.one_of("volumeBindingMode", &new["volumeBindingMode"], &modes);
    if case.before.is_none() {
        return;
    }
    if case.changes("/parameters") {
        wrong.forbidden("parameters", "updates to parameters are forbidden.");
    }
    if case.changes("/provisioner") {
        wrong.forbidden("provisioner", "updates to provisioner are forbidden.");
    }
    if case.changes("/reclaimPolicy") {
        wrong.forbidden("reclaimPolicy", "updates to reclaimPolicy are forbidden.");
    }
    wrong.immutable(
        "volumeBindingMode",
        case.changes("/volumeBindingMode"),
        &new["volumeBindingMode"],
    );
}
