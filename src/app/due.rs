//! What happens by time alone: ticks, joins, usage, and when each is due next.

use super::App;
use super::open::NODES;
use super::pane::PaneView;
use crate::clock::{self, Timestamp};
use crate::logs::State;
use crate::model::{Phase, Scope, Tone};
use crate::msg::{Access, Effect, UsageWanted};

/// How often joins are brought up to date at most: 4 times a second.
const JOIN_EVERY: i64 = 250_000_000;
const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;

impl App {
    pub(super) fn tick(&mut self) {
        let now = self.now;
        self.dirty |= self.unchanged_until.is_some_and(|until| now >= until);
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
        let nodes = self
            .visible()
            .filter_map(PaneView::as_table)
            .any(|table| table.kind.gvr == NODES);
        self.store.want_loads(nodes);
        self.join();
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
        let mut tables = self.visible().filter_map(PaneView::as_table);
        tables.any(|table| table.order.is_building())
    }

    /// When the app wants a [`Msg::Tick`](crate::msg::Msg::Tick) next, because something visible changes by itself. `None` when nothing does.
    pub fn deadline(&self) -> Option<Timestamp> {
        let join = Timestamp(self.joined_at.0.saturating_add(JOIN_EVERY));
        let wants_join = self.store.is_join_due().then_some(join);
        [
            // What is to be drawn anyway need not be waited for.
            self.unchanged_until.filter(|_| !self.dirty),
            self.orders_due(),
            self.texts_due(),
            self.follow_deadline(),
            self.rollout_deadline(),
            self.store.unused_until(),
            self.cluster.unlocked_until,
            wants_join,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When an order on screen is made anew because what it was made from is old.
    fn orders_due(&self) -> Option<Timestamp> {
        self.visible()
            .filter_map(|view| view.as_table()?.order.deadline())
            .min()
    }

    /// When a visible text is asked for again.
    fn texts_due(&self) -> Option<Timestamp> {
        let texts = self.visible().filter_map(|view| match view {
            PaneView::Text(text) => text.due(),
            _ => None,
        });
        texts.min()
    }

    fn visible(&self) -> impl Iterator<Item = &PaneView> {
        let areas = self.areas().into_iter();
        areas
            .filter_map(|(id, _)| self.panes.get(&id))
            .map(|pane| &pane.view)
    }

    /// When something on screen changes by time alone: an age, a mark of change, a message. A second is the shortest step. Asked once a frame.
    pub(super) fn next_change(&self) -> Option<Timestamp> {
        let now = self.now;
        let views = self.visible().filter_map(|view| self.change_of(view));
        let message = self.toasts.deadline(now);
        // `WRITE 29m` counts down.
        let minutes = self.cluster.unlocked_until.map(|until| {
            let left = until.nanos_since(now).max(0) % MINUTE;
            Timestamp(now.0.saturating_add(left.max(1)))
        });
        views
            .chain(message)
            .chain(minutes)
            .chain(self.game_change())
            .min()
    }

    fn change_of(&self, view: &PaneView) -> Option<Timestamp> {
        let now = self.now;
        match view {
            PaneView::Table(table) => {
                let feed = self.store.feed(table.feed)?;
                let wait = match feed.phase() {
                    Phase::Opening => Some(clock::next_change(self.cluster.since, now).min(SECOND)),
                    Phase::Stale { since, .. } => Some(clock::next_change(*since, now)),
                    _ => None,
                };
                let phase = wait.map(|wait| Timestamp(now.0.saturating_add(wait.max(1))));
                phase.into_iter().chain(table.next_change(feed, now)).min()
            }
            PaneView::Logs(logs) => {
                let mut sources = logs.buffer.sources();
                let counts = sources.any(|source| matches!(source.state, State::Retrying { .. }));
                counts.then(|| Timestamp(now.0.saturating_add(SECOND)))
            }
            PaneView::Text(_) => None,
        }
    }

    /// What the header counts, whatever the panes show: nodes and pods, and how many of them are broken.
    pub(super) fn header_counts(&self) -> [usize; 4] {
        let count = |resource: &str, scope: &Scope| {
            let feed = self.store.covering(resource, "", scope);
            feed.map_or((0, 0), |(_, state)| (state.rows.len(), state.bad()))
        };
        let (nodes, pods) = (count("nodes", &Scope::All), count("pods", &self.scope));
        [nodes.0, nodes.1, pods.0, pods.1]
    }
}
