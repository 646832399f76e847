//! Containers of one pod: a kind without a resource of its own. Its rows are made from the pod's row, never fetched.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, usage, usage_of};
use super::pods::{ContainerRun, ContainerSpec, PodRow, Probes, RunPhase, Template};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, Item, KindDef, RowBatch, Width};
use crate::model::{Cell, Doc, Gvr, Health, Labels, Meta, Owner, Pool, Row, Uid};
use crate::wire::Present;
use crate::wire::inplace::Unreadable;

/// The made-up resource.
pub const GVR: Gvr = Gvr::of("kubris", "v1", "containers");

/// The kind.
pub struct Containers;

/// One container of a pod.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerRow {
    /// Made up: the name is the container's, the owner its pod.
    pub meta: Meta,
    /// Its pod's template, which holds its specification.
    pub template: Arc<Template>,
    /// What it does; `None` while nothing is known.
    pub run: Option<ContainerRun>,
    /// Which list of the pod it is in.
    pub role: Role,
    /// Its place in that list, from 0.
    pub place: u16,
    /// True when logs and shells of the pod are about this one.
    pub is_default: bool,
}

/// Which list of a pod a container is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// `initContainers`.
    Init,
    /// `containers`.
    Main,
    /// `ephemeralContainers`.
    Ephemeral,
}

impl Row for ContainerRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl ContainerRow {
    /// Its specification.
    pub fn spec(&self) -> Option<&ContainerSpec> {
        let list = match self.role {
            Role::Init => &self.template.init,
            Role::Main => &self.template.containers,
            Role::Ephemeral => &self.template.ephemeral,
        };
        list.get(usize::from(self.place))
    }

    /// `I1`, `M1`, `E1`: the list and the place in it, from 1.
    fn index(&self) -> String {
        let letter = match self.role {
            Role::Init => 'I',
            Role::Main => 'M',
            Role::Ephemeral => 'E',
        };
        format!("{letter}{}", self.place + 1)
    }

    fn health(&self) -> Health {
        let Some(run) = &self.run else {
            return Health::Busy;
        };
        let starting = matches!(&*run.state, "ContainerCreating" | "PodInitializing" | "Waiting");
        let runs_on = self.role != Role::Init || self.spec().is_some_and(|spec| spec.sidecar);
        match run.phase {
            RunPhase::Running if run.ready || !runs_on || self.role == Role::Ephemeral => Health::Ok,
            RunPhase::Running => Health::Warn,
            RunPhase::Waiting if starting => Health::Busy,
            RunPhase::Terminated if run.exit_code == 0 => Health::Done,
            RunPhase::Waiting | RunPhase::Terminated => Health::Bad,
        }
    }
}

/// The containers of a pod as rows: init containers, containers, ephemeral ones.
pub fn containers(pod: &PodRow) -> Vec<Item<ContainerRow>> {
    let template = &pod.template;
    let lists = [
        (Role::Init, &*template.init),
        (Role::Main, &*template.containers),
        (Role::Ephemeral, &*template.ephemeral),
    ];
    let owner = Arc::new(Owner {
        api_version: "v1".into(),
        kind: "Pod".into(),
        name: Arc::clone(&pod.meta.name),
        uid: pod.meta.uid,
    });
    let of_list = |(role, list): (Role, &[ContainerSpec])| {
        (0..)
            .zip(list.iter())
            .map(|(place, spec)| row(pod, &owner, role, (place, spec)))
            .collect::<Vec<_>>()
    };
    lists.into_iter().flat_map(of_list).map(Item::Upsert).collect()
}

/// The same, as the store takes it.
pub fn batch(pod: &PodRow) -> RowBatch {
    let items = containers(pod);
    RowBatch {
        len: items.len(),
        items: Box::new(items),
    }
}

fn row(pod: &PodRow, owner: &Arc<Owner>, role: Role, (place, spec): (u16, &ContainerSpec)) -> ContainerRow {
    let run = pod.run(&spec.name).cloned();
    ContainerRow {
        meta: Meta {
            uid: Uid::of(&[&format!("{:x}", pod.meta.uid.0), &spec.name]),
            name: Arc::from(&*spec.name),
            namespace: Arc::clone(&pod.meta.namespace),
            created: run.as_ref().map(|run| run.since).unwrap_or_default(),
            deleting: None,
            labels: Arc::new(Labels::default()),
            owner: Some(Arc::clone(owner)),
        },
        template: Arc::clone(&pod.template),
        run,
        role,
        place,
        is_default: pod.template.default_container() == Some(&spec.name),
    }
}

impl KindDef for Containers {
    type Wire<'a> = Present;
    type Row = ContainerRow;

    const NAMES: &'static [&'static str] = &["containers", "container", "co"];
    const KIND: &'static str = "Container";
    const TITLE: &'static str = "Containers";
    const GVR: Gvr = GVR;
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<ContainerRow>] = &[
        columns::of("IDX", Width::Fixed(3), |row, _| Cell::Text(row.index().into())),
        columns::name(),
        columns::of("IMAGE", Width::Fit(8, 60), |row, _| {
            row.spec().map_or(Cell::None, |spec| Cell::text(&spec.image))
        }),
        columns::of("READY", Width::Fit(5, 5), |row, _| {
            let ready = row.run.as_ref().is_some_and(|run| run.ready);
            Cell::Text(Cow::Borrowed(if ready { "true" } else { "false" }))
        }),
        columns::of("STATE", Width::Fit(7, 28), |row, _| {
            let state = row.run.as_ref().map_or("Waiting", |run| &*run.state);
            Cell::Status(Cow::Borrowed(state), row.health())
        }),
        columns::of("RESTARTS", Width::Fit(8, 17), |row, _| {
            row.run.as_ref().map_or(Cell::None, |run| {
                let ended = run.last.as_ref().map(|last| last.finished);
                Cell::Restarts(
                    run.restarts,
                    ended.filter(|at| run.restarts > 0 && *at != Timestamp::default()),
                )
            })
        }),
        columns::of("LAST", Width::Fit(4, 24), |row, _| {
            let last = row.run.as_ref().and_then(|run| run.last.as_ref());
            last.map_or(Cell::None, |last| Cell::text(&last.text))
        }),
        columns::of("PROBES", Width::Fit(6, 6), |row, _| {
            row.spec()
                .map_or(Cell::None, |spec| Cell::text(probes(spec.probes)))
        }),
        columns::volatile("CPU", Width::Fit(5, 7), |_, ctx| {
            usage(ctx, |usage| Cell::Milli(usage.cpu_milli))
        }),
        columns::volatile("%R", Width::Fit(3, 4), |row, ctx| {
            usage_of(
                ctx,
                |usage| usage.cpu_milli,
                row.spec().map_or(0, |spec| spec.requests.cpu_milli),
            )
        }),
        columns::volatile("%L", Width::Fit(3, 4), |row, ctx| {
            usage_of(
                ctx,
                |usage| usage.cpu_milli,
                row.spec().map_or(0, |spec| spec.limits.cpu_milli),
            )
        }),
        columns::volatile("MEM", Width::Fit(5, 7), |_, ctx| {
            usage(ctx, |usage| Cell::Bytes(usage.memory))
        }),
        columns::volatile("%R", Width::Fit(3, 4), |row, ctx| {
            usage_of(
                ctx,
                |usage| usage.memory,
                row.spec().map_or(0, |spec| spec.requests.memory),
            )
        }),
        columns::volatile("%L", Width::Fit(3, 4), |row, ctx| {
            usage_of(
                ctx,
                |usage| usage.memory,
                row.spec().map_or(0, |spec| spec.limits.memory),
            )
        }),
        columns::of("PORTS", Width::Fit(5, 30), |row, _| {
            row.spec().map_or(Cell::None, |spec| match &*spec.ports {
                [] => Cell::None,
                ports => Cell::Text(ports_text(ports).into()),
            })
        }),
        columns::volatile("AGE", Width::Fit(3, 9), |row, _| match row.meta.created {
            none if none == Timestamp::default() => Cell::None,
            since => Cell::Since(since),
        }),
    ];
    const ABLE: Abilities = Abilities {
        logs: true,
        shell: true,
        ..Abilities::NONE
    };

    /// Never called: nothing is fetched of this kind.
    fn row(_wire: Present, pool: &mut Pool) -> Result<ContainerRow, Unreadable> {
        Ok(ContainerRow {
            meta: crate::wire::ObjectMeta::default().meta(pool),
            template: Arc::default(),
            run: None,
            role: Role::Main,
            place: 0,
            is_default: false,
        })
    }

    fn health(row: &ContainerRow, _facts: &Facts) -> Health {
        row.health()
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::pod(object, events, now)
    }
}

/// `LRS`: liveness, readiness, startup, as far as there are such.
const fn probes(probes: Probes) -> &'static str {
    match (probes.liveness, probes.readiness, probes.startup) {
        (true, true, true) => "LRS",
        (true, true, false) => "LR",
        (true, false, true) => "LS",
        (true, false, false) => "L",
        (false, true, true) => "RS",
        (false, true, false) => "R",
        (false, false, true) => "S",
        (false, false, false) => "",
    }
}

/// `http:8080,9000/UDP`: the name if there is one; TCP goes without saying.
fn ports_text(ports: &[(u16, String, String)]) -> String {
    let mut out = String::new();
    for (number, protocol, name) in ports {
        if !out.is_empty() {
            out.push(',');
        }
        if !name.is_empty() {
            out.push_str(name);
            out.push(':');
        }
        let _ = write!(out, "{number}"); // writing to a String cannot fail
        if !matches!(&**protocol, "" | "TCP") {
            out.push('/');
            out.push_str(protocol);
        }
    }
    out
}
