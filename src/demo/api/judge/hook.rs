//! Webhook configurations (`pkg/apis/admissionregistration/validation`).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::wrong::Wrong;
use super::{list, text};
use crate::demo::names;

pub(super) fn judge(new: &Value, wrong: &mut Wrong) {
    let mut known = BTreeSet::new();
    for (index, hook) in list(new, "webhooks").iter().enumerate() {
        let at = format!("webhooks[{index}]");
        one(hook, &at, wrong);
        if !known.insert(text(hook, "name")) {
            wrong.duplicate(format!("{at}.name"), &hook["name"]);
        }
    }
}

fn one(hook: &Value, at: &str, wrong: &mut Wrong) {
    let place = |field: &str| format!("{at}.{field}");
    judge_name(text(hook, "name"), &place("name"), wrong);
    let versions = list(hook, "admissionReviewVersions");
    if versions.is_empty() {
        wrong.required(
            place("admissionReviewVersions"),
            "must specify one of v1, v1beta1",
        );
    } else if !versions
        .iter()
        .any(|version| version == "v1" || version == "v1beta1")
    {
        let why = "must include at least one of v1, v1beta1";
        wrong.invalid(place("admissionReviewVersions"), &json!(versions), why);
    }
    for (index, rule) in list(hook, "rules").iter().enumerate() {
        judge_rule(rule, &place(&format!("rules[{index}]")), wrong);
    }
    wrong.one_of(
        place("failurePolicy"),
        &hook["failurePolicy"],
        &["Fail", "Ignore"],
    );
    wrong.one_of(
        place("matchPolicy"),
        &hook["matchPolicy"],
        &["Equivalent", "Exact"],
    );
    let effects = ["None", "NoneOnDryRun"];
    if hook["sideEffects"].is_null() {
        wrong.required(place("sideEffects"), "must specify one of None, NoneOnDryRun");
    }
    wrong.one_of(place("sideEffects"), &hook["sideEffects"], &effects);
    let seconds = &hook["timeoutSeconds"];
    if seconds
        .as_i64()
        .is_some_and(|seconds| !(1..=30).contains(&seconds))
    {
        wrong.invalid(
            place("timeoutSeconds"),
            seconds,
            "the timeout value must be between 1 and 30 seconds",
        );
    }
    wrong.selector(&place("namespaceSelector"), &hook["namespaceSelector"]);
    wrong.selector(&place("objectSelector"), &hook["objectSelector"]);
    let client = &hook["clientConfig"];
    if client["url"].is_null() == client["service"].is_null() {
        wrong.required(place("clientConfig"), "exactly one of url or service is required");
    }
}

fn judge_rule(rule: &Value, at: &str, wrong: &mut Wrong) {
    let operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
    for key in ["operations", "apiGroups", "apiVersions", "resources"] {
        if list(rule, key).is_empty() {
            wrong.required(format!("{at}.{key}"), "");
        }
    }
    for (index, operation) in list(rule, "operations").iter().enumerate() {
        wrong.one_of(format!("{at}.operations[{index}]"), operation, &operations);
    }
    wrong.one_of(
        format!("{at}.scope"),
        &rule["scope"],
        &["*", "Cluster", "Namespaced"],
    );
}

fn judge_name(name: &str, at: &str, wrong: &mut Wrong) {
    if name.is_empty() {
        wrong.required(at, "");
    } else if name.split('.').count() < 3 {
        wrong.invalid(
            at,
            &name.into(),
            "should be a domain with at least three segments separated by dots",
        );
    } else {
        wrong.refused(at, name, &names::subdomain(name));
    }
}
