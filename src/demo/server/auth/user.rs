//! Who somebody is: the administrator, a service account with a token, or whom either of them impersonates. Grants nothing.

use serde_json::{Map, Value, json};

use super::super::Shared;
use super::super::request::Request;
use super::rbac::{self, Attributes};
use crate::demo::status::Status;

/// The administrator, whose token is in the kubeconfig.
const ADMIN: &str = "demo-admin";
/// May do everything, without any role.
const MASTERS: &str = "system:masters";
const AUTHENTICATED: &str = "system:authenticated";
const UNAUTHENTICATED: &str = "system:unauthenticated";
const ANONYMOUS: &str = "system:anonymous";
const EXTRA: &str = "impersonate-extra-";

/// Somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::demo::server) struct User {
    pub name: String,
    pub uid: String,
    pub groups: Vec<String>,
    pub extra: Vec<(String, Vec<String>)>,
}

impl User {
    pub fn admin() -> Self {
        Self {
            name: ADMIN.into(),
            groups: vec![MASTERS.into(), AUTHENTICATED.into()],
            ..Self::default()
        }
    }

    /// Whoever comes without a token.
    pub fn anonymous() -> Self {
        Self {
            name: ANONYMOUS.into(),
            groups: vec![UNAUTHENTICATED.into()],
            ..Self::default()
        }
    }

    /// The service account behind a token.
    pub fn account(namespace: &str, name: &str, uid: &str) -> Self {
        let mut groups = account_groups(namespace);
        groups.push(AUTHENTICATED.into());
        Self {
            name: format!("system:serviceaccount:{namespace}:{name}"),
            uid: uid.into(),
            groups,
            extra: Vec::new(),
        }
    }

    /// The user that a review is about.
    pub fn reviewed(spec: &Value) -> Self {
        let text = |key: &str| spec[key].as_str().unwrap_or_default().to_owned();
        let groups = spec["groups"].as_array().into_iter().flatten();
        Self {
            name: text("user"),
            uid: text("uid"),
            groups: groups
                .filter_map(|group| group.as_str().map(str::to_owned))
                .collect(),
            extra: Vec::new(),
        }
    }

    /// Whether roles do not matter.
    pub fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }

    /// Namespace and name, if it is a service account.
    pub fn as_account(&self) -> Option<(&str, &str)> {
        split_account(&self.name)
    }

    /// As reviews show it.
    pub fn json(&self) -> Value {
        let mut info = json!({ "username": self.name });
        if !self.uid.is_empty() {
            info["uid"] = self.uid.as_str().into();
        }
        info["groups"] = json!(self.groups);
        if !self.extra.is_empty() {
            let extra: Map<_, _> = self
                .extra
                .iter()
                .map(|(key, all)| (key.clone(), json!(all)))
                .collect();
            info["extra"] = extra.into();
        }
        info
    }
}

fn split_account(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("system:serviceaccount:")?.split_once(':')
}

fn account_groups(namespace: &str) -> Vec<String> {
    vec![
        "system:serviceaccounts".into(),
        format!("system:serviceaccounts:{namespace}"),
    ]
}

/// Whom `user` acts as in a request: itself, or whom the `Impersonate-…` headers name (apiserver `filters/impersonation`).
///
/// # Errors
/// 403 for what it may not impersonate, 400 for groups without a user.
pub(super) fn acting(shared: &Shared, request: &Request, user: User) -> Result<User, Status> {
    let name = request.header("impersonate-user").to_owned();
    let groups: Vec<String> = request.headers("impersonate-group").map(str::to_owned).collect();
    let uid = request.header("impersonate-uid").to_owned();
    let extra: Vec<(String, Vec<String>)> = request.headers_under(EXTRA);
    if name.is_empty() {
        if groups.is_empty() && uid.is_empty() && extra.is_empty() {
            return Ok(user);
        }
        let quoted: Vec<_> = groups.iter().map(|group| format!("{group:?}")).collect();
        return Err(Status::bad_request(format!(
            "requested &user.DefaultInfo{{Name:\"\", UID:{uid:?}, Groups:[]string{{{}}}, Extra:map[string][]string(nil)}} without \
             impersonating a user name",
            quoted.join(", ")
        )));
    }
    let account = split_account(&name);
    let may = |group: &str, resource: &str, (namespace, name): (&str, &str)| {
        let wish = Attributes {
            verb: "impersonate",
            group,
            resource: resource.to_owned(),
            namespace,
            name,
        };
        rbac::check(shared, &user, &wish)
    };
    match account {
        Some(account) => may("", "serviceaccounts", account)?,
        None => may("", "users", ("", &name))?,
    }
    for group in &groups {
        may("", "groups", ("", group))?;
    }
    let named = "authentication.k8s.io";
    for (key, values) in &extra {
        for value in values {
            may(named, &format!("userextras/{key}"), ("", value))?;
        }
    }
    if !uid.is_empty() {
        may(named, "uids", ("", &uid))?;
    }
    let given = match account {
        Some((namespace, _)) if groups.is_empty() => account_groups(namespace),
        _ => groups,
    };
    Ok(User {
        groups: completed(&name, given),
        name,
        uid,
        extra,
    })
}

/// Groups with the one that everybody is in.
fn completed(name: &str, mut groups: Vec<String>) -> Vec<String> {
    let has = |wanted: &str| groups.iter().any(|group| group == wanted);
    if name == ANONYMOUS {
        if !has(UNAUTHENTICATED) {
            groups.push(UNAUTHENTICATED.into());
        }
    } else if !has(AUTHENTICATED) && !has(UNAUTHENTICATED) {
        groups.push(AUTHENTICATED.into());
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_in_a_group() {
        assert_eq!(completed("jane", vec!["dev".into()]), ["dev", AUTHENTICATED]);
        assert_eq!(completed("jane", vec![UNAUTHENTICATED.into()]), [UNAUTHENTICATED]);
        assert_eq!(completed(ANONYMOUS, Vec::new()), [UNAUTHENTICATED]);
        let web = User::account("shop", "web", "u1");
        assert_eq!(web.as_account(), Some(("shop", "web")));
        assert_eq!(
            web.groups,
            [
                "system:serviceaccounts",
                "system:serviceaccounts:shop",
                AUTHENTICATED
            ]
        );
    }
}
