//! `/stats/summary` (kubelet `stats/v1alpha1`): what node, pods, containers and volumes use, as agents read it. Measures nothing itself.

use serde_json::{Value, json};

use super::{Measured, Report, Running};
use crate::clock::Timestamp;
use crate::demo::ids::stable;
use crate::demo::kubelet_api::Usage;
use crate::demo::object::{items, text};
use crate::model::quantity;

const MIB: u64 = 1 << 20;
/// Inodes of a node's file system of 20 GB.
const INODES: u64 = 10_484_720;

/// The whole answer.
pub(super) fn write(report: &Report) -> Value {
    let time = stamp(report.at);
    let amount = |resource: &str| {
        let text = text(&report.object, &format!("/status/capacity/{resource}"));
        quantity::units(text).unwrap_or_default()
    };
    let (memory, disk) = (amount("memory"), amount("ephemeral-storage"));
    let taken = disk / 100 * (22 + stable(&[&report.node, "disk"]) % 20);
    let began = text(&report.object, "/metadata/creationTimestamp");
    let total: u64 = report
        .pods
        .iter()
        .flat_map(|pod| &pod.containers)
        .map(|one| one.total)
        .sum();
    let node = json!({
        "nodeName": report.node,
        "systemContainers": system(report, &time),
        "startTime": began,
        "cpu": cpu(&time, report.usage, total),
        "memory": memory_of(&time, report.usage, Some(memory)),
        "network": network(&time, &report.node, report.at),
        "fs": disk_of(&time, (disk, taken), INODES),
        "runtime": {"imageFs": disk_of(&time, (disk, taken / 3 * 2), INODES), "containerFs": disk_of(&time, (disk, taken / 3), INODES)},
        "rlimit": {"time": time, "maxpid": 32_768, "curproc": 180 + 4 * report.pods.len()},
        "swap": {"time": time, "swapAvailableBytes": 0, "swapUsageBytes": 0},
    });
    let pods: Vec<Value> = report
        .pods
        .iter()
        .map(|pod| pod_of(pod, &time, (report.at, disk, taken)))
        .collect();
    json!({"node": node, "pods": pods})
}

fn stamp(at: Timestamp) -> String {
    Timestamp::from_seconds(at.seconds()).rfc3339()
}

fn system(report: &Report, time: &str) -> Value {
    let pods: Vec<Usage> = report
        .pods
        .iter()
        .flat_map(|pod| &pod.containers)
        .map(|one| one.usage)
        .collect();
    let all = pods.iter().fold(Usage::default(), |sum, one| Usage {
        cpu_nano: sum.cpu_nano + one.cpu_nano,
        memory_bytes: sum.memory_bytes + one.memory_bytes,
    });
    let seconds = report.at.seconds().rem_euclid(1 << 22) as u64;
    let part = |name: &str, usage: Usage| {
        json!({"name": name, "startTime": text(&report.object, "/metadata/creationTimestamp"),
            "cpu": cpu(time, usage, usage.cpu_nano * seconds), "memory": memory_of(time, usage, None)})
    };
    let of = |cpu_nano, mib: u64| Usage {
        cpu_nano,
        memory_bytes: mib * MIB,
    };
    json!([
        part("kubelet", of(22_000_000, 96)),
        part("runtime", of(15_000_000, 140)),
        part("pods", all)
    ])
}

fn cpu(time: &str, usage: Usage, total: u64) -> Value {
    json!({"time": time, "usageNanoCores": usage.cpu_nano, "usageCoreNanoSeconds": total})
}

fn memory_of(time: &str, usage: Usage, available: Option<u64>) -> Value {
    let used = usage.memory_bytes;
    let mut memory = json!({"time": time, "usageBytes": used + used / 5, "workingSetBytes": used, "rssBytes": used / 10 * 9,
        "pageFaults": used / 4_096, "majorPageFaults": used >> 26});
    if let Some(available) = available {
        memory["availableBytes"] = available.saturating_sub(used).into();
    }
    memory
}

fn disk_of(time: &str, (capacity, used): (u64, u64), inodes: u64) -> Value {
    let taken = used / (40 << 10) + 1;
    json!({"time": time, "availableBytes": capacity.saturating_sub(used), "capacityBytes": capacity, "usedBytes": used,
        "inodesFree": inodes.saturating_sub(taken), "inodes": inodes, "inodesUsed": taken})
}

/// Bytes in and out since some day: they only grow.
fn network(time: &str, who: &str, at: Timestamp) -> Value {
    let (mix, seconds) = (stable(&[who, "network"]), at.seconds().rem_euclid(1 << 22) as u64);
    let (received, sent) = (
        seconds * (2_000 + mix % 60_000),
        seconds * (2_000 + (mix >> 20) % 60_000),
    );
    let own = json!({"name": "eth0", "rxBytes": received, "rxErrors": 0, "txBytes": sent, "txErrors": 0});
    let mut network = own.clone();
    network["time"] = time.into();
    network["interfaces"] = json!([own]);
    network
}

fn pod_of(pod: &Running, time: &str, (at, disk, taken): (Timestamp, u64, u64)) -> Value {
    let containers: Vec<Value> = pod
        .containers
        .iter()
        .map(|one| container(one, pod, (time, disk, taken)))
        .collect();
    let sum = pod
        .containers
        .iter()
        .fold((Usage::default(), 0), |(sum, total), one| {
            let sum = Usage {
                cpu_nano: sum.cpu_nano + one.usage.cpu_nano,
                memory_bytes: sum.memory_bytes + one.usage.memory_bytes,
            };
            (sum, total + one.total)
        });
    let written: u64 = pod.containers.iter().map(|one| written(one, pod)).sum();
    let mut entry = json!({
        "podRef": {"name": &*pod.key.1, "namespace": &*pod.key.0, "uid": &*pod.uid},
        "startTime": stamp(pod.began),
        "containers": containers,
        "cpu": cpu(time, sum.0, sum.1),
        "memory": memory_of(time, sum.0, None),
        "volume": volumes(pod, time, (disk, taken)),
        "ephemeral-storage": ephemeral(time, (disk, taken), written),
        "process_stats": {"process_count": pod.containers.len()},
        "swap": {"time": time, "swapUsageBytes": 0},
    });
    if !pod.host_network {
        entry["network"] = network(time, &pod.uid, at);
    }
    entry
}

/// What a container wrote: bytes of its root file system and log.
fn written(one: &Measured, pod: &Running) -> u64 {
    48 * 1_024 + stable(&[&pod.uid, &one.name, "disk"]) % (8 * MIB)
}

fn container(one: &Measured, pod: &Running, (time, disk, taken): (&str, u64, u64)) -> Value {
    let used = written(one, pod);
    json!({"name": one.name, "startTime": stamp(one.began), "cpu": cpu(time, one.usage, one.total),
        "memory": memory_of(time, one.usage, None), "rootfs": ephemeral(time, (disk, taken), used / 2),
        "logs": ephemeral(time, (disk, taken), used / 2), "swap": {"time": time, "swapUsageBytes": 0}})
}

/// A part of the node's disk: what is free is free for all.
fn ephemeral(time: &str, (disk, taken): (u64, u64), used: u64) -> Value {
    let mut part = disk_of(time, (disk, taken), INODES);
    part["usedBytes"] = used.into();
    part["inodesUsed"] = (used / (16 << 10) + 4).into();
    part
}

/// Its volumes: those of claims are as full as their names say, of others it is the node's disk or memory.
fn volumes(pod: &Running, time: &str, (disk, taken): (u64, u64)) -> Value {
    let all = items(&pod.object, "/spec/volumes").iter();
    let of = |volume: &Value| {
        let name = text(volume, "/name");
        let Some(claim) = volume["persistentVolumeClaim"]["claimName"].as_str() else {
            let used = if volume["emptyDir"].is_object() {
                4_096 + stable(&[&pod.uid, name]) % (2 * MIB)
            } else {
                12_288
            };
            let mut entry = ephemeral(time, (disk, taken), used);
            entry["name"] = name.into();
            return entry;
        };
        let size = claimed(pod, claim);
        let mut entry = disk_of(
            time,
            (size, size / 100 * (18 + stable(&[&pod.key.0, claim]) % 50)),
            size / 16_384,
        );
        entry["name"] = name.into();
        entry["pvcRef"] = json!({"name": claim, "namespace": &*pod.key.0});
        entry
    };
    let mut entries: Vec<Value> = all.map(of).collect();
    entries.sort_by(|one, two| text(one, "/name").cmp(text(two, "/name")));
    entries.into()
}

fn claimed(pod: &Running, claim: &str) -> u64 {
    let found = pod.claims.iter().find(|(name, _)| name == claim);
    found.map_or(10 << 30, |(_, size)| *size)
}
