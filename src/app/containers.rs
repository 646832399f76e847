//! The containers of a pod as a table: rows made from the pod's row, made again when it changes. No feed of the cluster is behind it.

use std::sync::Arc;

use super::App;
use super::table::TablePane;
use crate::kind::{Kind, SortBy};
use crate::model::{Feed, ObjectKey, Phase, Predicate, Query, Scope};

impl App {
    pub(super) fn container_table(&mut self, kind: &Arc<Kind>, pod: ObjectKey) -> TablePane {
        let scope = Scope::one(pod.namespace.to_string());
        let feed = Feed {
            gvr: kind.gvr.clone(),
            scope: scope.clone(),
            fields: format!("{:032x}", pod.uid.0),
        };
        let (id, _) = self.store.open(&feed, kind);
        let query = Query {
            gvr: kind.gvr.clone(),
            scope,
            predicate: Predicate::All,
            filter: String::new(),
        };
        let sort = SortBy {
            column: 0,
            reverse: false,
        };
        let mut table = TablePane::new(query, id, Arc::clone(kind), sort);
        table.origin = Some(super::open::short(&pod));
        table.parent = Some(pod);
        table
    }

    /// Makes the rows of visible container tables again when their pods changed.
    pub(super) fn refresh_containers(&mut self) {
        let now = self.now;
        for pane in self.panes.values_mut() {
            let Some(table) = pane.table_mut() else { continue };
            let Some(pod) = table.parent.clone() else { continue };
            let pods = self
                .store
                .feeds()
                .filter(|(_, state)| state.feed.gvr == super::open::PODS);
            let holding = pods
                .map(|(_, state)| state)
                .find(|state| state.rows.slot(pod.uid).is_some());
            let (version, batch) = match holding {
                Some(state) if state.version == table.made_from => continue,
                Some(state) => (
                    state.version,
                    crate::insight::containers::of(&*state.rows, pod.uid),
                ),
                None => continue,
            };
            table.made_from = version;
            self.store.begin_list(table.feed, 0);
            let mut changes = batch
                .and_then(|batch| self.store.apply(table.feed, 0, batch, now))
                .unwrap_or_default();
            let gone = self.store.end_list(table.feed, 0).unwrap_or_default();
            changes.removed.extend(gone.removed);
            self.store.set_phase(table.feed, 0, Phase::Live);
            if let Some(feed) = self.store.feed(table.feed) {
                table.merge(feed, &changes, now);
            }
            self.dirty = true;
        }
    }
}
