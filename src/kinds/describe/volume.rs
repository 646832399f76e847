//! A volume: whose it is, where it is kept, which nodes reach it.

use serde_json::Value;

use super::fields::{self, list, plain, scalar, text};
use super::generic::generic;
use super::judged::judged;
use super::page::Page;
use super::{conditions, events};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::kinds::persistentvolumes::PersistentVolumes;
use crate::model::{Doc, Tone};
use crate::rules::volume::NO_SOURCES;

/// A persistent volume.
pub fn volume(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let Some((row, tone)) = judged::<PersistentVolumes>(object) else {
        return generic(object, event_lines, now);
    };
    fields::title(&mut page, object, &row.status, tone);
    let message = [text(object, "/status/reason"), text(object, "/status/message")];
    let message = message.join(" ");
    match &*row.status {
        "Failed" => page.problem(Tone::Bad, "failed", message.trim()),
        "Released" => page.problem(
            Tone::Warn,
            "released",
            "its claim is gone, what it holds is kept: no other claim gets it",
        ),
        _ => {}
    }
    conditions::problems(&mut page, object);
    page.gap();
    page.field("Claim", &row.claim);
    page.field("Capacity", scalar(object, "/spec/capacity/storage"));
    page.field("Storage class", &row.class);
    page.field("Attributes class", &row.attributes_class);
    page.field("Reclaim policy", &row.reclaim);
    page.field("Access modes", fields::joined(object, "/spec/accessModes"));
    page.field("Volume mode", &row.mode);
    page.field("Mount options", fields::joined(object, "/spec/mountOptions"));
    fields::finalizers(&mut page, object);
    fields::origin(&mut page, object);
    source(&mut page, object);
    affinity(&mut page, object);
    fields::labels(&mut page, object);
    conditions::table(&mut page, object);
    events::events(&mut page, event_lines);
    page.finish()
}

/// What it is kept on: the one member of the spec that every kind of volume has another of.
fn source(page: &mut Page, object: &Value) {
    let spec = object.pointer("/spec").and_then(Value::as_object);
    let mut members = spec.into_iter().flatten();
    let Some((kind, source)) =
        members.find(|(key, value)| !NO_SOURCES.contains(&&***key) && value.is_object())
    else {
        return;
    };
    page.heading("Source");
    page.indented(|page| {
        page.field("Type", kind);
        for (key, value) in source.as_object().into_iter().flatten() {
            match value {
                Value::Object(_) => page.list(key, fields::pairs(source, &format!("/{key}"))),
                value => page.field(key, plain(value)),
            }
        }
    });
}

/// The nodes that can mount it, one term a line.
fn affinity(page: &mut Page, object: &Value) {
    let terms = list(object, "/spec/nodeAffinity/required/nodeSelectorTerms");
    if terms.is_empty() {
        return;
    }
    page.heading("Node affinity");
    let term = |term: &Value| {
        let all = list(term, "/matchExpressions")
            .iter()
            .chain(list(term, "/matchFields"));
        all.map(expression).collect::<Vec<_>>().join("  and  ")
    };
    page.indented(|page| page.list("Required", terms.iter().map(term)));
}

/// `topology.kubernetes.io/zone in [eu-central-1a]`.
fn expression(rule: &Value) -> String {
    let values = fields::joined(rule, "/values");
    let words = format!(
        "{} {}",
        text(rule, "/key"),
        text(rule, "/operator").to_lowercase()
    );
    if values.is_empty() {
        words
    } else {
        format!("{words} [{values}]")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_tells_what_it_is_kept_on_and_who_reaches_it() {
        let object = json!({
            "kind": "PersistentVolume", "metadata": {"name": "pv-1"},
            "spec": {"capacity": {"storage": "20Gi"}, "persistentVolumeReclaimPolicy": "Retain",
                "claimRef": {"namespace": "data", "name": "db-0"},
                "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1", "volumeAttributes": {"a": "b"}},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["eu-central-1a"]}]}]}}},
            "status": {"phase": "Released"},
        });
        let text = volume(&object, &[], Timestamp::default()).plain();
        assert!(text.contains("▲ released  its claim is gone"), "{text}");
        for line in [
            "Claim             data/db-0",
            "Reclaim policy    Retain",
            "  Type            csi",
            "  driver          ebs.csi.aws.com",
            "  volumeAttributes a=b",
            "  Required        topology.kubernetes.io/zone in [eu-central-1a]",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
    }
}
