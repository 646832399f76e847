//! A table pane as data: heads, the visible rows, what stands below them, or why there is nothing.

mod below;
mod cell;

use std::fmt::Write;

use super::frame::{empty, freshness, grouped};
use super::{Body, Head, Look, RowLine, TableBody, Text, piece};
use crate::app::App;
use crate::app::absent::Absent;
use crate::app::columns::{Placed, candidates};
use crate::app::pane::Pane;
use crate::app::scope_word;
use crate::app::table::TablePane;
use crate::clock::Timestamp;
use crate::kind::Width;
use crate::model::{Area, Cell, FailureKind, Phase, Scope, Tone};
use crate::store::FeedState;
use crate::text::{neutralise, width};
use cell::{Line, Prefixes, host};

/// Rows looked at for the side on which a column stands.
const ALIGN_BY: usize = 64;
/// Blocks of a bar, in terminal columns.
pub const BAR: u16 = 10;

pub(super) fn pane(app: &App, pane: &Pane, table: &TablePane, area: Area) -> (Text, Text, Body) {
    let Some(feed) = app.store.feed(table.feed) else {
        return (
            vec![piece(table.kind.title.to_string(), Look::Plain)],
            Vec::new(),
            empty(Vec::new()),
        );
    };
    let body = if table.order.slots().is_empty() {
        empty(why_empty(app, pane, table, feed))
    } else {
        Body::Table(rows(app, table, feed, area))
    };
    (title(table, feed), note(app, table, feed, &body), body)
}

/// `Pods(team-a)[42/1204] /web ↑NAME`
fn title(table: &TablePane, feed: &FeedState) -> Text {
    let mut text = String::new();
    text.push_str(&table.kind.title);
    // What belongs to an object stands where the object does.
    if table.kind.namespaced && table.origin.is_none() {
        let _ = write!(text, "({})", scope_word(&table.query.scope));
    }
    let (shown, all) = (table.order.slots().len(), feed.rows.len());
    let narrowed = !table.query.filter.is_empty() || table.order.faults;
    // Writing to a String cannot fail.
    let _ = if shown == all || (table.origin.is_some() && !narrowed) {
        write!(text, "[{}]", grouped(shown))
    } else {
        write!(text, "[{}/{}]", grouped(shown), grouped(all))
    };
    let mut title = vec![piece(text, Look::Plain)];
    if let Some(origin) = &table.origin {
        title.push(piece(format!(" of {}", named(origin)), Look::Tone(Tone::Accent)));
    }
    if let crate::model::Predicate::Labels(selector) = &table.query.predicate {
        title.push(piece(format!(" {selector}"), Look::Tone(Tone::Accent)));
    }
    if !table.query.filter.is_empty() {
        title.push(piece(
            format!(" /{}", neutralise(&table.query.filter)),
            Look::Match,
        ));
    }
    if table.order.faults {
        title.push(piece(" faults", Look::Tone(Tone::Warn)));
    }
    if !table.marks.is_empty() {
        title.push(piece(
            format!(" {} marked", table.marks.len()),
            Look::Tone(Tone::Accent),
        ));
    }
    title
}

/// `node/ip-10-0-1-5`: an object with its node called as in its row.
pub(super) fn named(object: &str) -> String {
    let parts = object.split_once('/');
    parts.map_or_else(
        || object.to_owned(),
        |(kind, name)| format!("{kind}/{}", host(name)),
    )
}

/// The order when no head on screen shows it, and freshness when rows are not live.
fn note(app: &App, table: &TablePane, feed: &FeedState, body: &Body) -> Text {
    let mut note = Vec::new();
    let is_shown = matches!(body, Body::Table(body) if body.heads.iter().any(|head| head.sorted.is_some()));
    if let Some(column) = feed.rows.columns().get(table.order.sort.column)
        && matches!(body, Body::Table(_))
        && !is_shown
        // A namespace that all rows share orders nothing.
        && column.title != "NAMESPACE"
    {
        let arrow = if table.order.sort.reverse { "↓" } else { "↑" };
        let text = format!("{}{arrow}", neutralise(&column.title));
        note.push(piece(text, Look::Tone(Tone::Dim)));
    }
    if let Body::Table(body) = body
        && let Some(columns) = hidden_match(app, table, feed, body)
    {
        if !note.is_empty() {
            note.push(piece(" · ", Look::Tone(Tone::Dim)));
        }
        note.push(piece(format!("matches in {columns}"), Look::Match));
    }
    if !matches!(feed.phase(), Phase::Live) {
        if !note.is_empty() {
            note.push(piece(" · ", Look::Tone(Tone::Dim)));
        }
        let mut word = freshness(app, feed);
        if matches!(body, Body::Empty(_))
            && let Some(end) = word.text.find(": ")
        {
            // The reason stands in the middle of the pane.
            word.text.truncate(end);
        }
        note.push(word);
    }
    note
}

/// Where the filter matches the row under the cursor, if in none of the columns that are shown.
fn hidden_match(app: &App, table: &TablePane, feed: &FeedState, body: &TableBody) -> Option<String> {
    let slot = *table.order.slots().get(table.at)?;
    let (mut hidden, mut text) = (Vec::new(), String::new());
    for (at, column) in feed.rows.columns().iter().enumerate() {
        let value = feed.cell(slot, at, app.now);
        if column.volatile || value == Cell::None {
            continue;
        }
        cell::write(&value, app.now, &mut text);
        if table.order.filter.hits(&text).is_empty() {
            continue;
        }
        if body.heads.iter().any(|head| head.title == *column.title) {
            return None;
        }
        hidden.push(neutralise(&column.title).into_owned());
    }
    (!hidden.is_empty()).then(|| hidden.join(", "))
}

fn why_empty(app: &App, pane: &Pane, table: &TablePane, feed: &FeedState) -> Vec<Text> {
    let what = table.kind.gvr.to_string();
    let dim = |text: String| vec![piece(text, Look::Tone(Tone::Dim))];
    if let Some(pod) = table.parent.as_ref().filter(|_| table.orphaned) {
        let gone = format!("pod {}/{} is gone", pod.namespace, pod.name);
        return vec![
            vec![piece(gone, Look::Tone(Tone::Warn))],
            dim("esc goes back to the pods".to_owned()),
        ];
    }
    match feed.phase() {
        Phase::Stale { why, .. } => {
            let look = if why.kind == FailureKind::Forbidden {
                Tone::Warn
            } else {
                Tone::Bad
            };
            let hint = if why.kind == FailureKind::Forbidden {
                "ask for the right, or choose a namespace with :ns"
            } else {
                "tried again by itself · ctrl-r tries now"
            };
            let mut lines: Vec<Text> = why
                .message
                .lines()
                .map(|line| vec![piece(neutralise(line).into_owned(), Look::Tone(look))])
                .collect();
            lines.push(dim(hint.to_owned()));
            lines
        }
        Phase::Opening => vec![dim(format!("asking for {what} …"))],
        Phase::Loading { .. } => vec![dim(format!("loading {what} …"))],
        Phase::Live | Phase::Polled(_) => {
            let absent = app.absent_namespaces(table);
            if absent.is_empty() {
                no_rows(pane, table, feed)
            } else {
                no_namespace(&absent)
            }
        }
    }
}

/// What was chosen is not there; the hint is the command that chooses what was meant.
fn no_namespace(absent: &[Absent]) -> Vec<Text> {
    let mut lines: Vec<Text> = Vec::new();
    for Absent { name, meant } in absent {
        let there = format!("there is no namespace `{name}`");
        lines.push(vec![piece(there, Look::Tone(Tone::Warn))]);
        if let Some(meant) = meant {
            lines.push(vec![piece(format!("did you mean :ns {meant}"), Look::Plain)]);
        }
    }
    let hint = "0 all namespaces · :ns switch".to_owned();
    lines.push(vec![piece(hint, Look::Tone(Tone::Dim))]);
    lines
}

/// Why there is nothing though the server answered.
fn no_rows(pane: &Pane, table: &TablePane, feed: &FeedState) -> Vec<Text> {
    let dim = |text: String| vec![piece(text, Look::Tone(Tone::Dim))];
    let plain = |text: String| vec![piece(text, Look::Plain)];
    let (what, kind) = (table.kind.gvr.to_string(), table.kind.title.to_lowercase());
    if let Some(follow) = pane.follows {
        return vec![dim(match follow.shown {
            None => "no object under the cursor".to_owned(),
            Some(_) => format!("no {kind}"),
        })];
    }
    if let Some(origin) = &table.origin
        && table.query.filter.is_empty()
        && !table.order.faults
    {
        return vec![dim(format!("no {kind} of {}", neutralise(origin)))];
    }
    if !feed.rows.is_empty() {
        let none = format!("none of {} {what} matches", grouped(feed.rows.len()));
        return vec![plain(none), dim("esc clears the filter".to_owned())];
    }
    let place = match &table.query.scope {
        Scope::All if table.kind.namespaced => "any namespace".to_owned(),
        Scope::All => "the cluster".to_owned(),
        scope @ Scope::Namespaces(_) => scope_word(scope),
    };
    let all = if table.kind.namespaced && table.query.scope != Scope::All {
        "0 all namespaces · "
    } else {
        ""
    };
    vec![
        plain(format!("no {what} in {place}")),
        dim(format!("{all}:ns switch · : another kind")),
    ]
}

fn rows(app: &App, table: &TablePane, feed: &FeedState, area: Area) -> TableBody {
    let room = area.inner().width;
    let (top, visible) = (table.top, table.rows_in_view());
    let slots: Vec<u32> = table
        .order
        .slots()
        .iter()
        .skip(top)
        .take(visible)
        .copied()
        .collect();
    measure(app, table, feed, &table.unmeasured());
    measure(app, table, feed, &slots);
    let placed = table.columns(feed, room);
    let heads = placed.iter().map(|column| head(table, feed, *column)).collect();
    let prefixes = Prefixes::of(feed, &slots);
    let mut rows = Vec::with_capacity(slots.len());
    for (at, slot) in slots.iter().enumerate() {
        let uid = feed.rows.meta(*slot).map(|meta| meta.uid);
        let line = Line {
            app,
            table,
            feed,
            prefixes: &prefixes,
            slot: *slot,
        };
        rows.push(RowLine {
            cells: placed.iter().map(|column| line.cell(*column)).collect(),
            cursor: table.at == top + at,
            marked: uid.is_some_and(|uid| table.marks.contains_key(&uid)),
            health: feed.health(*slot),
        });
    }
    let (totals, explanation) = below::below(app, table, feed, area, &placed);
    TableBody {
        heads,
        rows,
        totals,
        explanation,
        scroll: (top, visible, table.order.slots().len()),
    }
}

/// Widths of some rows, of the columns whose place depends on them; they only grow.
fn measure(app: &App, table: &TablePane, feed: &FeedState, slots: &[u32]) {
    let mut widths = table.widths.borrow_mut();
    let mut text = String::new();
    let columns = feed.rows.columns();
    for column in candidates(columns, table.columns_of()) {
        if columns
            .get(column)
            .is_some_and(|column| matches!(column.width, Width::Fixed(_)))
        {
            continue;
        }
        let seen = widths.entry(column).or_insert(0);
        for slot in slots {
            let value = feed.cell(*slot, column, app.now);
            if value == Cell::None {
                continue;
            }
            cell::write(&value, app.now, &mut text);
            let width = width(&text) + cell::bar_width(&value);
            *seen = (*seen).max(u16::try_from(width).unwrap_or(u16::MAX));
        }
    }
}

fn head(table: &TablePane, feed: &FeedState, placed: Placed) -> Head {
    let columns = feed.rows.columns();
    let title = columns
        .get(placed.column)
        .map_or(String::new(), |column| neutralise(&column.title).into_owned());
    let sorted = (table.order.sort.column == placed.column).then_some(table.order.sort.reverse);
    // Rows without a value have no side: the first one with a value tells, near here or at the top, so that nothing jumps.
    let slots = table.order.slots();
    let near = slots.iter().skip(table.top).take(ALIGN_BY);
    let mut cells = near
        .chain(slots.iter().take(ALIGN_BY))
        .map(|slot| feed.cell(*slot, placed.column, Timestamp::default()));
    let right = cells.find(|cell| *cell != Cell::None).is_some_and(|cell| {
        // The title of a bar stands where the bar begins.
        cell.right_aligned() && !matches!(cell, Cell::Bar { .. })
    });
    Head {
        title,
        x: placed.x,
        width: placed.width,
        right,
        sorted,
        chosen: table.chosen == Some(placed.column) && sorted.is_none(),
    }
}
