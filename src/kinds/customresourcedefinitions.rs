//! Definitions of custom resources; Enter leads to the objects of one.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Query, Row};
use crate::wire::apiextensions::{CustomResourceDefinition, DefinitionVersion};
use crate::wire::inplace::Unreadable;

/// The kind.
pub struct CustomResourceDefinitions;

/// A definition.
#[derive(Debug, Clone, PartialEq)]
pub struct DefinitionRow {
    /// Metadata.
    pub meta: Meta,
    /// API group.
    pub group: Arc<str>,
    /// Kind of its objects.
    pub kind: Arc<str>,
    /// Resource name.
    pub plural: Arc<str>,
    /// Short names, joined by commas; empty for none.
    pub short_names: Arc<str>,
    /// Served versions, joined by commas.
    pub versions: Arc<str>,
    /// The version to ask for: the stored one if it is served, else the first that is; empty if none is.
    pub version: Arc<str>,
    /// False for cluster-scoped objects.
    pub namespaced: bool,
    /// The server serves it.
    pub established: bool,
}

impl Row for DefinitionRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl KindDef for CustomResourceDefinitions {
    type Wire<'a> = CustomResourceDefinition;
    type Row = DefinitionRow;

    const NAMES: &'static [&'static str] = &[
        "customresourcedefinitions",
        "customresourcedefinition",
        "crd",
        "crds",
    ];
    const KIND: &'static str = "CustomResourceDefinition";
    const TITLE: &'static str = "CustomResourceDefinitions";
    const GVR: Gvr = Gvr::of("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    const NAMESPACED: bool = false;
    const COLUMNS: &'static [Column<DefinitionRow>] = &[
        name(),
        columns::of("GROUP", Width::Fit(5, 40), |row, _| Cell::text(&row.group)),
        columns::of("KIND", Width::Fit(4, 40), |row, _| Cell::text(&row.kind)),
        columns::of("VERSIONS", Width::Fit(8, 24), |row, _| Cell::text(&row.versions)),
        columns::of("SCOPE", Width::Fit(10, 10), |row, _| {
            Cell::text(if row.namespaced { "Namespaced" } else { "Cluster" })
        }),
        columns::of("SHORTNAMES", Width::Fit(10, 24), |row, _| {
            Cell::text(&row.short_names)
        }),
        age(),
        labels(),
    ];
    const ABLE: Abilities = Abilities::NONE;

    fn row(wire: CustomResourceDefinition, pool: &mut Pool) -> Result<DefinitionRow, Unreadable> {
        let (spec, status) = (wire.spec.unwrap_or_default(), wire.status.unwrap_or_default());
        let names = spec.names.unwrap_or_default();
        let served: Vec<&DefinitionVersion> = spec.versions.iter().filter(|version| version.served).collect();
        let all: Vec<&str> = served.iter().map(|version| &*version.name).collect();
        let chosen = served.iter().find(|version| version.storage).or(served.first());
        let mut conditions = status.conditions.iter();
        Ok(DefinitionRow {
            meta: wire.metadata.unwrap_or_default().meta(pool),
            group: pool.text(&spec.group),
            kind: pool.text(&names.kind),
            plural: pool.text(&names.plural),
            short_names: pool.text(&names.short_names.join(",")),
            versions: pool.text(&all.join(",")),
            version: pool.text(chosen.map_or("", |version| &version.name)),
            namespaced: spec.scope == "Namespaced",
            established: conditions
                .any(|condition| condition.kind == "Established" && condition.status == "True"),
        })
    }

    fn health(row: &DefinitionRow, _facts: &Facts) -> Health {
        if row.established { Health::Ok } else { Health::Bad }
    }

    fn drill(row: &DefinitionRow) -> Option<Query> {
        (!row.version.is_empty()).then(|| Query {
            gvr: Gvr::new(&*row.group, &*row.version, &*row.plural),
            ..Query::default()
        })
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::definition(object, events, now)
    }
}
