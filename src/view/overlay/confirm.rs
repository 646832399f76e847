//! A confirmation as data: what is done to what, the kubectl line, what has to be typed.

use super::lines_of;
use crate::app::line_edit::LineEdit;
use crate::app::overlay::{Button, Confirm};
use crate::model::Tone;
use crate::msg::Propagation;
use crate::view::{Look, OverlayBox, Piece, Text, piece};

/// The question.
pub(super) fn question(confirm: &Confirm) -> OverlayBox {
    let mut lines = lines_of(&confirm.body);
    lines.extend(options(confirm));
    lines.push(Vec::new());
    lines.push(vec![
        dim("$ "),
        piece(confirm.command.clone(), Look::Tone(Tone::Text)),
        key(confirm, "c"),
        dim(" copy"),
    ]);
    let mut cursor = None;
    if let Some((expected, line)) = &confirm.typed {
        lines.push(Vec::new());
        let ask = format!("protected context: type {expected} to go on: ");
        let column = crate::text::width(&ask) + line.cursor();
        cursor = Some((lines.len(), column as u16));
        lines.extend(typed(confirm, ask, line));
    }
    OverlayBox {
        title: confirm.verb.clone(),
        danger: true,
        lines,
        at: None,
        cursor,
        buttons: vec![
            ("Cancel".to_owned(), confirm.focus == Button::Cancel),
            (
                format!("{} {}", confirm.verb, confirm.mutations.len()),
                confirm.focus == Button::Ok,
            ),
        ],
        share: (80, 80),
    }
}

fn dim(text: &str) -> Piece {
    piece(text.to_owned(), Look::Tone(Tone::Dim))
}

/// The key of a choice. Where a name is asked for, letters are typed: it takes alt there.
fn key(confirm: &Confirm, letter: &str) -> Piece {
    let alt = if confirm.typed.is_some() { "alt-" } else { "" };
    piece(format!("  [{alt}{letter}]"), Look::Key)
}

/// How a deletion is done: `dependents background  [p]   grace 5 s  [g]`.
fn options(confirm: &Confirm) -> Option<Text> {
    let (propagation, grace) = confirm.deletion()?;
    let word = match propagation {
        Propagation::Background => "background",
        Propagation::Foreground => "foreground",
        Propagation::Orphan => "orphan",
    };
    let grace = match grace {
        None => "the object's own".to_owned(),
        Some(0) => "0 s, kill".to_owned(),
        Some(seconds) => format!("{seconds} s"),
    };
    Some(vec![
        dim("dependents "),
        piece(word, Look::Plain),
        key(confirm, "p"),
        dim("   grace "),
        piece(grace, Look::Plain),
        key(confirm, "g"),
    ])
}

/// What is typed, and what Enter does with it.
fn typed(confirm: &Confirm, ask: String, line: &LineEdit) -> [Text; 2] {
    let hint = if confirm.is_unlocked() {
        format!("enter: {} now", confirm.verb.to_lowercase())
    } else {
        "nothing happens until that is typed whole · esc cancels".to_owned()
    };
    let typed = vec![
        piece(ask, Look::Tone(Tone::Warn)),
        piece(line.text().to_owned(), Look::Plain),
    ];
    [typed, vec![dim(&hint)]]
}
