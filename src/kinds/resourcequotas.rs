//! Quotas: kubectl's columns, and what is fullest.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace};
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Query, Row, quantity};
use crate::wire::core::{Quota, quantities};
use crate::wire::inplace::Unreadable;

/// The kind.
pub struct ResourceQuotas;

/// A quota.
#[derive(Debug, Clone, PartialEq)]
pub struct QuotaRow {
    /// Metadata.
    pub meta: Meta,
    /// What it counts, by name.
    pub counted: Box<[Counted]>,
    /// To which pods it is limited; each has to hold.
    pub scopes: Box<[Scope]>,
}

/// One resource of a quota, as the server writes quantities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// `requests.cpu`.
    pub resource: Arc<str>,
    /// `status.used`.
    pub used: Arc<str>,
    /// `status.hard`.
    pub hard: Arc<str>,
}

/// One scope of a quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// `NotTerminating`, `PriorityClass` …
    pub name: String,
    /// `Exists`, `In`, `NotIn` or `DoesNotExist`.
    pub operator: String,
    /// For `In` and `NotIn`.
    pub values: Vec<String>,
}

impl Counted {
    /// Used, in per cent of what there may be. `None` where nothing may be, or a quantity cannot be read.
    pub fn percent(&self) -> Option<u32> {
        let (used, hard) = (quantity::milli(&self.used)?, quantity::milli(&self.hard)?);
        quantity::percent(used.max(0).unsigned_abs(), hard.max(0).unsigned_abs())
    }

    /// Thousandths of the unit that are left; 0 when more is used than may be. `None` when a quantity cannot be read.
    pub fn left_milli(&self) -> Option<u64> {
        let left = quantity::milli(&self.hard)?.saturating_sub(quantity::milli(&self.used)?);
        Some(left.max(0).unsigned_abs())
    }
}

impl QuotaRow {
    /// What is fullest, and how full.
    pub fn fullest(&self) -> Option<(&Counted, u32)> {
        let full = self
            .counted
            .iter()
            .filter_map(|counted| Some((counted, counted.percent()?)));
        // Of equally full ones the first.
        full.rev().max_by_key(|(_, percent)| *percent)
    }

    /// `pods: 15/30, requests.cpu: 850m/4`, of limits or of everything else.
    fn line(&self, limits: bool) -> Cell<'_> {
        let mut out = String::new();
        let wanted = |counted: &&Counted| counted.resource.starts_with("limits.") == limits;
        for counted in self.counted.iter().filter(wanted) {
            let gap = if out.is_empty() { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(
                out,
                "{gap}{}: {}/{}",
                counted.resource, counted.used, counted.hard
            );
        }
        if out.is_empty() {
            Cell::None
        } else {
            Cell::Text(out.into())
        }
    }
}

impl Row for QuotaRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl KindDef for ResourceQuotas {
    type Wire<'a> = Quota;
    type Row = QuotaRow;

    const NAMES: &'static [&'static str] = &["resourcequotas", "resourcequota", "quota"];
    const KIND: &'static str = "ResourceQuota";
    const TITLE: &'static str = "ResourceQuotas";
    const GVR: Gvr = Gvr::of("", "v1", "resourcequotas");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<QuotaRow>] = &[
        namespace(),
        name(),
        columns::of("FULLEST", Width::Fit(7, 40), |row, _| match row.fullest() {
            Some((counted, percent)) => {
                Cell::Status(format!("{} {percent}%", counted.resource).into(), health(row))
            }
            None => Cell::None,
        }),
        columns::of("REQUEST", Width::Fit(7, 40), |row, _| row.line(false)),
        columns::of("LIMIT", Width::Fit(5, 40), |row, _| row.line(true)),
        age(),
        labels(),
    ];
    const ABLE: Abilities = Abilities::NONE;

    fn row(wire: Quota, pool: &mut Pool) -> Result<QuotaRow, Unreadable> {
        let (spec, status) = (wire.spec.unwrap_or_default(), wire.status.unwrap_or_default());
        let used = |resource: &str| {
            let found = quantities(&status.used).find(|(name, _)| *name == resource);
            found.map_or("0", |(_, amount)| amount)
        };
        let mut counted: Vec<Counted> = quantities(&status.hard)
            .map(|(resource, hard)| Counted {
                resource: pool.text(resource),
                used: pool.text(used(resource)),
                hard: pool.text(hard),
            })
            .collect();
        counted.sort_by(|one, other| one.resource.cmp(&other.resource));
        let plain = spec.scopes.into_iter().map(|name| Scope {
            name,
            operator: "Exists".to_owned(),
            values: Vec::new(),
        });
        let selected = spec.scope_selector.unwrap_or_default().match_expressions;
        let selected = selected.into_iter().map(|wanted| Scope {
            name: wanted.scope_name,
            operator: wanted.operator,
            values: wanted.values,
        });
        let scopes = plain.chain(selected).collect();
        Ok(QuotaRow {
            meta: wire.metadata.unwrap_or_default().meta(pool),
            counted: counted.into(),
            scopes,
        })
    }

    fn health(row: &QuotaRow, _facts: &Facts) -> Health {
        health(row)
    }

    fn drill(_row: &QuotaRow) -> Option<Query> {
        None
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::quota(object, events, now)
    }
}

/// What is full refuses the next one.
fn health(row: &QuotaRow) -> Health {
    match row.fullest() {
        Some((_, 100..)) => Health::Warn,
        _ => Health::Ok,
    }
}
