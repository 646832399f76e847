//! Daemon sets: kubectl's columns, and how their rollout is going.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace};
use super::pods::{self, Pods, Template};
use super::workload::{self, ROLLS, Standing, Workload, count};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Query, Row};
use crate::rules::rollout::{DaemonSetFacts, daemon_set};
use crate::wire::apps::DaemonSet;
use crate::wire::inplace::Unreadable;

/// The kind.
pub struct DaemonSets;

/// A daemon set.
#[derive(Debug, Clone, PartialEq)]
pub struct DaemonSetRow {
    /// Metadata.
    pub meta: Meta,
    /// What its pods are made of.
    pub template: Arc<Template>,
    /// How it finds its pods.
    pub selector: Arc<str>,
    /// `status.desiredNumberScheduled`.
    pub desired: u32,
    /// `status.currentNumberScheduled`.
    pub current: u32,
    /// `status.numberReady`.
    pub ready: u32,
    /// `status.updatedNumberScheduled`.
    pub updated: u32,
    /// `status.numberAvailable`.
    pub available: u32,
    /// How it is doing.
    pub standing: Standing,
}

impl Row for DaemonSetRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl Workload for DaemonSetRow {
    fn template(&self) -> &Template {
        &self.template
    }

    fn selector(&self) -> &str {
        &self.selector
    }
}

impl KindDef for DaemonSets {
    type Wire<'a> = DaemonSet;
    type Row = DaemonSetRow;

    const NAMES: &'static [&'static str] = &["daemonsets", "daemonset", "ds"];
    const KIND: &'static str = "DaemonSet";
    const TITLE: &'static str = "DaemonSets";
    const GVR: Gvr = Gvr::of("apps", "v1", "daemonsets");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<DaemonSetRow>] = &[
        namespace(),
        name(),
        columns::of("DESIRED", Width::Fit(7, 7), |row, _| {
            Cell::Count(row.desired.into())
        }),
        columns::of("CURRENT", Width::Fit(7, 7), |row, _| {
            Cell::Count(row.current.into())
        }),
        columns::of("READY", Width::Fit(5, 7), |row, _| Cell::Count(row.ready.into())),
        columns::of("UP-TO-DATE", Width::Fit(10, 10), |row, _| {
            Cell::Count(row.updated.into())
        }),
        columns::of("AVAILABLE", Width::Fit(9, 9), |row, _| {
            Cell::Count(row.available.into())
        }),
        columns::of("NODE SELECTOR", Width::Fit(13, 40), |row, _| {
            if row.template.node_selector.is_empty() {
                Cell::None
            } else {
                Cell::Tags(&row.template.node_selector)
            }
        }),
        columns::of("ROLLOUT", Width::Fit(7, 40), |row, _| row.standing.cell()),
        age(),
        workload::containers(),
        workload::images(),
        workload::selector(),
        labels(),
    ];
    const ABLE: Abilities = ROLLS;

    fn row(wire: DaemonSet, pool: &mut Pool) -> Result<DaemonSetRow, Unreadable> {
        let (metadata, spec) = (wire.metadata.unwrap_or_default(), wire.spec.unwrap_or_default());
        let status = wire.status.unwrap_or_default();
        let facts = DaemonSetFacts {
            name: &metadata.name,
            generation: metadata.generation,
            observed: status.observed_generation,
            on_delete: spec.update_strategy.unwrap_or_default().kind == "OnDelete",
            desired: count(status.desired_number_scheduled),
            updated: count(status.updated_number_scheduled),
            available: count(status.number_available),
        };
        let standing = Standing {
            rollout: daemon_set(&facts),
            wanted: facts.desired,
            available: facts.available,
            was_complete: facts.generation <= facts.observed && facts.updated >= facts.desired,
            old: if facts.on_delete {
                facts.desired.saturating_sub(facts.updated)
            } else {
                0
            },
        };
        Ok(DaemonSetRow {
            meta: metadata.meta(pool),
            selector: pool.text(&spec.selector.unwrap_or_default().text()),
            template: pods::of_workload(&spec.template, pool)?,
            desired: count(status.desired_number_scheduled),
            current: count(status.current_number_scheduled),
            ready: count(status.number_ready),
            updated: count(status.updated_number_scheduled),
            available: count(status.number_available),
            standing,
        })
    }

    fn health(row: &DaemonSetRow, _facts: &Facts) -> Health {
        row.standing.health()
    }

    fn drill(row: &DaemonSetRow) -> Option<Query> {
        Some(workload::owned(&row.meta, Pods::GVR))
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::workload(object, events, now)
    }
}
