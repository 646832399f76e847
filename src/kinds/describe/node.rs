//! A node: what is wrong with it, what it holds, what keeps pods away from it.

use serde_json::Value;

use super::fields::{self, list, text};
use super::generic::generic;
use super::judged::judged;
use super::page::{Page, plain};
use super::{conditions, events};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::kinds::nodes::{NodeRow, Nodes};
use crate::model::quantity::{write_bytes, write_milli};
use crate::model::{Doc, Tone};
use crate::rules::requests::Resources;

/// A node.
pub fn node(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let Some((row, tone)) = judged::<Nodes>(object) else {
        return generic(object, event_lines, now);
    };
    fields::title(&mut page, object, row.status, tone);
    conditions::problems(&mut page, object);
    if row.cordoned {
        page.problem(Tone::Warn, "cordoned", "takes no new pods");
    }
    page.gap();
    identity(&mut page, object, &row);
    capacity(&mut page, &row);
    fields::labels(&mut page, object);
    conditions::table(&mut page, object);
    events::events(&mut page, event_lines);
    page.finish()
}

fn identity(page: &mut Page, object: &Value, row: &NodeRow) {
    let taint = |taint: &Value| match text(taint, "/value") {
        "" => format!("{}:{}", text(taint, "/key"), text(taint, "/effect")),
        value => format!("{}={value}:{}", text(taint, "/key"), text(taint, "/effect")),
    };
    page.list("Taints", list(object, "/spec/taints").iter().map(taint));
    page.field("Roles", &row.roles);
    page.field("Type", &row.instance_type);
    page.field("Zone", &row.zone);
    let addresses = list(object, "/status/addresses").iter();
    page.list(
        "Addresses",
        addresses.map(|at| format!("{} {}", text(at, "/type"), text(at, "/address"))),
    );
    page.field("Pod CIDRs", row.pod_cidrs.join(", "));
    page.field("Provider", &row.provider_id);
    let info = &row.info;
    page.field("Kubelet", &info.version);
    page.field("Runtime", &info.runtime);
    page.field(
        "System",
        format!("{}, {}, {}", info.os_image, info.kernel, info.architecture),
    );
    fields::origin(page, object);
}

/// What there is, what pods may have of it, and what is kept.
fn capacity(page: &mut Page, row: &NodeRow) {
    let amount = |name: &str, amount: u64| {
        let mut out = String::new();
        match name {
            "cpu" => write_milli(amount, &mut out),
            "memory" | "ephemeral-storage" => write_bytes(amount, &mut out),
            name if name.starts_with("hugepages-") => write_bytes(amount, &mut out),
            _ => out.push_str(&amount.to_string()),
        }
        out
    };
    let line = |(name, total): (&str, u64)| {
        let usable = row.allocatable.amount(name);
        vec![
            plain(name),
            plain(amount(name, total)),
            plain(amount(name, usable)),
            (amount(name, total.saturating_sub(usable)), Tone::Dim),
        ]
    };
    let capacity: &Resources = &row.capacity;
    let mut rows: Vec<_> = capacity.iter().map(line).collect();
    let pods =
        [row.max_pods, row.slots, row.max_pods.saturating_sub(row.slots)].map(|count| count.to_string());
    rows.push([vec![plain("pods")], pods.map(plain).to_vec()].concat());
    page.heading("Capacity");
    page.indented(|page| page.table(&["RESOURCE", "CAPACITY", "ALLOCATABLE", "RESERVED"], &rows));
}
