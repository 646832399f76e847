//! Who asks, and whether they may: one administrator with a token, and the rights that a test takes away.

use super::Shared;
use super::request::Request;
use super::route::Target;
use crate::demo::status::Status;

/// The only user.
pub(super) const USER: &str = "demo-admin";

/// Lets in who has the token.
pub(super) fn authenticate(shared: &Shared, request: &Request) -> Result<(), Status> {
    match request.header("authorization").strip_prefix("Bearer ") {
        Some(token) if token.trim() == shared.token => Ok(()),
        _ => Err(Status::new(401, "Unauthorized", "Unauthorized")),
    }
}

/// Refuses what a test has forbidden, in the words of the RBAC authorizer.
pub(super) fn authorize(shared: &Shared, request: &Request, target: &Target) -> Result<(), Status> {
    let verb = match (target.subresource.as_deref(), target.verb(request)) {
        (Some("exec" | "attach" | "portforward"), _) => "create",
        (_, verb) => verb,
    };
    let resource = match &target.subresource {
        None => target.resource.plural.to_string(),
        Some(sub) => format!("{}/{sub}", target.resource.plural),
    };
    if !shared.faults.forbids(verb, &resource, target.space()) {
        return Ok(());
    }
    let qualified = target.resource.qualified();
    let object = target
        .name
        .as_ref()
        .map_or(qualified.clone(), |name| format!("{qualified} \"{name}\""));
    let place = match &target.namespace {
        Some(namespace) => format!("in the namespace \"{namespace}\""),
        None => "at the cluster scope".to_owned(),
    };
    let group = &target.resource.group;
    let message = format!(
        "{object} is forbidden: User \"{USER}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" {place}"
    );
    let mut status = Status::new(403, "Forbidden", message);
    status.details = serde_json::json!({ "kind": target.resource.plural });
    if let Some(name) = &target.name {
        status.details["name"] = name.as_str().into();
    }
    if !group.is_empty() {
        status.details["group"] = group.to_string().into();
    }
    Err(status)
}
