//! Quotas, limit ranges, disruption budgets, autoscalers and priority classes, as their API groups validate them.

use serde_json::{Value, json};

use super::amount::{milli, plain, resource_name};
use super::wrong::Wrong;
use super::{Case, entries, list, text};
use crate::demo::names;

/// What user-defined priorities go up to.
const HIGHEST: i64 = 1_000_000_000;
/// Scopes of pods.
const SCOPES: [&str; 7] = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];

pub(super) fn quota(spec: &Value, wrong: &mut Wrong) {
    for (name, amount) in entries(&spec["hard"]) {
        let at = format!("spec.hard[{name}]");
        if milli(amount) < 0 {
            wrong.invalid(&*at, amount, "must be greater than or equal to 0");
        }
        resource_name(&at, name, wrong);
        if !name.contains('/') && !is_counted(name) {
            wrong.invalid(&*at, &name.into(), "must be a standard resource for quota");
        }
        let whole = !["cpu", "memory", "storage"]
            .iter()
            .any(|kind| name.ends_with(kind));
        if whole && !name.contains('/') && milli(amount) % 1000 != 0 {
            wrong.invalid(at, amount, "must be an integer");
        }
    }
    let scopes = &spec["scopes"];
    let known = |one: &Value| one.as_str().is_some_and(|scope| SCOPES.contains(&scope));
    if !list(spec, "scopes").iter().all(known) {
        wrong.invalid("spec.scopes", scopes, "unsupported scope");
    } else if !list(spec, "scopes").is_empty() {
        for (name, _) in entries(&spec["hard"]) {
            let best_effort = scopes
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one == "BestEffort"));
            let of_pods = name == "pods"
                || name == "count/pods"
                || ["cpu", "memory"].iter().any(|kind| name.ends_with(kind));
            if !of_pods || best_effort && name != "pods" {
                wrong.invalid("spec.scopes", scopes, "unsupported scope applied to resource");
            }
        }
    }
}

fn is_counted(name: &str) -> bool {
    ["requests.", "limits.", "hugepages-", "services."]
        .iter()
        .any(|stem| name.starts_with(stem))
        || [
            "cpu",
            "memory",
            "ephemeral-storage",
            "pods",
            "resourcequotas",
            "services",
            "replicationcontrollers",
            "secrets",
            "configmaps",
            "persistentvolumeclaims",
        ]
        .contains(&name)
}

pub(super) fn limits(spec: &Value, wrong: &mut Wrong) {
    for (index, limit) in list(spec, "limits").iter().enumerate() {
        let at = format!("spec.limits[{index}]");
        let kind = text(limit, "type");
        if !["Pod", "Container", "PersistentVolumeClaim"].contains(&kind) && !kind.contains('/') {
            wrong.invalid(
                format!("{at}.type"),
                &kind.into(),
                "must be a standard limit type or fully qualified",
            );
        }
        if kind == "Pod" {
            for part in ["default", "defaultRequest"]
                .iter()
                .filter(|part| limit[**part].is_object())
            {
                wrong.forbidden(
                    format!("{at}.{part}"),
                    "may not be specified when `type` is 'Pod'",
                );
            }
        }
        if kind == "PersistentVolumeClaim"
            && limit["min"]["storage"].is_null()
            && limit["max"]["storage"].is_null()
        {
            wrong.required(
                &*at,
                "either minimum or maximum storage value is required, but neither was provided",
            );
        }
        let mut all: Vec<&str> = ["min", "max", "default", "defaultRequest", "maxLimitRequestRatio"]
            .iter()
            .flat_map(|part| entries(&limit[*part]))
            .map(|(name, _)| name)
            .collect();
        all.sort_unstable();
        all.dedup();
        for name in all {
            order(limit, (&at, name), wrong);
        }
    }
}

/// Least, usual and greatest amounts are in order.
fn order(limit: &Value, (at, name): (&str, &str), wrong: &mut Wrong) {
    let of = |part: &str| limit[part].get(name).filter(|amount| !amount.is_null());
    let above = |one: Option<&Value>, other: Option<&Value>| match (one, other) {
        (Some(one), Some(other)) if milli(one) > milli(other) => Some((plain(one), plain(other))),
        _ => None,
    };
    let (min, max) = (of("min"), of("max"));
    // What is not said is the maximum, as the server fills it in.
    let usual = of("default").or(max.filter(|_| limit["type"] == "Container"));
    let request = of("defaultRequest").or(usual).or(min);
    let place = |part: &str| format!("{at}.{part}[{name}]");
    if let Some((least, most)) = above(min, max) {
        wrong.invalid(
            place("min"),
            &json!(least),
            &format!("min value {least} is greater than max value {most}"),
        );
    }
    if limit["type"] == "Container" {
        if let Some((least, given)) = above(min, request) {
            let why = format!("min value {least} is greater than default request value {given}");
            wrong.invalid(place("defaultRequest"), &json!(given), &why);
        }
        if let Some((given, most)) = above(request, max) {
            let why = format!("default request value {given} is greater than max value {most}");
            wrong.invalid(place("defaultRequest"), &json!(given), &why);
        }
        if let Some((given, most)) = above(request, usual) {
            let why = format!("default request value {given} is greater than default limit value {most}");
            wrong.invalid(place("defaultRequest"), &json!(given), &why);
        }
        if let Some((least, given)) = above(min, usual) {
            let why = format!("min value {least} is greater than default value {given}");
            wrong.invalid(place("default"), &json!(least), &why);
        }
        if let Some((given, most)) = above(usual, max) {
            let why = format!("default value {given} is greater than max value {most}");
            wrong.invalid(place("default"), &json!(most), &why);
        }
    }
    if of("maxLimitRequestRatio").is_some_and(|ratio| milli(ratio) < 1000) {
        let ratio = of("maxLimitRequestRatio").map(plain).unwrap_or_default();
        wrong.invalid(
            place("maxLimitRequestRatio"),
            &json!(ratio),
            &format!("ratio {ratio} is less than 1"),
        );
    }
}

pub(super) fn budget(spec: &Value, wrong: &mut Wrong) {
    let (least, most) = (&spec["minAvailable"], &spec["maxUnavailable"]);
    if !least.is_null() && !most.is_null() {
        let shown = json!({ "MinAvailable": least, "Selector": spec["selector"], "MaxUnavailable": most,
            "UnhealthyPodEvictionPolicy": spec["unhealthyPodEvictionPolicy"] });
        wrong.invalid_as_is(
            "spec",
            &shown,
            "minAvailable and maxUnavailable cannot be both set",
        );
    }
    wrong.share("spec.minAvailable", least, Some(100));
    wrong.share("spec.maxUnavailable", most, Some(100));
    let policies = ["AlwaysAllow", "IfHealthyBudget"];
    wrong.one_of(
        "spec.unhealthyPodEvictionPolicy",
        &spec["unhealthyPodEvictionPolicy"],
        &policies,
    );
    wrong.selector("spec.selector", &spec["selector"]);
}

pub(super) fn autoscaler(spec: &Value, wrong: &mut Wrong) {
    let least = spec["minReplicas"].as_i64().unwrap_or(1);
    let most = spec["maxReplicas"].as_i64().unwrap_or(0);
    wrong.at_least("spec.minReplicas", &spec["minReplicas"], 1);
    if most < 1 {
        wrong.required("spec.maxReplicas", "must be set and greater than 0");
    } else if most < least {
        wrong.invalid(
            "spec.maxReplicas",
            &spec["maxReplicas"],
            "must be greater than or equal to `minReplicas`",
        );
    }
    let target = &spec["scaleTargetRef"];
    for key in ["kind", "name"] {
        match text(target, key) {
            "" => wrong.required(format!("spec.scaleTargetRef.{key}"), ""),
            word => wrong.refused(&format!("spec.scaleTargetRef.{key}"), word, &names::segment(word)),
        }
    }
    if text(target, "apiVersion").is_empty() {
        wrong.invalid(
            "spec.scaleTargetRef.apiVersion",
            &"".into(),
            "apiVersion must specify API group",
        );
    }
    let kinds = ["ContainerResource", "External", "Object", "Pods", "Resource"];
    for (index, metric) in list(spec, "metrics").iter().enumerate() {
        let at = format!("spec.metrics[{index}]");
        let kind = text(metric, "type");
        let Some(field) = kinds.contains(&kind).then(|| lower_first(kind)) else {
            wrong.unsupported(format!("{at}.type"), &kind.into(), &kinds);
            continue;
        };
        let source = &metric[field.as_str()];
        if !source.is_object() {
            wrong.required(
                format!("{at}.{field}"),
                "must populate information for the given metric source",
            );
            continue;
        }
        let share = &source["target"]["averageUtilization"];
        if share.as_i64().is_some_and(|share| share < 1) {
            wrong.invalid(
                format!("{at}.{field}.target.averageUtilization"),
                share,
                "must be greater than 0",
            );
        }
    }
    let outside = |metric: &Value| matches!(text(metric, "type"), "Object" | "External");
    if least == 0 && !list(spec, "metrics").iter().any(outside) {
        let why = "must specify at least one Object or External metric to support scaling to zero replicas";
        wrong.forbidden("spec.metrics", why);
    }
}

fn lower_first(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}

pub(super) fn priority(case: &Case<'_>, wrong: &mut Wrong) {
    let new = case.new;
    let name = text(&new["metadata"], "name");
    let known = matches!(name, "system-cluster-critical" | "system-node-critical");
    if name.starts_with("system-") && !known {
        let why = format!(
            "priority class names with 'system-' prefix are reserved for system use only. error: {name} is not a known system priority class"
        );
        wrong.forbidden("metadata.name", &why);
    } else if !known && new["value"].as_i64().unwrap_or(0) > HIGHEST {
        wrong.forbidden(
            "value",
            &format!("maximum allowed value of a user defined priority is {HIGHEST}"),
        );
    }
    let policies = ["PreemptLowerPriority", "Never"];
    wrong.one_of("preemptionPolicy", &new["preemptionPolicy"], &policies);
    if case.changes("/value") {
        wrong.forbidden("value", "may not be changed in an update.");
    }
    wrong.immutable(
        "preemptionPolicy",
        case.changes("/preemptionPolicy"),
        &new["preemptionPolicy"],
    );
}
