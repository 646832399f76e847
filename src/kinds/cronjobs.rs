//! Cron jobs: kubectl's columns; Enter leads to their jobs.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace};
use super::jobs::Jobs;
use super::pods::{self, Template};
use super::workload::{self, Workload};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Query, Row};
use crate::wire::batch::CronJob;
use crate::wire::inplace::Unreadable;
use crate::wire::stamp;

/// The kind.
pub struct CronJobs;

/// A cron job.
#[derive(Debug, Clone, PartialEq)]
pub struct CronJobRow {
    /// Metadata.
    pub meta: Meta,
    /// What the pods of its jobs are made of.
    pub template: Arc<Template>,
    /// `spec.schedule`.
    pub schedule: Arc<str>,
    /// `spec.timeZone`; `None` for that of the controller.
    pub time_zone: Option<Arc<str>>,
    /// `spec.suspend`.
    pub suspended: bool,
    /// Jobs that run.
    pub active: u32,
    /// When a job was last made; the epoch for never.
    pub last: Timestamp,
    /// When a job last succeeded; the epoch for never.
    pub succeeded: Timestamp,
}

impl Row for CronJobRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl Workload for CronJobRow {
    fn template(&self) -> &Template {
        &self.template
    }

    fn selector(&self) -> &'static str {
        ""
    }
}

impl CronJobRow {
    /// Suspended needs a look; so does a last run that ended, and without success.
    fn health(&self) -> Health {
        if self.suspended || (self.active == 0 && self.last > self.succeeded) {
            Health::Warn
        } else {
            Health::Ok
        }
    }
}

impl KindDef for CronJobs {
    type Wire<'a> = CronJob;
    type Row = CronJobRow;

    const NAMES: &'static [&'static str] = &["cronjobs", "cronjob", "cj"];
    const KIND: &'static str = "CronJob";
    const TITLE: &'static str = "CronJobs";
    const GVR: Gvr = Gvr::of("batch", "v1", "cronjobs");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<CronJobRow>] = &[
        namespace(),
        name(),
        columns::of("SCHEDULE", Width::Fit(8, 24), |row, _| Cell::text(&row.schedule)),
        columns::of("TIMEZONE", Width::Fit(8, 20), |row, _| {
            row.time_zone.as_deref().map_or(Cell::None, Cell::text)
        }),
        columns::of("SUSPEND", Width::Fit(7, 7), |row, _| {
            let text = if row.suspended { "True" } else { "False" };
            Cell::Text(text.into())
        }),
        columns::of("ACTIVE", Width::Fit(6, 6), |row, _| {
            Cell::Count(row.active.into())
        }),
        columns::volatile("LAST SCHEDULE", Width::Fit(13, 13), |row, _| since(row.last)),
        columns::volatile("LAST SUCCESS", Width::Fit(12, 12), |row, _| since(row.succeeded)),
        age(),
        workload::containers(),
        workload::images(),
        labels(),
    ];
    const ABLE: Abilities = Abilities {
        logs: true,
        schedule: true,
        ..Abilities::NONE
    };

    fn row(wire: CronJob, pool: &mut Pool) -> Result<CronJobRow, Unreadable> {
        let (metadata, spec) = (wire.metadata.unwrap_or_default(), wire.spec.unwrap_or_default());
        let status = wire.status.unwrap_or_default();
        let job = spec.job_template.and_then(|job| job.spec).unwrap_or_default();
        Ok(CronJobRow {
            meta: metadata.meta(pool),
            template: pods::of_workload(&job.template, pool)?,
            schedule: pool.text(&spec.schedule),
            time_zone: spec.time_zone.map(|zone| pool.text(&zone)),
            suspended: spec.suspend,
            active: status.active.len() as u32,
            last: stamp(status.last_schedule_time.as_ref()).unwrap_or_default(),
            succeeded: stamp(status.last_successful_time.as_ref()).unwrap_or_default(),
        })
    }

    fn health(row: &CronJobRow, _facts: &Facts) -> Health {
        row.health()
    }

    fn drill(row: &CronJobRow) -> Option<Query> {
        Some(workload::owned(&row.meta, Jobs::GVR))
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::workload(object, events, now)
    }
}

fn since<'a>(at: Timestamp) -> Cell<'a> {
    if at == Timestamp::default() {
        Cell::None
    } else {
        Cell::Since(at)
    }
}
