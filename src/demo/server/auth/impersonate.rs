//! Whom somebody impersonates (apiserver `filters/impersonation`). Grants nothing but that.

use super::super::Shared;
use super::super::request::Request;
use super::super::user::{User, account_groups, completed, split_account};
use super::rbac::{self, Attributes};
use crate::demo::status::Status;

const EXTRA: &str = "impersonate-extra-";

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
