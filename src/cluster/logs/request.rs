//! The requests of a log query: paths, and one place where they are sent. Retries nothing.

use std::time::Duration;

use http::{HeaderValue, header};
use kube::client::Body;

use crate::clock::Timestamp;
use crate::cluster::error::{self, Purpose, Trouble};
use crate::cluster::link::{self, Link, with_query};

/// One request for a log.
#[derive(Debug, Clone, Default)]
pub struct LogRequest<'a> {
    pub namespace: &'a str,
    pub pod: &'a str,
    pub container: &'a str,
    pub follow: bool,
    pub previous: bool,
    /// Lines from this second on.
    pub since: Option<Timestamp>,
    /// The last lines only.
    pub tail: Option<u64>,
    /// At most so many bytes.
    pub limit_bytes: Option<u64>,
}

impl LogRequest<'_> {
    /// Path and query. Timestamps are always asked for.
    pub fn path(&self) -> String {
        let Self { namespace, pod, .. } = self;
        let flag = |set: bool| if set { "true" } else { "" };
        let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
        let since = self
            .since
            .map(|since| Timestamp::from_seconds(since.seconds()).rfc3339());
        let pairs = [
            ("container", self.container),
            ("timestamps", "true"),
            ("follow", flag(self.follow)),
            ("previous", flag(self.previous)),
            ("sinceTime", &since.unwrap_or_default()),
            ("tailLines", &number(self.tail)),
            ("limitBytes", &number(self.limit_bytes)),
        ];
        with_query(&format!("/api/v1/namespaces/{namespace}/pods/{pod}/log"), &pairs)
    }

    /// In words.
    pub fn purpose(&self) -> Purpose {
        let Self {
            namespace,
            pod,
            container,
            ..
        } = self;
        Purpose::text(format!("read the log of `{namespace}/{pod}` `{container}`"))
    }
}

/// Sends a GET and gives the answer's content type and body as it begins, uncompressed.
///
/// # Errors
/// No connection, no answer within the limit, or an error of the server.
pub async fn stream(
    link: &Link,
    path: &str,
    accept: &'static str,
    purpose: &Purpose,
    limit: Duration,
) -> Result<(String, Body), Trouble> {
    let mut request = link::get(path, accept)?;
    let identity = HeaderValue::from_static("identity");
    request.headers_mut().insert(header::ACCEPT_ENCODING, identity);
    let answer = link.open(request, purpose, limit).await?;
    let kind = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    Ok((kind, answer.into_body()))
}

/// A request and its whole answer within a limit.
///
/// # Errors
/// Those of the future, or no answer in time.
pub async fn within<T>(
    limit: Duration,
    purpose: &Purpose,
    future: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    tokio::time::timeout(limit, future)
        .await
        .unwrap_or_else(|_| Err(error::timeout(limit, purpose).into()))
}

#[cfg(test)]
mod tests {
    use super::LogRequest;
    use crate::clock::Timestamp;

    #[test]
    fn paths_carry_what_was_asked_for() {
        let request = LogRequest {
            namespace: "shop",
            pod: "web-1",
            container: "app",
            follow: true,
            since: Timestamp::parse("2026-11-21T09:11:16.5Z"),
            tail: Some(200),
            ..LogRequest::default()
        };
        assert_eq!(
            request.path(),
            "/api/v1/namespaces/shop/pods/web-1/log?container=app&timestamps=true&follow=true&sinceTime=2026-11-21T09%3A11%3A16Z&tailLines=200"
        );
    }
}
