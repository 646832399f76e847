//! Reviews: may I, who am I. Nothing is stored.

use std::sync::Arc;

use hyper::Response;
use serde_json::{Value, json};

use super::answer::{self, Body};
use super::request::Request;
use super::route::Target;
use super::{Shared, auth, write};
use crate::demo::status::Status;

pub(super) fn create(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    let mut review = write::json(request)?;
    if !review.is_object() {
        return Err(Status::bad_request(
            "the object provided is unrecognized (must be of type Object)",
        ));
    }
    review["kind"] = (*target.resource.kind).into();
    review["apiVersion"] = target.resource.api_version().into();
    if !review["metadata"].is_object() {
        review["metadata"] = json!({ "creationTimestamp": null });
    }
    review["status"] = match &*target.resource.plural {
        "selfsubjectaccessreviews" | "subjectaccessreviews" | "localsubjectaccessreviews" => {
            access(shared, &review["spec"])
        }
        "selfsubjectrulesreviews" => rules(shared, review["spec"]["namespace"].as_str()),
        "selfsubjectreviews" => json!({ "userInfo": user() }),
        "tokenreviews" => {
            let known = review["spec"]["token"] == shared.token.as_str();
            if known {
                json!({ "authenticated": true, "user": user() })
            } else {
                json!({ "user": {} })
            }
        }
        _ => return Err(Status::method_not_allowed()),
    };
    Ok(answer::json_of(201, &review))
}

fn user() -> Value {
    json!({ "username": auth::USER, "groups": ["system:masters", "system:authenticated"] })
}

fn access(shared: &Shared, spec: &Value) -> Value {
    let asked = &spec["resourceAttributes"];
    let text = |key: &str| asked[key].as_str().unwrap_or_default();
    let resource = match text("subresource") {
        "" => text("resource").to_owned(),
        sub => format!("{}/{sub}", text("resource")),
    };
    if shared.faults.forbids(text("verb"), &resource, text("namespace")) {
        return json!({ "allowed": false });
    }
    json!({ "allowed": true })
}

fn rules(shared: &Shared, namespace: Option<&str>) -> Value {
    let denied = shared.faults.denials(namespace.unwrap_or_default());
    let everything = vec![json!({ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] })];
    let resources = if denied.is_empty() {
        everything
    } else {
        permitted(shared, &denied)
    };
    let mut all = vec![
        json!({ "verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"] }),
        json!({ "verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"] }),
    ];
    all.extend(resources);
    // What `system:discovery`, an administrator and `system:public-info-viewer` may.
    let public = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
    let discovery = [
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/openapi",
        "/openapi/*",
        "/readyz",
        "/version",
        "/version/",
    ];
    let paths = json!([{ "verbs": ["get"], "nonResourceURLs": discovery }, { "verbs": ["*"], "nonResourceURLs": ["*"] },
        { "verbs": ["get"], "nonResourceURLs": public }]);
    json!({ "resourceRules": all, "nonResourceRules": paths, "incomplete": false })
}

/// One rule per resource, without the verbs that are denied.
fn permitted(shared: &Shared, denied: &[(String, String)]) -> Vec<Value> {
    let all = shared.store.registry().all();
    let rule = |resource: &Arc<crate::demo::resource::Resource>| {
        let denies = |verb: &str| {
            denied
                .iter()
                .any(|(no, what)| (no == verb || no == "*") && (*what == resource.plural || what == "*"))
        };
        let verbs: Vec<_> = resource.verbs.iter().filter(|verb| !denies(verb)).collect();
        json!({ "verbs": verbs, "apiGroups": [resource.group], "resources": [resource.plural] })
    };
    all.iter()
        .map(rule)
        .filter(|rule| rule["verbs"] != json!([]))
        .collect()
}
