//! What is wrong in the standard world when it starts, so that there is something to find. Everything here follows the world's own laws and
//! would come about by itself after some time.

use serde_json::Value;

use super::Inner;
use super::catalog::App;
use super::event::{About, note, repeat};
use super::state::{Key, Pod};
use crate::clock::Timestamp;
use crate::demo::image::pull_error;
use crate::demo::kubelet::life::{End, Flag, Life, Run, State};
use crate::demo::kubelet::scene::Note;
use crate::demo::kubelet::status;
use crate::demo::kubelet::usage::killed_after;
use crate::demo::object::{after, text};

/// Seconds from one end to the next of a container that is killed again and again.
const CYCLE: i64 = 470;

/// Turns the settled life of an application's pod into what it is by `now`; `name` is the pod's full name with uid.
pub fn afflict(
    app: &App,
    life: &mut Life,
    (spec, name): (&crate::demo::kubelet::spec::Spec, &str),
    now: Timestamp,
) {
    let Some(container) = spec.containers.first() else {
        return;
    };
    let Some(run) = life.main.first_mut() else { return };
    let began = run.running().unwrap_or(now);
    if life.ip.is_none() {
        return;
    }
    if let Some(lasts) = killed_after(container) {
        oom(run, (&container.name, name), (began, lasts), now);
        life.ready.set(run.ready, run.running().unwrap_or(now));
    } else if let Some(why) = pull_error(&container.image) {
        let image = &container.image;
        *run = Run::new("ContainerCreating");
        run.state = State::Waiting(
            "ImagePullBackOff",
            format!("Back-off pulling image \"{image}\": ErrImagePull: {why}"),
        );
        run.backoff = 300;
        run.due = Some(after(now, 45));
        life.ready = Flag {
            on: false,
            since: life.scheduled,
        };
    } else if app.has(super::catalog::Trait::WrongProbe) {
        run.ready = false;
        run.probe_failures = 20;
        run.due = Some(after(now, 30));
        life.ready = Flag {
            on: false,
            since: life.scheduled,
        };
    }
}

fn oom(run: &mut Run, (container, pod): (&str, &str), (began, lasts): (Timestamp, i64), now: Timestamp) {
    let age = now.seconds() - began.seconds();
    run.restarts = (age / CYCLE).max(3) as u32;
    let phase = crate::demo::ids::stable(&[pod]) as i64 % 2;
    let at = after(now, if phase == 0 { -110 } else { -330 });
    run.last = Some(End {
        code: 137,
        reason: "OOMKilled",
        began: after(at, -lasts),
        at,
        instance: run.restarts,
        message: String::new(),
    });
    run.backoff = 300;
    if phase == 0 {
        run.ready = false;
        run.started = false;
        let text = format!("back-off 5m0s restarting failed container={container} pod={pod}");
        run.state = State::Waiting("CrashLoopBackOff", text);
        run.due = Some(after(at, 300));
    } else {
        run.restarts += 1;
        run.state = State::Running(after(at, 300));
    }
}

impl Inner {
    /// Events of the last hour that tell of the troubles.
    pub fn recall(&mut self, now: Timestamp) {
        let pods: Vec<(Key, Pod)> = self
            .pods
            .iter()
            .map(|(key, pod)| (key.clone(), pod.clone()))
            .collect();
        for (key, pod) in pods {
            let Some(node) = pod.node.clone() else {
                self.recall_unscheduled(&key, &pod, now);
                continue;
            };
            let about = About::pod((&key.0, &key.1), &pod.uid);
            for (note, times) in memories(&key, &pod) {
                self.recall_one((&about, &node), &note, times, now);
            }
        }
    }

    fn recall_unscheduled(&mut self, key: &Key, pod: &Pod, now: Timestamp) {
        let Some(stored) = self.store.read("pods", &key.0, &key.1) else {
            return;
        };
        let message = text(&stored, "/status/conditions/0/message").to_owned();
        let about = About::pod((&key.0, &key.1), &pod.uid);
        self.recall_one(
            (&about, ""),
            &note(true, "FailedScheduling", message),
            (3500, 12),
            now,
        );
    }

    fn recall_one(
        &mut self,
        (about, node): (&About, &str),
        note: &Note,
        (ago, count): (i64, i64),
        now: Timestamp,
    ) {
        let component = if node.is_empty() {
            "default-scheduler"
        } else {
            "kubelet"
        };
        let Some((namespace, name)) = self.record(about, (component, node), note, after(now, -ago)) else {
            return;
        };
        let last = after(now, -(ago / count.max(1)).min(ago));
        let _ = self
            .store
            .modify("events", &namespace, &name, |event: &mut Value| {
                repeat(event, count - 1, last);
            });
        self.journal.refresh((&namespace, &name), now);
    }
}

/// What a pod's troubles have left in the events: each note with how many seconds ago it first came, and how often since.
fn memories(key: &Key, pod: &Pod) -> Vec<(Note, (i64, i64))> {
    let (Some(life), Some(container)) = (&pod.life, pod.spec.containers.first()) else {
        return Vec::new();
    };
    let Some(run) = life.main.first() else {
        return Vec::new();
    };
    let full = format!("{}_{}({})", key.1, key.0, pod.uid);
    if life.ip.is_none() {
        return vec![(
            note(true, "FailedCreatePodSandBox", sandbox_text(&full)),
            (1_500, 112),
        )];
    }
    let field = format!("spec.containers{{{}}}", container.name);
    let say = |warning, reason, message: String, times| {
        (
            Note {
                warning,
                reason,
                message,
                field: field.clone(),
            },
            times,
        )
    };
    let image = &container.image;
    match &run.state {
        State::Waiting("ImagePullBackOff", _) => pulls(image)
            .map(|(warning, reason, text, count)| say(warning, reason, text, (3_400, count)))
            .into(),
        _ if run.last.is_some() => {
            let text = format!(
                "Back-off restarting failed container {} in pod {full}",
                container.name
            );
            vec![
                say(false, "Started", "Container started".into(), (3_500, 9)),
                say(true, "BackOff", text, (3_490, 160)),
            ]
        }
        State::Running(_) if !run.ready => {
            let ip = life.ip.map(status::address).unwrap_or_default();
            let text = format!(
                "Readiness probe failed: Get \"http://{ip}:8081/readyz\": dial tcp {ip}:8081: connect: connection refused"
            );
            vec![say(true, "Unhealthy", text, (3_590, 718))]
        }
        _ => Vec::new(),
    }
}

/// What an hour of failing pulls leaves: warning, reason, text, how often.
fn pulls(image: &str) -> [(bool, &'static str, String, i64); 4] {
    let why = pull_error(image).unwrap_or_default();
    [
        (false, "Pulling", format!("Pulling image \"{image}\""), 16),
        (
            true,
            "Failed",
            format!("Failed to pull image \"{image}\": {why}"),
            16,
        ),
        (true, "Failed", "Error: ErrImagePull".into(), 16),
        (
            false,
            "BackOff",
            format!("Back-off pulling image \"{image}\""),
            241,
        ),
    ]
}

fn sandbox_text(full: &str) -> String {
    let id = crate::demo::ids::stable_hex(&["sandbox", full], 64);
    format!(
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"{id}\": plugin \
         type=\"aws-cni\" name=\"aws-cni\" failed (add): add cmd: failed to assign an IP address to container"
    )
}
