//! Whether a table is empty because its namespace is not there: looks only while a table of chosen namespaces has no rows.

use super::App;
use super::command::distance;
use super::table::TablePane;
use crate::model::{Phase, Scope};
use crate::store::FeedState;

/// A namespace that was chosen and is not there.
#[derive(Debug, PartialEq, Eq)]
pub struct Absent {
    /// As it was chosen.
    pub name: String,
    /// The one that is called nearly so.
    pub meant: Option<String>,
}

impl App {
    /// Watches namespaces as soon as a table wants to know whether its own are there.
    pub(super) fn look_for_namespaces(&mut self) {
        if self.doubts_namespaces() {
            self.open_background_namespaces();
        }
    }

    /// A table of chosen namespaces is empty.
    pub(super) fn doubts_namespaces(&self) -> bool {
        self.panes
            .values()
            .filter_map(|pane| pane.table())
            .any(|table| self.is_doubtful(table))
    }

    fn is_doubtful(&self, table: &TablePane) -> bool {
        let chosen = table.kind.namespaced && matches!(table.query.scope, Scope::Namespaces(_));
        let feed = self.store.feed(table.feed);
        chosen && feed.is_some_and(|feed| is_known(feed) && feed.rows.is_empty())
    }

    /// The namespaces of an empty table that are not there; none while the namespaces themselves are not known.
    pub fn absent_namespaces(&self, table: &TablePane) -> Vec<Absent> {
        let Scope::Namespaces(chosen) = &table.query.scope else {
            return Vec::new();
        };
        let known = self.store.covering("namespaces", "", &Scope::All);
        let Some((_, known)) = known.filter(|(_, known)| is_known(known) && self.is_doubtful(table)) else {
            return Vec::new();
        };
        let slots = known.rows.slots().into_iter();
        let there: Vec<&str> = slots
            .filter_map(|slot| Some(&*known.rows.meta(slot)?.name))
            .collect();
        let absent = chosen.iter().filter(|name| !there.contains(&name.as_str()));
        absent.map(|name| absence(name, &there)).collect()
    }
}

/// The server has answered, and what it said still holds.
fn is_known(feed: &FeedState) -> bool {
    matches!(feed.phase(), Phase::Live | Phase::Polled(_))
}

fn absence(name: &str, there: &[&str]) -> Absent {
    // Two letters in the wrong order are two changes.
    let near = name.chars().count() / 2;
    let nearest = there.iter().map(|other| (distance(name, other), *other)).min();
    Absent {
        name: name.to_owned(),
        meant: nearest
            .filter(|(distance, _)| *distance <= near)
            .map(|(_, other)| other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_name() {
        let there = ["default", "payments", "shop"];
        let meant = |name: &str| absence(name, &there).meant;
        assert_eq!(meant("shpo").as_deref(), Some("shop"));
        assert_eq!(meant("shp").as_deref(), Some("shop"));
        assert_eq!(meant("payment").as_deref(), Some("payments"));
        assert_eq!(meant("staging"), None);
    }
}
