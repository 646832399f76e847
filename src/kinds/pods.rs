//! Pods: the columns of `kubectl get pods`, usage beside requests and limits, and the way to their containers.

mod read;
mod row;
mod template;

use std::borrow::Cow;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace, usage, usage_of};
use super::{containers, describe};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Pool, Predicate, Query, Scope};
use crate::wire::core::Pod;
use crate::wire::inplace::Unreadable;

pub use row::{ContainerRun, LastEnd, More, PodPhase, PodRow, RunPhase};
pub(super) use template::of_workload;
pub use template::{CniEnv, ContainerSpec, Probes, Template, Toleration};

/// The kind.
pub struct Pods;

impl KindDef for Pods {
    type Wire<'a> = Pod<'a>;
    type Row = PodRow;

    const NAMES: &'static [&'static str] = &["pods", "pod", "po"];
    const KIND: &'static str = "Pod";
    const TITLE: &'static str = "Pods";
    const GVR: Gvr = Gvr::of("", "v1", "pods");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<PodRow>] = &[
        namespace(),
        name(),
        columns::of("READY", Width::Fit(5, 7), |pod, _| {
            Cell::Ratio(pod.ready.into(), pod.total.into())
        }),
        columns::of("STATUS", Width::Fit(9, 28), |pod, ctx| {
            Cell::Status(Cow::Borrowed(&pod.status), health(pod, ctx.facts))
        }),
        columns::of("RESTARTS", Width::Fit(8, 17), |pod, _| {
            let last = (pod.restarted != Timestamp::default()).then_some(pod.restarted);
            Cell::Restarts(pod.restarts, last)
        }),
        columns::of("LAST", Width::Fit(4, 24), |pod, _| {
            pod.last().map_or(Cell::None, |end| Cell::text(&end.text))
        }),
        columns::volatile("CPU", Width::Fit(5, 7), |_, ctx| {
            usage(ctx, |usage| Cell::Milli(usage.cpu_milli))
        }),
        columns::volatile("%R", Width::Fit(3, 4), |pod, ctx| {
            usage_of(ctx, |usage| usage.cpu_milli, pod.template.requests.cpu_milli)
        }),
        columns::volatile("%L", Width::Fit(3, 4), |pod, ctx| {
            usage_of(ctx, |usage| usage.cpu_milli, pod.template.limits.cpu_milli)
        }),
        columns::volatile("MEM", Width::Fit(5, 7), |_, ctx| {
            usage(ctx, |usage| Cell::Bytes(usage.memory))
        }),
        columns::volatile("%R", Width::Fit(3, 4), |pod, ctx| {
            usage_of(ctx, |usage| usage.memory, pod.template.requests.memory)
        }),
        columns::volatile("%L", Width::Fit(3, 4), |pod, ctx| {
            usage_of(ctx, |usage| usage.memory, pod.template.limits.memory)
        }),
        columns::of("IP", Width::Fit(7, 39), |pod, _| {
            pod.ip
                .map_or(Cell::None, |ip| Cell::Text(Cow::Owned(ip.to_string())))
        }),
        columns::of("NODE", Width::Fit(4, 40), |pod, _| Cell::text(&pod.node)),
        age(),
        // Known while the replica sets are watched.
        columns::wide("REVISION", Width::Fit(8, 8), |_, ctx| {
            ctx.facts.revision.map_or(Cell::None, |it| Cell::Count(it.into()))
        }),
        columns::wide("QOS", Width::Fit(3, 10), |pod, _| Cell::text(&pod.template.qos)),
        columns::wide("SERVICE-ACCOUNT", Width::Fit(7, 32), |pod, _| {
            Cell::text(&pod.template.service_account)
        }),
        columns::wide("NOMINATED NODE", Width::Fit(6, 40), |pod, _| {
            pod.more
                .as_ref()
                .map_or(Cell::None, |more| Cell::text(&more.nominated))
        }),
        columns::wide("READINESS GATES", Width::Fit(5, 15), |pod, _| {
            match pod.template.gates.len() {
                0 => Cell::None,
                total => Cell::Ratio(pod.gates_ready.into(), total as u32),
            }
        }),
        labels(),
    ];
    const ABLE: Abilities = Abilities {
        logs: true,
        shell: true,
        ..Abilities::NONE
    };

    fn row(wire: Pod<'_>, pool: &mut Pool) -> Result<PodRow, Unreadable> {
        read::row(wire, pool)
    }

    fn health(row: &PodRow, facts: &Facts) -> Health {
        health(row, facts)
    }

    fn drill(row: &PodRow) -> Option<Query> {
        Some(Query {
            gvr: containers::GVR,
            scope: Scope::one(&*row.meta.namespace),
            predicate: Predicate::Object(row.meta.uid),
            filter: String::new(),
        })
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        describe::pod(object, events, now)
    }
}

/// How the pod is doing: a pod on a node that is not Ready serves nobody, whatever its status still says.
fn health(pod: &PodRow, facts: &Facts) -> Health {
    if facts.node_down && !pod.is_terminal() {
        Health::Bad
    } else {
        pod.health
    }
}
