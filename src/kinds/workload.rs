//! What deployments, stateful sets, daemon sets, replica sets and jobs have in common. Knows none of them.

use std::borrow::Cow;

use super::columns;
use super::pods::Template;
use crate::kind::{Abilities, Column, Width};
use crate::model::{Cell, Gvr, Health, Meta, Predicate, Query, Row, Scope};
use crate::rules::rollout::{Rollout, State};

/// A row that makes pods of a template.
pub trait Workload: Row {
    /// The template.
    fn template(&self) -> &Template;
    /// How it finds its pods, in kubectl's notation.
    fn selector(&self) -> &str;
}

/// Workloads whose pods a new template replaces.
pub const ROLLS: Abilities = Abilities {
    logs: true,
    shell: true,
    restart: true,
    ..Abilities::NONE
};

/// CONTAINERS, wide.
pub const fn containers<R: Workload>() -> Column<R> {
    columns::wide("CONTAINERS", Width::Fit(5, 40), |row, _| {
        joined(row.template().containers.iter().map(|container| &*container.name))
    })
}

/// IMAGES, wide.
pub const fn images<R: Workload>() -> Column<R> {
    columns::wide("IMAGES", Width::Fit(6, 80), |row, _| {
        joined(
            row.template()
                .containers
                .iter()
                .map(|container| &*container.image),
        )
    })
}

/// SELECTOR, wide.
pub const fn selector<R: Workload>() -> Column<R> {
    columns::wide("SELECTOR", Width::Fit(8, 60), |row, _| Cell::text(row.selector()))
}

fn joined<'a>(mut texts: impl Iterator<Item = &'a str>) -> Cell<'a> {
    match (texts.next(), texts.next()) {
        (None, _) => Cell::None,
        (Some(only), None) => Cell::text(only),
        (Some(first), Some(second)) => {
            let mut all = format!("{first},{second}");
            for text in texts {
                all.push(',');
                all.push_str(text);
            }
            Cell::Text(Cow::Owned(all))
        }
    }
}

/// A count of the API; a negative one, which no server sends, is 0.
pub fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// The objects of a kind that this one owns.
pub fn owned(meta: &Meta, gvr: Gvr) -> Query {
    Query {
        gvr,
        scope: Scope::one(&*meta.namespace),
        predicate: Predicate::OwnedBy(meta.uid),
        filter: String::new(),
    }
}

/// How a workload is doing: what its rollout says, and whether pods that were there are missing now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The rollout as `kubectl rollout status` sees it.
    pub rollout: Rollout,
    /// Pods there should be.
    pub wanted: u32,
    /// Pods that serve.
    pub available: u32,
    /// The rollout was complete before: what is missing now was there.
    pub was_complete: bool,
    /// Pods of an older revision that are replaced only when somebody deletes them (`OnDelete`).
    pub old: u32,
}

impl Standing {
    /// How it is doing.
    pub fn health(&self) -> Health {
        let missing = self.available < self.wanted;
        match &self.rollout.state {
            State::Stuck(_) => Health::Bad,
            State::Paused => Health::Warn,
            _ if self.wanted == 0 => Health::Done,
            _ if missing && self.was_complete && self.available == 0 => Health::Bad,
            _ if missing && self.was_complete => Health::Warn,
            State::Progressing => Health::Busy,
            State::Done => Health::Ok,
        }
    }

    /// In a word or two.
    pub fn text(&self) -> Cow<'_, str> {
        let Rollout { state, done, of, .. } = &self.rollout;
        match state {
            State::Stuck(reason) => Cow::Owned(format!("stuck: {reason}")),
            State::Paused => Cow::Borrowed("paused"),
            _ if self.wanted == 0 => Cow::Borrowed("scaled to 0"),
            _ if self.available < self.wanted && self.was_complete => {
                Cow::Owned(format!("{} missing", self.wanted - self.available))
            }
            State::Progressing => Cow::Owned(format!("rolling {done}/{of}")),
            State::Done if self.old > 0 => Cow::Owned(format!("ready, {} old: OnDelete", self.old)),
            State::Done => Cow::Borrowed("ready"),
        }
    }

    /// ROLLOUT: ours, not kubectl's.
    pub fn cell(&self) -> Cell<'_> {
        Cell::Status(self.text(), self.health())
    }
}
