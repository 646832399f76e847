//! Which form of an answer the client asks for: whole objects, a table, or metadata alone. Knows no objects.

use super::request::Request;
use crate::demo::status::Status;

/// The form of objects in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As they are, in JSON.
    Whole,
    /// As they are, in protobuf.
    Proto,
    /// A `Table`.
    Table,
    /// `PartialObjectMetadata`.
    Metadata,
}

/// The first form in the `Accept` header that this server can give. Protobuf is passed over if the resource has none; CBOR always is.
///
/// # Errors
/// 406 when there is none.
pub(super) fn form(request: &Request, has_protobuf: bool) -> Result<Form, Status> {
    let accept = request.header("accept");
    if accept.is_empty() {
        return Ok(Form::Whole);
    }
    accept.split(',').filter_map(clause).find(|form| *form != Form::Proto || has_protobuf).ok_or_else(|| {
        Status::new(
            406,
            "NotAcceptable",
            "only the following media types are accepted: application/json, application/yaml, application/json;stream=watch",
        )
    })
}

fn clause(clause: &str) -> Option<Form> {
    let mut parts = clause.split(';').map(str::trim);
    let protobuf = match parts.next()? {
        "application/vnd.kubernetes.protobuf" => true,
        "application/json" | "application/*" | "*/*" => false,
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
