//! The containers of a pod as a table: rows made from the pod's row, made again when it changes. No feed of the cluster is behind it.

use std::sync::Arc;

use super::App;
use super::pane::{Pane, PaneView};
use super::table::TablePane;
use crate::kind::{Kind, SortBy};
use crate::model::{Feed, FeedId, ObjectKey, Predicate, Query, Scope};
use crate::store::FeedState;

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
        table.parent_feed = self.pods_feed(&pod);
        table.parent = Some(pod);
        table
    }

    /// Holds the feed that has a pod's row.
    fn pods_feed(&mut self, pod: &ObjectKey) -> Option<FeedId> {
        let kind = self.cluster.kind(&super::open::PODS)?;
        let has = |state: &FeedState| {
            state.feed.gvr == super::open::PODS
                && state.feed.fields.is_empty()
                && state.rows.slot(pod.uid).is_some()
        };
        let scope = match self.store.feeds().find(|(_, state)| has(state)) {
            Some((_, state)) => state.feed.scope.clone(),
            None => self.covering_scope(&pod.namespace),
        };
        Some(self.open_feed(&kind, scope))
    }

    /// Makes the rows of container tables again when their pods changed, before any of them is put in order.
    pub(super) fn refresh_containers(&mut self) {
        for (feed, pod, from) in self.outdated_containers() {
            let Some(state) = self.store.feed(from) else {
                continue;
            };
            let (version, phase) = (state.version, state.phase().clone());
            let batch = crate::insight::containers::of(&*state.rows, pod.uid);
            // A list that is not complete may still bring it.
            let orphaned = batch.is_none() && state.is_complete();
            self.store.begin_list(feed, 0);
            let mut changes = batch
                .and_then(|batch| self.store.apply(feed, 0, batch, self.now))
                .unwrap_or_default();
            let gone = self.store.end_list(feed, 0).unwrap_or_default();
            changes.removed.extend(gone.removed);
            self.store.set_phase(feed, 0, phase);
            self.merge(feed, &changes);
            for table in self.container_tables(feed) {
                table.made_from = version;
                table.orphaned = orphaned;
            }
            self.dirty = true;
        }
    }

    /// Feeds of container tables whose pod's feed has changed since: the feed, the pod, the feed with the pod. Each once, however many
    /// tables show it.
    fn outdated_containers(&self) -> Vec<(FeedId, ObjectKey, FeedId)> {
        let mut out: Vec<(FeedId, ObjectKey, FeedId)> = Vec::new();
        for pane in self.panes.values() {
            let Some(table) = pane.table() else { continue };
            let (Some(pod), Some(from)) = (&table.parent, table.parent_feed) else {
                continue;
            };
            let outdated = |state: &FeedState| {
                let own = self.store.feed(table.feed).map(FeedState::phase);
                state.version != table.made_from || own != Some(state.phase())
            };
            if self.store.feed(from).is_some_and(outdated) && out.iter().all(|(feed, ..)| *feed != table.feed)
            {
                out.push((table.feed, pod.clone(), from));
            }
        }
        out
    }

    fn container_tables(&mut self, feed: FeedId) -> impl Iterator<Item = &mut TablePane> {
        let views = self.panes.values_mut().flat_map(Pane::views_mut);
        views.filter_map(move |view| match view {
            PaneView::Table(table) if table.feed == feed => Some(table.as_mut()),
            _ => None,
        })
    }
}
