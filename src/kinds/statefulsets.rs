//! Stateful sets: kubectl's columns, and how their rollout is going.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace};
use super::pods::{self, Pods, Template};
use super::workload::{self, ROLLS, Standing, Workload, count};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Query, Row};
use crate::rules::rollout::{StatefulSetFacts, stateful_set};
use crate::wire::apps::{StatefulSet, StatefulSetSpec, StatefulSetStatus};
use crate::wire::inplace::Unreadable;

/// The kind.
pub struct StatefulSets;

/// A stateful set.
#[derive(Debug, Clone, PartialEq)]
pub struct StatefulSetRow {
    /// Metadata.
    pub meta: Meta,
    /// What its pods are made of.
    pub template: Arc<Template>,
    /// How it finds its pods.
    pub selector: Arc<str>,
    /// `spec.replicas`.
    pub replicas: u32,
    /// `status.readyReplicas`.
    pub ready: u32,
    /// How it is doing.
    pub standing: Standing,
}

impl Row for StatefulSetRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl Workload for StatefulSetRow {
    fn template(&self) -> &Template {
        &self.template
    }

    fn selector(&self) -> &str {
        &self.selector
    }
}

impl KindDef for StatefulSets {
    type Wire<'a> = StatefulSet;
    type Row = StatefulSetRow;

    const NAMES: &'static [&'static str] = &["statefulsets", "statefulset", "sts"];
    const KIND: &'static str = "StatefulSet";
    const TITLE: &'static str = "StatefulSets";
    const GVR: Gvr = Gvr::of("apps", "v1", "statefulsets");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<StatefulSetRow>] = &[
        namespace(),
        name(),
        columns::of("READY", Width::Fit(5, 9), |row, _| {
            Cell::Ratio(row.ready, row.replicas)
        }),
        columns::of("ROLLOUT", Width::Fit(7, 40), |row, _| row.standing.cell()),
        age(),
        workload::containers(),
        workload::images(),
        workload::selector(),
        labels(),
    ];
    const ABLE: Abilities = Abilities { scale: true, ..ROLLS };

    fn row(wire: StatefulSet, pool: &mut Pool) -> Result<StatefulSetRow, Unreadable> {
        let (metadata, spec) = (wire.metadata.unwrap_or_default(), wire.spec.unwrap_or_default());
        let status = wire.status.unwrap_or_default();
        let standing = standing(metadata.generation, &spec, &status);
        Ok(StatefulSetRow {
            meta: metadata.meta(pool),
            selector: pool.text(&spec.selector.unwrap_or_default().text()),
            replicas: count(spec.replicas.unwrap_or(1)),
            template: pods::of_workload(&spec.template, pool)?,
            ready: count(status.ready_replicas),
            standing,
        })
    }

    fn health(row: &StatefulSetRow, _facts: &Facts) -> Health {
        row.standing.health()
    }

    fn drill(row: &StatefulSetRow) -> Option<Query> {
        Some(workload::owned(&row.meta, Pods::GVR))
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::workload(object, events, now)
    }
}

fn standing(generation: i64, spec: &StatefulSetSpec, status: &StatefulSetStatus) -> Standing {
    let strategy = spec.update_strategy.clone().unwrap_or_default();
    let partition = strategy.rolling_update.and_then(|rolling| rolling.partition);
    let facts = StatefulSetFacts {
        generation,
        observed: status.observed_generation,
        on_delete: strategy.kind == "OnDelete",
        partition: partition.map(count),
        replicas: spec.replicas.map(count),
        ready: count(status.ready_replicas),
        updated: count(status.updated_replicas),
        current: count(status.current_replicas),
        update_revision: &status.update_revision,
        current_revision: &status.current_revision,
    };
    Standing {
        rollout: stateful_set(&facts),
        wanted: count(spec.replicas.unwrap_or(1)),
        available: count(status.ready_replicas),
        was_complete: generation <= status.observed_generation
            && status.current_revision == status.update_revision
            && spec.replicas.unwrap_or(1) == status.replicas,
        old: if facts.on_delete {
            count(status.replicas).saturating_sub(facts.updated)
        } else {
            0
        },
    }
}
