//! Volumes: kubectl's columns; Enter leads to the claim.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name};
use super::persistentvolumeclaims::PersistentVolumeClaims;
use super::volumes::{access_modes, bytes, storage};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Query, Row};
use crate::wire::core::Volume;
use crate::wire::inplace::Unreadable;
use crate::wire::kept::value_of;
use crate::wire::meta::STORAGE_CLASS;

/// The kind.
pub struct PersistentVolumes;

/// A volume.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeRow {
    /// Metadata.
    pub meta: Meta,
    /// STATUS: `Available`, `Bound`, `Released`, `Failed` or `Terminating`.
    pub status: Arc<str>,
    /// Bytes.
    pub capacity: Option<u64>,
    /// ACCESS MODES, short.
    pub modes: Arc<str>,
    /// RECLAIM POLICY.
    pub reclaim: Arc<str>,
    /// CLAIM: namespace and name; empty for none.
    pub claim: Arc<str>,
    /// STORAGECLASS; empty for none.
    pub class: Arc<str>,
    /// VOLUMEATTRIBUTESCLASS; empty for none.
    pub attributes_class: Arc<str>,
    /// REASON.
    pub reason: Arc<str>,
    /// VOLUMEMODE.
    pub mode: Arc<str>,
}

impl Row for VolumeRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

fn health(row: &VolumeRow) -> Health {
    match &*row.status {
        "Bound" | "Available" => Health::Ok,
        "Released" => Health::Warn,
        "Failed" => Health::Bad,
        _ => Health::Busy,
    }
}

impl KindDef for PersistentVolumes {
    type Wire<'a> = Volume;
    type Row = VolumeRow;

    const NAMES: &'static [&'static str] = &["persistentvolumes", "persistentvolume", "pv"];
    const KIND: &'static str = "PersistentVolume";
    const TITLE: &'static str = "PersistentVolumes";
    const GVR: Gvr = Gvr::of("", "v1", "persistentvolumes");
    const NAMESPACED: bool = false;
    const COLUMNS: &'static [Column<VolumeRow>] = &[
        name(),
        columns::of("CAPACITY", Width::Fit(8, 8), |row, _| bytes(row.capacity)),
        columns::of("ACCESS MODES", Width::Fit(12, 16), |row, _| {
            Cell::text(&row.modes)
        }),
        columns::of("RECLAIM POLICY", Width::Fit(14, 14), |row, _| {
            Cell::text(&row.reclaim)
        }),
        columns::of("STATUS", Width::Fit(9, 11), |row, _| {
            Cell::Status((&*row.status).into(), health(row))
        }),
        columns::of("CLAIM", Width::Fit(5, 50), |row, _| Cell::text(&row.claim)),
        columns::of("STORAGECLASS", Width::Fit(12, 24), |row, _| {
            Cell::text(&row.class)
        }),
        columns::of("VOLUMEATTRIBUTESCLASS", Width::Fit(5, 24), |row, _| {
            Cell::text(&row.attributes_class)
        }),
        columns::of("REASON", Width::Fit(6, 30), |row, _| Cell::text(&row.reason)),
        age(),
        columns::wide("VOLUMEMODE", Width::Fit(10, 10), |row, _| Cell::text(&row.mode)),
        labels(),
    ];
    const ABLE: Abilities = Abilities::NONE;

    fn row(wire: Volume, pool: &mut Pool) -> Result<VolumeRow, Unreadable> {
        let (metadata, spec) = (wire.metadata.unwrap_or_default(), wire.spec.unwrap_or_default());
        let status = wire.status.unwrap_or_default();
        let old_class = value_of(&metadata.annotations, STORAGE_CLASS).map(str::to_owned);
        let meta = metadata.meta(pool);
        let phase = if meta.deleting.is_some() {
            "Terminating"
        } else {
            &status.phase
        };
        let claim = spec
            .claim_ref
            .map(|claim| format!("{}/{}", claim.namespace, claim.name));
        Ok(VolumeRow {
            status: pool.text(phase),
            capacity: storage(&spec.capacity),
            modes: pool.text(&access_modes(&spec.access_modes)),
            reclaim: pool.text(&spec.reclaim_policy),
            claim: Arc::from(claim.unwrap_or_default()),
            class: pool.text(&old_class.unwrap_or(spec.storage_class_name)),
            attributes_class: pool.text(&spec.volume_attributes_class_name),
            reason: pool.text(&status.reason),
            mode: pool.text(&spec.volume_mode),
            meta,
        })
    }

    fn health(row: &VolumeRow, _facts: &Facts) -> Health {
        health(row)
    }

    fn drill(row: &VolumeRow) -> Option<Query> {
        let (namespace, name) = row.claim.split_once('/')?;
        Some(columns::one_of(
            PersistentVolumeClaims::GVR,
            Some(namespace),
            name,
        ))
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::volume(object, events, now)
    }
}
