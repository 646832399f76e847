//! Field validation (`?fieldValidation=Strict|Warn|Ignore`): what a client writes has fields and values that the kind knows.

use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine};
use serde_json::Value;

use super::schema;
use crate::demo::resource::Resource;
use crate::demo::server::proto::{self, Wrong};
use crate::demo::server::request::Request;
use crate::demo::status::Status;

/// Judges a whole object that a client sent, and drops what its kind does not have. Without a request unknown fields are refused.
///
/// # Errors
/// 400 for a value of a wrong type; for unknown fields only if the client wants it strict.
pub(super) fn whole(request: Option<&Request>, resource: &Resource, value: &mut Value) -> Result<(), Status> {
    let refusal = |why: &str| {
        let (kind, version) = (&resource.kind, &resource.version);
        Status::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: {why}"
        ))
    };
    let unknown = match proto::of(resource) {
        Some(message) => proto::check(message, value).map_err(|wrong| refusal(&wrong.decoding()))?,
        None => schema::fit(resource, value),
    };
    if let Some(at) = illegal_base64(resource, value) {
        return Err(refusal(&format!("illegal base64 data at input byte {at}")));
    }
    tell(request, &unknown, |why| refusal(&why))
}

/// Where the first binary value of a Secret or ConfigMap is none.
fn illegal_base64(resource: &Resource, value: &Value) -> Option<usize> {
    let part = match (&*resource.group, &*resource.plural) {
        ("", "secrets") => "data",
        ("", "configmaps") => "binaryData",
        _ => return None,
    };
    let texts = value[part].as_object().into_iter().flatten();
    texts
        .filter_map(|(_, text)| text.as_str())
        .find_map(|text| match STANDARD.decode(text) {
            Ok(_) => None,
            Err(DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _)) => Some(at),
            Err(_) => Some(text.len()),
        })
}

/// Judges what a patch made of an object; only fields that the patch brought in count. Without a request unknown fields are refused.
///
/// # Errors
/// 422 that shows the patch if it is a strategic one, and what came of it otherwise.
pub(super) fn patched(
    request: Option<&Request>,
    resource: &Resource,
    (current, new): (&Value, &mut Value),
    (strategic, document): (bool, &Value),
) -> Result<(), Status> {
    let Some(message) = proto::of(resource) else {
        let unknown = schema::fit(resource, new);
        return tell(request, &unknown, Status::bad_request);
    };
    let mut before = current.clone();
    let had = proto::check(message, &mut before).unwrap_or_default();
    let refusal = |new: &Value, why: &str| {
        let shown = if strategic { go(document) } else { new.to_string() };
        let text = format!("Invalid value: {shown:?}: {why}");
        Status::invalid("", "", ("patch", "FieldValueInvalid", &text))
    };
    let sent = new.clone();
    let say = |wrong: Wrong| {
        if strategic {
            format!("unrecognized type: {}", wrong.wanted)
        } else {
            wrong.decoding()
        }
    };
    let mut unknown = proto::check(message, new).map_err(|wrong| refusal(&sent, &say(wrong)))?;
    unknown.retain(|path| !had.contains(path));
    tell(request, &unknown, |why| refusal(&sent, &why))
}

/// Warns of unknown fields, or refuses them.
fn tell(
    request: Option<&Request>,
    unknown: &[String],
    refusal: impl Fn(String) -> Status,
) -> Result<(), Status> {
    let level = request.map_or(Some("Strict"), |request| request.param("fieldValidation"));
    let texts = unknown.iter().map(|path| format!("unknown field {path:?}"));
    match level {
        _ if unknown.is_empty() => Ok(()),
        Some("Ignore") => Ok(()),
        Some("Strict") => {
            let all: Vec<_> = texts.collect();
            Err(refusal(format!("strict decoding error: {}", all.join(", "))))
        }
        _ => {
            texts.for_each(|text| request.into_iter().for_each(|request| request.warn(text.clone())));
            Ok(())
        }
    }
}

/// A document as Go's `%+v` writes it: `map[spec:map[replicas:three]]`.
fn go(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(text) => text.clone(),
        Value::Array(all) => format!("[{}]", all.iter().map(go).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let mut parts: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{key}:{}", go(value)))
                .collect();
            parts.sort();
            format!("map[{}]", parts.join(" "))
        }
        plain => plain.to_string(),
    }
}
