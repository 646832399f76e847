//! Deployments: kubectl's columns, and how their rollout is going.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace};
use super::pods::{self, Pods, Template};
use super::workload::{self, ROLLS, Standing, Workload, count};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Query, Row};
use crate::rules::rollout::{ConditionFacts, DeploymentFacts, deployment};
use crate::wire::apps::{Deployment, DeploymentSpec, DeploymentStatus};
use crate::wire::inplace::Unreadable;
use crate::wire::kept::value_of;
use crate::wire::meta::REVISION;

/// The kind.
pub struct Deployments;

/// A deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct DeploymentRow {
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
    /// `status.updatedReplicas`.
    pub updated: u32,
    /// `status.availableReplicas`.
    pub available: u32,
    /// The revision of its template; 0 when not known.
    pub revision: u32,
    /// How it is doing.
    pub standing: Standing,
}

impl Row for DeploymentRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl Workload for DeploymentRow {
    fn template(&self) -> &Template {
        &self.template
    }

    fn selector(&self) -> &str {
        &self.selector
    }
}

impl KindDef for Deployments {
    type Wire<'a> = Deployment;
    type Row = DeploymentRow;

    const NAMES: &'static [&'static str] = &["deployments", "deployment", "deploy", "dp"];
    const KIND: &'static str = "Deployment";
    const TITLE: &'static str = "Deployments";
    const GVR: Gvr = Gvr::of("apps", "v1", "deployments");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<DeploymentRow>] = &[
        namespace(),
        name(),
        columns::of("READY", Width::Fit(5, 9), |row, _| {
            Cell::Ratio(row.ready, row.replicas)
        }),
        columns::of("UP-TO-DATE", Width::Fit(10, 10), |row, _| {
            Cell::Count(row.updated.into())
        }),
        columns::of("AVAILABLE", Width::Fit(9, 9), |row, _| {
            Cell::Count(row.available.into())
        }),
        columns::of("ROLLOUT", Width::Fit(7, 40), |row, _| row.standing.cell()),
        age(),
        columns::wide("REVISION", Width::Fit(8, 8), |row, _| match row.revision {
            0 => Cell::None,
            revision => Cell::Count(revision.into()),
        }),
        workload::containers(),
        workload::images(),
        workload::selector(),
        labels(),
    ];
    const ABLE: Abilities = Abilities { scale: true, ..ROLLS };

    fn row(wire: Deployment, pool: &mut Pool) -> Result<DeploymentRow, Unreadable> {
        let (metadata, spec) = (wire.metadata.unwrap_or_default(), wire.spec.unwrap_or_default());
        let status = wire.status.unwrap_or_default();
        let revision = value_of(&metadata.annotations, REVISION).and_then(|text| text.parse().ok());
        let standing = standing(&metadata.name, metadata.generation, &spec, &status);
        Ok(DeploymentRow {
            meta: metadata.meta(pool),
            selector: pool.text(&spec.selector.unwrap_or_default().text()),
            replicas: count(spec.replicas.unwrap_or(1)),
            template: pods::of_workload(&spec.template, pool)?,
            ready: count(status.ready_replicas),
            updated: count(status.updated_replicas),
            available: count(status.available_replicas),
            revision: revision.unwrap_or(0),
            standing,
        })
    }

    fn health(row: &DeploymentRow, _facts: &Facts) -> Health {
        row.standing.health()
    }

    fn drill(row: &DeploymentRow) -> Option<Query> {
        Some(workload::owned(&row.meta, Pods::GVR))
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::workload(object, events, now)
    }
}

fn standing(name: &str, generation: i64, spec: &DeploymentSpec, status: &DeploymentStatus) -> Standing {
    let conditions: Vec<_> = status
        .conditions
        .iter()
        .map(|condition| ConditionFacts {
            kind: &condition.kind,
            status: &condition.status,
            reason: &condition.reason,
            message: &condition.message,
        })
        .collect();
    let facts = DeploymentFacts {
        name,
        generation,
        observed: status.observed_generation,
        replicas: spec.replicas.map(count),
        paused: spec.paused,
        current: count(status.replicas),
        updated: count(status.updated_replicas),
        available: count(status.available_replicas),
        conditions: &conditions,
    };
    let complete = |condition: &ConditionFacts<'_>| {
        condition.kind == "Progressing" && condition.reason == "NewReplicaSetAvailable"
    };
    Standing {
        rollout: deployment(&facts),
        wanted: count(spec.replicas.unwrap_or(1)),
        available: count(status.available_replicas),
        was_complete: generation <= status.observed_generation && conditions.iter().any(complete),
        old: 0,
    }
}
