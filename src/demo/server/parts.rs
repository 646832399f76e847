//! Subresources that change things: status, scale, eviction, binding, finalize, token and approval. Logs, streams and proxies are elsewhere.

use std::sync::Arc;

use hyper::{Method, Response};
use serde_json::{Value, json};

use super::answer::{self, Body};
use super::auth::ISSUER;
use super::request::Request;
use super::route::{Target, is_proxy};
use super::user::User;
use super::write::delete;
use super::{Shared, exec, forward, get, log, proxy, write};
use crate::clock::Timestamp;
use crate::demo::kubelet_api::Admission;
use crate::demo::resource::Resource;
use crate::demo::selector;
use crate::demo::status::Status;

/// A request for a subresource of an object.
pub(super) fn dispatch(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
    part: &str,
) -> Result<Response<Body>, Status> {
    ask(shared, target, part)?;
    match (part, request.method()) {
        ("log", &Method::GET) => log::log(shared, request, target),
        ("exec" | "attach", &Method::GET | &Method::POST) => exec::exec(shared, request, target),
        ("portforward", &Method::GET | &Method::POST) => forward::forward(shared, request, target),
        ("scale", &Method::GET) => {
            let object = get::find(shared, target)?.value();
            answer_scale(shared, request, (target, &object))
        }
        ("scale", &Method::PUT | &Method::PATCH) => set_scale(shared, request, target),
        ("eviction", &Method::POST) => evict(shared, request, target),
        ("binding", &Method::POST) => bind(shared, request, target),
        ("token", &Method::POST) => token(shared, request, target),
        ("status" | "ephemeralcontainers" | "resize" | "approval", &Method::GET) => {
            get::get(shared, request, target)
        }
        ("status" | "ephemeralcontainers" | "resize" | "approval" | "finalize", &Method::PUT) => {
            write::update(shared, request, target)
        }
        ("status" | "ephemeralcontainers" | "resize" | "approval", &Method::PATCH) => {
            write::patch(shared, request, target)
        }
        (part, _) if is_proxy(part) => proxy::proxy(shared, request, target),
        _ => Err(Status::method_not_allowed()),
    }
}

/// Asks admission about what is no write of the object: streams and evictions.
fn ask(shared: &Shared, target: &Target, part: &str) -> Result<(), Status> {
    let operation = match part {
        "exec" | "attach" | "portforward" => "CONNECT",
        part if is_proxy(part) => "CONNECT",
        "eviction" | "binding" | "token" => "CREATE",
        _ => return Ok(()),
    };
    let wish = Admission {
        operation,
        subresource: part,
        ..Admission::creation(&target.resource, target.space(), target.object())
    };
    shared.kubelets.refuse(&wish, &Value::Null)
}

/// Where a kind keeps what `Scale` shows: (spec, status, selector) paths in the object.
fn scale_paths(target: &Target) -> Result<[String; 3], Status> {
    if !target.resource.is_custom() {
        return Ok([".spec.replicas", ".status.replicas", ".spec.selector"].map(String::from));
    }
    let scale = &target.resource.definition["subresources"]["scale"];
    let path = |key: &str| scale[key].as_str().map(str::to_owned);
    match (path("specReplicasPath"), path("statusReplicasPath")) {
        (Some(spec), Some(status)) => Ok([spec, status, path("labelSelectorPath").unwrap_or_default()]),
        _ => Err(Status::no_such_path()),
    }
}

fn pointer(path: &str) -> String {
    path.replace('.', "/")
}

fn scale_of(object: &Value, target: &Target) -> Result<Value, Status> {
    let [spec, status, selector] = scale_paths(target)?;
    let number = |path: &str| {
        object
            .pointer(&pointer(path))
            .and_then(Value::as_i64)
            .unwrap_or(0)
    };
    let selector = match object
        .pointer(&pointer(&selector))
        .filter(|_| !selector.is_empty())
    {
        Some(Value::String(text)) => text.clone(),
        Some(stated) => selector::text(stated),
        None => String::new(),
    };
    let meta = &object["metadata"];
    let mut scale = json!({ "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": { "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"],
            "resourceVersion": meta["resourceVersion"], "creationTimestamp": meta["creationTimestamp"] },
        "spec": { "replicas": number(&spec) }, "status": { "replicas": number(&status) } });
    if !selector.is_empty() {
        scale["status"]["selector"] = selector.into();
    }
    Ok(scale)
}

fn set_scale(shared: &Arc<Shared>, request: &Request, target: &Target) -> Result<Response<Body>, Status> {
    let [path, ..] = scale_paths(target)?;
    let body = (*request.method() == Method::PUT)
        .then(|| write::json(request))
        .transpose()?;
    let changed = write::modify(shared, request, target, |current| {
        let scale = scale_of(current, target)?;
        let wanted = match &body {
            Some(body) => body.clone(),
            None => write::patched(request, &scale, &target.resource)?,
        };
        write::check_name(target, &wanted)?;
        let version = wanted["metadata"]["resourceVersion"]
            .as_str()
            .filter(|version| !version.is_empty());
        if version.is_some_and(|version| current["metadata"]["resourceVersion"] != version) {
            return Err(Status::conflict(&target.resource.qualified(), target.object()));
        }
        let replicas = wanted["spec"]["replicas"].as_i64().unwrap_or(0);
        if replicas < 0 {
            let text = format!("Invalid value: {replicas}: must be greater than or equal to 0");
            return Err(Status::invalid(
                "Scale.autoscaling",
                target.object(),
                ("spec.replicas", "FieldValueInvalid", &text),
            ));
        }
        let mut new = current.clone();
        let mut place = &mut new;
        for step in path.split('.').filter(|step| !step.is_empty()) {
            place = &mut place[step];
        }
        *place = replicas.into();
        Ok(new)
    })?;
    answer_scale(shared, request, (target, &changed))
}

/// Answers with the `Scale` of an object, in the form the client asks for.
fn answer_scale(
    shared: &Arc<Shared>,
    request: &Request,
    (target, object): (&Target, &Value),
) -> Result<Response<Body>, Status> {
    let mut shown = target.clone();
    shown.resource = Arc::new(Resource::scale());
    write::answer_with(shared, request, (&shown, 200), &scale_of(object, target)?)
}

/// An eviction: a deletion that a disruption budget may refuse (policy/v1; `pkg/registry/core/pod/storage/eviction.go`).
fn evict(shared: &Arc<Shared>, request: &Request, target: &Target) -> Result<Response<Body>, Status> {
    let body = write::json(request)?;
    let named = body["metadata"]["name"].as_str().filter(|name| !name.is_empty());
    if named.is_some_and(|name| name != target.object()) {
        return Err(Status::bad_request(
            "name in URL does not match name in Eviction object",
        ));
    }
    let pod = get::find(shared, target)?;
    let value = pod.value();
    let ended = matches!(value["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    let options = delete::Options::of_eviction(&body["deleteOptions"]);
    if !ended && !pod.deleting {
        let labels = &value["metadata"]["labels"];
        let budgets = shared.store.list("poddisruptionbudgets", Some(target.space()));
        let guarding: Vec<Value> = budgets
            .iter()
            .map(|one| one.value())
            .filter(|one| selector::selects(&one["spec"]["selector"], labels))
            .collect();
        match guarding.as_slice() {
            [] => {}
            [budget] => use_budget(shared, target, budget)?,
            _ => {
                return Err(Status::internal(
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
                ));
            }
        }
    }
    delete::delete(shared, &target.resource, &pod, &options)?;
    Ok(answer::json_of(
        201,
        &json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 }),
    ))
}

/// Takes one disruption from a budget, or refuses with 429.
fn use_budget(shared: &Shared, target: &Target, budget: &Value) -> Result<(), Status> {
    let name = budget["metadata"]["name"].as_str().unwrap_or_default();
    shared
        .store
        .try_modify("poddisruptionbudgets", target.space(), name, |budget| {
            let allowed = budget["status"]["disruptionsAllowed"].as_i64().unwrap_or(0);
            if allowed > 0 {
                budget["status"]["disruptionsAllowed"] = (allowed - 1).into();
                return Ok(());
            }
            let (wanted, healthy) = (
                &budget["status"]["desiredHealthy"],
                &budget["status"]["currentHealthy"],
            );
            let text = format!(
                "The disruption budget {name} needs {} healthy pods and has {} currently",
                wanted.as_i64().unwrap_or(0),
                healthy.as_i64().unwrap_or(0)
            );
            let message = "Cannot evict pod as it would violate the pod's disruption budget.";
            let mut status = Status::new(429, "TooManyRequests", message);
            status.details = json!({ "causes": [{ "reason": "DisruptionBudget", "message": text }] });
            Err(status)
        })?;
    Ok(())
}

fn bind(shared: &Arc<Shared>, request: &Request, target: &Target) -> Result<Response<Body>, Status> {
    let body = write::json(request)?;
    let node = body["target"]["name"].as_str().unwrap_or_default().to_owned();
    let now = Timestamp::from_seconds(shared.store.clock().now().seconds()).rfc3339();
    shared.store.try_modify("pods", target.space(), target.object(), |pod| {
        if let Some(have) = pod["spec"]["nodeName"].as_str().filter(|have| !have.is_empty()) {
            let why = format!("pod {} is already assigned to node {have:?}", target.object());
            return Err(Status::conflict_because("pods/binding", target.object(), &why));
        }
        pod["spec"]["nodeName"] = node.as_str().into();
        let bound = json!({ "type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": now });
        if !pod["status"]["conditions"].is_array() {
            pod["status"]["conditions"] = json!([]);
        }
        if let Some(all) = pod["status"]["conditions"].as_array_mut() {
            all.retain(|one| one["type"] != "PodScheduled");
            all.push(bound);
        }
        Ok(())
    })?;
    Ok(answer::json_of(
        201,
        &json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 }),
    ))
}

/// A token with which one is the service account.
fn token(shared: &Arc<Shared>, request: &Request, target: &Target) -> Result<Response<Body>, Status> {
    let account = get::find(shared, target)?;
    let mut review = write::json(request)?;
    let seconds = review["spec"]["expirationSeconds"].as_i64().unwrap_or(3600);
    check_duration(seconds)?;
    let now = shared.store.clock().now();
    let until = Timestamp::from_seconds(now.seconds() + seconds);
    review["kind"] = "TokenRequest".into();
    review["apiVersion"] = "authentication.k8s.io/v1".into();
    if !review["spec"]["audiences"].is_array() {
        review["spec"]["audiences"] = json!([ISSUER]);
    }
    review["spec"]["expirationSeconds"] = seconds.into();
    if review["spec"].get("boundObjectRef").is_none() {
        review["spec"]["boundObjectRef"] = Value::Null;
    }
    review["metadata"] = json!({ "name": &*account.name, "namespace": &*account.namespace, "uid": &*account.uid,
        "creationTimestamp": Timestamp::from_seconds(now.seconds()).rfc3339() });
    let user = User::account(&account.namespace, &account.name, &account.uid);
    let token = shared
        .tokens
        .issue(user, &review["spec"]["audiences"], until, now)?;
    review["status"] = json!({ "token": token, "expirationTimestamp": until.rfc3339() });
    Ok(answer::json_of(201, &review))
}

/// How long a token may be good for (`pkg/apis/authentication/validation`, `ValidateTokenRequest`).
fn check_duration(seconds: i64) -> Result<(), Status> {
    let wrong = match seconds {
        ..600 => "may not specify a duration less than 10 minutes",
        600..=0x1_0000_0000 => return Ok(()),
        _ => "may not specify a duration larger than 2^32 seconds",
    };
    let text = format!("Invalid value: {seconds}: {wrong}");
    let cause = ("spec.expirationSeconds", "FieldValueInvalid", text.as_str());
    Err(Status::invalid("TokenRequest.authentication.k8s.io", "", cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_good_for_ten_minutes_to_two_to_the_32_seconds() {
        assert!(check_duration(600).is_ok() && check_duration(1 << 32).is_ok());
        let told = |seconds| check_duration(seconds).unwrap_err().message;
        assert_eq!(
            told(599),
            "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes"
        );
        assert!(told(i64::MAX).ends_with("may not specify a duration larger than 2^32 seconds"));
    }
}
