//! From one item of a list or one watch event to a row. Framing is `wire`'s; this sees one object at a time.

use bytes::Bytes;
use serde::Deserialize;

use super::table::{ColumnDefinition, RowWire, TableItem, TableRow, columns_of};
use super::{ColumnInfo, Item, KindDef, RowBatch};
use crate::model::{Failure, FailureKind, Pool, Row};
use crate::wire::{Wire as _, lossy};

/// What an item means for the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Part of a list, ADDED or MODIFIED.
    Upsert,
    /// DELETED; the item is the last state of the object.
    Remove,
}

/// Turns the items of one feed into rows. Lives in the feed's task and owns its pool.
pub trait Decode: Send {
    /// One object in protobuf (the `raw` of its `runtime.Unknown`, or an item of a list).
    fn proto(&mut self, verb: Verb, item: Bytes) -> Result<(), Failure>;
    /// One object in JSON; for tables, a whole Table with its rows.
    fn json(&mut self, verb: Verb, item: &[u8]) -> Result<(), Failure>;
    /// The rows since the last call; `None` if there are none.
    fn take(&mut self) -> Option<RowBatch>;
    /// How many rows wait to be taken.
    fn pending(&self) -> usize;
}

/// The decoder of kind `K`.
pub struct Of<K: KindDef> {
    pool: Pool,
    items: Vec<Item<K::Row>>,
    since_sweep: usize,
}

impl<K: KindDef> Default for Of<K> {
    fn default() -> Self {
        Self {
            pool: Pool::default(),
            items: Vec::new(),
            since_sweep: 0,
        }
    }
}

impl<K: KindDef> Of<K> {
    fn push(&mut self, verb: Verb, wire: K::Wire<'_>) -> Result<(), Failure> {
        let row = K::row(wire, &mut self.pool).map_err(|error| unreadable(K::KIND, &error))?;
        self.items.push(match verb {
            Verb::Upsert => Item::Upsert(row),
            Verb::Remove => Item::Remove(row.meta().uid),
        });
        self.since_sweep += 1;
        Ok(())
    }
}

/// How many rows pass between two sweeps of the pool.
const SWEEP_EVERY: usize = 50_000;

impl<K: KindDef> Decode for Of<K> {
    fn proto(&mut self, verb: Verb, item: Bytes) -> Result<(), Failure> {
        let wire = K::Wire::proto(&item).map_err(|error| unreadable(K::KIND, &error))?;
        self.push(verb, wire)
    }

    fn json(&mut self, verb: Verb, item: &[u8]) -> Result<(), Failure> {
        let wire = K::Wire::json(item).map_err(|error| unreadable(K::KIND, &error))?;
        self.push(verb, wire)
    }

    fn take(&mut self) -> Option<RowBatch> {
        if self.items.is_empty() {
            return None;
        }
        let len = self.items.len();
        let items = std::mem::replace(&mut self.items, Vec::with_capacity(len));
        if self.since_sweep >= SWEEP_EVERY {
            self.since_sweep = 0;
            self.pool.sweep();
        }
        Some(RowBatch {
            items: Box::new(items),
            len,
        })
    }

    fn pending(&self) -> usize {
        self.items.len()
    }
}

fn unreadable(kind: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        FailureKind::Decode,
        format!("the server sent a {kind} that could not be read: {error}"),
    )
}

/// The decoder of the server's Table.
#[derive(Default)]
pub struct Table {
    pool: Pool,
    columns: Vec<ColumnInfo>,
    fresh_columns: bool,
    items: Vec<Item<TableRow>>,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(default, rename = "columnDefinitions")]
    columns: Option<Vec<ColumnDefinition>>,
    #[serde(default, borrow)]
    rows: Option<Vec<RowWire<'a>>>,
}

impl Decode for Table {
    fn proto(&mut self, _verb: Verb, _item: Bytes) -> Result<(), Failure> {
        Err(Failure::new(
            FailureKind::Unsupported,
            "tables are not served as protobuf",
        ))
    }

    fn json(&mut self, verb: Verb, item: &[u8]) -> Result<(), Failure> {
        let text = lossy(item);
        let wire: Wire = serde_json::from_str(&text).map_err(|error| unreadable("Table", &error))?;
        // Only the first event of a watch carries the definitions.
        if let Some(definitions) = wire.columns.filter(|columns| !columns.is_empty()) {
            let columns = columns_of(definitions);
            self.fresh_columns |= columns != self.columns;
            self.columns = columns;
        }
        for row in wire.rows.unwrap_or_default() {
            let row = row.into_row(&self.columns, &mut self.pool);
            self.items.push(match verb {
                Verb::Upsert => Item::Upsert(row),
                Verb::Remove => Item::Remove(row.meta().uid),
            });
        }
        Ok(())
    }

    fn take(&mut self) -> Option<RowBatch> {
        if self.items.is_empty() && !self.fresh_columns {
            return None;
        }
        let columns = std::mem::take(&mut self.fresh_columns).then(|| self.columns.clone());
        let items = TableItem {
            columns,
            items: std::mem::take(&mut self.items),
        };
        let len = items.items.len();
        Some(RowBatch {
            items: Box::new(items),
            len,
        })
    }

    fn pending(&self) -> usize {
        self.items.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_with_bad_bytes_is_a_table() {
        let mut decoder = Table::default();
        let page = b"{\"kind\":\"Table\",\"columnDefinitions\":[{\"name\":\"Name\",\"type\":\"string\",\"priority\":0}],
            \"rows\":[{\"cells\":[\"a\xff\"],\"object\":{\"metadata\":{\"name\":\"a\xff\"}}}]}";
        decoder.json(Verb::Upsert, page).unwrap();
        let Item::Upsert(row) = &decoder.items[0] else {
            panic!("a row was removed");
        };
        assert_eq!(&*row.meta().name, "a\u{fffd}");
    }
}
