//! Chords to actions, scope by scope: defaults from the action table, changed by a person's file. It must not carry anything out.

mod chord;
mod file;

pub use chord::{Chord, Key, Mods, NotAChord};

use std::collections::HashMap;

use crate::action::{Action, Scope};
use crate::model::Problem;

/// Which chord does what, in which scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    bindings: HashMap<(Scope, Chord), Action>,
}

/// One line of help: an action with the chords that reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where.
    pub scope: Scope,
    /// What.
    pub action: Action,
    /// How, the default ones first; empty when it is bound to no key.
    pub chords: Vec<Chord>,
}

impl Default for Keymap {
    fn default() -> Self {
        let mut bindings = HashMap::new();
        for action in Action::all() {
            for (scope, keys) in action.spec().keys {
                for chord in keys.split_whitespace().filter_map(|key| key.parse().ok()) {
                    bindings.insert((*scope, chord), action);
                }
            }
        }
        Self { bindings }
    }
}

impl Keymap {
    /// The defaults changed by the text of a keymap file, and what is wrong in it. What is wrong is left out, the rest counts.
    pub fn read(file: &str, text: &str) -> (Self, Vec<Problem>) {
        file::read(file, text)
    }

    /// What a chord does where the scopes of `chain` listen, the first one wins.
    pub fn action(&self, chord: Chord, chain: impl IntoIterator<Item = Scope>) -> Option<Action> {
        chain
            .into_iter()
            .find_map(|scope| self.bindings.get(&(scope, chord)).copied())
    }

    /// The chords of an action in one scope, sorted: characters first.
    pub fn chords(&self, action: Action, scope: Scope) -> Vec<Chord> {
        let mut chords: Vec<Chord> = self
            .bindings
            .iter()
            .filter(|((place, _), bound)| *place == scope && **bound == action)
            .map(|((_, chord), _)| *chord)
            .collect();
        let defaults = defaults_of(action, scope);
        chords.sort_by_key(|chord| {
            (
                defaults.iter().position(|d| d == chord).unwrap_or(usize::MAX),
                *chord,
            )
        });
        chords
    }

    /// The first chord that reaches the action through the chain, for hints. `None` when no key does.
    pub fn hint(&self, action: Action, chain: &[Scope]) -> Option<Chord> {
        let chords = chain.iter().flat_map(|scope| self.chords(action, *scope));
        chords
            .into_iter()
            .find(|chord| self.action(*chord, chain.iter().copied()) == Some(action))
    }

    /// What can be done where the scopes of `chain` listen: every action once per scope, in the order of chain and table. Chords that a scope
    /// further to the front hides are left out.
    pub fn help(&self, chain: &[Scope]) -> Vec<Binding> {
        let mut lines = Vec::new();
        for scope in chain {
            for action in Action::all().filter(|action| action.is_in(*scope)) {
                let mut chords = self.chords(action, *scope);
                chords.retain(|chord| self.action(*chord, chain.iter().copied()) == Some(action));
                lines.push(Binding {
                    scope: *scope,
                    action,
                    chords,
                });
            }
        }
        lines
    }
}

/// The chords the table gives an action in a scope, in its order.
fn defaults_of(action: Action, scope: Scope) -> Vec<Chord> {
    let keys = action.spec().keys.iter().filter(|(place, _)| *place == scope);
    keys.flat_map(|(_, keys)| keys.split_whitespace())
        .filter_map(|key| key.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Move, Object, Table};

    fn chain(kind: Scope) -> Vec<Scope> {
        [kind].into_iter().chain(Scope::TABLE.iter().copied()).collect()
    }

    fn chord(text: &str) -> Chord {
        text.parse().unwrap()
    }

    #[test]
    fn the_scope_of_the_kind_wins_over_the_table() {
        let keymap = Keymap::default();
        assert_eq!(
            keymap.action(chord("c"), chain(Scope::Pods)),
            Some(Action::Object(Object::CopyName))
        );
        assert_eq!(
            keymap.action(chord("c"), chain(Scope::Nodes)),
            Some(Action::Object(Object::Cordon))
        );
        assert_eq!(
            keymap.action(chord("s"), chain(Scope::Pods)),
            Some(Action::Object(Object::Shell))
        );
        assert_eq!(
            keymap.action(chord("s"), chain(Scope::Scalable)),
            Some(Action::Object(Object::Scale))
        );
        assert_eq!(
            keymap.action(chord("j"), chain(Scope::Pods)),
            Some(Action::Move(Move::Down))
        );
    }

    #[test]
    fn log_and_text_panes_have_no_key_that_deletes() {
        let keymap = Keymap::default();
        for panes in [Scope::LOGS, Scope::TEXT] {
            assert_eq!(keymap.action(chord("ctrl-d"), panes.iter().copied()), None);
        }
    }

    #[test]
    fn help_leaves_out_what_is_hidden() {
        let keymap = Keymap::default();
        let help = keymap.help(&chain(Scope::Nodes));
        let copy: Vec<_> = help
            .iter()
            .filter(|line| line.action == Action::Object(Object::CopyName))
            .collect();
        assert!(copy.iter().all(|line| line.chords.is_empty()), "{copy:?}");
        let wide = help
            .iter()
            .find(|line| line.action == Action::Table(Table::Wide))
            .unwrap();
        assert_eq!(wide.chords, [chord("ctrl-w")]);
    }

    #[test]
    fn a_hint_is_the_first_default_that_works() {
        let keymap = Keymap::default();
        assert_eq!(
            keymap.hint(Action::Object(Object::Scale), &chain(Scope::Scalable)),
            Some(chord("s"))
        );
        assert_eq!(
            keymap.hint(Action::Object(Object::Scale), &chain(Scope::Pods)),
            Some(chord("="))
        );
        assert_eq!(
            keymap.hint(Action::Object(Object::CopyName), &chain(Scope::Nodes)),
            None
        );
    }
}
