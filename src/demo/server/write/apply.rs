//! Server-side apply: the client says what it wants, the server knows who said what before.

use std::sync::Arc;

use hyper::Response;
use serde_json::{Map, Value, json};

use super::options::manager;
use super::{answer_with, commit, get, insert, judge_change, rules, view};
use crate::demo::api::keys::{self, List};
use crate::demo::api::{defaults, fields, proto, schema};
use crate::demo::server::Shared;
use crate::demo::server::answer::Body;
use crate::demo::server::request::Request;
use crate::demo::server::route::Target;
use crate::demo::status::Status;

/// PATCH with `application/apply-patch+yaml`.
pub(super) fn apply(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
    mut wanted: Value,
) -> Result<Response<Body>, Status> {
    if request.param("fieldManager").is_none() {
        let cause = (
            "fieldManager",
            "FieldValueRequired",
            "Required value: is required for apply patch",
        );
        return Err(Status::invalid("PatchOptions.meta.k8s.io", "", cause));
    }
    if wanted["metadata"]
        .get("managedFields")
        .is_some_and(|given| !given.is_null())
    {
        return Err(Status::bad_request("metadata.managedFields must be nil"));
    }
    if wanted["kind"].as_str().is_none_or(str::is_empty) {
        return Err(Status::bad_request("invalid object type: /, Kind="));
    }
    rules::check_place(shared, target, &mut wanted)?;
    typed(target, &mut wanted)?;
    view::to_stored(&mut wanted, &target.resource);
    let now = shared.store.clock().now();
    let exists = get::find(shared, target).is_ok();
    if !exists && target.subresource.is_none() {
        let set = fields::of(&wanted);
        wanted["metadata"]["name"] = target.object().into();
        schema::fit(&target.resource, &mut wanted);
        let entry = fields::entry(manager(request), "Apply", None, (&wanted, set), now);
        wanted["metadata"]["managedFields"] = json!([entry]);
        let made = insert(shared, request, target, wanted)?;
        return answer_with(shared, request, (target, 201), &made);
    }
    let changed = commit(shared, request, target, |current| {
        let mut new = merged(request, target, current, &wanted)?;
        defaults::fill_changed(&target.resource.plural, &mut new);
        schema::fit(&target.resource, &mut new);
        judge_change(shared, request, target, (current, &mut new))?;
        let set = fields::of(&wanted);
        new["metadata"]["managedFields"] = managers(request, target, (current, &new), set, now);
        Ok(new)
    })?;
    answer_with(shared, request, (target, 200), &changed)
}

/// What is applied must have only fields of its kind, with values of their types.
fn typed(target: &Target, wanted: &mut Value) -> Result<(), Status> {
    let unknown = match proto::of(&target.resource) {
        Some(message) => proto::check(message, wanted),
        None => Ok(schema::unknown(&target.resource, wanted)),
    };
    let why = match unknown {
        Ok(unknown) => match unknown.first() {
            None => return Ok(()),
            Some(first) => format!(".{first}: field not declared in schema"),
        },
        Err(wrong) => wrong.applying(),
    };
    let place = [target.space(), target.object()].join("/");
    let (version, kind) = (target.resource.api_version(), &target.resource.kind);
    let text = format!("failed to create typed patch object ({place}; {version}, Kind={kind}): {why}");
    Err(Status::new(500, "", text))
}

/// The object with what is wanted merged in and what its manager no longer wants taken out.
fn merged(request: &Request, target: &Target, current: &Value, wanted: &Value) -> Result<Value, Status> {
    let name = manager(request);
    let set = fields::of(wanted);
    let all = current["metadata"]["managedFields"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let (mine, others): (Vec<&Value>, Vec<&Value>) = all
        .iter()
        .partition(|one| one["manager"] == name && one["operation"] == "Apply");
    if !request.flag("force") {
        refuse_conflicts(target, &others, &set, (current, wanted))?;
    }
    let mut new = current.clone();
    overlay(&mut new, wanted, "");
    let before = mine.first().map_or(Value::Null, |one| one["fieldsV1"].clone());
    let mut dropped = fields::apart(&before, &set);
    for other in others {
        dropped = fields::apart(&dropped, &other["fieldsV1"]);
    }
    take_out(&mut new, &dropped);
    Ok(new)
}

fn refuse_conflicts(
    target: &Target,
    others: &[&Value],
    set: &Value,
    (current, wanted): (&Value, &Value),
) -> Result<(), Status> {
    let (mut causes, mut lines) = (Vec::new(), Vec::new());
    for other in others {
        let mut paths = Vec::new();
        list_paths(
            &conflicts(&other["fieldsV1"], set, (current, wanted)),
            "",
            &mut paths,
        );
        let who = named(other);
        match paths.as_slice() {
            [] => {}
            [one] => lines.push(format!("conflict with {who}: {one}")),
            all => lines.push(format!("conflicts with {who}:\n- {}", all.join("\n- "))),
        }
        let how = format!("conflict with {who}");
        causes.extend(paths.into_iter().map(|path| (how.clone(), path)));
    }
    if causes.is_empty() {
        return Ok(());
    }
    let many = if causes.len() == 1 { "" } else { "s" };
    let message = format!(
        "Apply failed with {} conflict{many}: {}",
        causes.len(),
        lines.join("\n")
    );
    let listed: Vec<_> = causes
        .iter()
        .map(|(how, path)| json!({ "reason": "FieldManagerConflict", "message": how, "field": path }))
        .collect();
    let mut status = Status::conflict_because(&target.resource.qualified(), target.object(), "");
    status.message = message;
    status.details = json!({ "causes": listed });
    Err(status)
}

/// A manager as conflicts name it.
fn named(entry: &Value) -> String {
    let text = |key: &str| entry[key].as_str().unwrap_or_default();
    let manager = text("manager");
    if text("operation") == "Apply" {
        return format!("{manager:?}");
    }
    let part = match text("subresource") {
        "" => String::new(),
        part => format!(" with subresource {part:?}"),
    };
    format!("{manager:?}{part} using {}", text("apiVersion"))
}

/// The fields that both sets have and whose values differ.
fn conflicts(theirs: &Value, ours: &Value, (current, wanted): (&Value, &Value)) -> Value {
    let mut found = Map::new();
    for (step, inner) in ours.as_object().into_iter().flatten() {
        let Some(other) = theirs.get(step) else { continue };
        let Some(then) = fields::follow(wanted, step) else {
            continue;
        };
        // What they applied and the server turned into something else (`stringData`) is never the same.
        let now = fields::follow(current, step).unwrap_or(&Value::Null);
        if !fields::is_empty(inner) {
            let below = conflicts(other, inner, (now, then));
            if !fields::is_empty(&below) {
                found.insert(step.clone(), below);
            }
        } else if step != "." && replaces(step, now, then) {
            found.insert(step.clone(), json!({}));
        }
    }
    Value::Object(found)
}

/// Whether applying the leaf `then` makes another value of `now`: what merges by its elements loses none to an empty map or list.
fn replaces(step: &str, now: &Value, then: &Value) -> bool {
    let field = step.strip_prefix("f:").unwrap_or_default();
    let merges = match now {
        Value::Object(_) => !keys::is_atomic_map(field),
        Value::Array(now) => keys::of(field, now) != List::Atomic,
        _ => false,
    };
    now != then && !merges
}

/// The leaves of a set as people read them.
fn list_paths(set: &Value, path: &str, found: &mut Vec<String>) {
    for (step, inner) in set.as_object().into_iter().flatten() {
        let path = format!("{path}{}", shown(step));
        if fields::is_empty(inner) {
            found.push(path);
        } else {
            list_paths(inner, &path, found);
        }
    }
}

/// A step as people read it: `.spec`, `[name="web"]`.
fn shown(step: &str) -> String {
    match step.split_once(':') {
        Some(("f", field)) => format!(".{field}"),
        Some(("k", keys)) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let parts: Vec<_> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("[{}]", parts.join(","))
        }
        Some((_, value)) => format!("[={value}]"),
        None => String::new(),
    }
}

/// Lays `wanted` over `target`; lists merge by their keys.
fn overlay(target: &mut Value, wanted: &Value, field: &str) {
    match (target, wanted) {
        (Value::Object(into), Value::Object(wanted)) if !keys::is_atomic_map(field) => {
            for (key, value) in wanted.iter().filter(|(_, value)| !value.is_null()) {
                overlay(into.entry(key).or_insert(Value::Null), value, key);
            }
        }
        (Value::Array(into), Value::Array(wanted)) => {
            match keys::of(field, if into.is_empty() { wanted } else { into }) {
                List::Atomic => into.clone_from(wanted),
                List::ByKeys(keys) => {
                    for element in wanted {
                        match into.iter_mut().find(|one| keys::same(one, element, keys)) {
                            Some(one) => overlay(one, element, ""),
                            None => into.push(element.clone()),
                        }
                    }
                }
                List::Set => {
                    let new: Vec<_> = wanted.iter().filter(|one| !into.contains(one)).cloned().collect();
                    into.extend(new);
                }
            }
        }
        (target, wanted) => *target = wanted.clone(),
    }
}

/// Takes the fields of a set out of an object.
fn take_out(value: &mut Value, set: &Value) {
    for (step, inner) in set.as_object().into_iter().flatten() {
        let whole = fields::is_empty(inner) || inner.get(".").is_some();
        match (step.split_once(':'), value.as_array().is_some()) {
            (Some(("f", field)), _) => {
                if whole {
                    if let Some(map) = value.as_object_mut() {
                        map.shift_remove(field);
                    }
                } else if let Some(inside) = value.get_mut(field) {
                    take_out(inside, inner);
                    if inside.as_object().is_some_and(Map::is_empty)
                        || inside.as_array().is_some_and(Vec::is_empty)
                    {
                        value.as_object_mut().map(|map| map.shift_remove(field));
                    }
                }
            }
            (Some(("k" | "v", _)), true) => {
                let found = fields::follow(value, step).cloned();
                let Some(list) = value.as_array_mut() else {
                    continue;
                };
                if whole {
                    list.retain(|one| Some(one) != found.as_ref());
                } else if let Some(one) = list.iter_mut().find(|one| Some(&**one) == found.as_ref()) {
                    take_out(one, inner);
                }
            }
            _ => {}
        }
    }
}

/// The managers after an apply: this one owns what it wants, by force also what others had of it with another value. Its time tells when it
/// last changed the object, so an apply that changes nothing leaves it.
fn managers(
    request: &Request,
    target: &Target,
    (old, new): (&Value, &Value),
    set: Value,
    now: crate::clock::Timestamp,
) -> Value {
    let name = manager(request);
    let mut entry = fields::entry(name, "Apply", target.subresource.as_deref(), (new, set), now);
    let same = unmanaged(old) == unmanaged(new);
    if same {
        entry["time"] = Value::Null;
    }
    let mut entries = Vec::new();
    for mut one in old["metadata"]["managedFields"]
        .as_array()
        .cloned()
        .unwrap_or_default()
    {
        if one["manager"] == name && one["operation"] == "Apply" {
            if same {
                entry["time"] = one["time"].take();
            }
            continue;
        }
        let lost = conflicts(&one["fieldsV1"], &entry["fieldsV1"], (old, new));
        one["fieldsV1"] = fields::subtract(&one["fieldsV1"], &lost);
        if !fields::is_empty(&one["fieldsV1"]) {
            entries.push(one);
        }
    }
    if let Some(entry) = entry.as_object_mut().filter(|entry| entry["time"].is_null()) {
        entry.shift_remove("time");
    }
    entries.push(entry);
    fields::sort(&mut entries);
    Value::Array(entries)
}

/// The object without its managers, to see whether an apply changed anything.
fn unmanaged(value: &Value) -> Value {
    let mut value = value.clone();
    value["metadata"]["managedFields"] = Value::Null;
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_longer_wanted_goes_and_the_rest_stays() {
        let mut object = json!({ "spec": { "replicas": 3, "containers": [{ "name": "a", "image": "i", "tty": true }, { "name": "b" }] } });
        let dropped = json!({ "f:spec": { "f:replicas": {}, "f:containers": { "k:{\"name\":\"b\"}": { ".": {} },
            "k:{\"name\":\"a\"}": { "f:tty": {} } } } });
        take_out(&mut object, &dropped);
        assert_eq!(
            object,
            json!({ "spec": { "containers": [{ "name": "a", "image": "i" }] } })
        );
        overlay(
            &mut object,
            &json!({ "spec": { "containers": [{ "name": "a", "image": "j" }, { "name": "c" }] } }),
            "",
        );
        assert_eq!(
            object,
            json!({ "spec": { "containers": [{ "name": "a", "image": "j" }, { "name": "c" }] } })
        );
    }

    #[test]
    fn conflicts_are_fields_of_others_with_other_values() {
        let now = json!({ "spec": { "replicas": 3, "paused": true } });
        let wanted = json!({ "spec": { "replicas": 5, "paused": true } });
        let found = conflicts(&fields::of(&now), &fields::of(&wanted), (&now, &wanted));
        let mut paths = Vec::new();
        list_paths(&found, "", &mut paths);
        assert_eq!(paths, [".spec.replicas"]);
    }

    #[test]
    fn an_empty_map_conflicts_with_nobody_who_has_something_in_it() {
        let now = json!({ "data": { "b": "2" }, "spec": { "nodeSelector": { "a": "b" } } });
        let wanted = json!({ "data": {}, "spec": { "nodeSelector": {} } });
        let found = conflicts(&fields::of(&now), &fields::of(&wanted), (&now, &wanted));
        assert_eq!(found, json!({ "f:spec": { "f:nodeSelector": {} } }));
    }
}
