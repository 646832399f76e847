//! Text panes as data: the visible lines only.

use super::frame::empty;
use super::{Body, LinesBody, Look, Piece, Text, piece};
use crate::app::App;
use crate::app::text::TextPane;
use crate::model::{Area, Span, Tone};

pub(super) fn text(app: &App, text: &TextPane, area: Area) -> (Text, Text, Body) {
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
    if let Some(failure) = &text.failure {
        note.push(piece(
            format!("✗ {} ", failure.message.lines().next().unwrap_or_default()),
            Look::Tone(Tone::Bad),
        ));
    }
    if text.doc.lines.is_empty() {
        let line = match (&text.failure, text.pending) {
            (Some(failure), _) => piece(failure.message.clone(), Look::Tone(Tone::Bad)),
            (None, Some(_)) => piece("fetching …", Look::Tone(Tone::Dim)),
            (None, None) => piece("nothing to show", Look::Tone(Tone::Dim)),
        };
        return (title, note, empty(vec![vec![line]]));
    }
    let visible = text.visible();
    let rows = usize::from(area.inner().height);
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
    let _ = app;
    (
        title,
        note,
        Body::Lines(LinesBody {
            above: Vec::new(),
            lines,
            scroll: (text.top, rows, visible.len()),
        }),
    )
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
