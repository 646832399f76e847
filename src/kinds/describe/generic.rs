//! An object of any kind: what is wrong with it, then its fields in their order. managedFields and kubectl's copy are left out.

use serde_json::Value;

use super::page::Page;
use super::{conditions, events, fields};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::model::doc::{Span, span};
use crate::model::{Doc, Tone};

/// What describe shows of an object of a kind without a layout of its own.
pub fn generic(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    fields::title(
        &mut page,
        object,
        fields::text(object, "/status/phase"),
        Tone::Plain,
    );
    conditions::problems(&mut page, object);
    page.gap();
    fields::origin(&mut page, object);
    fields::labels(&mut page, object);
    page.gap();
    let secret = fields::text(object, "/kind") == "Secret";
    for (key, value) in object.as_object().into_iter().flatten() {
        match &**key {
            "apiVersion" | "kind" | "metadata" => {}
            "data" | "stringData" if secret => {}
            _ => member(&mut page, key, value, Vec::new()),
        }
    }
    events::events(&mut page, event_lines);
    page.finish()
}

/// A key and its value, as YAML has it; `before` is what stands in front of the key (the dash of a list).
fn member(page: &mut Page, key: &str, value: &Value, mut before: Vec<Span>) {
    before.push(span(key.to_owned(), Tone::Key));
    before.push(span(":", Tone::Dim));
    match value {
        Value::Object(map) if !map.is_empty() => {
            page.line(before);
            page.indented(|page| object(page, map));
        }
        Value::Array(list) if !list.is_empty() => {
            page.line(before);
            page.indented(|page| elements(page, list));
        }
        Value::String(text) if text.contains('\n') => {
            page.line(before);
            page.indented(|page| block(page, text));
        }
        _ => {
            before.push(span(" ", Tone::Plain));
            before.push(scalar(value));
            page.line(before);
        }
    }
}

fn object(page: &mut Page, map: &serde_json::Map<String, Value>) {
    for (key, value) in map {
        member(page, key, value, Vec::new());
    }
}

fn elements(page: &mut Page, list: &[Value]) {
    for value in list {
        let dash = span("- ", Tone::Dim);
        match value {
            Value::Object(map) if !map.is_empty() => {
                let mut members = map.iter();
                if let Some((key, first)) = members.next() {
                    member(page, key, first, vec![dash]);
                }
                page.indented(|page| members.for_each(|(key, value)| member(page, key, value, Vec::new())));
            }
            Value::Array(inner) if !inner.is_empty() => {
                page.line(vec![dash]);
                page.indented(|page| elements(page, inner));
            }
            _ => page.line(vec![dash, scalar(value)]),
        }
    }
}

/// A text of several lines.
pub fn block(page: &mut Page, text: &str) {
    for line in text.lines() {
        page.line(vec![span(line.to_owned(), Tone::Text)]);
    }
}

fn scalar(value: &Value) -> Span {
    match value {
        Value::String(text) if text.is_empty() => span("\"\"", Tone::Text),
        Value::String(text) => span(text.clone(), Tone::Text),
        other => span(other.to_string(), Tone::Number),
    }
}
