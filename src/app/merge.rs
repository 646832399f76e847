//! Two changes of one object brought together, path by path. Knows nothing of where they came from.

use serde_json::{Map, Value};

use super::difference;

/// What `mine` changed of `base`, on top of `theirs`; and the paths that both changed differently, where `mine` stands.
pub fn three_way(base: &Value, mine: &Value, theirs: &Value) -> (Value, Vec<String>) {
    let mut both = Vec::new();
    let versions = Versions {
        base: Some(base),
        mine: Some(mine),
        theirs: Some(theirs),
    };
    let merged = versions.merge("", &mut both);
    (merged.unwrap_or(Value::Null), both)
}

/// One place in the three; `None` where it is absent.
#[derive(Clone, Copy)]
struct Versions<'a> {
    base: Option<&'a Value>,
    mine: Option<&'a Value>,
    theirs: Option<&'a Value>,
}

impl Versions<'_> {
    fn merge(self, path: &str, both: &mut Vec<String>) -> Option<Value> {
        if difference::IGNORED.contains(&path) || self.mine == self.base || self.mine == self.theirs {
            return self.theirs.cloned();
        }
        if self.theirs == self.base {
            return self.mine.cloned();
        }
        let empty = Map::new();
        match (self.mine, self.theirs) {
            (Some(Value::Object(mine)), Some(Value::Object(theirs))) => {
                let base = self.base.and_then(Value::as_object).unwrap_or(&empty);
                Some(Value::Object(fields(base, [mine, theirs], path, both)))
            }
            (Some(Value::Array(mine)), Some(Value::Array(theirs))) => {
                let base = self.base.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                items(base, [mine, theirs], path, both).or_else(|| self.overlap(path, both))
            }
            _ => self.overlap(path, both),
        }
    }

    fn overlap(self, path: &str, both: &mut Vec<String>) -> Option<Value> {
        both.push(path.to_owned());
        self.mine.cloned()
    }
}

fn fields(
    base: &Map<String, Value>,
    [mine, theirs]: [&Map<String, Value>; 2],
    path: &str,
    both: &mut Vec<String>,
) -> Map<String, Value> {
    let fresh = mine.keys().filter(|name| !theirs.contains_key(*name));
    let mut out = Map::new();
    for name in theirs.keys().chain(fresh) {
        let below = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let versions = Versions {
            base: base.get(name),
            mine: mine.get(name),
            theirs: theirs.get(name),
        };
        if let Some(value) = versions.merge(&below, both) {
            out.insert(name.clone(), value);
        }
    }
    out
}

/// Items by name, in the order of whoever changed it. `None` when they have no names.
fn items(base: &[Value], [mine, theirs]: [&[Value]; 2], path: &str, both: &mut Vec<String>) -> Option<Value> {
    let (base, mine, theirs) = (
        difference::named(base)?,
        difference::named(mine)?,
        difference::named(theirs)?,
    );
    let (first, second) = if difference::same_order(&base, &mine) {
        (&theirs, &mine)
    } else {
        (&mine, &theirs)
    };
    let fresh = second
        .iter()
        .filter(|(name, _)| first.iter().all(|(known, _)| known != name));
    let mut out = Vec::new();
    for (name, _) in first.iter().chain(fresh) {
        let versions = Versions {
            base: find(&base, name),
            mine: find(&mine, name),
            theirs: find(&theirs, name),
        };
        out.extend(versions.merge(&format!("{path}[{name}]"), both));
    }
    Some(Value::Array(out))
}

fn find<'a>(list: &[(&str, &'a Value)], name: &str) -> Option<&'a Value> {
    list.iter()
        .find(|(known, _)| *known == name)
        .map(|(_, item)| *item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_keeps_what_only_it_changed() {
        let base = json!({"metadata": {"resourceVersion": "7", "labels": {"gone": "x"}}, "spec": {"replicas": 3, "containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]}, "status": {"ready": 3}});
        let mine = json!({"metadata": {"resourceVersion": "7", "labels": {}}, "spec": {"replicas": 3, "containers": [{"name": "a", "image": "a:2"}, {"name": "b", "image": "b:1"}], "paused": true}, "status": {"ready": 3}});
        let theirs = json!({"metadata": {"resourceVersion": "8", "labels": {"gone": "x", "new": "y"}}, "spec": {"replicas": 5, "containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:2"}, {"name": "c"}]}, "status": {"ready": 5}});
        let (merged, both) = three_way(&base, &mine, &theirs);
        assert_eq!(both, [""; 0]);
        assert_eq!(
            merged,
            json!({"metadata": {"resourceVersion": "8", "labels": {"new": "y"}}, "spec": {"replicas": 5, "containers": [{"name": "a", "image": "a:2"}, {"name": "b", "image": "b:2"}, {"name": "c"}], "paused": true}, "status": {"ready": 5}})
        );
    }

    #[test]
    fn what_both_changed_is_named_and_mine_stands() {
        let base = json!({"spec": {"replicas": 3, "args": ["a"], "c": [{"name": "x"}, {"name": "y"}]}});
        let mine = json!({"spec": {"replicas": 9, "args": ["b"], "c": [{"name": "y"}, {"name": "x"}]}});
        let theirs = json!({"spec": {"replicas": 5, "args": ["c"], "c": [{"name": "x"}, {"name": "y"}, {"name": "z"}]}});
        let (merged, both) = three_way(&base, &mine, &theirs);
        assert_eq!(both, ["spec.replicas", "spec.args"]);
        assert_eq!(
            merged,
            json!({"spec": {"replicas": 9, "args": ["b"], "c": [{"name": "y"}, {"name": "x"}, {"name": "z"}]}})
        );
    }
}
