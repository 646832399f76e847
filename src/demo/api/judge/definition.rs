//! `CustomResourceDefinition`s (`apiextensions/validation`): names, versions, and what of them stays.

use serde_json::Value;

use super::structural;
use super::wrong::Wrong;
use super::{Case, list, text};
use crate::demo::names;

pub(super) fn judge(case: &Case<'_>, wrong: &mut Wrong) {
    let spec = &case.new["spec"];
    let (name, group, plural) = (
        text(&case.new["metadata"], "name"),
        text(spec, "group"),
        text(&spec["names"], "plural"),
    );
    if case.before.is_none() && name != format!("{plural}.{group}") {
        wrong.invalid(
            "metadata.name",
            &name.into(),
            "must be spec.names.plural+\".\"+spec.group",
        );
    }
    match group {
        "" => wrong.required("spec.group", ""),
        group if !group.contains('.') => {
            wrong.invalid(
                "spec.group",
                &group.into(),
                "should be a domain with at least one dot",
            );
        }
        group => wrong.refused("spec.group", group, &names::subdomain(group)),
    }
    wrong.one_of("spec.scope", &spec["scope"], &["Cluster", "Namespaced"]);
    if spec["scope"].is_null() {
        wrong.required("spec.scope", "");
    }
    versions(spec, wrong);
    for key in ["plural", "kind"] {
        if text(&spec["names"], key).is_empty() {
            wrong.required(format!("spec.names.{key}"), "");
        }
    }
    wrong.immutable("spec.scope", case.changes("/spec/scope"), &spec["scope"]);
    wrong.immutable("spec.group", case.changes("/spec/group"), &spec["group"]);
    wrong.immutable(
        "spec.names.plural",
        case.changes("/spec/names/plural"),
        &spec["names"]["plural"],
    );
    wrong.immutable(
        "spec.names.kind",
        case.changes("/spec/names/kind"),
        &spec["names"]["kind"],
    );
}

/// Versions have names and schemas, and one of them is stored.
fn versions(spec: &Value, wrong: &mut Wrong) {
    let versions = list(spec, "versions");
    for (index, version) in versions.iter().enumerate() {
        let at = format!("spec.versions[{index}]");
        wrong.refused(
            &format!("{at}.name"),
            text(version, "name"),
            &names::label_1035(text(version, "name")),
        );
        if !version["schema"]["openAPIV3Schema"].is_object() {
            wrong.required(format!("{at}.schema.openAPIV3Schema"), "");
        }
    }
    let schema = |version: &Value| version["schema"]["openAPIV3Schema"].clone();
    // One schema for all versions is kept beside them.
    let first = versions.first().map(schema).unwrap_or_default();
    if versions.iter().all(|version| schema(version) == first) {
        if first.is_object() {
            structural::judge(&first, "spec.validation.openAPIV3Schema", wrong);
        }
    } else {
        for (index, version) in versions
            .iter()
            .enumerate()
            .filter(|(_, one)| schema(one).is_object())
        {
            let at = format!("spec.versions[{index}].schema.openAPIV3Schema");
            structural::judge(&schema(version), &at, wrong);
        }
    }
    if versions
        .iter()
        .filter(|version| version["storage"] == true)
        .count()
        != 1
    {
        let shown = Value::from(versions.to_vec());
        wrong.invalid(
            "spec.versions",
            &shown,
            "must have exactly one version marked as storage version",
        );
    }
}
