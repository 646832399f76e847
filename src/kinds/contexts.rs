//! The contexts of the kubeconfig: a kind without a resource. Its rows are made from plain values, never fetched.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::columns;
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, Item, KindDef, RowBatch, Width};
use crate::model::{Cell, Doc, Gvr, Health, Labels, Meta, Pool, Row, Uid};
use crate::wire::Present;

/// The made-up resource.
pub const GVR: Gvr = Gvr::of("kubris", "v1", "contexts");

/// The kind.
pub struct Contexts;

/// What a context is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Context<'a> {
    /// Name.
    pub name: &'a str,
    /// Cluster.
    pub cluster: &'a str,
    /// User.
    pub user: &'a str,
    /// Namespace.
    pub namespace: &'a str,
    /// Server address.
    pub server: &'a str,
    /// Why it cannot be used; `None` when it can.
    pub problem: Option<&'a str>,
    /// The one in use.
    pub current: bool,
}

/// One context.
#[derive(Debug, Clone, PartialEq)]
pub struct ContextRow {
    /// Made up: only the name means something.
    pub meta: Meta,
    /// The namespace it opens in.
    pub namespace: Arc<str>,
    /// Cluster.
    pub cluster: Arc<str>,
    /// User.
    pub user: Arc<str>,
    /// Server address.
    pub server: Arc<str>,
    /// Why it cannot be used; `None` when it can.
    pub problem: Option<Arc<str>>,
    /// The one in use.
    pub current: bool,
}

impl Row for ContextRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

/// Contexts as rows.
pub fn contexts<'a>(all: impl IntoIterator<Item = Context<'a>>) -> Vec<Item<ContextRow>> {
    all.into_iter()
        .map(|context| Item::Upsert(row(context)))
        .collect()
}

/// The same, as the store takes it.
pub fn batch<'a>(all: impl IntoIterator<Item = Context<'a>>) -> RowBatch {
    let items = contexts(all);
    RowBatch {
        len: items.len(),
        items: Box::new(items),
    }
}

fn row(context: Context<'_>) -> ContextRow {
    ContextRow {
        meta: Meta {
            uid: Uid::of(&["context", context.name]),
            name: context.name.into(),
            namespace: "".into(),
            created: Timestamp::default(),
            deleting: None,
            labels: Arc::new(Labels::default()),
            owner: None,
        },
        namespace: context.namespace.into(),
        cluster: context.cluster.into(),
        user: context.user.into(),
        server: context.server.into(),
        problem: context.problem.map(Into::into),
        current: context.current,
    }
}

impl KindDef for Contexts {
    type Wire<'a> = Present;
    type Row = ContextRow;

    const NAMES: &'static [&'static str] = &["contexts", "context", "ctx"];
    const KIND: &'static str = "Context";
    const TITLE: &'static str = "Contexts";
    const GVR: Gvr = GVR;
    const NAMESPACED: bool = false;
    const COLUMNS: &'static [Column<ContextRow>] = &[
        columns::of("CURRENT", Width::Fixed(7), |row, _| {
            if row.current {
                Cell::Text(Cow::Borrowed("*"))
            } else {
                Cell::None
            }
        }),
        columns::name(),
        columns::of("CLUSTER", Width::Fit(7, 50), |row, _| Cell::text(&row.cluster)),
        columns::of("USER", Width::Fit(4, 50), |row, _| Cell::text(&row.user)),
        columns::of("NAMESPACE", Width::Fit(9, 30), |row, _| {
            Cell::text(&row.namespace)
        }),
        columns::of("SERVER", Width::Fit(6, 60), |row, _| Cell::text(&row.server)),
        columns::of("PROBLEM", Width::Fit(7, 80), |row, _| match &row.problem {
            Some(problem) => Cell::Status(Cow::Borrowed(problem), Health::Bad),
            None => Cell::None,
        }),
    ];
    const ABLE: Abilities = Abilities::NONE;

    /// Never called: nothing is fetched of this kind.
    fn row(_wire: Present, _pool: &mut Pool) -> ContextRow {
        row(Context::default())
    }

    fn health(row: &ContextRow, _facts: &Facts) -> Health {
        if row.problem.is_some() {
            Health::Bad
        } else {
            Health::Ok
        }
    }

    fn describe(_object: &Value, _events: &[EventLine], _now: Timestamp) -> Doc {
        Doc::default()
    }
}
