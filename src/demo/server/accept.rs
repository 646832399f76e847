//! Which form of an answer the client asks for: whole objects, a table, or metadata alone. Knows no objects.

use super::print::Printer;
use super::request::Request;
use super::route::Target;
use super::route::is_proxy;
use crate::demo::status::Status;

/// What paths of built-in resources answer with (apiserver `endpoints/installer.go`).
const MEDIA: [&str; 3] = [
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
];
/// And lists besides, as they may be watched.
const STREAMS: [&str; 2] = [
    "application/json;stream=watch",
    "application/vnd.kubernetes.protobuf;stream=watch",
];

/// Refuses a client that takes none of the media types of a path (go-restful `matchesAccept`), before it is known what there is.
///
/// # Errors
/// 406 with all that there are.
pub(super) fn check(request: &Request, target: &Target) -> Result<(), Status> {
    let accept = request.header("accept");
    if accept.is_empty() || target.resource.is_custom() {
        return Ok(());
    }
    let is_log = target.subresource.as_deref() == Some("log");
    let streams = |part: &str| matches!(part, "exec" | "attach" | "portforward") || is_proxy(part);
    if target.subresource.as_deref().is_some_and(streams) {
        return Ok(());
    }
    let streams: &[&str] = if target.name.is_none() { &STREAMS } else { &[] };
    let log: &[&str] = if is_log { &["text/plain"] } else { &[] };
    let all = [log, &MEDIA, streams].concat();
    let fits = |clause: &str| {
        let media = media(clause);
        media == "*/*" || all.contains(&media)
    };
    if accept.split(',').any(fits) {
        return Ok(());
    }
    let text = format!(
        "406: Not Acceptable\n\nAvailable representations: {}",
        all.join(", ")
    );
    Err(Status {
        details: serde_json::json!({}),
        ..Status::new(406, "NotAcceptable", text)
    })
}

/// Whether the client wants YAML first of all.
pub(super) fn wants_yaml(request: &Request) -> bool {
    let mut all = request.header("accept").split(',').map(media);
    all.find(|media| MEDIA.contains(media) || *media == "*/*") == Some(MEDIA[1])
}

/// Whether the client wants protobuf first of all.
pub(super) fn wants_protobuf(request: &Request) -> bool {
    let mut all = request.header("accept").split(',').map(media);
    all.find(|media| MEDIA.contains(media) || *media == "*/*") == Some(MEDIA[2])
}

fn media(clause: &str) -> &str {
    clause.split(';').next().unwrap_or_default().trim()
}

/// The form of objects in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// As they are, in JSON.
    Whole,
    /// As they are, in protobuf.
    Proto,
    /// A `Table`.
    Table,
    /// `PartialObjectMetadata`.
    Metadata,
    /// The same in protobuf, which custom resources have, too.
    ProtoMetadata,
}

/// The first form in the `Accept` header that this server can give. Protobuf is passed over if the resource has none; CBOR always is.
///
/// # Errors
/// 406 when there is none, 400 for a table of nobody knows what.
pub(super) fn form(request: &Request, has_protobuf: bool) -> Result<Form, Status> {
    let accept = request.header("accept");
    if accept.is_empty() {
        return Ok(Form::Whole);
    }
    let form = accept
        .split(',')
        .filter_map(clause)
        .find(|form| *form != Form::Proto || has_protobuf)
        .ok_or_else(not_acceptable)?;
    if form == Form::Table {
        Printer::check(request)?;
    }
    Ok(form)
}

/// 406 of a form that nobody writes.
pub(super) fn not_acceptable() -> Status {
    let text = format!(
        "only the following media types are accepted: {}",
        MEDIA.join(", ")
    );
    Status::new(406, "NotAcceptable", text)
}

fn clause(clause: &str) -> Option<Form> {
    let mut parts = clause.split(';').map(str::trim);
    let protobuf = match parts.next()? {
        "application/vnd.kubernetes.protobuf" => true,
        "application/json" | "application/yaml" | "application/*" | "*/*" => false,
        _ => return None,
    };
    let (mut kind, mut version) = (None, None);
    for part in parts {
        match part.split_once('=') {
            Some(("as", value)) => kind = Some(value),
            Some(("v", value)) => version = Some(value),
            _ => {}
        }
    }
    match (kind, version) {
        (None, _) if protobuf => Some(Form::Proto),
        (Some("PartialObjectMetadata" | "PartialObjectMetadataList"), Some("v1")) if protobuf => {
            Some(Form::ProtoMetadata)
        }
        _ if protobuf => None,
        (None, _) => Some(Form::Whole),
        (Some("Table"), Some("v1")) => Some(Form::Table),
        (Some("PartialObjectMetadata" | "PartialObjectMetadataList"), Some("v1")) => Some(Form::Metadata),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn asked(accept: &str) -> Result<Form, u16> {
        let request = hyper::Request::builder()
            .uri("/")
            .header("accept", accept)
            .body(())
            .unwrap();
        form(&Request::new(request.into_parts().0, Bytes::new()), false).map_err(|status| status.code)
    }

    #[test]
    fn the_first_form_that_can_be_given_wins() {
        let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        assert_eq!(asked(kubectl), Ok(Form::Table));
        assert_eq!(
            asked("application/vnd.kubernetes.protobuf, application/json"),
            Ok(Form::Whole)
        );
        assert_eq!(
            asked("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"),
            Ok(Form::Metadata)
        );
        assert_eq!(asked("*/*"), Ok(Form::Whole));
        assert_eq!(asked("application/vnd.kubernetes.protobuf"), Err(406));
        assert_eq!(
            asked("application/json;as=Table;v=v1beta1;g=meta.k8s.io"),
            Err(406)
        );
    }
}
