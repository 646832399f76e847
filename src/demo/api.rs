//! What the API says of objects, as plain rules on values: their defaults, what they may be, how patches merge into them, who set which field
//! (Kubernetes' own `pkg/apis`, `structured-merge-diff` and `strategicpatch`). Answers no requests and stores nothing.

pub mod amount;
pub mod defaults;
pub mod fields;
pub mod judge;
pub mod keys;
pub mod patch;
pub mod proto;
pub mod schema;
mod strategic;
pub mod validate;

use serde_json::Value;

use super::resource::Resource;
use super::status::Status;
use super::store::Store;
use patch::Kind;
use validate::Unknown;

/// Fills in and checks a new object, as the API server does before it asks anybody else.
///
/// # Errors
/// What is wrong with it.
pub fn complete(store: &Store, resource: &Resource, value: &mut Value) -> Result<(), Status> {
    validate::whole(Unknown::Refused, resource, value)?;
    clean_new(resource, value);
    defaults::fill(store, &resource.plural, value);
    judge::check(resource, None, (None, value))?;
    schema::check(resource, None, value)
}

/// An object as a strategic merge patch leaves it (a plain merge patch for kinds that are not built in), filled in and checked.
///
/// # Errors
/// What is wrong with the patch or with what it leaves.
pub fn merged(resource: &Resource, current: &Value, patch: &Value) -> Result<Value, Status> {
    let kind = if resource.is_custom() {
        Kind::Merge
    } else {
        Kind::Strategic
    };
    let mut new = kind.apply(current, patch, resource)?;
    let sent = (kind == Kind::Strategic, patch);
    validate::patched(Unknown::Refused, resource, (current, &mut new), sent)?;
    defaults::fill_changed(&resource.plural, &mut new);
    let mut before = current.clone();
    defaults::fill_changed(&resource.plural, &mut before);
    judge::check(resource, None, (Some(&before), &new))?;
    schema::check(resource, Some(current), &new)?;
    Ok(new)
}

/// Takes out of the metadata what holds nothing: the real server writes none of it (`omitempty` of `ObjectMeta`).
pub fn drop_empty_metadata(value: &mut Value) {
    let Some(meta) = value["metadata"].as_object_mut() else {
        return;
    };
    for key in ["labels", "annotations", "ownerReferences", "finalizers"] {
        let empty = match meta.get(key) {
            Some(Value::Object(map)) => map.is_empty(),
            Some(Value::Array(list)) => list.is_empty(),
            Some(other) => other.is_null(),
            None => false,
        };
        if empty {
            meta.shift_remove(key);
        }
    }
}

/// Takes out of a new object what only the server writes.
pub fn clean_new(resource: &Resource, value: &mut Value) {
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
    drop_empty_metadata(value);
    if resource.has("status")
        && resource.plural != "nodes"
        && let Some(object) = value.as_object_mut()
    {
        object.shift_remove("status");
    }
}
