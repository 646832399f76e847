//! What comes from the cluster, put where it belongs.

use std::sync::Arc;

use serde_json::Value;

use super::logs::LogsPane;
use super::overlay::Overlay;
use super::pane::PaneView;
use super::{App, Waiting, open};
use crate::clock::Timestamp;
use crate::kind::Changes;
use crate::kinds;
use crate::logs::{Hits, LogEvent};
use crate::model::{Failure, FeedId, Phase, Query, Scope, Tone};
use crate::msg::{
    Access, ClusterInfo, Connection, Effect, EffectId, FeedEvent, LogId, Msg, Outcome, UsageReport,
    UsageWanted,
};

/// How often joins are brought up to date at most: 4 times a second.
const JOIN_EVERY: i64 = 250_000_000;

impl App {
    pub(super) fn receive(&mut self, msg: Msg) {
        match msg {
            Msg::Feed(id, part, event) => self.feed_event(id, part, event),
            Msg::Log(id, event) => self.log_event(id, event),
            Msg::Usage(report) => self.usage(report),
            Msg::Object(id, outcome) => self.object(id, outcome),
            Msg::Done(id, outcome) => self.done(id, outcome),
            Msg::Hits(id, hits) => self.hits(id, hits),
            Msg::Edited(..)
            | Msg::Highlighted(..)
            | Msg::Key(_)
            | Msg::Mouse(_)
            | Msg::Paste(_)
            | Msg::Resize(..)
            | Msg::Tick(_) => {}
            Msg::Connection(connection) => self.connection(connection),
            Msg::Kinds(kinds) => self.discovered(kinds),
            Msg::Plugin(text) => {
                self.cluster.plugin.push_str(&text);
                self.overlay = Some(Overlay::Plugin(self.cluster.plugin.clone()));
                self.dirty = true;
            }
            Msg::PluginEnded(failure) => {
                self.cluster.plugin.clear();
                match failure {
                    None if matches!(self.overlay, Some(Overlay::Plugin(_))) => self.overlay = None,
                    None => {}
                    Some(failure) => self.toast(failure.message, Tone::Bad),
                }
                self.dirty = true;
            }
        }
    }

    fn log_event(&mut self, id: LogId, event: LogEvent) {
        let now = self.now;
        if let Some(logs) = self.logs_pane(id) {
            logs.take(event, now);
            self.dirty = true;
        }
    }

    fn hits(&mut self, id: LogId, hits: Hits) {
        if let Some(logs) = self.logs_pane(id) {
            logs.buffer.apply(hits);
            self.dirty = true;
        }
    }

    fn logs_pane(&mut self, id: LogId) -> Option<&mut LogsPane> {
        let panes = self.panes.values_mut();
        let mut views = panes.flat_map(|pane| std::iter::once(&mut pane.view).chain(pane.back.iter_mut()));
        views.find_map(|view| match view {
            PaneView::Logs(logs) if logs.id == id => Some(logs.as_mut()),
            _ => None,
        })
    }

    fn feed_event(&mut self, id: FeedId, part: u16, event: FeedEvent) {
        let now = self.now;
        let changes = match event {
            FeedEvent::BeginList => {
                self.store.begin_list(id, part);
                None
            }
            FeedEvent::Rows(batch) => self.store.apply(id, part, batch, now),
            FeedEvent::EndList => self.store.end_list(id, part),
            FeedEvent::Phase(phase) => {
                self.background_due |= matches!(phase, Phase::Live | Phase::Stale { .. });
                self.store.set_phase(id, part, phase);
                self.dirty = true;
                None
            }
            FeedEvent::Narrowed(namespaces, why) => {
                self.store.narrow(id, &namespaces);
                self.reorder(id);
                self.toast(format!("{why}; shown: {}", namespaces.join(", ")), Tone::Warn);
                None
            }
        };
        if let Some(changes) = changes {
            self.merge(id, &changes);
        }
        if self.background_due {
            self.background_due = false;
            self.open_background_nodes();
        }
    }

    /// Every table over a feed orders its rows anew.
    fn reorder(&mut self, id: FeedId) {
        let panes = self.panes.values_mut();
        let views = panes.flat_map(|pane| std::iter::once(&mut pane.view).chain(&mut pane.back));
        for view in views {
            if let PaneView::Table(table) = view
                && table.feed == id
            {
                table.order.invalidate();
            }
        }
    }

    /// Tells every table over a feed what changed.
    fn merge(&mut self, id: FeedId, changes: &Changes) {
        let Some(feed) = self.store.feed(id) else { return };
        let now = self.now;
        for pane in self.panes.values_mut() {
            let views = std::iter::once(&mut pane.view).chain(pane.back.iter_mut());
            for view in views {
                if let PaneView::Table(table) = view
                    && table.feed == id
                {
                    table.merge(feed, changes, now);
                    self.dirty |= !changes.is_empty();
                }
            }
        }
        // Nodes count in the header whatever is shown.
        self.dirty |= feed.feed.gvr == open::NODES && !changes.is_empty();
    }

    fn usage(&mut self, report: UsageReport) {
        match report {
            UsageReport::Pods(figures, at) => self.store.pods_usage(figures, at),
            UsageReport::Nodes(figures, at) => self.store.nodes_usage(figures, at),
            UsageReport::Unavailable(why) => self.store.usage_unavailable(why),
        }
        self.facts_changed();
        self.dirty = true;
    }

    fn facts_changed(&mut self) {
        let now = self.now;
        for pane in self.panes.values_mut() {
            if let Some(table) = pane.table_mut()
                && let Some(feed) = self.store.feed(table.feed)
            {
                table.order.facts_changed(feed, now);
            }
        }
    }

    fn connection(&mut self, connection: Connection) {
        self.dirty = true;
        match connection {
            Connection::Contexts(contexts) => self.cluster.contexts = contexts,
            Connection::Connecting(info) => self.connecting(info),
            Connection::Connected { version } => {
                self.cluster.version = Some(version);
                self.cluster.failure = None;
            }
            Connection::Failed(failure) => {
                self.toast(failure.message.clone(), Tone::Bad);
                self.cluster.failure = Some(failure);
            }
        }
    }

    /// Everything of the present context goes at once, so that nothing meant for it reaches the next one. Answers about what was already sent
    /// are still told.
    pub(super) fn leave_context(&mut self) {
        self.store.clear();
        self.panes.clear();
        self.background.clear();
        self.rollouts.clear();
        self.waiting
            .retain(|_, waiting| matches!(waiting, Waiting::Change(_) | Waiting::Save | Waiting::Exec(_)));
        self.overlay = None;
        self.usage_wanted = UsageWanted::default();
        self.cluster.info = None;
        self.cluster.version = None;
        self.cluster.failure = None;
        self.cluster.unlocked_until = None;
        self.cluster.discovered.clear();
        self.dirty = true;
    }

    /// A new context: everything of the old one goes, the start view opens.
    fn connecting(&mut self, info: ClusterInfo) {
        self.leave_context();
        let contexts = std::mem::take(&mut self.cluster.contexts);
        self.scope = self.first_scope(&info);
        self.cluster = super::ClusterState {
            contexts,
            since: self.now,
            info: Some(info),
            ..super::ClusterState::default()
        };
        self.open_start();
        if self.cluster.info.as_ref().is_some_and(|info| info.demo) {
            self.toast(
                "a pretend cluster, safe to break · ? keys · q quits",
                Tone::Accent,
            );
        } else if self
            .cluster
            .info
            .as_ref()
            .is_some_and(|info| info.access == Access::ReadOnly)
        {
            self.toast(
                "read-only: changes are refused · :write unlocks for 30 minutes",
                Tone::Accent,
            );
        }
    }

    fn first_scope(&self, info: &ClusterInfo) -> Scope {
        if let Some(scope) = &self.start.scope {
            return scope.clone();
        }
        match self.config.context(&info.context.name).namespaces {
            Some(names) if !names.is_empty() => Scope::Namespaces(names.into_iter().collect()),
            _ if info.demo => Scope::All,
            _ => Scope::one(if info.context.namespace.is_empty() {
                "default"
            } else {
                &info.context.namespace
            }),
        }
    }

    fn open_start(&mut self) {
        let command = std::mem::take(&mut self.start.command);
        let configured = self.config.settings.view.clone();
        if let Some(kind) = kinds::find(&open::PODS).cloned() {
            let query = Query {
                gvr: open::PODS,
                scope: self.scope.clone(),
                ..Query::default()
            };
            self.open_first(&kind, query);
        }
        let wanted = if command.trim().is_empty() {
            configured
        } else {
            command
        };
        let wanted = wanted.trim().trim_start_matches(':').to_owned();
        if matches!(wanted.as_str(), "" | "po" | "pods" | "pod") {
            return;
        }
        match self.run(&wanted) {
            Ok(()) => self.make_first(),
            // A kind that discovery has still to find is shown when it comes.
            Err(why) => {
                self.start.command = wanted;
                self.toast(why, Tone::Warn);
            }
        }
    }

    /// What the start command opened is where Esc ends.
    fn make_first(&mut self) {
        let Some(pane) = self.panes.get_mut(&self.focus) else {
            return;
        };
        let left: Vec<PaneView> = pane.back.drain(..).collect();
        for view in left {
            self.leave(view);
        }
    }

    fn discovered(&mut self, kinds: Vec<Arc<crate::kind::Kind>>) {
        self.cluster.discovered = kinds;
        let wanted = std::mem::take(&mut self.start.command);
        if !wanted.is_empty() && self.run(&wanted).is_ok() {
            self.make_first();
        }
    }

    fn object(&mut self, id: EffectId, outcome: Result<Box<Value>, Failure>) {
        let Some(waiting) = self.waiting.remove(&id) else {
            return;
        };
        self.dirty = true;
        let interrupts = matches!(waiting, Waiting::Containers(..) | Waiting::ScaleOwner(..));
        if interrupts && self.overlay.is_some() {
            return self.toast("the answer came too late; press the key again", Tone::Dim);
        }
        match (waiting, outcome) {
            (Waiting::Text(pane), outcome) => self.text_object(pane, id, outcome),
            (Waiting::Scale, outcome) => self.scale_object(id, outcome),
            (Waiting::ScaleOwner(pod, to), outcome) => self.scale_owner(&pod, &to, outcome),
            (Waiting::Containers(pod, pick), Ok(object)) => self.containers_of(&pod, pick, &object),
            (_, Err(failure)) => self.toast(failure.message, Tone::Bad),
            (_, Ok(_)) => {}
        }
    }

    fn done(&mut self, id: EffectId, outcome: Result<Outcome, Failure>) {
        let Some(waiting) = self.waiting.remove(&id) else {
            return;
        };
        match (waiting, outcome) {
            (Waiting::Exec(what), Ok(outcome)) => {
                let code = outcome.exit_code.unwrap_or(0);
                let tone = if code == 0 { Tone::Ok } else { Tone::Warn };
                let text = if outcome.message.is_empty() {
                    format!("{what} ended with exit code {code}")
                } else {
                    outcome.message
                };
                self.toast(text, tone);
            }
            (Waiting::Change(what), Err(failure)) => self.toast(format!("{what}: {failure}"), Tone::Bad),
            (_, Ok(outcome)) => self.toast(outcome.message, Tone::Ok),
            (_, Err(failure)) => self.toast(failure.message, Tone::Bad),
        }
    }

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
        if self.store.join() {
            self.facts_changed();
            self.dirty = true;
        }
    }

    /// Usage is polled only while something on screen shows it.
    pub(super) fn want_usage(&mut self) {
        if self.cluster.info.is_none() {
            return;
        }
        self.join();
        let mut wanted = UsageWanted {
            pods: None,
            nodes: self.header,
        };
        for (id, _) in self.areas() {
            let Some(table) = self.panes.get(&id).and_then(super::pane::Pane::table) else {
                continue;
            };
            match &*table.kind.gvr.resource {
                "pods" | "containers" => {
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

    /// When a visible age or mark changes. The store and the tables know their cells; a second is their shortest step.
    fn next_change(&self) -> Option<Timestamp> {
        let mut soonest: Option<i64> = None;
        for (id, _) in self.areas() {
            let Some(pane) = self.panes.get(&id) else { continue };
            let change = match &pane.view {
                PaneView::Table(table) => self
                    .store
                    .feed(table.feed)
                    .and_then(|feed| table.next_change(feed, self.now)),
                PaneView::Text(text) => text.auto.then_some(super::texts::REFRESH_EVERY),
                PaneView::Logs(_) => None,
            };
            soonest = soonest.into_iter().chain(change).min();
        }
        soonest.map(|wait| Timestamp(self.now.0.saturating_add(wait.max(1))))
    }
}
