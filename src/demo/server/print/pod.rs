//! Columns of pods. STATUS, READY and RESTARTS come from the rule that follows kubectl.

use serde_json::Value;

use super::{AGE, Column, NAME, Print, age, items, or, text};
use crate::clock::{self, Timestamp};
use crate::rules::pod_status::{ConditionFacts, ContainerFacts, PodFacts, Terminated, pod_status};

const COLUMNS: &[Column] = &[
    NAME,
    ("Ready", "string", "", 0),
    ("Status", "string", "", 0),
    ("Restarts", "string", "", 0),
    AGE,
    ("IP", "string", "", 1),
    ("Node", "string", "", 1),
    ("Nominated Node", "string", "", 1),
    ("Readiness Gates", "string", "", 1),
];

pub(super) const POD: Print = Print {
    columns: COLUMNS,
    cells,
};

fn cells(pod: &Value, now: Timestamp) -> Vec<Value> {
    let facts = PodFacts {
        phase: text(pod, "status.phase"),
        reason: text(pod, "status.reason"),
        deleting: pod["metadata"]["deletionTimestamp"].is_string(),
        containers: items(pod, "spec.containers").len(),
        init_containers: items(pod, "spec.initContainers")
            .iter()
            .map(|one| (text(one, "name"), text(one, "restartPolicy") == "Always")),
        init_statuses: items(pod, "status.initContainerStatuses").iter().map(container),
        statuses: items(pod, "status.containerStatuses").iter().map(container),
        conditions: items(pod, "status.conditions").iter().map(condition),
    };
    let status = pod_status(&facts);
    let restarts = match status.restarted {
        Some(last) if status.restarts > 0 => format!("{} ({} ago)", status.restarts, clock::age(last, now)),
        _ => status.restarts.to_string(),
    };
    let ip = items(pod, "status.podIPs")
        .first()
        .map_or_else(|| text(pod, "status.podIP"), |first| text(first, "ip"));
    vec![
        super::name(pod),
        format!("{}/{}", status.ready, status.total).into(),
        status.text.into(),
        restarts.into(),
        age(pod, now),
        or(ip, "<none>"),
        or(text(pod, "spec.nodeName"), "<none>"),
        or(text(pod, "status.nominatedNodeName"), "<none>"),
        gates(pod),
    ]
}

fn gates(pod: &Value) -> Value {
    let gates = items(pod, "spec.readinessGates");
    if gates.is_empty() {
        return "<none>".into();
    }
    let conditions = items(pod, "status.conditions");
    let met = |gate: &&Value| {
        let kind = text(gate, "conditionType");
        conditions
            .iter()
            .any(|one| text(one, "type") == kind && text(one, "status") == "True")
    };
    format!("{}/{}", gates.iter().filter(met).count(), gates.len()).into()
}

fn container(status: &Value) -> ContainerFacts<'_> {
    let state = &status["state"];
    ContainerFacts {
        name: text(status, "name"),
        restarts: i32::try_from(status["restartCount"].as_i64().unwrap_or(0)).unwrap_or(i32::MAX),
        ready: status["ready"] == true,
        started: status["started"] == true,
        waiting: state["waiting"]
            .is_object()
            .then(|| text(state, "waiting.reason")),
        running: state["running"].is_object(),
        terminated: terminated(&state["terminated"]),
        last: terminated(&status["lastState"]["terminated"]),
    }
}

fn terminated(state: &Value) -> Option<Terminated<'_>> {
    let code = |key: &str| i32::try_from(state[key].as_i64().unwrap_or(0)).unwrap_or_default();
    state.is_object().then(|| Terminated {
        reason: text(state, "reason"),
        exit_code: code("exitCode"),
        signal: code("signal"),
        finished: state["finishedAt"].as_str().and_then(Timestamp::parse),
    })
}

fn condition(condition: &Value) -> ConditionFacts<'_> {
    ConditionFacts {
        kind: text(condition, "type"),
        status: text(condition, "status"),
        reason: text(condition, "reason"),
    }
}
