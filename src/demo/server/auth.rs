//! Who asks, and whether they may: tokens, impersonation, roles, and the rights that a test takes away.

mod escalation;
mod impersonate;
mod rbac;
mod signer;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

pub(super) use escalation::check as check_escalation;
pub(super) use rbac::{Attributes, may_path, refusal, rules, why};
pub(super) use signer::{ISSUER, Signer};

use serde_json::Value;

use super::Shared;
use super::request::Request;
use super::route::Target;
use super::user::User;
use crate::clock::Timestamp;
use crate::demo::status::Status;

/// Tokens of service accounts that were asked for: whose, and until when.
pub(super) struct Tokens {
    issued: Mutex<HashMap<String, (User, Timestamp)>>,
    /// What they are signed with.
    pub signer: Signer,
}

impl Tokens {
    /// None yet.
    ///
    /// # Errors
    /// When there are no random numbers.
    pub fn new() -> Result<Self, rcgen::Error> {
        Ok(Self {
            issued: Mutex::default(),
            signer: Signer::new()?,
        })
    }

    /// A new token for some audiences.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn issue(
        &self,
        user: User,
        audiences: &Value,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<String, Status> {
        let token = self
            .signer
            .token(&user, audiences, (now, until))
            .map_err(Status::internal)?;
        let mut all = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, until)| *until > now);
        all.insert(token.clone(), (user, until));
        Ok(token)
    }

    fn find(&self, token: &str, now: Timestamp) -> Option<User> {
        let all = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let (user, until) = all.get(token)?;
        (*until > now).then(|| user.clone())
    }
}

/// Whose a token is.
pub(super) fn owner(shared: &Shared, token: &str) -> Option<User> {
    if token == shared.token {
        return Some(User::admin());
    }
    shared.tokens.find(token, shared.store.clock().now())
}

fn token(request: &Request) -> &str {
    request
        .header("authorization")
        .strip_prefix("Bearer ")
        .unwrap_or_default()
        .trim()
}

/// Whether the administrator asks, whatever has become of the token.
pub(super) fn is_admin(shared: &Shared, request: &Request) -> bool {
    token(request) == shared.token
}

/// Lets in who has a token, and nobody in particular without one; gives whom they act as.
///
/// # Errors
/// 401 with a token that is none, 403 for what they may not impersonate.
pub(super) fn authenticate(shared: &Shared, request: &Request) -> Result<User, Status> {
    if request
        .header("authorization")
        .strip_prefix("Bearer ")
        .is_none_or(|token| token.trim().is_empty())
    {
        return impersonate::acting(shared, request, User::anonymous());
    }
    match owner(shared, token(request)).filter(|user| !user.is_master() || !shared.faults.is_token_expired())
    {
        Some(user) => impersonate::acting(shared, request, user),
        None => Err(Status::new(401, "Unauthorized", "Unauthorized")),
    }
}

/// Refuses what no role allows and what a test has forbidden, in the words of the RBAC authorizer.
pub(super) fn authorize(shared: &Shared, request: &Request, target: &Target) -> Result<(), Status> {
    let verb = match (target.subresource.as_deref(), target.verb(request)) {
        (Some("exec" | "attach" | "portforward"), _) => "create",
        (_, verb) => verb,
    };
    let resource = match &target.subresource {
        None => target.resource.plural.to_string(),
        Some(sub) => {
            let sub = sub.split('/').next().unwrap_or_default();
            format!("{}/{sub}", target.resource.plural)
        }
    };
    let wish = Attributes {
        verb,
        group: &target.resource.group,
        resource,
        namespace: target.space(),
        name: target.object(),
    };
    if shared.faults.forbids(verb, &wish.resource, target.space()) {
        return Err(refusal(request.user(), &wish, ""));
    }
    rbac::check(shared, request.user(), &wish)
}

/// Refuses paths that no role allows.
pub(super) fn authorize_path(shared: &Shared, request: &Request) -> Result<(), Status> {
    let (user, path) = (request.user(), request.path());
    let verb = request.method().as_str().to_lowercase();
    if rbac::may_path(shared, user, &verb, path) {
        return Ok(());
    }
    let text = format!("forbidden: User \"{}\" cannot {verb} path \"{path}\"", user.name);
    Err(Status {
        details: serde_json::json!({}),
        ..Status::new(403, "Forbidden", text)
    })
}
