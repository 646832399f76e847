//! From a key to who handles it: the overlay, else the action the focused pane's scopes give it.

use super::App;
use super::overlay::confirm::Confirmed;
use super::overlay::picker::Picked;
use super::overlay::prompt::{self, PromptKey};
use super::overlay::{Help, Overlay};
use super::pane::{Pane, PaneView};
use crate::action::{self, Action, Logs, Move};
use crate::keymap::{Chord, Key};
use crate::model::Tone;
use crate::msg::Effect;

impl App {
    pub(super) fn key(&mut self, chord: Chord) {
        self.dirty = true;
        self.toasts.key(self.now);
        if self.overlay.is_some() {
            return self.overlay_key(chord);
        }
        let Some(pane) = self.focused() else {
            return self.early_key(chord);
        };
        if let Some(action) = self.config.keymap.action(chord, pane.chain()) {
            self.act(action);
        }
    }

    /// Keys before there is any pane: leave, or choose another context.
    fn early_key(&mut self, chord: Chord) {
        match self.config.keymap.action(chord, [action::Scope::Global]) {
            Some(Action::Global(action)) => self.act_global(action),
            _ if chord.key == Key::Enter => self.pick_context(),
            _ => {}
        }
    }

    /// The key of an action in the focused pane, for sentences; its name when no key is bound to it.
    pub fn key_of(&self, action: Action) -> String {
        let chain = self.focused().map(Pane::chain).unwrap_or_default();
        let chord = self.config.keymap.hint(action, &chain);
        chord.map_or_else(|| action.name().to_owned(), |chord| chord.to_string())
    }

    /// Carries out an action on the focused pane.
    pub(super) fn act(&mut self, action: Action) {
        if let Some(template) = action.spec().instead {
            return self.say_instead(template);
        }
        if action.mutates()
            && let Some(why) = self.cluster.refusal(self.now)
        {
            let text = format!("read-only: `{}` is refused · {why}", action.name());
            return self.toast(text, Tone::Warn);
        }
        match action {
            Action::Global(action) => self.act_global(action),
            Action::Pane(action) => self.act_pane(action),
            Action::Move(step) => self.act_move(step),
            Action::Table(action) => self.act_table(action),
            Action::Object(action) => self.act_object(action),
            Action::Logs(action) => self.act_logs(action),
            Action::Text(action) => self.act_text(action),
        }
    }

    pub(super) fn act_move(&mut self, step: Move) {
        let now = self.now;
        let store = &self.store;
        let Some(pane) = self.panes.get_mut(&self.focus) else {
            return;
        };
        let mut older = None;
        match &mut pane.view {
            PaneView::Table(table) => {
                if let Some(feed) = store.feed(table.feed) {
                    table.go(feed, step, now);
                }
            }
            PaneView::Logs(logs) => {
                if logs.go(step) {
                    logs.loading_older = true;
                    older = Some(logs.id);
                }
            }
            PaneView::Text(text) => text.go(step),
        }
        if let Some(id) = older {
            self.effects.push(Effect::OlderLogs(id, super::tail::OLDER_LINES));
        }
    }

    fn act_logs(&mut self, action: Logs) {
        let now = self.now;
        if let Some(PaneView::Logs(logs)) = self.focused_mut().map(|pane| &mut pane.view)
            && !logs.act(action, now)
        {
            self.act_logs_outside(action);
        }
    }

    fn overlay_key(&mut self, chord: Chord) {
        let Some(mut overlay) = self.overlay.take() else {
            return;
        };
        let keep = match &mut overlay {
            Overlay::Command(prompt) => self.command_key(prompt, chord),
            Overlay::Filter(prompt) => self.filter_key(prompt, chord),
            Overlay::Scale(dialog) => self.scale_key(dialog, chord),
            Overlay::Confirm(confirm) => match confirm.key(chord) {
                Confirmed::Nothing => true,
                Confirmed::Changed => {
                    self.tell_deletion(confirm);
                    true
                }
                Confirmed::Mistyped => {
                    let expected = confirm.typed.as_ref().map_or("", |(expected, _)| expected);
                    let text =
                        format!("that is not `{expected}`: nothing was changed; type it whole, or esc");
                    self.toast(text, Tone::Warn);
                    true
                }
                Confirmed::Cancelled => {
                    self.toast("cancelled; nothing was changed", Tone::Dim);
                    if let Some(edit) = confirm.edit.take() {
                        self.edit_cancelled(edit);
                    }
                    false
                }
                Confirmed::Copy => {
                    self.effects.push(Effect::Copy(confirm.command.clone()));
                    self.toast("copied the kubectl command", Tone::Ok);
                    true
                }
                Confirmed::Go => {
                    let mutations = std::mem::take(&mut confirm.mutations);
                    match confirm.edit.take() {
                        Some(edit) => self.send_edit(&edit, mutations),
                        None => self.send(mutations),
                    }
                    false
                }
            },
            Overlay::Picker(picker) => match picker.key(chord) {
                Picked::Nothing => true,
                Picked::Cancelled => false,
                Picked::Values(values) => {
                    let pick = picker.pick.clone();
                    self.picked(pick, values);
                    false
                }
            },
            Overlay::Help(help) => help_key(help, chord),
            Overlay::Plugin(_) => self.plugin_key(chord),
        };
        // Whatever the key opened wins over what it came from.
        if keep && self.overlay.is_none() {
            self.overlay = Some(overlay);
        }
    }

    fn plugin_key(&mut self, chord: Chord) -> bool {
        match chord.key {
            Key::Esc => {
                self.effects.push(Effect::AbandonPlugin);
                false
            }
            Key::Enter => {
                self.effects.push(Effect::RunPlugin);
                true
            }
            Key::Char('c') => {
                self.effects.push(Effect::Copy(self.cluster.plugin.clone()));
                true
            }
            _ => true,
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.dirty = true;
        match &mut self.overlay {
            Some(Overlay::Command(prompt)) => {
                prompt.line.paste(text);
                self.complete_command();
            }
            Some(Overlay::Filter(prompt)) => {
                prompt.line.paste(text);
                self.apply_filter_prompt();
            }
            Some(Overlay::Scale(dialog)) => {
                dialog.paste(text);
                self.judge_scale();
            }
            Some(Overlay::Picker(picker)) => picker.line.paste(text),
            Some(Overlay::Confirm(confirm)) => {
                confirm.paste(text);
            }
            _ => {}
        }
    }
}

/// Keys of help: typing searches, arrows scroll, anything that ends a prompt closes it. `true` while it stays.
fn help_key(help: &mut Help, chord: Chord) -> bool {
    match prompt::read(&mut help.line, chord) {
        PromptKey::Cancel | PromptKey::Accept => return false,
        PromptKey::Older => help.top = help.top.saturating_sub(1),
        PromptKey::Newer => help.top += 1,
        // A second `?` closes what the first one opened.
        PromptKey::Changed if help.line.text() == "?" => return false,
        PromptKey::Changed => help.top = 0,
        PromptKey::Complete | PromptKey::Other => match chord.key {
            Key::PageDown => help.top += 10,
            Key::PageUp => help.top = help.top.saturating_sub(10),
            _ => {}
        },
    }
    help.top = help.top.min(help.shown().len().saturating_sub(1));
    true
}
