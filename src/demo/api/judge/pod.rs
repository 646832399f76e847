//! Pods and the templates of pods (`pkg/apis/core/validation`, `ValidatePodSpec`), and what of a pod may change.

use std::collections::BTreeSet;

use serde_json::Value;

use super::container::{self, Around};
use super::wrong::Wrong;
use super::{Case, list, text};
use crate::demo::names;

const FROZEN: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,\
     `spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it \
     to be set to 1 if it was previously negative)";
/// What a pod's spec may change besides images.
const FREE: [&str; 4] = [
    "activeDeadlineSeconds",
    "tolerations",
    "terminationGracePeriodSeconds",
    "schedulingGates",
];

pub(super) fn judge(case: &Case<'_>, wrong: &mut Wrong) {
    let spec = &case.new["spec"];
    judge_spec(spec, "spec", wrong);
    let Some(before) = case.before.map(|before| &before["spec"]) else {
        return;
    };
    for kind in ["containers", "initContainers"] {
        if list(before, kind).len() != list(spec, kind).len() {
            return wrong.forbidden(
                format!("spec.{kind}"),
                "pod updates may not add or remove containers",
            );
        }
    }
    if text(before, "nodeName").is_empty() || before["nodeName"] == spec["nodeName"] {
        let kept = list(spec, "tolerations");
        let lost = list(before, "tolerations").iter().any(|one| !kept.contains(one));
        if lost {
            wrong.forbidden(
                "spec.tolerations",
                "existing toleration can not be modified except its tolerationSeconds",
            );
        }
    }
    let added = |gate: &Value| !list(before, "schedulingGates").contains(gate);
    for gate in list(spec, "schedulingGates").iter().filter(|gate| added(gate)) {
        let why = format!(
            "only deletion is allowed, but found new scheduling gate '{}'",
            text(gate, "name")
        );
        wrong.forbidden("spec.schedulingGates", &why);
    }
    if frozen(before) != frozen(spec) {
        wrong.forbidden("spec", FROZEN);
    }
}

/// A pod's spec without what may change.
fn frozen(spec: &Value) -> Value {
    let mut spec = spec.clone();
    if let Some(map) = spec.as_object_mut() {
        map.retain(|key, value| !FREE.contains(&key.as_str()) && !value.is_null());
    }
    for kind in ["containers", "initContainers"] {
        let all = spec.get_mut(kind).and_then(Value::as_array_mut);
        for container in all.into_iter().flatten().filter_map(Value::as_object_mut) {
            container.shift_remove("image");
        }
    }
    spec
}

/// The spec of a pod or of a template, which stands at `at`.
pub(super) fn judge_spec(spec: &Value, at: &str, wrong: &mut Wrong) {
    let place = |field: &str| format!("{at}.{field}");
    let mut around = Around {
        volumes: BTreeSet::new(),
        names: BTreeSet::new(),
        host_network: spec["hostNetwork"] == true,
    };
    volumes(spec, &place("volumes"), &mut around.volumes, wrong);
    container::all(spec, (at, "containers"), &mut around, wrong);
    container::all(spec, (at, "initContainers"), &mut around, wrong);
    container::all(spec, (at, "ephemeralContainers"), &mut around, wrong);
    wrong.one_of(
        place("restartPolicy"),
        &spec["restartPolicy"],
        &["Always", "OnFailure", "Never"],
    );
    let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    wrong.one_of(place("dnsPolicy"), &spec["dnsPolicy"], &policies);
    wrong.labels(&place("nodeSelector"), &spec["nodeSelector"]);
    container::user(&spec["securityContext"], &place("securityContext"), wrong);
    for (index, secret) in list(spec, "imagePullSecrets").iter().enumerate() {
        if text(secret, "name").is_empty() {
            wrong.required(place(&format!("imagePullSecrets[{index}].name")), "");
        }
    }
    affinity(&spec["affinity"], &place("affinity"), wrong);
    for (key, judge) in [
        ("serviceAccountName", names::subdomain as fn(&str) -> Vec<String>),
        ("nodeName", names::subdomain),
    ] {
        let name = text(spec, key);
        if !name.is_empty() {
            wrong.refused(&place(key), name, &judge(name));
        }
    }
    let deadline = &spec["activeDeadlineSeconds"];
    if deadline
        .as_i64()
        .is_some_and(|seconds| !(1..=i64::from(i32::MAX)).contains(&seconds))
    {
        wrong.invalid(
            place("activeDeadlineSeconds"),
            deadline,
            "must be between 1 and 2147483647, inclusive",
        );
    }
    for (key, judge) in [
        ("hostname", names::label as fn(&str) -> Vec<String>),
        ("subdomain", names::label),
    ] {
        let name = text(spec, key);
        if !name.is_empty() {
            wrong.refused(&place(key), name, &judge(name));
        }
    }
    tolerations(spec, &place("tolerations"), wrong);
    spreads(spec, &place("topologySpreadConstraints"), wrong);
}

fn volumes<'a>(spec: &'a Value, at: &str, known: &mut BTreeSet<&'a str>, wrong: &mut Wrong) {
    for (index, volume) in list(spec, "volumes").iter().enumerate() {
        let at = format!("{at}[{index}]");
        let before = wrong.count();
        let mut sources = volume.as_object().into_iter().flatten();
        let first = sources.find(|(key, _)| *key != "name");
        let mut rest: Vec<&str> = sources
            .filter(|(key, _)| *key != "name")
            .map(|(key, _)| key.as_str())
            .collect();
        if let Some((kind, _)) = first {
            // The real server goes by its own order of kinds.
            rest.push(kind);
            rest.sort_by_key(|kind| (*kind != "emptyDir", *kind));
            for kind in rest.iter().skip(1) {
                wrong.forbidden(format!("{at}.{kind}"), "may not specify more than 1 volume type");
            }
            let kind = rest.first().copied().unwrap_or_default();
            source((kind, &volume[kind]), &format!("{at}.{kind}"), wrong);
        }
        let name = text(volume, "name");
        if name.is_empty() {
            wrong.required(format!("{at}.name"), "");
        } else {
            let said = names::label(name);
            wrong.refused(&format!("{at}.name"), name, &said);
            if known.contains(name) {
                wrong.duplicate(format!("{at}.name"), &name.into());
            }
        }
        if wrong.count() == before {
            known.insert(name);
        }
    }
}

fn source((kind, source): (&str, &Value), at: &str, wrong: &mut Wrong) {
    let needed = match kind {
        "configMap" => "name",
        "secret" => "secretName",
        "persistentVolumeClaim" => "claimName",
        "hostPath" => "path",
        _ => return,
    };
    if text(source, needed).is_empty() {
        wrong.required(format!("{at}.{needed}"), "");
    }
}

fn affinity(affinity: &Value, at: &str, wrong: &mut Wrong) {
    const HARD: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    let nodes = &affinity["nodeAffinity"][HARD];
    if nodes.is_object() {
        let at = format!("{at}.nodeAffinity.{HARD}.nodeSelectorTerms");
        let terms = list(nodes, "nodeSelectorTerms");
        if terms.is_empty() {
            wrong.required(&*at, "must have at least one node selector term");
        }
        for (index, term) in terms.iter().enumerate() {
            for (number, one) in list(term, "matchExpressions").iter().enumerate() {
                wrong.requirement(&format!("{at}[{index}].matchExpressions[{number}]"), one);
            }
        }
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        for (index, term) in list(&affinity[kind], HARD).iter().enumerate() {
            let at = format!("{at}.{kind}.{HARD}[{index}]");
            wrong.selector(&format!("{at}.labelSelector"), &term["labelSelector"]);
            let topology = text(term, "topologyKey");
            if topology.is_empty() {
                wrong.required(format!("{at}.topologyKey"), "can not be empty");
            }
            wrong.refused(&format!("{at}.topologyKey"), topology, &names::key(topology));
        }
    }
}

fn tolerations(spec: &Value, at: &str, wrong: &mut Wrong) {
    for (index, one) in list(spec, "tolerations").iter().enumerate() {
        let place = |field: &str| format!("{at}[{index}].{field}");
        let (key, operator) = (text(one, "key"), text(one, "operator"));
        if key.is_empty() && operator != "Exists" {
            let why =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            wrong.invalid(place("operator"), &operator.into(), why);
        } else if !key.is_empty() {
            wrong.refused(&place("key"), key, &names::key(key));
        }
        if !one["tolerationSeconds"].is_null() && one["effect"] != "NoExecute" {
            let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            wrong.invalid(place("effect"), &text(one, "effect").into(), why);
        }
        match operator {
            "" | "Equal" => {}
            "Exists" if text(one, "value").is_empty() => {}
            "Exists" => wrong.invalid(
                place("operator"),
                &one["value"],
                "value must be empty when `operator` is 'Exists'",
            ),
            _ => wrong.unsupported(place("operator"), &operator.into(), &["Equal", "Exists"]),
        }
        let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        wrong.one_of(place("effect"), &one["effect"], &effects);
    }
}

fn spreads(spec: &Value, at: &str, wrong: &mut Wrong) {
    for (index, one) in list(spec, "topologySpreadConstraints").iter().enumerate() {
        let place = |field: &str| format!("{at}[{index}].{field}");
        if one["maxSkew"].as_i64().unwrap_or(0) <= 0 {
            wrong.invalid(
                place("maxSkew"),
                &one["maxSkew"].as_i64().unwrap_or(0).into(),
                "must be greater than zero",
            );
        }
        match text(one, "topologyKey") {
            "" => wrong.required(place("topologyKey"), "can not be empty"),
            key => wrong.refused(&place("topologyKey"), key, &names::key(key)),
        }
        wrong.one_of(
            place("whenUnsatisfiable"),
            &one["whenUnsatisfiable"],
            &["DoNotSchedule", "ScheduleAnyway"],
        );
        wrong.selector(&place("labelSelector"), &one["labelSelector"]);
    }
}
