//! One connection to one cluster: requests with a purpose and a limit, answers or one failure. Knows whether the server is heard from.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{Method, Request, Response, header};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::discover::Registry;
use super::error::{self, Purpose, Trouble};
use super::gate::Gate;
use crate::clock;
use crate::model::{Failure, FailureKind};
use crate::msg::ClusterInfo;

/// The limit of a request whose answer is one object. Admission webhooks may take 30 s of it.
pub const UNARY: Duration = Duration::from_secs(40);

/// Without any answer for this long, a request that hangs means that the server is gone.
const QUIET: Duration = Duration::from_secs(20);

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// A list: until its head comes, and between two pieces of its body.
    pub list: Duration,
    /// A watch: until its head comes.
    pub watch: Duration,
    /// A watch without a byte for this long is stale and opened again. Bookmarks come about once a minute.
    pub silence: Duration,
    /// Between two lists of a resource without watch.
    pub poll: Duration,
    /// Between two looks at metrics.k8s.io, before its own resolution is known.
    pub usage: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            list: Duration::from_secs(60),
            watch: Duration::from_secs(30),
            silence: Duration::from_secs(90),
            poll: Duration::from_secs(30),
            usage: Duration::from_secs(15),
        }
    }
}

/// Whether the server is heard from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Health {
    /// Nothing was asked yet.
    #[default]
    Unknown,
    /// The last answer came.
    Up,
    /// It did not: why.
    Down(Failure),
}

/// A link to a cluster.
pub struct Link {
    gate: Gate,
    client: Client,
    /// What is known of the cluster.
    pub info: ClusterInfo,
    /// How long things may take.
    pub timing: Timing,
    /// Namespaces to try where the server lists none: of the settings and of the kubeconfig.
    pub namespaces: Vec<String>,
    /// The kinds found by discovery.
    pub kinds: Registry,
    last_heard: AtomicU64,
    born: Instant,
    health: watch::Sender<Health>,
    /// Raised to make every stream start anew.
    wake: watch::Sender<u64>,
    requests: AtomicU64,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("gate", &self.gate)
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

impl Link {
    /// A link that has sent nothing yet. Must be called inside a tokio runtime.
    pub fn new(gate: Gate, info: ClusterInfo) -> Self {
        Self {
            client: gate.client(),
            gate,
            info,
            timing: Timing::default(),
            namespaces: Vec::new(),
            kinds: Registry::default(),
            last_heard: AtomicU64::new(0),
            born: Instant::now(),
            health: watch::Sender::default(),
            wake: watch::Sender::default(),
            requests: AtomicU64::new(0),
        }
    }

    /// kube's client, for the calls that need one (exec, logs). All its requests pass the gate.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// The gate.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Whether the server is heard from, and every change of it.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// Changes when every stream must start anew.
    pub fn wakes(&self) -> watch::Receiver<u64> {
        self.wake.subscribe()
    }

    /// The clock jumped or the person asks: idle connections are forgotten, streams start anew.
    pub async fn reopen(&self) {
        self.gate.reset().await;
        self.wake.send_modify(|count| *count += 1);
    }

    /// How many requests were sent.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Sends a request and waits at most `limit` for the head of a successful answer. Waiting for credentials does not count.
    ///
    /// # Errors
    /// No credentials, no connection, no answer in time, or an error status with its body read.
    pub async fn open(
        &self,
        request: Request<Body>,
        purpose: &Purpose,
        limit: Duration,
    ) -> Result<Response<Body>, Trouble> {
        self.gate.ready().await?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let answer = match timeout(limit, self.client.send(request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.lost(error::client(&error, purpose)).into()),
            Err(_) => {
                self.gate.reset().await;
                return Err(self.lost(error::timeout(limit, purpose)).into());
            }
        };
        self.heard();
        if answer.status().is_client_error() || answer.status().is_server_error() {
            let (head, body) = answer.into_parts();
            let reading = error::answer(head.status, &head.headers, body, purpose);
            return Err(match timeout(limit, reading).await {
                Ok(trouble) => self.explained(trouble),
                Err(_) => error::timeout(limit, purpose).into(),
            });
        }
        Ok(answer)
    }

    /// A refusal of the credentials, with the reason where it is known.
    fn explained(&self, mut trouble: Trouble) -> Trouble {
        let ended = self.info.certificate_end.filter(|end| *end <= clock::now());
        if let (FailureKind::Unauthorized, Some(end)) = (trouble.failure.kind, ended) {
            let (user, end) = (&self.info.context.user, end.rfc3339());
            trouble.failure.message = format!(
                "{}; the client certificate of user `{user}` expired at {end}: renew it",
                trouble.failure.message
            );
        }
        trouble
    }

    /// The server answered.
    pub fn heard(&self) {
        self.last_heard
            .store(self.born.elapsed().as_millis() as u64, Ordering::Relaxed);
        self.health.send_if_modified(|health| {
            let news = *health != Health::Up;
            *health = Health::Up;
            news
        });
    }

    /// Notes a failure that means that the server cannot be reached, and returns it. A request that hangs means nothing while others are
    /// answered.
    pub fn lost(&self, failure: Failure) -> Failure {
        let since = self
            .born
            .elapsed()
            .saturating_sub(Duration::from_millis(self.last_heard.load(Ordering::Relaxed)));
        let away = match failure.kind {
            FailureKind::Connection | FailureKind::Credentials => true,
            FailureKind::Timeout => since >= QUIET,
            _ => false,
        };
        if away {
            self.health.send_if_modified(|health| {
                let news = !matches!(health, Health::Down(_));
                if news {
                    *health = Health::Down(failure.clone());
                }
                news
            });
        }
        failure
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// As [`Link::open`], and an answer that breaks off.
    pub async fn bytes(&self, request: Request<Body>, purpose: &Purpose) -> Result<bytes::Bytes, Trouble> {
        let answer = self.open(request, purpose, UNARY).await?;
        match timeout(UNARY, answer.into_body().collect()).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) => Err(self.lost(error::client(&error, purpose)).into()),
            Err(_) => Err(self.lost(error::timeout(UNARY, purpose)).into()),
        }
    }

    /// Sends a request and reads the answer as JSON.
    ///
    /// # Errors
    /// As [`Link::bytes`], and an answer that is something else.
    pub async fn json<T: DeserializeOwned>(
        &self,
        request: Request<Body>,
        purpose: &Purpose,
    ) -> Result<T, Trouble> {
        let bytes = self.bytes(request, purpose).await?;
        crate::wire::from_json(&bytes)
            .map_err(|error| error::client(&kube::Error::SerdeError(error), purpose).into())
    }

    /// The server's version, such as `v1.36.3`.
    ///
    /// # Errors
    /// As [`Link::json`].
    pub async fn version(&self) -> Result<String, Trouble> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Version {
            git_version: String,
        }
        let version: Version = self
            .get("/version", &Purpose::text("ask for the server's version"))
            .await?;
        Ok(version.git_version)
    }

    /// Reads a path as JSON.
    ///
    /// # Errors
    /// As [`Link::json`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str, purpose: &Purpose) -> Result<T, Trouble> {
        self.json(get(path, "application/json")?, purpose).await
    }
}

/// A GET that accepts these media types.
///
/// # Errors
/// The path is none.
pub fn get(path: &str, accept: &'static str) -> Result<Request<Body>, Failure> {
    Request::get(path)
        .header(header::ACCEPT, accept)
        .body(Body::empty())
        .map_err(|error| unsendable(path, &error))
}

/// A request with a JSON body of a media type.
///
/// # Errors
/// The path is none.
pub fn send(method: Method, path: &str, media: &'static str, body: &Value) -> Result<Request<Body>, Failure> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, media)
        .body(Body::from(body.to_string().into_bytes()))
        .map_err(|error| unsendable(path, &error))
}

fn unsendable(path: &str, error: &http::Error) -> Failure {
    Failure::new(
        FailureKind::Other,
        format!("`{path}` cannot be requested: {error}"),
    )
}

/// A path with its query, percent-encoded; pairs with an empty value are left out.
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut url = path.to_owned();
    let mut separator = '?';
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        url.push(separator);
        separator = '&';
        url.push_str(name);
        url.push('=');
        encode(value, &mut url);
    }
    url
}

fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte as char);
        } else {
            use std::fmt::Write as _;
            let _ = write!(out, "%{byte:02X}"); // writing to a String cannot fail
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_query;

    #[test]
    fn a_query_is_encoded_and_leaves_out_what_is_empty() {
        let url = with_query(
            "/api/v1/pods",
            &[("limit", "500"), ("fieldSelector", ""), ("continue", "a=b&c/ü")],
        );
        assert_eq!(url, "/api/v1/pods?limit=500&continue=a%3Db%26c%2F%C3%BC");
    }
}
