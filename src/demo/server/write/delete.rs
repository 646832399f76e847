//! Deletion: options, preconditions, grace, finalizers, propagation. What dependents do about it is the garbage collector's business.

use std::sync::Arc;
use std::time::Duration;

use hyper::Response;
use serde_json::{Value, json};

use super::{answer_with, check_deletion, is_dry, json, success};
use crate::clock::Timestamp;
use crate::demo::kubelet_api::Admission;
use crate::demo::resource::Resource;
use crate::demo::roles;
use crate::demo::server::answer::{self, Body};
use crate::demo::server::request::Request;
use crate::demo::server::route::Target;
use crate::demo::server::{Shared, definitions, get, list};
use crate::demo::status::Status;
use crate::demo::store::Object;

/// What a client asked for when it deletes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::demo::server) struct Options {
    grace_seconds: Option<i64>,
    propagation: Option<String>,
    uid: Option<String>,
    version: Option<String>,
    dry: bool,
}

impl Options {
    fn of(request: &Request) -> Result<Self, Status> {
        let body = json(request)?;
        check_deletion(request, &body)?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let orphan = body["orphanDependents"]
            .as_bool()
            .map(|orphan| if orphan { "Orphan" } else { "Background" }.to_owned());
        Ok(Self {
            grace_seconds: body["gracePeriodSeconds"]
                .as_i64()
                .or(request.number("gracePeriodSeconds")?),
            propagation: text(&body["propagationPolicy"])
                .or(request.param("propagationPolicy").map(str::to_owned))
                .or(orphan),
            uid: text(&body["preconditions"]["uid"]),
            version: text(&body["preconditions"]["resourceVersion"]),
            dry: is_dry(request) || body["dryRun"][0] == "All",
        })
    }

    /// The options of an eviction's `deleteOptions`.
    pub fn of_eviction(body: &Value) -> Self {
        Self {
            grace_seconds: body["gracePeriodSeconds"].as_i64(),
            uid: body["preconditions"]["uid"].as_str().map(str::to_owned),
            dry: body["dryRun"][0] == "All",
            ..Self::default()
        }
    }
}

/// DELETE of one object.
pub(in crate::demo::server) fn one(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    let options = Options::of(request)?;
    let object = get::find(shared, target)?;
    match delete(shared, &target.resource, &object, &options)? {
        Some(kept) => answer_with(shared, request, (target, 200), &kept),
        None if target.resource.plural == "pods" => get::in_form(shared, request, (target, 200), &object),
        None => Ok(success(200, &target.resource, &object)),
    }
}

/// DELETE of a collection: what the selectors choose.
pub(in crate::demo::server) fn many(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    let options = Options::of(request)?;
    let objects = list::objects(shared, request, target)?;
    let mut items = Vec::new();
    for object in &objects {
        // Somebody else may have been faster.
        let _ = delete(shared, &target.resource, object, &options);
        let mut item = object.value();
        if !target.resource.is_custom()
            && let Some(item) = item.as_object_mut()
        {
            item.shift_remove("kind");
            item.shift_remove("apiVersion");
        }
        items.push(item);
    }
    Ok(answer::json(
        &json!({ "kind": format!("{}List", target.resource.kind), "apiVersion": target.resource.api_version(),
        "metadata": { "resourceVersion": shared.store.version().to_string() }, "items": items }),
    ))
}

/// Deletes an object under the rules; the object as it now waits for its end, or `None` if it is gone.
pub(in crate::demo::server) fn delete(
    shared: &Shared,
    resource: &Resource,
    object: &Object,
    options: &Options,
) -> Result<Option<Value>, Status> {
    check(resource, object, options)?;
    let old = object.value();
    let wish = Admission {
        operation: "DELETE",
        old: Some(&old),
        dry: options.dry,
        ..Admission::creation(resource, &object.namespace, &object.name)
    };
    shared.kubelets.refuse(&wish, &Value::Null)?;
    let now = shared.store.clock().now();
    let mut value = object.value();
    mark(resource, &mut value, options, now);
    if options.dry {
        return Ok(waits(resource, &value).then_some(value));
    }
    // What need not wait is not marked first, which watchers would see.
    if finish(shared, resource, &value) {
        return Ok(None);
    }
    let marked = shared
        .store
        .modify(&resource.storage, &object.namespace, &object.name, |value| {
            mark(resource, value, options, now);
        })?;
    if finish(shared, resource, &marked) {
        Ok(None)
    } else {
        Ok(Some(marked))
    }
}

fn check(resource: &Resource, object: &Object, options: &Options) -> Result<(), Status> {
    let conflict = |what: &str, wanted: &str, have: &str| {
        let end = if what == "UID" {
            "deleted and then recreated"
        } else {
            "modified"
        };
        let why = format!(
            "the {what} in the precondition ({wanted}) does not match the {what} in record ({have}). The object might have been {end}"
        );
        Err(Status::conflict_because(
            &resource.qualified_kind(),
            &object.name,
            &why,
        ))
    };
    match (&options.uid, &options.version) {
        (Some(uid), _) if **uid != *object.uid => conflict("UID", uid, &object.uid),
        (_, Some(version)) if *version != object.version.to_string() => {
            conflict("ResourceVersion", version, &object.version.to_string())
        }
        _ => Ok(()),
    }
}

/// Notes on the object that it is to go, when, and what must happen before.
fn mark(resource: &Resource, value: &mut Value, options: &Options, now: Timestamp) {
    let finalizer = match options.propagation.as_deref() {
        Some("Foreground") => Some("foregroundDeletion"),
        Some("Orphan") => Some("orphan"),
        _ => None,
    };
    if let Some(finalizer) = finalizer {
        let meta = &mut value["metadata"];
        if !meta["finalizers"].is_array() {
            meta["finalizers"] = json!([]);
        }
        if let Some(all) = meta["finalizers"].as_array_mut()
            && !all.iter().any(|one| one == finalizer)
        {
            all.push(finalizer.into());
        }
    }
    let grace = if resource.plural == "pods" {
        pod_grace(value, options)
    } else {
        0
    };
    let meta = &mut value["metadata"];
    let shorter = meta["deletionGracePeriodSeconds"]
        .as_i64()
        .is_none_or(|have| grace < have);
    if meta["deletionTimestamp"].is_null() || shorter {
        let at = Timestamp(now.0 + Duration::from_secs(grace.unsigned_abs()).as_nanos() as i64);
        meta["deletionTimestamp"] = Timestamp::from_seconds(at.seconds()).rfc3339().into();
        meta["deletionGracePeriodSeconds"] = grace.into();
    }
    if resource.plural == "namespaces" {
        value["status"]["phase"] = "Terminating".into();
    }
}

/// How long a pod may take to end: what the client says, else what the pod says; pods that never ran or have ended get none.
fn pod_grace(pod: &Value, options: &Options) -> i64 {
    let ended = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    let placed = pod["spec"]["nodeName"]
        .as_str()
        .is_some_and(|node| !node.is_empty());
    if ended || !placed {
        return 0;
    }
    let own = pod["spec"]["terminationGracePeriodSeconds"]
        .as_i64()
        .unwrap_or(30);
    options.grace_seconds.unwrap_or(own).max(0)
}

/// Whether something must happen before a deleted object may go.
fn waits(resource: &Resource, value: &Value) -> bool {
    let any = |list: &Value| list.as_array().is_some_and(|all| !all.is_empty());
    let meta = &value["metadata"];
    any(&meta["finalizers"])
        || meta["deletionGracePeriodSeconds"].as_i64().unwrap_or(0) > 0
        || resource.plural == "namespaces" && any(&value["spec"]["finalizers"])
}

/// Takes an object away that is marked for deletion and has nothing left to wait for. Whether it did.
pub(in crate::demo::server) fn finish(shared: &Shared, resource: &Resource, value: &Value) -> bool {
    let meta = &value["metadata"];
    if meta["deletionTimestamp"].is_null() || waits(resource, value) {
        return false;
    }
    let text = |key: &str| meta[key].as_str().unwrap_or_default();
    let gone = shared
        .store
        .remove(&resource.storage, text("namespace"), text("name"))
        .is_ok();
    if resource.plural == definitions::STORED {
        definitions::withdraw(shared, value);
    }
    if resource.plural == roles::STORED {
        roles::settle(&shared.store);
    }
    gone
}
