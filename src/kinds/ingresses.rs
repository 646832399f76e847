//! Ingresses: kubectl's columns.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace};
use super::services::addresses;
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Row};
use crate::wire::inplace::Unreadable;
use crate::wire::networking::{Ingress, IngressRule};

/// The kind.
pub struct Ingresses;

/// An ingress.
#[derive(Debug, Clone, PartialEq)]
pub struct IngressRow {
    /// Metadata.
    pub meta: Meta,
    /// CLASS; empty for none.
    pub class: Arc<str>,
    /// HOSTS.
    pub hosts: Arc<str>,
    /// ADDRESS, not shortened; empty while there is none.
    pub address: Arc<str>,
    /// True when it has certificates.
    pub tls: bool,
}

impl Row for IngressRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl KindDef for Ingresses {
    type Wire<'a> = Ingress;
    type Row = IngressRow;

    const NAMES: &'static [&'static str] = &["ingresses", "ingress", "ing"];
    const KIND: &'static str = "Ingress";
    const TITLE: &'static str = "Ingresses";
    const GVR: Gvr = Gvr::of("networking.k8s.io", "v1", "ingresses");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<IngressRow>] = &[
        namespace(),
        name(),
        columns::of("CLASS", Width::Fit(5, 24), |row, _| Cell::text(&row.class)),
        columns::of("HOSTS", Width::Fit(5, 60), |row, _| Cell::text(&row.hosts)),
        columns::of("ADDRESS", Width::Fit(7, 60), |row, _| Cell::text(&row.address)),
        columns::of("PORTS", Width::Fit(5, 7), |row, _| {
            Cell::text(if row.tls { "80, 443" } else { "80" })
        }),
        age(),
        labels(),
    ];
    const ABLE: Abilities = Abilities::NONE;

    fn row(wire: Ingress, pool: &mut Pool) -> Result<IngressRow, Unreadable> {
        let spec = wire.spec.unwrap_or_default();
        let balancer = wire.status.unwrap_or_default().load_balancer.unwrap_or_default();
        Ok(IngressRow {
            meta: wire.metadata.unwrap_or_default().meta(pool),
            class: pool.text(&spec.ingress_class_name.unwrap_or_default()),
            hosts: Arc::from(hosts(&spec.rules)),
            address: Arc::from(addresses(&balancer)),
            tls: !spec.tls.is_empty(),
        })
    }

    fn health(row: &IngressRow, _facts: &Facts) -> Health {
        if row.address.is_empty() {
            Health::Busy
        } else {
            Health::Ok
        }
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::ingress(object, events, now)
    }
}

/// HOSTS. Source: k8s.io/kubernetes v1.36, `printers.go`, `formatHosts`.
fn hosts(rules: &[IngressRule]) -> String {
    const SHOWN: usize = 3;
    let mut list: Vec<&str> = Vec::new();
    let mut more = false;
    for rule in rules {
        more |= list.len() == SHOWN;
        if !more && !rule.host.is_empty() {
            list.push(&rule.host);
        }
    }
    match (list.is_empty(), more) {
        (true, _) => "*".to_owned(),
        (false, false) => list.join(","),
        (false, true) => format!("{} + {} more...", list.join(","), rules.len() - SHOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::{IngressRule, hosts};

    #[test]
    fn hosts_as_kubectl() {
        for (given, expected) in [
            (&[][..], "*"),
            (&[""], "*"),
            (&["a", "b", "c"], "a,b,c"),
            (&["a", "", "b", "c", "d"], "a,b,c + 2 more..."),
        ] {
            let rules: Vec<_> = given
                .iter()
                .map(|host| IngressRule {
                    host: (*host).to_owned(),
                })
                .collect();
            assert_eq!(hosts(&rules), expected);
        }
    }
}
