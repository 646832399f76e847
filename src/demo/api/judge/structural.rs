//! Schemas of custom resources: that they are structural, and use only what the API server supports (`apiextensions-apiserver`,
//! `pkg/apiserver/schema/validation.go` and `ValidateCustomResourceDefinitionOpenAPISchema`). Judges no objects.

use serde_json::{Value, json};

use super::wrong::Wrong;
use super::{entries, list, text};

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
/// Keywords of JSON Schema that no structural schema has, in the order in which they are told.
const UNSUPPORTED: [&str; 6] = [
    "id",
    "additionalItems",
    "patternProperties",
    "definitions",
    "dependencies",
    "$ref",
];

/// Where a schema stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Field,
    Item,
}

/// Judges the schema at `at`.
pub(super) fn judge(schema: &Value, at: &str, wrong: &mut Wrong) {
    if schema["nullable"] == true {
        wrong.forbidden(format!("{at}.nullable"), "nullable cannot be true at the root");
    }
    if !has_unsupported(schema) {
        let mut shape = Wrong::default();
        invariants(schema, at, Level::Root, &mut shape);
        shape.sort();
        if shape.count() == 0 {
            defaults(schema, at, &mut shape);
        }
        wrong.append(shape);
    }
    keywords(schema, at, wrong);
}

/// The schemas directly in one, with their places.
fn inner(schema: &Value, at: &str) -> Vec<(String, Level, Value)> {
    let mut all = Vec::new();
    let mut add = |place: String, level, schema: &Value| {
        if schema.is_object() {
            all.push((place, level, schema.clone()));
        }
    };
    add(
        format!("{at}.additionalProperties"),
        Level::Field,
        &schema["additionalProperties"],
    );
    for (name, property) in entries(&schema["properties"]) {
        add(format!("{at}.properties[{name}]"), Level::Field, property);
    }
    add(format!("{at}.items"), Level::Item, &schema["items"]);
    all
}

/// The schemas that constrain values beside one, with their places.
fn nested(schema: &Value, at: &str) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    if schema["not"].is_object() {
        all.push((format!("{at}.not"), schema["not"].clone()));
    }
    for kind in ["allOf", "oneOf", "anyOf"] {
        let each = list(schema, kind).iter().enumerate();
        all.extend(each.map(|(index, one)| (format!("{at}.{kind}[{index}]"), one.clone())));
    }
    all
}

fn has_unsupported(schema: &Value) -> bool {
    UNSUPPORTED.iter().any(|keyword| schema.get(*keyword).is_some())
        || schema["items"].is_array()
        || inner(schema, "")
            .iter()
            .any(|(_, _, inner)| has_unsupported(inner))
        || nested(schema, "").iter().any(|(_, inner)| has_unsupported(inner))
}

fn invariants(schema: &Value, at: &str, level: Level, wrong: &mut Wrong) {
    let kind = text(schema, "type");
    let is_embedded = schema["x-kubernetes-embedded-resource"] == true;
    let is_either = schema["x-kubernetes-int-or-string"] == true;
    let keeps = schema["x-kubernetes-preserve-unknown-fields"] == true;
    let place = format!("{at}.type");
    if kind == "array" && schema["items"].is_null() {
        wrong.required(format!("{at}.items"), "must be specified");
    }
    if level == Level::Root && schema["additionalProperties"].is_object() {
        wrong.forbidden(
            format!("{at}.additionalProperties"),
            "must not be used at the root",
        );
    }
    for (place, level, inner) in inner(schema, at) {
        invariants(&inner, &place, level, wrong);
    }
    let usual = json!([{"type": "integer"}, {"type": "string"}]);
    for (place, inner) in nested(schema, at) {
        let is_usual = schema["anyOf"] == usual && place.contains(".anyOf[") || inner["anyOf"] == usual;
        if !is_usual {
            value_only(&inner, &place, wrong);
        }
    }
    if let Some(pattern) = schema["pattern"]
        .as_str()
        .filter(|pattern| regex::Regex::new(pattern).is_err())
    {
        let why = "must be a valid regular expression, but isn't: error parsing regexp";
        wrong.invalid(format!("{at}.pattern"), &pattern.into(), why);
    }
    match (kind, level) {
        ("object", _) => {}
        ("", _) if is_embedded => {
            wrong.required(place, "must be object if x-kubernetes-embedded-resource is true");
        }
        (_, _) if is_embedded => {
            let why = "must be object if x-kubernetes-embedded-resource is true";
            wrong.invalid(place, &kind.into(), why);
        }
        ("", _) if is_either || keeps => {}
        ("", Level::Root) => wrong.required(place, "must not be empty at the root"),
        ("", Level::Item) => wrong.required(place, "must not be empty for specified array items"),
        ("", Level::Field) => wrong.required(place, "must not be empty for specified object fields"),
        (_, Level::Root) => wrong.invalid(place, &kind.into(), "must be object at the root"),
        _ => {}
    }
    if level == Level::Root || is_embedded {
        meta(&schema["properties"], at, level, wrong);
    }
    if is_embedded && !keeps && entries(&schema["properties"]).is_empty() {
        let why = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
        wrong.required(format!("{at}.properties"), why);
    }
}

/// What every object has need not be stated, and if it is, as it is.
fn meta(properties: &Value, at: &str, level: Level, wrong: &mut Wrong) {
    for (name, wanted) in [
        ("kind", "string"),
        ("apiVersion", "string"),
        ("metadata", "object"),
    ] {
        let Some(property) = properties.get(name) else {
            continue;
        };
        let kind = text(property, "type");
        if kind != wanted {
            let why = format!("must be {wanted}");
            wrong.invalid(format!("{at}.properties[{name}].type"), &kind.into(), &why);
        }
        let stated = |(key, value): &(&String, &Value)| match key.as_str() {
            "type" | "default" => false,
            "properties" => entries(value)
                .iter()
                .any(|(name, _)| !matches!(*name, "name" | "generateName")),
            _ => true,
        };
        if name == "metadata"
            && level == Level::Root
            && property
                .as_object()
                .is_some_and(|map| map.iter().any(|one| stated(&one)))
        {
            let why = "must not specify anything other than name and generateName, but metadata is implicitly specified";
            wrong.forbidden(format!("{at}.properties[{name}]"), why);
        }
    }
}

/// What constrains values says nothing else.
fn value_only(schema: &Value, at: &str, wrong: &mut Wrong) {
    let rules = [
        ("type", "must be empty to be structural"),
        ("additionalProperties", "must be undefined to be structural"),
        ("default", "must be undefined to be structural"),
        ("title", "must be empty to be structural"),
        ("description", "must be empty to be structural"),
        ("nullable", "must be false to be structural"),
        (
            "x-kubernetes-preserve-unknown-fields",
            "must be false to be structural",
        ),
        ("x-kubernetes-embedded-resource", "must be false to be structural"),
        ("x-kubernetes-int-or-string", "must be false to be structural"),
        ("x-kubernetes-list-map-keys", "must be empty to be structural"),
        ("x-kubernetes-list-type", "must be undefined to be structural"),
        ("x-kubernetes-map-type", "must be undefined to be structural"),
        ("x-kubernetes-validations", "must be empty to be structural"),
    ];
    for (key, why) in rules {
        let stated = schema
            .get(key)
            .filter(|value| **value != json!(false) && **value != json!(""));
        if stated.is_some() {
            wrong.forbidden(format!("{at}.{key}"), why);
        }
    }
    for (name, property) in entries(&schema["properties"]) {
        let place = format!("{at}.properties[{name}]");
        if name == "metadata" {
            wrong.forbidden(&*place, "must not be specified in a nested context");
        }
        value_only(property, &place, wrong);
    }
    if schema["items"].is_object() {
        value_only(&schema["items"], &format!("{at}.items"), wrong);
    }
    for (place, inner) in nested(schema, at) {
        value_only(&inner, &place, wrong);
    }
}

/// Defaults are of the type that they stand for.
fn defaults(schema: &Value, at: &str, wrong: &mut Wrong) {
    let given = match schema.get("default") {
        Some(Value::String(_)) => "string",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(number)) if number.is_f64() => "number",
        Some(Value::Number(_)) => "integer",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
        _ => "",
    };
    let wanted = text(schema, "type");
    let fits = given == wanted || (given, wanted) == ("integer", "number");
    if !given.is_empty() && !wanted.is_empty() && !fits {
        let why = format!(" in body must be of type {wanted}: {given:?}");
        wrong.invalid(format!("{at}.default"), &given.into(), &why);
    }
    for (place, _, inner) in inner(schema, at) {
        defaults(&inner, &place, wrong);
    }
}

/// Keywords one by one.
fn keywords(schema: &Value, at: &str, wrong: &mut Wrong) {
    let kind = text(schema, "type");
    if !kind.is_empty() && !TYPES.contains(&kind) {
        wrong.unsupported(format!("{at}.type"), &kind.into(), &TYPES);
    }
    for keyword in UNSUPPORTED
        .iter()
        .filter(|keyword| schema.get(**keyword).is_some())
    {
        wrong.forbidden(format!("{at}.{keyword}"), &format!("{keyword} is not supported"));
    }
    if schema["items"].is_array() {
        wrong.forbidden(
            format!("{at}.items"),
            "items must be a schema object and not an array",
        );
    }
    if schema["uniqueItems"] == true {
        let why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        wrong.forbidden(format!("{at}.uniqueItems"), why);
    }
    let closed = schema["additionalProperties"].is_object() || schema["additionalProperties"] == false;
    if closed && !entries(&schema["properties"]).is_empty() {
        let why = "additionalProperties and properties are mutual exclusive";
        wrong.forbidden(format!("{at}.additionalProperties"), why);
    }
    for (place, _, inner) in inner(schema, at) {
        keywords(&inner, &place, wrong);
    }
    for (place, inner) in nested(schema, at) {
        keywords(&inner, &place, wrong);
    }
    if schema["x-kubernetes-preserve-unknown-fields"] == false {
        let place = format!("{at}.x-kubernetes-preserve-unknown-fields");
        wrong.invalid(place, &false.into(), "must be true or undefined");
    }
    listed(schema, at, wrong);
    for (index, rule) in list(schema, "x-kubernetes-validations").iter().enumerate() {
        if text(rule, "rule").trim().is_empty() {
            let place = format!("{at}.x-kubernetes-validations[{index}].rule");
            wrong.required(place, "rule is not specified");
        }
    }
}

/// How lists and maps are merged.
fn listed(schema: &Value, at: &str, wrong: &mut Wrong) {
    let kind = text(schema, "type");
    for (key, wanted, all) in [
        ("x-kubernetes-map-type", "object", &["atomic", "granular"][..]),
        ("x-kubernetes-list-type", "array", &["atomic", "set", "map"][..]),
    ] {
        let Some(stated) = schema[key].as_str() else {
            continue;
        };
        let why = format!("must be {wanted} if {key} is specified");
        match kind {
            "" => wrong.required(format!("{at}.type"), &why),
            kind if kind != wanted => wrong.invalid(format!("{at}.type"), &kind.into(), &why),
            _ => {}
        }
        if !all.contains(&stated) {
            wrong.unsupported(format!("{at}.{key}"), &stated.into(), all);
        }
    }
    let (keys, stated) = (
        list(schema, "x-kubernetes-list-map-keys"),
        &schema["x-kubernetes-list-type"],
    );
    if !keys.is_empty() && stated != "map" {
        let (place, why) = (
            format!("{at}.x-kubernetes-list-type"),
            "must be map if x-kubernetes-list-map-keys is non-empty",
        );
        match stated {
            Value::Null => wrong.required(place, why),
            stated => wrong.invalid(place, stated, why),
        }
    }
    if stated != "map" {
        return;
    }
    let (place, items) = (format!("{at}.x-kubernetes-list-map-keys"), &schema["items"]);
    if keys.is_empty() {
        wrong.required(&*place, "must not be empty if x-kubernetes-list-type is map");
    }
    if items.is_null() {
        wrong.required(
            format!("{at}.items"),
            "must have a schema if x-kubernetes-list-type is map",
        );
    } else if items["type"] != "object" {
        let why = "must be object if parent array's x-kubernetes-list-type is map";
        wrong.invalid(format!("{at}.items.type"), &text(items, "type").into(), why);
    } else {
        for _ in keys.iter().filter(|key| {
            key.as_str()
                .is_none_or(|key| items["properties"].get(key).is_none())
        }) {
            let shown = keys.to_vec().into();
            wrong.invalid(&*place, &shown, "entries must all be names of item properties");
        }
    }
}
