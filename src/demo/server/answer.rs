//! Answers: JSON, text, streams, gzip, `Status`. Decides no content.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::Stream;
use futures::StreamExt;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::Response;
use hyper::body::Frame;
use hyper::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderValue, VARY, WARNING, X_CONTENT_TYPE_OPTIONS,
};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::demo::status::Status;

/// A body; an error in it cuts the connection.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A body that is all there.
pub(super) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// A body that comes in pieces.
pub(super) fn stream(pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Body {
    BodyExt::boxed_unsync(StreamBody::new(pieces.map(|piece| piece.map(Frame::data))))
}

/// An answer of a type.
pub(super) fn of_type(code: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = hyper::StatusCode::from_u16(code).unwrap_or_default();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// 200 with JSON.
pub(super) fn json(value: &Value) -> Response<Body> {
    json_of(200, value)
}

/// JSON with a code.
pub(super) fn json_of(code: u16, value: &Value) -> Response<Body> {
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    of_type(code, "application/json", full(bytes))
}

/// Plain text.
pub(super) fn text(code: u16, text: &str) -> Response<Body> {
    let mut response = of_type(code, "text/plain; charset=utf-8", full(text.to_owned()));
    sniff_not(&mut response);
    response
}

/// As Go's `http.Error` has it.
fn sniff_not(response: &mut Response<Body>) {
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, nosniff);
}

/// The answer to a refused request.
pub(super) fn refusal(status: &Status) -> Response<Body> {
    let mut response = json_of(status.code, &status.json());
    if let Some(seconds) = status.details["retryAfterSeconds"].as_u64() {
        response
            .headers_mut()
            .insert("Retry-After", HeaderValue::from(seconds));
    }
    if status.code == 403 {
        sniff_not(&mut response);
    }
    if status.code == 401 {
        response.headers_mut().remove(VARY);
    }
    response
}

/// Adds warnings (RFC 7234, 5.5; `k8s.io/apimachinery`, `util/net`, `NewWarningHeader`).
pub(super) fn warn(response: &mut Response<Body>, texts: &[String]) {
    for text in texts {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append(WARNING, value);
        }
    }
}

/// What every answer carries: that nobody keeps it, and the name it has in audit logs, which is the client's if that gave one
/// (apiserver `filters`, `WithCacheControl` and `WithAuditInit`).
pub(super) fn audit(response: &mut Response<Body>, given: &str) {
    let headers = response.headers_mut();
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    }
    let mut id = given.to_owned();
    if id.is_empty() {
        let (one, two) = (fastrand::u64(..), fastrand::u64(..));
        let (third, fourth) = (one & 0xfff | 0x4000, two >> 48 & 0x3fff | 0x8000);
        id = format!(
            "{:08x}-{:04x}-{third:04x}-{fourth:04x}-{:012x}",
            one >> 32,
            one >> 16 & 0xffff,
            two & 0xffff_ffff_ffff
        );
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("audit-id", id);
    }
}

/// Says what time it is to the cluster (RFC 9110, 6.6.1).
pub(super) fn date(response: &mut Response<Body>, now: Timestamp) {
    let date = jiff::Timestamp::from_second(now.seconds())
        .map(|at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    if let Some(date) = date.ok().and_then(|date| HeaderValue::from_str(&date).ok()) {
        response.headers_mut().insert(DATE, date);
    }
}

/// Compresses pieces as they come.
pub(super) struct Squeeze(GzEncoder<Vec<u8>>);

impl Squeeze {
    pub fn new() -> Self {
        Self(GzEncoder::new(Vec::new(), Compression::fast()))
    }

    /// Takes a piece in; gives what is ready to be sent.
    pub fn push(&mut self, piece: &[u8]) -> io::Result<Bytes> {
        self.0.write_all(piece)?;
        Ok(std::mem::take(self.0.get_mut()).into())
    }

    /// The rest.
    pub fn finish(self) -> io::Result<Bytes> {
        self.0.finish().map(Bytes::from)
    }
}

/// Marks an answer as gzip.
pub(super) fn mark_gzip(response: &mut Response<Body>) {
    response
        .headers_mut()
        .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("Accept-Encoding"));
}
