//! The prompts at work: commands run, filters applied as they are typed, choices taken.

use super::App;
use super::command::{self, Known};
use super::line_edit::LineEdit;
use super::overlay::prompt::{self, PromptKey};
use super::overlay::{CommandPrompt, Overlay};
use crate::keymap::Chord;

/// How many commands and filters are remembered.
pub(super) const REMEMBERED: usize = 100;
/// How long `:write` unlocks: 30 minutes.
/// Where to go in the history of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum History {
    /// The command before.
    Back,
    /// The command after.
    Forward,
    /// The one that was shown before this.
    Last,
}

impl App {
    pub(super) fn open_command(&mut self) {
        self.overlay = Some(Overlay::Command(CommandPrompt::default()));
    }

    pub(super) fn command_key(&mut self, prompt: &mut CommandPrompt, chord: Chord) -> bool {
        match prompt::read(&mut prompt.line, chord) {
            PromptKey::Cancel => return false,
            PromptKey::Changed => {
                prompt.error = None;
                prompt.chosen = None;
                prompt.offers = self.offers(prompt.line.text());
            }
            PromptKey::Complete => {
                if prompt.take() {
                    prompt.offers = self.offers(prompt.line.text());
                    prompt.chosen = None;
                }
            }
            PromptKey::Older | PromptKey::Newer if !prompt.offers.is_empty() && prompt.back == 0 => {
                let (last, older) = (prompt.offers.len() - 1, chord.key == crate::keymap::Key::Up);
                prompt.chosen = Some(match (prompt.chosen, older) {
                    (None, false) => 0,
                    (None, true) => last,
                    (Some(at), false) => {
                        if at >= last {
                            0
                        } else {
                            at + 1
                        }
                    }
                    (Some(at), true) => at.checked_sub(1).unwrap_or(last),
                });
            }
            key @ (PromptKey::Older | PromptKey::Newer) => {
                recall(
                    &mut prompt.line,
                    &mut prompt.back,
                    &self.commands,
                    key == PromptKey::Older,
                );
            }
            PromptKey::Accept => {
                if prompt.chosen.is_some() {
                    prompt.take();
                }
                let text = prompt.line.text().to_owned();
                return match self.run(&text) {
                    Ok(()) => false,
                    Err(why) => {
                        prompt.error = Some(why);
                        true
                    }
                };
            }
            PromptKey::Other => {}
        }
        true
    }

    pub(super) fn complete_command(&mut self) {
        let Some(Overlay::Command(prompt)) = &self.overlay else {
            return;
        };
        let offers = self.offers(prompt.line.text());
        if let Some(Overlay::Command(prompt)) = &mut self.overlay {
            prompt.offers = offers;
        }
    }

    fn offers(&self, text: &str) -> Vec<String> {
        let kinds = self.cluster.kinds();
        let contexts: Vec<String> = self
            .cluster
            .contexts
            .iter()
            .map(|context| context.name.clone())
            .collect();
        command::complete(text, &Known { kinds: &kinds }, &self.namespaces(), &contexts)
    }
}

pub(super) fn recall(line: &mut LineEdit, back: &mut usize, history: &[String], older: bool) {
    let next = if older {
        (*back + 1).min(history.len())
    } else {
        back.saturating_sub(1)
    };
    *back = next;
    let text = history
        .len()
        .checked_sub(next)
        .and_then(|at| history.get(at))
        .map_or("", String::as_str);
    *line = LineEdit::new(text);
}
