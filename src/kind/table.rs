//! Kinds nobody wrote a file for, and kinds whose values stay on the server: rows of the server's own Table.
//! Source: Kubernetes API concepts, "Receiving resources as Tables".

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::sheet::{Shape, Sheet};
use super::{ColumnInfo, Ctx, Facts, Item, RowBatch, Width};
use crate::clock::Timestamp;
use crate::model::{Cell, Health, Meta, Pool, Query, Row, Uid};

/// All rows of one feed that is listed as a Table.
pub type TableRows = Sheet<TableShape>;

/// One row: the metadata and what the server printed.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    meta: Meta,
    cells: Box<[TableCell]>,
}

#[derive(Debug, Clone, PartialEq)]
enum TableCell {
    Text(Arc<str>),
    Count(u64),
    Age,
    None,
}

impl Row for TableRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

/// The columns of a Table, as the server defined them.
#[derive(Debug, Default)]
pub struct TableShape {
    columns: Vec<ColumnInfo>,
}

/// A batch of a Table: new definitions, if they changed, and rows.
pub(super) struct TableItem {
    pub(super) columns: Option<Vec<ColumnInfo>>,
    pub(super) items: Vec<Item<TableRow>>,
}

impl Shape for TableShape {
    type Row = TableRow;

    fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    fn cell<'a>(&'a self, row: &'a TableRow, column: usize, _ctx: &Ctx<'a>) -> Cell<'a> {
        match self.columns.get(column).map(|info| &*info.title) {
            Some("NAMESPACE") => return Cell::text(&row.meta.namespace),
            Some("LABELS") => return Cell::Tags(&row.meta.labels),
            _ => {}
        }
        // The cells follow NAMESPACE.
        match column.checked_sub(1).and_then(|at| row.cells.get(at)) {
            Some(TableCell::Text(text)) => Cell::Text(Cow::Borrowed(text)),
            Some(TableCell::Count(count)) => Cell::Count(*count),
            Some(TableCell::Age) => Cell::Since(row.meta.created),
            Some(TableCell::None) | None => Cell::None,
        }
    }

    fn health(&self, row: &TableRow, _facts: &Facts) -> Health {
        if row.meta.deleting.is_some() {
            Health::Busy
        } else {
            Health::Ok
        }
    }

    fn drill(&self, _row: &TableRow) -> Option<Query> {
        None
    }

    fn unpack(&mut self, batch: RowBatch) -> Option<Vec<Item<TableRow>>> {
        let batch = batch.items.downcast::<TableItem>().ok()?;
        if let Some(columns) = batch.columns {
            self.columns = columns;
        }
        Some(batch.items)
    }
}

/// `columnDefinitions` of a Table.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ColumnDefinition {
    name: String,
    #[serde(default)]
    priority: i32,
}

/// NAMESPACE, the server's columns, LABELS.
pub(super) fn columns_of(definitions: Vec<ColumnDefinition>) -> Vec<ColumnInfo> {
    let info = |title: Cow<'static, str>, width, wide| {
        let volatile = title == "AGE";
        ColumnInfo {
            title,
            width,
            wide,
            volatile,
        }
    };
    let mut columns = vec![info("NAMESPACE".into(), Width::Fit(9, 24), false)];
    for definition in definitions {
        let title = definition.name.to_uppercase();
        let width = if title == "NAME" {
            Width::Rest(20)
        } else {
            Width::Fit(3, 40)
        };
        columns.push(info(title.into(), width, definition.priority > 0));
    }
    columns.push(info("LABELS".into(), Width::Rest(10), true));
    columns
}

/// One row of a Table with `includeObject=Metadata`.
#[derive(Deserialize)]
pub(super) struct RowWire<'a> {
    #[serde(default, borrow)]
    cells: Vec<CellWire<'a>>,
    #[serde(default, borrow)]
    object: ObjectWire<'a>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CellWire<'a> {
    #[serde(borrow)]
    Text(Cow<'a, str>),
    Count(u64),
    Other(Value),
}

#[derive(Deserialize, Default)]
struct ObjectWire<'a> {
    #[serde(default, borrow)]
    metadata: MetaWire<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct MetaWire<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    namespace: Cow<'a, str>,
    #[serde(borrow)]
    uid: Cow<'a, str>,
    #[serde(borrow)]
    creation_timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    deletion_timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    labels: Option<std::collections::BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
    owner_references: Option<Vec<OwnerWire>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnerWire {
    api_version: String,
    kind: String,
    name: String,
    uid: String,
    #[serde(default)]
    controller: Option<bool>,
}

impl RowWire<'_> {
    pub(super) fn into_row(self, columns: &[ColumnInfo], pool: &mut Pool) -> TableRow {
        let ages = columns.iter().skip(1).map(|column| column.title == "AGE");
        let cells = self.cells.into_iter().zip(ages.chain(std::iter::repeat(false)));
        let cells = cells
            .map(|(cell, age)| if age { TableCell::Age } else { cell.into_cell(pool) })
            .collect();
        TableRow {
            meta: self.object.metadata.into_meta(pool),
            cells,
        }
    }
}

impl CellWire<'_> {
    fn into_cell(self, pool: &mut Pool) -> TableCell {
        match self {
            Self::Text(text) if text.is_empty() => TableCell::None,
            Self::Text(text) => TableCell::Text(pool.text(&text)),
            Self::Count(count) => TableCell::Count(count),
            Self::Other(Value::Null) => TableCell::None,
            Self::Other(value) => TableCell::Text(pool.text(&value.to_string())),
        }
    }
}

impl MetaWire<'_> {
    fn into_meta(self, pool: &mut Pool) -> Meta {
        let uid = match Uid::parse(&self.uid) {
            uid if uid.is_none() => Uid::of(&[&self.namespace, &self.name]),
            uid => uid,
        };
        let owners = self.owner_references.unwrap_or_default();
        let owner = owners
            .iter()
            .find(|owner| owner.controller == Some(true))
            .or(owners.first());
        let owner = owner.map(|owner| {
            let uid = Uid::parse(&owner.uid);
            pool.owner(&owner.api_version, &owner.kind, &owner.name, uid)
        });
        let stamp = |text: Option<Cow<str>>| text.and_then(|text| Timestamp::parse(&text));
        let labels = self.labels.unwrap_or_default();
        Meta {
            uid,
            name: Arc::from(&*self.name),
            namespace: pool.text(&self.namespace),
            created: stamp(self.creation_timestamp).unwrap_or_default(),
            deleting: stamp(self.deletion_timestamp),
            labels: pool.labels(labels.iter().map(|(key, value)| (&**key, &**value))),
            owner,
        }
    }
}
