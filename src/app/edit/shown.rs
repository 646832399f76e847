//! What is shown of an edit: the fields that differ, the reason it was kept. Values of a Secret are masked.

use serde_json::Value;

use super::super::difference::Changed;
use super::super::yaml;
use super::{Edit, Met};
use crate::model::doc::{Line, span};
use crate::model::{Doc, Tone};

/// Characters a value may take before what both have in common gives way.
const LONG: usize = 60;
/// Characters in common that stay before what differs, and behind it.
const AROUND: (usize, usize) = (24, 8);

/// `spec.replicas  3 → 5`, one line a field.
pub(super) fn lines(changes: &[Changed], secret: bool, most: usize) -> Vec<Line> {
    let text = |path: &str, value: &Option<Value>| match value {
        None => "–".to_owned(),
        Some(value) if secret && is_hidden(path, value) => yaml::MASK.to_owned(),
        Some(value) => value.to_string(),
    };
    let line = |changed: &Changed| {
        let (before, after) = apart(
            &text(&changed.path, &changed.before),
            &text(&changed.path, &changed.after),
        );
        vec![
            span(format!("  {}  ", changed.path), Tone::Key),
            span(before, Tone::Dim),
            span(" → ", Tone::Dim),
            span(after, Tone::Accent),
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

/// Two values as they are shown: of long ones what they have in common gives way, never what differs. Only equal ones look equal.
fn apart(before: &str, after: &str) -> (String, String) {
    let clean = |text: &str| crate::text::neutralise(text).into_owned();
    let (mut one, mut other) = (clean(before), clean(after));
    if one == other && before != after {
        // They differ in what a terminal must not get.
        let named = |text: &str| text.escape_unicode().to_string();
        (one, other) = (named(before), named(after));
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().max(other.len()) <= LONG {
        return (one.into_iter().collect(), other.into_iter().collect());
    }
    let equal = |(one, other): &(&char, &char)| one == other;
    let head = one.iter().zip(&other).take_while(equal).count();
    let rest = one.len().min(other.len()) - head;
    let behind = one.iter().rev().zip(other.iter().rev()).take(rest);
    let tail = behind.take_while(equal).count();
    // From a part of a path or a word on, if one begins there.
    let context = head.saturating_sub(AROUND.0);
    let begins = one
        .iter()
        .take(head)
        .skip(context)
        .position(|c| "/ ".contains(*c));
    let from = if context == 0 {
        0
    } else {
        context + begins.unwrap_or(0)
    };
    let cut = |text: &[char]| {
        let to = (text.len() - tail + tail.min(AROUND.1)).min(from + LONG);
        let mut out = String::from(if from > 0 { "…" } else { "" });
        out.extend(text.iter().take(to).skip(from));
        if to < text.len() {
            out.push('…');
        }
        out
    };
    (cut(&one), cut(&other))
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

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn two_values_that_differ_never_look_equal() {
        let image = |tag: &str| format!("\"111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/web:{tag}\"");
        let shown = apart(&image("4.18.2"), &image("4.18.3"));
        assert_eq!(
            shown,
            ("…/shop/web:4.18.2\"".to_owned(), "…/shop/web:4.18.3\"".to_owned())
        );
        let long = "x".repeat(200);
        for (one, other) in [
            (format!("{long}a{long}"), format!("{long}b{long}")),
            (long.clone(), format!("{long}x")),
            (format!("{long}y"), format!("{long}xy")),
            (format!("a{long}{long}"), format!("b{long}z{long}")),
            ("\u{202e}".to_owned(), "\u{202d}".to_owned()),
        ] {
            let (before, after) = apart(&one, &other);
            assert_ne!(before, after);
            assert!(
                before.chars().count() <= 62 && after.chars().count() <= 62,
                "{before} {after}"
            );
        }
        assert_eq!(apart("3", "5"), ("3".to_owned(), "5".to_owned()));
    }
}
