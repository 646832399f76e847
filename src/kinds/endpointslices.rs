//! Endpoint slices: kubectl's columns, and the counts that services show.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Row};
use crate::wire::discovery::{Endpoint, EndpointPort, EndpointSlice};
use crate::wire::inplace::Unreadable;

/// The kind.
pub struct EndpointSlices;

/// An endpoint slice.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointSliceRow {
    /// Metadata.
    pub meta: Meta,
    /// The service it belongs to (label `kubernetes.io/service-name`); empty for none.
    pub service: Arc<str>,
    /// ADDRESSTYPE: `IPv4`, `IPv6` or `FQDN`. A dual-stack service has slices of both for the same pods.
    pub address_type: Arc<str>,
    /// Endpoints that take connections; a condition that is absent counts as ready.
    pub ready: u32,
    /// All endpoints.
    pub total: u32,
    /// PORTS.
    pub ports: Arc<str>,
    /// ENDPOINTS: the first few addresses.
    pub addresses: Arc<str>,
}

impl Row for EndpointSliceRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl KindDef for EndpointSlices {
    type Wire<'a> = EndpointSlice;
    type Row = EndpointSliceRow;

    const NAMES: &'static [&'static str] = &["endpointslices", "endpointslice", "eps"];
    const KIND: &'static str = "EndpointSlice";
    const TITLE: &'static str = "EndpointSlices";
    const GVR: Gvr = Gvr::of("discovery.k8s.io", "v1", "endpointslices");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<EndpointSliceRow>] = &[
        namespace(),
        name(),
        columns::of("ADDRESSTYPE", Width::Fit(11, 11), |row, _| {
            Cell::text(&row.address_type)
        }),
        columns::of("PORTS", Width::Fit(5, 30), |row, _| Cell::text(&row.ports)),
        columns::of("ENDPOINTS", Width::Fit(9, 60), |row, _| {
            Cell::text(&row.addresses)
        }),
        columns::of("READY", Width::Fit(5, 9), |row, _| {
            Cell::Ratio(row.ready, row.total)
        }),
        age(),
        labels(),
    ];
    const ABLE: Abilities = Abilities::NONE;

    fn row(wire: EndpointSlice, pool: &mut Pool) -> Result<EndpointSliceRow, Unreadable> {
        let meta = wire.metadata.unwrap_or_default().meta(pool);
        let service = pool.text(meta.labels.value("kubernetes.io/service-name").unwrap_or(""));
        let is_ready = |endpoint: &&Endpoint| {
            endpoint
                .conditions
                .as_ref()
                .and_then(|conditions| conditions.ready)
                .unwrap_or(true)
        };
        let addresses = wire.endpoints.iter().flat_map(|endpoint| &endpoint.addresses);
        Ok(EndpointSliceRow {
            meta,
            service,
            address_type: pool.text(&wire.address_type),
            ready: wire.endpoints.iter().filter(is_ready).count() as u32,
            total: wire.endpoints.len() as u32,
            ports: pool.text(&some_of(wire.ports.iter().map(port_text))),
            addresses: Arc::from(some_of(addresses.cloned())),
        })
    }

    fn health(row: &EndpointSliceRow, _facts: &Facts) -> Health {
        match (row.ready, row.total) {
            (_, 0) => Health::Done,
            (0, _) => Health::Bad,
            (ready, total) if ready < total => Health::Warn,
            _ => Health::Ok,
        }
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::endpoints(object, events, now)
    }
}

fn port_text(port: &EndpointPort) -> String {
    match (port.port, &port.name) {
        (Some(number), _) => number.to_string(),
        (None, Some(name)) => name.clone(),
        (None, None) => "*".to_owned(),
    }
}

/// The first three. Source: k8s.io/kubernetes v1.36, `printers.go`, `listWithMoreString`.
fn some_of(mut all: impl Iterator<Item = String>) -> String {
    let shown: Vec<String> = all.by_ref().take(3).collect();
    let list = shown.join(",");
    match (list.is_empty(), all.count()) {
        (true, _) => "<unset>".to_owned(),
        (false, 0) => list,
        (false, more) => format!("{list} + {more} more..."),
    }
}
