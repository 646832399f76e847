//! Jobs: pods until enough have succeeded or too many have failed.

use serde_json::{Value, json};

use super::super::Inner;
use super::super::batch;
use super::super::object::{items, number, put, stamp, text, time};
use super::super::state::{Key, Pod};
use super::super::work::Work;
use crate::clock::Timestamp;

const NAME: &str = "job-controller";

impl Inner {
    pub(super) fn job(&mut self, key: &Key, job: &Value, now: Timestamp) {
        if job["spec"].get("selector").is_none() {
            let uid = text(job, "/metadata/uid").to_owned();
            let _ = self
                .store
                .modify("jobs", &key.0, &key.1, |job| batch::complete(job, &uid));
            return;
        }
        let done = |kind: &str| {
            items(job, "/status/conditions")
                .iter()
                .any(|c| c["type"] == kind && c["status"] == "True")
        };
        if done("Complete") || done("Failed") {
            self.expire(key, job, now);
            return;
        }
        let of = |name: &str, default: i64| number(job, &format!("/spec/{name}")).unwrap_or(default);
        let pods = self.owned_pods(job);
        let ended = |good: bool| pods.iter().filter(|(_, pod)| outcome(pod) == Some(good)).count() as i64;
        let (succeeded, failed) = (ended(true), ended(false));
        let active: Vec<Key> = pods
            .iter()
            .filter(|(_, pod)| pod.active())
            .map(|(key, _)| key.clone())
            .collect();
        let need = of("completions", 1) - succeeded;
        let verdict = match (failed > of("backoffLimit", 6), need <= 0) {
            (true, _) => Some(("Failed", "BackoffLimitExceeded")),
            (_, true) => Some(("Complete", "CompletionsReached")),
            _ => None,
        };
        if let Some((kind, reason)) = verdict {
            for pod in active.iter().filter(|_| kind == "Failed") {
                self.delete_pod(pod, now);
            }
            self.finish_job(key, job, ((succeeded, failed), kind, reason), now);
            return;
        }
        let parallel = if job["spec"]["suspend"] == true {
            0
        } else {
            of("parallelism", 1).min(need)
        };
        let missing = parallel - active.len() as i64;
        let wait = self.job_backoff(key, (&pods, failed), now);
        if missing > 0 && !wait {
            self.start_pods(key, job, missing, now);
        }
        self.observe_all(now);
        self.job_status(key, job, (succeeded, failed));
    }

    /// After a failure the next pod waits 10 s, 20 s, 40 s … (`job_controller.go`, `DefaultJobPodFailureBackOff`).
    fn job_backoff(&mut self, key: &Key, (pods, failed): (&[(Key, Pod)], i64), now: Timestamp) -> bool {
        if failed == 0 {
            return false;
        }
        let last = pods
            .iter()
            .filter_map(|(_, pod)| pod.life.as_ref())
            .filter(|life| life.over.is_some());
        let last = last
            .flat_map(|life| &life.main)
            .filter_map(|run| run.ended().map(|end| end.at))
            .max()
            .unwrap_or(now);
        let until = super::after(last, 10 << (failed - 1).min(6));
        if until > now {
            self.work.later(until, Work::Object("jobs", key.clone()));
        }
        until > now
    }

    fn start_pods(&mut self, key: &Key, job: &Value, count: i64, now: Timestamp) {
        for _ in 0..count.min(200) {
            let name = format!("{}-{}", key.1, self.ids.suffix(5));
            let stem = format!("{}-", key.1);
            let made = self.create_pod(job, &name, now, |pod| {
                put(&mut pod["metadata"], "generateName", stem.into());
                let labels = job["spec"]["template"]["metadata"]["labels"].clone();
                put(&mut pod["metadata"], "labels", labels);
            });
            if let Err(status) = made {
                let text = format!("Error creating: {status}");
                let again = Work::Object("jobs", key.clone());
                return self.create_failed(job, (NAME, text), again, now);
            }
            self.event(
                job,
                NAME,
                (false, "SuccessfulCreate", format!("Created pod: {name}")),
                now,
            );
        }
    }

    fn job_status(&mut self, key: &Key, job: &Value, (succeeded, failed): (i64, i64)) {
        let pods = self.owned_pods(job);
        let active = pods.iter().filter(|(_, pod)| pod.active()).count() as i64;
        let ready = pods.iter().filter(|(_, pod)| pod.ready().is_some()).count();
        let mut status = json!({"ready": ready, "terminating": pods.iter().filter(|(_, pod)| pod.deleting.is_some()).count(),
            "uncountedTerminatedPods": {}, "startTime": start(job)});
        for (name, value) in [("active", active), ("succeeded", succeeded), ("failed", failed)] {
            if value > 0 {
                put(&mut status, name, value.into());
            }
        }
        self.set_status("jobs", key, status);
    }

    fn finish_job(
        &mut self,
        key: &Key,
        job: &Value,
        ((succeeded, failed), kind, reason): ((i64, i64), &str, &'static str),
        now: Timestamp,
    ) {
        let message = if kind == "Failed" {
            "Job has reached the specified backoff limit"
        } else {
            "Reached expected number of succeeded pods"
        };
        let at = stamp(now);
        let condition = |kind: &str| json!({"type": kind, "status": "True", "reason": reason, "message": message, "lastProbeTime": at, "lastTransitionTime": at});
        let before = if kind == "Failed" {
            "FailureTarget"
        } else {
            "SuccessCriteriaMet"
        };
        let mut status = json!({"conditions": [condition(before), condition(kind)], "ready": 0, "terminating": 0, "uncountedTerminatedPods": {}, "startTime": start(job)});
        if succeeded > 0 {
            put(&mut status, "succeeded", succeeded.into());
        }
        if failed > 0 {
            put(&mut status, "failed", failed.into());
        }
        if kind == "Complete" {
            put(&mut status, "completionTime", at.clone().into());
        }
        self.set_status("jobs", key, status);
        let told = if kind == "Failed" {
            (true, reason, message.to_owned())
        } else {
            (false, "Completed", "Job completed".to_owned())
        };
        self.event(job, NAME, told, now);
    }

    fn expire(&mut self, key: &Key, job: &Value, now: Timestamp) {
        let Some(seconds) = number(job, "/spec/ttlSecondsAfterFinished") else {
            return;
        };
        let ended = items(job, "/status/conditions")
            .iter()
            .find_map(|c| time(c, "/lastTransitionTime"))
            .unwrap_or(now);
        let at = super::after(ended, seconds);
        if at <= now {
            let _ = self.store.remove("jobs", &key.0, &key.1);
        } else {
            self.work.later(at, Work::Object("jobs", key.clone()));
        }
    }
}

/// Whether an ended pod succeeded; `None` while it has not ended.
fn outcome(pod: &Pod) -> Option<bool> {
    Some(pod.life.as_ref()?.over.as_ref()?.succeeded)
}

fn start(job: &Value) -> Value {
    job.pointer("/status/startTime")
        .cloned()
        .unwrap_or_else(|| job["metadata"]["creationTimestamp"].clone())
}
