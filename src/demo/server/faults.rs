//! Misbehaviour on request: what a test wants to go wrong, and where. Does nothing of its own accord.

mod body;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::Response;
use serde_json::json;
use tokio::sync::watch;

use super::answer::{self, Body};
use super::request::Request;
use crate::clock::Timestamp;
use crate::demo::api::proto;
use crate::demo::status::Status;

/// One way to misbehave.
#[derive(Debug, Clone, PartialEq)]
pub enum Misdeed {
    /// Answer with this code and the usual `Status`; `retry_after` in seconds.
    Status {
        /// HTTP status code.
        code: u16,
        /// `Retry-After`.
        retry_after: Option<u32>,
    },
    /// Answer with a given refusal.
    Refuse(Status),
    /// Never answer.
    Hang,
    /// Answer late.
    Delay(Duration),
    /// Close the connection without an answer.
    Drop,
    /// A watch begins with `ERROR` and 410; other requests get 410.
    Gone,
    /// The stream is whole for so many lines (or events in protobuf); then half of one, then the connection breaks.
    CutAfterLines(usize),
    /// The body is whole for so many bytes; then the connection breaks.
    CutAfterBytes(usize),
    /// The stream ends cleanly after so many bytes, wherever that is.
    EndAfterBytes(usize),
    /// The stream ends cleanly after this time, between two pieces.
    CloseAfter(Duration),
    /// The stream says nothing more after this time, but stays open.
    SilentAfter(Duration),
    /// The body comes slowly: so many bytes a second.
    Slow(usize),
    /// Lines of the stream (or events in protobuf) are lost: so many after the first ones.
    LoseLines {
        /// How many come before.
        after: usize,
        /// How many are lost.
        count: usize,
    },
    /// A line is put into the stream, with the time stamp of the line before it, if that has one.
    Insert {
        /// How many lines come before.
        after: usize,
        /// The line, without its newline.
        line: Bytes,
    },
}

/// A misdeed and the requests it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    method: Option<String>,
    path: String,
    query: String,
    times: Option<u32>,
    misdeed: Misdeed,
}

impl Fault {
    /// For every request whose path matches; `*` stands for any text. The first fault that matches counts, and body faults add up.
    pub fn on(path: &str, misdeed: Misdeed) -> Self {
        Self {
            method: None,
            path: path.into(),
            query: String::new(),
            times: None,
            misdeed,
        }
    }

    /// Only requests of this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Only requests whose query contains this text, such as `watch=`.
    #[must_use]
    pub fn query(mut self, part: &str) -> Self {
        self.query = part.into();
        self
    }

    /// Only so many times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    fn is_for(&self, request: &Request) -> bool {
        self.times != Some(0)
            && self
                .method
                .as_ref()
                .is_none_or(|method| method == request.method().as_str())
            && request.raw_query().contains(&self.query)
            && matches(&self.path, request.path())
    }
}

/// Names a fault, to take it away again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultId(u64);

impl std::fmt::Display for FaultId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A right that is taken away: verb, resource (`pods`, `pods/log`), namespace; `*` is any, an empty namespace is the cluster scope.
type Denial = (String, String, String);

/// How the server misbehaves. Clones share it.
#[derive(Debug, Clone)]
pub struct Faults {
    plan: Arc<Mutex<Plan>>,
    line: Arc<watch::Sender<Line>>,
}

#[derive(Debug, Default)]
struct Plan {
    last: u64,
    faults: Vec<(FaultId, Fault)>,
    denials: Vec<Denial>,
    down: Vec<String>,
    /// The administrator's token counts no more.
    expired: bool,
    /// Log lines from before are gone.
    rotated: Option<Timestamp>,
}

/// The state of the network between client and server.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    offline: bool,
    cuts: u64,
    silences: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            plan: Arc::default(),
            line: Arc::new(watch::Sender::new(Line::default())),
        }
    }
}

/// What becomes of a request.
pub(super) enum Verdict {
    /// The connection closes.
    Close,
    /// A refusal.
    Answer(Status),
    /// A given answer.
    Stream(Response<Body>),
    /// It is answered, and the body then spoilt.
    Go(Vec<Misdeed>),
}

impl Faults {
    /// Adds a fault; it counts from the next request on.
    pub fn add(&self, fault: Fault) -> FaultId {
        let mut plan = self.lock();
        plan.last += 1;
        let id = FaultId(plan.last);
        plan.faults.push((id, fault));
        id
    }

    /// Takes a fault away.
    pub fn remove(&self, id: FaultId) {
        self.lock().faults.retain(|(have, _)| *have != id);
    }

    /// Takes a right away: 403 and access reviews say so. `*` is any verb, resource or namespace; an empty namespace is the cluster scope.
    pub fn forbid(&self, verb: &str, resource: &str, namespace: &str) {
        self.lock()
            .denials
            .push((verb.into(), resource.into(), namespace.into()));
    }

    /// Takes an API group down, as when the server behind an aggregated API is gone (503, stale discovery), or up again.
    pub fn down(&self, group: &str, down: bool) {
        let mut plan = self.lock();
        plan.down.retain(|have| have != group);
        if down {
            plan.down.push(group.into());
        }
    }

    /// The administrator's token is refused until all is cleared.
    pub fn expire_token(&self) {
        self.lock().expired = true;
    }

    /// Logs were rotated: lines from before `at` are gone.
    pub fn rotate_logs(&self, at: Timestamp) {
        self.lock().rotated = Some(at);
    }

    pub(super) fn rotated(&self) -> Option<Timestamp> {
        self.lock().rotated
    }

    /// How often a fault will still happen; `None` if there is no end to it, 0 if it is gone.
    pub fn left(&self, id: FaultId) -> Option<u32> {
        let plan = self.lock();
        let found = plan.faults.iter().find(|(have, _)| *have == id);
        found.map_or(Some(0), |(_, fault)| fault.times)
    }

    /// The rights and the API groups that are gone.
    pub(super) fn taken(&self) -> (Vec<Denial>, Vec<String>) {
        let plan = self.lock();
        (plan.denials.clone(), plan.down.clone())
    }

    pub(super) fn is_token_expired(&self) -> bool {
        self.lock().expired
    }

    /// Takes the server off the network: open connections break, new ones are closed at once. Or brings it back.
    pub fn offline(&self, offline: bool) {
        self.line.send_modify(|line| {
            line.offline = offline;
            line.cuts += u64::from(offline);
        });
    }

    /// Breaks every open connection, once.
    pub fn cut_all(&self) {
        self.line.send_modify(|line| line.cuts += 1);
    }

    /// Every stream open now says nothing more and stays open, as when a connection dies without a FIN.
    pub fn silence_all(&self) {
        self.line.send_modify(|line| line.silences += 1);
    }

    /// Behaves well again: faults, denials and downs are gone, and the server is online. Streams that were silenced stay so.
    pub fn clear(&self) {
        let mut plan = self.lock();
        plan.faults.clear();
        plan.denials.clear();
        plan.down.clear();
        plan.expired = false;
        plan.rotated = None;
        drop(plan);
        self.line.send_modify(|line| line.offline = false);
    }

    pub(super) fn is_offline(&self) -> bool {
        self.line.borrow().offline
    }

    pub(super) fn is_down(&self, group: &str) -> bool {
        self.lock().down.iter().any(|have| have == group)
    }

    pub(super) fn forbids(&self, verb: &str, resource: &str, namespace: &str) -> bool {
        let fits = |pattern: &str, word: &str| pattern == "*" || pattern == word;
        self.lock()
            .denials
            .iter()
            .any(|(v, r, n)| fits(v, verb) && fits(r, resource) && fits(n, namespace))
    }

    /// Verbs and resources denied in a namespace.
    pub(super) fn denials(&self, namespace: &str) -> Vec<(String, String)> {
        let plan = self.lock();
        let inside = plan.denials.iter().filter(|(_, _, n)| n == "*" || n == namespace);
        inside
            .map(|(verb, resource, _)| (verb.clone(), resource.clone()))
            .collect()
    }

    /// Waits until the connections of this moment are to break.
    pub(super) fn cut(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut line = self.line.subscribe();
        let now = line.borrow().cuts;
        async move {
            let _ = line.wait_for(|line| line.cuts > now).await;
        }
    }

    /// What becomes of a request; waits where that is the fault.
    pub(super) async fn judge(&self, request: &Request) -> Verdict {
        let mut spoils = Vec::new();
        for misdeed in self.take(request) {
            match misdeed {
                Misdeed::Status { code, retry_after } => return Verdict::Answer(plain(code, retry_after)),
                Misdeed::Refuse(status) => return Verdict::Answer(status),
                Misdeed::Hang => std::future::pending().await,
                Misdeed::Delay(by) => tokio::time::sleep(by).await,
                Misdeed::Drop => return Verdict::Close,
                Misdeed::Gone if request.flag("watch") => return Verdict::Stream(gone()),
                Misdeed::Gone => return Verdict::Answer(Status::expired(1, 2)),
                other => spoils.push(other),
            }
        }
        Verdict::Go(spoils)
    }

    /// The body as the faults and the line leave it.
    pub(super) fn spoil(&self, response: Response<Body>, misdeeds: Vec<Misdeed>) -> Response<Body> {
        if response.status() == hyper::StatusCode::SWITCHING_PROTOCOLS {
            return response;
        }
        let line = self.line.subscribe();
        let kind = response.headers().get(hyper::header::CONTENT_TYPE);
        let framed = kind.is_some_and(|kind| kind.as_bytes() == proto::WATCH_TYPE.as_bytes());
        response.map(|body| body::spoil(body, misdeeds, line, framed))
    }

    /// The misdeeds for a request, counted.
    fn take(&self, request: &Request) -> Vec<Misdeed> {
        let mut plan = self.lock();
        let mut taken = Vec::new();
        for (_, fault) in plan.faults.iter_mut().filter(|(_, fault)| fault.is_for(request)) {
            fault.times = fault.times.map(|times| times - 1);
            taken.push(fault.misdeed.clone());
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A refusal with the reason that belongs to its code.
pub(super) fn plain(code: u16, retry_after: Option<u32>) -> Status {
    let (reason, message) = match code {
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "forbidden: User \"demo-admin\" cannot do this"),
        400 => (
            "BadRequest",
            "the server rejected our request for an unknown reason",
        ),
        409 => (
            "Conflict",
            "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again",
        ),
        404 => ("NotFound", "the server could not find the requested resource"),
        410 => ("Expired", "too old resource version: 1 (2)"),
        429 => ("TooManyRequests", "Too many requests, please try again later."),
        500 => (
            "InternalError",
            "Internal error occurred: etcdserver: request timed out",
        ),
        503 => (
            "ServiceUnavailable",
            "the server is currently unable to handle the request",
        ),
        504 => ("Timeout", "request did not complete within the allotted timeout"),
        _ => ("", "the server misbehaves"),
    };
    let mut status = Status::new(code, reason, message);
    if let Some(seconds) = retry_after {
        status.details = json!({ "retryAfterSeconds": seconds });
    }
    status
}

fn gone() -> Response<Body> {
    let event = json!({ "type": "ERROR", "object": Status::expired(1, 2).json() });
    answer::of_type(200, "application/json", answer::full(format!("{event}\n")))
}

/// Whether `text` matches `pattern`, in which `*` is any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.filter_map(|at| rest.get(at..))
                .any(|rest| matches(tail, rest))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_paths() {
        assert!(matches("/api/v1/pods", "/api/v1/pods"));
        assert!(matches("*", "/api/v1/pods"));
        assert!(matches("/api/v1/namespaces/*/pods", "/api/v1/namespaces/a/pods"));
        assert!(matches("*/pods", "/api/v1/namespaces/a/pods"));
        assert!(!matches("/api/v1/pods", "/api/v1/pods/x"));
        assert!(!matches("*/log", "/api/v1/pods"));
    }
}
