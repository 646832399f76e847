//! Edits that no pane can keep: written to a file, whose name is told.

use super::super::object::file_name;
use super::super::overlay::Overlay;
use super::super::pane::{Pane, PaneView};
use super::super::{App, Waiting};
use super::{Edit, holds};
use crate::msg::{Effect, SaveRequest};

impl App {
    /// What was edited and not applied, when the program is left for whatever reason: what to say of each, and the file for it.
    pub fn drafts(&mut self) -> Vec<(String, SaveRequest)> {
        let kept = self.kept_edits().into_iter();
        let mut drafts: Vec<_> = kept.map(|edit| draft(&edit, "the program was left")).collect();
        // Nobody will hear whether the server takes these.
        drafts.extend(self.waiting.values().filter_map(|waiting| match waiting {
            Waiting::Edit(edit) => Some(draft(edit, "its answer was not waited for")),
            _ => None,
        }));
        drafts
    }

    /// The context is left: what is edited in it and not applied goes to files before.
    pub(in crate::app) fn save_drafts(&mut self, why: &str) {
        for edit in self.kept_edits() {
            self.save_draft(&edit, why);
        }
    }

    /// What panes, a question and awaited answers keep of edits.
    fn kept_edits(&mut self) -> Vec<Edit> {
        let views = self.panes.values_mut().flat_map(Pane::views_mut);
        let mut edits: Vec<Edit> = views
            .filter_map(|view| match view {
                PaneView::Text(text) => text.edit.take().map(|edit| *edit),
                _ => None,
            })
            .collect();
        if let Some(Overlay::Confirm(confirm)) = &mut self.overlay {
            edits.extend(confirm.edit.take().map(|edit| *edit));
        }
        edits.extend(self.waiting.values().filter_map(|waiting| match waiting {
            Waiting::Newer(edit, _) => Some((**edit).clone()),
            _ => None,
        }));
        edits
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
        let (told, request) = draft(edit, why);
        let id = self.effect_id(Waiting::Draft(told));
        self.effects.push(Effect::Save(id, request));
    }
}

/// What to say of an edit that was not applied, and the file for it.
fn draft(edit: &Edit, why: &str) -> (String, SaveRequest) {
    let key = &edit.key;
    let title = format!("edit-{}-{}-{}", key.gvr, key.namespace, key.name);
    let request = SaveRequest {
        name: file_name(&title, "yaml").into(),
        text: edit.text.clone(),
    };
    (format!("the edit of {key} was not applied ({why})"), request)
}
