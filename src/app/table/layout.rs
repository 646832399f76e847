//! Which columns the table shows and where: the same for the screen and the mouse.

use super::TablePane;
use crate::app::columns::{self, LayoutAsk, Of, Placed};
use crate::model::Predicate;
use crate::store::FeedState;

/// Rows looked at for the widths of columns besides those on screen; of more, that many evenly spread.
const SURVEYED: usize = 1_000;

/// Columns that are shown.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// In how much room, of how many there are.
    of: (u16, usize),
    /// Indices into the kind's columns; empty before it is known what the rows need.
    columns: Vec<usize>,
}

/// Rows whose widths are not known: the columns that are shown, and how wide, should not depend on where one has scrolled to.
#[derive(Debug)]
pub(super) struct Survey {
    /// All of them.
    whole: bool,
    /// These came.
    fresh: Vec<u32>,
}

impl Default for Survey {
    fn default() -> Self {
        Self {
            whole: true,
            fresh: Vec::new(),
        }
    }
}

impl Survey {
    /// The rows are others now.
    pub fn whole(&mut self) {
        *self = Self::default();
    }

    /// Rows came.
    pub fn add(&mut self, slots: &[u32]) {
        if self.fresh.len() + slots.len() > SURVEYED {
            self.whole();
        } else if !self.whole {
            self.fresh.extend_from_slice(slots);
        }
    }
}

impl TablePane {
    /// Rows that are to be looked at for the widths of columns; each is told once.
    pub fn unmeasured(&self) -> Vec<u32> {
        let mut survey = self.survey.borrow_mut();
        let slots = self.order.slots();
        if slots.is_empty() {
            return Vec::new();
        }
        if !std::mem::take(&mut survey.whole) {
            return std::mem::take(&mut survey.fresh);
        }
        let step = slots.len().div_ceil(SURVEYED).max(1);
        slots.iter().step_by(step).copied().collect()
    }

    /// Which columns are looked at.
    pub fn columns_of(&self) -> Of {
        Of {
            wide: self.wide,
            one_namespace: self.one_namespace(),
            owned: matches!(self.query.predicate, Predicate::OwnedBy(_)),
        }
    }

    /// Every row is in the same namespace.
    pub fn one_namespace(&self) -> bool {
        let about_one = matches!(self.query.predicate, Predicate::About(_) | Predicate::Object(_));
        about_one || self.query.scope.single().is_some()
    }

    /// Where its columns stand in a table of this width.
    pub fn columns(&self, feed: &FeedState, room: u16) -> Vec<Placed> {
        let seen = self.widths.borrow();
        let mut kept = self.kept.borrow_mut();
        let of = (room, feed.rows.columns().len());
        let same = kept.of == of && !kept.columns.is_empty();
        let ask = LayoutAsk {
            scrolled: self.scrolled,
            seen: &seen,
            // The last column does not touch the border.
            room: room.saturating_sub(1),
            of: self.columns_of(),
            ordered: self.chosen.filter(|chosen| *chosen == self.order.sort.column),
            kept: same.then_some(&*kept.columns),
        };
        let placed = columns::place(feed.rows.columns(), ask);
        // While rows come in, what is there says little of how wide they are.
        if self.scrolled == 0 && feed.is_complete() && !self.order.slots().is_empty() {
            *kept = Kept {
                of,
                columns: placed.iter().map(|placed| placed.column).collect(),
            };
        }
        placed
    }

    /// The column under a terminal column.
    pub fn column_at(&self, feed: &FeedState, room: u16, x: u16) -> Option<usize> {
        let placed = self.columns(feed, room);
        placed
            .iter()
            .rev()
            .find(|placed| placed.x <= x)
            .or(placed.first())
            .map(|placed| placed.column)
    }
}
