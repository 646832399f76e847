//! An ingress: under which hosts and paths it leads where.

use serde_json::Value;

use super::fields::{self, list, scalar, text};
use super::page::{Cell, Page, plain};
use super::{events, service};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::model::{Doc, Tone};

/// An ingress.
pub fn ingress(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let addresses = service::balancer(object).join(", ");
    let (standing, tone) = if addresses.is_empty() {
        ("no address yet", Tone::Busy)
    } else {
        ("", Tone::Plain)
    };
    fields::title(&mut page, object, standing, tone);
    page.gap();
    page.field("Address", &addresses);
    page.field("Class", class(object));
    page.field(
        "Default backend",
        object
            .pointer("/spec/defaultBackend")
            .map(backend)
            .unwrap_or_default(),
    );
    page.list("TLS", list(object, "/spec/tls").iter().map(tls));
    fields::origin(&mut page, object);
    rules(&mut page, object);
    fields::labels(&mut page, object);
    events::events(&mut page, event_lines);
    page.finish()
}

/// The class, as it is written today or as it was before there was a field for it.
fn class(object: &Value) -> &str {
    match text(object, "/spec/ingressClassName") {
        "" => text(object, "/metadata/annotations/kubernetes.io~1ingress.class"),
        class => class,
    }
}

/// `web-tls terminates shop.example.com`. Source: k8s.io/kubectl v0.36, `describe.go`, `describeIngressTLS`.
fn tls(entry: &Value) -> String {
    let hosts = match fields::joined(entry, "/hosts") {
        none if none.is_empty() => "every host".to_owned(),
        hosts => hosts,
    };
    match text(entry, "/secretName") {
        "" => format!("SNI routes {hosts}"),
        secret => format!("{secret} terminates {hosts}"),
    }
}

fn rules(page: &mut Page, object: &Value) {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for rule in list(object, "/spec/rules") {
        let host = match text(rule, "/host") {
            "" => "*",
            host => host,
        };
        for path in list(rule, "/http/paths") {
            let target = path.pointer("/backend").map(backend).unwrap_or_default();
            rows.push(vec![
                plain(host),
                plain(text(path, "/path")),
                plain(text(path, "/pathType")),
                plain(target),
            ]);
        }
    }
    if !rows.is_empty() {
        page.heading("Rules");
        page.indented(|page| page.table(&["HOST", "PATH", "TYPE", "BACKEND"], &rows));
    }
}

/// `service web:http`, or the resource that answers.
fn backend(backend: &Value) -> String {
    match text(backend, "/service/name") {
        "" => {
            let [kind, name] = ["/resource/kind", "/resource/name"].map(|at| text(backend, at));
            format!("{} {name}", kind.to_lowercase())
        }
        name => {
            let port = match text(backend, "/service/port/name") {
                "" => scalar(backend, "/service/port/number"),
                port => port.to_owned(),
            };
            format!("service {name}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hosts_and_paths_lead_to_their_services() {
        let object = json!({
            "kind": "Ingress", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"ingressClassName": "alb", "tls": [{"hosts": ["shop.example.com"], "secretName": "web-tls"}],
                "defaultBackend": {"resource": {"kind": "StorageBucket", "name": "static"}},
                "rules": [{"host": "shop.example.com", "http": {"paths": [
                    {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"name": "http"}}}},
                    {"path": "/r", "pathType": "Exact", "backend": {"service": {"name": "reviews", "port": {"number": 80}}}}]}}]},
            "status": {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}},
        });
        let text = ingress(&object, &[], Timestamp::default()).plain();
        for line in [
            "Address           lb.example.com",
            "Class             alb",
            "Default backend   storagebucket static",
            "TLS               web-tls terminates shop.example.com",
            "  shop.example.com  /     Prefix  service web:http",
            "  shop.example.com  /r    Exact   service reviews:80",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
    }
}
