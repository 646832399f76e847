//! By which column the rows are ordered.

use super::TablePane;
use crate::kind::{ColumnInfo, SortBy};
use crate::store::FeedState;

impl TablePane {
    /// Orders by the first of these columns that exists; the same again reverses.
    pub fn sort_by(&mut self, feed: &FeedState, titles: &[&str]) {
        if let Some(column) = titles.iter().find_map(|title| feed.column(title)) {
            self.sort_by_column(column, feed.rows.columns());
        }
    }

    /// Orders by a column. What people look for first comes first: most CPU, most restarts; names from A.
    pub fn sort_by_column(&mut self, column: usize, columns: &[ColumnInfo]) {
        let greatest_first = columns.get(column).is_some_and(|info| {
            let numeric = ["CPU", "MEM", "%R", "%L", "RESTARTS", "%", "PODS", "COUNT"];
            numeric.iter().any(|title| info.title == *title)
        });
        let reverse = if self.order.sort.column == column {
            !self.order.sort.reverse
        } else {
            greatest_first
        };
        self.order.sort = SortBy { column, reverse };
        self.chosen = Some(column);
        self.order.invalidate();
    }

    /// Goes on to the next column that is shown.
    pub(super) fn choose(&mut self, feed: &FeedState, right: bool) {
        let columns = feed.rows.columns();
        let shown = |at: &usize| columns.get(*at).is_some_and(|column| self.wide || !column.wide);
        let from = self.chosen.unwrap_or(self.order.sort.column);
        let next = if right {
            (from + 1..columns.len()).find(shown)
        } else {
            (0..from).rev().find(shown)
        };
        self.chosen = next.or(self.chosen).or(Some(from));
    }
}
