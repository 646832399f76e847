//! Services: kubectl's columns and how many of their endpoints are ready; Enter leads to the pods they select.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace};
use super::pods::Pods;
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Predicate, Query, Row, Scope};
use crate::wire::core::{LoadBalancer, Service, ServicePort, ServiceSpec};
use crate::wire::inplace::Unreadable;
use crate::wire::meta::selector_text;

/// The kind.
pub struct Services;

/// A service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceRow {
    /// Metadata.
    pub meta: Meta,
    /// TYPE.
    pub kind: Arc<str>,
    /// CLUSTER-IP; `None` for a headless one is the text `None`, as the API has it; empty when absent.
    pub cluster_ip: Arc<str>,
    /// EXTERNAL-IP, not shortened; empty for none.
    pub external: Arc<str>,
    /// PORT(S).
    pub ports: Arc<str>,
    /// How it finds its pods, in kubectl's notation; empty when it does not.
    pub selector: Arc<str>,
}

impl Row for ServiceRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

const PENDING: &str = "<pending>";

impl KindDef for Services {
    type Wire<'a> = Service;
    type Row = ServiceRow;

    const NAMES: &'static [&'static str] = &["services", "service", "svc"];
    const KIND: &'static str = "Service";
    const TITLE: &'static str = "Services";
    const GVR: Gvr = Gvr::of("", "v1", "services");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<ServiceRow>] = &[
        namespace(),
        name(),
        columns::of("TYPE", Width::Fit(9, 12), |row, _| Cell::text(&row.kind)),
        columns::of("CLUSTER-IP", Width::Fit(10, 39), |row, _| {
            Cell::text(&row.cluster_ip)
        }),
        columns::of("EXTERNAL-IP", Width::Fit(11, 48), |row, _| {
            Cell::text(&row.external)
        }),
        columns::of("PORT(S)", Width::Fit(7, 40), |row, _| Cell::text(&row.ports)),
        columns::of("ENDPOINTS", Width::Fit(9, 9), |row, ctx| {
            match ctx.facts.endpoints {
                // Nobody is meant to stand behind it: an alias, or slices that are written by hand.
                Some((_, 0)) if row.selector.is_empty() => Cell::None,
                Some((ready, total)) => Cell::Ratio(ready, total),
                None => Cell::None,
            }
        }),
        age(),
        columns::wide("SELECTOR", Width::Fit(8, 60), |row, _| Cell::text(&row.selector)),
        labels(),
    ];
    const ABLE: Abilities = Abilities {
        logs: true,
        ..Abilities::NONE
    };

    fn row(wire: Service, pool: &mut Pool) -> Result<ServiceRow, Unreadable> {
        let spec = wire.spec.unwrap_or_default();
        let balancer = wire.status.unwrap_or_default().load_balancer.unwrap_or_default();
        Ok(ServiceRow {
            meta: wire.metadata.unwrap_or_default().meta(pool),
            kind: pool.text(&spec.kind),
            cluster_ip: pool.text(spec.cluster_ips.first().map_or("", String::as_str)),
            external: Arc::from(external(&spec, &balancer)),
            ports: pool.text(&ports(&spec.ports)),
            selector: pool.text(&selector_text(&spec.selector)),
        })
    }

    fn health(row: &ServiceRow, facts: &Facts) -> Health {
        match facts.endpoints {
            Some((0, total)) if !row.selector.is_empty() && total > 0 => Health::Bad,
            Some((0, 0)) if !row.selector.is_empty() => Health::Warn,
            Some((ready, total)) if ready < total => Health::Warn,
            _ if &*row.external == PENDING => Health::Busy,
            _ => Health::Ok,
        }
    }

    fn drill(row: &ServiceRow) -> Option<Query> {
        (!row.selector.is_empty()).then(|| Query {
            gvr: Pods::GVR,
            scope: Scope::one(&*row.meta.namespace),
            predicate: Predicate::Labels(row.selector.to_string()),
            filter: String::new(),
        })
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::service(object, events, now)
    }
}

/// EXTERNAL-IP. Source: k8s.io/kubernetes v1.36, `printers.go`, `getServiceExternalIP` (wide).
fn external(spec: &ServiceSpec, balancer: &LoadBalancer) -> Cow<'static, str> {
    let fixed = || Cow::Owned(spec.external_ips.join(","));
    match &*spec.kind {
        "ClusterIP" | "NodePort" => fixed(),
        "LoadBalancer" => match addresses(balancer) {
            given if given.is_empty() && spec.external_ips.is_empty() => Cow::Borrowed(PENDING),
            given if given.is_empty() => fixed(),
            given if spec.external_ips.is_empty() => Cow::Owned(given),
            given => Cow::Owned(format!("{given},{}", spec.external_ips.join(","))),
        },
        "ExternalName" => Cow::Owned(spec.external_name.clone()),
        _ => Cow::Borrowed("<unknown>"),
    }
}

/// The addresses of a load balancer, sorted: IP if there is one, else the host name.
pub(super) fn addresses(balancer: &LoadBalancer) -> String {
    let address = |entry| match entry {
        (ip, _) if !str::is_empty(ip) => Some(ip),
        (_, host) if !str::is_empty(host) => Some(host),
        _ => None,
    };
    let all: BTreeSet<&str> = balancer
        .ingress
        .iter()
        .filter_map(|entry| address((&*entry.ip, &*entry.hostname)))
        .collect();
    all.into_iter().collect::<Vec<_>>().join(",")
}

/// PORT(S): `80:30080/TCP`.
fn ports(ports: &[ServicePort]) -> String {
    let text = |port: &ServicePort| match port.node_port {
        0 => format!("{}/{}", port.port, port.protocol),
        node => format!("{}:{node}/{}", port.port, port.protocol),
    };
    ports.iter().map(text).collect::<Vec<_>>().join(",")
}
