//! Namespaces; Enter leads to the pods in one.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name};
use super::pods::Pods;
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Predicate, Query, Row, Scope};
use crate::wire::core::Namespace;
use crate::wire::inplace::Unreadable;

/// The kind.
pub struct Namespaces;

/// A namespace.
#[derive(Debug, Clone, PartialEq)]
pub struct NamespaceRow {
    /// Metadata.
    pub meta: Meta,
    /// STATUS: `Active` or `Terminating`.
    pub phase: Arc<str>,
}

impl Row for NamespaceRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

fn health(row: &NamespaceRow) -> Health {
    if &*row.phase == "Active" {
        Health::Ok
    } else {
        Health::Busy
    }
}

impl KindDef for Namespaces {
    type Wire<'a> = Namespace;
    type Row = NamespaceRow;

    const NAMES: &'static [&'static str] = &["namespaces", "namespace", "ns"];
    const KIND: &'static str = "Namespace";
    const TITLE: &'static str = "Namespaces";
    const GVR: Gvr = Gvr::of("", "v1", "namespaces");
    const NAMESPACED: bool = false;
    const COLUMNS: &'static [Column<NamespaceRow>] = &[
        name(),
        columns::of("STATUS", Width::Fit(8, 11), |row, _| {
            Cell::Status((&*row.phase).into(), health(row))
        }),
        age(),
        labels(),
    ];
    const ABLE: Abilities = Abilities::NONE;

    fn row(wire: Namespace, pool: &mut Pool) -> Result<NamespaceRow, Unreadable> {
        Ok(NamespaceRow {
            meta: wire.metadata.unwrap_or_default().meta(pool),
            phase: pool.text(&wire.status.unwrap_or_default().phase),
        })
    }

    fn health(row: &NamespaceRow, _facts: &Facts) -> Health {
        health(row)
    }

    fn drill(row: &NamespaceRow) -> Option<Query> {
        Some(Query {
            gvr: Pods::GVR,
            scope: Scope::one(&*row.meta.name),
            predicate: Predicate::All,
            filter: String::new(),
        })
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::namespace(object, events, now)
    }
}
