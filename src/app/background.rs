//! Feeds that no pane shows: each is kept while something needs it, and given up as soon as nothing does.

use super::App;
use super::feeds::{JOBS, REPLICASETS, SLICES};
use super::open::{EVENTS, HPAS, NAMESPACES, NODES, PODS, QUOTAS};
use super::overlay::{Overlay, Pick};
use super::pane::PaneView;
use super::table::TablePane;
use super::text::{TextKind, TextPane};
use crate::model::{Feed, FeedId, ObjectKey, Predicate, Scope};

impl App {
    /// Leaves the feeds in the background that nothing needs any more; the store keeps them for a while yet.
    pub(super) fn release_background(&mut self) {
        let is_needed = |id: &FeedId| {
            let feed = self.store.feed(*id);
            feed.is_some_and(|state| self.needs(&state.feed))
        };
        let (needed, left): (Vec<FeedId>, Vec<FeedId>) = self.background.iter().partition(|id| is_needed(id));
        self.background = needed;
        for id in left {
            self.store.close(id, self.now);
        }
    }

    /// Whether a view, an overlay or a rollout needs a feed beside those that are shown.
    fn needs(&self, feed: &Feed) -> bool {
        let scaling = matches!(self.overlay, Some(Overlay::Scale(_)));
        // The header shows nodes whatever the panes show; pods tell why a rollout waits.
        feed.gvr == NODES
            || feed.gvr == PODS && (scaling || self.has_rollouts())
            || (feed.gvr == HPAS || feed.gvr == QUOTAS) && scaling
            || feed.gvr == NAMESPACES && (self.names_namespaces() || self.doubts_namespaces())
            || self.is_rolling_out(&feed.gvr)
            || self
                .panes
                .values()
                .flat_map(super::pane::Pane::views)
                .any(|view| match view {
                    PaneView::Table(table) => table_needs(table, feed),
                    PaneView::Text(text) => self.text_needs(text, feed),
                    PaneView::Logs(logs) => {
                        let waiting = logs.waiting().filter(|_| feed.gvr == EVENTS);
                        waiting.is_some_and(|pod| self.scope_of_events(&pod) == feed.scope)
                    }
                })
    }

    /// Something that offers namespaces is open.
    fn names_namespaces(&self) -> bool {
        match &self.overlay {
            Some(Overlay::Command(_)) => true,
            Some(Overlay::Picker(picker)) => picker.pick == Pick::Namespaces,
            _ => false,
        }
    }

    /// Where the events of an object are watched for its description.
    pub(super) fn scope_of_events(&self, key: &ObjectKey) -> Scope {
        let namespace = key.namespace();
        namespace.map_or(Scope::All, |namespace| self.covering_scope(namespace))
    }

    /// A description has its object's events.
    fn text_needs(&self, text: &TextPane, feed: &Feed) -> bool {
        let describes = feed.gvr == EVENTS && text.what == TextKind::Describe;
        let subject = text.subject.as_ref().filter(|_| describes);
        subject.is_some_and(|key| self.scope_of_events(key) == feed.scope)
    }
}

/// Services count their endpoints, nodes their pods; who belongs to whom goes over the kinds between them.
fn table_needs(table: &TablePane, feed: &Feed) -> bool {
    let same_scope = table.query.scope == feed.scope;
    let related = table.query.predicate != Predicate::All;
    let shows = |resource: &str| table.kind.gvr.resource == resource;
    (feed.gvr == SLICES && shows("services") && same_scope)
        || (feed.gvr == PODS && table.kind.gvr == NODES)
        || ((feed.gvr == REPLICASETS || feed.gvr == JOBS) && related && same_scope)
}
