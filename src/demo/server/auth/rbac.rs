//! What somebody may do: the rules of the roles that are bound to them (`plugin/pkg/auth/authorizer/rbac`). Changes nothing.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::super::Shared;
use super::user::{AUTHENTICATED, UNAUTHENTICATED, User};
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

/// A role and the group that has it.
type Named = (&'static str, &'static str);

/// What the groups that everybody is in may (`bootstrappolicy/policy.go`): name of the role, group, rules.
static EVERYBODY: LazyLock<[(Named, Vec<Value>); 5]> = LazyLock::new(|| {
    let get = |paths: &[&str]| vec![json!({ "verbs": ["get"], "nonResourceURLs": paths })];
    let public = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
    let found = [
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/openapi",
        "/openapi/*",
        "/readyz",
        "/version",
        "/version/",
    ];
    let issuer = [
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration/",
        "/openid/v1/jwks",
        "/openid/v1/jwks/",
    ];
    let own = |group: &str, resources: &[&str]| json!({ "verbs": ["create"], "apiGroups": [group], "resources": resources });
    let basic = vec![
        own(
            "authorization.k8s.io",
            &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        ),
        own("authentication.k8s.io", &["selfsubjectreviews"]),
    ];
    let info = "system:public-info-viewer";
    [
        (("system:basic-user", AUTHENTICATED), basic),
        (("system:discovery", AUTHENTICATED), get(&found)),
        ((info, AUTHENTICATED), get(&public)),
        ((info, UNAUTHENTICATED), get(&public)),
        (
            (
                "system:service-account-issuer-discovery",
                "system:serviceaccounts",
            ),
            get(&issuer),
        ),
    ]
});

/// Refuses what no rule allows, in the words of the authorizer.
pub(in crate::demo::server) fn check(
    shared: &Shared,
    user: &User,
    wish: &Attributes<'_>,
) -> Result<(), Status> {
    if why(shared, user, wish).is_some() {
        Ok(())
    } else {
        Err(refusal(user, wish))
    }
}

/// Which binding allows it; empty for the masters, `None` if it is not allowed.
pub(in crate::demo::server) fn why(shared: &Shared, user: &User, wish: &Attributes<'_>) -> Option<String> {
    if user.is_master() {
        return Some(String::new());
    }
    bound(shared, user, wish.namespace)
        .into_iter()
        .find(|one| one.rules.iter().any(|rule| allows(rule, wish)))
        .map(|one| one.reason)
}

/// Whether somebody may ask for a path that names no resource.
pub(in crate::demo::server) fn may_path(shared: &Shared, user: &User, verb: &str, path: &str) -> bool {
    let fits = |rule: &Value| {
        has(&rule["verbs"], verb) && words(&rule["nonResourceURLs"]).any(|pattern| path_fits(pattern, path))
    };
    user.is_master()
        || bound(shared, user, "")
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
        .into_iter()
        .flat_map(|one| one.rules);
    all.partition(|rule| rule["nonResourceURLs"].is_null())
}

/// The refusal of a wish.
pub(in crate::demo::server) fn refusal(user: &User, wish: &Attributes<'_>) -> Status {
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
    let message = format!(
        "{object} is forbidden: User \"{}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" {place}",
        user.name
    );
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

/// All that somebody is given in a namespace and in the whole cluster.
fn bound(shared: &Shared, user: &User, namespace: &str) -> Vec<Bound> {
    let mut all = Vec::new();
    for ((name, group), rules) in EVERYBODY.iter() {
        if user.groups.iter().any(|have| have == group) {
            let reason = format!(
                "RBAC: allowed by ClusterRoleBinding \"{name}\" of ClusterRole \"{name}\" to Group \"{group}\""
            );
            all.push(Bound {
                reason,
                rules: rules.clone(),
            });
        }
    }
    let mut take = |storage: &str, namespace: Option<&str>| {
        for object in shared.store.list(storage, namespace) {
            let binding = object.value();
            let mut subjects = binding["subjects"].as_array().into_iter().flatten();
            let Some(subject) = subjects.find_map(|one| subject(one, user, &object.namespace)) else {
                continue;
            };
            let (kind, name) = (&binding["roleRef"]["kind"], &binding["roleRef"]["name"]);
            let (kind, name) = (
                kind.as_str().unwrap_or_default(),
                name.as_str().unwrap_or_default(),
            );
            let role = match kind {
                "Role" => shared.store.read("roles", &object.namespace, name),
                _ => shared.store.read("clusterroles", "", name),
            };
            let Some(Value::Array(rules)) = role.map(|mut role| role["rules"].take()) else {
                continue;
            };
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
    all
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

fn words(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn has(list: &Value, word: &str) -> bool {
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
