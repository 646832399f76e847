//! The command prompt and the filter prompt.

use crate::app::line_edit::LineEdit;
use crate::app::tree::PaneId;
use crate::keymap::{Chord, Key};
use crate::model::Uid;

/// `:` with completion and history.
#[derive(Debug, Default)]
pub struct CommandPrompt {
    /// What is typed.
    pub line: LineEdit,
    /// What could be meant, best first.
    pub offers: Vec<String>,
    /// The offer chosen with the arrows.
    pub chosen: Option<usize>,
    /// What is wrong with it, once it was tried.
    pub error: Option<String>,
    /// How far back in the history; 0 is the line being typed.
    pub back: usize,
}

/// What a key means to a prompt.
#[derive(Debug, PartialEq, Eq)]
pub enum PromptKey {
    /// The text changed.
    Changed,
    /// Enter.
    Accept,
    /// Esc.
    Cancel,
    /// Take the completion (Tab, or Right at the end).
    Complete,
    /// Up in the history.
    Older,
    /// Down in the history.
    Newer,
    /// Nothing of these.
    Other,
}

/// Reads a key of a one-line prompt; text goes into the line.
pub fn read(line: &mut LineEdit, chord: Chord) -> PromptKey {
    match chord.key {
        Key::Enter => PromptKey::Accept,
        Key::Esc => PromptKey::Cancel,
        Key::Char('c') if chord.mods.ctrl => PromptKey::Cancel,
        Key::Tab => PromptKey::Complete,
        Key::Right if line.at_end() => PromptKey::Complete,
        Key::Up => PromptKey::Older,
        Key::Down => PromptKey::Newer,
        _ if line.key(chord) => PromptKey::Changed,
        _ => PromptKey::Other,
    }
}

impl CommandPrompt {
    /// The completion shown behind the cursor: what is missing of the chosen or best offer.
    pub fn ghost(&self) -> &str {
        let offer = self.offers.get(self.chosen.unwrap_or(0));
        offer
            .and_then(|offer| offer.strip_prefix(self.line.text()))
            .unwrap_or_default()
    }

    /// Takes the chosen or best offer. `false` when there is none.
    pub fn take(&mut self) -> bool {
        let Some(offer) = self.offers.get(self.chosen.unwrap_or(0)) else {
            return false;
        };
        self.line = LineEdit::new(offer);
        true
    }
}

/// What `/` does with what is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterUse {
    /// Hides what does not match.
    Filter,
    /// Hides nothing; goes from match to match.
    Search,
}

/// A pane as it was when its filter prompt was opened.
#[derive(Debug, Clone, Default)]
pub struct Before {
    /// The filter; the search of a text.
    pub filter: String,
    /// The search of a log.
    pub search: String,
    /// The object under the cursor of a table.
    pub cursor: Option<Uid>,
}

/// `/` over a pane, live.
#[derive(Debug)]
pub struct FilterPrompt {
    /// The pane that is filtered.
    pub pane: PaneId,
    /// What is typed.
    pub line: LineEdit,
    /// What was in force before, for Esc.
    pub before: Before,
    /// Filter or search.
    pub purpose: FilterUse,
    /// How far back in the history.
    pub back: usize,
}
