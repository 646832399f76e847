//! Log panes as data: title, and the visible lines only.

mod divider;
mod line;
mod names;
mod strip;

use super::frame::{empty, grouped};
use super::table::named;
use super::{Body, LinesBody, Look, Text, piece};
use crate::app::App;
use crate::app::logs::{IDLE, LogsPane};
use crate::app::scope_word;
use crate::clock::{self, Timestamp};
use crate::config::TimeStyle;
use crate::kind::EventLine;
use crate::logs::{Item, LogTarget, Scroll, State};
use crate::model::{Area, Scope, Tone};
use crate::text::neutralise;
use divider::{all_ended, ends, marker_line};
use line::Lines;
use names::Names;

pub(super) fn pane(app: &App, pane: &LogsPane, area: Area) -> (Text, Text, Body) {
    let rows = pane.rows_in_view();
    let top = pane.buffer.top(pane.scroll, rows);
    let title = log_title(app, pane, rows);
    let mut note = Vec::new();
    if !pane.filter.is_empty() {
        note.push(piece(
            format!(
                "/{} {} of {}",
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
        note.extend((!note.is_empty()).then(|| piece(" · ", Look::Plain)));
        note.push(piece(
            format!("search {} ({at} of {count})", pane.search),
            Look::Match,
        ));
    }
    if pane.buffer.is_empty() {
        return (title, note, empty(no_lines(app, pane)));
    }
    let width = usize::from(area.inner().width);
    let names = Names::of(pane, width);
    let mut shown = Lines::new(app, pane, &names, (width, rows));
    for item in pane.buffer.window(top, rows) {
        match item {
            Item::Line(line) => shown.line(&line),
            Item::Marker(_, marker) => shown.push(marker_line(&names, marker, width)),
        }
    }
    let mut lines = shown.out;
    if top + rows >= pane.buffer.len() {
        lines.extend(ends(pane, &names, width));
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
            above: above(pane, width),
            lines,
            scroll: (top, rows, pane.buffer.len()),
        }),
    )
}

/// The strip, and its place while it has nothing to show.
fn above(pane: &LogsPane, width: usize) -> Vec<Text> {
    let utc = pane.stamps == TimeStyle::Utc;
    let strip = pane
        .has_strip()
        .then(|| strip::strip(pane.buffer.seconds(), utc, width));
    strip.map(Option::unwrap_or_default).into_iter().collect()
}

/// `Logs deploy/web · 12 streams · 230 l/s · following`
fn log_title(app: &App, pane: &LogsPane, rows: usize) -> Text {
    if pane.title == IDLE {
        return vec![piece(IDLE, Look::Plain)];
    }
    if let Some(object) = pane.title.strip_suffix(" has no logs") {
        return vec![piece(format!("{IDLE} {}", named(object)), Look::Plain)];
    }
    let mut title = vec![piece(format!("{IDLE} {}", named(&pane.title)), Look::Plain)];
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
    let sources = pane.buffer.sources().count();
    let ended = pane
        .buffer
        .sources()
        .filter(|source| source.state.is_final())
        .count();
    if ended > 0 && ended < sources {
        say(format!("{ended} ended"), Look::Tone(Tone::Dim));
    }
    let behind = pane.buffer.behind(pane.scroll, rows);
    match pane.scroll {
        Scroll::Follow if ended > 0 && ended == sources => say(all_ended(pane), Look::Tone(Tone::Dim)),
        // The middle of the pane says why, or what for.
        Scroll::Follow if pane.failed.is_some() => {}
        Scroll::Follow if sources == 0 => say("waiting".to_owned(), Look::Tone(Tone::Busy)),
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
        lines = no_pods(pane);
    } else if let Some(pod) = pane.waiting() {
        lines.extend(
            app.events_of(&pod)
                .iter()
                .take(EVENTS)
                .map(|event| happened(event, app.now)),
        );
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

/// Where there is no pod either: what is waited for.
fn no_pods(pane: &LogsPane) -> Vec<Text> {
    let dim = |word: &str| vec![piece(word, Look::Tone(Tone::Dim))];
    if pane.title == IDLE {
        return vec![dim("no object under the cursor")];
    }
    if pane.complete {
        return vec![dim(&named(&pane.title))];
    }
    if !pane.listed {
        return vec![dim("looking for pods …")];
    }
    let query = &pane.query;
    let (what, place) = match &query.target {
        LogTarget::Matching(pattern) => {
            let place = match &query.scope {
                Scope::All => "any namespace".to_owned(),
                scope @ Scope::Namespaces(_) => scope_word(scope),
            };
            (format!("no pod's name matches `{}`", neutralise(pattern)), place)
        }
        LogTarget::Of(key) => {
            let place = key.namespace().unwrap_or("the cluster").to_owned();
            (format!("{} has no pods", named(&pane.title)), place)
        }
        LogTarget::Pods(_) => (format!("{} is not there", named(&pane.title)), String::new()),
    };
    let place = if place.is_empty() {
        place
    } else {
        format!(" in {place}")
    };
    vec![
        vec![piece(format!("{what}{place} yet"), Look::Plain)],
        dim("waiting for the first one · :logs looks for others"),
    ]
}

/// How many events of a pod without a log are shown, the newest.
const EVENTS: usize = 5;

/// `29s  BackOff ×160  Back-off restarting failed container`.
fn happened(event: &EventLine, now: Timestamp) -> Text {
    let tone = if event.warning { Tone::Warn } else { Tone::Dim };
    let count = if event.count > 1 {
        format!(" ×{}", event.count)
    } else {
        String::new()
    };
    vec![
        piece(
            format!("{:>6}  ", clock::age(event.last, now)),
            Look::Tone(Tone::Dim),
        ),
        piece(format!("{}{count}  ", event.reason), Look::Tone(tone)),
        piece(event.message.to_string(), Look::Plain),
    ]
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
