//! Disruption budgets: kubectl's columns; Enter leads to the pods they protect.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, age, labels, name, namespace};
use super::pods::Pods;
use super::workload::count;
use crate::clock::Timestamp;
use crate::kind::{Abilities, Column, EventLine, Facts, KindDef, Width};
use crate::model::{Cell, Doc, Gvr, Health, Meta, Pool, Predicate, Query, Row, Scope};
use crate::wire::inplace::Unreadable;
use crate::wire::policy::DisruptionBudget;

/// The kind.
pub struct PodDisruptionBudgets;

/// A disruption budget.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetRow {
    /// Metadata.
    pub meta: Meta,
    /// `spec.minAvailable`: a number or a percentage; `None` when absent.
    pub min_available: Option<Arc<str>>,
    /// `spec.maxUnavailable`, likewise.
    pub max_unavailable: Option<Arc<str>>,
    /// How many pods may be evicted now.
    pub allowed: u32,
    /// Healthy pods now.
    pub healthy: u32,
    /// Healthy pods there must be.
    pub desired: u32,
    /// Pods it counts.
    pub expected: u32,
    /// How it finds its pods; empty for all of the namespace.
    pub selector: Arc<str>,
}

impl Row for BudgetRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl KindDef for PodDisruptionBudgets {
    type Wire<'a> = DisruptionBudget;
    type Row = BudgetRow;

    const NAMES: &'static [&'static str] = &["poddisruptionbudgets", "poddisruptionbudget", "pdb"];
    const KIND: &'static str = "PodDisruptionBudget";
    const TITLE: &'static str = "PodDisruptionBudgets";
    const GVR: Gvr = Gvr::of("policy", "v1", "poddisruptionbudgets");
    const NAMESPACED: bool = true;
    const COLUMNS: &'static [Column<BudgetRow>] = &[
        namespace(),
        name(),
        columns::of("MIN AVAILABLE", Width::Fit(13, 13), |row, _| {
            limit(row.min_available.as_deref())
        }),
        columns::of("MAX UNAVAILABLE", Width::Fit(15, 15), |row, _| {
            limit(row.max_unavailable.as_deref())
        }),
        columns::of("ALLOWED DISRUPTIONS", Width::Fit(19, 19), |row, _| {
            Cell::Count(row.allowed.into())
        }),
        columns::of("HEALTHY", Width::Fit(7, 9), |row, _| {
            Cell::Ratio(row.healthy, row.expected)
        }),
        age(),
        columns::wide("SELECTOR", Width::Fit(8, 60), |row, _| Cell::text(&row.selector)),
        labels(),
    ];
    const ABLE: Abilities = Abilities::NONE;

    fn row(wire: DisruptionBudget, pool: &mut Pool) -> Result<BudgetRow, Unreadable> {
        let (spec, status) = (wire.spec.unwrap_or_default(), wire.status.unwrap_or_default());
        Ok(BudgetRow {
            meta: wire.metadata.unwrap_or_default().meta(pool),
            min_available: spec.min_available.map(|limit| pool.text(&limit.to_string())),
            max_unavailable: spec.max_unavailable.map(|limit| pool.text(&limit.to_string())),
            allowed: count(status.disruptions_allowed),
            healthy: count(status.current_healthy),
            desired: count(status.desired_healthy),
            expected: count(status.expected_pods),
            selector: pool.text(&spec.selector.unwrap_or_default().text()),
        })
    }

    fn health(row: &BudgetRow, _facts: &Facts) -> Health {
        match row.expected {
            0 => Health::Done,
            _ if row.healthy < row.desired => Health::Bad,
            _ if row.allowed == 0 => Health::Warn,
            _ => Health::Ok,
        }
    }

    fn drill(row: &BudgetRow) -> Option<Query> {
        Some(Query {
            gvr: Pods::GVR,
            scope: Scope::one(&*row.meta.namespace),
            predicate: Predicate::Labels(row.selector.to_string()),
            filter: String::new(),
        })
    }

    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        super::describe::budget(object, events, now)
    }
}

/// kubectl prints `N/A` where one of the two is absent.
fn limit(text: Option<&str>) -> Cell<'_> {
    Cell::text(text.unwrap_or("N/A"))
}
