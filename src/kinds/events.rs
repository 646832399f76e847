//! Events: one row for all repetitions of one, whichever way the server counts them; Enter leads to what it is about.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, name, namespace};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Predicate, Query, Row, Scope, Uid};
use crate::wire::core::Reference;
use crate::wire::events::Event;
use crate::wire::inplace::Unreadable;
use crate::wire::stamp;

/// The kind.
pub struct Events;

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    /// Metadata of the event itself.
    pub meta: Meta,
    /// First seen.
    pub first: Timestamp,
    /// Last seen.
    pub last: Timestamp,
    /// How often; at least 1.
    pub count: u32,
    /// `Warning` rather than `Normal`.
    pub warning: bool,
    /// Reason in one word.
    pub reason: Arc<str>,
    /// Message, without blanks at its ends.
    pub message: Arc<str>,
    /// Who reported it: `kubelet, ip-10-0-1-5`.
    pub from: Arc<str>,
    /// What it is about.
    pub regarding: Arc<Regarding>,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Regarding {
    /// API group and version: `apps/v1`.
    pub api_version: String,
    /// `Pod`.
    pub kind: String,
    /// Namespace; empty for cluster-scoped objects, whose events stand in `default`.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Identity. A node's events often carry the node's name in its place, or nothing: match those by kind and name.
    pub uid: Uid,
    /// The part of the object: `spec.containers{app}`; empty for all of it.
    pub field: String,
}

impl Row for EventRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl EventRow {
    /// As describe lists it.
    pub fn line(&self) -> EventLine {
        EventLine {
            first: self.first,
            last: self.last,
            count: self.count,
            warning: self.warning,
            reason: Arc::clone(&self.reason),
            message: Arc::clone(&self.message),
            from: Arc::clone(&self.from),
        }
    }

    /// True when it is about this object: by identity, or by kind and name, which is all that events of nodes offer.
    pub fn is_about(&self, kind: &str, meta: &Meta) -> bool {
        let about = &self.regarding;
        about.uid == meta.uid
            || (about.kind == kind && kind == "Node" && about.name == *meta.name)
            || (about.uid.is_none()
                && about.kind == kind
                && about.name == *meta.name
                && about.namespace == *meta.namespace)
    }
}

impl Regarding {
    /// `pod/web-1`, as kubectl prints it.
    fn text(&self) -> String {
        let kind = self.kind.to_lowercase();
        if self.name.is_empty() {
            kind
        } else {
            format!("{kind}/{}", self.name)
        }
    }

    fn query(&self) -> Option<Query> {
        let group = self.api_version.rsplit_once('/').map_or("", |(group, _)| group);
        let mut known = super::all().iter();
        let kind = known.find(|kind| kind.kind == self.kind && kind.gvr.group == group)?;
        let named = self.uid.is_none() || self.kind == "Node";
        Some(Query {
            gvr: kind.gvr.clone(),
            scope: if kind.namespaced {
                Scope::one(&*self.namespace)
            } else {
                Scope::All
            },
            predicate: if named {
                Predicate::All
            } else {
                Predicate::Object(self.uid)
            },
            filter: if named {
                columns::exactly(&self.name)
            } else {
                String::new()
            },
        })
    }
}

impl KindDef for Events {
    type Wire<'a> = Event;
    type Row = EventRow;

    const NAMES: &'static [&'static str] = &["events", "event", "ev"];
    const KIND: &'static str = "Event";
    const TITLE: &'static str = "Events";
    const GVR: Gvr = Gvr::of("events.k8s.io", "v1", "events");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<EventRow>] = &[
        namespace(),
        columns::volatile("LAST SEEN", Width::Fit(9, 9), |row, _| Cell::Since(row.last)),
        columns::of("TYPE", Width::Fit(7, 7), |row, _| {
            let (text, health) = if row.warning {
                ("Warning", Health::Warn)
            } else {
                ("Normal", Health::Ok)
            };
            Cell::Status(Cow::Borrowed(text), health)
        }),
        columns::of("REASON", Width::Fit(6, 26), |row, _| Cell::text(&row.reason)),
        columns::of("OBJECT", Width::Fit(10, 50), |row, _| {
            Cell::Text(Cow::Owned(row.regarding.text()))
        }),
        columns::of("COUNT", Width::Fit(5, 6), |row, _| Cell::Count(row.count.into())),
        columns::of("MESSAGE", Width::Rest(16), |row, _| Cell::text(&row.message)),
        columns::wide("SUBOBJECT", Width::Fit(9, 40), |row, _| {
            Cell::text(&row.regarding.field)
        }),
        columns::wide("SOURCE", Width::Fit(6, 50), |row, _| Cell::text(&row.from)),
        Column {
            wide: true,
            ..columns::volatile("FIRST SEEN", Width::Fit(10, 10), |row, _| Cell::Since(row.first))
        },
        Column { wide: true, ..name() },
    ];
    const ABLE: Abilities = Abilities::NONE;

    fn row(wire: Event, pool: &mut Pool) -> Result<EventRow, Unreadable> {
        let at = stamp(wire.event_time.as_ref());
        let meta = wire.metadata.unwrap_or_default().meta(pool);
        let first = stamp(wire.deprecated_first_timestamp.as_ref())
            .or(at)
            .unwrap_or(meta.created);
        let series = wire.series.unwrap_or_default();
        let last = stamp(series.last_observed_time.as_ref())
            .or(stamp(wire.deprecated_last_timestamp.as_ref()))
            .unwrap_or(first);
        let source = wire.deprecated_source.unwrap_or_default();
        let from = match (&*wire.reporting_controller, &*wire.reporting_instance) {
            ("", _) => source_text(&source.component, &source.host),
            (controller, instance) => source_text(controller, instance),
        };
        Ok(EventRow {
            meta,
            first,
            last,
            count: u32::try_from(series.count.max(wire.deprecated_count))
                .unwrap_or(0)
                .max(1),
            warning: wire.kind == "Warning",
            reason: pool.text(&wire.reason),
            message: pool.text(wire.note.trim()),
            from: pool.text(&from),
            regarding: pool.value(regarding(wire.regarding.unwrap_or_default())),
        })
    }

    fn health(row: &EventRow, _facts: &Facts) -> Health {
        if row.warning { Health::Warn } else { Health::Ok }
    }

    fn drill(row: &EventRow) -> Option<Query> {
        row.regarding.query()
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::event(object, events, now)
    }
}

fn source_text(controller: &str, instance: &str) -> String {
    if instance.is_empty() || instance == controller {
        controller.to_owned()
    } else {
        format!("{controller}, {instance}")
    }
}

fn regarding(wire: Reference) -> Regarding {
    Regarding {
        uid: Uid::parse(&wire.uid),
        api_version: wire.api_version,
        kind: wire.kind,
        namespace: wire.namespace,
        name: wire.name,
        field: wire.field_path,
    }
}
