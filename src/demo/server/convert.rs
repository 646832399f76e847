//! Answers in the encodings that handlers do not write themselves: YAML, JSON for people to read, and protobuf for what is a `Status`.
//! Decides no content.

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
    let whole = !is_watch && !response.headers().contains_key("content-encoding");
    if whole
        && (is_for_people(request) || is_always_indented(request.path()))
        && !is_as_it_is(request.path(), &response)
    {
        return rewrite(response, JSON, |json| Some(indent(json))).await;
    }
    if accept::wants_protobuf(request) && !response.status().is_success() {
        return rewrite(response, proto::CONTENT_TYPE, |json| Some(proto::status(json))).await;
    }
    Ok(response)
}

/// Paths that are indented whoever asks (`responsewriters.WriteRawJSON`).
fn is_always_indented(path: &str) -> bool {
    matches!(path, "/version" | "/version/" | "/")
}

fn is_as_it_is(path: &str, response: &Response<Body>) -> bool {
    if path.starts_with("/openapi") && response.status().is_success() {
        return true;
    }
    response.extensions().get::<AsItIs>().is_some()
}

/// Marks answers that are handed on as others wrote them.
#[derive(Debug, Clone, Copy)]
pub(super) struct AsItIs;

/// Whether somebody reads the answer who is no program (apiserver `responsewriters`, `isPrettyPrint`).
fn is_for_people(request: &Request) -> bool {
    if let Some(asked) = request.param("pretty") {
        return matches!(asked, "1" | "t" | "T" | "true" | "TRUE" | "True");
    }
    let agent = request.header("user-agent");
    ["curl", "Wget", "Mozilla/5.0"]
        .iter()
        .any(|stem| agent.starts_with(stem))
}

/// JSON with every value on a line of its own, as Go's `json.Indent` does it: no byte of a value changes.
fn indent(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() * 2);
    let (mut depth, mut inside, mut escaped, mut open) = (0_usize, false, false, false);
    let line = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.resize(out.len() + 2 * depth, b' ');
    };
    for byte in json.iter().copied() {
        if inside {
            out.push(byte);
            (inside, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
            continue;
        }
        if byte.is_ascii_whitespace() {
            continue;
        }
        let closes = matches!(byte, b'}' | b']');
        if open && !closes {
            line(&mut out, depth);
        }
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if !open {
                    line(&mut out, depth);
                }
            }
            _ => {}
        }
        out.push(byte);
        open = matches!(byte, b'{' | b'[');
        inside = byte == b'"';
        match byte {
            b',' => line(&mut out, depth),
            b':' => out.push(b' '),
            _ => {}
        }
    }
    out
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_without_changing_what_it_says() {
        let json = br#"{"a":{},"b":[],"c":[1,{"d":"x, {\"y\"}: \\"}],"e":"\u003c"}"#;
        let text = String::from_utf8(indent(json)).unwrap();
        let lines = [
            "{",
            r#"  "a": {},"#,
            r#"  "b": [],"#,
            r#"  "c": ["#,
            "    1,",
            "    {",
            r#"      "d": "x, {\"y\"}: \\""#,
            "    }",
            "  ],",
            r#"  "e": "\u003c""#,
            "}",
        ];
        assert_eq!(text, lines.join("\n"));
    }
}
