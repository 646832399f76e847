//! STATUS and ROLES of a node as `kubectl get nodes` prints them, and what else its conditions tell. Counts no pods.
//!
//! Source: k8s.io/kubernetes v1.36, `pkg/printers/internalversion/printers.go`, `printNode` and `findNodeRoles`.

use std::collections::BTreeSet;

use crate::clock::Timestamp;
use crate::model::Health;

/// One entry of a node's `status.conditions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionFacts<'a> {
    /// `type`.
    pub kind: &'a str,
    /// `status`: `True`, `False` or `Unknown`.
    pub status: &'a str,
    /// `lastTransitionTime`.
    pub since: Option<Timestamp>,
}

/// What the columns of a node show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeStatus<'a> {
    /// STATUS as kubectl prints it.
    pub text: &'static str,
    /// What is wrong besides: conditions that are `True` and should not be (`DiskPressure`, `NetworkUnavailable`, those of
    /// node-problem-detector), in the order of the API.
    pub problems: Vec<&'a str>,
    /// Since when it is not ready; `None` while it is ready, or when not known.
    pub not_ready_since: Option<Timestamp>,
    /// True when `spec.unschedulable` is set.
    pub cordoned: bool,
    /// How it is doing.
    pub health: Health,
}

/// Reads a node's status off its conditions and its `spec.unschedulable`.
pub fn node_status<'a>(
    conditions: impl IntoIterator<Item = ConditionFacts<'a>>,
    unschedulable: bool,
) -> NodeStatus<'a> {
    let mut ready: Option<ConditionFacts<'a>> = None;
    let mut problems = Vec::new();
    for condition in conditions {
        if condition.kind == "Ready" {
            ready = Some(condition);
        } else if condition.status == "True" {
            problems.push(condition.kind);
        }
    }
    let is_ready = ready.map(|condition| condition.status == "True");
    let health = match is_ready {
        Some(true) if problems.is_empty() && !unschedulable => Health::Ok,
        Some(true) => Health::Warn,
        _ => Health::Bad,
    };
    NodeStatus {
        text: match (is_ready, unschedulable) {
            (Some(true), false) => "Ready",
            (Some(true), true) => "Ready,SchedulingDisabled",
            (Some(false), false) => "NotReady",
            (Some(false), true) => "NotReady,SchedulingDisabled",
            (None, false) => "Unknown",
            (None, true) => "Unknown,SchedulingDisabled",
        },
        problems,
        not_ready_since: ready
            .filter(|condition| condition.status != "True")
            .and_then(|condition| condition.since),
        cordoned: unschedulable,
        health,
    }
}

/// ROLES as kubectl prints them: sorted, joined by commas, `<none>` without any.
pub fn roles<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let roles: BTreeSet<&str> = labels
        .into_iter()
        .filter_map(
            |(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
                Some(role) => Some(role),
                None => (key == "kubernetes.io/role").then_some(value),
            },
        )
        .filter(|role| !role.is_empty())
        .collect();
    if roles.is_empty() {
        return "<none>".to_owned();
    }
    roles.into_iter().collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::{ConditionFacts, node_status, roles};
    use crate::clock::Timestamp;
    use crate::model::Health;

    fn condition<'a>(kind: &'a str, status: &'a str) -> ConditionFacts<'a> {
        ConditionFacts {
            kind,
            status,
            since: Some(Timestamp::from_seconds(7)),
        }
    }

    /// `TestPrintNodeStatus` of `printers_test.go`.
    #[test]
    fn status_as_kubectl() {
        for (conditions, unschedulable, text, health) in [
            (&[("Ready", "True")][..], false, "Ready", Health::Ok),
            (&[("Ready", "False")], false, "NotReady", Health::Bad),
            (&[("Ready", "Unknown")], false, "NotReady", Health::Bad),
            (
                &[("Ready", "True")],
                true,
                "Ready,SchedulingDisabled",
                Health::Warn,
            ),
            (
                &[("Ready", "False")],
                true,
                "NotReady,SchedulingDisabled",
                Health::Bad,
            ),
            (&[("InvalidValue", "True")], false, "Unknown", Health::Bad),
            (
                &[("InvalidValue", "True")],
                true,
                "Unknown,SchedulingDisabled",
                Health::Bad,
            ),
            (&[], false, "Unknown", Health::Bad),
            (
                &[("Ready", "False"), ("Ready", "True")],
                false,
                "Ready",
                Health::Ok,
            ),
            (
                &[("Ready", "True"), ("DiskPressure", "True")],
                false,
                "Ready",
                Health::Warn,
            ),
            (
                &[("Ready", "True"), ("DiskPressure", "False")],
                false,
                "Ready",
                Health::Ok,
            ),
        ] {
            let conditions = conditions.iter().map(|(kind, status)| condition(kind, status));
            let found = node_status(conditions, unschedulable);
            assert_eq!((found.text, found.health), (text, health));
        }
    }

    #[test]
    fn problems_and_the_time_it_was_lost() {
        let found = node_status(
            [
                condition("MemoryPressure", "False"),
                condition("PIDPressure", "True"),
                condition("KernelDeadlock", "True"),
                condition("Ready", "Unknown"),
            ],
            false,
        );
        assert_eq!(found.problems, ["PIDPressure", "KernelDeadlock"]);
        assert_eq!(found.not_ready_since, Some(Timestamp::from_seconds(7)));
    }

    #[test]
    fn roles_as_kubectl() {
        for (labels, expected) in [
            (&[][..], "<none>"),
            (&[("node-role.kubernetes.io/", "x")], "<none>"),
            (&[("kubernetes.io/role", "")], "<none>"),
            (
                &[
                    ("kubernetes.io/role", "worker"),
                    ("node-role.kubernetes.io/control-plane", ""),
                ],
                "control-plane,worker",
            ),
            (
                &[
                    ("kubernetes.io/role", "edge"),
                    ("node-role.kubernetes.io/edge", "true"),
                ],
                "edge",
            ),
        ] {
            assert_eq!(roles(labels.iter().copied()), expected);
        }
    }
}
