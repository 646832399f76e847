//! The rows of one feed in slots: identity, generations, order. What a row is, its [`Shape`] says.

use std::any::Any;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::BuildHasher as _;
use std::marker::PhantomData;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::slots::Slots;
use super::{Annex, Changes, ColumnInfo, Ctx, Facts, Item, KindDef, RowBatch, Rows, Run, SortBy, merge};
use crate::clock::Timestamp;
use crate::model::{Cell, Health, Meta, Query, Row, Uid};

struct Slot<R> {
    row: R,
    part: u16,
    generation: u16,
}

/// What the rows of a sheet are made of.
pub trait Shape: Default + Send + 'static {
    /// The row.
    type Row: Row;
    /// Columns in order.
    fn columns(&self) -> &[ColumnInfo];
    /// One value.
    fn cell<'a>(&'a self, row: &'a Self::Row, column: usize, ctx: &Ctx<'a>) -> Cell<'a>;
    /// How the object is doing.
    fn health(&self, row: &Self::Row, facts: &Facts) -> Health;
    /// Where Enter leads.
    fn drill(&self, row: &Self::Row) -> Option<Query>;
    /// The items of a batch; `None` if it is another kind's.
    fn unpack(&mut self, batch: RowBatch) -> Option<Vec<Item<Self::Row>>>;
}

/// The shape of a kind with a file of its own.
pub struct Typed<K> {
    columns: Vec<ColumnInfo>,
    kind: PhantomData<fn() -> K>,
}

impl<K: KindDef> Default for Typed<K> {
    fn default() -> Self {
        let columns = K::COLUMNS.iter().map(|column| ColumnInfo {
            title: Cow::Borrowed(column.title),
            width: column.width,
            wide: column.wide,
            volatile: column.volatile,
        });
        Self {
            columns: columns.collect(),
            kind: PhantomData,
        }
    }
}

impl<K: KindDef> Shape for Typed<K> {
    type Row = K::Row;

    fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    fn cell<'a>(&'a self, row: &'a K::Row, column: usize, ctx: &Ctx<'a>) -> Cell<'a> {
        K::COLUMNS
            .get(column)
            .map_or(Cell::None, |column| (column.cell)(row, ctx))
    }

    fn health(&self, row: &K::Row, facts: &Facts) -> Health {
        K::health(row, facts)
    }

    fn drill(&self, row: &K::Row) -> Option<Query> {
        K::drill(row)
    }

    fn unpack(&mut self, batch: RowBatch) -> Option<Vec<Item<K::Row>>> {
        batch.items.downcast().ok().map(|items| *items)
    }
}

/// All rows of kind `K` in one feed.
pub type Of<K> = Sheet<Typed<K>>;

/// All rows of one feed.
pub struct Sheet<S: Shape> {
    shape: S,
    slots: Slots<Slot<S::Row>>,
    free: Vec<u32>,
    /// Slots by the uid of their row, which is not held a second time.
    by_uid: HashTable<u32>,
    generations: Vec<u16>,
    changed: FxHashMap<u32, (u64, Timestamp)>,
    stamp: Timestamp,
}

impl<S: Shape> Default for Sheet<S> {
    fn default() -> Self {
        Self {
            shape: S::default(),
            slots: Slots::default(),
            free: Vec::new(),
            by_uid: HashTable::new(),
            generations: Vec::new(),
            changed: FxHashMap::default(),
            stamp: Timestamp::default(),
        }
    }
}

impl<S: Shape> Sheet<S> {
    /// The row in a slot.
    pub fn row(&self, slot: u32) -> Option<&S::Row> {
        self.slots.get(slot).map(|entry| &entry.row)
    }

    /// Every row with its slot, in slot order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &S::Row)> {
        self.slots.iter().map(|(slot, entry)| (slot, &entry.row))
    }

    fn slot_of(&self, uid: Uid) -> Option<u32> {
        let is_it = |slot: &u32| self.row(*slot).is_some_and(|row| row.meta().uid == uid);
        self.by_uid.find(hash(uid), is_it).copied()
    }

    fn generation(&mut self, part: u16) -> &mut u16 {
        let at = usize::from(part);
        if at >= self.generations.len() {
            self.generations.resize(at + 1, 0);
        }
        &mut self.generations[at]
    }

    fn upsert(&mut self, part: u16, row: S::Row, changes: &mut Changes) {
        let generation = *self.generation(part);
        let uid = row.meta().uid;
        if let Some(slot) = self.slot_of(uid) {
            let Some(entry) = self.slots.place(slot).and_then(Option::as_mut) else {
                return;
            };
            entry.generation = generation;
            entry.part = part;
            if entry.row == row {
                return;
            }
            let bits = differing(&self.shape, &entry.row, &row, self.stamp);
            entry.row = row;
            if bits != 0 {
                self.changed.insert(slot, (bits, self.stamp));
            }
            changes.updated.push(slot);
            return;
        }
        let entry = Slot {
            row,
            part,
            generation,
        };
        let freed = self.free.pop();
        let slot = match freed.and_then(|slot| Some((slot, self.slots.place(slot)?))) {
            Some((slot, place)) => {
                *place = Some(entry);
                slot
            }
            None => self.slots.push(entry),
        };
        let slots = &self.slots;
        let hash_of = |slot: &u32| slots.get(*slot).map_or(0, |entry| hash(entry.row.meta().uid));
        self.by_uid.insert_unique(hash(uid), slot, hash_of);
        changes.added.push(slot);
    }

    fn remove(&mut self, uid: Uid, changes: &mut Changes) {
        let slots = &self.slots;
        let is_it = |slot: &u32| slots.get(*slot).is_some_and(|entry| entry.row.meta().uid == uid);
        if let Ok(found) = self.by_uid.find_entry(hash(uid), is_it) {
            let (slot, _) = found.remove();
            if let Some(place) = self.slots.place(slot) {
                *place = None;
            }
            self.free.push(slot);
            self.changed.remove(&slot);
            changes.removed.push((slot, uid));
        }
    }
}

fn hash(uid: Uid) -> u64 {
    FxBuildHasher.hash_one(uid)
}

/// Which non-volatile columns differ, as bits.
fn differing<S: Shape>(shape: &S, old: &S::Row, new: &S::Row, now: Timestamp) -> u64 {
    let facts = Facts::default();
    let ctx = Ctx { now, facts: &facts };
    let differs = |at: usize| shape.cell(old, at, &ctx) != shape.cell(new, at, &ctx);
    let columns = shape.columns().iter().take(64).enumerate();
    columns
        .filter(|(at, column)| !column.volatile && differs(*at))
        .fold(0, |bits, (at, _)| bits | (1 << at))
}

/// By cell, then by namespace and name; `reverse` leaves n/a and the tie-break as they are.
pub(super) fn ordered(a: (&Cell, &Meta), b: (&Cell, &Meta), reverse: bool) -> Ordering {
    let cells = match (a.0, b.0) {
        (Cell::None, Cell::None) => Ordering::Equal,
        (Cell::None, _) => Ordering::Greater,
        (_, Cell::None) => Ordering::Less,
        (x, y) if reverse => y.compare(x),
        (x, y) => x.compare(y),
    };
    cells
        .then_with(|| a.1.namespace.cmp(&b.1.namespace))
        .then_with(|| a.1.name.cmp(&b.1.name))
}

impl<S: Shape> Rows for Sheet<S> {
    fn apply(&mut self, part: u16, batch: RowBatch) -> Changes {
        let mut changes = Changes::default();
        for item in self.shape.unpack(batch).unwrap_or_default() {
            match item {
                Item::Upsert(row) => self.upsert(part, row, &mut changes),
                Item::Remove(uid) => self.remove(uid, &mut changes),
            }
        }
        changes
    }

    fn begin_list(&mut self, part: u16) {
        let generation = self.generation(part);
        *generation = generation.wrapping_add(1);
    }

    fn end_list(&mut self, part: u16) -> Changes {
        let generation = *self.generation(part);
        let old = |entry: &&Slot<S::Row>| entry.part == part && entry.generation != generation;
        let gone: Vec<Uid> = self
            .slots
            .iter()
            .map(|(_, entry)| entry)
            .filter(old)
            .map(|entry| entry.row.meta().uid)
            .collect();
        let mut changes = Changes::default();
        for uid in gone {
            self.remove(uid, &mut changes);
        }
        changes
    }

    fn len(&self) -> usize {
        self.by_uid.len()
    }

    fn slots(&self) -> Vec<u32> {
        self.iter().map(|(slot, _)| slot).collect()
    }

    fn slot(&self, uid: Uid) -> Option<u32> {
        self.slot_of(uid)
    }

    fn meta(&self, slot: u32) -> Option<&Meta> {
        self.row(slot).map(Row::meta)
    }

    fn columns(&self) -> &[ColumnInfo] {
        self.shape.columns()
    }

    fn cell<'a>(&'a self, slot: u32, column: usize, facts: &'a Facts, now: Timestamp) -> Cell<'a> {
        self.row(slot).map_or(Cell::None, |row| {
            self.shape.cell(row, column, &Ctx { now, facts })
        })
    }

    fn health(&self, slot: u32, facts: &Facts) -> Health {
        self.row(slot)
            .map_or(Health::Ok, |row| self.shape.health(row, facts))
    }

    fn drill(&self, slot: u32) -> Option<Query> {
        self.row(slot).and_then(|row| self.shape.drill(row))
    }

    fn changed(&self, slot: u32) -> (u64, Timestamp) {
        self.changed.get(&slot).copied().unwrap_or_default()
    }

    fn stamp(&mut self, now: Timestamp) {
        self.stamp = now;
        // Marks fade after two seconds; what is older is forgotten, so that the map stays as small as the churn.
        self.changed
            .retain(|_, (_, at)| now.nanos_since(*at) < 3_000_000_000);
    }

    fn sort(&self, slots: &mut [u32], by: SortBy, annex: &Annex, now: Timestamp) {
        let mut keyed: Vec<(Cell, &Meta, u32)> = slots
            .iter()
            .filter_map(|&slot| {
                let row = self.row(slot)?;
                let cell = self.shape.cell(
                    row,
                    by.column,
                    &Ctx {
                        now,
                        facts: annex.of(slot),
                    },
                );
                Some((cell, row.meta(), slot))
            })
            .collect();
        keyed.sort_unstable_by(|a, b| ordered((&a.0, a.1), (&b.0, b.1), by.reverse));
        for (place, (_, _, slot)) in slots.iter_mut().zip(keyed) {
            *place = slot;
        }
    }

    fn compare(&self, a: u32, b: u32, by: SortBy, annex: &Annex) -> Ordering {
        let (Some(x), Some(y)) = (self.row(a), self.row(b)) else {
            return a.cmp(&b);
        };
        let now = self.stamp;
        let left = self.shape.cell(
            x,
            by.column,
            &Ctx {
                now,
                facts: annex.of(a),
            },
        );
        let right = self.shape.cell(
            y,
            by.column,
            &Ctx {
                now,
                facts: annex.of(b),
            },
        );
        ordered((&left, x.meta()), (&right, y.meta()), by.reverse)
    }

    fn merge(
        &self,
        runs: &mut [Run],
        (by, now): (SortBy, Timestamp),
        annex: &Annex,
        (most, out): (usize, &mut Vec<u32>),
    ) {
        let look = |slot| {
            let row = self.row(slot)?;
            let facts = annex.of(slot);
            let cell = self.shape.cell(row, by.column, &Ctx { now, facts });
            Some((cell, row.meta()))
        };
        merge::merge(runs, by.reverse, most, look, out);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
