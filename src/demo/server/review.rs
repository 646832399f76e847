//! Reviews: may I, who am I. Nothing is stored.

use std::sync::Arc;

use hyper::Response;
use serde_json::{Value, json};

use super::answer::{self, Body};
use super::auth::{self, Attributes};
use super::request::Request;
use super::route::Target;
use super::user::User;
use super::{Shared, write};
use crate::clock::Timestamp;
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
        review["metadata"] = json!({});
    }
    check(target, &review["spec"])?;
    let user = request.user();
    review["status"] = match &*target.resource.plural {
        "selfsubjectaccessreviews" => access(shared, user, &review["spec"]),
        "subjectaccessreviews" | "localsubjectaccessreviews" => {
            access(shared, &User::reviewed(&review["spec"]), &review["spec"])
        }
        "selfsubjectrulesreviews" => rules(shared, user, review["spec"]["namespace"].as_str()),
        "selfsubjectreviews" => {
            let now = Timestamp::from_seconds(shared.store.clock().now().seconds());
            review["metadata"]["creationTimestamp"] = now.rfc3339().into();
            json!({ "userInfo": user.json() })
        }
        "tokenreviews" => match auth::owner(shared, review["spec"]["token"].as_str().unwrap_or_default()) {
            Some(owner) => {
                json!({ "authenticated": true, "user": owner.json(), "audiences": [auth::ISSUER] })
            }
            None => json!({ "user": {}, "error": "invalid bearer token" }),
        },
        _ => return Err(Status::method_not_allowed()),
    };
    Ok(answer::json_of(201, &review))
}

/// What a review must say (`pkg/apis/authorization/validation`, `pkg/registry/authentication/tokenreview`).
fn check(target: &Target, spec: &Value) -> Result<(), Status> {
    let plural = &*target.resource.plural;
    let empty = |key: &str| spec[key].as_str().is_none_or(str::is_empty);
    let invalid = |field: &str, text: &str| {
        let text = format!("Invalid value: {text}");
        let cause = (field, "FieldValueInvalid", text.as_str());
        Err(Status::invalid(".authorization.k8s.io", "", cause))
    };
    match plural {
        "tokenreviews" if empty("token") => Err(Status::bad_request(
            "token is required for TokenReview in authentication",
        )),
        "selfsubjectrulesreviews" if empty("namespace") => {
            Err(Status::bad_request("no namespace on request"))
        }
        "selfsubjectaccessreviews" | "subjectaccessreviews" | "localsubjectaccessreviews" => {
            let names_nobody = empty("user") && spec["groups"].as_array().is_none_or(Vec::is_empty);
            if plural != "selfsubjectaccessreviews" && names_nobody {
                return invalid(
                    "spec.user",
                    "\"\": at least one of user or group must be specified",
                );
            }
            if spec["resourceAttributes"].is_object() == spec["nonResourceAttributes"].is_object() {
                let text =
                    "null: exactly one of nonResourceAttributes or resourceAttributes must be specified";
                return invalid("spec.resourceAttributes", text);
            }
            let asked = spec["resourceAttributes"]["namespace"]
                .as_str()
                .unwrap_or_default();
            if plural == "localsubjectaccessreviews" && asked != target.space() {
                let text = format!("{asked:?}: must match metadata.namespace");
                return invalid("spec.resourceAttributes.namespace", &text);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn access(shared: &Shared, user: &User, spec: &Value) -> Value {
    let path = &spec["nonResourceAttributes"];
    if path.is_object() {
        let text = |key: &str| path[key].as_str().unwrap_or_default();
        return json!({ "allowed": auth::may_path(shared, user, text("verb"), text("path")) });
    }
    let asked = &spec["resourceAttributes"];
    let text = |key: &str| asked[key].as_str().unwrap_or_default();
    let resource = match text("subresource") {
        "" => text("resource").to_owned(),
        sub => format!("{}/{sub}", text("resource")),
    };
    if shared.faults.forbids(text("verb"), &resource, text("namespace")) {
        return json!({ "allowed": false });
    }
    let wish = Attributes {
        verb: text("verb"),
        group: text("group"),
        resource,
        namespace: text("namespace"),
        name: text("name"),
    };
    let decision = auth::why(shared, user, &wish);
    let allowed = decision.is_ok();
    match decision {
        Ok(reason) | Err(reason) if reason.is_empty() => json!({ "allowed": allowed }),
        Ok(reason) | Err(reason) => json!({ "allowed": allowed, "reason": reason }),
    }
}

fn rules(shared: &Shared, user: &User, namespace: Option<&str>) -> Value {
    let denied = shared.faults.denials(namespace.unwrap_or_default());
    let (mut resources, mut paths) = auth::rules(shared, user, namespace.unwrap_or_default());
    if user.is_master() {
        if denied.is_empty() {
            resources.push(json!({ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }));
        } else {
            resources.extend(permitted(shared, &denied));
        }
        let every = json!({ "verbs": ["*"], "nonResourceURLs": ["*"] });
        if !paths.contains(&every) {
            paths.push(every);
        }
    }
    json!({ "resourceRules": resources, "nonResourceRules": paths, "incomplete": false })
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
