//! Nobody grants what they do not have (`pkg/registry/rbac`, `ConfirmNoEscalation`): judges new roles and bindings before they are stored.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::rbac::{self, Attributes};
use crate::demo::resource::Resource;
use crate::demo::server::Shared;
use crate::demo::server::user::User;
use crate::demo::status::Status;

const GROUP: &str = "rbac.authorization.k8s.io";
/// Combinations of groups, resources, verbs and names that are compared with what somebody has: a role of four long lists has more of them
/// than there is memory.
const MOST: usize = 100_000;

/// Refuses a role or binding that gives more than its author has, unless they may `escalate` roles or `bind` this one. `before` is what it
/// was; what changes nothing but metadata is let through.
pub(in crate::demo::server) fn check(
    shared: &Shared,
    user: &User,
    (resource, namespace): (&Resource, &str),
    (before, new): (Option<&Value>, &Value),
) -> Result<(), Status> {
    if resource.group != GROUP || user.is_master() {
        return Ok(());
    }
    let name = new["metadata"]["name"].as_str().unwrap_or_default();
    let same = |key: &str| before.is_some_and(|before| before[key] == new[key]);
    let may = |verb: &str, resource: &str, name: &str| {
        let wish = Attributes {
            verb,
            group: GROUP,
            resource: resource.to_owned(),
            namespace,
            name,
        };
        rbac::why(shared, user, &wish).is_ok()
    };
    let refused = |why: &str| Status::forbidden(&resource.qualified(), name, why);
    if new["roleRef"].is_object() {
        let role = &new["roleRef"];
        let text = |key: &str| role[key].as_str().unwrap_or_default();
        let plural = if text("kind") == "Role" {
            "roles"
        } else {
            "clusterroles"
        };
        if same("roleRef") && same("subjects") || may("bind", plural, text("name")) {
            return Ok(());
        }
        let missing = |_| Status::not_found(&resource.qualified(), text("name"));
        let rules = rbac::referred(shared, role, namespace).map_err(missing)?;
        return covers(shared, user, namespace, &rules).map_err(|why| refused(&why));
    }
    if same("rules") && same("aggregationRule")
        || may("escalate", &resource.plural, before.map_or("", |_| name))
    {
        return Ok(());
    }
    let rules = new["rules"].as_array().cloned().unwrap_or_default();
    covers(shared, user, namespace, &rules).map_err(|why| refused(&why))?;
    let gathers = |role: &Value| role["aggregationRule"]["clusterRoleSelectors"][0].is_object();
    let everything = [
        json!({ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }),
        json!({ "verbs": ["*"], "nonResourceURLs": ["*"] }),
    ];
    if (gathers(new) || before.is_some_and(gathers)) && covers(shared, user, namespace, &everything).is_err()
    {
        return Err(refused(
            "must have cluster-admin privileges to use the aggregationRule",
        ));
    }
    Ok(())
}

/// Whether somebody has all of these rules.
///
/// # Errors
/// What they do not have, in the real server's words.
fn covers(shared: &Shared, user: &User, namespace: &str, rules: &[Value]) -> Result<(), String> {
    if rules.iter().map(combinations).fold(0, usize::saturating_add) > MOST {
        return Err(format!("more than {MOST} combinations are not compared"));
    }
    let (own, paths) = rbac::rules(shared, user, namespace);
    let mut texts = BTreeSet::new();
    let mut places: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for simple in rules.iter().flat_map(broken_down) {
        if own.iter().chain(&paths).any(|rule| covered(&simple, rule)) {
            continue;
        }
        // Rules of one resource that differ by their verb are told as one.
        if simple.path.is_some() {
            texts.insert(simple.text());
        } else {
            let place = (simple.group, simple.resource, simple.name);
            places.entry(place).or_default().extend(simple.verbs);
        }
    }
    texts.extend(places.into_iter().map(|((group, resource, name), verbs)| {
        let path = None;
        let simple = Simple {
            group,
            resource,
            name,
            path,
            verbs,
        };
        simple.text()
    }));
    if texts.is_empty() {
        return Ok(());
    }
    let texts: Vec<_> = texts.into_iter().collect();
    let groups: Vec<_> = user.groups.iter().map(|group| format!("{group:?}")).collect();
    Err(format!(
        "user {:?} (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}",
        user.name,
        groups.join(" "),
        texts.join("\n")
    ))
}

/// A rule about one thing.
#[derive(Debug, Default)]
struct Simple<'a> {
    group: &'a str,
    resource: &'a str,
    name: Option<&'a str>,
    path: Option<&'a str>,
    verbs: Vec<&'a str>,
}

impl Simple<'_> {
    /// `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`.
    fn text(&self) -> String {
        let mut parts = match self.path {
            Some(path) => vec![format!("NonResourceURLs:[{path:?}]")],
            None => vec![
                format!("APIGroups:[{:?}]", self.group),
                format!("Resources:[{:?}]", self.resource),
            ],
        };
        parts.extend(self.name.map(|name| format!("ResourceNames:[{name:?}]")));
        let verbs: Vec<_> = self.verbs.iter().map(|verb| format!("{verb:?}")).collect();
        parts.push(format!("Verbs:[{}]", verbs.join(" ")));
        format!("{{{}}}", parts.join(", "))
    }
}

/// How many simple rules one is broken down into.
fn combinations(rule: &Value) -> usize {
    let count = |key: &str| rbac::words(&rule[key]).count();
    let things = count("apiGroups")
        .saturating_mul(count("resources"))
        .saturating_mul(count("resourceNames").max(1));
    count("verbs").saturating_mul(things.saturating_add(count("nonResourceURLs")))
}

fn broken_down(rule: &Value) -> Vec<Simple<'_>> {
    let words = |key: &str| -> Vec<&str> { rbac::words(&rule[key]).collect() };
    let verbs = words("verbs");
    let names: Vec<Option<&str>> = match words("resourceNames").as_slice() {
        [] => vec![None],
        names => names.iter().copied().map(Some).collect(),
    };
    let mut all = Vec::new();
    for group in words("apiGroups") {
        for resource in words("resources") {
            for (verb, name) in verbs
                .iter()
                .flat_map(|verb| names.iter().map(move |name| (verb, name)))
            {
                all.push(Simple {
                    group,
                    resource,
                    name: *name,
                    verbs: vec![verb],
                    path: None,
                });
            }
        }
    }
    for path in words("nonResourceURLs") {
        all.extend(verbs.iter().map(|verb| Simple {
            path: Some(path),
            verbs: vec![verb],
            ..Simple::default()
        }));
    }
    all
}

/// Whether a rule allows all that a simple one does (`policy_comparator.go`).
fn covered(simple: &Simple<'_>, rule: &Value) -> bool {
    let has = |key: &str, wanted: &str| rbac::has(&rule[key], wanted);
    if !simple.verbs.iter().all(|verb| has("verbs", verb)) {
        return false;
    }
    if let Some(path) = simple.path {
        return rbac::words(&rule["nonResourceURLs"]).any(|known| {
            known == path || known.strip_suffix('*').is_some_and(|stem| path.starts_with(stem))
        });
    }
    let sub = simple.resource.split_once('/').map(|(_, sub)| format!("*/{sub}"));
    let mut names = rbac::words(&rule["resourceNames"]).peekable();
    has("apiGroups", simple.group)
        && (has("resources", simple.resource)
            || sub.is_some_and(|sub| rbac::words(&rule["resources"]).any(|one| one == sub)))
        && (names.peek().is_none() || simple.name.is_some_and(|wanted| names.any(|name| name == wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_held_is_told_thing_by_thing() {
        let rule = json!({ "verbs": ["get", "list"], "apiGroups": ["", "apps"], "resources": ["pods/log"], "resourceNames": ["x"] });
        let all = broken_down(&rule);
        assert_eq!((all.len(), combinations(&rule)), (4, 4));
        assert_eq!(
            all[0].text(),
            r#"{APIGroups:[""], Resources:["pods/log"], ResourceNames:["x"], Verbs:["get"]}"#
        );
        let held = |rule: Value| covered(&all[0], &rule);
        assert!(held(
            json!({ "verbs": ["*"], "apiGroups": [""], "resources": ["*/log"] })
        ));
        assert!(!held(
            json!({ "verbs": ["*"], "apiGroups": [""], "resources": ["pods"] })
        ));
        assert!(!held(
            json!({ "verbs": ["*"], "apiGroups": [""], "resources": ["*"], "resourceNames": ["y"] })
        ));
        let path = json!({ "verbs": ["get"], "nonResourceURLs": ["/metrics"] });
        assert_eq!(
            (broken_down(&path)[0].text(), combinations(&path)),
            (r#"{NonResourceURLs:["/metrics"], Verbs:["get"]}"#.to_owned(), 1)
        );
        assert!(covered(
            &broken_down(&path)[0],
            &json!({ "verbs": ["get"], "nonResourceURLs": ["/m*"] })
        ));
    }
}
