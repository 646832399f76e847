//! What differs between two versions of an object, field by field, as a person would say it.

use serde_json::{Map, Value};

/// One field: its path (`spec.replicas`, `spec.containers[app].image`), what it was and what it is; `None` where it is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// Where.
    pub path: String,
    /// Before.
    pub before: Option<Value>,
    /// After.
    pub after: Option<Value>,
}

/// The server's own bookkeeping, which differs always.
pub(super) const IGNORED: &[&str] = &[
    "metadata.managedFields",
    "metadata.resourceVersion",
    "metadata.generation",
];

/// The fields that differ, in the order of the objects.
pub fn between(before: &Value, after: &Value) -> Vec<Changed> {
    let mut out = Vec::new();
    compare("", Some(before), Some(after), &mut out);
    out
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, out: &mut Vec<Changed>) {
    if before == after || IGNORED.contains(&path) {
        return;
    }
    match (before, after) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            for (name, path) in names(one, other, path) {
                compare(&path, one.get(name), other.get(name), out);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => match (named(one), named(other)) {
            (Some(one), Some(other)) => {
                let before = one.iter().map(|(name, _)| *name);
                let fresh = other.iter().map(|(name, _)| *name);
                let fresh = fresh.filter(|name| one.iter().all(|(known, _)| known != name));
                for name in before.chain(fresh) {
                    let of = |list: &[(&str, _)]| {
                        list.iter()
                            .find(|(known, _)| *known == name)
                            .map(|(_, item)| *item)
                    };
                    compare(&format!("{path}[{name}]"), of(&one), of(&other), out);
                }
                if !same_order(&one, &other) {
                    out.push(Changed {
                        path: format!("{path} (order)"),
                        before: Some(order(&one)),
                        after: Some(order(&other)),
                    });
                }
            }
            _ => {
                for at in 0..one.len().max(other.len()) {
                    compare(&format!("{path}[{at}]"), one.get(at), other.get(at), out);
                }
            }
        },
        _ => out.push(Changed {
            path: path.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

/// The fields of either, with their paths.
fn names<'a>(
    one: &'a Map<String, Value>,
    other: &'a Map<String, Value>,
    path: &str,
) -> Vec<(&'a str, String)> {
    let fresh = other.keys().filter(|name| !one.contains_key(*name));
    let whole = |name: &'a String| {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        (name.as_str(), path)
    };
    one.keys().chain(fresh).map(whole).collect()
}

/// Items by their `name`. `None` when one has none, or two share one.
pub(super) fn named(list: &[Value]) -> Option<Vec<(&str, &Value)>> {
    let mut out: Vec<(&str, &Value)> = Vec::with_capacity(list.len());
    for item in list {
        let name = item.get("name")?.as_str()?;
        if out.iter().any(|(known, _)| *known == name) {
            return None;
        }
        out.push((name, item));
    }
    Some(out)
}

/// True when the items that both have stand in the same order.
pub(super) fn same_order(one: &[(&str, &Value)], other: &[(&str, &Value)]) -> bool {
    let common = |list: &[(&str, &Value)], of: &[(&str, &Value)]| -> Vec<String> {
        let known = list
            .iter()
            .filter(|(name, _)| of.iter().any(|(known, _)| known == name));
        known.map(|(name, _)| (*name).to_owned()).collect()
    };
    common(one, other) == common(other, one)
}

/// The names, as they stand.
fn order(list: &[(&str, &Value)]) -> Value {
    list.iter().map(|(name, _)| Value::from(*name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_named_and_items_found_by_name() {
        let before = json!({"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 3, "containers": [{"name": "a", "image": "a:1"}, {"name": "b"}], "args": ["x"]}});
        let after = json!({"metadata": {"resourceVersion": "2"}, "spec": {"replicas": 5, "containers": [{"name": "b"}, {"name": "a", "image": "a:2"}], "args": ["x", "y"], "paused": true}});
        let paths: Vec<String> = between(&before, &after)
            .into_iter()
            .map(|changed| changed.path)
            .collect();
        assert_eq!(
            paths,
            [
                "spec.replicas",
                "spec.containers[a].image",
                "spec.containers (order)",
                "spec.args[1]",
                "spec.paused"
            ]
        );
        assert_eq!(between(&before, &before), []);
    }
}
