//! `curl` and `wget`: pages of services and pods, and the words of both programs when there is none.

use std::time::Duration;

use super::{Host, backend, look_up};
use crate::clock::Timestamp;
use crate::demo::kubelet_api::{Page, Visit};
use crate::demo::shell::machine::Machine;
use crate::demo::shell::session::Done;

/// How a page is wanted.
pub struct Wish<'a> {
    /// By curl; else by wget.
    pub curl: bool,
    /// `-w`: what is written after it.
    pub format: Option<&'a str>,
    /// Only its head.
    pub head: bool,
    /// Whether it says nothing but an error when the answer is one.
    pub fails: bool,
}

/// Fetches a page; gives how long that takes.
pub fn fetch(machine: &Machine, target: &str, wish: &Wish<'_>, at: Timestamp) -> (Done, Duration) {
    let (scheme, bare) = target.split_once("://").unwrap_or(("http", target));
    let (authority, path) = bare.split_once('/').unwrap_or((bare, ""));
    let usual = if scheme == "https" { 443 } else { 80 };
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let port: u16 = port.parse().unwrap_or(usual);
    if host.is_empty() {
        let name = if wish.curl { "curl" } else { "wget" };
        let done = Done::failed(2, format!("{name}: no URL specified"));
        return (done, Duration::ZERO);
    }
    let found = look_up(machine, host);
    let done = match &found {
        Host::Service { key, ports, .. }
            if (&*key.0, &*key.1) == ("default", "kubernetes") && ports.contains(&port) =>
        {
            wish.page(&api_server(path))
        }
        Host::Pod { address, .. } | Host::Service { address, .. } => {
            let secure = scheme == "https";
            let visited = backend(machine, &found, port).map(|(pod, port)| {
                let visit = Visit {
                    namespace: pod.0.to_string(),
                    pod: pod.1.to_string(),
                    port,
                    secure,
                    path: format!("/{path}"),
                };
                machine.around.neighbours.visit(&visit, at)
            });
            match visited {
                Some(Ok((page, took))) => return (wish.page(&page), took),
                Some(Err(why)) if why.starts_with("http:") => wish.failed(
                    35,
                    "TLS connect error: error:0A0000C6:SSL routines::packet length too long",
                    "error getting response: Invalid argument",
                ),
                Some(Err(why)) if why.ends_with("timeout") => {
                    wish.failed(28, "Connection timed out after 10001 milliseconds", "download timed out")
                }
                _ => wish.failed(
                    7,
                    &format!(
                        "Failed to connect to {host} port {port} ({address}) after 1 ms: Could not connect to server"
                    ),
                    &format!("can't connect to remote host ({address}): Connection refused"),
                ),
            }
        }
        Host::Outside => {
            let why = "this pretend container reaches nothing outside the demo cluster";
            wish.failed(28, why, why)
        }
        Host::Unknown | Host::Silent => wish.failed(
            6,
            &format!("Could not resolve host: {host}"),
            &format!("bad address '{host}'"),
        ),
    };
    (done, Duration::ZERO)
}

impl Wish<'_> {
    fn page(&self, page: &Page) -> Done {
        let code = page.code.to_string();
        let status = hyper::StatusCode::from_u16(page.code).unwrap_or_default();
        if page.code >= 400 && !self.curl {
            return Done::failed(1, format!("wget: server returned error: HTTP/1.1 {status}"));
        }
        if page.code >= 400 && self.fails {
            return self.failed(22, &format!("The requested URL returned error: {code}"), "");
        }
        let mut text = if self.head && self.curl {
            format!(
                "HTTP/1.1 {status}\ncontent-type: {}\ncontent-length: {}\n\n",
                page.kind,
                page.body.len()
            )
            .into_bytes()
        } else {
            page.body.to_vec()
        };
        text.extend(self.after(&code).into_bytes());
        Done {
            out: text,
            ..Done::default()
        }
    }

    fn failed(&self, code: i32, curl: &str, wget: &str) -> Done {
        if !self.curl {
            return Done::failed(1, format!("wget: {wget}"));
        }
        Done {
            out: self.after("000").into_bytes(),
            ..Done::failed(code, format!("curl: ({code}) {curl}"))
        }
    }

    /// What `curl -w` adds.
    fn after(&self, code: &str) -> String {
        let format = self.format.unwrap_or_default();
        format
            .replace("%{http_code}", code)
            .replace("%{response_code}", code)
            .replace("%{time_total}", "0.004217")
            .replace("\\n", "\n")
    }
}

/// What the API server says to somebody without a token.
fn api_server(path: &str) -> Page {
    if matches!(path, "readyz" | "livez" | "healthz") {
        return Page::text(200, "ok");
    }
    let said = format!("forbidden: User \\\"system:anonymous\\\" cannot get path \\\"/{path}\\\"");
    Page::new(
        403,
        "application/json",
        format!(
            "{{\n  \"kind\": \"Status\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {{}},\n  \"status\": \"Failure\",\n  \"message\": \"{said}\",\n  \"reason\": \"Forbidden\",\n  \"details\": {{}},\n  \"code\": 403\n}}\n"
        ),
    )
}
