//! Claims of volumes: kubectl's columns; Enter leads to the volume.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace};
use super::persistentvolumes::PersistentVolumes;
use super::volumes::{access_modes, bytes, storage};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Query, Row};
use crate::wire::core::VolumeClaim;
use crate::wire::inplace::Unreadable;
use crate::wire::kept::value_of;
use crate::wire::meta::STORAGE_CLASS;

/// The kind.
pub struct PersistentVolumeClaims;

/// A claim.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeClaimRow {
    /// Metadata.
    pub meta: Meta,
    /// STATUS: `Bound`, `Pending`, `Lost` or `Terminating`.
    pub status: Arc<str>,
    /// The volume; empty while there is none.
    pub volume: Arc<str>,
    /// What the volume holds, bytes; `None` while there is none.
    pub capacity: Option<u64>,
    /// What is asked for, bytes.
    pub requested: Option<u64>,
    /// ACCESS MODES, short.
    pub modes: Arc<str>,
    /// STORAGECLASS; empty for none.
    pub class: Arc<str>,
    /// VOLUMEATTRIBUTESCLASS; empty for none.
    pub attributes_class: Arc<str>,
    /// VOLUMEMODE.
    pub mode: Arc<str>,
}

impl Row for VolumeClaimRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

fn health(row: &VolumeClaimRow) -> Health {
    match &*row.status {
        "Bound" => Health::Ok,
        "Lost" => Health::Bad,
        _ => Health::Busy,
    }
}

impl KindDef for PersistentVolumeClaims {
    type Wire<'a> = VolumeClaim;
    type Row = VolumeClaimRow;

    const NAMES: &'static [&'static str] = &["persistentvolumeclaims", "persistentvolumeclaim", "pvc"];
    const KIND: &'static str = "PersistentVolumeClaim";
    const TITLE: &'static str = "PersistentVolumeClaims";
    const GVR: Gvr = Gvr::of("", "v1", "persistentvolumeclaims");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<VolumeClaimRow>] = &[
        namespace(),
        name(),
        columns::of("STATUS", Width::Fit(7, 11), |row, _| {
            Cell::Status((&*row.status).into(), health(row))
        }),
        columns::of("VOLUME", Width::Fit(6, 40), |row, _| Cell::text(&row.volume)),
        columns::of("CAPACITY", Width::Fit(8, 8), |row, _| bytes(row.capacity)),
        columns::of("REQUESTED", Width::Fit(9, 9), |row, _| bytes(row.requested)),
        columns::of("ACCESS MODES", Width::Fit(12, 16), |row, _| {
            Cell::text(&row.modes)
        }),
        columns::of("STORAGECLASS", Width::Fit(12, 24), |row, _| {
            Cell::text(&row.class)
        }),
        columns::of("VOLUMEATTRIBUTESCLASS", Width::Fit(5, 24), |row, _| {
            Cell::text(&row.attributes_class)
        }),
        age(),
        columns::wide("VOLUMEMODE", Width::Fit(10, 10), |row, _| Cell::text(&row.mode)),
        labels(),
    ];
    const ABLE: Abilities = Abilities::NONE;

    fn row(wire: VolumeClaim, pool: &mut Pool) -> Result<VolumeClaimRow, Unreadable> {
        let (metadata, spec) = (wire.metadata.unwrap_or_default(), wire.spec.unwrap_or_default());
        let status = wire.status.unwrap_or_default();
        let old_class = value_of(&metadata.annotations, STORAGE_CLASS).map(str::to_owned);
        let class = old_class.or(spec.storage_class_name).unwrap_or_default();
        let meta = metadata.meta(pool);
        let bound = !spec.volume_name.is_empty();
        let phase = if meta.deleting.is_some() {
            "Terminating"
        } else {
            &status.phase
        };
        let modes = if bound {
            access_modes(&status.access_modes)
        } else {
            String::new()
        };
        Ok(VolumeClaimRow {
            status: pool.text(phase),
            volume: Arc::from(&*spec.volume_name),
            capacity: storage(&status.capacity).filter(|_| bound),
            requested: spec.resources.and_then(|resources| storage(&resources.requests)),
            modes: pool.text(&modes),
            class: pool.text(&class),
            attributes_class: pool.text(&spec.volume_attributes_class_name),
            mode: pool.text(&spec.volume_mode),
            meta,
        })
    }

    fn health(row: &VolumeClaimRow, _facts: &Facts) -> Health {
        health(row)
    }

    fn drill(row: &VolumeClaimRow) -> Option<Query> {
        (!row.volume.is_empty()).then(|| columns::one_of(PersistentVolumes::GVR, None, &row.volume))
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::claim(object, events, now)
    }
}
