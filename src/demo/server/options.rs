//! Which parameters of lists and watches go together (apimachinery `validation.ValidateListOptions`). Reads no objects.

use super::request::Request;
use crate::demo::status::Status;

const KIND: &str = "ListOptions.meta.k8s.io";
const MATCH: &str = "resourceVersionMatch";

fn forbidden(field: &str, text: &str) -> Status {
    let text = format!("Forbidden: {text}");
    Status::invalid(KIND, "", (field, "FieldValueForbidden", &text))
}

/// The version a list asks for.
///
/// # Errors
/// 400 when it is no number.
pub(super) fn version(request: &Request) -> Result<Option<u64>, Status> {
    let Some(text) = request.param("resourceVersion") else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        Status::bad_request(format!(
            "invalid resource version: resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
        ))
    })
}

/// The version that a watch, or the reading of one object, asks for.
///
/// # Errors
/// 500 without a reason when it is no number, as the real server answers.
pub(super) fn watched_version(request: &Request) -> Result<Option<u64>, Status> {
    let Some(text) = request.param("resourceVersion") else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        let why = format!("strconv.ParseUint: parsing {text:?}: invalid syntax");
        Status::new(
            500,
            "",
            format!("resourceVersion: Invalid value: {text:?}: {why}"),
        )
    })
}

/// The rules of lists.
pub(super) fn check_list(request: &Request) -> Result<(), Status> {
    request.number("timeoutSeconds")?;
    if request.params("sendInitialEvents").any(|_| true) {
        return Err(forbidden(
            "sendInitialEvents",
            "sendInitialEvents is forbidden for list",
        ));
    }
    let Some(matching) = request.param(MATCH) else {
        return Ok(());
    };
    match (request.param("resourceVersion"), matching) {
        (None, _) => Err(forbidden(
            MATCH,
            "resourceVersionMatch is forbidden unless resourceVersion is provided",
        )),
        _ if request.param("continue").is_some() => Err(forbidden(
            MATCH,
            "resourceVersionMatch is forbidden when continue is provided",
        )),
        (Some("0"), "Exact") => Err(forbidden(
            MATCH,
            "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
        )),
        (_, "Exact" | "NotOlderThan") => Ok(()),
        (_, other) => {
            let text =
                format!("Unsupported value: {other:?}: supported values: \"Exact\", \"NotOlderThan\", \"\"");
            Err(Status::invalid(
                KIND,
                "",
                (MATCH, "FieldValueNotSupported", &text),
            ))
        }
    }
}

/// The rules of watches.
pub(super) fn check_watch(request: &Request, wants_initial: bool) -> Result<(), Status> {
    let matching = request.param(MATCH);
    if wants_initial && matching != Some("NotOlderThan") {
        return Err(forbidden(
            MATCH,
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ));
    }
    if !request.params("sendInitialEvents").any(|_| true) && matching.is_some() {
        return Err(forbidden(
            MATCH,
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ));
    }
    Ok(())
}
