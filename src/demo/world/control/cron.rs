//! CronJobs: a job at every minute its schedule names; finished ones are kept for a while.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::super::Inner;
use super::super::batch;
use super::super::state::Key;
use crate::clock::Timestamp;
use crate::demo::object::{items, number, stamp, text, time};

const NAME: &str = "cronjob-controller";

impl Inner {
    pub(super) fn cron_job(&mut self, key: &Key, cron: &Value, now: Timestamp) {
        let jobs = self.owned(cron, "jobs");
        let running: Vec<Value> = jobs
            .iter()
            .filter(|(_, job)| finished(job).is_none())
            .map(|(_, job)| reference(job))
            .collect();
        self.forget_jobs(cron, &jobs, now);
        let last = time(cron, "/status/lastScheduleTime")
            .or_else(|| time(cron, "/metadata/creationTimestamp"))
            .unwrap_or(now);
        let zone = zone(text(cron, "/spec/timeZone"));
        let due = (cron["spec"]["suspend"] != true)
            .then(|| latest(text(cron, "/spec/schedule"), &zone, (last, now)))
            .flatten();
        let patience = number(cron, "/spec/startingDeadlineSeconds");
        let too_late = |at: Timestamp| patience.is_some_and(|most| now.seconds() - at.seconds() > most);
        let mut status = cron.get("status").cloned().unwrap_or_else(|| json!({}));
        let mut active = running;
        if let Some(at) = due {
            let policy = text(cron, "/spec/concurrencyPolicy");
            if policy == "Replace" {
                for job in active.drain(..) {
                    let name = text(&job, "/name").to_owned();
                    let _ = self.store.remove("jobs", &key.0, &name);
                    let said = format!("Deleted job {name}");
                    self.event(cron, NAME, (false, "SuccessfulDelete", said), now);
                }
            }
            if too_late(at) {
                let said = format!("Missed scheduled time to start a job: {}", rfc1123(at));
                self.event(cron, NAME, (true, "MissSchedule", said), now);
            } else if policy == "Forbid" && !active.is_empty() {
                let text =
                    "Not starting job because prior execution is running and concurrency policy is Forbid"
                        .to_owned();
                self.event(cron, NAME, (false, "JobAlreadyActive", text), now);
            } else if let Ok(job) = self.add(batch::scheduled_job(cron, at)) {
                let text = format!("Created job {}", text(&job, "/metadata/name"));
                self.event(cron, NAME, (false, "SuccessfulCreate", text), now);
                active.push(reference(&job));
            }
            status["lastScheduleTime"] = stamp(at).into();
        }
        if active.is_empty() {
            if let Some(map) = status.as_object_mut() {
                map.shift_remove("active");
            }
        } else {
            status["active"] = active.into();
        }
        let success = jobs
            .iter()
            .filter(|(_, job)| finished(job) == Some(true))
            .filter_map(|(_, job)| time(job, "/status/completionTime"))
            .max();
        if let Some(at) = success {
            status["lastSuccessfulTime"] = stamp(at).into();
        }
        self.set_status("cronjobs", key, status);
    }

    fn forget_jobs(&mut self, cron: &Value, jobs: &[(Key, std::sync::Arc<Value>)], now: Timestamp) {
        for (good, name, default) in [
            (true, "/spec/successfulJobsHistoryLimit", 3),
            (false, "/spec/failedJobsHistoryLimit", 1),
        ] {
            let limit = number(cron, name).unwrap_or(default).max(0) as usize;
            let mut done: Vec<&Key> = jobs
                .iter()
                .filter(|(_, job)| finished(job) == Some(good))
                .map(|(key, _)| key)
                .collect();
            done.sort();
            for key in done.iter().take(done.len().saturating_sub(limit)) {
                let _ = self.store.remove("jobs", &key.0, &key.1);
                self.event(
                    cron,
                    NAME,
                    (false, "SuccessfulDelete", format!("Deleted job {}", key.1)),
                    now,
                );
            }
        }
    }
}

fn reference(job: &Value) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job", "namespace": job["metadata"]["namespace"], "name": job["metadata"]["name"],
        "uid": job["metadata"]["uid"], "resourceVersion": job["metadata"]["resourceVersion"]})
}

fn finished(job: &Value) -> Option<bool> {
    let condition = |kind: &str| {
        items(job, "/status/conditions")
            .iter()
            .any(|c| c["type"] == kind && c["status"] == "True")
    };
    if condition("Complete") {
        Some(true)
    } else {
        condition("Failed").then_some(false)
    }
}

/// The latest minute after `last` and not after `now` that `schedule` names, looking back at most a day.
fn latest(schedule: &str, zone: &TimeZone, (last, now): (Timestamp, Timestamp)) -> Option<Timestamp> {
    let minute = now.seconds().div_euclid(60);
    let oldest = (last.seconds().div_euclid(60) + 1).max(minute - 1_440);
    (oldest..=minute)
        .rev()
        .map(|minute| Timestamp::from_seconds(minute * 60))
        .find(|at| names(schedule, zone, *at))
}

/// A zone by its name; UTC, in which the controller runs, for none.
fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// `Sat, 21 Nov 2026 10:00:00 +0000`, as Go's `time.RFC1123Z`.
fn rfc1123(at: Timestamp) -> String {
    let date = jiff::Timestamp::from_second(at.seconds()).unwrap_or_default();
    date.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// Whether a cron expression of five fields (or `@hourly` and the like) names the minute of `at` in a zone.
fn names(schedule: &str, zone: &TimeZone, at: Timestamp) -> bool {
    let schedule = match schedule {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        other => other,
    };
    let Ok(stamp) = jiff::Timestamp::from_second(at.seconds()) else {
        return false;
    };
    let date = stamp.to_zoned(zone.clone());
    let now = [
        i64::from(date.minute()),
        i64::from(date.hour()),
        i64::from(date.day()),
        i64::from(date.month()),
        i64::from(date.weekday().to_sunday_zero_offset()),
    ];
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    fields.len() == 5
        && fields.iter().zip(now).enumerate().all(|(place, (field, value))| {
            let start = i64::from(place == 2 || place == 3);
            field.split(',').any(|part| part_names(part, value, start))
        })
}

fn part_names(part: &str, value: i64, start: i64) -> bool {
    let (range, step) = part.split_once('/').map_or((part, 1), |(range, step)| {
        (range, step.parse().unwrap_or(1).max(1))
    });
    let (from, to) = match range.split_once('-') {
        _ if range == "*" => (start, 99),
        Some((from, to)) => (from.parse().unwrap_or(-1), to.parse().unwrap_or(-1)),
        None => {
            let one = range.parse().unwrap_or(-1);
            (one, if step > 1 { 99 } else { one })
        }
    };
    (from..=to).contains(&value) && (value - from) % step == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_name_their_minutes() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        assert!(names("*/5 * * * *", &TimeZone::UTC, at("2026-11-21T10:15:00Z")));
        assert!(!names("*/5 * * * *", &TimeZone::UTC, at("2026-11-21T10:16:00Z")));
        assert!(
            names("0 3 * * 6", &TimeZone::UTC, at("2026-11-21T03:00:00Z")),
            "a Saturday"
        );
        assert!(names(
            "10-20/5 8,10 21 11 *",
            &TimeZone::UTC,
            at("2026-11-21T10:15:00Z")
        ));
        assert!(names(
            "15 11 * * *",
            &zone("Europe/Berlin"),
            at("2026-11-21T10:15:00Z")
        ));
        assert!(!names("nonsense", &TimeZone::UTC, at("2026-11-21T10:15:00Z")));
        assert_eq!(
            latest(
                "@hourly",
                &TimeZone::UTC,
                (at("2026-11-21T08:30:00Z"), at("2026-11-21T10:15:00Z"))
            ),
            Some(at("2026-11-21T10:00:00Z"))
        );
        assert_eq!(
            latest(
                "@hourly",
                &TimeZone::UTC,
                (at("2026-11-21T10:00:00Z"), at("2026-11-21T10:15:00Z"))
            ),
            None
        );
    }

    #[test]
    fn a_run_takes_the_place_of_the_one_before_it() {
        let play = super::super::super::surroundings::tests::Play::new(true);
        let container = json!({"name": "a", "image": "busybox:1.37", "command": ["sleep", "600"]});
        let template = json!({"spec": {"restartPolicy": "Never", "containers": [container]}});
        play.add(
            json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c", "namespace": "batch"},
            "spec": {"schedule": "* * * * *", "concurrencyPolicy": "Replace", "jobTemplate": {"spec": {"template": template}}}}),
        );
        play.pass(150);
        let jobs = play.world.store().list("jobs", Some("batch"));
        assert_eq!(jobs.iter().filter(|job| job.name.starts_with("c-")).count(), 1);
        assert!(
            play.events("SuccessfulDelete")
                .iter()
                .any(|said| said.starts_with("Deleted job c-"))
        );
    }
}
