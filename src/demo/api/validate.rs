//! Field validation (`?fieldValidation=Strict|Warn|Ignore`): what a client writes has fields and values that the kind knows.

use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine};
use serde_json::Value;

use super::schema;
use crate::demo::api::proto::{self, Wrong};
use crate::demo::resource::Resource;
use crate::demo::status::Status;

/// What is done about fields that a kind does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// They are dropped.
    Ignored,
    /// They are dropped, and the client is told.
    Warned,
    /// Nothing is written.
    Refused,
}

/// Judges a whole object that a client sent, and drops what its kind does not have. Gives what to warn of.
///
/// # Errors
/// 400 for a value of a wrong type; for unknown fields only if they are to be refused.
pub fn whole(unknown: Unknown, resource: &Resource, value: &mut Value) -> Result<Vec<String>, Status> {
    let refusal = |why: &str| {
        let (kind, version) = (&resource.kind, &resource.version);
        Status::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: {why}"
        ))
    };
    let found = match proto::of(resource) {
        Some(message) => proto::check(message, value).map_err(|wrong| refusal(&wrong.decoding()))?,
        None => schema::fit(resource, value),
    };
    if let Some(at) = illegal_base64(resource, value) {
        return Err(refusal(&format!("illegal base64 data at input byte {at}")));
    }
    tell(unknown, &found, |why| refusal(&why))
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

/// Judges what a patch made of an object; only fields that the patch brought in count. Gives what to warn of.
///
/// # Errors
/// 422 that shows the patch if it is a strategic one, and what came of it otherwise.
pub fn patched(
    unknown: Unknown,
    resource: &Resource,
    (current, new): (&Value, &mut Value),
    (strategic, document): (bool, &Value),
) -> Result<Vec<String>, Status> {
    let Some(message) = proto::of(resource) else {
        let found = schema::fit(resource, new);
        return tell(unknown, &found, Status::bad_request);
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
    let mut found = proto::check(message, new).map_err(|wrong| refusal(&sent, &say(wrong)))?;
    found.retain(|path| !had.contains(path));
    tell(unknown, &found, |why| refusal(&sent, &why))
}

/// The warnings of unknown fields, or the refusal.
fn tell(
    unknown: Unknown,
    found: &[String],
    refusal: impl Fn(String) -> Status,
) -> Result<Vec<String>, Status> {
    let texts = found.iter().map(|path| format!("unknown field {path:?}"));
    match unknown {
        Unknown::Refused if !found.is_empty() => {
            let all: Vec<_> = texts.collect();
            Err(refusal(format!("strict decoding error: {}", all.join(", "))))
        }
        Unknown::Warned => Ok(texts.collect()),
        Unknown::Refused | Unknown::Ignored => Ok(Vec::new()),
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
