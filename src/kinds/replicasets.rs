//! Replica sets: kubectl's columns, and which revision of their deployment they are.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace};
use super::pods::{self, Pods, Template};
use super::workload::{self, Workload, count};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Query, Row};
use crate::wire::apps::ReplicaSet;
use crate::wire::inplace::Unreadable;
use crate::wire::kept::value_of;
use crate::wire::meta::REVISION;

/// The kind.
pub struct ReplicaSets;

/// A replica set.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicaSetRow {
    /// Metadata.
    pub meta: Meta,
    /// What its pods are made of.
    pub template: Arc<Template>,
    /// How it finds its pods.
    pub selector: Arc<str>,
    /// `spec.replicas`.
    pub desired: u32,
    /// `status.replicas`.
    pub current: u32,
    /// `status.readyReplicas`.
    pub ready: u32,
    /// The revision of its deployment; 0 when it has none.
    pub revision: u32,
    /// Pods cannot be created: why.
    pub failure: Option<Arc<str>>,
}

impl Row for ReplicaSetRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl Workload for ReplicaSetRow {
    fn template(&self) -> &Template {
        &self.template
    }

    fn selector(&self) -> &str {
        &self.selector
    }
}

impl KindDef for ReplicaSets {
    type Wire<'a> = ReplicaSet;
    type Row = ReplicaSetRow;

    const NAMES: &'static [&'static str] = &["replicasets", "replicaset", "rs"];
    const KIND: &'static str = "ReplicaSet";
    const TITLE: &'static str = "ReplicaSets";
    const GVR: Gvr = Gvr::of("apps", "v1", "replicasets");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<ReplicaSetRow>] = &[
        namespace(),
        name(),
        columns::of("DESIRED", Width::Fit(7, 7), |row, _| {
            Cell::Count(row.desired.into())
        }),
        columns::of("CURRENT", Width::Fit(7, 7), |row, _| {
            Cell::Count(row.current.into())
        }),
        columns::of("READY", Width::Fit(5, 7), |row, _| Cell::Count(row.ready.into())),
        columns::of("REVISION", Width::Fit(8, 8), |row, _| match row.revision {
            0 => Cell::None,
            revision => Cell::Count(revision.into()),
        }),
        columns::of("FAILURE", Width::Fit(7, 40), |row, _| match &row.failure {
            Some(failure) => Cell::Status((&**failure).into(), Health::Bad),
            None => Cell::None,
        }),
        age(),
        workload::containers(),
        workload::images(),
        workload::selector(),
        labels(),
    ];
    const ABLE: Abilities = Abilities {
        logs: true,
        shell: true,
        scale: true,
        ..Abilities::NONE
    };

    fn row(wire: ReplicaSet, pool: &mut Pool) -> Result<ReplicaSetRow, Unreadable> {
        let (metadata, spec) = (wire.metadata.unwrap_or_default(), wire.spec.unwrap_or_default());
        let status = wire.status.unwrap_or_default();
        let revision = value_of(&metadata.annotations, REVISION).and_then(|text| text.parse().ok());
        let failed = |kind: &str, status: &str| kind == "ReplicaFailure" && status == "True";
        let mut conditions = status.conditions.iter();
        let failure = conditions.find(|condition| failed(&condition.kind, &condition.status));
        Ok(ReplicaSetRow {
            failure: failure
                .map(|condition| pool.text(&format!("{}: {}", condition.reason, condition.message))),
            meta: metadata.meta(pool),
            selector: pool.text(&spec.selector.unwrap_or_default().text()),
            template: pods::of_workload(&spec.template, pool)?,
            desired: count(spec.replicas.unwrap_or(1)),
            current: count(status.replicas),
            ready: count(status.ready_replicas),
            revision: revision.unwrap_or(0),
        })
    }

    fn health(row: &ReplicaSetRow, _facts: &Facts) -> Health {
        match (row.failure.is_some(), row.desired, row.current) {
            (true, ..) => Health::Bad,
            (_, 0, 0) => Health::Done,
            _ if row.ready < row.desired => Health::Busy,
            _ => Health::Ok,
        }
    }

    fn drill(row: &ReplicaSetRow) -> Option<Query> {
        Some(workload::owned(&row.meta, Pods::GVR))
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::workload(object, events, now)
    }
}
