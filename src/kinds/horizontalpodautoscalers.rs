//! Horizontal pod autoscalers: targets as kubectl prints them; Enter leads to what they scale.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace};
use super::workload::count;
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Query, Row};
use crate::wire::Quantity;
use crate::wire::apps::WorkloadCondition;
use crate::wire::autoscaling::{Autoscaler, Metric, MetricStatus, MetricTarget, MetricValue};
use crate::wire::inplace::Unreadable;

/// The kind.
pub struct HorizontalPodAutoscalers;

/// An autoscaler.
#[derive(Debug, Clone, PartialEq)]
pub struct AutoscalerRow {
    /// Metadata.
    pub meta: Meta,
    /// Kind of what it scales: `Deployment`.
    pub target_kind: Arc<str>,
    /// API version of that: `apps/v1`.
    pub target_api_version: Arc<str>,
    /// Name of that.
    pub target_name: Arc<str>,
    /// TARGETS.
    pub targets: Arc<str>,
    /// `spec.minReplicas`; `None` counts as 1.
    pub min: Option<u32>,
    /// `spec.maxReplicas`.
    pub max: u32,
    /// `status.currentReplicas`.
    pub current: u32,
    /// `status.desiredReplicas`.
    pub desired: u32,
    /// What keeps it from scaling as it should, in one word; empty for nothing.
    pub problem: Arc<str>,
    /// How it is doing.
    pub health: Health,
}

impl Row for AutoscalerRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl KindDef for HorizontalPodAutoscalers {
    type Wire<'a> = Autoscaler;
    type Row = AutoscalerRow;

    const NAMES: &'static [&'static str] = &["horizontalpodautoscalers", "horizontalpodautoscaler", "hpa"];
    const KIND: &'static str = "HorizontalPodAutoscaler";
    const TITLE: &'static str = "HorizontalPodAutoscalers";
    const GVR: Gvr = Gvr::of("autoscaling", "v2", "horizontalpodautoscalers");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<AutoscalerRow>] = &[
        namespace(),
        name(),
        columns::of("REFERENCE", Width::Fit(9, 50), |row, _| {
            Cell::Text(format!("{}/{}", row.target_kind, row.target_name).into())
        }),
        columns::of("TARGETS", Width::Fit(7, 50), |row, _| Cell::text(&row.targets)),
        columns::of("MINPODS", Width::Fit(7, 7), |row, _| {
            row.min.map_or(Cell::None, |min| Cell::Count(min.into()))
        }),
        columns::of("MAXPODS", Width::Fit(7, 7), |row, _| Cell::Count(row.max.into())),
        columns::of("REPLICAS", Width::Fit(8, 8), |row, _| {
            Cell::Count(row.current.into())
        }),
        columns::of("PROBLEM", Width::Fit(7, 30), |row, _| match &*row.problem {
            "" => Cell::None,
            problem => Cell::Status(problem.into(), row.health),
        }),
        age(),
        labels(),
    ];
    const ABLE: Abilities = Abilities::NONE;

    fn row(wire: Autoscaler, pool: &mut Pool) -> Result<AutoscalerRow, Unreadable> {
        let (spec, status) = (wire.spec.unwrap_or_default(), wire.status.unwrap_or_default());
        let target = spec.target.unwrap_or_default();
        let (health, problem) = judge(&status.conditions);
        Ok(AutoscalerRow {
            meta: wire.metadata.unwrap_or_default().meta(pool),
            target_kind: pool.text(&target.kind),
            target_api_version: pool.text(&target.api_version),
            target_name: pool.text(&target.name),
            targets: pool.text(&targets(&spec.metrics, &status.current_metrics)),
            min: spec.min_replicas.map(count),
            max: count(spec.max_replicas),
            current: count(status.current_replicas),
            desired: count(status.desired_replicas),
            problem: pool.text(problem),
            health,
        })
    }

    fn health(row: &AutoscalerRow, _facts: &Facts) -> Health {
        row.health
    }

    fn drill(row: &AutoscalerRow) -> Option<Query> {
        let group = row
            .target_api_version
            .rsplit_once('/')
            .map_or("", |(group, _)| group);
        let mut known = super::all().iter();
        let kind = known.find(|kind| *kind.kind == *row.target_kind && kind.gvr.group == group)?;
        Some(columns::one_of(
            kind.gvr.clone(),
            Some(&row.meta.namespace),
            &row.target_name,
        ))
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::autoscaler(object, events, now)
    }
}

/// Metrics that cannot be read are a fault; a bound that keeps it from going on needs a look. Standing at the minimum is rest.
fn judge(conditions: &[WorkloadCondition]) -> (Health, &str) {
    let find = |kind: &str, status: &str| {
        let mut all = conditions.iter();
        all.find(|condition| condition.kind == kind && condition.status == status)
    };
    if let Some(condition) = find("AbleToScale", "False") {
        return (Health::Bad, &condition.reason);
    }
    match find("ScalingActive", "False") {
        Some(condition) if condition.reason == "ScalingDisabled" => return (Health::Done, &condition.reason),
        Some(condition) => return (Health::Bad, &condition.reason),
        None => {}
    }
    match find("ScalingLimited", "True") {
        Some(condition) if condition.reason == "TooManyReplicas" => (Health::Warn, &condition.reason),
        _ => (Health::Ok, ""),
    }
}

/// TARGETS. Source: k8s.io/kubernetes v1.36, `printers.go`, `formatHPAMetrics`.
fn targets(specs: &[Metric], statuses: &[MetricStatus]) -> String {
    const SHOWN: usize = 2;
    if specs.is_empty() {
        return "<none>".to_owned();
    }
    let one = |(at, spec)| target(spec, statuses.get(at));
    let list: Vec<String> = specs.iter().enumerate().take(SHOWN).map(one).collect();
    let list = list.join(", ");
    match specs.len() {
        ..=SHOWN => list,
        all => format!("{list} + {} more...", all - SHOWN),
    }
}

fn target(spec: &Metric, status: Option<&MetricStatus>) -> String {
    let value = |part: fn(&MetricStatus) -> Option<&MetricValue>| status.and_then(part);
    match &*spec.kind {
        "Resource" => resource(
            spec.resource
                .as_ref()
                .map(|metric| (&*metric.name, metric.target.as_ref())),
            value(|status| status.resource.as_ref()?.current.as_ref()),
        ),
        "ContainerResource" => resource(
            spec.container_resource
                .as_ref()
                .map(|metric| (&*metric.name, metric.target.as_ref())),
            value(|status| status.container_resource.as_ref()?.current.as_ref()),
        ),
        "Pods" => {
            let target = spec.pods.as_ref().and_then(|metric| metric.target.as_ref());
            let current = value(|status| status.pods.as_ref()?.current.as_ref());
            let wanted = target.and_then(|target| target.average_value.as_ref());
            format!(
                "{}/{}",
                text(current.and_then(|value| value.average_value.as_ref())),
                text(wanted)
            )
        }
        "Object" => other(
            spec.object.as_ref().and_then(|metric| metric.target.as_ref()),
            value(|status| status.object.as_ref()?.current.as_ref()),
        ),
        "External" => other(
            spec.external.as_ref().and_then(|metric| metric.target.as_ref()),
            value(|status| status.external.as_ref()?.current.as_ref()),
        ),
        _ => "<unknown type>".to_owned(),
    }
}

fn resource(spec: Option<(&str, Option<&MetricTarget>)>, current: Option<&MetricValue>) -> String {
    let (name, target) = spec.unwrap_or_default();
    if let Some(average) = target.and_then(|target| target.average_value.as_ref()) {
        let current = text(current.and_then(|value| value.average_value.as_ref()));
        return format!("{name}: {current}/{}", average.text);
    }
    let percent = |value: Option<i32>, none: &str| value.map_or(none.to_owned(), |value| format!("{value}%"));
    let current = percent(current.and_then(|value| value.average_utilization), "<unknown>");
    let wanted = percent(target.and_then(|target| target.average_utilization), "<auto>");
    format!("{name}: {current}/{wanted}")
}

fn other(target: Option<&MetricTarget>, current: Option<&MetricValue>) -> String {
    let average = target.and_then(|target| target.average_value.as_ref());
    if let Some(average) = average {
        let current = text(current.and_then(|value| value.average_value.as_ref()));
        return format!("{current}/{} (avg)", average.text);
    }
    let current = text(current.and_then(|value| value.value.as_ref()));
    let target = text(target.and_then(|target| target.value.as_ref()));
    format!("{current}/{target}")
}

fn text(quantity: Option<&Quantity>) -> &str {
    quantity.map_or("<unknown>", |quantity| &quantity.text)
}
