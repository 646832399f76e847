//! Answers in the encodings that handlers do not write themselves: YAML, and protobuf for what is a `Status`. Decides no content.

use std::io;

use http_body_util::BodyExt;
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::Value;

use super::accept;
use super::answer::{self, Body};
use super::request::Request;
use crate::demo::api::proto;

const JSON: &str = "application/json";
const YAML: &str = "application/yaml";

/// The answer as the client would rather have it.
///
/// # Errors
/// When the answer was to be cut off.
pub(super) async fn as_wanted(request: &Request, response: Response<Body>) -> io::Result<Response<Body>> {
    let has = response.headers().get(CONTENT_TYPE);
    if has.is_none_or(|kind| kind != JSON) {
        return Ok(response);
    }
    let is_watch = request.flag("watch") && response.status().is_success();
    if accept::wants_yaml(request) && !is_watch && !response.headers().contains_key("content-encoding") {
        return rewrite(response, YAML, |json| {
            let mut value: Value = serde_json::from_slice(json).ok()?;
            value.sort_all_objects();
            serde_saphyr::to_string(&value).ok().map(String::into_bytes)
        })
        .await;
    }
    if accept::wants_protobuf(request) && !response.status().is_success() {
        return rewrite(response, proto::CONTENT_TYPE, |json| Some(proto::status(json))).await;
    }
    Ok(response)
}

async fn rewrite(
    response: Response<Body>,
    kind: &'static str,
    to: impl Fn(&[u8]) -> Option<Vec<u8>>,
) -> io::Result<Response<Body>> {
    let (mut head, body) = response.into_parts();
    let json = body.collect().await?.to_bytes();
    let Some(bytes) = to(&json) else {
        return Ok(Response::from_parts(head, answer::full(json)));
    };
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(Response::from_parts(head, answer::full(bytes)))
}
