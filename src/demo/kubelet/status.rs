//! A pod's `status` as its kubelet reports it, from its life. Pure.

use serde_json::{Map, Value, json};

use super::life::{End, Flag, Life, Run, State};
use super::spec::{Container, Spec};
use crate::clock::Timestamp;
use crate::demo::ids::stable_hex;
use crate::demo::image;
use crate::demo::object::{items, stamp, text};

/// The status of `pod` (its whole object, for what is copied from it) living `life`.
pub fn status(pod: &Value, spec: &Spec, life: &Life) -> Value {
    let mut status = Map::new();
    if let Some(generation) = pod["metadata"].get("generation") {
        status.insert("observedGeneration".into(), generation.clone());
    }
    status.insert("phase".into(), life.phase().into());
    status.insert("conditions".into(), conditions(pod, spec, life));
    if let Some(over) = life.over.as_ref().filter(|over| !over.reason.is_empty()) {
        status.insert("reason".into(), over.reason.clone().into());
        status.insert("message".into(), over.message.clone().into());
    }
    if let Some(started) = life.started {
        let host = address(life.host);
        status.insert("hostIP".into(), host.clone().into());
        status.insert("hostIPs".into(), json!([{"ip": host}]));
        status.insert("startTime".into(), stamp(started).into());
    }
    if let Some(ip) = life.ip {
        status.insert("podIP".into(), address(ip).into());
        status.insert("podIPs".into(), json!([{"ip": address(ip)}]));
    }
    if life.started.is_some() {
        let uid = text(pod, "/metadata/uid");
        if !life.init.is_empty() {
            let source = items(pod, "/spec/initContainers");
            status.insert(
                "initContainerStatuses".into(),
                statuses(&life.init, &spec.init, (source, uid)),
            );
        }
        let source = items(pod, "/spec/containers");
        status.insert(
            "containerStatuses".into(),
            statuses(&life.main, &spec.containers, (source, uid)),
        );
    }
    if let Some(ephemeral) = pod["status"].get("ephemeralContainerStatuses") {
        status.insert("ephemeralContainerStatuses".into(), ephemeral.clone());
    }
    status.insert("qosClass".into(), pod["status"]["qosClass"].clone());
    Value::Object(status)
}

/// The status of a pod that no node takes, for this reason.
pub fn unscheduled(pod: &Value, message: &str, now: Timestamp) -> Value {
    let old = items(pod, "/status/conditions")
        .iter()
        .find(|c| c["type"] == "PodScheduled" && c["status"] == "False");
    let since = old.map_or_else(
        || Value::from(stamp(now)),
        |condition| condition["lastTransitionTime"].clone(),
    );
    json!({"phase": "Pending", "qosClass": pod["status"]["qosClass"], "conditions": [{"type": "PodScheduled", "status": "False",
        "lastProbeTime": null, "lastTransitionTime": since, "reason": "Unschedulable", "message": message}]})
}

/// An IPv4 address as text.
pub fn address(ip: [u8; 4]) -> String {
    let [a, b, c, d] = ip;
    format!("{a}.{b}.{c}.{d}")
}

/// The id of a container's instance as containerd gives it.
pub fn container_id(uid: &str, name: &str, instance: u32) -> String {
    format!(
        "containerd://{}",
        stable_hex(&[uid, name, &instance.to_string()], 64)
    )
}

fn condition(kind: &str, flag: Flag, why: (&str, String)) -> Value {
    let mut condition = json!({"type": kind, "status": if flag.on { "True" } else { "False" }, "lastProbeTime": null,
        "lastTransitionTime": stamp(flag.since)});
    if !flag.on && !why.0.is_empty() {
        condition["reason"] = why.0.into();
    }
    if !flag.on && !why.1.is_empty() {
        condition["message"] = why.1.into();
    }
    condition
}

fn conditions(pod: &Value, spec: &Spec, life: &Life) -> Value {
    let none = || ("", String::new());
    let on = |since: Timestamp| Flag { on: true, since };
    let unready = match &life.over {
        Some(over) if over.succeeded => ("PodCompleted", String::new()),
        Some(_) => ("PodFailed", String::new()),
        None => {
            let names = not_ready(&life.main, &spec.containers);
            (
                "ContainersNotReady",
                format!("containers with unready status: [{names}]"),
            )
        }
    };
    let names = not_ready(&life.init, &spec.init);
    let incomplete = (
        "ContainersNotInitialized",
        format!("containers with incomplete status: [{names}]"),
    );
    let succeeded = life.over.as_ref().is_some_and(|over| over.succeeded);
    let initialized = Flag {
        on: life.initialized.on || succeeded,
        ..life.initialized
    };
    let mut list = vec![
        condition("PodReadyToStartContainers", life.sandbox, none()),
        condition("Initialized", initialized, incomplete),
        condition("Ready", life.ready, unready.clone()),
        condition("ContainersReady", life.ready, unready),
        condition("PodScheduled", on(life.scheduled), none()),
    ];
    let gates = spec.gates.iter().filter(|_| life.ready.on);
    list.extend(gates.map(|gate| condition(gate, on(life.ready.since), none())));
    let foreign = |c: &&Value| c["type"] == "DisruptionTarget";
    list.extend(items(pod, "/status/conditions").iter().filter(foreign).cloned());
    list.into()
}

/// Names of the containers that are not ready.
fn not_ready(runs: &[Run], specs: &[Container]) -> String {
    let list: Vec<_> = runs
        .iter()
        .zip(specs)
        .filter(|(run, _)| !run.ready)
        .map(|(_, c)| c.name.as_str())
        .collect();
    list.join(" ")
}

fn statuses(runs: &[Run], specs: &[Container], (source, uid): (&[Value], &str)) -> Value {
    runs.iter()
        .zip(specs)
        .enumerate()
        .map(|(index, (run, spec))| container(run, spec, (source.get(index), uid)))
        .collect::<Vec<_>>()
        .into()
}

fn container(run: &Run, spec: &Container, (source, uid): (Option<&Value>, &str)) -> Value {
    let known = run.pulled && (run.running().is_some() || run.ended().is_some() || run.last.is_some());
    let image_name = &spec.image;
    let resources = source
        .map(|source| source["resources"].clone())
        .unwrap_or_default();
    let mut status = json!({"name": spec.name, "state": state(&run.state, (uid, &spec.name)),
        "lastState": run.last.as_ref().map_or_else(|| json!({}), |end| json!({"terminated": terminated(end, (uid, &spec.name))})),
        "ready": run.ready, "restartCount": run.restarts, "image": image_name, "imageID": if known { image_id(image_name) } else { String::new() },
        "started": run.started && run.running().is_some()});
    if known {
        let instance = run.running().map_or_else(
            || run.ended().or(run.last.as_ref()).map_or(0, |end| end.instance),
            |_| run.restarts,
        );
        status["containerID"] = container_id(uid, &spec.name, instance).into();
        if let Some(requests) = resources.get("requests") {
            status["allocatedResources"] = requests.clone();
        }
        status["resources"] = resources;
        status["user"] = json!({"linux": {"uid": 65534, "gid": 65534, "supplementalGroups": [65534]}});
    }
    if let Some(mounts) = source.and_then(|source| source["volumeMounts"].as_array()) {
        status["volumeMounts"] = mounts.iter().map(mount).collect::<Vec<_>>().into();
    }
    status
}

fn mount(mount: &Value) -> Value {
    let mut status = json!({"name": mount["name"], "mountPath": mount["mountPath"]});
    if mount["readOnly"] == true {
        status["readOnly"] = true.into();
        status["recursiveReadOnly"] = "Disabled".into();
    }
    status
}

/// The digest an image stands for.
fn image_id(name: &str) -> String {
    let repository = image::repository(name);
    let full = if repository.contains('/') {
        repository.to_owned()
    } else {
        format!("docker.io/library/{repository}")
    };
    format!("{full}@sha256:{}", stable_hex(&["image", name], 64))
}

fn state(state: &State, of: (&str, &str)) -> Value {
    match state {
        State::Waiting(reason, message) if message.is_empty() => json!({"waiting": {"reason": reason}}),
        State::Waiting(reason, message) => json!({"waiting": {"reason": reason, "message": message}}),
        State::Running(since) => json!({"running": {"startedAt": stamp(*since)}}),
        State::Ended(end) => json!({"terminated": terminated(end, of)}),
    }
}

fn terminated(end: &End, (uid, name): (&str, &str)) -> Value {
    let mut ended = json!({"exitCode": end.code, "reason": end.reason, "startedAt": stamp(end.began), "finishedAt": stamp(end.at),
           "containerID": container_id(uid, name, end.instance)});
    if !end.message.is_empty() {
        ended["message"] = end.message.clone().into();
    }
    ended
}
