//! What is shown of an edit: the fields that differ, the reason it was kept. Values of a Secret are masked.

use serde_json::Value;

use super::super::difference::Changed;
use super::super::yaml;
use super::{Edit, Met};
use crate::model::doc::{Line, span};
use crate::model::{Doc, Tone};

/// `spec.replicas  3 → 5`, one line a field.
pub(super) fn lines(changes: &[Changed], secret: bool, most: usize) -> Vec<Line> {
    let text = |path: &str, value: &Option<Value>| match value {
        None => "–".to_owned(),
        Some(value) if secret && is_hidden(path, value) => yaml::MASK.to_owned(),
        Some(value) => {
            crate::text::truncate_end(&crate::text::neutralise(&value.to_string()), 60).into_owned()
        }
    };
    let line = |changed: &Changed| {
        vec![
            span(format!("  {}  ", changed.path), Tone::Key),
            span(text(&changed.path, &changed.before), Tone::Dim),
            span(" → ", Tone::Dim),
            span(text(&changed.path, &changed.after), Tone::Accent),
        ]
    };
    let mut lines: Vec<Line> = changes.iter().take(most).map(line).collect();
    if changes.len() > most {
        lines.push(vec![span(
            format!("  … and {} more", changes.len() - most),
            Tone::Plain,
        )]);
    }
    lines
}

/// Whether a value of a Secret may tell what is secret: everything but its metadata and type, and there what repeats the whole object.
fn is_hidden(path: &str, value: &Value) -> bool {
    const REPEATS: &str = "last-applied-configuration";
    let open = path == "type" || path == "immutable" || path == "metadata" || path.starts_with("metadata.");
    !open || path.contains(REPEATS) || value.to_string().contains(REPEATS)
}

impl Edit {
    /// The reason, what somebody else changed, and the text. Values of a Secret are not shown.
    pub(super) fn kept(&self, why: &str, met: &Met) -> Doc {
        let secret = yaml::is_secret(&self.base);
        let mut doc = Doc::default();
        let clean = |line: &str| crate::text::neutralise(line).into_owned();
        for line in why.lines() {
            doc.push(vec![span(clean(line), Tone::Bad)]);
        }
        if !met.changes.is_empty() {
            doc.push(Line::new());
            let text = "changed meanwhile by somebody else; your edit goes on from there:";
            doc.push(vec![span(text, Tone::Heading)]);
            doc.lines.extend(lines(&met.changes, secret, usize::MAX));
        }
        if !met.both.is_empty() {
            doc.push(Line::new());
            let text = "changed by both; your value stands:";
            doc.push(vec![span(text, Tone::Warn)]);
            for path in &met.both {
                doc.push(vec![span(format!("  {}", clean(path)), Tone::Key)]);
            }
        }
        doc.push(Line::new());
        if secret {
            doc.push(vec![span(
                "the edit is kept; its values are not shown",
                Tone::Dim,
            )]);
        } else {
            doc.lines.extend(yaml::coloured(&self.text).lines);
        }
        doc
    }
}
