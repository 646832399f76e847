//! The kinds of patches and the two plain ones. Knows no rules of objects.

use serde_json::Value;

use super::strategic;
use crate::demo::resource::Resource;
use crate::demo::status::Status;

/// What a PATCH asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// Kubernetes' own.
    Strategic,
    /// Server-side apply.
    Apply,
}

impl Kind {
    /// By `Content-Type`.
    ///
    /// # Errors
    /// 415 for what is no patch.
    pub fn of(content_type: &str) -> Result<Self, Status> {
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json-patch+json" => Ok(Self::Json),
            "application/merge-patch+json" => Ok(Self::Merge),
            "application/strategic-merge-patch+json" => Ok(Self::Strategic),
            "application/apply-patch+yaml" => Ok(Self::Apply),
            _ => Err(Status {
                details: serde_json::json!({}),
                ..Status::new(415, "UnsupportedMediaType", "415: Unsupported Media Type")
            }),
        }
    }

    /// The object after the patch.
    pub fn apply(self, current: &Value, document: &Value, resource: &Resource) -> Result<Value, Status> {
        let mut new = current.clone();
        match self {
            Self::Json => {
                if !document.is_array() {
                    let given = if document.is_object() { "object" } else { "value" };
                    return Err(Status::bad_request(format!(
                        "error decoding patch: json: cannot unmarshal {given} into Go value of type []handlers.jsonPatchOp"
                    )));
                }
                let operations: json_patch::Patch =
                    serde_json::from_value(document.clone()).map_err(|_| failed())?;
                json_patch::patch(&mut new, &operations).map_err(|_| failed())?;
            }
            Self::Merge => json_patch::merge(&mut new, document),
            Self::Strategic if resource.is_custom() => {
                return Err(Status::new(
                    415,
                    "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, \
                     application/merge-patch+json, application/apply-patch+yaml",
                ));
            }
            Self::Strategic | Self::Apply => strategic::merge(&mut new, document),
        }
        Ok(new)
    }
}

/// The real server does not say which operation failed.
fn failed() -> Status {
    Status {
        details: serde_json::json!({}),
        ..Status::new(
            422,
            "Invalid",
            "the server rejected our request due to an error in our request",
        )
    }
}
