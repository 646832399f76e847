//! Nodes: kubectl's columns, what is asked of each and used of it, and how many more pods it takes; Enter leads to the pods on it.

mod row;

use std::borrow::Cow;

use serde_json::Value;

use super::columns::{self, age, labels, name, usage, usage_of};
use super::pods::Pods;
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, Ctx, EventLine, Facts, KindDef, NodeLoad, Width};
use crate::model::cell::Unit;
use crate::model::quantity::{percent, write_bytes, write_milli};
use crate::model::{Cell, Doc, Gvr, Health, Pool, Predicate, Query, Scope};
use crate::wire::core::Node;
use crate::wire::inplace::Unreadable;

pub use row::{Info, NodeRow, Taint};

/// The kind.
pub struct Nodes;

impl KindDef for Nodes {
    type Wire<'a> = Node;
    type Row = NodeRow;

    const NAMES: &'static [&'static str] = &["nodes", "node", "no"];
    const KIND: &'static str = "Node";
    const TITLE: &'static str = "Nodes";
    const GVR: Gvr = Gvr::of("", "v1", "nodes");
    const NAMESPACED: bool = false;
    const COLUMNS: &'static [Column<NodeRow>] = &[
        name(),
        columns::of("STATUS", Width::Fit(8, 27), |row, _| {
            Cell::Status(row.status.into(), row.health)
        }),
        columns::of("PROBLEMS", Width::Fit(8, 40), |row, _| match &*row.problems {
            "" => Cell::None,
            problems => Cell::Status(Cow::Borrowed(problems), Health::Warn),
        }),
        columns::of("ROLES", Width::Fit(6, 20), |row, _| Cell::text(&row.roles)),
        columns::of("VERSION", Width::Fit(7, 22), |row, _| {
            Cell::text(&row.info.version)
        }),
        columns::of("TYPE", Width::Fit(4, 16), |row, _| Cell::text(&row.instance_type)),
        columns::of("ZONE", Width::Fit(4, 16), |row, _| Cell::text(&row.zone)),
        columns::volatile("CPU", Width::Fit(10, 16), |row, ctx| {
            load(ctx, |load| {
                bar(load.requests.cpu_milli, row.allocatable.cpu_milli, Unit::Milli)
            })
        }),
        columns::volatile("%L", Width::Fit(3, 4), |row, ctx| {
            load(ctx, |load| {
                share(load.limits.cpu_milli, row.allocatable.cpu_milli)
            })
        }),
        columns::volatile("%U", Width::Fit(3, 4), |row, ctx| {
            usage_of(ctx, |usage| usage.cpu_milli, row.allocatable.cpu_milli)
        }),
        columns::volatile("MEM", Width::Fit(10, 16), |row, ctx| {
            load(ctx, |load| {
                bar(load.requests.memory, row.allocatable.memory, Unit::Bytes)
            })
        }),
        columns::volatile("%L", Width::Fit(3, 4), |row, ctx| {
            load(ctx, |load| share(load.limits.memory, row.allocatable.memory))
        }),
        columns::volatile("%U", Width::Fit(3, 4), |row, ctx| {
            usage_of(ctx, |usage| usage.memory, row.allocatable.memory)
        }),
        columns::of("RESERVED", Width::Fit(8, 16), |row, _| {
            Cell::Text(Cow::Owned(reserved(row)))
        }),
        columns::volatile("PODS", Width::Fit(18, 20), |_, ctx| {
            load(ctx, |load| {
                bar(load.pods.into(), load.pod_limit.into(), Unit::Count)
            })
        }),
        columns::volatile("HEADROOM", Width::Fit(8, 8), |_, ctx| load(ctx, headroom)),
        columns::volatile("BINDS", Width::Fit(5, 5), |_, ctx| {
            load(ctx, |load| Cell::text(load.binds))
        }),
        age(),
        wide_volatile("CPU REQUESTS", |_, ctx| {
            load(ctx, |load| Cell::Milli(load.requests.cpu_milli))
        }),
        wide_volatile("CPU LIMITS", |_, ctx| {
            load(ctx, |load| Cell::Milli(load.limits.cpu_milli))
        }),
        wide_volatile("CPU USED", |_, ctx| {
            usage(ctx, |usage| Cell::Milli(usage.cpu_milli))
        }),
        columns::wide("CPU ALLOCATABLE", Width::Fit(6, 15), |row, _| {
            Cell::Milli(row.allocatable.cpu_milli)
        }),
        wide_volatile("MEM REQUESTS", |_, ctx| {
            load(ctx, |load| Cell::Bytes(load.requests.memory))
        }),
        wide_volatile("MEM LIMITS", |_, ctx| {
            load(ctx, |load| Cell::Bytes(load.limits.memory))
        }),
        wide_volatile("MEM USED", |_, ctx| usage(ctx, |usage| Cell::Bytes(usage.memory))),
        columns::wide("MEM ALLOCATABLE", Width::Fit(6, 15), |row, _| {
            Cell::Bytes(row.allocatable.memory)
        }),
        columns::wide("SLOTS", Width::Fit(5, 5), |row, _| Cell::Count(row.slots.into())),
        columns::wide("TAINTS", Width::Fit(6, 60), |row, _| taints(row)),
        columns::wide("INTERNAL-IP", Width::Fit(11, 39), |row, _| {
            Cell::text(&row.internal_ip)
        }),
        columns::wide("EXTERNAL-IP", Width::Fit(11, 39), |row, _| {
            Cell::text(&row.external_ip)
        }),
        columns::wide("OS-IMAGE", Width::Fit(8, 40), |row, _| {
            Cell::text(&row.info.os_image)
        }),
        columns::wide("KERNEL-VERSION", Width::Fit(14, 40), |row, _| {
            Cell::text(&row.info.kernel)
        }),
        columns::wide("CONTAINER-RUNTIME", Width::Fit(17, 40), |row, _| {
            Cell::text(&row.info.runtime)
        }),
        columns::wide("ARCH", Width::Fit(5, 8), |row, _| {
            Cell::text(&row.info.architecture)
        }),
        labels(),
    ];
    const ABLE: Abilities = Abilities {
        logs: true,
        cordon: true,
        ..Abilities::NONE
    };

    fn row(wire: Node, pool: &mut Pool) -> Result<NodeRow, Unreadable> {
        Ok(row::row(wire, pool))
    }

    fn health(row: &NodeRow, facts: &Facts) -> Health {
        let full = facts
            .node
            .as_ref()
            .is_some_and(|load| load.headroom <= 0 && !load.binds.is_empty());
        if full {
            row.health.max(Health::Warn)
        } else {
            row.health
        }
    }

    fn drill(row: &NodeRow) -> Option<Query> {
        Some(Query {
            gvr: Pods::GVR,
            scope: Scope::All,
            predicate: Predicate::OnNode(row.meta.name.to_string()),
            filter: String::new(),
        })
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::node(object, events, now)
    }
}

const fn wide_volatile(title: &'static str, cell: columns::CellOf<NodeRow>) -> Column<NodeRow> {
    Column {
        wide: true,
        ..columns::volatile(title, Width::Fit(6, 15), cell)
    }
}

fn load<'a>(ctx: &Ctx<'a>, cell: impl Fn(&'a NodeLoad) -> Cell<'a>) -> Cell<'a> {
    ctx.facts.node.as_deref().map_or(Cell::None, cell)
}

const fn bar<'a>(used: u64, limit: u64, unit: Unit) -> Cell<'a> {
    Cell::Bar { used, limit, unit }
}

fn share<'a>(part: u64, whole: u64) -> Cell<'a> {
    percent(part, whole).map_or(Cell::None, Cell::Percent)
}

/// Pods that still fit; negative on a node that holds more than it should.
fn headroom(load: &NodeLoad) -> Cell<'_> {
    if load.binds.is_empty() {
        Cell::None
    } else {
        Cell::Left(load.headroom)
    }
}

/// `70m 543Mi`: capacity − allocatable.
fn reserved(row: &NodeRow) -> String {
    let (cpu_milli, memory) = row.reserved();
    let mut out = String::new();
    write_milli(cpu_milli, &mut out);
    out.push(' ');
    write_bytes(memory, &mut out);
    out
}

/// `dedicated=gpu:NoSchedule`, joined by commas.
fn taints(row: &NodeRow) -> Cell<'_> {
    let text = |taint: &Taint| match &*taint.value {
        "" => format!("{}:{}", taint.key, taint.effect),
        value => format!("{}={value}:{}", taint.key, taint.effect),
    };
    if row.taints.is_empty() {
        return Cell::None;
    }
    Cell::Text(Cow::Owned(
        row.taints.iter().map(text).collect::<Vec<_>>().join(","),
    ))
}
