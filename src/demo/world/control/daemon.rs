//! DaemonSets: one pod on every node that takes it, replaced a few at a time.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::Inner;
use super::super::fill::daemon_affinity;
use super::super::refusal::selected;
use super::super::state::{Key, Node, Pod};
use super::share;
use crate::clock::Timestamp;
use crate::demo::kubelet::spec::{Spec, Toleration};
use crate::demo::object::{put, text};

const NAME: &str = "daemonset-controller";

impl Inner {
    pub(super) fn daemon_set(&mut self, key: &Key, set: &Value, now: Timestamp) {
        let revision = self.revision_of(set, now);
        let hash = revision
            .strip_prefix(&format!("{}-", key.1))
            .unwrap_or(&revision)
            .to_owned();
        let spec = tolerant(Spec::parse(&set["spec"]["template"]["spec"]));
        let fits: Vec<Arc<str>> = self
            .nodes
            .iter()
            .filter(|(_, node)| takes(&spec, node))
            .map(|(name, _)| Arc::clone(name))
            .collect();
        let pods = self.owned_pods(set);
        for node in &fits {
            let there = pods
                .iter()
                .any(|(_, pod)| target(pod) == Some(&**node) && !(pod.over() && pod.deleting.is_none()));
            if !there {
                self.create_daemon(set, (node, &hash), now);
            }
        }
        for (pod_key, pod) in &pods {
            let misplaced = target(pod).is_some_and(|node| !fits.iter().any(|fit| **fit == *node));
            if pod.deleting.is_none() && (misplaced || pod.over()) {
                self.delete_daemon(set, pod_key, now);
            }
        }
        if text(set, "/spec/updateStrategy/type") != "OnDelete" {
            self.roll_daemons(set, (&hash, fits.len() as i64, &pods), now);
        }
        self.observe_all(now);
        self.daemon_status(key, set, (&hash, &fits));
    }

    fn create_daemon(&mut self, set: &Value, (node, hash): (&str, &str), now: Timestamp) {
        let stem = text(set, "/metadata/name").to_owned();
        let name = format!("{stem}-{}", self.ids.suffix(5));
        let generation = set["metadata"]["generation"].to_string();
        let made = self.create_pod(set, &name, now, |pod| {
            put(&mut pod["metadata"], "generateName", format!("{stem}-").into());
            put(&mut pod["metadata"]["labels"], "controller-revision-hash", hash.into());
            put(&mut pod["metadata"]["labels"], "pod-template-generation", generation.into());
            daemon_affinity(&mut pod["spec"], node);
            let mut list = pod["spec"]["tolerations"].as_array().cloned().unwrap_or_default();
            list.extend(TOLERATED.iter().map(|(key, effect)| json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists", "effect": effect})));
            put(&mut pod["spec"], "tolerations", list.into());
        });
        let told = match made {
            Ok(_) => (false, "SuccessfulCreate", format!("Created pod: {name}")),
            Err(status) => (true, "FailedCreate", format!("Error creating: {status}")),
        };
        self.event(set, NAME, told, now);
    }

    fn delete_daemon(&mut self, set: &Value, pod: &Key, now: Timestamp) {
        self.delete_pod(pod, now);
        self.event(
            set,
            NAME,
            (false, "SuccessfulDelete", format!("Deleted pod: {}", pod.1)),
            now,
        );
    }

    fn roll_daemons(&mut self, set: &Value, (hash, nodes, pods): (&str, i64, &[(Key, Pod)]), now: Timestamp) {
        let default = json!(1);
        let most = share(
            set.pointer("/spec/updateStrategy/rollingUpdate/maxUnavailable")
                .unwrap_or(&default),
            nodes,
            true,
        )
        .max(1);
        let current = |pod: &Pod| pod.label("controller-revision-hash") == Some(hash);
        let surge = set.pointer("/spec/updateStrategy/rollingUpdate/maxSurge");
        let surge = surge.map_or(0, |value| share(value, nodes, true));
        if surge > 0 {
            return self.surge_daemons(set, (hash, surge, pods), now);
        }
        let mut down = nodes
            - pods
                .iter()
                .filter(|(_, pod)| pod.ready().is_some() && pod.deleting.is_none())
                .count() as i64;
        for (key, pod) in pods
            .iter()
            .filter(|(_, pod)| !current(pod) && pod.deleting.is_none())
        {
            let was_down = pod.ready().is_none();
            if was_down || down < most {
                self.delete_daemon(set, key, now);
                down += i64::from(!was_down);
            }
        }
    }

    /// With `maxSurge` the new pod of a node comes first, and the old one goes when that is ready.
    fn surge_daemons(&mut self, set: &Value, (hash, most, pods): (&str, i64, &[(Key, Pod)]), now: Timestamp) {
        let current = |pod: &Pod| pod.label("controller-revision-hash") == Some(hash);
        let new_on = |node: Option<&str>| {
            let mut all = pods.iter().map(|(_, pod)| pod);
            all.find(|pod| current(pod) && pod.active() && target(pod) == node)
        };
        let old = pods
            .iter()
            .filter(|(_, pod)| !current(pod) && pod.deleting.is_none());
        let mut under_way = 0;
        for (key, pod) in old {
            match (target(pod), new_on(target(pod))) {
                (_, Some(new)) if new.ready().is_some() => self.delete_daemon(set, key, now),
                (_, Some(_)) => under_way += 1,
                _ if pod.ready().is_none() => self.delete_daemon(set, key, now),
                (Some(node), None) if under_way < most => {
                    under_way += 1;
                    self.create_daemon(set, (node, hash), now);
                }
                _ => {}
            }
        }
    }

    fn daemon_status(&mut self, key: &Key, set: &Value, (hash, fits): (&str, &[Arc<str>])) {
        let pods = self.owned_pods(set);
        let placed: Vec<&Pod> = pods
            .iter()
            .map(|(_, pod)| pod)
            .filter(|pod| pod.active() && pod.node.as_ref().is_some_and(|node| fits.contains(node)))
            .collect();
        let ready = placed.iter().filter(|pod| pod.ready().is_some()).count();
        let updated = placed
            .iter()
            .filter(|pod| pod.label("controller-revision-hash") == Some(hash))
            .count();
        let missing = fits.len().saturating_sub(ready);
        let wrong = pods
            .iter()
            .filter(|(_, pod)| pod.node.as_ref().is_some_and(|node| !fits.contains(node)))
            .count();
        let mut status = json!({"currentNumberScheduled": placed.len(), "desiredNumberScheduled": fits.len(), "numberMisscheduled": wrong,
            "numberReady": ready, "observedGeneration": set["metadata"]["generation"]});
        for (name, value) in [
            ("numberAvailable", ready),
            ("numberUnavailable", missing),
            ("updatedNumberScheduled", updated),
        ] {
            if value > 0 {
                put(&mut status, name, value.into());
            }
        }
        self.set_status("daemonsets", key, status);
    }
}

/// Taints the controller lets every daemon tolerate.
const TOLERATED: [(&str, &str); 6] = [
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
];

fn tolerant(mut spec: Spec) -> Spec {
    spec.tolerations
        .extend(TOLERATED.iter().map(|(key, effect)| Toleration {
            key: format!("node.kubernetes.io/{key}"),
            exists: true,
            value: String::new(),
            effect: (*effect).to_owned(),
            seconds: None,
        }));
    spec
}

/// Whether a node takes a daemon: its selector and taints, not its room.
fn takes(spec: &Spec, node: &Node) -> bool {
    selected(spec, node)
        && node
            .taints
            .iter()
            .all(|(key, value, effect)| effect == "PreferNoSchedule" || spec.tolerates(key, value, effect))
}

/// The node a daemon is meant for, bound or not.
fn target(pod: &Pod) -> Option<&str> {
    pod.node.as_deref().or_else(|| {
        let host = pod
            .spec
            .affinity
            .first()?
            .iter()
            .find(|e| e.key == "kubernetes.io/hostname")?;
        host.values.first().map(String::as_str)
    })
}
