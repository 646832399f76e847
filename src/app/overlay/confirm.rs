//! A change, said in full before it is made. Starts on Cancel; keys typed before it was drawn do not count.

use crate::app::edit::Edit;
use crate::app::line_edit::LineEdit;
use crate::keymap::{Chord, Key};
use crate::model::Doc;
use crate::msg::{Mutation, MutationVerb, Propagation};

/// Where the focus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// Leaves everything as it is.
    Cancel,
    /// Does it.
    Ok,
}

/// A change to confirm.
#[derive(Debug)]
pub struct Confirm {
    /// The verb, as the button shows it: `Delete`, `Scale`, `Cordon`.
    pub verb: String,
    /// Context, namespace and objects, what undoes it, what is hidden.
    pub body: Doc,
    /// The same as a kubectl command.
    pub command: String,
    /// What will be done, one for each object.
    pub mutations: Vec<Mutation>,
    /// The edit that it is about.
    pub edit: Option<Box<Edit>>,
    /// Where the focus is.
    pub focus: Button,
    /// In a protected context: the name that has to be typed, and what is typed.
    pub typed: Option<(String, LineEdit)>,
    /// Set once it is on screen.
    pub drawn: bool,
    /// The person chose the button: Enter means that one, whatever is typed.
    pub chosen: bool,
}

/// What a key did.
#[derive(Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// Not decided.
    Nothing,
    /// Leave it.
    Cancelled,
    /// Enter, but what is typed is not the name that was asked for.
    Mistyped,
    /// Do it.
    Go,
    /// Copy the command.
    Copy,
    /// Propagation or grace of a deletion is another now: sentence and command have to be said anew.
    Changed,
}

impl Confirm {
    /// True when deletion options can be chosen.
    pub fn is_delete(&self) -> bool {
        self.mutations
            .iter()
            .any(|mutation| matches!(mutation.verb, MutationVerb::Delete { .. }))
    }

    /// Propagation and grace of a deletion.
    pub fn deletion(&self) -> Option<(Propagation, Option<u32>)> {
        self.mutations.iter().find_map(|mutation| match mutation.verb {
            MutationVerb::Delete { propagation, grace } => Some((propagation, grace)),
            _ => None,
        })
    }

    /// True when what has to be typed is typed, or nothing has to be.
    pub fn is_unlocked(&self) -> bool {
        self.typed
            .as_ref()
            .is_none_or(|(expected, line)| line.text() == expected)
    }

    /// True when something is typed that is not what was asked for, and no button was chosen: a slip is no wish to leave.
    fn is_mistyped(&self) -> bool {
        let differs =
            |(expected, line): &(String, LineEdit)| !line.text().is_empty() && line.text() != expected;
        let leaves = self.chosen && self.focus == Button::Cancel;
        !leaves && self.typed.as_ref().is_some_and(differs)
    }

    /// Takes a key.
    pub fn key(&mut self, chord: Chord) -> Confirmed {
        if !self.drawn {
            return Confirmed::Nothing;
        }
        if matches!(chord.key, Key::Esc) || (chord.mods.ctrl && chord.key == Key::Char('c')) {
            return Confirmed::Cancelled;
        }
        if let Some((_, line)) = &mut self.typed
            && (chord.typed().is_some() || chord.key == Key::Backspace)
        {
            line.key(chord);
            self.follow_typing();
            return Confirmed::Nothing;
        }
        let initial = self.verb.chars().next().map(|c| c.to_ascii_lowercase());
        match chord.key {
            Key::Enter if self.is_mistyped() => Confirmed::Mistyped,
            Key::Enter if self.focus == Button::Cancel => Confirmed::Cancelled,
            Key::Enter if self.is_unlocked() => Confirmed::Go,
            Key::Tab | Key::BackTab | Key::Left | Key::Right => {
                self.chosen = true;
                self.focus = if self.focus == Button::Ok {
                    Button::Cancel
                } else {
                    Button::Ok
                };
                Confirmed::Nothing
            }
            // Where a name is typed, letters are choices with alt only.
            Key::Char(c) if !chord.mods.ctrl && chord.mods.alt == self.typed.is_some() => {
                self.letter(c, initial)
            }
            _ => Confirmed::Nothing,
        }
    }

    /// A pasted name counts as typed.
    pub fn paste(&mut self, text: &str) {
        if let Some((_, line)) = &mut self.typed {
            line.paste(text);
            self.follow_typing();
        }
    }

    /// Whoever has typed the whole name means it: Enter does it then, and only then.
    fn follow_typing(&mut self) {
        self.chosen = false;
        self.focus = if self.is_unlocked() {
            Button::Ok
        } else {
            Button::Cancel
        };
    }

    fn letter(&mut self, c: char, initial: Option<char>) -> Confirmed {
        let lower = c.to_ascii_lowercase();
        if self.is_delete() && lower == 'p' {
            self.change_deletion(|propagation, _| {
                *propagation = match propagation {
                    Propagation::Background => Propagation::Foreground,
                    Propagation::Foreground => Propagation::Orphan,
                    Propagation::Orphan => Propagation::Background,
                }
            });
            return Confirmed::Changed;
        }
        if self.is_delete() && lower == 'g' {
            self.change_deletion(|_, grace| {
                *grace = match grace {
                    None => Some(0),
                    Some(0) => Some(1),
                    Some(1) => Some(5),
                    Some(_) => None,
                }
            });
            return Confirmed::Changed;
        }
        // `y` is not yes, it is YAML everywhere else; the first letter of the verb is.
        if Some(lower) == initial && lower != 'c' && self.is_unlocked() {
            return Confirmed::Go;
        }
        if lower == 'c' {
            Confirmed::Copy
        } else {
            Confirmed::Nothing
        }
    }

    fn change_deletion(&mut self, change: impl Fn(&mut Propagation, &mut Option<u32>)) {
        for mutation in &mut self.mutations {
            if let MutationVerb::Delete { propagation, grace } = &mut mutation.verb {
                change(propagation, grace);
            }
        }
    }
}
