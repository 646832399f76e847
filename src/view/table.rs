//! A table pane as data: heads, the visible rows, what stands below them, or why there is nothing.

use std::fmt::Write;

use super::frame::{empty, freshness, grouped};
use super::{Body, CellBox, Head, Look, RowLine, TableBody, Text, piece};
use crate::app::App;
use crate::app::columns::Placed;
use crate::app::pane::Pane;
use crate::app::scope_word;
use crate::app::table::{CHANGED_FOR, TablePane};
use crate::model::cell::Unit;
use crate::model::{Area, Cell, FailureKind, Health, Phase, Scope, Tone};
use crate::store::{FeedState, UsageState};

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
        empty(why_empty(pane, table, feed))
    } else {
        Body::Table(rows(app, table, feed, area))
    };
    (title(app, table, feed), note(app, table, feed), body)
}

/// `Pods(team-a)[42/1204] /web ↑NAME`
fn title(app: &App, table: &TablePane, feed: &FeedState) -> Text {
    let mut text = String::new();
    text.push_str(&table.kind.title);
    if table.kind.namespaced {
        let _ = write!(text, "({})", scope_word(&table.query.scope));
    }
    let (shown, all) = (table.order.slots().len(), feed.rows.len());
    let _ = if shown == all {
        write!(text, "[{}]", grouped(all))
    } else {
        write!(text, "[{}/{}]", grouped(shown), grouped(all))
    };
    let mut title = vec![piece(text, Look::Plain)];
    if let Some(origin) = &table.origin {
        title.push(piece(format!(" of {origin}"), Look::Tone(Tone::Accent)));
    }
    if let crate::model::Predicate::Labels(selector) = &table.query.predicate {
        title.push(piece(format!(" {selector}"), Look::Tone(Tone::Accent)));
    }
    if !table.query.filter.is_empty() {
        title.push(piece(format!(" /{}", table.query.filter), Look::Match));
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
    let _ = app;
    title
}

fn note(app: &App, table: &TablePane, feed: &FeedState) -> Text {
    let mut note = Vec::new();
    if let Some(column) = feed.rows.columns().get(table.order.sort.column) {
        let arrow = if table.order.sort.reverse { "↓" } else { "↑" };
        note.push(piece(format!("{arrow}{} ", column.title), Look::Tone(Tone::Dim)));
    }
    if !matches!(feed.phase(), Phase::Live) {
        note.push(freshness(app, feed));
        note.push(piece(" ", Look::Plain));
    }
    note
}

fn why_empty(pane: &Pane, table: &TablePane, feed: &FeedState) -> Vec<Text> {
    let what = table.kind.gvr.to_string();
    let place = match &table.query.scope {
        Scope::All if table.kind.namespaced => "any namespace".to_owned(),
        Scope::All => "the cluster".to_owned(),
        scope @ Scope::Namespaces(_) => scope_word(scope),
    };
    let dim = |text: String| vec![piece(text, Look::Tone(Tone::Dim))];
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
                .map(|line| {
                    vec![piece(
                        crate::text::neutralise(line).into_owned(),
                        Look::Tone(look),
                    )]
                })
                .collect();
            lines.push(dim(hint.to_owned()));
            lines
        }
        Phase::Opening => vec![dim(format!("asking for {what} …"))],
        Phase::Loading { .. } => vec![dim(format!("loading {what} …"))],
        Phase::Live | Phase::Polled(_) if pane.follows.is_some() => {
            vec![dim(format!("no {}", table.kind.title.to_lowercase()))]
        }
        Phase::Live | Phase::Polled(_) if !feed.rows.is_empty() => {
            vec![
                vec![piece(
                    format!("none of {} {what} matches", grouped(feed.rows.len())),
                    Look::Plain,
                )],
                dim("esc clears the filter".to_owned()),
            ]
        }
        Phase::Live | Phase::Polled(_) => {
            let all = if table.kind.namespaced && table.query.scope != Scope::All {
                "0 all namespaces · "
            } else {
                ""
            };
            vec![
                vec![piece(format!("no {what} in {place}"), Look::Plain)],
                dim(format!("{all}:ns switch · : another kind")),
            ]
        }
    }
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
    measure(app, table, feed, &slots);
    let placed = table.columns(feed, room);
    let heads = placed.iter().map(|column| head(table, feed, *column)).collect();
    let prefixes = Prefixes::of(feed, &slots);
    let mut rows = Vec::with_capacity(slots.len());
    for (at, slot) in slots.iter().enumerate() {
        let uid = feed.rows.meta(*slot).map(|meta| meta.uid);
        rows.push(RowLine {
            cells: placed
                .iter()
                .map(|column| cell(app, table, feed, *slot, *column, &prefixes))
                .collect(),
            cursor: table.at == top + at,
            marked: uid.is_some_and(|uid| table.marks.contains_key(&uid)),
            health: feed.health(*slot),
        });
    }
    let (totals, explanation) = below(app, table, feed, area, &placed);
    TableBody {
        heads,
        rows,
        totals,
        explanation,
        scroll: (top, visible, table.order.slots().len()),
    }
}

/// Widths of what is visible now; they only grow.
fn measure(app: &App, table: &TablePane, feed: &FeedState, slots: &[u32]) {
    let mut widths = table.widths.borrow_mut();
    let mut text = String::new();
    for column in 0..feed.rows.columns().len() {
        let seen = widths.entry(column).or_insert(0);
        for slot in slots {
            text.clear();
            let cell = feed.cell(*slot, column, app.now);
            cell.write(app.now, &mut text);
            let width = crate::text::width(&text) + bar_width(&cell);
            *seen = (*seen).max(u16::try_from(width).unwrap_or(u16::MAX));
        }
    }
}

fn bar_width(cell: &Cell) -> usize {
    if matches!(cell, Cell::Bar { .. }) {
        usize::from(BAR) + 1
    } else {
        0
    }
}

fn head(table: &TablePane, feed: &FeedState, placed: Placed) -> Head {
    let columns = feed.rows.columns();
    let title = columns
        .get(placed.column)
        .map_or(String::new(), |column| column.title.to_string());
    let sorted = (table.order.sort.column == placed.column).then_some(table.order.sort.reverse);
    let right = table.order.slots().get(table.top).is_some_and(|slot| {
        feed.cell(*slot, placed.column, crate::clock::Timestamp::default())
            .right_aligned()
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

fn cell(
    app: &App,
    table: &TablePane,
    feed: &FeedState,
    slot: u32,
    placed: Placed,
    prefixes: &Prefixes,
) -> CellBox {
    let value = feed.cell(slot, placed.column, app.now);
    let mut text = String::new();
    value.write(app.now, &mut text);
    let title = feed
        .rows
        .columns()
        .get(placed.column)
        .map_or("", |column| &*column.title);
    let bar = bar(app, &value, title);
    let room = usize::from(placed.width).saturating_sub(bar_width(&value));
    let cut = if title == "NAME" || title == "NODE" {
        crate::text::truncate_middle(&text, room)
    } else {
        crate::text::truncate_end(&text, room)
    };
    let text = cut.into_owned();
    let (bits, changed_at) = feed.rows.changed(slot);
    let changed = placed.column < 64
        && bits & (1 << placed.column) != 0
        && app.now.nanos_since(changed_at) < CHANGED_FOR;
    let look = if changed {
        Look::Changed
    } else {
        look(app, feed, slot, &value, title)
    };
    let dim_prefix = if title == "NAME" {
        prefixes.length(feed, slot).min(text.len())
    } else {
        0
    };
    let dim_prefix = if text.is_char_boundary(dim_prefix) {
        dim_prefix
    } else {
        0
    };
    CellBox {
        hits: table.order.filter.hits(&text),
        text,
        look,
        dim_prefix,
        bar,
    }
}

/// How a value looks by itself.
fn look(app: &App, feed: &FeedState, slot: u32, value: &Cell, title: &str) -> Look {
    match value {
        Cell::Status(_, health) => Look::Health(*health),
        Cell::None | Cell::Count(0) | Cell::Restarts(0, _) | Cell::Since(_) | Cell::Tags(_) => {
            Look::Tone(Tone::Dim)
        }
        Cell::Restarts(..) => Look::Tone(Tone::Warn),
        Cell::Ratio(ready, total) if ready < total => match feed.health(slot) {
            Health::Done => Look::Tone(Tone::Dim),
            health => Look::Health(health.max(Health::Busy)),
        },
        Cell::Percent(percent) => match limits(app, title) {
            Some((_, bad)) if *percent >= bad => Look::Health(Health::Bad),
            Some((warn, _)) if *percent >= warn => Look::Health(Health::Warn),
            _ => Look::Plain,
        },
        Cell::Milli(_) | Cell::Bytes(_)
            if matches!(app.store.usage.state, UsageState::Unavailable(..)) && title.len() == 3 =>
        {
            Look::Tone(Tone::Dim)
        }
        _ => Look::Plain,
    }
}

/// Thresholds of a percentage under this title.
fn limits(app: &App, title: &str) -> Option<(u32, u32)> {
    let thresholds = &app.config.settings.thresholds;
    let limits = match title {
        "%L" => thresholds.memory,
        "PODS" | "PODS%" => thresholds.pods,
        _ if title.starts_with("CPU") => thresholds.cpu,
        _ if title.starts_with("MEM") => thresholds.memory,
        _ => return None,
    };
    Some((limits.warn, limits.bad))
}

fn bar(app: &App, value: &Cell, title: &str) -> Option<(u16, Health)> {
    let Cell::Bar { used, limit, unit } = value else {
        return None;
    };
    if *limit == 0 {
        return Some((0, Health::Ok));
    }
    let thousandths = (u128::from(*used) * 1000 / u128::from(*limit)).min(1000) as u16;
    let fallback = match unit {
        Unit::Count => "PODS",
        Unit::Milli => "CPU",
        Unit::Bytes => "MEM",
    };
    let (warn, bad) = limits(app, title)
        .or_else(|| limits(app, fallback))
        .unwrap_or((70, 90));
    let percent = u32::from(thousandths) / 10;
    let health = if percent >= bad {
        Health::Bad
    } else if percent >= warn {
        Health::Warn
    } else {
        Health::Ok
    };
    Some((thousandths, health))
}

/// The part of a name that its owner and its siblings share.
struct Prefixes(rustc_hash::FxHashMap<crate::model::Uid, (usize, usize)>);

impl Prefixes {
    fn of(feed: &FeedState, slots: &[u32]) -> Self {
        let mut seen: rustc_hash::FxHashMap<crate::model::Uid, (usize, usize)> =
            rustc_hash::FxHashMap::default();
        for meta in slots.iter().filter_map(|slot| feed.rows.meta(*slot)) {
            if let Some(owner) = &meta.owner
                && meta.name.starts_with(&*owner.name)
            {
                let entry = seen.entry(owner.uid).or_insert((owner.name.len() + 1, 0));
                entry.1 += 1;
            }
        }
        Self(seen)
    }

    fn length(&self, feed: &FeedState, slot: u32) -> usize {
        let owner = feed.rows.meta(slot).and_then(|meta| meta.owner.as_ref());
        let found = owner.and_then(|owner| self.0.get(&owner.uid));
        found
            .filter(|(_, count)| *count > 1)
            .map_or(0, |(length, _)| *length)
    }
}

/// Totals and the sentence that explains the row under the cursor, for nodes.
fn below(
    app: &App,
    table: &TablePane,
    feed: &FeedState,
    area: Area,
    placed: &[Placed],
) -> (Option<RowLine>, Option<Text>) {
    if table.footer_rows(area) == 0 {
        return (None, None);
    }
    let slot = table.cursor.and_then(|uid| feed.rows.slot(uid));
    let load = slot.and_then(|slot| feed.annex.of(slot).node.clone());
    let explanation = load.map(|load| vec![piece(load.explanation.clone(), Look::Tone(Tone::Accent))]);
    (Some(totals(app, table, feed, placed)), explanation)
}

/// Sums of what the shown rows have: bars by their units, numbers by addition.
fn totals(app: &App, table: &TablePane, feed: &FeedState, placed: &[Placed]) -> RowLine {
    let mut cells = Vec::with_capacity(placed.len());
    for column in placed {
        let title = feed
            .rows
            .columns()
            .get(column.column)
            .map_or("", |info| &*info.title);
        let mut sum: Option<Cell> = None;
        for slot in table.order.slots() {
            sum = add(sum, feed.cell(*slot, column.column, app.now));
        }
        let value = if title == "NAME" {
            Cell::Text(format!("{} nodes", table.order.slots().len()).into())
        } else {
            sum.unwrap_or(Cell::None)
        };
        let mut text = String::new();
        if value != Cell::None {
            value.write(app.now, &mut text);
        }
        let room = usize::from(column.width).saturating_sub(bar_width(&value));
        let text = crate::text::truncate_end(&text, room).into_owned();
        cells.push(CellBox {
            text,
            look: Look::Tone(Tone::Accent),
            bar: bar(app, &value, title),
            ..CellBox::default()
        });
    }
    RowLine {
        cells,
        ..RowLine::default()
    }
}

fn add<'a>(sum: Option<Cell<'a>>, cell: Cell<'a>) -> Option<Cell<'a>> {
    match (sum, cell) {
        (
            None,
            cell @ (Cell::Count(_) | Cell::Milli(_) | Cell::Bytes(_) | Cell::Bar { .. } | Cell::Ratio(..)),
        ) => Some(cell),
        (Some(Cell::Count(a)), Cell::Count(b)) => Some(Cell::Count(a + b)),
        (Some(Cell::Milli(a)), Cell::Milli(b)) => Some(Cell::Milli(a + b)),
        (Some(Cell::Bytes(a)), Cell::Bytes(b)) => Some(Cell::Bytes(a + b)),
        (Some(Cell::Ratio(a, x)), Cell::Ratio(b, y)) => Some(Cell::Ratio(a + b, x + y)),
        (
            Some(Cell::Bar {
                used: a,
                limit: x,
                unit,
            }),
            Cell::Bar {
                used: b, limit: y, ..
            },
        ) => Some(Cell::Bar {
            used: a + b,
            limit: x + y,
            unit,
        }),
        (sum, _) => sum,
    }
}
