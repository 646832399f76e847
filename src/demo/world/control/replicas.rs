//! ReplicaSets: as many pods as they say, the least useful ones go first.

use serde_json::{Value, json};

use super::super::Inner;
use super::super::state::{Key, Pod};
use super::super::work::Work;
use super::{A_LOOK, condition, wanted};
use crate::clock::Timestamp;
use crate::demo::object::{items, number, put};

const NAME: &str = "replicaset-controller";

impl Inner {
    pub(super) fn replica_set(&mut self, key: &Key, set: &Value, now: Timestamp) {
        let mut pods = self.owned_pods(set);
        let active: Vec<usize> = (0..pods.len()).filter(|at| pods[*at].1.active()).collect();
        let mut failure = None;
        let missing = wanted(set) - active.len() as i64;
        if missing > 0 {
            failure = self.create_pods(key, set, (missing as usize).min(A_LOOK), now);
        } else if missing < 0 {
            pods.retain(|(_, pod)| pod.active());
            pods.sort_by_key(|(_, pod)| worth(pod));
            for (pod, _) in pods.iter().take((-missing) as usize) {
                self.delete_pod(pod, now);
                self.event(
                    set,
                    NAME,
                    (false, "SuccessfulDelete", format!("Deleted pod: {}", pod.1)),
                    now,
                );
            }
        }
        self.observe_all(now);
        self.replica_status(key, set, failure, now);
    }

    /// Creates pods until one is refused; gives why.
    fn create_pods(&mut self, key: &Key, set: &Value, count: usize, now: Timestamp) -> Option<String> {
        for _ in 0..count {
            let name = format!("{}-{}", key.1, self.ids.suffix(5));
            let stem = format!("{}-", key.1);
            let created = self.create_pod(set, &name, now, |pod| {
                put(&mut pod["metadata"], "generateName", stem.into());
            });
            if let Err(status) = created {
                let text = format!("Error creating: {status}");
                let again = Work::Object("replicasets", key.clone());
                self.create_failed(set, (NAME, text), again, now);
                return Some(status.message);
            }
            self.event(
                set,
                NAME,
                (false, "SuccessfulCreate", format!("Created pod: {name}")),
                now,
            );
        }
        None
    }

    fn replica_status(&mut self, key: &Key, set: &Value, failure: Option<String>, now: Timestamp) {
        let pods = self.owned_pods(set);
        let active: Vec<&Pod> = pods
            .iter()
            .map(|(_, pod)| pod)
            .filter(|pod| pod.active())
            .collect();
        let least = number(set, "/spec/minReadySeconds").unwrap_or(0);
        let ready = active.iter().filter(|pod| pod.ready().is_some()).count();
        let available = active
            .iter()
            .filter(|pod| {
                pod.ready()
                    .is_some_and(|since| now.seconds() - since.seconds() >= least)
            })
            .count();
        if available < ready {
            // Nothing but time makes them available.
            let next = active.iter().filter_map(|pod| pod.ready());
            let next = next
                .map(|since| super::after(since, least))
                .filter(|at| *at > now);
            if let Some(at) = next.min() {
                self.work.later(at, Work::Object("replicasets", key.clone()));
            }
        }
        let mut status =
            json!({"replicas": active.len(), "observedGeneration": set["metadata"]["generation"]});
        if !active.is_empty() {
            put(&mut status, "fullyLabeledReplicas", active.len().into());
        }
        if ready > 0 {
            put(&mut status, "readyReplicas", ready.into());
        }
        if available > 0 {
            put(&mut status, "availableReplicas", available.into());
        }
        let going = pods.iter().filter(|(_, pod)| pod.deleting.is_some()).count();
        put(&mut status, "terminatingReplicas", going.into());
        if let Some(why) = failure {
            let old = items(set, "/status/conditions");
            // The name of the pod that was refused differs at every try; the first one stands.
            let known = old.iter().find(|one| one["type"] == "ReplicaFailure").cloned();
            let failure =
                known.unwrap_or_else(|| condition(&[], "ReplicaFailure", (true, "FailedCreate", &why), now));
            put(&mut status, "conditions", json!([failure]));
        }
        self.set_status("replicasets", key, status);
    }
}

/// What goes first: unbound, not running, not ready, then the youngest (`controller_utils.go`, `ActivePodsWithRanks`).
fn worth(pod: &Pod) -> (bool, bool, bool, std::cmp::Reverse<Timestamp>) {
    let running = pod.life.as_ref().is_some_and(|life| life.phase() == "Running");
    (
        pod.node.is_some(),
        running,
        pod.ready().is_some(),
        std::cmp::Reverse(pod.created),
    )
}
