//! Options of writes (apimachinery `apis/meta/v1/validation`). Reads no objects.

use serde_json::Value;

use crate::demo::api::validate::Unknown;
use crate::demo::server::request::Request;
use crate::demo::status::Status;

/// The longest name of a field manager, in bytes.
const LONGEST_MANAGER: usize = 128;

/// 422 of an option.
fn invalid(kind: &str, cause: (&str, &str, &str)) -> Status {
    Status::invalid(&format!("{kind}.meta.k8s.io"), "", cause)
}

/// The options of a create or an update, which `kind` says.
///
/// # Errors
/// 422 of the first one that is wrong.
pub(super) fn check(request: &Request, kind: &str) -> Result<(), Status> {
    let manager = request.param("fieldManager").unwrap_or_default();
    if manager.len() > LONGEST_MANAGER {
        let text = format!("Too long: may not be more than {LONGEST_MANAGER} bytes");
        return Err(invalid(kind, ("fieldManager", "FieldValueTooLong", &text)));
    }
    if let Some((at, letter)) = manager.char_indices().find(|(_, letter)| letter.is_control()) {
        let code = u32::from(letter);
        let quoted: String = manager.chars().map(quoted).collect();
        let text = format!("Invalid value: \"{quoted}\": invalid character U+{code:04X} (at position {at})");
        return Err(invalid(kind, ("fieldManager", "FieldValueInvalid", &text)));
    }
    let dry: Vec<&str> = request.params("dryRun").filter(|one| !one.is_empty()).collect();
    check_dry(kind, &dry)?;
    match request.param("fieldValidation") {
        None | Some("Ignore" | "Strict" | "Warn") => Ok(()),
        Some(other) => {
            let text = format!(
                "Unsupported value: {other:?}: supported values: \"\", \"Ignore\", \"Strict\", \"Warn\""
            );
            Err(invalid(
                kind,
                ("fieldValidation", "FieldValueNotSupported", &text),
            ))
        }
    }
}

/// A letter as Go quotes it.
fn quoted(letter: char) -> String {
    match letter {
        letter if letter.is_ascii_control() => format!("\\x{:02x}", u32::from(letter)),
        letter => letter.to_string(),
    }
}

fn check_dry(kind: &str, given: &[&str]) -> Result<(), Status> {
    if given.iter().all(|one| *one == "All") {
        return Ok(());
    }
    let listed: Vec<String> = given.iter().map(|one| format!("{one:?}")).collect();
    let text = format!(
        "Unsupported value: [{}]: supported values: \"All\"",
        listed.join(",")
    );
    Err(invalid(kind, ("dryRun", "FieldValueNotSupported", &text)))
}

/// The options of a patch.
///
/// # Errors
/// 422 of the first one that is wrong.
pub(super) fn check_patch(request: &Request, applies: bool) -> Result<(), Status> {
    if !applies && request.params("force").any(|_| true) {
        let text = "Forbidden: may not be specified for non-apply patch";
        return Err(invalid("PatchOptions", ("force", "FieldValueForbidden", text)));
    }
    check(request, "PatchOptions")
}

/// The options of a deletion: its body, and what its query adds.
///
/// # Errors
/// 422 of the first one that is wrong.
pub(in crate::demo::server) fn check_deletion(request: &Request, body: &Value) -> Result<(), Status> {
    const KIND: &str = "DeleteOptions";
    let propagation = body["propagationPolicy"]
        .as_str()
        .or(request.param("propagationPolicy"));
    if let Some(policy) = propagation.filter(|_| body["orphanDependents"].is_boolean()) {
        let text =
            format!("Invalid value: {policy:?}: orphanDependents and deletionPropagation cannot be both set");
        return Err(invalid(KIND, ("propagationPolicy", "FieldValueInvalid", &text)));
    }
    if let Some(policy) = propagation.filter(|one| !matches!(*one, "Foreground" | "Background" | "Orphan")) {
        let text = format!(
            "Unsupported value: {policy:?}: supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""
        );
        return Err(invalid(
            KIND,
            ("propagationPolicy", "FieldValueNotSupported", &text),
        ));
    }
    let dry = body["dryRun"].as_array().into_iter().flatten();
    let dry: Vec<&str> = dry
        .filter_map(Value::as_str)
        .chain(request.params("dryRun").filter(|one| !one.is_empty()))
        .collect();
    check_dry(KIND, &dry)
}

/// The manager of a request: its `fieldManager`, else the program's name.
pub(super) fn manager(request: &Request) -> &str {
    let agent = request.header("user-agent").split('/').next().unwrap_or_default();
    let program = if agent.is_empty() { "unknown" } else { agent };
    request.param("fieldManager").unwrap_or(program)
}

/// What a request wants done about fields that the kind does not have: `fieldValidation`.
pub(super) fn unknown(request: &Request) -> Unknown {
    match request.param("fieldValidation") {
        Some("Ignore") => Unknown::Ignored,
        Some("Strict") => Unknown::Refused,
        _ => Unknown::Warned,
    }
}
