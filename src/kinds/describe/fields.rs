//! Reads fields of an object, and writes what every object has: title, owner, labels, annotations.

use serde_json::Value;

use super::page::Page;
use crate::model::Tone;
use crate::model::doc::span;

/// The text at a JSON pointer; empty when absent or no text.
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

/// The scalar at a JSON pointer as text; empty when absent or null.
pub fn scalar(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).map(plain).unwrap_or_default()
}

/// A scalar as text; lists and objects in JSON.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The number at a JSON pointer; 0 when absent.
pub fn number(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

/// The elements of the list at a JSON pointer.
pub fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The elements of the list at a JSON pointer: `a, b`; empty when absent.
pub fn joined(object: &Value, pointer: &str) -> String {
    list(object, pointer)
        .iter()
        .map(plain)
        .collect::<Vec<_>>()
        .join(", ")
}

/// `key=value` of each member of the object at a JSON pointer, in its order.
pub fn pairs(object: &Value, pointer: &str) -> Vec<String> {
    let map = object.pointer(pointer).and_then(Value::as_object);
    let members = map.into_iter().flatten();
    members
        .map(|(key, value)| format!("{key}={}", plain(value)))
        .collect()
}

/// `Pod shop/web-1`, in front of how it is doing.
pub fn title(page: &mut Page, object: &Value, standing: &str, tone: Tone) {
    let (kind, name) = (text(object, "/kind"), text(object, "/metadata/name"));
    let named = match text(object, "/metadata/namespace") {
        "" => name.to_owned(),
        namespace => format!("{namespace}/{name}"),
    };
    page.line(vec![
        span(format!("{kind} "), Tone::Dim),
        span(named, Tone::Heading),
        span("   ", Tone::Plain),
        span(standing.to_owned(), tone),
    ]);
    let deleting = text(object, "/metadata/deletionTimestamp");
    if !deleting.is_empty() {
        let finalizers: Vec<String> = list(object, "/metadata/finalizers").iter().map(plain).collect();
        let waits = if finalizers.is_empty() {
            String::new()
        } else {
            format!(", waits for {}", finalizers.join(", "))
        };
        page.problem(
            Tone::Busy,
            "being deleted",
            &format!("asked {} ago{waits}", page.age(deleting)),
        );
    }
}

/// Owner and age.
pub fn origin(page: &mut Page, object: &Value) {
    let owners = list(object, "/metadata/ownerReferences").iter();
    page.list(
        "Owner",
        owners.map(|owner| format!("{} {}", text(owner, "/kind"), text(owner, "/name"))),
    );
    let created = text(object, "/metadata/creationTimestamp");
    if !created.is_empty() {
        page.field("Age", format!("{}  ({created})", page.age(created)));
    }
}

/// Who has to let go of it before it can go, one a line.
pub fn finalizers(page: &mut Page, object: &Value) {
    page.list(
        "Finalizers",
        list(object, "/metadata/finalizers").iter().map(plain),
    );
}

/// kubectl's own copy of what was applied: long, and for a secret its values.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Labels and annotations, one a line.
pub fn labels(page: &mut Page, object: &Value) {
    page.gap();
    page.list("Labels", pairs(object, "/metadata/labels"));
    let annotations = object.pointer("/metadata/annotations").and_then(Value::as_object);
    let shown = annotations
        .into_iter()
        .flatten()
        .filter(|(key, _)| *key != LAST_APPLIED);
    page.list(
        "Annotations",
        shown.map(|(key, value)| format!("{key}={}", first_line(&plain(value)))),
    );
}

/// The first line, at most 160 characters of it.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() > 160 || line.len() < text.trim_end().len() {
        let head: String = line.chars().take(160).collect();
        format!("{head}…")
    } else {
        line.to_owned()
    }
}
