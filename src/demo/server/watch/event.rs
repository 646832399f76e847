//! One event of a watch as it is sent, in any form but a table. Selects nothing.

use serde_json::{Value, json};

use super::super::accept::Form;
use super::super::view;
use crate::demo::api::proto;
use crate::demo::resource::Resource;
use crate::demo::status::Status;
use crate::demo::store::Object;

/// Version and kind of what stands for any object.
const METADATA: (&str, &str) = ("meta.k8s.io/v1", "PartialObjectMetadata");

/// Whether a form is protobuf.
pub fn is_proto(form: Form) -> bool {
    matches!(form, Form::Proto | Form::ProtoMetadata)
}

/// Appends what happened to an object.
pub fn push(form: Form, kind: &str, (object, resource): (&Object, &Resource), out: &mut Vec<u8>) {
    match form {
        Form::Proto => out.extend(proto::event(kind, &view::enveloped(object, resource))),
        Form::ProtoMetadata => {
            let body = proto::envelope(METADATA, &view::proto_metadata(object));
            out.extend(proto::event(kind, &body));
        }
        Form::Metadata => line(kind, out, |out| view::push_metadata(object, out)),
        Form::Whole | Form::Table => line(kind, out, |out| view::push_whole(object, resource, out)),
    }
}

/// Appends a bookmark with this metadata.
pub fn push_bookmark(form: Form, resource: &Resource, meta: &Value, out: &mut Vec<u8>) {
    let version = resource.api_version();
    let named = match form {
        Form::Whole | Form::Proto => (&*version, &*resource.kind),
        Form::Metadata | Form::ProtoMetadata | Form::Table => METADATA,
    };
    let body = json!({ "kind": named.1, "apiVersion": named.0, "metadata": meta }).to_string();
    let message = match form {
        Form::Proto => proto::of(resource),
        Form::ProtoMetadata => proto::metadata(),
        _ => None,
    };
    match message {
        None => push_line("BOOKMARK", body.as_bytes(), out),
        Some(message) => {
            let body = proto::object(message, named, body.as_bytes());
            out.extend(proto::event("BOOKMARK", &body));
        }
    }
}

/// Appends why the watch ends.
pub fn push_error(form: Form, status: &Status, out: &mut Vec<u8>) {
    let body = status.json().to_string();
    if is_proto(form) {
        out.extend(proto::event("ERROR", &proto::status(body.as_bytes())));
    } else {
        push_line("ERROR", body.as_bytes(), out);
    }
}

/// Appends an event as a line.
pub fn push_line(kind: &str, object: &[u8], out: &mut Vec<u8>) {
    line(kind, out, |out| out.extend_from_slice(object));
}

/// One event as a line, whose object `write` writes.
fn line(kind: &str, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(br#"{"type":""#);
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(br#"","object":"#);
    write(out);
    out.extend_from_slice(b"}\n");
}
