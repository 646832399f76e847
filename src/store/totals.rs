//! Sums over the rows of an order, computed when they are asked for and kept until rows or facts change: a frame walks no hidden rows.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::FeedState;
use crate::clock::Timestamp;
use crate::model::Cell;

/// What the sums were computed from: revision of the order, version of the rows, version of their facts.
type Stamp = (u64, u64, u64);

/// Sums by column.
#[derive(Debug, Default)]
pub(super) struct Totals(RefCell<(Stamp, FxHashMap<usize, Option<Cell<'static>>>)>);

impl Totals {
    /// The sum of a column over these slots; `None` for a column of texts.
    pub fn of(
        &self,
        feed: &FeedState,
        (slots, revision): (&[u32], u64),
        column: usize,
    ) -> Option<Cell<'static>> {
        let mut known = self.0.borrow_mut();
        let stamp = (revision, feed.version, feed.facts);
        if known.0 != stamp {
            *known = (stamp, FxHashMap::default());
        }
        let sums = &mut known.1;
        sums.entry(column)
            .or_insert_with(|| sum(feed, slots, column))
            .clone()
    }
}

fn sum(feed: &FeedState, slots: &[u32], column: usize) -> Option<Cell<'static>> {
    let mut sum = None;
    for slot in slots {
        // What can be added does not depend on the time.
        let cell = feed.cell(*slot, column, Timestamp::default());
        let is_empty = cell == Cell::None;
        sum = add(sum, &cell);
        if sum.is_none() && !is_empty {
            return None;
        }
    }
    sum
}

/// Bars by their units, numbers by addition; n/a adds nothing.
fn add(sum: Option<Cell<'static>>, cell: &Cell<'_>) -> Option<Cell<'static>> {
    match (sum, cell) {
        (sum @ (None | Some(Cell::Count(_))), Cell::Count(b)) => Some(Cell::Count(count(sum.as_ref()) + b)),
        (sum @ (None | Some(Cell::Milli(_))), Cell::Milli(b)) => Some(Cell::Milli(count(sum.as_ref()) + b)),
        (sum @ (None | Some(Cell::Bytes(_))), Cell::Bytes(b)) => Some(Cell::Bytes(count(sum.as_ref()) + b)),
        (None, Cell::Left(b)) => Some(Cell::Left(*b)),
        // What one node has too many is no room on another.
        (Some(Cell::Left(a)), Cell::Left(b)) => Some(Cell::Left(a.max(0) + b.max(&0))),
        (None, Cell::Ratio(b, y)) => Some(Cell::Ratio(*b, *y)),
        (Some(Cell::Ratio(a, x)), Cell::Ratio(b, y)) => Some(Cell::Ratio(a + b, x + y)),
        (None, Cell::Bar { used, limit, unit }) => Some(Cell::Bar {
            used: *used,
            limit: *limit,
            unit: *unit,
        }),
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

const fn count(sum: Option<&Cell<'_>>) -> u64 {
    match sum {
        Some(Cell::Count(number) | Cell::Milli(number) | Cell::Bytes(number)) => *number,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{Totals, add};
    use crate::clock::Timestamp;
    use crate::kind::Verb;
    use crate::model::cell::Unit;
    use crate::model::{Cell, Feed, Scope};
    use crate::store::Store;

    #[test]
    fn nothing_is_summed_twice() {
        let kind = crate::kinds::named("services").unwrap();
        let feed = Feed {
            gvr: kind.gvr.clone(),
            scope: Scope::All,
            fields: String::new(),
        };
        let mut store = Store::default();
        let (id, _) = store.open(&feed, kind);
        let mut decoder = kind.decoder();
        let json =
            br#"{"metadata":{"name":"web","namespace":"shop","uid":"00000001-0000-4000-8000-000000000001"}}"#;
        decoder.json(Verb::Upsert, json).unwrap();
        store.apply(id, 0, decoder.take().unwrap(), Timestamp::default());
        let state = store.feed(id).unwrap();
        let totals = Totals::default();
        let column = state.column("NAME").unwrap();
        let text = |slots: &[u32], revision| totals.of(state, (slots, revision), column);
        assert_eq!(text(&[0], 1), None);
        // Known to be none: these slots are not looked at.
        assert_eq!(totals.0.borrow().1.len(), 1);
        totals.0.borrow_mut().1.insert(column, Some(Cell::Count(7)));
        assert_eq!(
            text(&[0], 1),
            Some(Cell::Count(7)),
            "summed again without a change"
        );
        assert_eq!(text(&[0], 2), None, "not summed after a change");
    }

    #[test]
    fn like_is_added_to_like() {
        let bar = |used, limit| Cell::Bar {
            used,
            limit,
            unit: Unit::Milli,
        };
        for (cells, sum) in [
            (
                vec![Cell::Count(2), Cell::None, Cell::Count(3)],
                Some(Cell::Count(5)),
            ),
            (
                vec![Cell::None, Cell::Bytes(7), Cell::Bytes(1)],
                Some(Cell::Bytes(8)),
            ),
            (
                vec![Cell::Ratio(1, 2), Cell::Ratio(3, 3)],
                Some(Cell::Ratio(4, 5)),
            ),
            (
                vec![Cell::Left(-3), Cell::Left(5), Cell::Left(-1)],
                Some(Cell::Left(5)),
            ),
            (vec![bar(1, 4), bar(2, 4)], Some(bar(3, 8))),
            (vec![Cell::None], None),
        ] {
            assert_eq!(cells.iter().fold(None, add), sum, "{cells:?}");
        }
    }
}
