//! Disks of nodes: what programs write fills them, and the kubelet evicts the greatest writer (pkg/kubelet/eviction).

use std::sync::Arc;

use serde_json::json;

use super::Inner;
use super::event::{About, note};
use super::lifecycle::{taint, untaint};
use super::state::{Key, Pod};
use crate::clock::Timestamp;
use crate::demo::kubelet::life::Over;
use crate::demo::kubelet::run::end;
use crate::demo::object::{stamp, time};

/// MiB that programs may write before the disk is as full as the kubelet bears (`nodefs.available<10%` of 20 GB).
const ROOM_MIB: u64 = 6_000;
/// Ten percent of the disk, bytes.
const THRESHOLD: u64 = 2_146_223_308;
/// How long the pressure is told after it has ended, seconds (`--eviction-pressure-transition-period`).
const TOLD: i64 = 300;
const TAINT: &str = "node.kubernetes.io/disk-pressure";

impl Inner {
    /// Looks at every node where something writes, or has written.
    pub fn disks(&mut self, now: Timestamp) {
        if !self.pressure.writing {
            return;
        }
        let mut written: Vec<(Arc<str>, u64)> = Vec::new();
        for (name, node) in &self.nodes {
            let pods = node.pods.iter().filter_map(|key| self.pods.get(key));
            let sum: u64 = pods.map(|pod| mib(pod, now)).sum();
            let pressed = node.taints.iter().any(|(key, ..)| key == TAINT);
            if sum >= ROOM_MIB || pressed {
                written.push((Arc::clone(name), sum));
            }
        }
        for (name, mut sum) in written {
            if sum < ROOM_MIB {
                self.relieve(&name, now);
                continue;
            }
            self.press(&name, now);
            while sum >= ROOM_MIB {
                let greatest = self
                    .pods_on(&name)
                    .into_iter()
                    .max_by_key(|key| self.writes(key, now));
                let Some(key) = greatest.filter(|key| self.writes(key, now) > 0) else {
                    break;
                };
                let less = self.writes(&key, now);
                self.evict_writer(&key, &name, now);
                sum = sum.saturating_sub(less.max(1));
            }
        }
    }

    fn writes(&self, key: &Key, now: Timestamp) -> u64 {
        self.pods.get(key).map_or(0, |pod| mib(pod, now))
    }

    fn press(&mut self, name: &str, now: Timestamp) {
        let told = self.store.modify("nodes", "", name, |node| {
            condition(node, true, now);
            taint(node, (TAINT, "NoSchedule"), now);
        });
        if told.is_ok() {
            self.tell_node(name, (false, "NodeHasDiskPressure"), now);
            let text = "Attempting to reclaim ephemeral-storage".to_owned();
            self.record(
                &About::node(name),
                ("kubelet", name),
                &note(true, "EvictionThresholdMet", text),
                now,
            );
        }
    }

    fn relieve(&mut self, name: &str, now: Timestamp) {
        let Some(node) = self.store.read("nodes", "", name) else {
            return;
        };
        let conditions = node["status"]["conditions"].as_array();
        let pressure = conditions.and_then(|all| all.iter().find(|one| one["type"] == "DiskPressure"));
        let since = pressure
            .and_then(|one| time(one, "/lastTransitionTime"))
            .unwrap_or(now);
        if now.seconds() - since.seconds() < TOLD {
            return;
        }
        let _ = self.store.modify("nodes", "", name, |node| {
            condition(node, false, now);
            untaint(node, TAINT);
        });
        self.tell_node(name, (false, "NodeHasNoDiskPressure"), now);
    }

    fn evict_writer(&mut self, key: &Key, node: &str, now: Timestamp) {
        let Some(mut pod) = self.pods.remove(key) else {
            return;
        };
        let container = pod
            .spec
            .containers
            .first()
            .map_or("", |c| c.name.as_str())
            .to_owned();
        let message = format!(
            "The node was low on resource: ephemeral-storage. Threshold quantity: {THRESHOLD}, available: {}Ki. \
             Container {container} was using {}Ki, request is 0, has larger consumption of ephemeral-storage. ",
            THRESHOLD / 1024 - 41_312,
            mib(&pod, now) * 1024
        );
        let _ = self.store.modify("pods", &key.0, &key.1, |value| {
            if let Some(list) = value["status"]["conditions"].as_array_mut() {
                list.push(
                    json!({"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet",
                    "message": message, "lastProbeTime": null, "lastTransitionTime": stamp(now)}),
                );
            }
        });
        if let Some(life) = &mut pod.life {
            for run in life.init.iter_mut().chain(&mut life.main) {
                if let Some(since) = run.running() {
                    end(run, (since, now), 137, "Error");
                    run.due = None;
                }
            }
            life.over = Some(Over {
                succeeded: false,
                reason: "Evicted".to_owned(),
                message: message.clone(),
            });
            life.ready.set(false, now);
        }
        self.publish(key, &pod);
        let about = About::pod((&key.0, &key.1), &pod.uid);
        self.pods.insert(key.clone(), pod);
        self.record(&about, ("kubelet", node), &note(true, "Evicted", message), now);
        self.release(key, now);
    }
}

/// What a pod's running containers have written, MiB.
fn mib(pod: &Pod, now: Timestamp) -> u64 {
    let Some(life) = pod.life.as_ref().filter(|life| life.over.is_none()) else {
        return 0;
    };
    let runs = life.runs(&pod.spec).filter_map(|(run, container)| {
        let a_minute = i64::from(container.nature().disk_mib);
        let seconds = now.nanos_since(run.running()?).max(0) / 1_000_000_000;
        Some((a_minute * seconds / 60) as u64)
    });
    runs.sum()
}

fn condition(node: &mut serde_json::Value, on: bool, now: Timestamp) {
    let (status, reason, message) = if on {
        ("True", "KubeletHasDiskPressure", "kubelet has disk pressure")
    } else {
        (
            "False",
            "KubeletHasNoDiskPressure",
            "kubelet has no disk pressure",
        )
    };
    let all = node["status"]["conditions"].as_array_mut().into_iter().flatten();
    for one in all.filter(|one| one["type"] == "DiskPressure" && one["status"] != status) {
        one["status"] = status.into();
        one["reason"] = reason.into();
        one["message"] = message.into();
        one["lastTransitionTime"] = stamp(now).into();
    }
}
