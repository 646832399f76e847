//! What a value must be by its schema (kube-openapi `validation/validate`), in the words of its errors.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use regex::Regex;
use serde_json::{Map, Value};

use super::{Wrong, format, join};

/// Causes that are told at most: nobody reads more, and a long list may have one for each of its elements.
const MOST: usize = 1000;

/// What is wrong so far, and the patterns that were read to find it.
#[derive(Default)]
pub(super) struct Causes {
    pub found: Vec<Wrong>,
    /// By their text; `None`: it cannot be read.
    patterns: Rc<RefCell<HashMap<String, Option<Regex>>>>,
}

impl Causes {
    fn push(&mut self, cause: Wrong) {
        if self.found.len() < MOST {
            self.found.push(cause);
        }
    }

    fn extend(&mut self, causes: impl IntoIterator<Item = Wrong>) {
        causes.into_iter().for_each(|cause| self.push(cause));
    }

    /// What is wrong if a value is judged by another schema.
    fn tried(&self, schema: &Value, value: &Value, path: &str) -> Vec<Wrong> {
        let mut other = Self {
            found: Vec::new(),
            patterns: Rc::clone(&self.patterns),
        };
        judge(schema, value, path, &mut other);
        other.found
    }

    /// Whether a text is what a pattern wants. One that cannot be read forbids nothing.
    fn fits(&self, pattern: &str, text: &str) -> bool {
        let mut patterns = self.patterns.borrow_mut();
        if !patterns.contains_key(pattern) {
            patterns.insert(pattern.to_owned(), Regex::new(pattern).ok());
        }
        let regex = patterns.get(pattern).and_then(Option::as_ref);
        regex.is_none_or(|regex| regex.is_match(text))
    }
}

/// Collects what is wrong with a value.
pub(super) fn judge(schema: &Value, value: &Value, path: &str, wrong: &mut Causes) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    let either = schema["x-kubernetes-int-or-string"] == true;
    let wanted = if either {
        Some("integer,string")
    } else {
        schema["type"].as_str()
    };
    if let Some(wanted) = wanted.filter(|wanted| !wanted.split(',').any(|one| is_of(one, value))) {
        let have = type_of(value);
        let text = format!("Invalid value: {have:?}: {path} in body must be of type {wanted}: {have:?}");
        wrong.push((path.to_owned(), "FieldValueTypeInvalid", text));
        return;
    }
    match value {
        Value::String(text) => {
            size(schema, ("Length", text.chars().count()), (value, path), wrong);
            pattern(schema, text, path, wrong);
            if let Some(kind) = schema["format"].as_str().filter(|kind| !format::fits(kind, text)) {
                let why = format!("Invalid value: {text:?}: {path} in body must be of type {kind}: {text:?}");
                wrong.push((path.to_owned(), "FieldValueInvalid", why));
            }
        }
        Value::Number(_) => number(schema, value, path, wrong),
        Value::Array(all) => list(schema, all, (value, path), wrong),
        _ => {}
    }
    if let Some(allowed) = schema["enum"]
        .as_array()
        .filter(|allowed| !allowed.contains(value))
    {
        let all: Vec<_> = allowed.iter().map(Value::to_string).collect();
        let text = format!("Unsupported value: {value}: supported values: {}", all.join(", "));
        wrong.push((path.to_owned(), "FieldValueNotSupported", text));
    }
    if let Value::Object(map) = value {
        object(schema, map, path, wrong);
    }
    composed(schema, value, path, wrong);
}

/// `anyOf`, `oneOf`, `allOf`, `not` (`validate/schema_props.go`).
fn composed(schema: &Value, value: &Value, path: &str, wrong: &mut Causes) {
    let tried = |key: &str, wrong: &Causes| -> Vec<Vec<Wrong>> {
        let all = schema[key].as_array().into_iter().flatten();
        all.map(|one| wrong.tried(one, value, path)).collect()
    };
    let say = |rule: &str, inner: Vec<Wrong>, wrong: &mut Causes| {
        let text = format!("Invalid value: \"\": {path:?} {rule}");
        wrong.push(("<nil>".to_owned(), "FieldValueInvalid", text));
        wrong.extend(inner);
    };
    let fitting = |all: &[Vec<Wrong>]| all.iter().filter(|wrong| wrong.is_empty()).count();
    let first = |all: Vec<Vec<Wrong>>| all.into_iter().next().unwrap_or_default();
    // What is an int or a string says so by an `anyOf` that needs no second judge.
    let any = if schema["x-kubernetes-int-or-string"] == true {
        Vec::new()
    } else {
        tried("anyOf", wrong)
    };
    if !any.is_empty() && fitting(&any) == 0 {
        say("must validate at least one schema (anyOf)", first(any), wrong);
    }
    let one = tried("oneOf", wrong);
    match fitting(&one) {
        _ if one.is_empty() => {}
        0 => say(
            "must validate one and only one schema (oneOf). Found none valid",
            first(one),
            wrong,
        ),
        1 => {}
        count => {
            let rule =
                format!("must validate one and only one schema (oneOf). Found {count} valid alternatives");
            say(&rule, Vec::new(), wrong);
        }
    }
    let all = tried("allOf", wrong);
    if fitting(&all) < all.len() {
        let none = if fitting(&all) == 0 {
            ". None validated"
        } else {
            ""
        };
        wrong.extend(all.into_iter().flatten());
        let text = format!("Invalid value: \"\": {path:?} must validate all the schemas (allOf){none}");
        wrong.push(("<nil>".to_owned(), "FieldValueInvalid", text));
    }
    let not = &schema["not"];
    if not.is_object() && wrong.tried(not, value, path).is_empty() {
        let text = format!("Invalid value: \"\": {path:?} must not validate the schema (not)");
        wrong.push(("<nil>".to_owned(), "FieldValueInvalid", text));
    }
}

/// A list: its length, its elements, and that no two of a set or a map are the same (`schema/listtype`).
fn list(schema: &Value, all: &[Value], (value, path): (&Value, &str), wrong: &mut Causes) {
    size(schema, ("Items", all.len()), (value, path), wrong);
    for (at, one) in all.iter().enumerate() {
        judge(&schema["items"], one, &format!("{path}[{at}]"), wrong);
    }
    let keys: Vec<&str> = schema["x-kubernetes-list-map-keys"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mark = |one: &Value| match schema["x-kubernetes-list-type"].as_str() {
        Some("set") => Some(one.clone()),
        Some("map") => Some(Value::Object(
            keys.iter()
                .filter_map(|key| Some(((*key).to_owned(), one.get(key)?.clone())))
                .collect(),
        )),
        _ => None,
    };
    let mut seen = HashSet::new();
    for (at, one) in all.iter().enumerate() {
        let Some(own) = mark(one) else { return };
        if seen.contains(&own) {
            wrong.push((
                format!("{path}[{at}]"),
                "FieldValueDuplicate",
                format!("Duplicate value: {own}"),
            ));
        } else {
            seen.insert(own);
        }
    }
}

fn object(schema: &Value, map: &Map<String, Value>, path: &str, wrong: &mut Causes) {
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
    counted(schema, map.len(), path, wrong);
    if schema["x-kubernetes-embedded-resource"] == true {
        for key in ["apiVersion", "kind"]
            .iter()
            .filter(|key| !map.contains_key(**key))
        {
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
fn size(schema: &Value, (what, have): (&str, usize), (value, path): (&Value, &str), wrong: &mut Causes) {
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

fn pattern(schema: &Value, text: &str, path: &str, wrong: &mut Causes) {
    let Some(pattern) = schema["pattern"].as_str() else {
        return;
    };
    if !wrong.fits(pattern, text) {
        let text = format!("Invalid value: {text:?}: {path} in body should match '{pattern}'");
        wrong.push((path.to_owned(), "FieldValueInvalid", text));
    }
}

fn number(schema: &Value, value: &Value, path: &str, wrong: &mut Causes) {
    let number = value.as_f64().unwrap_or_default();
    let fits = match schema["format"].as_str() {
        Some("int32") => value.as_i64().is_none_or(|whole| i32::try_from(whole).is_ok()),
        Some("int64") => value.is_i64() || value.is_f64(),
        _ => true,
    };
    if let Some(format) = schema["format"].as_str().filter(|_| !fits) {
        let text = format!(
            "Invalid value: \"\": Checked value must be of type integer with format {format} in {path}"
        );
        wrong.push(("<nil>".to_owned(), "FieldValueInvalid", text));
    }
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

/// How many properties an object may have.
fn counted(schema: &Value, have: usize, path: &str, wrong: &mut Causes) {
    let limit = |bound: &str| {
        schema[bound]
            .as_u64()
            .and_then(|limit| usize::try_from(limit).ok())
    };
    if let Some(least) = limit("minProperties").filter(|least| have < *least) {
        let text = format!("Invalid value: {have}: {path} in body should have at least {least} properties");
        wrong.push((path.to_owned(), "FieldValueInvalid", text));
    }
    if let Some(most) = limit("maxProperties").filter(|most| have > *most) {
        let text = format!("Too many: {have}: must have at most {most} items");
        wrong.push((path.to_owned(), "FieldValueTooMany", text));
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
