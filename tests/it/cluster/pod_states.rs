//! Pod states from a seed, as the JSON that the API takes: far odder than a kubelet would write them.

use fastrand::Rng;
use kubris::clock::Timestamp;
use serde_json::{Value, json};

/// What cannot change after creation.
#[derive(Debug, Clone)]
pub struct Shape {
    pub name: String,
    /// Name, and whether it is a sidecar (`restartPolicy: Always`).
    init: Vec<(String, bool)>,
    containers: Vec<String>,
    bound: bool,
    gates: usize,
    /// Is deleted after its creation; a finalizer keeps it.
    pub doomed: bool,
}

/// A shape for pod number `index`.
pub fn shape(rng: &mut Rng, index: usize) -> Shape {
    Shape {
        name: format!("pod-{index:04}"),
        init: (0..some(rng, 4, 0.5))
            .map(|at| (format!("i{at}"), rng.f32() < 0.45))
            .collect(),
        containers: (0..=some(rng, 3, 0.4)).map(|at| format!("c{at}")).collect(),
        bound: rng.f32() < 0.9,
        gates: some(rng, 3, 0.15),
        doomed: rng.f32() < 0.15,
    }
}

/// 0, or with this chance 1 up to `max`.
fn some(rng: &mut Rng, max: usize, chance: f32) -> usize {
    if rng.f32() < chance { rng.usize(1..=max) } else { 0 }
}

impl Shape {
    /// The pod as it is created on `node`. Nobody else writes its status.
    pub fn manifest(&self, node: &str) -> Value {
        let container = |name: &str| json!({"name": name, "image": "example.com/any:1"});
        let init = self.init.iter().map(|(name, sidecar)| {
            let mut init = container(name);
            if *sidecar {
                init["restartPolicy"] = json!("Always");
            }
            init
        });
        let gates = (0..self.gates).map(|at| json!({"conditionType": format!("example.com/gate-{at}")}));
        let mut pod = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": self.name,
                "labels": {"kubris.test/scenario": "hand"},
                "finalizers": self.finalizers(),
            },
            "spec": {
                "tolerations": [{"operator": "Exists"}],
                "initContainers": init.collect::<Vec<_>>(),
                "containers": self.containers.iter().map(|name| container(name)).collect::<Vec<_>>(),
                "readinessGates": gates.collect::<Vec<_>>(),
            },
        });
        if self.bound {
            pod["spec"]["nodeName"] = json!(node);
        } else {
            pod["spec"]["schedulingGates"] = json!([{"name": "example.com/wait"}]);
        }
        pod
    }

    /// What keeps it when it is deleted.
    pub fn finalizers(&self) -> &'static [&'static str] {
        if self.doomed { &["kubris.test/hold"] } else { &[] }
    }

    /// A status for it.
    pub fn status(&self, rng: &mut Rng, now: Timestamp) -> Value {
        let begun = rng.f32() < 0.75;
        let init = statuses(rng, self.init.iter().map(|(name, _)| name), now, begun);
        let main = statuses(rng, self.containers.iter(), now, false);
        let mut status = json!({
            "phase": pick(rng, &["Running", "Running", "Running", "Pending", "Pending", "Succeeded", "Failed", "Unknown"]),
            "conditions": conditions(rng, self.gates, now),
            "initContainerStatuses": init,
            "containerStatuses": main,
        });
        if rng.f32() < 0.2 {
            status["reason"] = json!(pick(rng, REASONS));
        }
        if self.bound && rng.f32() < 0.8 {
            let ip = format!("10.{}.{}.{}", rng.u8(1..), rng.u8(..), rng.u8(..));
            status["podIPs"] = json!([{"ip": ip}]);
            status["podIP"] = json!(ip);
        }
        if !self.bound && rng.bool() {
            status["nominatedNodeName"] = json!("node-to-be");
        }
        status
    }
}

const REASONS: &[&str] = &[
    "Evicted",
    "NodeLost",
    "NodeLost",
    "NodeAffinity",
    "Shutdown",
    "UnexpectedAdmissionError",
    "DeadlineExceeded",
    "OutOfpods",
];
const WAITING: &[&str] = &[
    "PodInitializing",
    "ContainerCreating",
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "CreateContainerConfigError",
    "",
];
const ENDED: &[&str] = &[
    "Completed",
    "Completed",
    "Error",
    "OOMKilled",
    "ContainerCannotRun",
    "",
    "",
];
const CONDITIONS: &[&str] = &[
    "PodScheduled",
    "PodReadyToStartContainers",
    "Initialized",
    "ContainersReady",
    "Ready",
    "DisruptionTarget",
];

fn pick<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len())]
}

fn conditions(rng: &mut Rng, gates: usize, now: Timestamp) -> Vec<Value> {
    let mut conditions = Vec::new();
    for kind in CONDITIONS {
        if rng.f32() < 0.6 {
            let mut condition =
                json!({"type": kind, "status": pick(rng, &["True", "True", "False", "Unknown"])});
            if rng.f32() < 0.25 {
                condition["reason"] = json!(pick(
                    rng,
                    &[
                        "SchedulingGated",
                        "Unschedulable",
                        "PodCompleted",
                        "ContainersNotReady"
                    ]
                ));
            }
            conditions.push(condition);
        }
    }
    for gate in 0..gates {
        if rng.bool() {
            conditions.push(
                json!({"type": format!("example.com/gate-{gate}"), "status": pick(rng, &["True", "False"])}),
            );
        }
    }
    for condition in &mut conditions {
        condition["lastTransitionTime"] = json!(now.rfc3339()); // a controller tidies up old DisruptionTargets
    }
    rng.shuffle(&mut conditions);
    conditions
}

/// Statuses of these containers; sometimes some are missing or in another order. `done`: most have ended well.
fn statuses<'a>(
    rng: &mut Rng,
    names: impl Iterator<Item = &'a String>,
    now: Timestamp,
    done: bool,
) -> Vec<Value> {
    let mut statuses = Vec::new();
    for name in names {
        if rng.f32() < 0.93 {
            statuses.push(container(rng, name, now, done));
        }
    }
    if rng.f32() < 0.1 {
        rng.shuffle(&mut statuses);
    }
    statuses
}

fn container(rng: &mut Rng, name: &str, now: Timestamp, done: bool) -> Value {
    let state = match rng.u8(..20) {
        _ if done && rng.f32() < 0.8 => json!({"terminated": {"exitCode": 0, "reason": "Completed"}}),
        0..9 => json!({"running": {"startedAt": before(rng, now)}}),
        9..13 => waiting(rng),
        13..19 => json!({"terminated": ended(rng, now)}),
        _ => json!({}),
    };
    let mut status = json!({
        "name": name,
        "image": "example.com/any:1",
        "imageID": "",
        "ready": rng.f32() < 0.7,
        "restartCount": if rng.f32() < 0.5 { 0 } else { rng.u32(1..2000) },
        "state": state,
    });
    if rng.f32() < 0.8 {
        status["started"] = json!(rng.f32() < 0.7);
    }
    if rng.f32() < 0.5 {
        status["lastState"] = json!({"terminated": ended(rng, now)});
    }
    status
}

fn waiting(rng: &mut Rng) -> Value {
    match pick(rng, WAITING) {
        "" => json!({"waiting": {}}),
        reason => json!({"waiting": {"reason": reason}}),
    }
}

fn ended(rng: &mut Rng, now: Timestamp) -> Value {
    let mut ended = json!({"exitCode": match rng.u8(..4) { 0 => 0, 1 => 137, _ => rng.i32(1..256) }});
    match pick(rng, ENDED) {
        "" => {}
        reason => ended["reason"] = json!(reason),
    }
    if rng.f32() < 0.3 {
        ended["signal"] = json!(rng.i32(1..32));
    }
    if rng.f32() < 0.85 {
        ended["startedAt"] = json!(before(rng, now));
        ended["finishedAt"] = json!(before(rng, now));
    }
    ended
}

/// A moment between now and four years ago, any order of magnitude as likely as another.
fn before(rng: &mut Rng, now: Timestamp) -> String {
    let seconds = 10_f64.powf(f64::from(rng.f32()) * 8.1) as i64;
    Timestamp::from_seconds(now.seconds() - seconds).rfc3339()
}
