//! The fault endpoint (`kubris demo --serve --faults`): `/debug/faults` takes orders in JSON and makes the server misbehave. Only the administrator
//! may use it. No order is for requests to it, but those that break every connection (`offlineMs`, `cut`, `expireToken`) break its own, too.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::{Method, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{self, Body};
use super::faults::{Fault, FaultId, Misdeed};
use super::request::Request;
use super::{Shared, auth};
use crate::demo::status::Status;

/// Where it is.
const PATH: &str = "/debug/faults";

/// Where the requests so far are told.
const REQUESTS: &str = "/debug/requests";
/// The longest line that is put into a stream, bytes.
const LONGEST: usize = 64 << 20;

/// The orders that stand.
#[derive(Debug, Default)]
pub(super) struct Control(Mutex<Vec<(FaultId, Value)>>);

/// One order. The first four say which requests it is for; of the others, which are what happens, at least one is given.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Order {
    /// `*` is any text; all paths when there is none.
    path: Option<String>,
    method: Option<String>,
    /// Text that the query contains, such as `watch=`.
    query: Option<String>,
    /// Only so often.
    times: Option<u32>,

    status: Option<u16>,
    retry_after: Option<u32>,
    /// With `status`: the words of a webhook or an authorizer.
    message: Option<String>,
    hang: bool,
    delay_ms: Option<u64>,
    drop: bool,
    gone: bool,
    cut_after_lines: Option<usize>,
    cut_after_bytes: Option<usize>,
    end_after_bytes: Option<usize>,
    close_after_ms: Option<u64>,
    silent_after_ms: Option<u64>,
    bytes_per_second: Option<usize>,
    /// So many watch events after the first ones are lost.
    lose_events: Option<usize>,
    /// This line is put into the stream.
    line: Option<String>,
    /// The same for bytes that are no text, in base64.
    line_base64: Option<String>,
    /// With `line`: it is repeated until it is so long.
    line_bytes: usize,
    /// With `loseEvents` and `line`: how many lines come before.
    after: usize,

    /// A right is gone.
    forbid: Option<Right>,
    /// An aggregated API is gone.
    down: Option<String>,
    /// It is back.
    up: Option<String>,
    /// No connection for so long.
    offline_ms: Option<u64>,
    /// Every connection breaks, once.
    cut: bool,
    /// Every open stream falls silent, for ever.
    silence: bool,
    /// The administrator's token is refused, and every connection breaks; until the orders are withdrawn.
    expire_token: bool,
    /// The cluster's clock is ahead by so much (behind when negative).
    clock_skew_seconds: Option<i64>,
    /// The history is forgotten: watches from the past get 410.
    compact: bool,
    /// Log lines written until now are gone.
    rotate_logs: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Right {
    verb: String,
    resource: String,
    #[serde(default = "any")]
    namespace: String,
}

fn any() -> String {
    "*".into()
}

/// The answer, if the request is for the endpoint and there is one.
pub(super) fn answer(shared: &Arc<Shared>, request: &Request) -> Option<Response<Body>> {
    let control = shared.control.as_ref()?;
    if request.path() == REQUESTS {
        return Some(requests(shared, request).unwrap_or_else(|status| answer::refusal(&status)));
    }
    let rest = request.path().strip_prefix(PATH)?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let outcome = serve(shared, request, (control, rest.trim_matches('/')));
    Some(outcome.unwrap_or_else(|status| answer::refusal(&status)))
}

/// What the server was asked so far, oldest first, one request a line; `DELETE` forgets it.
fn requests(shared: &Arc<Shared>, request: &Request) -> Result<Response<Body>, Status> {
    if !auth::is_admin(shared, request) {
        return Err(Status::new(401, "Unauthorized", "Unauthorized"));
    }
    if *request.method() == Method::DELETE {
        shared.journal.clear();
    }
    let mut text = String::new();
    for seen in shared.journal.all() {
        let mark = if seen.query.is_empty() { "" } else { "?" };
        let at = seen.at.rfc3339();
        let line = [&at, " ", &seen.method, " ", &seen.path, mark, &seen.query, "\n"];
        text.extend(line);
    }
    Ok(answer::of_type(200, "text/plain", answer::full(text)))
}

fn serve(
    shared: &Arc<Shared>,
    request: &Request,
    (control, name): (&Control, &str),
) -> Result<Response<Body>, Status> {
    // Not by roles: a fault may have taken them.
    if !auth::is_admin(shared, request) {
        return Err(Status::new(401, "Unauthorized", "Unauthorized"));
    }
    match *request.method() {
        Method::GET => {}
        Method::POST if name.is_empty() => return control.take(shared, &request.body),
        Method::DELETE if name.is_empty() => {
            shared.faults.clear();
            shared.store.clock().skew(Duration::ZERO, false);
            control.lock().clear();
        }
        Method::DELETE => {
            let mut standing = control.lock();
            let at = standing.iter().position(|(id, _)| id.to_string() == name);
            let (id, _) = at
                .map(|at| standing.remove(at))
                .ok_or_else(Status::no_such_path)?;
            shared.faults.remove(id);
        }
        _ => return Err(Status::method_not_allowed()),
    }
    Ok(control.list(shared))
}

impl Control {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(FaultId, Value)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The orders about requests that still stand, and the rights and APIs that are gone.
    fn list(&self, shared: &Shared) -> Response<Body> {
        let mut standing = self.lock();
        standing.retain(|(id, _)| shared.faults.left(*id) != Some(0));
        let faults: Vec<_> = standing
            .iter()
            .map(|(id, order)| json!({ "id": id.to_string(), "left": shared.faults.left(*id), "order": order }))
            .collect();
        let (forbidden, down) = shared.faults.taken();
        answer::json(&json!({ "faults": faults, "forbidden": forbidden, "down": down }))
    }

    /// Takes one order, or several in a list.
    fn take(&self, shared: &Arc<Shared>, body: &[u8]) -> Result<Response<Body>, Status> {
        let wrong = |error: serde_json::Error| Status::bad_request(format!("not an order: {error}"));
        let given: Value = serde_json::from_slice(body).map_err(wrong)?;
        let given = match given {
            Value::Array(all) => all,
            one => vec![one],
        };
        let mut orders = Vec::new();
        for one in given {
            let order: Order = serde_json::from_value(one.clone()).map_err(wrong)?;
            orders.push((order.misdeeds(), order, one));
        }
        let of_http = |code: &u16| (100..=599).contains(code);
        if let Some(code) = orders
            .iter()
            .find_map(|(_, order, _)| order.status.filter(|code| !of_http(code)))
        {
            return Err(Status::bad_request(format!(
                "not an order: `status` is an HTTP status code from 100 to 599, not {code}"
            )));
        }
        if let Some((_, _, idle)) = orders
            .iter()
            .find(|(misdeeds, order, _)| misdeeds.is_empty() && !order.is_general())
        {
            return Err(Status::bad_request(format!("an order without a misdeed: {idle}")));
        }
        for (misdeeds, order, given) in orders {
            for misdeed in misdeeds {
                let id = shared.faults.add(order.fault(misdeed));
                self.lock().push((id, given.clone()));
            }
            order.carry_out(shared);
        }
        Ok(self.list(shared))
    }
}

impl Order {
    /// What happens to the requests it is for.
    fn misdeeds(&self) -> Vec<Misdeed> {
        let time = |ms: Option<u64>| ms.map(Duration::from_millis);
        let status = self.status.map(|code| match &self.message {
            Some(message) => Misdeed::Refuse(Status {
                message: message.clone(),
                ..super::faults::plain(code, self.retry_after)
            }),
            None => Misdeed::Status {
                code,
                retry_after: self.retry_after,
            },
        });
        let lost = self.lose_events.map(|count| Misdeed::LoseLines {
            after: self.after,
            count,
        });
        let insert = self.line().map(|line| Misdeed::Insert {
            after: self.after,
            line,
        });
        let flag = |is: bool, misdeed: Misdeed| is.then_some(misdeed);
        [
            time(self.delay_ms).map(Misdeed::Delay),
            flag(self.hang, Misdeed::Hang),
            flag(self.drop, Misdeed::Drop),
            flag(self.gone, Misdeed::Gone),
            status,
            self.cut_after_lines.map(Misdeed::CutAfterLines),
            self.cut_after_bytes.map(Misdeed::CutAfterBytes),
            self.end_after_bytes.map(Misdeed::EndAfterBytes),
            time(self.close_after_ms).map(Misdeed::CloseAfter),
            time(self.silent_after_ms).map(Misdeed::SilentAfter),
            self.bytes_per_second.map(Misdeed::Slow),
            lost,
            insert,
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The line to put in.
    fn line(&self) -> Option<Bytes> {
        let decoded = self
            .line_base64
            .as_ref()
            .and_then(|text| STANDARD.decode(text).ok());
        let line = decoded.or_else(|| self.line.clone().map(String::into_bytes))?;
        let most = self.line_bytes.min(LONGEST);
        let times = most.checked_div(line.len()).unwrap_or(0).max(1);
        Some(line.repeat(times).into())
    }

    fn fault(&self, misdeed: Misdeed) -> Fault {
        let mut fault = Fault::on(self.path.as_deref().unwrap_or("*"), misdeed);
        if let Some(method) = &self.method {
            fault = fault.method(method);
        }
        if let Some(query) = &self.query {
            fault = fault.query(query);
        }
        self.times
            .map_or_else(|| fault.clone(), |times| fault.clone().times(times))
    }

    /// Whether it is about more than single requests.
    fn is_general(&self) -> bool {
        let given = [&self.down, &self.up].into_iter().any(Option::is_some);
        let flags = self.cut || self.silence || self.expire_token || self.compact || self.rotate_logs;
        given
            || flags
            || self.forbid.is_some()
            || self.offline_ms.is_some()
            || self.clock_skew_seconds.is_some()
    }

    /// Does what is not about single requests.
    fn carry_out(self, shared: &Arc<Shared>) {
        let faults = &shared.faults;
        if let Some(Right {
            verb,
            resource,
            namespace,
        }) = &self.forbid
        {
            faults.forbid(verb, resource, namespace);
        }
        for (group, down) in [(&self.down, true), (&self.up, false)] {
            if let Some(group) = group {
                faults.down(group, down);
            }
        }
        if let Some(seconds) = self.clock_skew_seconds {
            let clock = shared.store.clock();
            clock.skew(Duration::from_secs(seconds.unsigned_abs()), seconds < 0);
        }
        if self.compact {
            shared.store.compact(shared.store.version());
        }
        if self.rotate_logs {
            faults.rotate_logs(shared.store.clock().now());
        }
        if self.silence {
            faults.silence_all();
        }
        if self.expire_token {
            faults.expire_token();
        }
        if let Some(ms) = self.offline_ms {
            // After the answer to this request has gone out.
            let faults = faults.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                faults.offline(true);
                tokio::time::sleep(Duration::from_millis(ms)).await;
                faults.offline(false);
            });
        } else if self.cut || self.expire_token {
            let faults = faults.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                faults.cut_all();
            });
        }
    }
}
