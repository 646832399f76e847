//! Log and text panes as data: the visible lines only.

use super::frame::{empty, grouped};
use super::{Body, LinesBody, Look, Piece, Text, piece};
use crate::app::App;
use crate::app::logs::LogsPane;
use crate::app::text::TextPane;
use crate::clock::{self, Timestamp};
use crate::config::TimeStyle;
use crate::logs::{self, Item, Level, LineRef, Marker, Scroll, State};
use crate::model::{Area, Span, Tone};

/// Columns a pod's name takes at the left of its lines.
const POD: usize = 14;

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
            Some(scrolled(line, text.left))
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
fn split(out: &mut Text, text: &str, start: usize, hits: &[std::ops::Range<usize>], look: Look) {
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

fn push(out: &mut Text, text: Option<&str>, look: Look) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        out.push(piece(text, look));
    }
}

/// Without its first columns.
fn scrolled(line: Text, columns: usize) -> Text {
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

pub(super) fn logs(app: &App, pane: &LogsPane, area: Area) -> (Text, Text, Body) {
    let rows = usize::from(area.inner().height);
    let top = pane.buffer.top(pane.scroll, rows);
    let title = log_title(app, pane, rows);
    let mut note = Vec::new();
    if !pane.filter.is_empty() {
        note.push(piece(
            format!(
                "/{} {} of {} ",
                pane.filter,
                grouped(pane.buffer.len()),
                grouped(pane.buffer.total())
            ),
            Look::Match,
        ));
    }
    if !pane.search.is_empty()
        && let Some((at, count)) = pane
            .buffer
            .window(top, 1)
            .next()
            .and_then(|item| pane.buffer.hits(item.at()))
    {
        note.push(piece(
            format!("search {} ({at} of {count}) ", pane.search),
            Look::Match,
        ));
    }
    if pane.buffer.is_empty() {
        return (title, note, empty(no_lines(app, pane)));
    }
    let mut lines = Vec::with_capacity(rows);
    let width = usize::from(area.inner().width);
    for item in pane.buffer.window(top, rows) {
        match item {
            Item::Line(line) => log_line(app, pane, &line, width, &mut lines),
            Item::Marker(_, marker) => lines.push(marker_line(pane, marker, app.now)),
        }
    }
    // Wrapped lines take more than one row: while following, the last ones count.
    if lines.len() > rows {
        if pane.scroll == Scroll::Follow {
            lines.drain(..lines.len() - rows);
        } else {
            lines.truncate(rows);
        }
    }
    (
        title,
        note,
        Body::Lines(LinesBody {
            above: Vec::new(),
            lines,
            scroll: (top, rows, pane.buffer.len()),
        }),
    )
}

/// `Logs deploy/web · 12 streams · 230 l/s · following`
fn log_title(app: &App, pane: &LogsPane, rows: usize) -> Text {
    let mut title = vec![piece(format!("Logs {}", pane.title), Look::Plain)];
    let mut say = |text: String, look: Look| title.push(piece(format!(" · {text}"), look));
    let (open, all) = pane.streams;
    if all > open {
        say(
            format!("{open} of {all} streams, {} waiting", all - open),
            Look::Tone(Tone::Warn),
        );
    } else if all > 1 {
        say(format!("{all} streams"), Look::Tone(Tone::Dim));
    }
    if pane.query.previous {
        say("previous instance".to_owned(), Look::Tone(Tone::Accent));
    }
    let behind = pane.buffer.behind(pane.scroll, rows);
    match pane.scroll {
        Scroll::Follow if pane.complete => say("complete".to_owned(), Look::Tone(Tone::Dim)),
        Scroll::Follow => say("following".to_owned(), Look::Tone(Tone::Ok)),
        Scroll::At(_) => say(
            format!("paused, {} below", grouped(behind)),
            Look::Tone(Tone::Warn),
        ),
    }
    if let Some(trouble) = &pane.trouble {
        say(
            trouble.message.lines().next().unwrap_or_default().to_owned(),
            Look::Tone(Tone::Bad),
        );
    }
    let states = pane
        .buffer
        .sources()
        .filter(|source| matches!(source.state, State::Retrying { .. } | State::Forbidden { .. }))
        .count();
    if states > 0 {
        say(format!("{states} interrupted"), Look::Tone(Tone::Bad));
    }
    let _ = app;
    title
}

/// Where there is no line yet: what the containers do.
fn no_lines(app: &App, pane: &LogsPane) -> Vec<Text> {
    if let Some(failure) = &pane.failed {
        return vec![vec![piece(failure.message.clone(), Look::Tone(Tone::Bad))]];
    }
    let mut lines: Vec<Text> = Vec::new();
    for source in pane.buffer.sources().take(8) {
        let (word, tone) = state_words(&source.state, app.now);
        lines.push(vec![
            piece(
                format!("{}/{}  ", source.pod, source.container),
                Look::Pod(source.colour),
            ),
            piece(word, Look::Tone(tone)),
        ]);
    }
    if lines.is_empty() {
        let word = if pane.complete {
            pane.title.clone()
        } else {
            "waiting for pods …".to_owned()
        };
        lines.push(vec![piece(word, Look::Tone(Tone::Dim))]);
    } else if pane.filter.is_empty() && lines.len() == 1 {
        lines.push(vec![piece(
            "no lines in the chosen time · 1 from the first line",
            Look::Tone(Tone::Dim),
        )]);
    } else if !pane.filter.is_empty() {
        lines = vec![vec![piece(
            format!(
                "none of {} lines matches · esc clears the filter",
                grouped(pane.buffer.total())
            ),
            Look::Plain,
        )]];
    }
    lines
}

fn state_words(state: &State, now: Timestamp) -> (String, Tone) {
    match state {
        State::Queued => ("waits for a free stream".to_owned(), Tone::Dim),
        State::Connecting => ("connecting".to_owned(), Tone::Busy),
        State::Live { .. } => ("live, no lines yet".to_owned(), Tone::Ok),
        State::Retrying { at, why } => {
            let seconds = (at.nanos_since(now) / 1_000_000_000).max(0);
            (format!("{why} · again in {seconds}s"), Tone::Warn)
        }
        State::Waiting { reason, message } if message.is_empty() => (reason.to_string(), Tone::Busy),
        State::Waiting { reason, message } => (format!("{reason}: {message}"), Tone::Warn),
        State::Ended { exit_code, reason } => (
            format!(
                "ended: {reason}{}",
                exit_code
                    .map(|code| format!(", exit code {code}"))
                    .unwrap_or_default()
            ),
            Tone::Dim,
        ),
        State::Forbidden { message } => (message.to_string(), Tone::Bad),
    }
}

fn log_line(app: &App, pane: &LogsPane, line: &LineRef, width: usize, out: &mut Vec<Text>) {
    let mut head = Text::new();
    if let Some(stamp) = stamp(pane.stamps, line.stamp, app.now) {
        head.push(piece(format!("{stamp} "), Look::Tone(Tone::Dim)));
    }
    if pane.streams.1 > 1
        && let Some(source) = pane.buffer.source(line.source)
    {
        let many = pane
            .buffer
            .sources()
            .any(|other| other.pod_uid == source.pod_uid && other.container != source.container);
        let name = crate::text::truncate_middle(&source.pod, POD).into_owned();
        let name = if many {
            format!("{name}/{}", source.container)
        } else {
            name
        };
        head.push(piece(format!("{name} "), Look::Pod(source.colour)));
    }
    if let Some(letter) = letter(line.level) {
        head.push(piece(format!("{letter} "), Look::Level(line.level)));
    }
    let mut body = message(pane, line);
    if let Some(length) = line.cut {
        body.push(piece(format!(" … cut, {length} bytes"), Look::Tone(Tone::Warn)));
    }
    if pane.wrap {
        let indent: usize = head.iter().map(|part| crate::text::width(&part.text)).sum();
        wrap(head, body, indent, width, out);
    } else {
        head.extend(scrolled(body, pane.left));
        out.push(head);
    }
}

/// The message first, then the fields dim; plain lines as they are, with their own colours.
fn message(pane: &LogsPane, line: &LineRef) -> Text {
    let mut out = Text::new();
    if let Some(structured) = logs::fields::parse(line.text) {
        let text = crate::text::neutralise(&structured.message).into_owned();
        split(&mut out, &text, 0, &pane.buffer.highlights(&text), Look::Plain);
        for (key, value) in &structured.fields {
            let (key, value) = (crate::text::neutralise(key), crate::text::neutralise(value));
            out.push(piece(format!("  {key}="), Look::Tone(Tone::Dim)));
            split(&mut out, &value, 0, &pane.buffer.highlights(&value), Look::Plain);
        }
        return out;
    }
    let styled = logs::ansi::styled(line.text);
    let hits = pane.buffer.highlights(&styled.text);
    let mut at = 0;
    for (range, ink) in &styled.runs {
        if let Some(text) = styled.text.get(at..range.start) {
            split(&mut out, text, at, &hits, Look::Plain);
        }
        if let Some(text) = styled.text.get(range.clone()) {
            split(&mut out, text, range.start, &hits, Look::Ink(*ink));
        }
        at = range.end;
    }
    if let Some(text) = styled.text.get(at..) {
        split(&mut out, text, at, &hits, Look::Plain);
    }
    out
}

/// Breaks a line at the right edge; what follows is indented below its message.
fn wrap(head: Text, body: Text, indent: usize, width: usize, out: &mut Vec<Text>) {
    let room = width.saturating_sub(indent).max(10);
    let (mut row, mut used) = (head, 0);
    for part in body {
        let mut chunk = String::new();
        for c in part.text.chars() {
            let columns = crate::text::width(c.encode_utf8(&mut [0; 4]));
            if used + columns > room {
                push(&mut row, Some(&chunk), part.look);
                chunk.clear();
                out.push(std::mem::take(&mut row));
                row.push(piece(" ".repeat(indent.min(width / 2)), Look::Plain));
                used = 0;
            }
            chunk.push(c);
            used += columns;
        }
        push(&mut row, Some(&chunk), part.look);
    }
    out.push(row);
}

const fn letter(level: Level) -> Option<char> {
    Some(match level {
        Level::Trace => 'T',
        Level::Debug => 'D',
        Level::Info => 'I',
        Level::Warn => 'W',
        Level::Error => 'E',
        Level::Fatal => 'F',
        _ => return None,
    })
}

fn stamp(style: TimeStyle, at: Timestamp, now: Timestamp) -> Option<String> {
    match style {
        TimeStyle::Off => None,
        TimeStyle::Utc => Some(clock::time_of_day(at, true)),
        TimeStyle::Local => Some(clock::time_of_day(at, false)),
        TimeStyle::Relative => Some(format!("{:>6}", clock::age(at, now))),
    }
}

fn marker_line(pane: &LogsPane, marker: &Marker, now: Timestamp) -> Text {
    let name = |id| {
        let source = pane.buffer.source(id);
        source
            .map(|source| {
                format!(
                    "{}/{}",
                    crate::text::truncate_middle(&source.pod, POD),
                    source.container
                )
            })
            .unwrap_or_default()
    };
    let _ = now;
    match marker {
        Marker::Restart {
            source,
            exit_code,
            reason,
            restarts,
            at,
        } => {
            let code = exit_code.map(|code| format!("exit {code}")).unwrap_or_default();
            let why = [code.as_str(), reason]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" ");
            let text = format!(
                "── {} restarted ({why}, restart {restarts}) {} ── p previous ──",
                name(*source),
                clock::time_of_day(*at, false)
            );
            vec![piece(text, Look::Tone(Tone::Warn))]
        }
        Marker::Gap { source, from, to } => {
            let text = format!(
                "┄┄ gap: {} {}–{} not received ┄┄",
                name(*source),
                clock::time_of_day(*from, false),
                clock::time_of_day(*to, false)
            );
            vec![piece(text, Look::Tone(Tone::Bad))]
        }
        Marker::Mark { at } => vec![piece(
            format!("──── {} ────────────────", clock::time_of_day(*at, false)),
            Look::Tone(Tone::Accent),
        )],
    }
}
