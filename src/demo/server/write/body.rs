//! Reading what clients send. Judges only whether it can be read.

use serde_json::Value;

use super::options;
use crate::demo::api::{proto, validate};
use crate::demo::resource::Resource;
use crate::demo::server::request::Request;
use crate::demo::status::Status;

/// Whether this is a dry run.
pub(in crate::demo::server) fn is_dry(request: &Request) -> bool {
    request.param("dryRun") == Some("All")
}

/// The body as JSON (or YAML, if it says so); null if it is empty.
pub(in crate::demo::server) fn json(request: &Request) -> Result<Value, Status> {
    let kind = request.header("content-type");
    if request.body.is_empty() {
        return Ok(Value::Null);
    }
    if kind.contains("protobuf") {
        return proto::decode(&request.body).map_err(unreadable);
    }
    let media = kind.split(';').next().unwrap_or_default().trim();
    if !matches!(media, "" | "application/json" | "application/yaml") {
        let text = "the body of the request was in an unknown format - accepted media types include: application/json, \
                    application/yaml, application/vnd.kubernetes.protobuf";
        return Err(Status::new(415, "UnsupportedMediaType", text));
    }
    if kind.contains("yaml") {
        return yaml(&request.body);
    }
    serde_json::from_slice(&request.body).map_err(unreadable)
}

/// The document of a patch.
pub(super) fn patch(request: &Request) -> Result<Value, Status> {
    if request.header("content-type").contains("yaml") {
        return yaml(&request.body);
    }
    serde_json::from_slice(&request.body)
        .map_err(|error| Status::bad_request(format!("error decoding patch: {error}")))
}

fn yaml(bytes: &[u8]) -> Result<Value, Status> {
    let text = std::str::from_utf8(bytes).map_err(unreadable)?;
    serde_saphyr::from_str(text).map_err(|error| Status::bad_request(format!("error decoding YAML: {error}")))
}

fn unreadable(error: impl std::fmt::Display) -> Status {
    Status::bad_request(format!("couldn't get version/kind; json parse error: {error}"))
}

/// The refusal of an object of another kind.
fn other_kind(value: &Value, resource: &Resource) -> Option<Status> {
    let text = |key: &str| value[key].as_str().filter(|text| !text.is_empty());
    let (given, version) = (text("kind")?, text("apiVersion")?);
    if given == resource.kind || resource.is_custom() {
        return None;
    }
    let (group, kind) = (
        resource.group.split('.').next().unwrap_or_default(),
        &resource.kind,
    );
    let inner = if group.is_empty() { "core" } else { group };
    let version = version.rsplit('/').next().unwrap_or_default();
    Some(Status::bad_request(format!(
        "{given} in version {version:?} cannot be handled as a {kind}: converting ({version}.{given}) to ({inner}.{kind}): unknown conversion"
    )))
}

/// The body as an object of this resource.
pub(super) fn object(request: &Request, resource: &Resource) -> Result<Value, Status> {
    let mut value = json(request)?;
    if !value.is_object() {
        return Err(Status::bad_request(
            "the object provided is unrecognized (must be of type Object)",
        ));
    }
    if let Some(status) = other_kind(&value, resource) {
        return Err(status);
    }
    let (wanted, kind) = (resource.api_version(), &*resource.kind);
    if resource.is_custom() && value["kind"].as_str().is_none_or(str::is_empty) {
        return Err(Status::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): Object 'Kind' is missing in '{value}' ({value})"
        )));
    }
    for (key, wanted) in [("apiVersion", wanted.as_str()), ("kind", kind)] {
        match value[key].as_str() {
            None | Some("") => value[key] = wanted.into(),
            Some(given) if given == wanted => {}
            Some(given) if key == "apiVersion" && !resource.is_custom() => {
                return Err(Status::bad_request(format!(
                    "{kind} in version {:?} cannot be handled as a {kind}: no kind {kind:?} is registered for version {given:?} in \
                     scheme \"pkg/runtime/scheme.go:111\"",
                    resource.version
                )));
            }
            Some(given) => {
                let what = if key == "kind" { "kind" } else { "API version" };
                return Err(Status::bad_request(format!(
                    "the {what} in the data ({given}) does not match the expected {what} ({wanted})"
                )));
            }
        }
    }
    let unknown = validate::whole(options::unknown(request), resource, &mut value)?;
    for warning in unknown {
        request.warn(warning);
    }
    Ok(value)
}
