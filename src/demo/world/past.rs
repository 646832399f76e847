//! Jobs of the standard world: some have ended, one runs, one has failed; cron jobs with their last runs.

use serde_json::{Value, json};

use super::plant::{remember, settle};
use super::{Inner, batch, pod};
use crate::clock::Timestamp;
use crate::demo::kubelet::life::{End, Life, Over, State};
use crate::demo::kubelet::spec::Spec;
use crate::demo::kubelet::status;
use crate::demo::object::{after, manage, put, stamp, text};
use crate::demo::status::Status;

/// Stores jobs, cron jobs and custom objects.
///
/// # Errors
/// What the store refuses.
pub fn jobs(inner: &mut Inner, calm: bool, now: Timestamp) -> Result<(), Status> {
    let minute = now.seconds().div_euclid(300) * 300;
    let cleanup = inner.add(batch::cron_job(
        "cleanup-sessions",
        "~batch/cleanup:1.4.0",
        "*/5 * * * *",
        after(now, -30 * 86_400),
    ))?;
    for back in (0..3).rev() {
        let at = Timestamp::from_seconds(minute - back * 300);
        if now.seconds() - at.seconds() > 30 {
            finished(inner, &cleanup, at, 22)?;
        }
    }
    let night = now.seconds().div_euclid(86_400) * 86_400 + 2 * 3_600;
    let report = inner.add(batch::cron_job(
        "nightly-report",
        "~batch/report:3.0.2",
        "0 2 * * *",
        after(now, -30 * 86_400),
    ))?;
    for back in (0..3).rev() {
        let at = Timestamp::from_seconds(night - back * 86_400);
        if now.seconds() - at.seconds() > 120 {
            finished(inner, &report, at, 97)?;
        }
    }
    if !calm {
        failed_job(inner, now)?;
    }
    let resize = inner.add(batch::job(
        "resize-archive",
        "~batch/resize:2.2.0",
        (60, 2, 4),
        after(now, -2_100),
    ))?;
    let resize = completed(inner, &resize)?;
    for back in [-2_090, -1_840] {
        ended_pod(inner, &resize, (after(now, back), 241, 0))?;
    }
    Ok(())
}

fn failed_job(inner: &mut Inner, now: Timestamp) -> Result<(), Status> {
    let import = inner.add(batch::job(
        "import-orders",
        "~batch/import:0.9.1",
        (1, 1, 2),
        after(now, -5_400),
    ))?;
    let import = completed(inner, &import)?;
    for try_at in [-5_390, -5_340, -5_270] {
        ended_pod(inner, &import, (after(now, try_at), 36, 1))?;
    }
    Ok(())
}

fn completed(inner: &Inner, job: &Value) -> Result<Value, Status> {
    let uid = text(job, "/metadata/uid").to_owned();
    inner.store.modify(
        "jobs",
        text(job, "/metadata/namespace"),
        text(job, "/metadata/name"),
        |job| batch::complete(job, &uid),
    )
}

/// A run of a cron job that began at `at` and took `seconds`.
fn finished(inner: &mut Inner, cron: &Value, at: Timestamp, seconds: i64) -> Result<(), Status> {
    let job = inner.add(batch::scheduled_job(cron, at))?;
    let job = completed(inner, &job)?;
    ended_pod(inner, &job, (after(at, 1), seconds, 0))?;
    let end = stamp(after(at, seconds + 4));
    let condition = |kind: &str| {
        json!({"type": kind, "status": "True", "reason": "CompletionsReached", "message": "Reached expected number of succeeded pods",
        "lastProbeTime": end, "lastTransitionTime": end})
    };
    inner.store.modify("jobs", text(&job, "/metadata/namespace"), text(&job, "/metadata/name"), |job| {
        job["status"] = json!({"conditions": [condition("SuccessCriteriaMet"), condition("Complete")], "startTime": stamp(at), "completionTime": end,
            "ready": 0, "succeeded": 1, "terminating": 0, "uncountedTerminatedPods": {}});
    })?;
    let key = (text(cron, "/metadata/namespace"), text(cron, "/metadata/name"));
    inner.store.modify("cronjobs", key.0, key.1, |cron| {
        cron["status"]["lastScheduleTime"] = stamp(at).into();
        cron["status"]["lastSuccessfulTime"] = stamp(after(at, seconds + 4)).into();
    })?;
    Ok(())
}

/// A pod of `job` that began at `.0`, ran for `.1` seconds and ended with code `.2`.
fn ended_pod(
    inner: &mut Inner,
    job: &Value,
    (at, seconds, code): (Timestamp, i64, i32),
) -> Result<(), Status> {
    let stem = text(job, "/metadata/name").to_owned();
    let name = format!("{stem}-{}", inner.ids.suffix(5));
    let mut draft = pod::from_template(job, &job["spec"]["template"], &name, at);
    put(&mut draft["metadata"], "generateName", format!("{stem}-").into());
    let key = settle(inner, None, draft, at)?;
    let Some(seen) = inner.pods.get(&key).cloned() else {
        return Ok(());
    };
    let spec: &Spec = &seen.spec;
    let Some(mut life) = seen.life.clone() else {
        return Ok(());
    };
    let end_at = after(at, seconds + 3);
    for run in &mut life.main {
        let reason = if code == 0 { "Completed" } else { "Error" };
        run.state = State::Ended(End {
            code,
            reason,
            began: after(at, 3),
            at: end_at,
            instance: 0,
            message: String::new(),
        });
        run.ready = false;
        run.started = false;
    }
    over(&mut life, code == 0, end_at);
    inner.release(&key, after(at, seconds));
    let stored = inner.store.modify("pods", &key.0, &key.1, |pod| {
        pod["status"] = status::status(pod, spec, &life);
        manage(pod, "kube-controller-manager", Some("kubelet"), at);
    })?;
    inner.pods.remove(&key);
    remember(inner, &stored, Some(life));
    inner.release(&key, end_at);
    Ok(())
}

fn over(life: &mut Life, succeeded: bool, at: Timestamp) {
    life.over = Some(Over {
        succeeded,
        reason: String::new(),
        message: String::new(),
    });
    life.ready.set(false, at);
    life.sandbox.set(false, at);
}
