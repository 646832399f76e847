//! From the wire to the row of a pod. Decides nothing itself: STATUS, READY, RESTARTS and LAST are the rules'.

use std::sync::Arc;

use super::row::{ContainerRun, LastEnd, More, PodPhase, PodRow, RunPhase};
use super::template::{Beside, Template, template};
use crate::model::{Pool, Uid};
use crate::rules::pod_status::{
    ConditionFacts, ContainerFacts, LastTermination, PodFacts, PodStatus, Terminated, pod_status,
};
use crate::wire::core::{ContainerStatus, Pod, PodStatus as StatusWire, Terminated as EndWire};
use crate::wire::inplace::Unreadable;
use crate::wire::stamp;

/// The row of a pod.
///
/// # Errors
/// Something in its template cannot be read.
pub(super) fn row(wire: Pod<'_>, pool: &mut Pool) -> Result<PodRow, Unreadable> {
    let metadata = wire.metadata.unwrap_or_default();
    let (spec, status) = (wire.spec.unwrap_or_default(), wire.status.unwrap_or_default());
    let meta = metadata.meta(pool);
    let beside = Beside {
        qos: &status.qos_class,
        default_container: metadata.default_container(),
        is_cni: meta.labels.value("k8s-app") == Some("aws-node"),
    };
    let template = template(&spec, &beside, pool)?;
    let printed = printed(&template, &status, meta.deleting.is_some());
    let gates_ready = template.gates.iter().filter(|gate| is_true(&status, gate));
    Ok(PodRow {
        more: more(&printed, &status, pool),
        status: pool.text(&printed.text),
        restarted: printed.restarted.unwrap_or_default(),
        restarts: printed.restarts,
        ready: u16::try_from(printed.ready).unwrap_or(u16::MAX),
        total: u16::try_from(printed.total).unwrap_or(u16::MAX),
        health: printed.health,
        gates_ready: gates_ready.count() as u8,
        phase: PodPhase::named(&status.phase),
        node: pool.text(&spec.node_name),
        containers: runs(&status, pool),
        ip: status.pod_ip.parse().ok(),
        template: Arc::clone(&template),
        meta,
    })
}

fn printed<'a>(template: &'a Template, status: &'a StatusWire<'_>, deleting: bool) -> PodStatus<'a> {
    pod_status(&PodFacts {
        phase: &status.phase,
        reason: &status.reason,
        deleting,
        containers: template.containers.len(),
        init_containers: template
            .init
            .iter()
            .map(|container| (&*container.name, container.sidecar)),
        init_statuses: status.init_container_statuses.iter().map(facts),
        statuses: status.container_statuses.iter().map(facts),
        conditions: status.conditions.iter().map(|condition| ConditionFacts {
            kind: &condition.kind,
            status: &condition.status,
            reason: &condition.reason,
        }),
    })
}

fn facts<'a>(status: &'a ContainerStatus<'_>) -> ContainerFacts<'a> {
    let state = status.state.as_ref();
    let last = status.last_state.as_ref();
    ContainerFacts {
        name: &status.name,
        restarts: status.restart_count,
        ready: status.ready,
        started: status.started,
        waiting: state
            .and_then(|state| state.waiting.as_ref())
            .map(|waiting| &*waiting.reason),
        running: state.is_some_and(|state| state.running.is_some()),
        terminated: state.and_then(|state| state.terminated.as_deref()).map(end),
        last: last.and_then(|state| state.terminated.as_deref()).map(end),
    }
}

fn end<'a>(wire: &'a EndWire<'_>) -> Terminated<'a> {
    Terminated {
        reason: &wire.reason,
        exit_code: wire.exit_code,
        signal: wire.signal,
        finished: stamp(wire.finished_at.as_ref()),
    }
}

fn is_true(status: &StatusWire<'_>, kind: &str) -> bool {
    status
        .conditions
        .iter()
        .any(|condition| &*condition.kind == kind && &*condition.status == "True")
}

fn more(printed: &PodStatus<'_>, status: &StatusWire<'_>, pool: &mut Pool) -> Option<Box<More>> {
    let unscheduled = |kind: &str, status: &str| kind == "PodScheduled" && status == "False";
    let note = status
        .conditions
        .iter()
        .find(|condition| unscheduled(&condition.kind, &condition.status))
        .map_or(&*status.message, |condition| &*condition.message);
    if printed.last.is_none() && note.is_empty() && status.nominated_node_name.is_empty() {
        return None;
    }
    let last = printed.last.as_ref();
    let last = last.map(
        |LastTermination {
             container,
             reason,
             exit_code,
             finished,
         }| LastEnd {
            text: end_text(reason, *exit_code, pool),
            container: pool.text(container),
            exit_code: *exit_code,
            finished: finished.unwrap_or_default(),
        },
    );
    Some(Box::new(More {
        last,
        nominated: pool.text(&status.nominated_node_name),
        note: pool.text(note),
    }))
}

/// `OOMKilled 137`, `Completed`; a reason that already is the exit code stands alone.
fn end_text(reason: &str, exit_code: i32, pool: &mut Pool) -> Arc<str> {
    if exit_code == 0 || reason.starts_with("ExitCode:") {
        pool.text(reason)
    } else {
        pool.text(&format!("{reason} {exit_code}"))
    }
}

fn runs(status: &StatusWire<'_>, pool: &mut Pool) -> Box<[ContainerRun]> {
    let all = status
        .init_container_statuses
        .iter()
        .chain(&status.container_statuses)
        .chain(&status.ephemeral_container_statuses);
    all.map(|container| run(container, pool)).collect()
}

fn run(wire: &ContainerStatus<'_>, pool: &mut Pool) -> ContainerRun {
    let state = wire.state.as_ref();
    let ended = state.and_then(|state| state.terminated.as_deref());
    let running = state.and_then(|state| state.running.as_ref());
    let reason = state
        .and_then(|state| state.waiting.as_ref())
        .map_or("", |waiting| &*waiting.reason);
    let (phase, text, since) = match (ended, running) {
        (Some(end), _) => (
            RunPhase::Terminated,
            printed_end(end, pool),
            stamp(end.finished_at.as_ref()),
        ),
        (None, Some(running)) => (
            RunPhase::Running,
            pool.text("Running"),
            stamp(running.started_at.as_ref()),
        ),
        (None, None) if reason.is_empty() => (RunPhase::Waiting, pool.text("Waiting"), None),
        (None, None) => (RunPhase::Waiting, pool.text(reason), None),
    };
    let last = wire
        .last_state
        .as_ref()
        .and_then(|state| state.terminated.as_deref());
    ContainerRun {
        id: Uid::parse(&wire.container_id),
        name: pool.text(&wire.name),
        state: text,
        since: since.unwrap_or_default(),
        last: last.map(|end| Box::new(last_end(&wire.name, end, pool))),
        restarts: u32::try_from(wire.restart_count).unwrap_or(0),
        exit_code: ended.map_or(0, |end| end.exit_code),
        phase,
        ready: wire.ready,
    }
}

fn last_end(container: &str, end: &EndWire<'_>, pool: &mut Pool) -> LastEnd {
    let reason = printed_end(end, pool);
    LastEnd {
        text: end_text(&reason, end.exit_code, pool),
        container: pool.text(container),
        exit_code: end.exit_code,
        finished: stamp(end.finished_at.as_ref()).unwrap_or_default(),
    }
}

/// The reason of an end, else its signal, else its exit code, as kubectl prints it.
fn printed_end(end: &EndWire<'_>, pool: &mut Pool) -> Arc<str> {
    match (&*end.reason, end.signal) {
        ("", 0) => pool.text(&format!("ExitCode:{}", end.exit_code)),
        ("", signal) => pool.text(&format!("Signal:{signal}")),
        (reason, _) => pool.text(reason),
    }
}
