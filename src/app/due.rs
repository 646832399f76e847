//! What happens by time alone: ticks, joins, usage, and when each is due next.

use super::App;
use super::pane::PaneView;
use crate::clock::Timestamp;
use crate::model::{Scope, Tone};
use crate::msg::{Access, Effect, UsageWanted};

/// How often joins are brought up to date at most: 4 times a second.
const JOIN_EVERY: i64 = 250_000_000;

impl App {
    pub(super) fn tick(&mut self) {
        let now = self.now;
        self.dirty = true;
        if self.cluster.unlocked_until.is_some_and(|until| now >= until) {
            self.cluster.unlocked_until = None;
            self.effects.push(Effect::Allow(Access::ReadOnly));
            self.toast("read-only again: the 30 minutes are over", Tone::Warn);
        }
        for id in self.store.drop_unused(now) {
            self.effects.push(Effect::Drop(id));
        }
        self.refresh_texts();
    }

    /// Brings joins up to date, not too often. Returns when it wants to be called again.
    pub(super) fn join(&mut self) {
        if self.now.nanos_since(self.joined_at) < JOIN_EVERY {
            return;
        }
        self.joined_at = self.now;
        if std::mem::take(&mut self.events_came) {
            self.rewrite_described();
        }
        self.dirty |= self.store.join();
    }

    /// Usage is polled only while something on screen shows it.
    pub(super) fn want_usage(&mut self) {
        if self.cluster.info.is_none() {
            return;
        }
        self.join();
        let mut wanted = UsageWanted {
            nodes: self.header,
            ..UsageWanted::default()
        };
        for (id, _) in self.areas() {
            let Some(table) = self.panes.get(&id).and_then(super::pane::Pane::table) else {
                continue;
            };
            match &*table.kind.gvr.resource {
                "containers" => wanted.containers.extend(
                    table
                        .parent
                        .iter()
                        .map(|pod| (pod.namespace.clone(), pod.name.clone())),
                ),
                "pods" => {
                    wanted.pods = Some(match wanted.pods {
                        Some(scope) if scope != table.query.scope => Scope::All,
                        _ => table.query.scope.clone(),
                    });
                }
                "nodes" => wanted.nodes = true,
                _ => {}
            }
        }
        if wanted != self.usage_wanted {
            self.usage_wanted = wanted.clone();
            self.effects.push(Effect::Usage(wanted));
        }
    }

    /// Goes on with orders that take longer than a frame may, by this many steps of about a millisecond each. `true` while there is more to do.
    pub fn work(&mut self, steps: usize) -> bool {
        let now = self.now;
        for (id, _) in self.areas() {
            if let Some(table) = self.panes.get_mut(&id).and_then(super::pane::Pane::table_mut) {
                self.dirty |= table.work(&self.store, steps, now);
            }
        }
        self.has_work()
    }

    /// True while [`App::work`] has something to do.
    pub fn has_work(&self) -> bool {
        let areas = self.areas();
        let mut tables = areas.iter().filter_map(|(id, _)| self.panes.get(id)?.table());
        tables.any(|table| table.order.is_building())
    }

    /// When the app wants a [`Msg::Tick`] next, because something visible changes by itself. `None` when nothing does.
    pub fn deadline(&self) -> Option<Timestamp> {
        let join = Timestamp(self.joined_at.0.saturating_add(JOIN_EVERY));
        let wants_join = self.store.is_join_due().then_some(join);
        [
            self.toasts.deadline(self.now),
            self.follow_deadline(),
            self.rollout_deadline(),
            self.cluster.unlocked_until,
            wants_join,
            self.next_change(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When a visible age or mark changes, or a visible text is due. The store and the tables know their cells; a second is their
    /// shortest step.
    fn next_change(&self) -> Option<Timestamp> {
        let areas = self.areas();
        let views = areas.iter().filter_map(|(id, _)| Some(&self.panes.get(id)?.view));
        views.filter_map(|view| self.change_of(view)).min()
    }

    fn change_of(&self, view: &PaneView) -> Option<Timestamp> {
        match view {
            PaneView::Table(table) => {
                let wait = table.next_change(self.store.feed(table.feed)?, self.now);
                let change = wait.map(|wait| Timestamp(self.now.0.saturating_add(wait.max(1))));
                change.into_iter().chain(table.order.deadline()).min()
            }
            PaneView::Text(text) => text.due(),
            PaneView::Logs(_) => None,
        }
    }
}
