//! Custom resources and the schema of their definition: defaults, unknown fields, and what a value must be (structural schemas of
//! apiextensions). Rules in CEL and `oneOf` and its like are not judged.

use serde_json::{Map, Value};

use crate::demo::resource::Resource;
use crate::demo::status::Status;

/// What is wrong with one value: its path, the reason and the text of the cause.
type Wrong = (String, &'static str, String);

/// The schema of a custom resource; null for others.
fn of(resource: &Resource) -> &Value {
    &resource.definition["schema"]["openAPIV3Schema"]
}

/// Drops fields that the schema does not know; their paths.
pub(super) fn unknown(resource: &Resource, value: &mut Value) -> Vec<String> {
    let mut unknown = Vec::new();
    if of(resource).is_object() {
        prune(of(resource), value, ("", true), &mut unknown);
    }
    unknown
}

/// Fills in defaults and drops fields that the schema does not know; their paths.
pub(super) fn fit(resource: &Resource, value: &mut Value) -> Vec<String> {
    let unknown = unknown(resource, value);
    fill(of(resource), value);
    unknown
}

/// Refuses values that the schema does not allow. What was wrong in the same way `before` is let through, as the real server does.
///
/// # Errors
/// 422 with all causes.
pub(super) fn check(resource: &Resource, before: Option<&Value>, value: &Value) -> Result<(), Status> {
    let schema = of(resource);
    if !schema.is_object() {
        return Ok(());
    }
    let (mut wrong, mut had) = (Vec::new(), Vec::new());
    judge(schema, value, "", &mut wrong);
    if let Some(before) = before {
        judge(schema, before, "", &mut had);
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
            for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
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

fn judge(schema: &Value, value: &Value, path: &str, wrong: &mut Vec<Wrong>) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    if let Some(wanted) = schema["type"].as_str().filter(|wanted| !is_of(wanted, value)) {
        let have = type_of(value);
        let text = format!("Invalid value: {have:?}: {path} in body must be of type {wanted}: {have:?}");
        wrong.push((path.to_owned(), "FieldValueTypeInvalid", text));
        return;
    }
    if let Some(allowed) = schema["enum"]
        .as_array()
        .filter(|allowed| !allowed.contains(value))
    {
        let all: Vec<_> = allowed.iter().map(Value::to_string).collect();
        let text = format!("Unsupported value: {value}: supported values: {}", all.join(", "));
        wrong.push((path.to_owned(), "FieldValueNotSupported", text));
    }
    match value {
        Value::Object(map) => judge_object(schema, map, path, wrong),
        Value::Array(all) => {
            judge_size(schema, ("Items", all.len()), (value, path), wrong);
            for (at, one) in all.iter().enumerate() {
                judge(&schema["items"], one, &format!("{path}[{at}]"), wrong);
            }
        }
        Value::String(text) => {
            judge_size(schema, ("Length", text.chars().count()), (value, path), wrong);
            judge_pattern(schema, text, path, wrong);
        }
        Value::Number(_) => judge_number(schema, value, path, wrong),
        _ => {}
    }
}

fn judge_object(schema: &Value, map: &Map<String, Value>, path: &str, wrong: &mut Vec<Wrong>) {
    for key in schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if !map.contains_key(key) {
            wrong.push((join(path, key), "FieldValueRequired", "Required value".into()));
        }
    }
    for (key, value) in map {
        let known = &schema["properties"][key.as_str()];
        let inner = if known.is_object() {
            known
        } else {
            &schema["additionalProperties"]
        };
        // Metadata is judged as that of every object.
        if inner.is_object() && !(path.is_empty() && key == "metadata") {
            judge(inner, value, &join(path, key), wrong);
        }
    }
}

/// How many characters or items there may be (kube-openapi `errors`).
fn judge_size(
    schema: &Value,
    (what, have): (&str, usize),
    (value, path): (&Value, &str),
    wrong: &mut Vec<Wrong>,
) {
    let limit = |bound: &str| {
        schema[format!("{bound}{what}")]
            .as_u64()
            .and_then(|limit| usize::try_from(limit).ok())
    };
    let items = what == "Items";
    if let Some(least) = limit("min").filter(|least| have < *least) {
        let rule = if items {
            format!("should have at least {least} items")
        } else {
            format!("should be at least {least} chars long")
        };
        wrong.push((
            path.to_owned(),
            "FieldValueInvalid",
            format!("Invalid value: {value}: {path} in body {rule}"),
        ));
    }
    if let Some(most) = limit("max").filter(|most| have > *most) {
        let (reason, text) = if items {
            (
                "FieldValueTooMany",
                format!("Too many: {have}: must have at most {most} items"),
            )
        } else {
            (
                "FieldValueTooLong",
                format!("Too long: may not be more than {most} bytes"),
            )
        };
        wrong.push((path.to_owned(), reason, text));
    }
}

fn judge_pattern(schema: &Value, text: &str, path: &str, wrong: &mut Vec<Wrong>) {
    let Some(pattern) = schema["pattern"].as_str() else {
        return;
    };
    // A pattern that cannot be read forbids nothing.
    if regex::Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text)) {
        let text = format!("Invalid value: {text:?}: {path} in body should match '{pattern}'");
        wrong.push((path.to_owned(), "FieldValueInvalid", text));
    }
}

fn judge_number(schema: &Value, value: &Value, path: &str, wrong: &mut Vec<Wrong>) {
    let number = value.as_f64().unwrap_or_default();
    let mut tell = |rule: String| {
        wrong.push((
            path.to_owned(),
            "FieldValueInvalid",
            format!("Invalid value: {value}: {path} in body {rule}"),
        ));
    };
    if let Some(most) = schema["maximum"].as_f64() {
        match schema["exclusiveMaximum"] == true {
            true if number >= most => tell(format!("should be less than {most}")),
            false if number > most => tell(format!("should be less than or equal to {most}")),
            _ => {}
        }
    }
    if let Some(least) = schema["minimum"].as_f64() {
        match schema["exclusiveMinimum"] == true {
            true if number <= least => tell(format!("should be greater than {least}")),
            false if number < least => tell(format!("should be greater than or equal to {least}")),
            _ => {}
        }
    }
    if let Some(step) = schema["multipleOf"]
        .as_f64()
        .filter(|step| *step > 0.0 && (number / step).fract() != 0.0)
    {
        tell(format!("should be a multiple of {step}"));
    }
}

fn is_of(wanted: &str, value: &Value) -> bool {
    match wanted {
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        "number" => value.is_number(),
        wanted => type_of(value) == wanted,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
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
            let mut wrong = Vec::new();
            judge(&schema(), &json!({ "spec": spec }), "", &mut wrong);
            wrong
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
}
