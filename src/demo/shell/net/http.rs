//! `curl` and `wget`: pages of services and pods, and the words of both programs when there is none.

use super::{Host, look_up};
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
}

/// Fetches a page.
pub fn fetch(machine: &Machine, target: &str, wish: &Wish<'_>) -> Done {
    let (scheme, bare) = target.split_once("://").unwrap_or(("http", target));
    let (authority, path) = bare.split_once('/').unwrap_or((bare, ""));
    let usual = if scheme == "https" { 443 } else { 80 };
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let port: u16 = port.parse().unwrap_or(usual);
    if host.is_empty() {
        let name = if wish.curl { "curl" } else { "wget" };
        return Done::failed(2, format!("{name}: no URL specified"));
    }
    let short = host.trim_end_matches(".cluster.local").trim_end_matches(".svc");
    match look_up(machine, host) {
        Host::Service { ports, .. } if short == "kubernetes.default" && ports.contains(&port) => {
            let (page, code) = api_server(path);
            wish.page(page, code)
        }
        Host::Pod { address, ports } if ports.contains(&port) && machine.serves(&address, path).is_some() => {
            let page = machine.serves(&address, path).unwrap_or_default();
            wish.page(String::from_utf8_lossy(page).into_owned(), "200")
        }
        Host::Pod { ports, .. } if ports.contains(&port) => {
            let page = format!("demo cluster: {host} answers /{path} on port {port}; nothing here is real\n");
            wish.page(page, "200")
        }
        Host::Service { ready, ports, .. } if ready > 0 && ports.contains(&port) => {
            let page = format!(
                "demo cluster: service {host} answers /{path} with {ready} endpoints; nothing here is real\n"
            );
            wish.page(page, "200")
        }
        Host::Pod { address, .. } | Host::Service { address, .. } => wish.failed(
            7,
            &format!(
                "Failed to connect to {host} port {port} ({address}) after 1 ms: Could not connect to server"
            ),
            &format!("can't connect to remote host ({address}): Connection refused"),
        ),
        Host::Outside => {
            let why = "this pretend container reaches nothing outside the demo cluster";
            wish.failed(28, why, why)
        }
        Host::Unknown | Host::Silent => wish.failed(
            6,
            &format!("Could not resolve host: {host}"),
            &format!("bad address '{host}'"),
        ),
    }
}

impl Wish<'_> {
    fn page(&self, page: String, code: &str) -> Done {
        let text = if self.head && self.curl {
            let reason = if code == "200" { "OK" } else { "Forbidden" };
            format!(
                "HTTP/1.1 {code} {reason}\ncontent-type: text/plain\ncontent-length: {}\n\n",
                page.len()
            )
        } else {
            page
        };
        Done::text(text + &self.after(code))
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

/// What the API server says to somebody without a token, and the status.
fn api_server(path: &str) -> (String, &'static str) {
    if matches!(path, "readyz" | "livez" | "healthz") {
        return ("ok".to_owned(), "200");
    }
    let said = format!("forbidden: User \\\"system:anonymous\\\" cannot get path \\\"/{path}\\\"");
    let page = format!(
        "{{\n  \"kind\": \"Status\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {{}},\n  \"status\": \"Failure\",\n  \"message\": \"{said}\",\n  \"reason\": \"Forbidden\",\n  \"details\": {{}},\n  \"code\": 403\n}}\n"
    );
    (page, "403")
}
