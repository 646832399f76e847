//! The one erasure between the store and the kinds: all hot loops run inside the generic implementation, none per row.

use std::any::Any;
use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Annex, Facts, Run, Width};
use crate::clock::Timestamp;
use crate::model::{Cell, Health, Meta, Query, Uid};

/// One change of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Item<R> {
    /// The object is there, new or changed.
    Upsert(R),
    /// The object is gone.
    Remove(Uid),
}

/// Rows of one kind on their way from a decoder to the store.
pub struct RowBatch {
    /// `Vec<Item<K::Row>>`, or the table kind's own.
    pub items: Box<dyn Any + Send>,
    /// How many.
    pub len: usize,
}

impl std::fmt::Debug for RowBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RowBatch({})", self.len)
    }
}

/// What a batch did, by slot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// New rows.
    pub added: Vec<u32>,
    /// Rows whose value is now another.
    pub updated: Vec<u32>,
    /// Slots that are free now, and whose they were.
    pub removed: Vec<(u32, Uid)>,
}

impl Changes {
    /// True when nothing changed.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.updated.is_empty() && self.removed.is_empty()
    }
}

/// A column without its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Title in capitals.
    pub title: Cow<'static, str>,
    /// How wide.
    pub width: Width,
    /// Wide mode only.
    pub wide: bool,
    /// Changes by itself.
    pub volatile: bool,
}

/// A column to order by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortBy {
    /// Index into [`Rows::columns`].
    pub column: usize,
    /// Greatest first; n/a stays last.
    pub reverse: bool,
}

/// All rows of one feed. A row stays in its slot as long as its object lives; freed slots are used again.
pub trait Rows: Any + Send {
    /// Applies a batch of part `part` of the feed (see [`crate::model::Feed`]).
    fn apply(&mut self, part: u16, batch: RowBatch) -> Changes;
    /// A new list of `part` begins: what it does not name is removed at [`Rows::end_list`].
    fn begin_list(&mut self, part: u16);
    /// The list is complete: removes rows of `part` that it did not name.
    fn end_list(&mut self, part: u16) -> Changes;
    /// Number of rows.
    fn len(&self) -> usize;
    /// True when there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Slots in use, in slot order.
    fn slots(&self) -> Vec<u32>;
    /// The slot of an object.
    fn slot(&self, uid: Uid) -> Option<u32>;
    /// Metadata of the row in a slot.
    fn meta(&self, slot: u32) -> Option<&Meta>;
    /// The columns, in order. Grow when a table's definitions arrive, never shrink.
    fn columns(&self) -> &[ColumnInfo];
    /// One value; [`Cell::None`] for a free slot or an unknown column.
    fn cell<'a>(&'a self, slot: u32, column: usize, facts: &'a Facts, now: Timestamp) -> Cell<'a>;
    /// How the object is doing.
    fn health(&self, slot: u32, facts: &Facts) -> Health;
    /// Where Enter leads.
    fn drill(&self, slot: u32) -> Option<Query>;
    /// Columns whose value differed at the last update of the slot, as bits (column 0 is bit 0), and when it came by [`Rows::stamp`].
    fn changed(&self, slot: u32) -> (u64, Timestamp);
    /// Sets the moment that following updates are stamped with.
    fn stamp(&mut self, now: Timestamp);
    /// Orders slots by a column, ties by namespace and name.
    fn sort(&self, slots: &mut [u32], by: SortBy, annex: &Annex, now: Timestamp);
    /// The order of two slots under the same rule as [`Rows::sort`].
    fn compare(&self, a: u32, b: u32, by: SortBy, annex: &Annex) -> Ordering;
    /// Takes the first so many slots off runs that are in the order of [`Rows::sort`] and appends them to the vector, in that order.
    fn merge(
        &self,
        runs: &mut [Run],
        by: (SortBy, Timestamp),
        annex: &Annex,
        most_to: (usize, &mut Vec<u32>),
    );
    /// For insight, which knows the kind: `rows.as_any().downcast_ref::<Of<Pods>>()`.
    fn as_any(&self) -> &dyn Any;
}
