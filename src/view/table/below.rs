//! What stands below the rows of a table: totals, and the sentence that explains the row under the cursor.

use super::super::{CellBox, Look, RowLine, Text, piece, wrap};
use super::cell::{bar, bar_width, host, write};
use crate::app::App;
use crate::app::columns::Placed;
use crate::app::table::TablePane;
use crate::model::{Area, Cell, Tone};
use crate::store::FeedState;

/// Totals of nodes, and the sentence that explains the row under the cursor.
pub(super) fn below(
    app: &App,
    table: &TablePane,
    feed: &FeedState,
    area: Area,
    placed: &[Placed],
) -> (Option<RowLine>, Vec<Text>) {
    let most = table.explanation_rows(area);
    if most == 0 {
        return (None, Vec::new());
    }
    let slot = table.cursor.and_then(|uid| feed.rows.slot(uid));
    let room = area.inner().width.saturating_sub(2);
    let load = slot.and_then(|slot| feed.annex.of(slot).node.clone());
    let mut explanation = match (slot, load) {
        (Some(slot), Some(load)) => fitting(&explained(feed, slot, &load.explanation), room, most),
        (Some(slot), None) => fitting(&cut(app, table, (feed, slot), placed), room, most),
        _ => Vec::new(),
    };
    // The rows keep their places when the cursor goes to a row that takes fewer words.
    explanation.resize(most, Text::new());
    let totals = table.has_sums().then(|| totals(app, table, feed, placed));
    (totals, explanation)
}

/// The texts of a row that are seldom short and cut in the table, whole.
fn cut(app: &App, table: &TablePane, (feed, slot): (&FeedState, u32), placed: &[Placed]) -> String {
    let columns = feed.rows.columns().iter().enumerate();
    let told = columns.filter(|(_, column)| table.told().contains(&&*column.title));
    let mut parts = Vec::new();
    for (at, _) in told {
        let value = feed.cell(slot, at, app.now);
        if value == Cell::None {
            continue;
        }
        let mut text = String::new();
        write(&value, app.now, &mut text);
        let room = placed.iter().find(|column| column.column == at);
        if room.is_none_or(|column| crate::text::width(&text) > usize::from(column.width)) {
            parts.push(text);
        }
    }
    parts.join("  ")
}

/// With the node called as in its row.
fn explained(feed: &FeedState, slot: u32, explanation: &str) -> String {
    let name = feed.rows.meta(slot).map_or("", |meta| &*meta.name);
    let rest = explanation.strip_prefix(name).filter(|_| !name.is_empty());
    rest.map_or_else(|| explanation.to_owned(), |rest| format!("{}{rest}", host(name)))
}

/// In at most `most` rows: of the parts between the dots, the last ones go until the rest fits; the first two, limit and room, stay.
fn fitting(text: &str, room: u16, most: usize) -> Vec<Text> {
    const DOT: &str = " · ";
    let mut parts: Vec<&str> = text.split(DOT).collect();
    loop {
        let text = parts.join(DOT);
        let rows = wrap(&vec![piece(text, Look::Tone(Tone::Accent))], room, 2);
        if rows.len() <= most {
            return rows;
        }
        if parts.len() <= 2 {
            let mut rows: Vec<Text> = rows.into_iter().take(most).collect();
            if let Some(last) = rows.last_mut() {
                last.push(piece("…", Look::Tone(Tone::Accent)));
            }
            return rows;
        }
        parts.pop();
    }
}

/// Sums of what the shown rows have.
fn totals(app: &App, table: &TablePane, feed: &FeedState, placed: &[Placed]) -> RowLine {
    let mut cells = Vec::with_capacity(placed.len());
    for column in placed {
        let title = feed
            .rows
            .columns()
            .get(column.column)
            .map_or("", |info| &*info.title);
        let sum = table.order.total(feed, column.column);
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

#[cfg(test)]
mod tests {
    use super::{Text, fitting};

    #[test]
    fn an_explanation_goes_over_rows_and_loses_its_last_parts_first() {
        let text = "node  formula = 17 slots · 1 left · 3 would stick · prefixes would give 110";
        let plain = |row: &Text| row.iter().map(|piece| piece.text.as_str()).collect::<String>();
        let rows = |room, most| fitting(text, room, most).iter().map(plain).collect::<Vec<_>>();
        assert_eq!(rows(100, 2), [text]);
        assert_eq!(
            rows(44, 2),
            [
                "node  formula = 17 slots · 1 left · 3 would ",
                "  stick · prefixes would give 110"
            ]
        );
        assert_eq!(rows(60, 1), ["node  formula = 17 slots · 1 left · 3 would stick"]);
        assert_eq!(rows(20, 1), ["node  formula = 17 …"]);
    }
}
