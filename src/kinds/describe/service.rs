//! A service: where it is reached, and what stands behind it.

use serde_json::Value;

use super::fields::{self, list, pairs, scalar, text};
use super::page::{Page, plain};
use super::{conditions, events};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::model::{Doc, Tone};

/// A service.
pub fn service(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let kind = text(object, "/spec/type");
    fields::title(&mut page, object, kind, Tone::Plain);
    let addresses = balancer(object);
    if kind == "LoadBalancer" && addresses.is_empty() {
        page.problem(Tone::Busy, "pending", "the load balancer has no address yet");
    }
    conditions::problems(&mut page, object);
    page.gap();
    page.field("Cluster IP", fields::joined(object, "/spec/clusterIPs"));
    page.field("Load balancer", addresses.join(", "));
    page.field("External IPs", fields::joined(object, "/spec/externalIPs"));
    page.field("External name", text(object, "/spec/externalName"));
    match pairs(object, "/spec/selector") {
        none if none.is_empty() => page.toned(
            "Selector",
            "none: its endpoints are made by somebody else",
            Tone::Dim,
        ),
        selector => page.field("Selector", selector.join(",")),
    }
    page.field(
        "Affinity",
        Some(text(object, "/spec/sessionAffinity"))
            .filter(|kind| *kind != "None")
            .unwrap_or(""),
    );
    page.field("External traffic", text(object, "/spec/externalTrafficPolicy"));
    page.field("Internal traffic", text(object, "/spec/internalTrafficPolicy"));
    fields::origin(&mut page, object);
    ports(&mut page, object);
    fields::labels(&mut page, object);
    conditions::table(&mut page, object);
    events::events(&mut page, event_lines);
    page.finish()
}

/// The addresses its load balancer answers under.
pub fn balancer(object: &Value) -> Vec<String> {
    let address = |entry: &Value| match text(entry, "/ip") {
        "" => text(entry, "/hostname").to_owned(),
        ip => ip.to_owned(),
    };
    list(object, "/status/loadBalancer/ingress")
        .iter()
        .map(address)
        .collect()
}

fn ports(page: &mut Page, object: &Value) {
    let row = |port: &Value| {
        ["/name", "/port", "/targetPort", "/nodePort", "/protocol"]
            .map(|pointer| plain(scalar(port, pointer)))
            .to_vec()
    };
    let rows: Vec<_> = list(object, "/spec/ports").iter().map(row).collect();
    if !rows.is_empty() {
        page.heading("Ports");
        page.indented(|page| page.table(&["NAME", "PORT", "TARGET", "NODE PORT", "PROTOCOL"], &rows));
    }
}
