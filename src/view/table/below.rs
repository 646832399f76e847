//! What stands below the rows of a table: totals, and the sentence that explains the row under the cursor.

use super::super::{CellBox, Look, RowLine, Text, piece};
use super::cell::{bar, bar_width, host, write};
use crate::app::App;
use crate::app::columns::Placed;
use crate::app::table::TablePane;
use crate::model::{Area, Cell, Tone};
use crate::store::FeedState;

/// Totals and the sentence that explains the row under the cursor, for nodes.
pub(super) fn below(
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
    let explanation = load.zip(slot).map(|(load, slot)| {
        vec![piece(
            explained(feed, slot, &load.explanation),
            Look::Tone(Tone::Accent),
        )]
    });
    (Some(totals(app, table, feed, placed)), explanation)
}

/// With the node called as in its row.
fn explained(feed: &FeedState, slot: u32, explanation: &str) -> String {
    let name = feed.rows.meta(slot).map_or("", |meta| &*meta.name);
    let rest = explanation.strip_prefix(name).filter(|_| !name.is_empty());
    rest.map_or_else(|| explanation.to_owned(), |rest| format!("{}{rest}", host(name)))
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
        let sum = sum(app, table, feed, column.column);
        let value = if title == "NAME" {
            Cell::Text(format!("{} nodes", table.order.slots().len()).into())
        } else {
            sum.unwrap_or(Cell::None)
        };
        let mut text = String::new();
        if value != Cell::None {
            write(&value, app.now, &mut text);
        }
        let room = usize::from(column.width).saturating_sub(bar_width(&value));
        if crate::text::width(&text) > room {
            // Only the sums of pods get that long: their per cent is short.
            text.clear();
            value.write(app.now, &mut text);
        }
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

/// `None` for a column of texts.
fn sum<'a>(app: &App, table: &TablePane, feed: &'a FeedState, column: usize) -> Option<Cell<'a>> {
    let mut sum = None;
    for slot in table.order.slots() {
        let cell = feed.cell(*slot, column, app.now);
        let is_empty = cell == Cell::None;
        sum = add(sum, cell);
        if sum.is_none() && !is_empty {
            return None;
        }
    }
    sum
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
