//! Who somebody is: the administrator, a service account with a token, or anybody else by name and groups. Grants nothing.

use serde_json::{Map, Value, json};

/// The administrator, whose token is in the kubeconfig.
const ADMIN: &str = "demo-admin";

/// May do everything, without any role.
const MASTERS: &str = "system:masters";

const AUTHENTICATED: &str = "system:authenticated";

const UNAUTHENTICATED: &str = "system:unauthenticated";

const ANONYMOUS: &str = "system:anonymous";

/// Somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct User {
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

/// Namespace and name in the name of a service account.
pub(super) fn split_account(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("system:serviceaccount:")?.split_once(':')
}

/// Groups of the service accounts of a namespace.
pub(super) fn account_groups(namespace: &str) -> Vec<String> {
    vec![
        "system:serviceaccounts".into(),
        format!("system:serviceaccounts:{namespace}"),
    ]
}

/// Groups with the one that everybody is in.
pub(super) fn completed(name: &str, mut groups: Vec<String>) -> Vec<String> {
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
