//! Opening views: from commands, keys and the start; what else they need opened beside them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::App;
use super::Waiting;
use super::command::Show;
use super::feeds::{REPLICASETS, SLICES};
use super::overlay::Pick;
use super::pane::{Follow, FollowKind, Pane, PaneView};
use super::table::TablePane;
use super::text::{TextKind, TextPane};
use super::tree::{Direction, PaneId, Tree};
use crate::kind::{Kind, SortBy};
use crate::kinds;
use crate::model::{Gvr, ObjectKey, Predicate, Query, Scope};
use crate::msg::Effect;

/// From this many rows on the default tab has a dock under the table; from this many columns on the dock has two panes.
const DOCK_ROWS: u16 = 18;
const DOCK_TWO: u16 = 100;

pub(super) const PODS: Gvr = Gvr::of("", "v1", "pods");
pub(super) const NODES: Gvr = Gvr::of("", "v1", "nodes");
pub(super) const NAMESPACES: Gvr = Gvr::of("", "v1", "namespaces");
pub(super) const EVENTS: Gvr = Gvr::of("events.k8s.io", "v1", "events");
pub(super) const HPAS: Gvr = Gvr::of("autoscaling", "v2", "horizontalpodautoscalers");
pub(super) const QUOTAS: Gvr = Gvr::of("", "v1", "resourcequotas");

impl App {
    pub(super) fn table_pane(&mut self, kind: &Arc<Kind>, query: Query) -> TablePane {
        let feed = self.open_feed(kind, query.scope.clone());
        match &*kind.gvr.resource {
            "services" => self.open_background(&SLICES, &query.scope),
            "nodes" if kind.gvr.group.is_empty() => self.open_background(&PODS, &Scope::All),
            "pods" if query.predicate != Predicate::All => self.open_background(&REPLICASETS, &query.scope),
            _ => {}
        }
        let column = |title: &str| self.store.feed(feed).and_then(|state| state.column(title));
        let sort = if kind.gvr == EVENTS {
            SortBy {
                column: column("LAST SEEN").or(column("AGE")).unwrap_or(0),
                reverse: false,
            }
        } else if matches!(query.scope, Scope::All) || query.scope.single().is_none() {
            // By namespace, then by name: the tie-break.
            SortBy {
                column: column("NAMESPACE").or(column("NAME")).unwrap_or(0),
                reverse: false,
            }
        } else {
            SortBy {
                column: column("NAME").unwrap_or(0),
                reverse: false,
            }
        };
        TablePane::new(query, feed, Arc::clone(kind), sort)
    }

    /// `:po team-a /web`.
    ///
    /// # Errors
    /// The context named is not there.
    pub(super) fn show(&mut self, show: Show) -> Result<(), String> {
        if let Some(context) = show.context {
            self.start.command = format!("{} {}", show.kind.gvr, show.filter);
            return self.switch_context(&context);
        }
        if let Some(scope) = &show.scope {
            self.scope = scope.clone();
        }
        let scope = if show.kind.namespaced {
            self.scope.clone()
        } else {
            Scope::All
        };
        let predicate = if show.selector.is_empty() {
            Predicate::All
        } else {
            Predicate::Labels(show.selector.clone())
        };
        let query = Query {
            gvr: show.kind.gvr.clone(),
            scope,
            predicate,
            filter: show.filter,
        };
        self.open_table(&show.kind, query, None);
        Ok(())
    }

    /// Shows a table in the focused pane; Esc leads back. In a following pane the leader is used instead.
    pub(super) fn open_table(&mut self, kind: &Arc<Kind>, query: Query, origin: Option<String>) {
        let mut table = self.table_pane(kind, query);
        table.origin = origin;
        self.show_view(PaneView::Table(Box::new(table)));
    }

    pub(super) fn show_view(&mut self, view: PaneView) {
        if let Some(leader) = self
            .focused()
            .and_then(|pane| pane.follows)
            .map(|follow| follow.leader)
            && matches!(view, PaneView::Table(_))
            && self.panes.contains_key(&leader)
        {
            self.focus = leader;
        }
        match self.panes.get_mut(&self.focus) {
            Some(pane) => pane.push(view),
            None => {
                self.panes.insert(self.focus, Pane::new(self.focus, view));
            }
        }
        self.dirty = true;
    }

    /// A view is left for good: its feed or stream is given up.
    pub(super) fn leave(&mut self, view: PaneView) {
        match view {
            PaneView::Table(table) => {
                for feed in [Some(table.feed), table.parent_feed].into_iter().flatten() {
                    self.store.close(feed, self.now);
                }
            }
            PaneView::Logs(logs) => self.effects.push(Effect::DropLogs(logs.id)),
            PaneView::Text(mut text) => {
                if let Some(id) = text.pending {
                    self.waiting.remove(&id);
                    self.effects.push(Effect::Cancel(id));
                }
                if let Some(edit) = text.edit.take() {
                    self.save_if_homeless(&edit, "its pane was left");
                }
            }
        }
    }

    /// The default tab: the table, and a dock under it when there is room.
    ///
    /// ```text
    /// ╭ table ──────────╮
    /// ├ logs ──┬ events ┤
    /// ╰────────┴────────╯
    /// ```
    pub(super) fn open_first(&mut self, kind: &Arc<Kind>, query: Query) {
        let table = self.table_pane(kind, query);
        let id = PaneId(self.next_id());
        self.panes.clear();
        self.panes
            .insert(id, Pane::new(id, PaneView::Table(Box::new(table))));
        self.focus = id;
        self.zoom = None;
        self.tree = Tree::Leaf(id);
        if self.size.height < DOCK_ROWS {
            return;
        }
        let logs = PaneId(self.next_id());
        let view = self.waiting_logs();
        self.panes
            .insert(logs, following(logs, view, id, FollowKind::Logs));
        let mut dock = Tree::Leaf(logs);
        if self.size.width >= DOCK_TWO
            && let Some(kind) = kinds::find(&EVENTS).cloned()
        {
            let query = Query {
                gvr: EVENTS,
                scope: self.scope.clone(),
                predicate: Predicate::Object(crate::model::Uid::NONE),
                filter: String::new(),
            };
            let table = self.table_pane(&kind, query);
            let events = PaneId(self.next_id());
            self.panes.insert(
                events,
                following(events, PaneView::Table(Box::new(table)), id, FollowKind::Events),
            );
            dock = Tree::split(Direction::Right, 550, dock, Tree::Leaf(events));
        }
        self.tree = Tree::split(Direction::Down, 680, Tree::Leaf(id), dock);
    }

    /// Changes the namespaces of the present view and of what is opened next.
    pub(super) fn choose_scope(&mut self, scope: Scope) {
        if scope == Scope::Namespaces(BTreeSet::new()) {
            return;
        }
        self.scope = scope.clone();
        let Some(table) = self.current_table() else { return };
        if !table.kind.namespaced {
            let Some(kind) = kinds::find(&PODS).cloned() else {
                return;
            };
            let query = Query {
                gvr: PODS,
                scope,
                ..Query::default()
            };
            return self.open_table(&kind, query, None);
        }
        let kind = Arc::clone(&table.kind);
        let query = Query {
            scope,
            predicate: Predicate::All,
            ..table.query.clone()
        };
        let fresh = self.table_pane(&kind, query);
        if let Some(pane) = self.panes.get_mut(&self.focus) {
            let old = std::mem::replace(&mut pane.view, PaneView::Table(Box::new(fresh)));
            self.leave(old);
        }
        self.dirty = true;
    }

    /// Namespaces that are known: of the open feed, else the configured and kubeconfig ones.
    pub fn namespaces(&self) -> Vec<String> {
        let mut names: BTreeSet<String> = self
            .config
            .favourites(self.cluster.context())
            .into_iter()
            .collect();
        if let Some((_, state)) = self.store.covering("namespaces", "", &Scope::All) {
            let slots = state.rows.slots();
            names.extend(
                slots
                    .into_iter()
                    .filter_map(|slot| Some(state.rows.meta(slot)?.name.to_string())),
            );
        }
        if let Some(info) = &self.cluster.info {
            names.insert(info.context.namespace.clone());
        }
        if let Scope::Namespaces(chosen) = &self.scope {
            names.extend(chosen.iter().cloned());
        }
        names.remove("");
        names.into_iter().collect()
    }

    // --- texts

    pub(super) fn open_text(&mut self, key: ObjectKey, what: TextKind) {
        let id = self.effect_id(Waiting::Text);
        self.show_view(PaneView::Text(Box::new(TextPane::about(
            key.clone(),
            what,
            id,
            self.now,
        ))));
        if what == TextKind::Describe {
            let scope = self.scope_of_events(&key);
            self.open_background(&EVENTS, &scope);
        }
        self.effects.push(Effect::Fetch(id, key));
    }

    /// Asks for a container of a pod: fetches the pod, then a picker opens if there are several.
    pub(super) fn choose_container(&mut self, pod: ObjectKey, pick: Pick) {
        let id = self.effect_id(Waiting::Containers(pod.clone(), pick));
        self.effects.push(Effect::Fetch(id, pod));
    }
}

fn following(id: PaneId, view: PaneView, leader: PaneId, what: FollowKind) -> Pane {
    let follows = Some(Follow {
        leader,
        what,
        shown: None,
        pinned: false,
    });
    Pane {
        follows,
        ..Pane::new(id, view)
    }
}

/// `deploy/web`, `pod/web-1`: the first short name and the name.
pub(super) fn short(key: &ObjectKey) -> String {
    let kind = kinds::find(&key.gvr);
    let word = kind.map_or(&*key.gvr.resource, |kind| match &*key.gvr.resource {
        "deployments" => "deploy",
        _ => kind.names.get(1).map_or(&*key.gvr.resource, |name| &**name),
    });
    format!("{word}/{}", key.name)
}
