//! Jobs: kubectl's columns; Enter leads to their pods.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace};
use super::pods::{self, Pods, Template};
use super::workload::{self, Workload, count};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, Ctx, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Query, Row};
use crate::rules::job_status::job_status;
use crate::wire::batch::{Job, JobStatus};
use crate::wire::inplace::Unreadable;
use crate::wire::stamp;

/// The kind.
pub struct Jobs;

/// A job.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRow {
    /// Metadata.
    pub meta: Meta,
    /// What its pods are made of.
    pub template: Arc<Template>,
    /// How it finds its pods.
    pub selector: Arc<str>,
    /// STATUS.
    pub status: &'static str,
    /// `spec.completions`; `None` when any success of its workers completes it.
    pub completions: Option<u32>,
    /// `spec.parallelism`.
    pub parallelism: u32,
    /// Pods that run.
    pub active: u32,
    /// Pods that succeeded.
    pub succeeded: u32,
    /// Pods that failed.
    pub failed: u32,
    /// When it was started; the epoch when it was not.
    pub started: Timestamp,
    /// When it was completed; the epoch when it is not.
    pub completed: Timestamp,
}

impl Row for JobRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl Workload for JobRow {
    fn template(&self) -> &Template {
        &self.template
    }

    fn selector(&self) -> &str {
        &self.selector
    }
}

impl JobRow {
    fn health(&self) -> Health {
        match self.status {
            "Complete" | "SuccessCriteriaMet" => Health::Done,
            "Failed" | "FailureTarget" => Health::Bad,
            "Suspended" => Health::Warn,
            "Running" if self.failed > 0 => Health::Warn,
            "Running" => Health::Ok,
            _ => Health::Busy,
        }
    }

    /// COMPLETIONS. Source: k8s.io/kubernetes v1.36, `printers.go`, `printJob`.
    fn completions(&self) -> Cell<'_> {
        match (self.completions, self.parallelism) {
            (Some(completions), _) => Cell::Ratio(self.succeeded, completions),
            (None, 0 | 1) => Cell::Ratio(self.succeeded, 1),
            (None, parallelism) => Cell::Text(Cow::Owned(format!("{}/1 of {parallelism}", self.succeeded))),
        }
    }

    /// DURATION: until now while it runs.
    fn duration<'a>(&self, ctx: &Ctx<'a>) -> Cell<'a> {
        let none = Timestamp::default();
        match (self.started == none, self.completed == none) {
            (true, _) => Cell::None,
            (false, true) => Cell::Span(seconds(ctx.now, self.started)),
            (false, false) => Cell::Span(seconds(self.completed, self.started)),
        }
    }
}

fn seconds(end: Timestamp, start: Timestamp) -> u64 {
    u64::try_from(end.nanos_since(start) / 1_000_000_000).unwrap_or(0)
}

impl KindDef for Jobs {
    type Wire<'a> = Job;
    type Row = JobRow;

    const NAMES: &'static [&'static str] = &["jobs", "job", "jo"];
    const KIND: &'static str = "Job";
    const TITLE: &'static str = "Jobs";
    const GVR: Gvr = Gvr::of("batch", "v1", "jobs");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<JobRow>] = &[
        namespace(),
        name(),
        columns::of("STATUS", Width::Fit(8, 18), |row, _| {
            Cell::Status(row.status.into(), row.health())
        }),
        columns::of("COMPLETIONS", Width::Fit(11, 14), |row, _| row.completions()),
        columns::volatile("DURATION", Width::Fit(8, 8), JobRow::duration),
        columns::of("FAILED", Width::Fit(6, 6), |row, _| {
            Cell::Count(row.failed.into())
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
        ..Abilities::NONE
    };

    fn row(wire: Job, pool: &mut Pool) -> Result<JobRow, Unreadable> {
        let (metadata, spec) = (wire.metadata.unwrap_or_default(), wire.spec.unwrap_or_default());
        let status = wire.status.unwrap_or_default();
        let meta = metadata.meta(pool);
        Ok(JobRow {
            status: printed(&status, meta.deleting.is_some()),
            meta,
            selector: pool.text(&spec.selector.unwrap_or_default().text()),
            template: pods::of_workload(&spec.template, pool)?,
            completions: spec.completions.map(count),
            parallelism: count(spec.parallelism.unwrap_or(0)),
            active: count(status.active),
            succeeded: count(status.succeeded),
            failed: count(status.failed),
            started: stamp(status.start_time.as_ref()).unwrap_or_default(),
            completed: stamp(status.completion_time.as_ref()).unwrap_or_default(),
        })
    }

    fn health(row: &JobRow, _facts: &Facts) -> Health {
        row.health()
    }

    fn drill(row: &JobRow) -> Option<Query> {
        Some(workload::owned(&row.meta, Pods::GVR))
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::workload(object, events, now)
    }
}

/// STATUS.
fn printed(status: &JobStatus, deleting: bool) -> &'static str {
    let has = |kind: &str| {
        let mut conditions = status.conditions.iter();
        conditions.any(|condition| condition.kind == kind && condition.status == "True")
    };
    job_status(has, deleting)
}
