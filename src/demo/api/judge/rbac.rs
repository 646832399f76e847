//! Roles and bindings (`pkg/apis/rbac/validation`).

use serde_json::{Value, json};

use super::wrong::Wrong;
use super::{Case, list, text};
use crate::demo::names;

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) fn judge(case: &Case<'_>, wrong: &mut Wrong) {
    let new = case.new;
    let namespaced = case.resource.namespaced;
    if case.resource.plural.ends_with("bindings") {
        return binding(case, wrong);
    }
    for (index, rule) in list(new, "rules").iter().enumerate() {
        judge_rule(rule, (&format!("rules[{index}]"), namespaced), wrong);
    }
    let gathered = &new["aggregationRule"];
    if gathered.is_object() {
        let at = "aggregationRule.clusterRoleSelectors";
        let all = list(gathered, "clusterRoleSelectors");
        if all.is_empty() {
            wrong.required(
                at,
                "at least one clusterRoleSelector required if aggregationRule is non-nil",
            );
        }
        for (index, selector) in all.iter().enumerate() {
            wrong.selector(&format!("{at}[{index}]"), selector);
        }
    }
}

fn judge_rule(rule: &Value, (at, namespaced): (&str, bool), wrong: &mut Wrong) {
    if list(rule, "verbs").is_empty() {
        wrong.required(format!("{at}.verbs"), "verbs must contain at least one value");
    }
    let none = |key: &str| list(rule, key).is_empty();
    if !none("nonResourceURLs") {
        let place = format!("{at}.nonResourceURLs");
        if namespaced {
            let why = "namespaced rules cannot apply to non-resource URLs";
            wrong.invalid(&*place, &rule["nonResourceURLs"], why);
        }
        if !none("apiGroups") || !none("resources") || !none("resourceNames") {
            let why = "rules cannot apply to both regular resources and non-resource URLs";
            wrong.invalid(place, &rule["nonResourceURLs"], why);
        }
        return;
    }
    if none("apiGroups") {
        wrong.required(
            format!("{at}.apiGroups"),
            "resource rules must supply at least one api group",
        );
    }
    if none("resources") {
        wrong.required(
            format!("{at}.resources"),
            "resource rules must supply at least one resource",
        );
    }
}

fn binding(case: &Case<'_>, wrong: &mut Wrong) {
    let role = &case.new["roleRef"];
    if text(role, "apiGroup") != GROUP {
        wrong.unsupported("roleRef.apiGroup", &json!(text(role, "apiGroup")), &[GROUP]);
    }
    let kinds: &[&str] = if case.resource.namespaced {
        &["Role", "ClusterRole"]
    } else {
        &["ClusterRole"]
    };
    if !kinds.contains(&text(role, "kind")) {
        wrong.unsupported("roleRef.kind", &json!(text(role, "kind")), kinds);
    }
    match text(role, "name") {
        "" => wrong.required("roleRef.name", ""),
        name => wrong.refused("roleRef.name", name, &names::segment(name)),
    }
    for (index, subject) in list(case.new, "subjects").iter().enumerate() {
        judge_subject(
            subject,
            (&format!("subjects[{index}]"), case.resource.namespaced),
            wrong,
        );
    }
    if case.changes("/roleRef") {
        let shown = json!({ "APIGroup": role["apiGroup"], "Kind": role["kind"], "Name": role["name"] });
        wrong.invalid_as_is("roleRef", &shown, "cannot change roleRef");
    }
}

fn judge_subject(subject: &Value, (at, namespaced): (&str, bool), wrong: &mut Wrong) {
    let name = text(subject, "name");
    if name.is_empty() {
        wrong.required(format!("{at}.name"), "");
    }
    let group = text(subject, "apiGroup");
    match text(subject, "kind") {
        "ServiceAccount" => {
            wrong.refused(
                &format!("{at}.name"),
                name,
                &if name.is_empty() {
                    Vec::new()
                } else {
                    names::subdomain(name)
                },
            );
            if !group.is_empty() {
                wrong.unsupported(format!("{at}.apiGroup"), &group.into(), &[""]);
            }
            if !namespaced && text(subject, "namespace").is_empty() {
                wrong.required(format!("{at}.namespace"), "");
            }
        }
        "User" | "Group" if group == GROUP => {}
        "User" | "Group" => wrong.unsupported(format!("{at}.apiGroup"), &group.into(), &[GROUP]),
        kind => wrong.unsupported(
            format!("{at}.kind"),
            &kind.into(),
            &["ServiceAccount", "User", "Group"],
        ),
    }
}
