//! Custom resources and the schema of their definition: defaults, unknown fields, and what a value must be (structural schemas of
//! apiextensions). Rules in CEL are not judged.

mod format;
mod judge;

use std::collections::HashSet;

use serde_json::Value;

use crate::demo::resource::Resource;
use crate::demo::status::Status;
use judge::{Causes, judge};

/// What is wrong with one value: its path, the reason and the text of the cause.
type Wrong = (String, &'static str, String);

/// The schema of a custom resource; null for others.
fn of(resource: &Resource) -> &Value {
    &resource.definition["schema"]["openAPIV3Schema"]
}

/// Drops fields that the schema does not know; their paths.
pub fn unknown(resource: &Resource, value: &mut Value) -> Vec<String> {
    let mut unknown = Vec::new();
    if of(resource).is_object() {
        prune(of(resource), value, ("", true), &mut unknown);
    }
    unknown
}

/// Fills in defaults and drops fields that the schema does not know; their paths.
pub fn fit(resource: &Resource, value: &mut Value) -> Vec<String> {
    let unknown = unknown(resource, value);
    fill(of(resource), value);
    unknown
}

/// Refuses values that the schema does not allow. What was wrong in the same way `before` is let through, as the real server does.
///
/// # Errors
/// 422 with all causes.
pub fn check(resource: &Resource, before: Option<&Value>, value: &Value) -> Result<(), Status> {
    let schema = of(resource);
    if !schema.is_object() {
        return Ok(());
    }
    let told = |value: &Value| {
        let mut causes = Causes::default();
        judge(schema, value, "", &mut causes);
        causes.found
    };
    let mut wrong = told(value);
    if let Some(before) = before.filter(|_| !wrong.is_empty()) {
        let had: HashSet<_> = told(before).into_iter().collect();
        wrong.retain(|one| !had.contains(one));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let name = value["metadata"]["name"].as_str().unwrap_or_default();
    Err(Status::invalid_all(&resource.qualified_kind(), name, &wrong))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// Fields that an object has whatever its schema says: the whole one, and one inside it that is marked.
const OWN: [&str; 3] = ["apiVersion", "kind", "metadata"];

fn prune(schema: &Value, value: &mut Value, (path, root): (&str, bool), unknown: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let keeps = schema["x-kubernetes-preserve-unknown-fields"] == true;
            let embedded = root || schema["x-kubernetes-embedded-resource"] == true;
            let more = &schema["additionalProperties"];
            map.retain(|key, value| {
                let own = join(path, key);
                let known = &schema["properties"][key.as_str()];
                if embedded && OWN.contains(&key.as_str()) {
                    return true;
                }
                if known.is_object() {
                    prune(known, value, (&own, false), unknown);
                } else if more.is_object() {
                    prune(more, value, (&own, false), unknown);
                } else if !keeps && more != true {
                    unknown.push(own);
                    return false;
                }
                true
            });
        }
        // A list of anything (apiextensions `pruning.skipPrune`).
        Value::Array(_)
            if schema["x-kubernetes-preserve-unknown-fields"] == true && schema["items"].is_null() => {}
        Value::Array(all) => {
            for (at, one) in all.iter_mut().enumerate() {
                prune(&schema["items"], one, (&format!("{path}[{at}]"), false), unknown);
            }
        }
        _ => {}
    }
}

fn fill(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(map) => {
            // Nothing, where there may not be nothing, is absent (`PruneNonNullableNullsWithoutDefaults`).
            let properties = &schema["properties"];
            map.retain(|key, value| {
                let inner = &properties[key.as_str()];
                !value.is_null()
                    || inner.is_null()
                    || inner["nullable"] == true
                    || inner.get("default").is_some()
            });
            for (key, inner) in properties.as_object().into_iter().flatten() {
                if inner.get("default").is_some()
                    && map
                        .get(key)
                        .is_none_or(|have| have.is_null() && inner["nullable"] != true)
                {
                    map.insert(key.clone(), inner["default"].clone());
                }
                if let Some(value) = map.get_mut(key) {
                    fill(inner, value);
                }
            }
            let named = |key: &str| schema["properties"].get(key).is_some();
            let more = &schema["additionalProperties"];
            for (_, value) in map.iter_mut().filter(|(key, _)| more.is_object() && !named(key)) {
                fill(more, value);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|one| fill(&schema["items"], one)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({ "type": "object", "required": ["spec"], "properties": { "spec": { "type": "object", "required": ["schedule"], "properties": {
            "schedule": { "type": "string", "pattern": "^[0-9* ]+$", "maxLength": 9 },
            "replicas": { "type": "integer", "minimum": 1, "maximum": 10, "default": 2 },
            "colour": { "type": "string", "enum": ["red", "green"] },
            "any": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
            "free": { "x-kubernetes-preserve-unknown-fields": true },
            "port": { "x-kubernetes-int-or-string": true },
            "labels": { "type": "object", "additionalProperties": { "type": "string" } },
            "steps": { "type": "array", "maxItems": 1, "items": { "type": "object", "properties": { "run": { "type": "string" } } } } } } } })
    }

    #[test]
    fn unknown_fields_are_dropped_and_defaults_filled_in() {
        let mut value = json!({ "kind": "K", "metadata": { "x": 1 }, "spec": { "no": 1, "any": { "free": 1 }, "labels": { "a": "b" },
            "free": [{ "own": { "x": 1 } }], "steps": [{ "run": "a", "not": 1 }] }, "other": 1 });
        let mut unknown = Vec::new();
        prune(&schema(), &mut value, ("", true), &mut unknown);
        fill(&schema(), &mut value);
        assert_eq!(unknown, ["spec.no", "spec.steps[0].not", "other"]);
        assert_eq!(
            value,
            json!({ "kind": "K", "metadata": { "x": 1 }, "spec": { "any": { "free": 1 }, "labels": { "a": "b" },
            "free": [{ "own": { "x": 1 } }], "steps": [{ "run": "a" }], "replicas": 2 } })
        );
    }

    #[test]
    fn values_are_judged_in_the_words_of_the_real_server() {
        let told = |spec: Value| {
            let mut wrong = Causes::default();
            judge(&schema(), &json!({ "spec": spec }), "", &mut wrong);
            wrong
                .found
                .into_iter()
                .map(|(path, _, text)| format!("{path}: {text}"))
                .collect::<Vec<_>>()
                .join("; ")
        };
        assert_eq!(
            told(json!({ "schedule": "* *", "replicas": 3, "port": "http", "colour": "red" })),
            ""
        );
        assert_eq!(told(json!({})), "spec.schedule: Required value");
        assert_eq!(
            told(json!({ "schedule": 5 })),
            "spec.schedule: Invalid value: \"integer\": spec.schedule in body must be of type string: \"integer\""
        );
        assert_eq!(
            told(json!({ "schedule": "daily", "replicas": 11 })),
            "spec.schedule: Invalid value: \"daily\": spec.schedule in body should match '^[0-9* ]+$'; \
             spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10"
        );
        assert_eq!(
            told(json!({ "schedule": "* * * * * *", "colour": "blue", "steps": [{}, {}] })),
            "spec.schedule: Too long: may not be more than 9 bytes; \
             spec.colour: Unsupported value: \"blue\": supported values: \"red\", \"green\"; \
             spec.steps: Too many: 2: must have at most 1 items"
        );
    }

    #[test]
    fn long_lists_are_judged_in_one_go() {
        let told = |kind: &str, items: Value, all: Value| {
            let schema = json!({ "type": "array", "items": items, "x-kubernetes-list-type": kind, "x-kubernetes-list-map-keys": ["name"] });
            let mut wrong = Causes::default();
            judge(&schema, &all, "list", &mut wrong);
            wrong.found.into_iter().map(|(path, ..)| path).collect::<Vec<_>>()
        };
        let begun = std::time::Instant::now();
        let patterned = json!({ "type": "string", "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?){1,63}$" });
        let mut names: Vec<Value> = (0..30_000).map(|at| format!("name-{at}").into()).collect();
        names.push("name-7".into());
        names.push("NAME".into());
        assert_eq!(
            told("set", patterned.clone(), names.into()),
            ["list[30001]", "list[30000]"]
        );
        let same = json!([{ "name": "a", "x": 1 }, { "name": "b" }, { "x": 2, "name": "a" }]);
        assert_eq!(told("map", json!({}), same), ["list[2]"]);
        let same = json!([{ "a": 1, "b": 2 }, { "b": 2, "a": 1 }]);
        assert_eq!(
            told("set", json!({}), same),
            ["list[1]"],
            "whatever the order of fields"
        );
        let wrong = told("atomic", patterned, vec![Value::from("NO"); 30_000].into());
        assert_eq!(wrong.len(), 1000, "nobody reads more");
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }
}
