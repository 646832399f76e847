//! Edits that no pane can keep: written to a file, whose name is told.

use super::super::object::file_name;
use super::super::overlay::Overlay;
use super::super::pane::{Pane, PaneView};
use super::super::{App, Waiting};
use super::{Edit, holds};
use crate::msg::{Effect, SaveRequest};

impl App {
    /// Leaves the program: what was edited and not applied goes to files before.
    pub(in crate::app) fn quit(&mut self) {
        self.save_drafts("the program was left");
        self.effects.push(Effect::Quit);
    }

    /// What panes, a question and awaited answers keep of edits goes to files.
    pub(in crate::app) fn save_drafts(&mut self, why: &str) {
        let views = self.panes.values_mut().flat_map(Pane::views_mut);
        let mut edits: Vec<Box<Edit>> = views
            .filter_map(|view| match view {
                PaneView::Text(text) => text.edit.take(),
                _ => None,
            })
            .collect();
        if let Some(Overlay::Confirm(confirm)) = &mut self.overlay {
            edits.extend(confirm.edit.take());
        }
        edits.extend(self.waiting.values().filter_map(|waiting| match waiting {
            Waiting::Newer(edit, _) => Some(edit.clone()),
            _ => None,
        }));
        for edit in edits {
            self.save_draft(&edit, why);
        }
    }

    /// Writes an edit that came to nothing to a file, unless it says nothing new or a pane still keeps it.
    pub(in crate::app) fn save_if_homeless(&mut self, edit: &Edit, why: &str) {
        let here = edit.context == self.cluster.context();
        let kept = self
            .panes
            .values()
            .flat_map(Pane::views)
            .any(|view| holds(view, &edit.key));
        if !(here && kept) && edit.is_changed() {
            self.save_draft(edit, why);
        }
    }

    /// Writes an edit to a file for its owner only; a message names it.
    pub(super) fn save_draft(&mut self, edit: &Edit, why: &str) {
        let key = &edit.key;
        let title = format!("edit-{}-{}-{}", key.gvr, key.namespace, key.name);
        let told = format!("the edit of {key} was not applied ({why})");
        let id = self.effect_id(Waiting::Draft(told));
        self.effects.push(Effect::Save(
            id,
            SaveRequest {
                name: file_name(&title, "yaml").into(),
                text: edit.text.clone(),
            },
        ));
    }
}
