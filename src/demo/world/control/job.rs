//! Jobs: pods until enough have succeeded, too many have failed or the time is up.

mod indexed;
mod policy;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::Inner;
use super::super::batch;
use super::super::state::{Key, Pod};
use super::super::work::Work;
use crate::clock::Timestamp;
use crate::demo::kubelet::spec::Restart;
use crate::demo::object::{items, number, put, stamp, text, time};

const NAME: &str = "job-controller";

impl Inner {
    /// Whether a job has run longer than it may; if it yet may, it is looked at again when it may not.
    fn overdue(&mut self, key: &Key, job: &Value, now: Timestamp) -> bool {
        let Some(seconds) = number(job, "/spec/activeDeadlineSeconds") else {
            return false;
        };
        let began = time(job, "/status/startTime").unwrap_or(now);
        let at = super::after(began, seconds);
        if at > now {
            self.work.later(at, Work::Object("jobs", key.clone()));
        }
        at <= now
    }

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
        if self.suspended(key, job, now) {
            return;
        }
        let of = |name: &str, default: i64| number(job, &format!("/spec/{name}")).unwrap_or(default);
        let pods = self.owned_pods(job);
        let judged = policy::judge(job, &pods);
        let before = |name: &str| number(job, &format!("/status/{name}")).unwrap_or(0);
        let indexes = indexed::completed(job, &pods);
        // Pods that were counted once may be gone.
        let succeeded = match &indexes {
            Some(indexes) => indexes.len() as i64,
            None => judged.succeeded.max(before("succeeded")),
        };
        let failed = judged.failed.max(before("failed"));
        let active: Vec<Key> = pods
            .iter()
            .filter(|(_, pod)| pod.active())
            .map(|(key, _)| key.clone())
            .collect();
        let need = of("completions", 1) - succeeded;
        let overdue = self.overdue(key, job, now);
        let limit = of("backoffLimit", 6);
        let exhausted = failed > limit || restarted(&pods, limit);
        let verdict = verdict((judged.fatal, overdue, exhausted), need);
        if let Some(verdict) = verdict {
            for pod in active.iter().filter(|_| verdict.0 == "Failed") {
                self.drop_pod(job, pod, now);
            }
            self.finish_job(key, job, (((succeeded, failed), indexes), verdict), now);
            return;
        }
        let parallel = of("parallelism", 1).min(need);
        let missing = parallel - active.len() as i64;
        let wait = self.job_backoff(key, (&pods, failed), now);
        if missing > 0 && !wait {
            self.start_pods(key, job, (missing, indexes.as_ref()), now);
        }
        self.observe_all(now);
        self.job_status(key, job, ((succeeded, failed), indexes), now);
    }

    /// A suspended job has no pods; says so when that changes.
    fn suspended(&mut self, key: &Key, job: &Value, now: Timestamp) -> bool {
        let wants = job["spec"]["suspend"] == true;
        let conditions = items(job, "/status/conditions");
        let is = conditions
            .iter()
            .any(|one| one["type"] == "Suspended" && one["status"] == "True");
        if wants {
            for (pod, _) in self.owned_pods(job).iter().filter(|(_, pod)| pod.active()) {
                self.drop_pod(job, pod, now);
            }
        }
        if wants != is {
            let (reason, message, event) = if wants {
                ("JobSuspended", "Job suspended", "Suspended")
            } else {
                ("JobResumed", "Job resumed", "Resumed")
            };
            let condition = super::condition(conditions, "Suspended", (wants, reason, message), now);
            let mut status = job["status"].clone();
            let mut list = conditions.to_vec();
            list.retain(|one| one["type"] != "Suspended");
            list.push(condition);
            put(&mut status, "conditions", list.into());
            let active = json!(0);
            put(&mut status, "active", active);
            if wants {
                status.as_object_mut().map(|map| map.shift_remove("startTime"));
            } else {
                put(&mut status, "startTime", stamp(now).into());
            }
            self.set_status("jobs", key, status);
            self.event(job, NAME, (false, event, message.to_owned()), now);
            // What was read is old now; the change is looked at next.
            return true;
        }
        wants
    }

    fn drop_pod(&mut self, job: &Value, pod: &Key, now: Timestamp) {
        self.delete_pod(pod, now);
        let said = format!("Deleted pod: {}", pod.1);
        self.event(job, NAME, (false, "SuccessfulDelete", said), now);
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

    fn start_pods(
        &mut self,
        key: &Key,
        job: &Value,
        (count, done): (i64, Option<&BTreeSet<i64>>),
        now: Timestamp,
    ) {
        let busy = indexed::busy(&self.owned_pods(job));
        let total = number(job, "/spec/completions").unwrap_or(1);
        let mut free = (0..total).filter(|index| {
            let done = done.is_some_and(|done| done.contains(index));
            !done && !busy.contains(index)
        });
        for _ in 0..count.min(200) {
            let index = done.and_then(|_| free.next());
            let stem = index.map_or_else(|| format!("{}-", key.1), |index| format!("{}-{index}-", key.1));
            let name = format!("{stem}{}", self.ids.suffix(5));
            let made = self.create_pod(job, &name, now, |pod| {
                put(&mut pod["metadata"], "generateName", stem.into());
                let labels = job["spec"]["template"]["metadata"]["labels"].clone();
                put(&mut pod["metadata"], "labels", labels);
                if let Some(index) = index {
                    indexed::mark(pod, &key.1, index);
                }
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

    fn job_status(&mut self, key: &Key, job: &Value, ((succeeded, failed), indexes): Count, now: Timestamp) {
        let pods = self.owned_pods(job);
        let active = pods.iter().filter(|(_, pod)| pod.active()).count() as i64;
        let ready = pods.iter().filter(|(_, pod)| pod.ready().is_some()).count();
        let mut status = json!({"ready": ready, "terminating": pods.iter().filter(|(_, pod)| pod.deleting.is_some()).count(),
            "uncountedTerminatedPods": {}, "startTime": start(job, now)});
        if let Some(conditions) = job["status"].get("conditions") {
            put(&mut status, "conditions", conditions.clone());
        }
        if let Some(indexes) = indexes {
            put(&mut status, "completedIndexes", indexed::text(&indexes).into());
        }
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
        (((succeeded, failed), indexes), (kind, reason, message)): (Count, Verdict),
        now: Timestamp,
    ) {
        let at = stamp(now);
        let condition = |kind: &str| json!({"type": kind, "status": "True", "reason": reason, "message": message, "lastProbeTime": at, "lastTransitionTime": at});
        let before = if kind == "Failed" {
            "FailureTarget"
        } else {
            "SuccessCriteriaMet"
        };
        let mut conditions = items(job, "/status/conditions").to_vec();
        conditions.extend([condition(before), condition(kind)]);
        let mut status = json!({"conditions": conditions, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {}, "startTime": start(job, now)});
        if let Some(indexes) = indexes {
            put(&mut status, "completedIndexes", indexed::text(&indexes).into());
        }
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
            (true, reason, message)
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

/// How a job ends: type of its condition, reason and message.
type Verdict = (&'static str, &'static str, String);
/// Pods that succeeded and that failed, and the indexes that have completed.
type Count = ((i64, i64), Option<BTreeSet<i64>>);

/// Whether a job is over: a rule says so, its time is up, it failed too often, or nothing more is needed.
fn verdict((fatal, overdue, exhausted): (Option<String>, bool, bool), need: i64) -> Option<Verdict> {
    if let Some(message) = fatal {
        return Some(("Failed", "PodFailurePolicy", message));
    }
    let (kind, reason, message) = match (overdue, exhausted) {
        (true, _) => (
            "Failed",
            "DeadlineExceeded",
            "Job was active longer than specified deadline",
        ),
        (_, true) => (
            "Failed",
            "BackoffLimitExceeded",
            "Job has reached the specified backoff limit",
        ),
        _ if need <= 0 => (
            "Complete",
            "CompletionsReached",
            "Reached expected number of succeeded pods",
        ),
        _ => return None,
    };
    Some((kind, reason, message.to_owned()))
}

/// Whether containers that are restarted in their pods were so too often (`pastBackoffLimitOnFailure`).
fn restarted(pods: &[(Key, Pod)], limit: i64) -> bool {
    let living = pods
        .iter()
        .filter(|(_, pod)| pod.active() && pod.spec.restart == Restart::OnFailure);
    let lives = living.filter_map(|(_, pod)| pod.life.as_ref());
    let runs = lives.flat_map(|life| life.init.iter().chain(&life.main));
    let restarts: i64 = runs.map(|run| i64::from(run.restarts)).sum();
    restarts > 0 && restarts >= limit
}

fn start(job: &Value, now: Timestamp) -> Value {
    job.pointer("/status/startTime")
        .cloned()
        .unwrap_or_else(|| stamp(now).into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::surroundings::tests::Play;
    use super::*;

    fn job(spec: &Value) -> Value {
        let container =
            json!({"name": "a", "image": "busybox:1.37", "command": ["sh", "-c", "sleep 5; exit 3"]});
        let mut spec = spec.clone();
        put(
            &mut spec,
            "template",
            json!({"spec": {"restartPolicy": "Never", "containers": [container]}}),
        );
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "batch"}, "spec": spec})
    }

    fn condition(play: &Play, kind: &str) -> (String, String) {
        let job = play.read("jobs", "batch", "j");
        let found = items(&job, "/status/conditions")
            .iter()
            .find(|one| one["type"] == kind);
        let found = found.unwrap_or_else(|| panic!("no {kind} in {}", job["status"]));
        (
            text(found, "/reason").to_owned(),
            text(found, "/message").to_owned(),
        )
    }

    #[test]
    fn a_job_that_takes_too_long_is_ended() {
        let play = Play::new(true);
        let mut slow = job(&json!({"activeDeadlineSeconds": 20}));
        slow["spec"]["template"]["spec"]["containers"][0]["command"] = json!(["sleep", "600"]);
        play.add(slow);
        play.pass(30);
        let (reason, message) = condition(&play, "Failed");
        assert_eq!(
            (reason.as_str(), message.as_str()),
            (
                "DeadlineExceeded",
                "Job was active longer than specified deadline"
            )
        );
        play.pass(40);
        assert_eq!(play.pods("batch", "j-").len(), 0);
    }

    #[test]
    fn an_exit_code_that_means_the_end_is_not_tried_again() {
        let play = Play::new(true);
        let rule = json!({"action": "FailJob", "onExitCodes": {"operator": "In", "values": [3]}});
        play.add(job(&json!({"podFailurePolicy": {"rules": [rule]}})));
        play.pass(40);
        let (reason, message) = condition(&play, "Failed");
        assert_eq!(reason, "PodFailurePolicy");
        let wanted = "failed with exit code 3 matching FailJob rule at index 0";
        assert!(
            message.starts_with("Container a for pod batch/j-") && message.ends_with(wanted),
            "{message}"
        );
        assert_eq!(play.pods("batch", "j-").len(), 1);
    }

    #[test]
    fn a_suspended_job_has_no_pods_and_begins_anew() {
        let play = Play::new(true);
        let mut sleepy = job(&json!({}));
        sleepy["spec"]["template"]["spec"]["containers"][0]["command"] = json!(["sleep", "60"]);
        play.add(sleepy);
        play.pass(5);
        assert_eq!(play.pods("batch", "j-").len(), 1);
        play.change("jobs", ("batch", "j"), |job| job["spec"]["suspend"] = true.into());
        play.pass(40);
        assert_eq!(play.pods("batch", "j-").len(), 0);
        assert_eq!(condition(&play, "Suspended").0, "JobSuspended");
        assert!(play.read("jobs", "batch", "j")["status"]["startTime"].is_null());
        play.change("jobs", ("batch", "j"), |job| {
            job["spec"]["suspend"] = false.into();
        });
        play.pass(5);
        assert_eq!(condition(&play, "Suspended").0, "JobResumed");
        assert_eq!(play.pods("batch", "j-").len(), 1);
    }

    #[test]
    fn each_index_completes_once() {
        let play = Play::new(true);
        let mut good = job(&json!({"completionMode": "Indexed", "completions": 4, "parallelism": 2}));
        good["spec"]["template"]["spec"]["containers"][0]["command"] = json!(["sleep", "5"]);
        play.add(good);
        play.pass(5);
        let first = &play.pods("batch", "j-0-")[0];
        assert_eq!(first["spec"]["hostname"], "j-0");
        assert_eq!(
            first["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"],
            "0"
        );
        assert_eq!(
            first["spec"]["containers"][0]["env"][0]["name"],
            "JOB_COMPLETION_INDEX"
        );
        play.pass(40);
        let status = &play.read("jobs", "batch", "j")["status"];
        assert_eq!(
            (&status["completedIndexes"], &status["succeeded"]),
            (&json!("0-3"), &json!(4))
        );
        assert_eq!(play.pods("batch", "j-").len(), 4);
    }
}
