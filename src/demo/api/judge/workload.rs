//! Deployments, replica sets, stateful sets, daemon sets and replication controllers (`pkg/apis/apps/validation`).

use std::borrow::Cow;

use serde_json::{Value, json};

use super::wrong::Wrong;
use super::{Case, list, pod, text};
use crate::demo::resource::Resource;
use crate::demo::{names, selector};

const SET_FROZEN: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
     'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
const SET_FREE: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

pub(super) fn judge(case: &Case<'_>, wrong: &mut Wrong) {
    let spec = &case.new["spec"];
    match &*case.resource.plural {
        "deployments" => {
            wrong.at_least("spec.replicas", &spec["replicas"], 0);
            chosen(spec, "deployment", wrong);
            template(spec, wrong);
            strategy(spec, wrong);
            counts(spec, wrong);
            let (deadline, ready) = (
                &spec["progressDeadlineSeconds"],
                spec["minReadySeconds"].as_i64().unwrap_or(0),
            );
            wrong.at_least("spec.progressDeadlineSeconds", deadline, 0);
            if deadline
                .as_i64()
                .is_some_and(|deadline| deadline >= 0 && deadline <= ready)
            {
                wrong.invalid(
                    "spec.progressDeadlineSeconds",
                    deadline,
                    "must be greater than minReadySeconds",
                );
            }
        }
        "replicasets" => {
            wrong.at_least("spec.replicas", &spec["replicas"], 0);
            counts(spec, wrong);
            chosen(spec, "replicaset", wrong);
            template(spec, wrong);
        }
        "statefulsets" => stateful_set(case, wrong),
        "daemonsets" => daemon_set(spec, wrong),
        _ => {}
    }
    if case.resource.group == "apps" && case.resource.plural != "statefulsets" {
        wrong.immutable("spec.selector", case.changes("/spec/selector"), &spec["selector"]);
    }
}

/// The counts of a status: none below nothing, none above all (`ValidateDeploymentStatus` and its like).
pub(super) fn judge_status(resource: &Resource, status: &Value, wrong: &mut Wrong) {
    let keys = match &*resource.plural {
        "deployments" => ["updatedReplicas", "readyReplicas", "availableReplicas", ""],
        "replicasets" => ["fullyLabeledReplicas", "readyReplicas", "availableReplicas", ""],
        "statefulsets" => [
            "readyReplicas",
            "currentReplicas",
            "updatedReplicas",
            "availableReplicas",
        ],
        _ => return,
    };
    let keys = || keys.iter().filter(|key| !key.is_empty());
    let count = |key: &str| status[key].as_i64().unwrap_or(0);
    let more = [
        "observedGeneration",
        "collisionCount",
        "unavailableReplicas",
        "terminatingReplicas",
    ];
    for key in ["replicas"].iter().chain(keys()).chain(&more) {
        wrong.at_least(format!("status.{key}"), &status[*key], 0);
    }
    for key in keys().filter(|key| count(key) > count("replicas")) {
        let why = "cannot be greater than status.replicas";
        wrong.invalid(format!("status.{key}"), &count(key).into(), why);
    }
    let (available, ready) = (count("availableReplicas"), count("readyReplicas"));
    if available > ready {
        let set = resource.plural == "statefulsets";
        let why = format!(
            "cannot be greater than {}readyReplicas",
            if set { "status." } else { "" }
        );
        wrong.invalid("status.availableReplicas", &available.into(), &why);
    }
}

fn counts(spec: &Value, wrong: &mut Wrong) {
    wrong.at_least("spec.minReadySeconds", &spec["minReadySeconds"], 0);
    wrong.at_least("spec.revisionHistoryLimit", &spec["revisionHistoryLimit"], 0);
}

/// The selector must be there, not empty, and select the template's pods.
fn chosen(spec: &Value, kind: &str, wrong: &mut Wrong) {
    let stated = &spec["selector"];
    match stated.as_object() {
        None if kind == "daemonset" => {}
        None => wrong.required("spec.selector", ""),
        Some(stated) => {
            let before = wrong.count();
            wrong.selector("spec.selector", &spec["selector"]);
            let good = wrong.count() == before;
            if !good && kind == "deployment" {
                wrong.invalid("spec.selector", &spec["selector"], "invalid label selector");
                return;
            }
            if stated
                .values()
                .all(|part| part.is_null() || part == &json!({}) || part == &json!([]))
            {
                let why = format!("empty selector is invalid for {kind}");
                wrong.invalid("spec.selector", &spec["selector"], &why);
                return;
            }
        }
    }
    let labels = &spec["template"]["metadata"]["labels"];
    if !selector::selects(stated, labels) {
        let why = "`selector` does not match template `labels`";
        wrong.invalid("spec.template.metadata.labels", labels, why);
    }
}

/// The pods' spec with a volume for each of a stateful set's claims, as its pods will have.
fn with_claims<'a>(pods: &'a Value, spec: &Value) -> Cow<'a, Value> {
    let claims = list(spec, "volumeClaimTemplates");
    let mut pods = Cow::Borrowed(pods);
    for claim in claims {
        let name = &claim["metadata"]["name"];
        if !list(&pods, "volumes")
            .iter()
            .any(|volume| volume["name"] == *name)
            && let Some(pods) = pods.to_mut().as_object_mut()
        {
            let volumes = pods.entry("volumes").or_insert_with(|| json!([]));
            if let Some(volumes) = volumes.as_array_mut() {
                volumes.push(json!({"name": name, "emptyDir": {}}));
            }
        }
    }
    pods
}

/// A template whose pods run for ever.
fn template(spec: &Value, wrong: &mut Wrong) {
    let pods = &spec["template"]["spec"];
    wrong.labels("spec.template.labels", &spec["template"]["metadata"]["labels"]);
    pod::judge_spec(&with_claims(pods, spec), "spec.template.spec", wrong);
    if matches!(text(pods, "restartPolicy"), "OnFailure" | "Never") {
        wrong.unsupported(
            "spec.template.spec.restartPolicy",
            &pods["restartPolicy"],
            &["Always"],
        );
    }
    if !pods["activeDeadlineSeconds"].is_null() {
        let why = "activeDeadlineSeconds in ReplicaSet is not Supported";
        wrong.forbidden("spec.template.spec.activeDeadlineSeconds", why);
    }
}

fn strategy(spec: &Value, wrong: &mut Wrong) {
    let strategy = &spec["strategy"];
    let at = "spec.strategy.rollingUpdate";
    let rolling = &strategy["rollingUpdate"];
    match text(strategy, "type") {
        "Recreate" if !rolling.is_null() => {
            wrong.forbidden(at, "may not be specified when strategy `type` is 'Recreate'");
        }
        "Recreate" => {}
        "RollingUpdate" => {
            wrong.share(&format!("{at}.maxUnavailable"), &rolling["maxUnavailable"], None);
            wrong.share(&format!("{at}.maxSurge"), &rolling["maxSurge"], None);
            let nothing = |key: &str| rolling[key] == 0 || rolling[key] == "0%";
            if nothing("maxUnavailable") && nothing("maxSurge") {
                let why = "may not be 0 when `maxSurge` is 0";
                wrong.invalid(format!("{at}.maxUnavailable"), &rolling["maxUnavailable"], why);
            }
            wrong.not_above_all(&format!("{at}.maxUnavailable"), &rolling["maxUnavailable"]);
        }
        kind => {
            let shown = json!({ "Type": kind, "RollingUpdate": null });
            wrong.unsupported_as_is("spec.strategy", &shown, &["Recreate", "RollingUpdate"]);
        }
    }
}

fn stateful_set(case: &Case<'_>, wrong: &mut Wrong) {
    let spec = &case.new["spec"];
    match text(spec, "podManagementPolicy") {
        "" => wrong.required("spec.podManagementPolicy", ""),
        "OrderedReady" | "Parallel" => {}
        other => wrong.invalid(
            "spec.podManagementPolicy",
            &other.into(),
            "must be 'OrderedReady' or 'Parallel'",
        ),
    }
    match text(&spec["updateStrategy"], "type") {
        "" => wrong.required("spec.updateStrategy", ""),
        "RollingUpdate" | "OnDelete" => {}
        kind => {
            let shown = json!({ "Type": kind, "RollingUpdate": null });
            wrong.invalid_as_is(
                "spec.updateStrategy",
                &shown,
                "must be 'RollingUpdate' or 'OnDelete'",
            );
        }
    }
    let partition = &spec["updateStrategy"]["rollingUpdate"]["partition"];
    wrong.at_least("spec.updateStrategy.rollingUpdate.partition", partition, 0);
    let service = text(spec, "serviceName");
    if !service.is_empty() && case.before.is_none() {
        wrong.refused("spec.serviceName", service, &names::label(service));
    }
    wrong.at_least("spec.replicas", &spec["replicas"], 0);
    counts(spec, wrong);
    chosen(spec, "statefulset", wrong);
    template(spec, wrong);
    if case
        .before
        .is_some_and(|before| frozen(&before["spec"]) != frozen(spec))
    {
        wrong.forbidden("spec", SET_FROZEN);
    }
}

fn frozen(spec: &Value) -> Value {
    let mut spec = spec.clone();
    if let Some(map) = spec.as_object_mut() {
        map.retain(|key, value| !SET_FREE.contains(&key.as_str()) && !value.is_null());
    }
    for claim in spec
        .get_mut("volumeClaimTemplates")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(claim) = claim.as_object_mut() {
            claim.shift_remove("status");
        }
    }
    spec
}

fn daemon_set(spec: &Value, wrong: &mut Wrong) {
    chosen(spec, "daemonset", wrong);
    template(spec, wrong);
    let (strategy, at) = (&spec["updateStrategy"], "spec.updateStrategy.rollingUpdate");
    let rolling = &strategy["rollingUpdate"];
    if strategy["type"] == "RollingUpdate" {
        for key in ["maxUnavailable", "maxSurge"] {
            wrong.share(&format!("{at}.{key}"), &rolling[key], Some(100));
        }
        let nothing = |key: &str| rolling[key].is_null() || rolling[key] == 0 || rolling[key] == "0%";
        if nothing("maxUnavailable") && nothing("maxSurge") {
            wrong.required(format!("{at}.maxUnavailable"), "cannot be 0 when maxSurge is 0");
        }
    } else {
        wrong.one_of(
            "spec.updateStrategy.type",
            &strategy["type"],
            &["RollingUpdate", "OnDelete"],
        );
    }
    counts(spec, wrong);
    if list(&spec["template"]["spec"], "ephemeralContainers")
        .iter()
        .any(Value::is_object)
    {
        wrong.forbidden(
            "spec.template.spec.ephemeralContainers",
            "ephemeral containers not allowed in pod template",
        );
    }
}
