//! From what kube, hyper and the API server say to one sentence a person can act on. Decides no retry.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use kube::client::Body;

use crate::model::{Failure, FailureKind, Gvr, ObjectKey};
use crate::wire::frame::Status;

/// What a request is for, in words: `list pods in namespace shop`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose(String);

impl Purpose {
    /// A verb on a whole resource, in a namespace or everywhere.
    pub fn on(verb: &str, gvr: &Gvr, namespace: Option<&str>) -> Self {
        Self(match namespace {
            Some(namespace) => format!("{verb} `{gvr}` in namespace `{namespace}`"),
            None => format!("{verb} `{gvr}`"),
        })
    }

    /// A verb on one object.
    pub fn of(verb: &str, key: &ObjectKey) -> Self {
        Self(format!("{verb} {key}"))
    }

    /// Anything else.
    pub fn text(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A failure with what only a retry needs to know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{failure}")]
pub struct Trouble {
    /// For a person.
    #[source]
    pub failure: Failure,
    /// `Retry-After` of a 429 or 503.
    pub retry_after: Option<Duration>,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            retry_after: None,
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        trouble.failure
    }
}

/// What kind of failure a status code is.
pub fn kind_of(code: i32) -> FailureKind {
    match code {
        401 => FailureKind::Unauthorized,
        403 => FailureKind::Forbidden,
        404 => FailureKind::NotFound,
        409 => FailureKind::Conflict,
        410 => FailureKind::Gone,
        429 => FailureKind::Throttled,
        400 | 422 => FailureKind::Invalid,
        405 | 406 | 415 => FailureKind::Unsupported,
        504 => FailureKind::Timeout,
        500..=599 => FailureKind::Server,
        _ => FailureKind::Other,
    }
}

/// The sentence for an error status of the server.
pub fn status(status: &Status, purpose: &Purpose) -> Failure {
    let kind = kind_of(status.code);
    let said = status.message.trim();
    let message = match kind {
        FailureKind::Forbidden => format!("not allowed to {purpose}: {said}"),
        FailureKind::Unauthorized => {
            format!("cannot {purpose}: the server does not accept the credentials (401)")
        }
        FailureKind::Throttled => format!("cannot {purpose}: the server asks to slow down (429)"),
        FailureKind::Unsupported => {
            format!("cannot {purpose}: the server does not offer it ({})", status.code)
        }
        FailureKind::Gone | FailureKind::Conflict | FailureKind::NotFound | FailureKind::Invalid => {
            format!("cannot {purpose}: {said}")
        }
        _ => format!("cannot {purpose}: the server answered {} {said}", status.code),
    };
    Failure::new(kind, message.trim_end_matches([':', ' ']))
}

/// An ERROR event of a watch.
pub fn event(said: &Status, purpose: &Purpose) -> Trouble {
    Trouble {
        failure: status(said, purpose),
        retry_after: said.retry_after().map(bounded),
    }
}

/// How much of an error's body is read, bytes. Webhook messages are shown whole; none is this long.
const ERROR_BODY: usize = 256 << 10;

/// Reads the body of an error answer.
pub async fn answer(code: StatusCode, headers: &HeaderMap, body: Body, purpose: &Purpose) -> Trouble {
    let bytes = Limited::new(body, ERROR_BODY).collect().await;
    let bytes = bytes.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut said = Status::read(&bytes).unwrap_or_else(|| Status {
        message: first_line(&bytes),
        ..Status::default()
    });
    said.code = i32::from(code.as_u16());
    let asked = retry_after(headers).or_else(|| said.retry_after().map(bounded));
    Trouble {
        failure: status(&said, purpose),
        retry_after: asked,
    }
}

fn first_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text)
        .lines()
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// `Retry-After` in seconds; the date form is not used by API servers.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get(header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
        .map(bounded)
}

/// At most five minutes.
fn bounded(seconds: u32) -> Duration {
    Duration::from_secs(u64::from(seconds.min(300)))
}

/// The sentence for an error of the client: ours unchanged, a status as above, anything else as a broken connection.
pub fn client(error: &kube::Error, purpose: &Purpose) -> Failure {
    if let Some(ours) = find::<Failure>(error) {
        return ours.clone();
    }
    match error {
        kube::Error::Api(said) => {
            let said = Status {
                message: said.message.clone(),
                code: i32::from(said.code),
                ..Status::default()
            };
            status(&said, purpose)
        }
        kube::Error::SerdeError(error) => Failure::new(
            FailureKind::Decode,
            format!("cannot {purpose}: the answer could not be read: {error}"),
        ),
        kube::Error::UpgradeConnection(error) => Failure::new(
            FailureKind::Connection,
            format!("cannot {purpose}: {error}; a proxy in between may not let WebSockets through"),
        ),
        kube::Error::Auth(_) | kube::Error::InferKubeconfig(_) | kube::Error::RustlsTls(_) => {
            Failure::new(FailureKind::Credentials, format!("cannot {purpose}: {error}"))
        }
        _ => broken(error, purpose),
    }
}

/// The sentence for a connection that could not be made, or broke.
pub fn broken(error: &(dyn StdError + 'static), purpose: &Purpose) -> Failure {
    if let Some(ours) = find::<Failure>(error) {
        return ours.clone();
    }
    let text = chain(error);
    let io = find::<std::io::Error>(error).map(std::io::Error::kind);
    let (kind, why) = match io {
        _ if text.contains("invalid peer certificate") => (FailureKind::Connection, certificate(&text)),
        Some(std::io::ErrorKind::ConnectionRefused) => (
            FailureKind::Connection,
            "connection refused: nothing listens there".to_owned(),
        ),
        Some(std::io::ErrorKind::TimedOut) => (FailureKind::Timeout, "no connection in time".to_owned()),
        Some(std::io::ErrorKind::UnexpectedEof) => (
            FailureKind::Connection,
            "the server closed the connection".to_owned(),
        ),
        _ if text.contains("dns error") || text.contains("failed to lookup address") => (
            FailureKind::Connection,
            format!("the server's name cannot be resolved ({})", last(error)),
        ),
        _ => (
            FailureKind::Connection,
            format!("the connection broke ({})", last(error)),
        ),
    };
    Failure::new(kind, format!("cannot {purpose}: {why}"))
}

/// No answer within a limit.
pub fn timeout(limit: Duration, purpose: &Purpose) -> Failure {
    Failure::new(
        FailureKind::Timeout,
        format!("cannot {purpose}: no answer for {} s", limit.as_secs()),
    )
}

fn certificate(text: &str) -> String {
    let why = if text.contains("UnknownIssuer") {
        "it is not signed by the `certificate-authority` of the kubeconfig; if that file is newer than this session, `:ctx` reads it again"
    } else if text.contains("Expired") {
        "it has expired"
    } else if text.contains("NotValidForName") {
        "it is for another name; see `tls-server-name` of the cluster"
    } else {
        "it is invalid"
    };
    format!("the server's certificate is not accepted: {why}")
}

/// The first error of a type in the chain of sources.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An io::Error hides what it wraps from `source`.
        if let Some(found) = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            && let Some(found) = find::<E>(found)
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}

fn last(error: &(dyn StdError + 'static)) -> String {
    let mut at = error;
    while let Some(next) = at.source() {
        at = next;
    }
    at.to_string()
}

/// What is wrong with a JSON document that holds secrets: what was expected, and not what was found.
pub fn without_value(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pods() -> Purpose {
        Purpose::on("list", &Gvr::of("", "v1", "pods"), Some("shop"))
    }

    #[test]
    fn a_missing_right_is_named_with_verb_and_resource() {
        let said = Status {
            message: "pods is forbidden: User \"eve\" cannot list resource \"pods\"".into(),
            code: 403,
            ..Status::default()
        };
        let failure = status(&said, &pods());
        assert_eq!(failure.kind, FailureKind::Forbidden);
        assert!(
            failure
                .message
                .starts_with("not allowed to list `pods` in namespace `shop`: pods is forbidden")
        );
    }

    #[test]
    fn a_webhook_message_is_kept_whole() {
        let text = "admission webhook \"policy\" denied the request: line one\nline two";
        let said = Status {
            message: text.into(),
            code: 400,
            ..Status::default()
        };
        assert!(status(&said, &pods()).message.ends_with(text));
    }

    #[tokio::test]
    async fn retry_after_is_read_and_bounded() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, "7".parse().unwrap());
        let body = Body::from(b"too many".to_vec());
        let trouble = answer(StatusCode::TOO_MANY_REQUESTS, &headers, body, &pods()).await;
        assert_eq!(trouble.retry_after, Some(Duration::from_secs(7)));
        assert_eq!(trouble.failure.kind, FailureKind::Throttled);
        headers.insert(header::RETRY_AFTER, "99999".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(300)));
    }

    #[test]
    fn ours_comes_back_unchanged_through_the_client() {
        let ours = Failure::new(FailureKind::ReadOnly, "read-only");
        let error = kube::Error::Service(Box::new(ours.clone()));
        assert_eq!(client(&error, &pods()), ours);
    }

    #[test]
    fn a_connection_that_ends_is_told_in_words_of_ours() {
        let io = std::io::Error::new(
            std::io::ErrorKind::UnexpectedEof,
            "peer closed connection without sending TLS close_notify: https://docs.rs/rustls/…",
        );
        let failure = client(&kube::Error::Service(Box::new(io)), &pods());
        assert!(
            failure.message.ends_with(": the server closed the connection"),
            "{failure}"
        );
    }

    #[test]
    fn a_refused_connection_says_so() {
        let io = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let failure = client(&kube::Error::Service(Box::new(io)), &pods());
        assert_eq!(failure.kind, FailureKind::Connection);
        assert!(failure.message.contains("connection refused"), "{failure}");
    }
}
