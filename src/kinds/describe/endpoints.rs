//! A slice of endpoints: who answers for a service, and who does not.

use serde_json::Value;

use super::events;
use super::fields::{self, list, scalar, text};
use super::generic::generic;
use super::judged::judged;
use super::page::{Cell, Page, plain};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::kinds::endpointslices::EndpointSlices;
use crate::model::{Doc, Tone};

/// An endpoint slice.
pub fn endpoints(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let Some((row, tone)) = judged::<EndpointSlices>(object) else {
        return generic(object, event_lines, now);
    };
    let standing = format!("{}/{} ready", row.ready, row.total);
    fields::title(&mut page, object, &standing, tone);
    page.gap();
    page.field("Service", &row.service);
    page.field("Address type", &row.address_type);
    fields::origin(&mut page, object);
    ports(&mut page, object);
    let rows: Vec<_> = list(object, "/endpoints").iter().map(endpoint).collect();
    if !rows.is_empty() {
        page.heading("Endpoints");
        let head = ["ADDRESS", "STATE", "TARGET", "NODE", "ZONE", "HINTS"];
        page.indented(|page| page.table(&head, &rows));
    }
    fields::labels(&mut page, object);
    events::events(&mut page, event_lines);
    page.finish()
}

fn ports(page: &mut Page, object: &Value) {
    let row = |port: &Value| {
        ["/name", "/port", "/protocol", "/appProtocol"]
            .map(|pointer| plain(scalar(port, pointer)))
            .to_vec()
    };
    let rows: Vec<_> = list(object, "/ports").iter().map(row).collect();
    if !rows.is_empty() {
        page.heading("Ports");
        page.indented(|page| page.table(&["NAME", "PORT", "PROTOCOL", "APP PROTOCOL"], &rows));
    }
}

fn endpoint(endpoint: &Value) -> Vec<Cell> {
    let target = match text(endpoint, "/targetRef/name") {
        "" => text(endpoint, "/hostname").to_owned(),
        name => format!("{}/{name}", text(endpoint, "/targetRef/kind").to_lowercase()),
    };
    let zones: Vec<&str> = list(endpoint, "/hints/forZones")
        .iter()
        .map(|zone| text(zone, "/name"))
        .collect();
    vec![
        plain(fields::joined(endpoint, "/addresses")),
        state(endpoint),
        plain(target),
        plain(text(endpoint, "/nodeName")),
        plain(text(endpoint, "/zone")),
        plain(zones.join(",")),
    ]
}

/// An absent condition counts as ready and serving. Source: discovery.k8s.io/v1, `EndpointConditions`.
fn state(endpoint: &Value) -> Cell {
    let is = |condition: &str, absent: bool| {
        let value = endpoint.pointer(&format!("/conditions/{condition}"));
        value.and_then(Value::as_bool).unwrap_or(absent)
    };
    let (words, tone) = match (is("ready", true), is("terminating", false)) {
        (true, _) => ("ready", Tone::Ok),
        (false, true) if is("serving", true) => ("terminating, serving", Tone::Busy),
        (false, true) => ("terminating", Tone::Busy),
        (false, false) => ("not ready", Tone::Bad),
    };
    (words.to_owned(), tone)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_answers_and_who_does_not() {
        let object = json!({
            "kind": "EndpointSlice", "metadata": {"name": "web-1", "namespace": "shop",
                "labels": {"kubernetes.io/service-name": "web"}},
            "addressType": "IPv4", "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            "endpoints": [
                {"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "web-a"}, "nodeName": "n1", "zone": "a"},
                {"addresses": ["10.0.0.2"], "conditions": {"ready": false}, "targetRef": {"kind": "Pod", "name": "web-b"}},
                {"addresses": ["10.0.0.3"], "conditions": {"ready": false, "serving": true, "terminating": true}}],
        });
        let text = endpoints(&object, &[], Timestamp::default()).plain();
        assert!(text.lines().next().unwrap().ends_with("1/3 ready"), "{text}");
        assert!(
            text.contains("10.0.0.1  ready                 pod/web-a"),
            "{text}"
        );
        assert!(
            text.contains("10.0.0.2  not ready             pod/web-b"),
            "{text}"
        );
        assert!(text.contains("10.0.0.3  terminating, serving"), "{text}");
        assert!(
            text.contains("Service           web") && text.contains("http  8080  TCP"),
            "{text}"
        );
    }
}
