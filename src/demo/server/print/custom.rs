//! Columns of custom resources: `additionalPrinterColumns` by JSON path.

use serde_json::{Value, json};

use super::since;
use crate::clock::Timestamp;

/// One printer column of a custom resource.
#[derive(Debug, Clone)]
pub(super) struct Column {
    name: String,
    kind: String,
    format: String,
    description: String,
    priority: i64,
    path: String,
}

/// The columns of one version of a definition: the name, then its own, or AGE if it has none.
pub(super) fn columns(version: &Value) -> Vec<Column> {
    let name = Column {
        name: "Name".into(),
        kind: "string".into(),
        format: "name".into(),
        description: super::describe("Name").into(),
        priority: 0,
        path: ".metadata.name".into(),
    };
    let own = super::items(version, "additionalPrinterColumns");
    let mut columns = vec![name];
    columns.extend(own.iter().map(|column| Column {
        name: super::text(column, "name").into(),
        kind: super::text(column, "type").into(),
        format: super::text(column, "format").into(),
        description: super::text(column, "description").into(),
        priority: super::number(column, "priority"),
        path: super::text(column, "jsonPath").into(),
    }));
    if own.is_empty() {
        columns.push(Column {
            name: "Age".into(),
            kind: "date".into(),
            format: String::new(),
            description: super::describe("Age").into(),
            priority: 0,
            path: ".metadata.creationTimestamp".into(),
        });
    }
    columns
}

impl Column {
    pub fn definition(&self) -> Value {
        json!({ "name": self.name, "type": self.kind, "format": self.format, "description": self.description, "priority": self.priority })
    }

    /// The cell: the first value at the path, in the column's type; null if there is none.
    pub fn cell(&self, object: &Value, now: Timestamp) -> Value {
        let Some(found) = find(object, &self.path) else {
            return Value::Null;
        };
        match (self.kind.as_str(), found) {
            ("date", found) => since(found, now).into(),
            ("string", Value::String(text)) => text.as_str().into(),
            (_, Value::Null) => Value::Null,
            ("string", other) => other.to_string().into(),
            ("integer", Value::Number(number)) => number.as_i64().map_or(Value::Null, Into::into),
            (_, other) => other.clone(),
        }
    }
}

/// The first value at a JSON path of the kind CRDs use: `.a.b`, `.a['b']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`, `\.` for a dot in a name.
fn find<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let mut found = vec![object];
    for step in steps(path) {
        found = found.into_iter().flat_map(|value| step.take(value)).collect();
    }
    found.into_iter().next()
}

#[derive(Debug, PartialEq)]
enum Step {
    Key(String),
    Index(i64),
    All,
    Where(String, String),
}

impl Step {
    fn take<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match self {
            Self::Key(key) => value.get(key.as_str()).into_iter().collect(),
            Self::Index(index) => {
                let all = value.as_array().map_or(&[][..], Vec::as_slice);
                let index = if *index < 0 {
                    index + all.len() as i64
                } else {
                    *index
                };
                usize::try_from(index)
                    .ok()
                    .and_then(|index| all.get(index))
                    .into_iter()
                    .collect()
            }
            Self::All => match value {
                Value::Array(all) => all.iter().collect(),
                Value::Object(all) => all.values().collect(),
                _ => Vec::new(),
            },
            Self::Where(path, wanted) => {
                let matches = |one: &&Value| match find(one, path) {
                    Some(Value::String(have)) => have == wanted,
                    Some(Value::Bool(have)) => wanted.parse() == Ok(*have),
                    Some(Value::Number(have)) => wanted.parse().ok().as_ref() == Some(have),
                    _ => false,
                };
                value.as_array().into_iter().flatten().filter(matches).collect()
            }
        }
    }
}

fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut letters = path.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '[' => {
                let mut inside = String::new();
                let mut depth = 1;
                for letter in letters.by_ref() {
                    depth += i32::from(letter == '[') - i32::from(letter == ']');
                    if depth == 0 {
                        break;
                    }
                    inside.push(letter);
                }
                steps.extend(bracket(&inside));
            }
            '.' => {
                let mut key = String::new();
                while let Some(&next) = letters.peek() {
                    if next == '.' || next == '[' {
                        break;
                    }
                    letters.next();
                    key.push(if next == '\\' {
                        letters.next().unwrap_or('\\')
                    } else {
                        next
                    });
                }
                match key.as_str() {
                    "" => {}
                    "*" => steps.push(Step::All),
                    _ => steps.push(Step::Key(key)),
                }
            }
            _ => {}
        }
    }
    steps
}

fn bracket(inside: &str) -> Option<Step> {
    let inside = inside.trim();
    if inside == "*" {
        return Some(Step::All);
    }
    if let Some(condition) = inside.strip_prefix("?(").and_then(|rest| rest.strip_suffix(')')) {
        let (path, value) = condition.split_once("==")?;
        let path = path.trim().strip_prefix('@')?;
        return Some(Step::Where(path.trim().into(), unquote(value.trim()).into()));
    }
    match inside.parse() {
        Ok(index) => Some(Step::Index(index)),
        Err(_) => Some(Step::Key(unquote(inside).into())),
    }
}

fn unquote(text: &str) -> &str {
    text.trim_matches(|letter| letter == '"' || letter == '\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_definitions_are_followed() {
        let object = json!({ "spec": { "replicas": 3, "a.b": "dot" },
            "status": { "conditions": [{ "type": "Other", "status": "False" }, { "type": "Ready", "status": "True" }] } });
        for (path, value) in [
            (".spec.replicas", json!(3)),
            (r".spec.a\.b", json!("dot")),
            (".spec['a.b']", json!("dot")),
            (r#".status.conditions[?(@.type=="Ready")].status"#, json!("True")),
            (".status.conditions[?(@.type=='Other')].status", json!("False")),
            (".status.conditions[0].type", json!("Other")),
            (".status.conditions[-1].type", json!("Ready")),
            (".status.conditions[*].type", json!("Other")),
        ] {
            assert_eq!(find(&object, path), Some(&value), "{path}");
        }
        assert_eq!(find(&object, ".spec.nothing.here"), None);
    }
}
