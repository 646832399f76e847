//! Text panes as data: the visible lines only.

use super::frame::empty;
use super::{Body, LinesBody, Look, Piece, Text, piece};
use crate::action::{Action, Text as Keys};
use crate::app::App;
use crate::app::text::TextPane;
use crate::clock;
use crate::config::TimeStyle;
use crate::model::{Span, Tone};
use crate::text::neutralise;

pub(super) fn text(app: &App, text: &TextPane) -> (Text, Text, Body) {
    let title = vec![piece(text.title.clone(), Look::Plain)];
    let mut note = Vec::new();
    if let Some(search) = &text.search {
        let hits = text.hits().len();
        let at = if hits == 0 { 0 } else { text.hit + 1 };
        note.push(piece(format!("/{search} ({at} of {hits}) "), Look::Match));
    }
    if text.auto {
        note.push(piece("● kept up to date ", Look::Tone(Tone::Ok)));
    }
    if text.doc.lines.is_empty() {
        return (title, note, empty(no_text(app, text)));
    }
    let visible = text.visible();
    let rows = text.lines_in_view();
    let window = visible.iter().skip(text.top).take(rows);
    let lines = window
        .filter_map(|at| {
            let mut line = highlighted(text.doc.lines.get(*at)?, text);
            if text.folded.contains(at) {
                line.push(piece(" …", Look::Tone(Tone::Accent)));
            }
            line = scrolled(line, text.left);
            // Not at the very border, as no table is.
            line.insert(0, piece(" ", Look::Plain));
            Some(line)
        })
        .collect();
    (
        title,
        note,
        Body::Lines(LinesBody {
            above: outdated(app, text).into_iter().collect(),
            lines,
            scroll: (text.top, rows, visible.len()),
        }),
    )
}

/// Where there is no text: why, and what to do.
fn no_text(app: &App, text: &TextPane) -> Vec<Text> {
    let dim = |words: &str| vec![piece(words, Look::Tone(Tone::Dim))];
    if text.pending.is_some() {
        return vec![dim("fetching …")];
    }
    let Some(failure) = &text.failure else {
        return vec![dim("nothing to show")];
    };
    let why = failure
        .message
        .lines()
        .map(|line| vec![piece(neutralise(line).into_owned(), Look::Tone(Tone::Bad))]);
    let key = app.key_of(Action::Text(Keys::AutoRefresh));
    why.chain([Vec::new(), dim(&format!("{key} tries again · esc goes back"))])
        .collect()
}

/// Above a text that could not be fetched again: why, and when it was.
fn outdated(app: &App, text: &TextPane) -> Option<Text> {
    let failure = text.failure.as_ref().filter(|_| text.is_outdated())?;
    let utc = app.config.settings.logs.timestamps == TimeStyle::Utc;
    let at = text
        .fetched
        .map(|at| clock::time_of_day(at, utc))
        .unwrap_or_default();
    let at = at.get(..8).unwrap_or(&at);
    let key = app.key_of(Action::Text(Keys::AutoRefresh));
    let why = failure.message.lines().next().unwrap_or_default();
    let hint = format!(" ✗ as of {at} · {key} tries again · ");
    Some(vec![
        piece(hint, Look::Tone(Tone::Warn)),
        piece(neutralise(why).into_owned(), Look::Tone(Tone::Bad)),
    ])
}

/// A line with the hits of the search marked.
fn highlighted(line: &[Span], text: &TextPane) -> Text {
    let plain: String = line.iter().map(|span| &*span.text).collect();
    let hits: Vec<std::ops::Range<usize>> = text
        .search
        .iter()
        .flat_map(|pattern| {
            pattern
                .find_iter(&plain)
                .map(|found| found.range())
                .collect::<Vec<_>>()
        })
        .collect();
    let mut out = Text::new();
    let mut start = 0;
    for span in line {
        split(&mut out, &span.text, start, &hits, Look::Tone(span.tone));
        start += span.text.len();
    }
    out
}

/// Pushes a piece, cut where hits begin and end. `start` is where the piece begins in its line.
pub(super) fn split(out: &mut Text, text: &str, start: usize, hits: &[std::ops::Range<usize>], look: Look) {
    let mut at = 0;
    for hit in hits {
        let (from, to) = (
            hit.start.max(start) - start,
            hit.end.saturating_sub(start).min(text.len()),
        );
        if from >= to || from < at {
            continue;
        }
        push(out, text.get(at..from), look);
        push(out, text.get(from..to), Look::Match);
        at = to;
    }
    push(out, text.get(at..), look);
}

pub(super) fn push(out: &mut Text, text: Option<&str>, look: Look) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        out.push(piece(text, look));
    }
}

/// Without its first columns.
pub(super) fn scrolled(line: Text, columns: usize) -> Text {
    if columns == 0 {
        return line;
    }
    let mut left = columns;
    let mut out = Text::new();
    for part in line {
        let width = crate::text::width(&part.text);
        if left >= width {
            left -= width;
            continue;
        }
        let text: String = part.text.chars().skip(left).collect();
        left = 0;
        out.push(Piece { text, ..part });
    }
    out
}
