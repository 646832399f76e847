//! Why a request failed, as every layer above the client sees it.

use std::fmt;

/// What kind of failure: decides what the program does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// 403: the user may not do this. Retried seldom.
    Forbidden,
    /// 401: credentials are missing, wrong or expired. Refreshed once, then stale.
    Unauthorized,
    /// 404: the object or the resource is not there.
    NotFound,
    /// 409: somebody else changed the object.
    Conflict,
    /// 410: the resource version is too old. Relist.
    Gone,
    /// 429: asked to slow down.
    Throttled,
    /// 400 or 422: the server refused the content; its message says why (admission webhooks too).
    Invalid,
    /// 5xx.
    Server,
    /// No answer in time.
    Timeout,
    /// No connection, or it broke.
    Connection,
    /// Refused here, by read-only.
    ReadOnly,
    /// The server does not serve this (406, 405, 415).
    Unsupported,
    /// The answer could not be read.
    Decode,
    /// A credential plugin or a local file.
    Credentials,
    /// Anything else.
    Other,
}

/// A failed request: the kind, and one lower-case sentence for a person, with the fix if there is one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// For a person.
    pub message: String,
}

impl Failure {
    /// A failure of a kind with its sentence.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
