//! What comes from the cluster, put where it belongs.

use serde_json::Value;

use super::logs::LogsPane;
use super::overlay::Overlay;
use super::pane::{Pane, PaneView};
use super::{App, Waiting, open};
use crate::kind::Changes;
use crate::logs::{Hits, LogEvent};
use crate::model::{Failure, FeedId, Phase, Tone};
use crate::msg::{EffectId, FeedEvent, LogId, Msg, Outcome, UsageReport};

impl App {
    pub(super) fn receive(&mut self, msg: Msg) {
        match msg {
            Msg::Feed(id, part, event) => self.feed_event(id, part, event),
            Msg::Log(id, event) => self.log_event(id, event),
            Msg::Usage(report) => self.usage(report),
            Msg::Object(id, outcome) => self.object(id, outcome),
            Msg::Done(id, outcome) => self.done(id, outcome),
            Msg::Hits(id, hits) => self.hits(id, hits),
            Msg::Highlighted(id, lines) => self.coloured(id, &lines),
            Msg::Edited(id, outcome) => self.edited(id, outcome),
            Msg::Key(_) | Msg::Mouse(_) | Msg::Paste(_) | Msg::Resize(..) | Msg::Tick(_) => {}
            Msg::Connection(connection) => self.connection(connection),
            Msg::GameDay(news) => self.game_news(news),
            Msg::Kinds(kinds) => self.discovered(kinds),
            Msg::Plugin(text) => {
                self.cluster.plugin_says(&text);
                self.show_plugin();
            }
            Msg::PluginEnded(failure) => {
                self.cluster.plugin.clear();
                self.cluster.plugin_waits = false;
                match failure {
                    None if matches!(self.overlay, Some(Overlay::Plugin(_))) => self.overlay = None,
                    None => {}
                    Some(failure) => self.toast(failure.message, Tone::Bad),
                }
                self.dirty = true;
            }
        }
    }

    /// Shows what the credential plugin says. What a person is about to answer stays; the plugin's turn comes when that is closed.
    pub(super) fn show_plugin(&mut self) {
        self.dirty = true;
        let waits = !matches!(self.overlay, None | Some(Overlay::Plugin(_)));
        let waited = std::mem::replace(&mut self.cluster.plugin_waits, waits);
        if !waits {
            self.overlay = Some(Overlay::Plugin(self.cluster.plugin.clone()));
        } else if !waited {
            let text = "the credential plugin has something to say: shown as soon as this is closed";
            self.toast(text, Tone::Warn);
        }
    }

    fn log_event(&mut self, id: LogId, event: LogEvent) {
        let now = self.now;
        let Some(logs) = self.logs_pane(id) else {
            return;
        };
        logs.take(event, now);
        let waiting = logs.waiting();
        self.dirty = true;
        if let Some(pod) = waiting {
            let scope = self.scope_of_events(&pod);
            self.open_background(&open::EVENTS, &scope);
        }
    }

    fn hits(&mut self, id: LogId, hits: Hits) {
        if let Some(logs) = self.logs_pane(id) {
            logs.buffer.apply(hits);
            self.dirty = true;
        }
    }

    fn logs_pane(&mut self, id: LogId) -> Option<&mut LogsPane> {
        let mut views = self.panes.values_mut().flat_map(Pane::views_mut);
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
                let arrived = self.store.set_phase(id, part, phase);
                self.dirty |= arrived;
                if arrived {
                    self.judge_scale();
                }
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
        for view in self.panes.values_mut().flat_map(Pane::views_mut) {
            if let PaneView::Table(table) = view
                && table.feed == id
            {
                table.order.invalidate();
            }
        }
    }

    /// Tells every table over a feed what changed.
    pub(super) fn merge(&mut self, id: FeedId, changes: &Changes) {
        let Some(feed) = self.store.feed(id) else { return };
        let now = self.now;
        for view in self.panes.values_mut().flat_map(Pane::views_mut) {
            if let PaneView::Table(table) = view
                && table.feed == id
            {
                table.merge(feed, changes, now);
            }
        }
        let events = feed.feed.gvr == open::EVENTS && !changes.is_empty();
        self.events_came |= events;
        // They stand in log panes without lines, too.
        self.dirty |= events && self.explains_logs();
    }

    /// A log pane tells why it has no lines.
    fn explains_logs(&self) -> bool {
        let mut views = self.panes.values().map(|pane| &pane.view);
        views.any(|view| matches!(view, PaneView::Logs(logs) if logs.waiting().is_some()))
    }

    fn usage(&mut self, report: UsageReport) {
        match report {
            UsageReport::Pods(figures, at) => self.store.pods_usage(figures, at),
            UsageReport::Containers(figures, at) => self.store.containers_usage(figures, at),
            UsageReport::Nodes(figures, at) => self.store.nodes_usage(figures, at),
            UsageReport::Unavailable(why) => self.store.usage_unavailable(why),
        }
        self.dirty = true;
    }

    fn object(&mut self, id: EffectId, outcome: Result<Box<Value>, Failure>) {
        let Some(waiting) = self.waiting.remove(&id) else {
            return;
        };
        self.dirty = true;
        let interrupts = matches!(
            waiting,
            Waiting::Containers(..) | Waiting::ScaleOwner(..) | Waiting::ToEdit(..)
        );
        if interrupts && self.overlay.is_some() {
            return self.toast("the answer came too late; press the key again", Tone::Dim);
        }
        match (waiting, outcome) {
            (Waiting::Text, outcome) => self.text_object(id, outcome),
            (Waiting::Scale, outcome) => self.scale_object(id, outcome),
            (Waiting::ScaleOwner(pod, to), outcome) => self.scale_owner(&pod, &to, outcome),
            (Waiting::ToEdit(key, pane), Ok(object)) => self.edit_object(key, pane, object),
            (Waiting::Newer(edit, why), object) => self.newer(edit, &why, object),
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
            (Waiting::Edit(edit), outcome) => self.replaced(edit, outcome),
            (Waiting::Draft(why), Ok(outcome)) => {
                self.toast(format!("{why} · {}", outcome.message), Tone::Warn);
            }
            (Waiting::Draft(why), Err(failure)) => self.toast(format!("{why} · {failure}"), Tone::Bad),
            (Waiting::Change(change), Ok(outcome)) => self.accepted(&change, outcome.message),
            (Waiting::Change(change), Err(failure)) => {
                self.toast(format!("{}: {failure}", change.what), Tone::Bad);
            }
            (_, Ok(outcome)) => self.toast(outcome.message, Tone::Ok),
            (_, Err(failure)) => self.toast(failure.message, Tone::Bad),
        }
    }
}
