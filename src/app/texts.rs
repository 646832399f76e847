//! Text panes at work: YAML and describe of fetched objects, and documents about the program itself.

use serde_json::Value;

use super::open;
use super::pane::{Pane, PaneView};
use super::text::{TextKind, TextPane};
use super::tree::PaneId;
use super::{App, Waiting, yaml};
use crate::action::Text;
use crate::clock;
use crate::config::TimeStyle;
use crate::kind::EventLine;
use crate::model::doc::span;
use crate::model::{Doc, Failure, ObjectKey, Phase, Scope, Tone};
use crate::msg::{Effect, EffectId};

impl App {
    pub(super) fn act_text(&mut self, action: Text) {
        let Some(PaneView::Text(text)) = self.focused_mut().map(|pane| &mut pane.view) else {
            return;
        };
        match action {
            Text::Search => self.open_filter(),
            Text::NextMatch => text.step_hit(true),
            Text::PreviousMatch => text.step_hit(false),
            Text::Fold => text.fold(),
            Text::AutoRefresh if text.failure.is_some() => self.fetch_again(),
            Text::AutoRefresh => {
                text.auto = !text.auto;
                let word = if text.auto {
                    "kept up to date"
                } else {
                    "no longer kept up to date"
                };
                self.toast(word, Tone::Ok);
            }
            Text::FullScreen => {
                self.zoom = if self.zoom.is_some() {
                    None
                } else {
                    Some(self.focus)
                }
            }
            Text::Copy => {
                let all = text.doc.plain();
                self.effects.push(Effect::Copy(all));
                self.toast("copied", Tone::Ok);
            }
            Text::Save => {
                let (name, all) = (super::object::file_name(&text.title, "yaml"), text.doc.plain());
                self.save(name, all);
            }
            Text::ManagedFields => {
                text.managed_fields = !text.managed_fields;
                self.rewrite_focused();
            }
            Text::Decode => self.ask_which(),
        }
    }

    /// The answer to a fetch, for whatever text waits for it: it may stand under another view by now.
    pub(super) fn text_object(&mut self, id: EffectId, outcome: Result<Box<Value>, Failure>) {
        let now = self.now;
        let Some(text) = self.texts_mut().find(|text| text.pending == Some(id)) else {
            return;
        };
        match outcome {
            Ok(object) => {
                text.object = Some(object);
                text.failure = None;
                text.fetched = Some(now);
            }
            Err(failure) => text.failure = Some(failure),
        }
        let waits = |text: &TextPane| text.pending == Some(id);
        self.write_text(waits);
        if let Some(text) = self.texts_mut().find(|text| waits(text)) {
            text.pending = None;
        }
        self.ask_which_now();
    }

    /// Every text, covered ones included.
    pub(super) fn texts_mut(&mut self) -> impl Iterator<Item = &mut TextPane> {
        let panes = self.panes.values_mut();
        panes.flat_map(Pane::views_mut).filter_map(|view| match view {
            PaneView::Text(text) => Some(text.as_mut()),
            _ => None,
        })
    }

    /// Writes the focused text anew from its object.
    pub(super) fn rewrite_focused(&mut self) {
        let doc = match self.focused().map(|pane| &pane.view) {
            Some(PaneView::Text(text)) => self.written(text),
            _ => None,
        };
        if let Some(doc) = doc
            && let Some(PaneView::Text(text)) = self.focused_mut().map(|pane| &mut pane.view)
        {
            text.set_doc(doc);
        }
    }

    /// Events came: descriptions that are on screen tell them, too.
    pub(super) fn rewrite_described(&mut self) {
        for (id, _) in self.areas() {
            let doc = match self.panes.get(&id).map(|pane| &pane.view) {
                Some(PaneView::Text(text)) if text.what == TextKind::Describe => self.written(text),
                _ => None,
            };
            if let Some(doc) = doc
                && let Some(PaneView::Text(text)) = self.panes.get_mut(&id).map(|pane| &mut pane.view)
            {
                self.dirty |= text.doc != doc;
                text.set_doc(doc);
            }
        }
    }

    /// Writes the text that is meant anew from its object.
    fn write_text(&mut self, meant: impl Fn(&TextPane) -> bool) {
        let written = |view: &PaneView| match view {
            PaneView::Text(text) if meant(text) => self.written(text),
            _ => None,
        };
        let doc = self.panes.values().flat_map(Pane::views).find_map(written);
        if let Some(doc) = doc
            && let Some(text) = self.texts_mut().find(|text| meant(text))
        {
            text.set_doc(doc);
        }
    }

    /// A text from its object. `None` while there is none.
    fn written(&self, text: &TextPane) -> Option<Doc> {
        let (object, key) = (text.object.as_ref()?, text.subject.as_ref()?);
        Some(match text.what {
            TextKind::Yaml => yaml::object(object, text.managed_fields, &text.revealed),
            TextKind::Describe | TextKind::Document => {
                let events = self.events_of(key);
                let kind = self.cluster.kind(&key.gvr);
                kind.map_or_else(
                    || yaml::object(object, false, &text.revealed),
                    |kind| kind.describe(object, &events, self.now),
                )
            }
        })
    }

    /// Events about one object, newest first, from whatever feed of events is open.
    pub fn events_of(&self, key: &ObjectKey) -> Vec<EventLine> {
        let scope = key.namespace().map_or(Scope::All, Scope::one);
        let exact = self
            .store
            .covering("events", "events.k8s.io", &scope)
            .map(|(_, state)| state);
        let feed = exact.or_else(|| {
            let mut open = self
                .store
                .feeds()
                .map(|(_, state)| state)
                .filter(|state| state.feed.gvr == open::EVENTS);
            open.find(|state| {
                key.namespace()
                    .is_none_or(|namespace| state.feed.scope.contains(namespace))
            })
        });
        let kind = self.cluster.kind(&key.gvr);
        let kind = kind.as_ref().map_or("", |kind| &*kind.kind);
        feed.map(|feed| crate::insight::owners::events_about(feed.rows.as_any(), kind, key))
            .unwrap_or_default()
    }

    /// Fetches texts again that are kept up to date.
    pub(super) fn refresh_texts(&mut self) {
        let now = self.now;
        let due = |text: &TextPane| text.due().is_some_and(|at| at <= now);
        let panes = self.panes.values();
        let due: Vec<PaneId> = panes
            .filter(|pane| matches!(&pane.view, PaneView::Text(text) if due(text)))
            .map(|pane| pane.id)
            .collect();
        for pane in due {
            self.fetch_text(pane);
        }
    }

    /// Fetches the focused text again, unless that is under way.
    fn fetch_again(&mut self) {
        if let Some(PaneView::Text(text)) = self.focused().map(|pane| &pane.view)
            && text.pending.is_none()
        {
            self.fetch_text(self.focus);
        }
    }

    fn fetch_text(&mut self, pane: PaneId) {
        let (id, now) = (self.effect_id(Waiting::Text), self.now);
        if let Some(PaneView::Text(text)) = self.panes.get_mut(&pane).map(|pane| &mut pane.view)
            && let Some(key) = text.subject.clone()
        {
            text.ask(id, now);
            self.effects.push(Effect::Fetch(id, key));
        }
    }

    pub(super) fn show_document(&mut self, title: &str, doc: Doc) {
        self.show_view(PaneView::Text(Box::new(TextPane::document(
            title,
            doc,
            TextKind::Document,
        ))));
    }

    pub(super) fn show_messages(&mut self) {
        let mut doc = Doc::default();
        let utc = self.config.settings.logs.timestamps == TimeStyle::Utc;
        for toast in self.toasts.all().iter().rev() {
            let time = clock::time_of_day(toast.at, utc);
            let mut head = format!("{}  ", time.get(..8).unwrap_or(&time));
            for line in toast.text.lines() {
                doc.push(vec![
                    span(head.clone(), Tone::Dim),
                    span(line.to_owned(), toast.tone),
                ]);
                // Further lines stand below the first.
                head = " ".repeat(head.len());
            }
        }
        if doc.lines.is_empty() {
            doc.push(vec![span("no messages yet", Tone::Dim)]);
        }
        self.show_document("Messages", doc);
    }

    pub(super) fn show_diagnostics(&mut self) {
        let mut doc = Doc::default();
        let version = self
            .cluster
            .version
            .clone()
            .unwrap_or_else(|| "not answered yet".to_owned());
        doc.push(vec![span("server   ", Tone::Key), span(version, Tone::Plain)]);
        doc.push(vec![span("feeds", Tone::Heading)]);
        let mut feeds: Vec<_> = self.store.feeds().collect();
        feeds.sort_by_key(|(id, _)| *id);
        for (_, state) in feeds {
            let (word, tone) = match state.phase() {
                Phase::Live => ("live".to_owned(), Tone::Ok),
                Phase::Polled(_) => ("polled".to_owned(), Tone::Ok),
                Phase::Opening => ("opening".to_owned(), Tone::Busy),
                Phase::Loading { seen, .. } => (format!("loading {seen}"), Tone::Busy),
                Phase::Stale { why, .. } => (format!("stale: {why}"), Tone::Bad),
            };
            doc.push(vec![
                span(format!("  {:<40}", state.feed.gvr.to_string()), Tone::Plain),
                span(format!("{:<24}", scope_word(&state.feed.scope)), Tone::Dim),
                span(format!("{:>8} rows  ", state.rows.len()), Tone::Number),
                span(word, tone),
            ]);
        }
        self.show_document("Diagnostics", doc);
    }

    /// What an event is about: kind, namespace, name.
    pub(super) fn regarding(&self, key: &ObjectKey) -> Option<(String, String, String)> {
        let table = self.current_table()?;
        let feed = self.store.feed(table.feed)?;
        crate::insight::owners::regarding(feed.rows.as_any(), feed.rows.slot(key.uid)?)
    }

    /// Enter on a pod: its containers, kept up to date with the pod.
    pub(super) fn open_containers(&mut self, pod: &ObjectKey) {
        let Some(kind) = self.cluster.kind(&crate::kinds::containers::GVR) else {
            return;
        };
        let table = self.container_table(&kind, pod.clone());
        self.show_view(PaneView::Table(Box::new(table)));
    }
}

/// `all`, `shop`, `shop,team-a`.
pub fn scope_word(scope: &Scope) -> String {
    match scope {
        Scope::All => "all".to_owned(),
        Scope::Namespaces(names) => names.iter().cloned().collect::<Vec<_>>().join(","),
    }
}
