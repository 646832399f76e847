//! The roles and bindings that every cluster has (`assets/rbac.jsonl`, as a kube-apiserver 1.36.3 makes them), and what aggregated roles gather.
//! Whom they allow what is the server's business.

use serde_json::{Value, json};

use super::selector;
use super::store::Store;

/// One object a line: kind, place, labels and what makes it one; all else they have in common.
const DEFAULTS: &str = include_str!("../../assets/rbac.jsonl");
const GROUP: &str = "rbac.authorization.k8s.io";
/// Where cluster roles are kept.
pub const STORED: &str = "clusterroles";

/// The default roles and bindings, ready to be stored but for their time stamps.
pub fn defaults() -> Vec<Value> {
    let lines = DEFAULTS
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let mut all: Vec<Value> = lines.map(whole).collect();
    // `edit` gathers what `view` has gathered, `admin` what `edit` has.
    for name in ["view", "edit", "admin"] {
        let at = all
            .iter()
            .position(|one| one["kind"] == "ClusterRole" && one["metadata"]["name"] == name);
        if let Some(at) = at {
            all[at]["rules"] = gathered(&all[at], &all);
        }
    }
    all
}

/// Stores them in a cluster that has nothing.
pub fn bootstrap(store: &Store) {
    for role in defaults() {
        let kind = role["kind"].as_str().unwrap_or_default().to_lowercase();
        let namespace = role["metadata"]["namespace"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        // They are there already if this is not the first start.
        let _ = store.create(&format!("{kind}s"), &namespace, role);
    }
}

fn whole(mut stated: Value) -> Value {
    let mut meta = json!({ "name": stated["name"], "annotations": { "rbac.authorization.kubernetes.io/autoupdate": "true" },
        "labels": { "kubernetes.io/bootstrapping": "rbac-defaults" } });
    if stated["namespace"].is_string() {
        meta["namespace"] = stated["namespace"].take();
    }
    for (key, value) in stated["labels"].as_object().into_iter().flatten() {
        meta["labels"][key] = value.clone();
    }
    let mut role = json!({ "kind": stated["kind"], "apiVersion": format!("{GROUP}/v1"), "metadata": meta });
    for key in ["aggregationRule", "rules", "roleRef", "subjects"] {
        if let Some(part) = stated.get_mut(key) {
            role[key] = part.take();
        }
    }
    let subjects = role
        .get_mut("subjects")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten();
    for subject in subjects.filter(|one| one["kind"] != "ServiceAccount") {
        subject["apiGroup"] = GROUP.into();
    }
    if role["roleRef"].is_object() {
        role["roleRef"]["apiGroup"] = GROUP.into();
    } else if let Some(role) = role.as_object_mut() {
        role.shift_remove("roleRef");
        role.shift_remove("subjects");
    }
    role
}

/// The rules that an aggregated role gathers from the cluster roles in `all`, in the order of their names, each once
/// (`clusterroleaggregation_controller.go`).
pub fn gathered(role: &Value, all: &[Value]) -> Value {
    let selectors = role["aggregationRule"]["clusterRoleSelectors"].as_array();
    let mut rules: Vec<&Value> = Vec::new();
    for selector in selectors.into_iter().flatten() {
        let mut chosen: Vec<&Value> = all
            .iter()
            .filter(|one| one["kind"] == "ClusterRole" && one["metadata"]["name"] != role["metadata"]["name"])
            .filter(|one| selector::selects(selector, &one["metadata"]["labels"]))
            .collect();
        chosen.sort_by_key(|one| one["metadata"]["name"].as_str());
        for rule in chosen
            .into_iter()
            .filter_map(|one| one["rules"].as_array())
            .flatten()
        {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
    }
    json!(rules)
}

/// Brings the rules of aggregated cluster roles up to date, after one of them has changed.
pub fn settle(store: &Store) {
    // What one gathers may be gathered by another: as often as anything changes, within reason.
    for _ in 0..8 {
        let all: Vec<Value> = store.list(STORED, None).iter().map(|one| one.value()).collect();
        let mut still = true;
        for role in all.iter().filter(|role| role["aggregationRule"].is_object()) {
            let rules = gathered(role, &all);
            if role["rules"] != rules {
                let name = role["metadata"]["name"].as_str().unwrap_or_default();
                still &= store
                    .modify(STORED, "", name, |role| role["rules"] = rules)
                    .is_err();
            }
        }
        if still {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_roles_are_whole() {
        let all = defaults();
        assert_eq!(all.len(), 133);
        let count = |name: &str| {
            let role = all
                .iter()
                .find(|one| one["kind"] == "ClusterRole" && one["metadata"]["name"] == name);
            role.unwrap()["rules"].as_array().unwrap().len()
        };
        assert_eq!((count("view"), count("edit"), count("admin")), (12, 27, 29));
        let masters = all
            .iter()
            .find(|one| one["kind"] == "ClusterRoleBinding" && one["metadata"]["name"] == "cluster-admin");
        assert_eq!(masters.unwrap()["subjects"][0]["name"], "system:masters");
        assert_eq!(masters.unwrap()["roleRef"]["apiGroup"], GROUP);
        assert!(
            all.iter()
                .all(|one| one["rules"].is_array() || one["roleRef"].is_object())
        );
    }
}
