//! Changing objects: create, update, patch. What is common to them; each step has a file below.

mod apply;
mod body;
pub(super) mod delete;
mod options;
mod rules;

use std::sync::{Arc, MutexGuard, PoisonError};

use hyper::{Method, Response};
use serde_json::Value;

use super::answer::{self, Body};
use super::definitions;
use super::request::Request;
use super::route::Target;
use super::{Shared, auth, get, view};
use crate::demo::api::{clean_new, defaults, drop_empty_metadata, fields, judge, patch, schema, validate};
use crate::demo::kubelet_api::Admission;
use crate::demo::resource::Resource;
use crate::demo::roles;
use crate::demo::status::Status;
use crate::demo::store::Object;

pub(super) use body::{is_dry, json};
pub(super) use options::check_deletion;

/// POST of a new object.
pub(super) fn create(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    let mut value = body::object(request, &target.resource)?;
    options::check(request, "CreateOptions")?;
    rules::check_place(shared, target, &mut value)?;
    let made = insert(shared, request, target, value)?;
    answer_with(shared, request, (target, 201), &made)
}

/// Stores a new object, after defaults, admission and checks. A dry run goes the same way but for the last step.
pub(super) fn insert(
    shared: &Shared,
    request: &Request,
    target: &Target,
    mut value: Value,
) -> Result<Value, Status> {
    let resource = &target.resource;
    view::to_stored(&mut value, resource);
    let versioned = !matches!(
        value["metadata"]["resourceVersion"].as_str(),
        None | Some("" | "0")
    );
    clean_new(resource, &mut value);
    rules::name(shared, &mut value);
    let now = shared.store.clock().now();
    defaults::fill(&shared.store, &resource.plural, &mut value);
    auth::check_escalation(shared, request.user(), (resource, target.space()), (None, &value))?;
    let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let wish = Admission {
        dry: is_dry(request),
        ..Admission::creation(resource, target.space(), &name)
    };
    shared.kubelets.complete(&wish, &mut value)?;
    judge::check(resource, None, (None, &value))?;
    schema::check(resource, None, &value)?;
    shared.kubelets.refuse(&wish, &value)?;
    fields::created(options::manager(request), &mut value, now);
    let _turn = number(shared, resource, (None, &mut value), wish.dry)?;
    if is_dry(request) {
        return dry_create(shared, target, value);
    }
    if versioned {
        let text = "resourceVersion should not be set on objects to be created";
        return Err(Status::new(500, "", text));
    }
    let made = shared.store.create(&resource.storage, target.space(), value)?;
    match &*resource.plural {
        definitions::STORED => definitions::establish(shared, &made),
        roles::STORED => roles::settle(&shared.store),
        _ => {}
    }
    Ok(made)
}

/// What a create would answer.
fn dry_create(shared: &Shared, target: &Target, mut value: Value) -> Result<Value, Status> {
    let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    if shared
        .store
        .object(&target.resource.storage, target.space(), &name)
        .is_some()
    {
        return Err(Status::already_exists(&target.resource.qualified(), &name));
    }
    if target.resource.namespaced {
        value["metadata"]["namespace"] = target.space().into();
    }
    let now = crate::clock::Timestamp::from_seconds(shared.store.clock().now().seconds());
    value["metadata"]["creationTimestamp"] = now.rfc3339().into();
    value["metadata"]["uid"] = "00000000-0000-4000-8000-000000000000".into();
    if target.resource.counts_generations() {
        value["metadata"]["generation"] = 1.into();
    }
    Ok(value)
}

/// PUT.
pub(super) fn update(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    let mut new = body::object(request, &target.resource)?;
    options::check(request, "UpdateOptions")?;
    rules::check_versioned(target, &new)?;
    rules::check_place(shared, target, &mut new)?;
    check_name(target, &new)?;
    view::to_stored(&mut new, &target.resource);
    change(shared, request, target, |_| Ok(new.clone()))
}

/// PATCH of any of the four kinds.
pub(super) fn patch(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    let kind = patch::Kind::of(request.header("content-type"))?;
    let document = body::patch(request)?;
    options::check_patch(request, kind == patch::Kind::Apply)?;
    if kind == patch::Kind::Apply {
        return apply::apply(shared, request, target, document);
    }
    let resource = Arc::clone(&target.resource);
    change(shared, request, target, |current| {
        let mut new = kind.apply(current, &document, &resource)?;
        rules::check_identity(target, current, &new)?;
        let strategic = kind == patch::Kind::Strategic;
        let sent = (strategic, &document);
        let unknown = validate::patched(options::unknown(request), &resource, (current, &mut new), sent)?;
        for warning in unknown {
            request.warn(warning);
        }
        Ok(new)
    })
}

/// The body is about the object that the path names.
pub(super) fn check_name(target: &Target, value: &Value) -> Result<(), Status> {
    let named = value["metadata"]["name"].as_str().unwrap_or_default();
    if named == target.object() {
        return Ok(());
    }
    Err(rules::other_name(target, named))
}

/// A plain patch of something that is not stored as it is shown.
pub(super) fn patched(request: &Request, current: &Value, resource: &Resource) -> Result<Value, Status> {
    let kind = match patch::Kind::of(request.header("content-type"))? {
        patch::Kind::Apply => patch::Kind::Merge,
        kind => kind,
    };
    kind.apply(current, &body::patch(request)?, resource)
}

/// Changes a stored object to what `compute` makes of it, under the rules of updates.
pub(super) fn change(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
    compute: impl Fn(&Value) -> Result<Value, Status>,
) -> Result<Response<Body>, Status> {
    let changed = modify(shared, request, target, compute)?;
    answer_with(shared, request, (target, 200), &changed)
}

/// As [`change`], giving the object.
pub(super) fn modify(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
    compute: impl Fn(&Value) -> Result<Value, Status>,
) -> Result<Value, Status> {
    let resource = &target.resource;
    let now = shared.store.clock().now();
    commit(shared, request, target, |current| {
        let mut served = current.clone();
        view::from_stored(&mut served, resource);
        let mut new = compute(&served)?;
        view::to_stored(&mut new, resource);
        defaults::fill_changed(&resource.plural, &mut new);
        judge_change(shared, request, target, (current, &mut new))?;
        if target.subresource.as_deref() == Some("ephemeralcontainers") {
            rules::check_debugging(target, current, &new)?;
            defaults::pod::run_ephemeral(&mut new, now);
        }
        fields::updated(
            options::manager(request),
            target.subresource.as_deref(),
            (current, &mut new),
            now,
        );
        Ok(new)
    })
}

/// Brings a changed object under the rules, or refuses it.
fn judge_change(
    shared: &Shared,
    request: &Request,
    target: &Target,
    (current, new): (&Value, &mut Value),
) -> Result<(), Status> {
    let resource = &target.resource;
    drop_empty_metadata(new);
    rules::check_update(target, current, new)?;
    if resource.plural == "services" {
        defaults::service::carry(current, new);
    }
    let place = (&**resource, target.space());
    auth::check_escalation(shared, request.user(), place, (Some(current), new))?;
    let wish = Admission {
        operation: "UPDATE",
        subresource: target.subresource.as_deref().unwrap_or_default(),
        old: Some(current),
        dry: is_dry(request),
        ..Admission::creation(resource, target.space(), target.object())
    };
    shared.kubelets.complete(&wish, new)?;
    let mut before = current.clone();
    defaults::fill_changed(&resource.plural, &mut before);
    judge::check(resource, target.subresource.as_deref(), (Some(&before), new))?;
    schema::check(resource, Some(current), new)?;
    shared.kubelets.refuse(&wish, new)
}

/// Gives a service the address and the node ports that it lacks and refuses those that it may not have. Nobody else gets any as long as what is
/// returned lives.
fn number<'a>(
    shared: &'a Shared,
    resource: &Resource,
    (before, service): (Option<&Value>, &mut Value),
    dry: bool,
) -> Result<Option<MutexGuard<'a, ()>>, Status> {
    if resource.plural != "services" {
        return Ok(None);
    }
    let turn = shared.numbering.lock().unwrap_or_else(PoisonError::into_inner);
    defaults::service::allocate(&shared.store, service);
    defaults::service::check(&shared.store, before, service, dry)?;
    Ok(Some(turn))
}

/// How often a change that somebody else overtakes is computed anew.
const TRIES: u32 = 8;

/// Stores what `compute` makes of an object, and again if somebody else was faster; nothing is stored in a dry run.
fn commit(
    shared: &Shared,
    request: &Request,
    target: &Target,
    compute: impl Fn(&Value) -> Result<Value, Status>,
) -> Result<Value, Status> {
    let resource = &target.resource;
    for _ in 0..TRIES {
        let current = get::find(shared, target)?.value();
        let mut new = compute(&current)?;
        let _turn = number(shared, resource, (Some(&current), &mut new), is_dry(request))?;
        if is_dry(request) {
            return Ok(new);
        }
        let mut overtaken = false;
        let changed = shared
            .store
            .try_modify(&resource.storage, target.space(), target.object(), |have| {
                overtaken = have["metadata"]["resourceVersion"] != current["metadata"]["resourceVersion"];
                if overtaken {
                    return Err(Status::conflict(&resource.qualified(), target.object()));
                }
                *have = new;
                Ok(())
            });
        if overtaken {
            continue;
        }
        let changed = changed?;
        delete::finish(shared, resource, &changed);
        if resource.plural == roles::STORED {
            roles::settle(&shared.store);
        }
        return Ok(changed);
    }
    Err(Status::conflict(&resource.qualified(), target.object()))
}

/// Answers with an object as a tree, in the form the client wants.
pub(super) fn answer_with(
    shared: &Shared,
    request: &Request,
    (target, code): (&Target, u16),
    value: &Value,
) -> Result<Response<Body>, Status> {
    let version = value["metadata"]["resourceVersion"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let object = Object::new(&target.resource, value, version);
    get::in_form(shared, request, (target, code), &object)
}

/// What a request for an object's collection or itself does when it changes something.
pub(super) fn dispatch(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    match *request.method() {
        Method::POST if target.name.is_none() => create(shared, request, target),
        Method::PUT => update(shared, request, target),
        Method::PATCH => patch(shared, request, target),
        Method::DELETE if target.name.is_some() => delete::one(shared, request, target),
        Method::DELETE => delete::many(shared, request, target),
        _ => Err(Status::method_not_allowed()),
    }
}

/// The answer to a successful request that has no object to show.
pub(super) fn success(code: u16, resource: &Resource, object: &Object) -> Response<Body> {
    let mut details =
        serde_json::json!({ "name": &*object.name, "kind": resource.plural, "uid": &*object.uid });
    if !resource.group.is_empty() {
        details["group"] = resource.group.to_string().into();
    }
    answer::json_of(
        code,
        &serde_json::json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details }),
    )
}
