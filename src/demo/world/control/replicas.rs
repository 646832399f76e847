//! ReplicaSets: as many pods as they say, the least useful ones go first.

use serde_json::{Value, json};

use super::super::Inner;
use super::super::object::{number, put};
use super::super::state::{Key, Pod};
use super::wanted;
use crate::clock::Timestamp;

/// How many pods one look creates or deletes at most.
const A_LOOK: usize = 500;
const NAME: &str = "replicaset-controller";

impl Inner {
    pub(super) fn replica_set(&mut self, key: &Key, set: &Value, now: Timestamp) {
        let mut pods = self.owned_pods(set);
        let active: Vec<usize> = (0..pods.len()).filter(|at| pods[*at].1.active()).collect();
        let missing = wanted(set) - active.len() as i64;
        if missing > 0 {
            self.create_pods(key, set, (missing as usize).min(A_LOOK), now);
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
        self.replica_status(key, set, now);
    }

    fn create_pods(&mut self, key: &Key, set: &Value, count: usize, now: Timestamp) {
        for _ in 0..count {
            let name = format!("{}-{}", key.1, self.ids.suffix(5));
            let stem = format!("{}-", key.1);
            let created = self.create_pod(set, &name, now, |pod| {
                put(&mut pod["metadata"], "generateName", stem.into());
            });
            if created.is_some() {
                self.event(
                    set,
                    NAME,
                    (false, "SuccessfulCreate", format!("Created pod: {name}")),
                    now,
                );
            }
        }
    }

    fn replica_status(&mut self, key: &Key, set: &Value, now: Timestamp) {
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
        let mut status =
            json!({"replicas": active.len(), "observedGeneration": set["metadata"]["generation"]});
        if !active.is_empty() {
            put(&mut status, "fullyLabeledReplicas", active.len().into());
        }
        if ready > 0 {
            put(&mut status, "readyReplicas", ready.into());
            put(&mut status, "availableReplicas", available.into());
        }
        let going = pods.iter().filter(|(_, pod)| pod.deleting.is_some()).count();
        put(&mut status, "terminatingReplicas", going.into());
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
