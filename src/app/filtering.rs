//! The filter prompt at work: what is typed is in force at once, and Esc takes it back.

use super::App;
use super::line_edit::LineEdit;
use super::overlay::prompt::{self, Before, FilterUse, PromptKey};
use super::overlay::{FilterPrompt, Overlay};
use super::pane::PaneView;
use super::prompts::{REMEMBERED, recall};
use super::tree::PaneId;
use crate::keymap::Chord;

impl App {
    pub(super) fn open_filter(&mut self) {
        let Some(pane) = self.focused() else { return };
        let mut before = Before::default();
        match &pane.view {
            PaneView::Table(table) => {
                before.filter.clone_from(&table.query.filter);
                before.cursor = table.cursor;
            }
            PaneView::Logs(logs) => {
                before.filter.clone_from(&logs.filter);
                before.search.clone_from(&logs.search);
            }
            PaneView::Text(text) => {
                before.filter = text.search.as_ref().map(ToString::to_string).unwrap_or_default();
            }
        }
        let purpose = if matches!(pane.view, PaneView::Text(_)) {
            FilterUse::Search
        } else {
            FilterUse::Filter
        };
        let prompt = FilterPrompt {
            pane: pane.id,
            line: LineEdit::new(&before.filter),
            before,
            purpose,
            back: 0,
        };
        self.overlay = Some(Overlay::Filter(prompt));
    }

    pub(super) fn filter_key(&mut self, prompt: &mut FilterPrompt, chord: Chord) -> bool {
        match prompt::read(&mut prompt.line, chord) {
            PromptKey::Cancel => {
                self.undo_filter(prompt.pane, &prompt.before);
                return false;
            }
            PromptKey::Accept => {
                let text = prompt.line.text().to_owned();
                if !text.is_empty() && self.filters.last() != Some(&text) {
                    if self.filters.len() >= REMEMBERED {
                        self.filters.remove(0);
                    }
                    self.filters.push(text);
                }
                return self.filter_problem(prompt.pane).is_some();
            }
            PromptKey::Complete => self.swap_purpose(prompt),
            key @ (PromptKey::Older | PromptKey::Newer) => {
                recall(
                    &mut prompt.line,
                    &mut prompt.back,
                    &self.filters,
                    key == PromptKey::Older,
                );
                self.filter(prompt.pane, prompt.purpose, prompt.line.text());
            }
            PromptKey::Changed => self.filter(prompt.pane, prompt.purpose, prompt.line.text()),
            PromptKey::Other => {}
        }
        true
    }

    /// Everything as it was before the prompt: the cursor goes back to its object.
    fn undo_filter(&mut self, pane: PaneId, before: &Before) {
        self.filter(pane, FilterUse::Filter, &before.filter);
        match self.panes.get_mut(&pane).map(|pane| &mut pane.view) {
            Some(PaneView::Table(table)) => table.cursor = before.cursor,
            Some(PaneView::Logs(logs)) => logs.set_search(&before.search),
            _ => {}
        }
    }

    /// Tab in a log pane: search instead of filter, and back.
    fn swap_purpose(&mut self, prompt: &mut FilterPrompt) {
        if !matches!(
            self.panes.get(&prompt.pane).map(|pane| &pane.view),
            Some(PaneView::Logs(_))
        ) {
            return;
        }
        let text = prompt.line.text().to_owned();
        self.filter(prompt.pane, prompt.purpose, "");
        prompt.purpose = match prompt.purpose {
            FilterUse::Filter => FilterUse::Search,
            FilterUse::Search => FilterUse::Filter,
        };
        self.filter(prompt.pane, prompt.purpose, &text);
    }

    pub(super) fn apply_filter_prompt(&mut self) {
        let Some(Overlay::Filter(prompt)) = &self.overlay else {
            return;
        };
        let (pane, purpose, text) = (prompt.pane, prompt.purpose, prompt.line.text().to_owned());
        self.filter(pane, purpose, &text);
    }

    fn filter(&mut self, pane: PaneId, purpose: FilterUse, text: &str) {
        match self.panes.get_mut(&pane).map(|pane| &mut pane.view) {
            Some(PaneView::Table(table)) => table.set_filter(text),
            Some(PaneView::Logs(logs)) if purpose == FilterUse::Filter => logs.set_filter(text),
            Some(PaneView::Logs(logs)) => logs.set_search(text),
            Some(PaneView::Text(pane)) => pane.set_search(text),
            None => {}
        }
    }

    /// What is wrong with the filter of a pane as it is typed.
    pub fn filter_problem(&self, pane: PaneId) -> Option<&str> {
        match &self.panes.get(&pane)?.view {
            PaneView::Table(table) => table.filter_error.as_deref(),
            PaneView::Logs(logs) => logs.filter_error.as_deref(),
            PaneView::Text(text) => text.search_error.as_deref(),
        }
    }
}
