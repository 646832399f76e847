//! Config maps with their values, secrets without: of those only how long each is.

use base64::Engine as _;
use serde_json::Value;

use super::generic::block;
use super::page::Page;
use super::{events, fields};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::model::doc::span;
use crate::model::quantity::write_bytes;
use crate::model::{Doc, Tone};

/// A config map.
pub fn configmap(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = begin(object, now);
    for (key, value) in members(object, "/data") {
        let text = value.as_str().unwrap_or("");
        page.heading(key);
        page.indented(|page| block(page, text));
    }
    for (key, value) in members(object, "/binaryData") {
        page.heading(key);
        page.indented(|page| page.line(vec![span(format!("binary, {}", size(value)), Tone::Dim)]));
    }
    events::events(&mut page, event_lines);
    page.finish()
}

/// A secret.
pub fn secret(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = begin(object, now);
    page.field("Type", fields::text(object, "/type"));
    page.heading("Data");
    page.indented(|page| {
        for (key, value) in members(object, "/data") {
            page.toned(key, format!("••••••  {}", size(value)), Tone::Dim);
        }
    });
    events::events(&mut page, event_lines);
    page.finish()
}

fn begin(object: &Value, now: Timestamp) -> Page {
    let mut page = Page::new(now);
    let immutable = object.pointer("/immutable") == Some(&Value::Bool(true));
    fields::title(
        &mut page,
        object,
        if immutable { "immutable" } else { "" },
        Tone::Accent,
    );
    page.gap();
    fields::origin(&mut page, object);
    fields::labels(&mut page, object);
    page
}

fn members<'a>(object: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    object
        .pointer(pointer)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

/// The length of a value in base64.
fn size(value: &Value) -> String {
    let text = value.as_str().unwrap_or("");
    let decoded = base64::engine::general_purpose::STANDARD.decode(text);
    let mut out = String::new();
    write_bytes(decoded.map_or(text.len(), |bytes| bytes.len()) as u64, &mut out);
    if out.ends_with(|c: char| c.is_ascii_digit()) {
        out.push_str(" bytes");
    }
    out
}
