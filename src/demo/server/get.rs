//! One object, in the form the client asks for.

use std::sync::Arc;

use hyper::Response;
use serde_json::Value;

use super::accept::{Form, form};
use super::answer::{self, Body};
use super::request::Request;
use super::route::Target;
use super::{Shared, list, options, print, view};
use crate::demo::api::proto;
use crate::demo::status::Status;
use crate::demo::store::Object;

pub(super) fn get(shared: &Shared, request: &Request, target: &Target) -> Result<Response<Body>, Status> {
    let current = shared.store.version();
    if let Some(asked) = options::watched_version(request)?.filter(|asked| *asked > current) {
        return Err(list::too_large(asked, current));
    }
    let object = find(shared, target)?;
    in_form(shared, request, (target, 200), &object)
}

/// The stored object that a path names.
pub(super) fn find(shared: &Shared, target: &Target) -> Result<Arc<Object>, Status> {
    let found = shared
        .store
        .object(&target.resource.storage, target.space(), target.object());
    found.ok_or_else(|| Status::not_found(&target.resource.qualified(), target.object()))
}

/// Answers with one stored object.
pub(super) fn in_form(
    shared: &Shared,
    request: &Request,
    (target, code): (&Target, u16),
    object: &Object,
) -> Result<Response<Body>, Status> {
    let resource = &target.resource;
    let bytes = match form(request, proto::of(resource).is_some())? {
        Form::Whole => {
            let mut bytes = view::whole(object, resource).to_vec();
            bytes.push(b'\n');
            bytes
        }
        Form::Proto => {
            return Ok(answer::of_type(
                code,
                proto::CONTENT_TYPE,
                answer::full(view::enveloped(object, resource)),
            ));
        }
        Form::ProtoMetadata => {
            let named = ("meta.k8s.io/v1", "PartialObjectMetadata");
            let body = proto::envelope(named, &view::proto_metadata(object));
            return Ok(answer::of_type(code, proto::CONTENT_TYPE, answer::full(body)));
        }
        Form::Metadata => {
            let mut bytes = Vec::new();
            view::push_metadata(object, &mut bytes);
            bytes
        }
        Form::Table => {
            let printer = print::Printer::of(request, resource, shared.store.clock().now());
            let mut bytes = printer.head(&[("resourceVersion", Value::from(object.version.to_string()))]);
            printer.push_row(object, &mut bytes);
            bytes.extend_from_slice(b"]}\n");
            bytes
        }
    };
    Ok(answer::of_type(code, "application/json", answer::full(bytes)))
}
