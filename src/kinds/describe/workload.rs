//! Whatever makes pods of a template: how far it is, how it goes on, what its pods are made of.

use serde_json::Value;

use super::fields::{self, number, pairs, scalar, text};
use super::generic::generic;
use super::judged::judged;
use super::page::Page;
use super::{conditions, containers, events};
use crate::clock::Timestamp;
use crate::kind::{EventLine, KindDef};
use crate::kinds::cronjobs::CronJobs;
use crate::kinds::daemonsets::DaemonSets;
use crate::kinds::deployments::Deployments;
use crate::kinds::jobs::Jobs;
use crate::kinds::replicasets::ReplicaSets;
use crate::kinds::statefulsets::StatefulSets;
use crate::model::{Doc, Tone};

/// A deployment, stateful set, daemon set, replica set, job or cron job.
pub fn workload(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let Some((words, tone)) = standing(object) else {
        return generic(object, event_lines, now);
    };
    fields::title(&mut page, object, &words, tone);
    conditions::problems(&mut page, object);
    page.gap();
    counts(&mut page, object);
    rules(&mut page, object);
    schedule(&mut page, object);
    fields::origin(&mut page, object);
    let template = ["/spec/jobTemplate/spec/template/spec", "/spec/template/spec"];
    if let Some(spec) = template.iter().find_map(|pointer| object.pointer(pointer)) {
        page.field("Service account", text(spec, "/serviceAccountName"));
        page.field("Node selector", pairs(spec, "/nodeSelector").join("  "));
        containers::sections(&mut page, spec, None);
        containers::volumes(&mut page, spec);
    }
    fields::labels(&mut page, object);
    conditions::table(&mut page, object);
    events::events(&mut page, event_lines);
    page.finish()
}

/// How it is doing, by the row of its kind. `None` for what cannot be read.
fn standing(object: &Value) -> Option<(String, Tone)> {
    fn of<K: KindDef>(object: &Value, words: impl Fn(&K::Row) -> String) -> Option<(String, Tone)> {
        let (row, tone) = judged::<K>(object)?;
        Some((words(&row), tone))
    }
    match text(object, "/kind") {
        "Deployment" => of::<Deployments>(object, |row| row.standing.rollout.text.clone()),
        "StatefulSet" => of::<StatefulSets>(object, |row| row.standing.rollout.text.clone()),
        "DaemonSet" => of::<DaemonSets>(object, |row| row.standing.rollout.text.clone()),
        "ReplicaSet" => of::<ReplicaSets>(object, |row| format!("{}/{} ready", row.ready, row.desired)),
        "Job" => of::<Jobs>(object, |row| row.status.to_owned()),
        _ => of::<CronJobs>(object, |row| {
            if row.suspended { "suspended" } else { "" }.to_owned()
        }),
    }
}

/// `3 wanted, 2 updated, 2 ready`: the counts that the status has.
fn counts(page: &mut Page, object: &Value) {
    let counted = [
        ("wanted", "/spec/replicas"),
        ("wanted", "/status/desiredNumberScheduled"),
        ("wanted", "/spec/completions"),
        ("at once", "/spec/parallelism"),
        ("there", "/status/replicas"),
        ("there", "/status/currentNumberScheduled"),
        ("updated", "/status/updatedReplicas"),
        ("updated", "/status/updatedNumberScheduled"),
        ("ready", "/status/readyReplicas"),
        ("ready", "/status/numberReady"),
        ("available", "/status/availableReplicas"),
        ("available", "/status/numberAvailable"),
        ("terminating", "/status/terminatingReplicas"),
        ("misplaced", "/status/numberMisscheduled"),
        ("active", "/status/active"),
        ("succeeded", "/status/succeeded"),
        ("failed", "/status/failed"),
    ];
    let present = counted.iter().filter_map(|(word, pointer)| {
        let count = object.pointer(pointer)?.as_i64()?;
        Some(format!("{count} {word}"))
    });
    page.field("Pods", present.collect::<Vec<_>>().join(", "));
}

/// How its pods are found and replaced.
fn rules(page: &mut Page, object: &Value) {
    let labels = pairs(object, "/spec/selector/matchLabels").join(",");
    page.field("Selector", labels);
    let strategy = ["/spec/strategy", "/spec/updateStrategy"];
    if let Some(strategy) = strategy.iter().find_map(|pointer| object.pointer(pointer)) {
        let parts = pairs(strategy, "/rollingUpdate").join(", ");
        page.field("Strategy", format!("{} {parts}", text(strategy, "/type")).trim());
    }
    for (title, pointer) in [
        ("Min ready", "/spec/minReadySeconds"),
        ("Deadline", "/spec/progressDeadlineSeconds"),
        ("Deadline", "/spec/activeDeadlineSeconds"),
    ] {
        if number(object, pointer) > 0 {
            page.field(title, format!("{}s", number(object, pointer)));
        }
    }
    let revision = object.pointer("/metadata/annotations/deployment.kubernetes.io~1revision");
    page.field("Revision", revision.map(fields::plain).unwrap_or_default());
    page.field("Service", text(object, "/spec/serviceName"));
    page.field("Retries", scalar(object, "/spec/backoffLimit"));
}

/// When jobs are made, and when they were.
fn schedule(page: &mut Page, object: &Value) {
    let zone = text(object, "/spec/timeZone");
    page.field(
        "Schedule",
        format!("{} {zone}", text(object, "/spec/schedule")).trim(),
    );
    page.field("Concurrency", text(object, "/spec/concurrencyPolicy"));
    for (title, pointer) in [
        ("Started", "/status/startTime"),
        ("Completed", "/status/completionTime"),
        ("Last scheduled", "/status/lastScheduleTime"),
        ("Last success", "/status/lastSuccessfulTime"),
    ] {
        match text(object, pointer) {
            "" => {}
            at => page.field(title, format!("{} ago  ({at})", page.age(at))),
        }
    }
}
