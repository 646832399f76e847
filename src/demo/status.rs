//! The API server's `Status` errors, worded as the real one words them (apimachinery `api/errors`). Knows nothing of HTTP connections.

use serde_json::{Value, json};

/// Why a request was refused: the body of an answer that is not 2xx.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Status {
    /// HTTP status code.
    pub code: u16,
    /// Machine-readable reason such as `NotFound`; empty if the real server has none.
    pub reason: &'static str,
    /// For people.
    pub message: String,
    /// The `details` object; null when there are none.
    pub details: Value,
}

impl Status {
    /// An error without details.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: Value::Null,
        }
    }

    fn about(code: u16, reason: &'static str, message: String, of: (&str, &str)) -> Self {
        let (qualified, name) = of;
        let (resource, group) = qualified.split_once('.').unwrap_or((qualified, ""));
        let mut details = serde_json::Map::new();
        details.insert("name".into(), name.into());
        if !group.is_empty() {
            details.insert("group".into(), group.into());
        }
        details.insert("kind".into(), resource.into());
        Self {
            code,
            reason,
            message,
            details: Value::Object(details),
        }
    }

    /// 404: `pods "x" not found`; `qualified` is `pods` or `deployments.apps`.
    pub fn not_found(qualified: &str, name: &str) -> Self {
        Self::about(
            404,
            "NotFound",
            format!("{qualified} \"{name}\" not found"),
            (qualified, name),
        )
    }

    /// 404 of a path that nobody serves.
    pub fn no_such_path() -> Self {
        Self {
            details: json!({}),
            ..Self::new(
                404,
                "NotFound",
                "the server could not find the requested resource",
            )
        }
    }

    /// 403 of somebody who may write, but not this.
    pub fn forbidden(qualified: &str, name: &str, why: &str) -> Self {
        let message = format!("{qualified} \"{name}\" is forbidden: {why}");
        Self::about(403, "Forbidden", message, (qualified, name))
    }

    /// 409 of a create: the name is taken.
    pub fn already_exists(qualified: &str, name: &str) -> Self {
        let message = format!("{qualified} \"{name}\" already exists");
        Self::about(409, "AlreadyExists", message, (qualified, name))
    }

    /// 409 of an update from an old version.
    pub fn conflict(qualified: &str, name: &str) -> Self {
        Self::conflict_because(
            qualified,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// 409 for another reason, such as a precondition.
    pub fn conflict_because(qualified: &str, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {qualified} \"{name}\": {why}");
        Self::about(409, "Conflict", message, (qualified, name))
    }

    /// 422 with one cause; `cause` is (field, type such as `FieldValueRequired`, text).
    pub fn invalid(kind: &str, name: &str, (field, reason, text): (&str, &str, &str)) -> Self {
        Self::invalid_all(kind, name, &[(field.into(), reason, text.into())])
    }

    /// 422 with several causes of a group-qualified kind, which is empty when the request itself is at fault.
    pub fn invalid_all(kind: &str, name: &str, causes: &[(String, &str, String)]) -> Self {
        let (bare, group) = kind.split_once('.').unwrap_or((kind, ""));
        let list: Vec<Value> = causes
            .iter()
            .map(|(field, reason, text)| json!({ "reason": reason, "message": text, "field": field }))
            .collect();
        let mut details = json!({});
        for (key, value) in [("name", name), ("group", group), ("kind", bare)] {
            if !value.is_empty() {
                details[key] = value.into();
            }
        }
        details["causes"] = list.into();
        let texts: Vec<_> = causes
            .iter()
            .map(|(field, _, text)| format!("{field}: {text}"))
            .collect();
        let why = match texts.as_slice() {
            [one] => one.clone(),
            all => format!("[{}]", all.join(", ")),
        };
        Self {
            details,
            ..Self::new(422, "Invalid", format!("{kind} \"{name}\" is invalid: {why}"))
        }
    }

    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        Self {
            details: json!({}),
            ..Self::new(
                405,
                "MethodNotAllowed",
                "the server does not allow this method on the requested resource",
            )
        }
    }

    /// 410 of a list or watch from a version that is no longer kept.
    pub fn expired(asked: u64, oldest: u64) -> Self {
        Self::new(
            410,
            "Expired",
            format!("too old resource version: {asked} ({oldest})"),
        )
    }

    /// 500.
    pub fn internal(message: impl std::fmt::Display) -> Self {
        Self {
            details: json!({ "causes": [{ "message": message.to_string() }] }),
            ..Self::new(
                500,
                "InternalError",
                format!("Internal error occurred: {message}"),
            )
        }
    }

    /// The answer's body.
    pub fn json(&self) -> Value {
        let mut body = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message });
        if !self.reason.is_empty() {
            body["reason"] = self.reason.into();
        }
        if !self.details.is_null() {
            body["details"] = self.details.clone();
        }
        body["code"] = self.code.into();
        body
    }
}
