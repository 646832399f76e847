//! A custom resource definition: how its objects are called, in which versions they are served, what their spec has.

use serde_json::Value;

use super::fields::{self, list, plain as words, text};
use super::generic::generic;
use super::judged::judged;
use super::page::{Cell, Page, plain};
use super::{conditions, events};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::kinds::customresourcedefinitions::CustomResourceDefinitions;
use crate::model::{Doc, Tone};

/// A custom resource definition.
pub fn definition(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let Some((row, tone)) = judged::<CustomResourceDefinitions>(object) else {
        return generic(object, event_lines, now);
    };
    let standing = if row.established {
        "established"
    } else {
        "not established"
    };
    fields::title(&mut page, object, standing, tone);
    conditions::problems(&mut page, object);
    page.gap();
    page.field("Group", &row.group);
    page.field("Kind", &row.kind);
    page.field("Resource", &row.plural);
    page.field("Singular", text(object, "/spec/names/singular"));
    page.field("Short names", fields::joined(object, "/spec/names/shortNames"));
    page.field("Categories", fields::joined(object, "/spec/names/categories"));
    page.field("Scope", text(object, "/spec/scope"));
    page.field("Conversion", text(object, "/spec/conversion/strategy"));
    page.field("Stored", fields::joined(object, "/status/storedVersions"));
    fields::origin(&mut page, object);
    let versions = list(object, "/spec/versions");
    let rows: Vec<_> = versions.iter().map(version).collect();
    if !rows.is_empty() {
        page.heading("Versions");
        page.indented(|page| page.table(&["VERSION", "SERVED", "STORED", "SUBRESOURCES", ""], &rows));
    }
    let stored = versions.iter().find(|version| is(version, "/storage"));
    if let Some(version) = stored.or(versions.first()) {
        spec(&mut page, version);
    }
    fields::labels(&mut page, object);
    conditions::table(&mut page, object);
    events::events(&mut page, event_lines);
    page.finish()
}

fn is(object: &Value, pointer: &str) -> bool {
    object.pointer(pointer) == Some(&Value::Bool(true))
}

fn version(version: &Value) -> Vec<Cell> {
    let yes = |pointer| plain(if is(version, pointer) { "yes" } else { "no" });
    let subresources = version.pointer("/subresources").and_then(Value::as_object);
    let names: Vec<&str> = subresources
        .into_iter()
        .flatten()
        .map(|(key, _)| &**key)
        .collect();
    let deprecated = match text(version, "/deprecationWarning") {
        _ if !is(version, "/deprecated") => "",
        "" => "deprecated",
        why => why,
    };
    vec![
        plain(text(version, "/name")),
        yes("/served"),
        yes("/storage"),
        plain(names.join(", ")),
        (deprecated.to_owned(), Tone::Warn),
    ]
}

/// The members of `spec` that the schema of a version knows, with what is said of them.
fn spec(page: &mut Page, version: &Value) {
    const SPEC: &str = "/schema/openAPIV3Schema/properties/spec";
    let members = version.pointer(&format!("{SPEC}/properties"));
    let needed: Vec<String> = list(version, &format!("{SPEC}/required"))
        .iter()
        .map(words)
        .collect();
    let row = |(key, schema): (&String, &Value)| {
        let about = text(schema, "/description").lines().next().unwrap_or("");
        vec![
            plain(key.as_str()),
            (kind_of(schema), Tone::Dim),
            plain(if needed.contains(key) { "required" } else { "" }),
            plain(about),
        ]
    };
    let members = members.and_then(Value::as_object).into_iter().flatten();
    let rows: Vec<_> = members.map(row).collect();
    if !rows.is_empty() {
        page.heading(&format!("Spec of {}", text(version, "/name")));
        page.indented(|page| page.table(&["FIELD", "TYPE", "", "DESCRIPTION"], &rows));
    }
}

/// `string`, `[]object`.
fn kind_of(schema: &Value) -> String {
    match text(schema, "/type") {
        "array" => format!("[]{}", text(schema, "/items/type")),
        "" if is(schema, "/x-kubernetes-int-or-string") => "int-or-string".to_owned(),
        kind => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_versions_and_the_fields_of_its_spec() {
        let object = json!({
            "kind": "CustomResourceDefinition", "metadata": {"name": "crontabs.stable.example.com"},
            "spec": {"group": "stable.example.com", "scope": "Namespaced",
                "names": {"plural": "crontabs", "singular": "crontab", "kind": "CronTab", "shortNames": ["ct"]},
                "versions": [
                    {"name": "v1beta1", "served": true, "storage": false, "deprecated": true},
                    {"name": "v1", "served": true, "storage": true, "subresources": {"status": {}, "scale": {}},
                        "schema": {"openAPIV3Schema": {"properties": {"spec": {"required": ["cronSpec"], "properties": {
                            "cronSpec": {"type": "string", "description": "when\nit runs"},
                            "args": {"type": "array", "items": {"type": "string"}}}}}}}}]},
            "status": {"conditions": [{"type": "Established", "status": "False", "reason": "NotAccepted", "message": "names are taken"}]},
        });
        let text = definition(&object, &[], Timestamp::default()).plain();
        assert!(text.contains("✗ Established is False  names are taken"), "{text}");
        for line in [
            "Short names       ct",
            "  v1beta1  yes     no                     deprecated",
            "  v1       yes     yes     status, scale",
            "  cronSpec  string    required  when",
            "  args      []string",
        ] {
            assert!(text.lines().any(|have| have.trim_end() == line), "{line}\n{text}");
        }
    }
}
