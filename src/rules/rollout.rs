//! How far the rollout of a workload is, in the words of `kubectl rollout status`. Reads counts and conditions; watches nothing.
//!
//! Source: k8s.io/kubectl v0.36, `pkg/polymorphichelpers/rollout_status.go`.

/// How far a rollout is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    /// Whether it goes on.
    pub state: State,
    /// Pods that are as they should be: updated and available.
    pub done: u32,
    /// Pods there should be.
    pub of: u32,
    /// kubectl's sentence, without its line break.
    pub text: String,
}

/// Whether a rollout goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing is left to do.
    Done,
    /// On its way.
    Progressing,
    /// Held by `spec.paused`.
    Paused,
    /// It will not go on by itself; the reason as the controller gives it.
    Stuck(String),
}

/// One entry of a deployment's `status.conditions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionFacts<'a> {
    /// `type`: `Progressing`, `Available`, `ReplicaFailure`.
    pub kind: &'a str,
    /// `status`.
    pub status: &'a str,
    /// `reason`.
    pub reason: &'a str,
    /// `message`.
    pub message: &'a str,
}

/// What the rule reads of a deployment.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeploymentFacts<'a> {
    /// Name.
    pub name: &'a str,
    /// `metadata.generation`.
    pub generation: i64,
    /// `status.observedGeneration`.
    pub observed: i64,
    /// `spec.replicas`; `None` counts as 1.
    pub replicas: Option<u32>,
    /// `spec.paused`.
    pub paused: bool,
    /// `status.replicas`.
    pub current: u32,
    /// `status.updatedReplicas`.
    pub updated: u32,
    /// `status.availableReplicas`.
    pub available: u32,
    /// `status.conditions`.
    pub conditions: &'a [ConditionFacts<'a>],
}

/// What the rule reads of a stateful set.
#[derive(Debug, Clone, Copy, Default)]
pub struct StatefulSetFacts<'a> {
    /// `metadata.generation`.
    pub generation: i64,
    /// `status.observedGeneration`.
    pub observed: i64,
    /// True for `spec.updateStrategy.type: OnDelete`.
    pub on_delete: bool,
    /// `spec.updateStrategy.rollingUpdate.partition`; `None` when `rollingUpdate` is absent.
    pub partition: Option<u32>,
    /// `spec.replicas`; `None` counts as 1.
    pub replicas: Option<u32>,
    /// `status.readyReplicas`.
    pub ready: u32,
    /// `status.updatedReplicas`.
    pub updated: u32,
    /// `status.currentReplicas`.
    pub current: u32,
    /// `status.updateRevision`.
    pub update_revision: &'a str,
    /// `status.currentRevision`.
    pub current_revision: &'a str,
}

/// What the rule reads of a daemon set.
#[derive(Debug, Clone, Copy, Default)]
pub struct DaemonSetFacts<'a> {
    /// Name.
    pub name: &'a str,
    /// `metadata.generation`.
    pub generation: i64,
    /// `status.observedGeneration`.
    pub observed: i64,
    /// True for `spec.updateStrategy.type: OnDelete`.
    pub on_delete: bool,
    /// `status.desiredNumberScheduled`.
    pub desired: u32,
    /// `status.updatedNumberScheduled`.
    pub updated: u32,
    /// `status.numberAvailable`.
    pub available: u32,
}

const NOT_ROLLING: &str = "rollout status is only available for RollingUpdate strategy type";

/// The rollout of a deployment.
pub fn deployment(facts: &DeploymentFacts<'_>) -> Rollout {
    let DeploymentFacts {
        name,
        updated,
        available,
        current,
        ..
    } = *facts;
    let of = facts.replicas.unwrap_or(1);
    let observed = facts.generation <= facts.observed;
    let waiting = format!("Waiting for deployment {name:?} rollout to finish:");
    let (done, text) = if !observed {
        (
            false,
            "Waiting for deployment spec update to be observed...".to_owned(),
        )
    } else if facts.overdue() {
        (
            false,
            format!("deployment {name:?} exceeded its progress deadline"),
        )
    } else if updated < of {
        (
            false,
            format!("{waiting} {updated} out of {of} new replicas have been updated..."),
        )
    } else if current > updated {
        (
            false,
            format!(
                "{waiting} {} old replicas are pending termination...",
                current - updated
            ),
        )
    } else if available < updated {
        (
            false,
            format!("{waiting} {available} of {updated} updated replicas are available..."),
        )
    } else {
        (true, format!("deployment {name:?} successfully rolled out"))
    };
    let state = match facts.failure().filter(|_| observed) {
        Some(reason) => State::Stuck(reason),
        None if done => State::Done,
        None if facts.paused => State::Paused,
        None => State::Progressing,
    };
    Rollout {
        state,
        done: updated.min(available),
        of,
        text,
    }
}

impl DeploymentFacts<'_> {
    fn overdue(&self) -> bool {
        self.conditions
            .iter()
            .find(|condition| condition.kind == "Progressing")
            .is_some_and(|condition| condition.reason == "ProgressDeadlineExceeded")
    }

    /// Pods that cannot be created (quota, admission), else an exceeded deadline.
    fn failure(&self) -> Option<String> {
        let refused = self
            .conditions
            .iter()
            .find(|condition| condition.kind == "ReplicaFailure" && condition.status == "True");
        refused.map_or_else(
            || {
                self.overdue()
                    .then(|| "exceeded its progress deadline".to_owned())
            },
            |condition| Some(format!("{}: {}", condition.reason, condition.message)),
        )
    }
}

/// The rollout of a stateful set.
pub fn stateful_set(facts: &StatefulSetFacts<'_>) -> Rollout {
    let StatefulSetFacts { ready, updated, .. } = *facts;
    let of = facts.replicas.unwrap_or(1);
    let due = of.saturating_sub(facts.partition.unwrap_or(0));
    let (done, text) = if facts.on_delete {
        (true, NOT_ROLLING.to_owned())
    } else if facts.observed == 0 || facts.generation > facts.observed {
        (
            false,
            "Waiting for statefulset spec update to be observed...".to_owned(),
        )
    } else if ready < of {
        (false, format!("Waiting for {} pods to be ready...", of - ready))
    } else if facts.partition.is_some() && updated < due {
        (
            false,
            format!(
                "Waiting for partitioned roll out to finish: {updated} out of {due} new pods have been updated..."
            ),
        )
    } else if facts.partition.is_some() {
        (
            true,
            format!("partitioned roll out complete: {updated} new pods have been updated..."),
        )
    } else if facts.update_revision != facts.current_revision {
        let revision = facts.update_revision;
        (
            false,
            format!(
                "waiting for statefulset rolling update to complete {updated} pods at revision {revision}..."
            ),
        )
    } else {
        let (current, revision) = (facts.current, facts.current_revision);
        (
            true,
            format!("statefulset rolling update complete {current} pods at revision {revision}..."),
        )
    };
    Rollout {
        state: if done { State::Done } else { State::Progressing },
        done: if facts.on_delete {
            ready
        } else {
            ready.min(updated + of - due)
        },
        of,
        text,
    }
}

/// The rollout of a daemon set.
pub fn daemon_set(facts: &DaemonSetFacts<'_>) -> Rollout {
    let DaemonSetFacts {
        name,
        desired,
        updated,
        available,
        ..
    } = *facts;
    let waiting = format!("Waiting for daemon set {name:?} rollout to finish:");
    let (done, text) = if facts.on_delete {
        (true, NOT_ROLLING.to_owned())
    } else if facts.generation > facts.observed {
        (
            false,
            "Waiting for daemon set spec update to be observed...".to_owned(),
        )
    } else if updated < desired {
        (
            false,
            format!("{waiting} {updated} out of {desired} new pods have been updated..."),
        )
    } else if available < desired {
        (
            false,
            format!("{waiting} {available} of {desired} updated pods are available..."),
        )
    } else {
        (true, format!("daemon set {name:?} successfully rolled out"))
    };
    Rollout {
        state: if done { State::Done } else { State::Progressing },
        done: if facts.on_delete {
            available
        } else {
            updated.min(available)
        },
        of: desired,
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        ConditionFacts, DaemonSetFacts, DeploymentFacts, State, StatefulSetFacts, daemon_set, deployment,
        stateful_set,
    };

    fn web() -> DeploymentFacts<'static> {
        DeploymentFacts {
            name: "web",
            generation: 2,
            observed: 2,
            replicas: Some(4),
            current: 4,
            updated: 4,
            available: 4,
            ..DeploymentFacts::default()
        }
    }

    /// `TestDeploymentStatusViewerStatus` of `rollout_status_test.go`.
    #[test]
    fn deployments_as_kubectl() {
        for (facts, state, done, text) in [
            (
                web(),
                State::Done,
                4,
                "deployment \"web\" successfully rolled out",
            ),
            (
                DeploymentFacts { updated: 1, ..web() },
                State::Progressing,
                1,
                "Waiting for deployment \"web\" rollout to finish: 1 out of 4 new replicas have been updated...",
            ),
            (
                DeploymentFacts { current: 6, ..web() },
                State::Progressing,
                4,
                "Waiting for deployment \"web\" rollout to finish: 2 old replicas are pending termination...",
            ),
            (
                DeploymentFacts {
                    available: 3,
                    ..web()
                },
                State::Progressing,
                3,
                "Waiting for deployment \"web\" rollout to finish: 3 of 4 updated replicas are available...",
            ),
            (
                DeploymentFacts {
                    generation: 3,
                    ..web()
                },
                State::Progressing,
                4,
                "Waiting for deployment spec update to be observed...",
            ),
            (
                DeploymentFacts {
                    paused: true,
                    updated: 0,
                    ..web()
                },
                State::Paused,
                0,
                "Waiting for deployment \"web\" rollout to finish: 0 out of 4 new replicas have been updated...",
            ),
        ] {
            let found = deployment(&facts);
            assert_eq!(
                (found.state, found.done, found.of, &*found.text),
                (state, done, 4, text)
            );
        }
    }

    #[test]
    fn a_stuck_deployment_says_why() {
        let condition = |kind, status, reason, message| ConditionFacts {
            kind,
            status,
            reason,
            message,
        };
        let late = [condition(
            "Progressing",
            "False",
            "ProgressDeadlineExceeded",
            "timed out",
        )];
        let found = deployment(&DeploymentFacts {
            updated: 1,
            conditions: &late,
            ..web()
        });
        assert_eq!(found.text, "deployment \"web\" exceeded its progress deadline");
        assert_eq!(
            found.state,
            State::Stuck("exceeded its progress deadline".to_owned())
        );
        let fresh = deployment(&DeploymentFacts {
            generation: 3,
            conditions: &late,
            ..web()
        });
        assert_eq!(
            fresh.state,
            State::Progressing,
            "the condition is of the old spec"
        );
        let refused = [condition(
            "ReplicaFailure",
            "True",
            "FailedCreate",
            "exceeded quota: pods",
        )];
        let found = deployment(&DeploymentFacts {
            updated: 1,
            conditions: &refused,
            ..web()
        });
        assert_eq!(
            found.state,
            State::Stuck("FailedCreate: exceeded quota: pods".to_owned())
        );
    }

    /// `TestStatefulSetStatusViewerStatus` of `rollout_status_test.go`.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn stateful_sets_as_kubectl() {
        let db = StatefulSetFacts {
            generation: 1,
            observed: 1,
            replicas: Some(3),
            ready: 3,
            updated: 3,
            current: 3,
            update_revision: "foo",
            current_revision: "foo",
            ..StatefulSetFacts::default()
        };
        for (facts, done, text) in [
            (
                db,
                3,
                "statefulset rolling update complete 3 pods at revision foo...",
            ),
            (
                StatefulSetFacts { observed: 0, ..db },
                3,
                "Waiting for statefulset spec update to be observed...",
            ),
            (
                StatefulSetFacts { ready: 1, ..db },
                1,
                "Waiting for 2 pods to be ready...",
            ),
            (
                StatefulSetFacts {
                    partition: Some(1),
                    updated: 1,
                    ..db
                },
                2,
                "Waiting for partitioned roll out to finish: 1 out of 2 new pods have been updated...",
            ),
            (
                StatefulSetFacts {
                    partition: Some(2),
                    updated: 1,
                    ..db
                },
                3,
                "partitioned roll out complete: 1 new pods have been updated...",
            ),
            (
                StatefulSetFacts {
                    updated: 1,
                    update_revision: "bar",
                    ..db
                },
                1,
                "waiting for statefulset rolling update to complete 1 pods at revision bar...",
            ),
            (
                StatefulSetFacts {
                    on_delete: true,
                    updated: 0,
                    ..db
                },
                3,
                "rollout status is only available for RollingUpdate strategy type",
            ),
        ] {
            let found = stateful_set(&facts);
            assert_eq!((found.done, found.of, &*found.text), (done, 3, text));
            assert_eq!(
                found.state == State::Done,
                !text.to_lowercase().starts_with("waiting"),
                "{text}"
            );
        }
    }

    /// `TestDaemonSetStatusViewerStatus` of `rollout_status_test.go`.
    #[test]
    fn daemon_sets_as_kubectl() {
        let agent = DaemonSetFacts {
            name: "agent",
            generation: 1,
            observed: 1,
            desired: 4,
            updated: 4,
            available: 4,
            ..DaemonSetFacts::default()
        };
        for (facts, state, done, text) in [
            (
                agent,
                State::Done,
                4,
                "daemon set \"agent\" successfully rolled out",
            ),
            (
                DaemonSetFacts { updated: 0, ..agent },
                State::Progressing,
                0,
                "Waiting for daemon set \"agent\" rollout to finish: 0 out of 4 new pods have been updated...",
            ),
            (
                DaemonSetFacts {
                    available: 1,
                    ..agent
                },
                State::Progressing,
                1,
                "Waiting for daemon set \"agent\" rollout to finish: 1 of 4 updated pods are available...",
            ),
            (
                DaemonSetFacts {
                    generation: 2,
                    ..agent
                },
                State::Progressing,
                4,
                "Waiting for daemon set spec update to be observed...",
            ),
        ] {
            let found = daemon_set(&facts);
            assert_eq!(
                (found.state, found.done, found.of, &*found.text),
                (state, done, 4, text)
            );
        }
    }
}
