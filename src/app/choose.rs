//! Pickers: what there is to choose from, and what a choice does.

use std::sync::Arc;

use super::App;
use super::overlay::{Overlay, Pick, PickItem, Picker};
use crate::kind::Kind;
use crate::model::{Scope, Tone};

impl App {
    pub(super) fn pick_context(&mut self) {
        let item = |context: &crate::msg::ContextInfo| PickItem {
            value: context.name.clone(),
            detail: format!("{}  {}", context.cluster, context.namespace),
            problem: context.problem.clone(),
            marked: false,
        };
        let items: Vec<PickItem> = self.cluster.contexts.iter().map(item).collect();
        let picker = Picker::new("Contexts", Pick::Context, items, self.cluster.context());
        self.overlay = Some(Overlay::Picker(Box::new(picker)));
    }

    pub(super) fn pick_namespaces(&mut self) {
        self.open_background_namespaces();
        let all = PickItem {
            value: "all".to_owned(),
            detail: "every namespace".to_owned(),
            ..PickItem::default()
        };
        let shown = |name: &String| match &self.scope {
            Scope::All => false,
            Scope::Namespaces(names) => names.len() > 1 && names.contains(name),
        };
        let names = self.namespaces();
        let rest = names.iter().map(|name| PickItem {
            value: name.clone(),
            marked: shown(name),
            ..PickItem::default()
        });
        let items = std::iter::once(all).chain(rest).collect();
        let current = self.scope.single().unwrap_or("all").to_owned();
        let picker = Picker::new("Namespaces", Pick::Namespaces, items, &current);
        self.overlay = Some(Overlay::Picker(Box::new(picker)));
    }

    /// Namespaces that became known since their picker was opened.
    pub(super) fn more_namespaces(&mut self) {
        let is_open =
            matches!(&self.overlay, Some(Overlay::Picker(picker)) if picker.pick == Pick::Namespaces);
        if !is_open {
            return;
        }
        let names = self.namespaces();
        if let Some(Overlay::Picker(picker)) = &mut self.overlay {
            self.dirty |= picker.add(names);
        }
    }

    pub(super) fn pick_theme(&mut self) {
        let item = |(name, _): &(&str, &str)| PickItem {
            value: (*name).to_owned(),
            ..PickItem::default()
        };
        let items = crate::theme::EMBEDDED.iter().map(item).collect();
        let current = self.theme.as_ref().or(self.config.settings.theme.as_ref());
        let picker = Picker::new("Themes", Pick::Theme, items, current.map_or("", |name| name));
        self.overlay = Some(Overlay::Picker(Box::new(picker)));
    }

    /// Every kind the server has, by its full name; what is chosen opens.
    pub(super) fn pick_kind(&mut self) {
        let mut kinds = self.cluster.kinds();
        kinds.retain(|kind| kind.gvr.group != "kubris");
        kinds.sort_by(|a, b| (&a.gvr.group, &a.gvr.resource).cmp(&(&b.gvr.group, &b.gvr.resource)));
        let item = |kind: &Arc<Kind>| {
            let others: Vec<&str> = kind.names.iter().skip(1).map(AsRef::as_ref).collect();
            let place = if kind.namespaced { "namespaced" } else { "cluster" };
            PickItem {
                value: kind.gvr.to_string(),
                detail: format!("{:<20} {:<8} {place}", others.join(" "), kind.gvr.version),
                ..PickItem::default()
            }
        };
        let current = self.current_table().map(|table| table.kind.gvr.to_string());
        let items = kinds.iter().map(item).collect();
        let picker = Picker::new("Kinds", Pick::Kind, items, &current.unwrap_or_default());
        self.overlay = Some(Overlay::Picker(Box::new(picker)));
    }

    pub(super) fn picked(&mut self, pick: Pick, values: Vec<String>) {
        let first = values.first().cloned().unwrap_or_default();
        match pick {
            Pick::Shell(pod) => self.exec(pod, Some(first)),
            Pick::Logs(pod) => self.open_container_logs(pod, &first),
            Pick::Namespaces if values.iter().any(|name| name == "all") => self.choose_scope(Scope::All),
            Pick::Namespaces => self.choose_scope(Scope::Namespaces(values.into_iter().collect())),
            Pick::Context => {
                if let Err(why) = self.switch_context(&first) {
                    self.toast(why, Tone::Bad);
                }
            }
            Pick::Kind => {
                if let Err(why) = self.run(&first) {
                    self.toast(why, Tone::Bad);
                }
            }
            Pick::Reveal(pane) => self.reveal(pane, values),
            Pick::Theme => self.theme = Some(first),
        }
    }
}
