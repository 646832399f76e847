//! Objects as YAML with tones. The text is the library's; the tones are found line by line, because we wrote the YAML ourselves.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::model::doc::{Line, span};
use crate::model::{Doc, Tone};

/// What stands for a secret value until it is asked for.
pub const MASK: &str = "••••••";

/// An object as YAML text.
pub fn text(object: &Value, managed_fields: bool) -> String {
    let mut object = object.clone();
    if !managed_fields && let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
    }
    serde_saphyr::to_string(&object).unwrap_or_else(|error| format!("# cannot be written as YAML: {error}\n"))
}

/// An object as YAML with tones; the values of a Secret are masked, but for those of these keys, which are decoded.
pub fn object(object: &Value, managed_fields: bool, revealed: &BTreeSet<String>) -> Doc {
    if !is_secret(object) {
        return coloured(&text(object, managed_fields));
    }
    let mut object = object.clone();
    unveil(&mut object, revealed);
    coloured(&text(&object, managed_fields))
}

/// Whether its values are masked.
pub fn is_secret(object: &Value) -> bool {
    object.get("kind").and_then(Value::as_str) == Some("Secret")
}

/// The keys of a Secret's values.
pub fn secret_keys(object: &Value) -> Vec<String> {
    let data = object.get("data").and_then(Value::as_object);
    data.into_iter()
        .flat_map(serde_json::Map::keys)
        .cloned()
        .collect()
}

/// Masks `data` but for these keys, which are decoded. The last-applied annotation repeats all the values, so it goes.
fn unveil(secret: &mut Value, revealed: &BTreeSet<String>) {
    for field in ["data", "stringData"] {
        let Some(data) = secret.get_mut(field).and_then(Value::as_object_mut) else {
            continue;
        };
        for (key, value) in data {
            let bytes = value.as_str().and_then(|text| STANDARD.decode(text).ok());
            *value = Value::String(match bytes {
                _ if !revealed.contains(key) => MASK.to_owned(),
                Some(bytes) => String::from_utf8(bytes)
                    .unwrap_or_else(|error| format!("{} bytes of binary", error.as_bytes().len())),
                None => value.as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    if let Some(annotations) = secret
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.shift_remove("kubectl.kubernetes.io/last-applied-configuration");
    }
}

/// Plain text as a document.
pub fn plain(text: &str) -> Doc {
    let line = |line: &str| vec![span(crate::text::neutralise(line).into_owned(), Tone::Plain)];
    Doc {
        lines: text.lines().map(line).collect(),
    }
}

/// YAML with tones.
pub fn coloured(text: &str) -> Doc {
    let mut block: Option<usize> = None;
    let mut doc = Doc::default();
    for raw in text.lines() {
        let raw = crate::text::neutralise(raw);
        let indent = raw.len() - raw.trim_start_matches(' ').len();
        if block.is_some_and(|depth| indent > depth || raw.trim().is_empty()) {
            doc.push(vec![span(raw.into_owned(), Tone::Text)]);
            continue;
        }
        block = opens_block(&raw).then_some(indent);
        doc.push(line(&raw));
    }
    doc
}

/// True for `key: |`, `- >-` and the like.
fn opens_block(line: &str) -> bool {
    let last = line.rsplit(' ').next().unwrap_or_default();
    let sign = last.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+'));
    matches!(sign, "|" | ">")
}

fn line(raw: &str) -> Line {
    let rest = raw.trim_start_matches([' ', '-']);
    // A dash belongs to the list only when a blank follows it; `-1` is a number.
    let lead_length = raw.len() - rest.len();
    let (lead, rest) = raw.split_at_checked(lead_length).unwrap_or(("", raw));
    let (lead, rest) = if lead.ends_with('-') && !rest.is_empty() {
        raw.split_at_checked(lead_length - 1).unwrap_or((lead, rest))
    } else {
        (lead, rest)
    };
    let mut out = vec![span(lead.to_owned(), Tone::Dim)];
    if rest.starts_with('#') {
        out.push(span(rest.to_owned(), Tone::Comment));
        return out;
    }
    match split_key(rest) {
        Some((key, value)) => {
            out.push(span(key.to_owned(), Tone::Key));
            out.push(span(":", Tone::Dim));
            out.push(span(value.to_owned(), tone_of(value.trim())));
        }
        None => out.push(span(rest.to_owned(), tone_of(rest.trim()))),
    }
    out
}

/// `key` and ` value` of a mapping line; quoted keys are kept whole.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let from = match quote {
        Some(quote) => text.get(1..)?.find(quote)? + 2,
        None => 0,
    };
    let colon = from + text.get(from..)?.find(':')?;
    let (key, value) = text.split_at_checked(colon)?;
    let value = value.get(1..)?;
    (value.is_empty() || value.starts_with(' ')).then_some((key, value))
}

fn tone_of(value: &str) -> Tone {
    match value {
        "true" | "false" | "null" | "~" | "{}" | "[]" => Tone::Number,
        "|" | "|-" | "|+" | ">" | ">-" | MASK => Tone::Dim,
        _ if value.parse::<f64>().is_ok() => Tone::Number,
        _ => Tone::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_stay_masked_until_asked_for() {
        let annotations = json!({"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"k\":\"aHVudGVyMg==\"}}"});
        let secret = json!({"kind": "Secret", "metadata": {"annotations": annotations}, "data": {"k": "aHVudGVyMg==", "b": "/w=="}});
        let masked = object(&secret, false, &BTreeSet::new()).plain();
        assert!(
            !masked.contains("aHVudGVyMg") && !masked.contains("hunter2"),
            "{masked}"
        );
        let one = object(&secret, false, &BTreeSet::from(["k".to_owned()])).plain();
        assert!(
            one.contains("hunter2") && !one.contains("binary") && !one.contains("last-applied"),
            "only the key that was asked for: {one}"
        );
        let other = object(&secret, false, &BTreeSet::from(["b".to_owned()])).plain();
        assert!(
            !other.contains("hunter2") && other.contains("1 bytes of binary"),
            "{other}"
        );
    }

    #[test]
    fn managed_fields_are_left_out_and_tones_are_found() {
        let pod = json!({"kind": "Pod", "metadata": {"managedFields": [1], "name": "a"}, "spec": {"n": -1, "s": "x: y", "script": "a\nb: c\n", "l": ["q", {"k": true}]}});
        let doc = object(&pod, false, &BTreeSet::new());
        assert!(!doc.plain().contains("managedFields"));
        assert!(
            object(&pod, true, &BTreeSet::new())
                .plain()
                .contains("managedFields")
        );
        let tone = |needle: &str| {
            let spans = doc.lines.iter().flatten();
            spans
                .filter(|span| span.text.contains(needle))
                .map(|span| span.tone)
                .next()
        };
        assert_eq!(tone("name"), Some(Tone::Key));
        assert_eq!(tone("-1"), Some(Tone::Number));
        assert_eq!(
            tone("b: c"),
            Some(Tone::Text),
            "the inside of a block scalar is text:\n{}",
            doc.plain()
        );
    }
}
