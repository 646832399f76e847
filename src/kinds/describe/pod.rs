//! A pod: its state in one line, what is wrong, where it runs, its containers.

use std::fmt::Write as _;

use serde_json::Value;

use super::fields::{self, list, pairs, scalar, text};
use super::generic::generic;
use super::judged::judged;
use super::page::Page;
use super::{conditions, containers, events};
use crate::clock::{self, Timestamp};
use crate::kind::EventLine;
use crate::kinds::pods::{PodRow, Pods, RunPhase};
use crate::model::{Doc, Health, Tone};

/// A pod.
pub fn pod(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let Some((row, tone)) = judged::<Pods>(object) else {
        return generic(object, event_lines, now);
    };
    fields::title(&mut page, object, &standing(&row, now), tone);
    troubles(&mut page, &row, object);
    conditions::problems(&mut page, object);
    page.gap();
    place(&mut page, object);
    let spec = object.pointer("/spec").unwrap_or(&Value::Null);
    containers::sections(&mut page, spec, object.pointer("/status"));
    containers::volumes(&mut page, spec);
    scheduling(&mut page, spec);
    fields::labels(&mut page, object);
    conditions::table(&mut page, object);
    events::events(&mut page, event_lines);
    page.finish()
}

/// The tone of a health.
pub fn tone(health: Health) -> Tone {
    match health {
        Health::Done => Tone::Dim,
        Health::Ok => Tone::Ok,
        Health::Busy => Tone::Busy,
        Health::Warn => Tone::Warn,
        Health::Bad => Tone::Bad,
    }
}

/// `CrashLoopBackOff · 1/2 ready · 14 restarts, the last 40s ago`.
fn standing(row: &PodRow, now: Timestamp) -> String {
    let mut words = format!("{} · {}/{} ready", row.status, row.ready, row.total);
    if row.restarts > 0 {
        let _ = write!(words, " · {} restarts", row.restarts); // writing to a String cannot fail
    }
    if row.restarted != Timestamp::default() {
        let _ = write!(words, ", the last {} ago", clock::age(row.restarted, now));
    }
    words
}

/// Containers that wait for a reason or ended badly, with what the kubelet says.
fn troubles(page: &mut Page, row: &PodRow, object: &Value) {
    let message = |name: &str| {
        let statuses = ["/status/initContainerStatuses", "/status/containerStatuses"];
        let mut all = statuses.iter().flat_map(|pointer| list(object, pointer));
        let status = all.find(|status| text(status, "/name") == name);
        let waiting = status.map_or("", |status| text(status, "/state/waiting/message"));
        let ended = status.map_or("", |status| text(status, "/state/terminated/message"));
        if waiting.is_empty() {
            ended.to_owned()
        } else {
            waiting.to_owned()
        }
    };
    for run in &row.containers {
        let starting = matches!(&*run.state, "ContainerCreating" | "PodInitializing" | "Waiting");
        let bad = match run.phase {
            RunPhase::Waiting => !starting,
            RunPhase::Terminated => run.exit_code != 0,
            RunPhase::Running => false,
        };
        if !bad {
            continue;
        }
        let before = run.last.as_ref().map(|last| {
            format!(
                "  (before: {}, {} ago)",
                last.text,
                clock::age(last.finished, page.now)
            )
        });
        let words = format!("{}{}", message(&run.name), before.unwrap_or_default());
        page.problem(
            Tone::Bad,
            &format!("{} {}", run.name, run.state),
            words.trim_start(),
        );
    }
    page.field("Message", text(object, "/status/message"));
}

fn place(page: &mut Page, object: &Value) {
    let node = match (
        text(object, "/spec/nodeName"),
        text(object, "/status/nominatedNodeName"),
    ) {
        ("", "") => "none yet".to_owned(),
        ("", nominated) => format!("none yet, nominated {nominated}"),
        (node, _) => node.to_owned(),
    };
    page.field("Node", node);
    let addresses: Vec<&str> = list(object, "/status/podIPs")
        .iter()
        .map(|ip| text(ip, "/ip"))
        .collect();
    let host = object.pointer("/spec/hostNetwork") == Some(&Value::Bool(true));
    let network = if host { "  (host network)" } else { "" };
    page.field("IP", format!("{}{network}", addresses.join(", ")).trim_start());
    page.field("Service account", text(object, "/spec/serviceAccountName"));
    page.field("QoS", text(object, "/status/qosClass"));
    let class = text(object, "/spec/priorityClassName");
    page.field(
        "Priority",
        format!("{} {class}", scalar(object, "/spec/priority")).trim(),
    );
    fields::origin(page, object);
}

/// What decides where it may run.
fn scheduling(page: &mut Page, spec: &Value) {
    page.field("Node selector", pairs(spec, "/nodeSelector").join("  "));
    let toleration = |toleration: &Value| {
        let value = match text(toleration, "/value") {
            "" => String::new(),
            value => format!("={value}"),
        };
        let effect = match text(toleration, "/effect") {
            "" => String::new(),
            effect => format!(":{effect}"),
        };
        let seconds = match scalar(toleration, "/tolerationSeconds") {
            none if none.is_empty() => String::new(),
            seconds => format!(" for {seconds}s"),
        };
        let key = match text(toleration, "/key") {
            "" => "any",
            key => key,
        };
        format!("{key}{value}{effect}{seconds}")
    };
    page.list("Tolerations", list(spec, "/tolerations").iter().map(toleration));
    let gates = list(spec, "/schedulingGates")
        .iter()
        .map(|gate| text(gate, "/name").to_owned());
    page.list("Scheduling gates", gates);
}
