//! What somebody may do: the rules of the roles that are bound to them (`plugin/pkg/auth/authorizer/rbac`). Changes nothing.

use serde_json::{Value, json};

use super::super::Shared;
use crate::demo::server::user::User;
use crate::demo::status::Status;

/// What somebody wants to do to a resource. Empty names mean none: the cluster scope, the collection.
#[derive(Debug, Clone)]
pub(in crate::demo::server) struct Attributes<'a> {
    pub verb: &'a str,
    pub group: &'a str,
    /// With the subresource, as `pods/log`.
    pub resource: String,
    pub namespace: &'a str,
    pub name: &'a str,
}

/// Refuses what no rule allows, in the words of the authorizer.
pub(in crate::demo::server) fn check(
    shared: &Shared,
    user: &User,
    wish: &Attributes<'_>,
) -> Result<(), Status> {
    why(shared, user, wish)
        .map(|_| ())
        .map_err(|reason| refusal(user, wish, &reason))
}

/// Which binding allows it; empty for the masters.
///
/// # Errors
/// What is wrong with the bindings that do not allow it; mostly nothing.
pub(in crate::demo::server) fn why(
    shared: &Shared,
    user: &User,
    wish: &Attributes<'_>,
) -> Result<String, String> {
    if user.is_master() {
        return Ok(String::new());
    }
    let (all, missing) = bound(shared, user, wish.namespace);
    let found = all
        .into_iter()
        .find(|one| one.rules.iter().any(|rule| allows(rule, wish)));
    found.map(|one| one.reason).ok_or(match missing.as_slice() {
        [] => String::new(),
        [one] => format!("RBAC: {one}"),
        all => format!("RBAC: [{}]", all.join(", ")),
    })
}

/// Whether somebody may ask for a path that names no resource.
pub(in crate::demo::server) fn may_path(shared: &Shared, user: &User, verb: &str, path: &str) -> bool {
    let fits = |rule: &Value| {
        has(&rule["verbs"], verb) && words(&rule["nonResourceURLs"]).any(|pattern| path_fits(pattern, path))
    };
    user.is_master()
        || bound(shared, user, "")
            .0
            .iter()
            .any(|one| one.rules.iter().any(fits))
}

/// The rules of somebody in a namespace: of resources, then of paths.
pub(in crate::demo::server) fn rules(
    shared: &Shared,
    user: &User,
    namespace: &str,
) -> (Vec<Value>, Vec<Value>) {
    let all = bound(shared, user, namespace)
        .0
        .into_iter()
        .flat_map(|one| one.rules);
    all.partition(|rule| rule["nonResourceURLs"].is_null())
}

/// The refusal of a wish; `reason` may be empty.
pub(in crate::demo::server) fn refusal(user: &User, wish: &Attributes<'_>, reason: &str) -> Status {
    let plural = wish.resource.split('/').next().unwrap_or_default();
    let qualified = if wish.group.is_empty() {
        plural.to_owned()
    } else {
        format!("{plural}.{}", wish.group)
    };
    let object = if wish.name.is_empty() {
        qualified
    } else {
        format!("{qualified} \"{}\"", wish.name)
    };
    let place = if wish.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace \"{}\"", wish.namespace)
    };
    let Attributes {
        verb,
        resource,
        group,
        ..
    } = wish;
    let mut message = format!(
        "{object} is forbidden: User \"{}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" {place}",
        user.name
    );
    if !reason.is_empty() {
        message = format!("{message}: {reason}");
    }
    let mut status = Status::new(403, "Forbidden", message);
    status.details = json!({});
    for (key, value) in [("name", wish.name), ("group", wish.group), ("kind", plural)] {
        if !value.is_empty() {
            status.details[key] = value.into();
        }
    }
    status
}

/// The rules that one binding gives somebody.
struct Bound {
    reason: String,
    rules: Vec<Value>,
}

/// The rules of the role that a binding refers to.
///
/// # Errors
/// 404 without the role.
pub(super) fn referred(shared: &Shared, reference: &Value, namespace: &str) -> Result<Vec<Value>, Status> {
    let text = |key: &str| reference[key].as_str().unwrap_or_default();
    let (role, kind) = match text("kind") {
        "Role" => (shared.store.read("roles", namespace, text("name")), "role"),
        _ => (shared.store.read("clusterroles", "", text("name")), "clusterrole"),
    };
    let Some(mut role) = role else {
        return Err(Status::not_found(
            &format!("{kind}.rbac.authorization.k8s.io"),
            text("name"),
        ));
    };
    Ok(match role["rules"].take() {
        Value::Array(rules) => rules,
        _ => Vec::new(),
    })
}

/// All that somebody is given in a namespace and in the whole cluster, and which roles of theirs are missing.
fn bound(shared: &Shared, user: &User, namespace: &str) -> (Vec<Bound>, Vec<String>) {
    let (mut all, mut missing) = (Vec::new(), Vec::new());
    let mut take = |storage: &str, namespace: Option<&str>| {
        for object in shared.store.list(storage, namespace) {
            let binding = object.value();
            let mut subjects = binding["subjects"].as_array().into_iter().flatten();
            let Some(subject) = subjects.find_map(|one| subject(one, user, &object.namespace)) else {
                continue;
            };
            let rules = match referred(shared, &binding["roleRef"], &object.namespace) {
                Ok(rules) => rules,
                Err(status) => {
                    missing.push(status.message);
                    continue;
                }
            };
            let text = |key: &str| binding["roleRef"][key].as_str().unwrap_or_default();
            let (kind, name) = (text("kind"), text("name"));
            let (of, place) = match namespace {
                Some(namespace) => ("RoleBinding", format!("{}/{namespace}", object.name)),
                None => ("ClusterRoleBinding", object.name.to_string()),
            };
            let reason = format!("RBAC: allowed by {of} \"{place}\" of {kind} \"{name}\" to {subject}");
            all.push(Bound { reason, rules });
        }
    };
    take("clusterrolebindings", None);
    if !namespace.is_empty() {
        take("rolebindings", Some(namespace));
    }
    (all, missing)
}

/// Whether a binding's subject is this user, and how to call it.
fn subject(subject: &Value, user: &User, namespace: &str) -> Option<String> {
    let text = |key: &str| subject[key].as_str().unwrap_or_default();
    let name = text("name");
    match text("kind") {
        "User" => (name == user.name).then(|| format!("User \"{name}\"")),
        "Group" => user
            .groups
            .iter()
            .any(|group| group == name)
            .then(|| format!("Group \"{name}\"")),
        "ServiceAccount" => {
            let space = Some(text("namespace"))
                .filter(|space| !space.is_empty())
                .unwrap_or(namespace);
            (user.as_account() == Some((space, name))).then(|| format!("ServiceAccount \"{name}/{space}\""))
        }
        _ => None,
    }
}

/// Whether a rule allows a wish (`pkg/apis/rbac/v1/evaluation_helpers.go`).
fn allows(rule: &Value, wish: &Attributes<'_>) -> bool {
    let sub = wish.resource.split_once('/').map(|(_, sub)| format!("*/{sub}"));
    let resource = words(&rule["resources"])
        .any(|one| one == "*" || one == wish.resource || Some(one) == sub.as_deref());
    let mut names = words(&rule["resourceNames"]).peekable();
    resource
        && has(&rule["verbs"], wish.verb)
        && has(&rule["apiGroups"], wish.group)
        && (names.peek().is_none() || names.any(|name| name == wish.name))
}

fn path_fits(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(head) => path.starts_with(head),
        None => pattern == path,
    }
}

pub(super) fn words(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

pub(super) fn has(list: &Value, word: &str) -> bool {
    words(list).any(|one| one == "*" || one == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish<'a>(verb: &'a str, resource: &str, name: &'a str) -> Attributes<'a> {
        Attributes {
            verb,
            group: "",
            resource: resource.into(),
            namespace: "a",
            name,
        }
    }

    #[test]
    fn rules_name_verbs_groups_resources_and_objects() {
        let rule = json!({ "verbs": ["get"], "apiGroups": [""], "resources": ["pods", "*/log"] });
        assert!(allows(&rule, &wish("get", "pods", "x")) && allows(&rule, &wish("get", "pods/log", "x")));
        assert!(!allows(&rule, &wish("list", "pods", "")) && !allows(&rule, &wish("get", "pods/exec", "x")));
        let named = json!({ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "resourceNames": ["x"] });
        assert!(allows(&named, &wish("delete", "pods", "x")) && !allows(&named, &wish("list", "pods", "")));
        assert!(path_fits("/api/*", "/api/v1") && !path_fits("/api", "/api/v1"));
    }
}
