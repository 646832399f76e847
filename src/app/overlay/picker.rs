//! A list to choose from, with typing to narrow it.

use crate::app::line_edit::LineEdit;
use crate::app::tree::PaneId;
use crate::keymap::{Chord, Key};
use crate::model::ObjectKey;
use crate::text::Fuzzy;

/// What is being chosen.
#[derive(Debug, Clone, PartialEq)]
pub enum Pick {
    /// A container to open a shell in.
    Shell(ObjectKey),
    /// A container to show the logs of.
    Logs(ObjectKey),
    /// Namespaces.
    Namespaces,
    /// A context.
    Context,
    /// A theme.
    Theme,
    /// A kind to open.
    Kind,
    /// Keys of the Secret in a text pane whose values are shown or hidden.
    Reveal(PaneId),
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PickItem {
    /// What is chosen.
    pub value: String,
    /// What stands beside it.
    pub detail: String,
    /// Cannot be chosen: why.
    pub problem: Option<String>,
    /// Marked, where several can be.
    pub marked: bool,
}

/// A list to choose from.
#[derive(Debug)]
pub struct Picker {
    /// Its title.
    pub title: String,
    /// What is being chosen.
    pub pick: Pick,
    /// Everything.
    pub items: Vec<PickItem>,
    /// What is typed to narrow it.
    pub line: LineEdit,
    /// The cursor, an index into [`Picker::shown`].
    pub at: usize,
    /// Several can be marked.
    pub multiple: bool,
}

/// What a key did.
#[derive(Debug, PartialEq, Eq)]
pub enum Picked {
    /// Still choosing.
    Nothing,
    /// Left without a choice.
    Cancelled,
    /// These values.
    Values(Vec<String>),
}

impl Picker {
    /// A list with the cursor on `current`.
    pub fn new(title: &str, pick: Pick, items: Vec<PickItem>, current: &str) -> Self {
        let at = items.iter().position(|item| item.value == current).unwrap_or(0);
        let multiple = matches!(pick, Pick::Namespaces | Pick::Reveal(_));
        Self {
            title: title.to_owned(),
            pick,
            items,
            line: LineEdit::default(),
            at,
            multiple,
        }
    }

    /// Adds values that are not there yet, in order behind the first one, which stands for all. The cursor stays on its value. True when
    /// there were any.
    pub fn add(&mut self, values: Vec<String>) -> bool {
        let is_new = |value: &String| !self.items.iter().any(|item| item.value == *value);
        let new: Vec<String> = values.into_iter().filter(is_new).collect();
        if new.is_empty() {
            return false;
        }
        let under = |picker: &Self| Some(picker.items.get(*picker.shown().get(picker.at)?)?.value.clone());
        let current = under(self);
        self.items.extend(new.into_iter().map(|value| PickItem {
            value,
            ..PickItem::default()
        }));
        if let Some(rest) = self.items.get_mut(1..) {
            rest.sort_by(|a, b| a.value.cmp(&b.value));
        }
        let shown = self.shown();
        let is_current = |at: &usize| self.items.get(*at).map(|item| &item.value) == current.as_ref();
        self.at = shown.iter().position(is_current).unwrap_or(0);
        true
    }

    /// Indices of the items that match what is typed, best first.
    pub fn shown(&self) -> Vec<usize> {
        if self.line.text().is_empty() {
            return (0..self.items.len()).collect();
        }
        let mut fuzzy = Fuzzy::new(self.line.text());
        let scored = self.items.iter().enumerate();
        let mut scored: Vec<(u32, usize)> = scored
            .filter_map(|(at, item)| fuzzy.score(&item.value).map(|score| (score, at)))
            .collect();
        scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        scored.into_iter().map(|(_, at)| at).collect()
    }

    /// Takes a key.
    pub fn key(&mut self, chord: Chord) -> Picked {
        let count = self.shown().len();
        match chord.key {
            Key::Esc => return Picked::Cancelled,
            Key::Char('c') if chord.mods.ctrl => return Picked::Cancelled,
            Key::Enter => return self.values(),
            Key::Up | Key::BackTab => self.at = self.at.checked_sub(1).unwrap_or(count.saturating_sub(1)),
            Key::Down | Key::Tab => self.at = if self.at + 1 < count { self.at + 1 } else { 0 },
            Key::PageUp => self.at = self.at.saturating_sub(10),
            Key::PageDown => self.at = (self.at + 10).min(count.saturating_sub(1)),
            Key::Char(' ') if self.multiple => self.mark(),
            _ if self.line.key(chord) => self.at = 0,
            _ => {}
        }
        Picked::Nothing
    }

    fn mark(&mut self) {
        if let Some(item) = self.shown().get(self.at).and_then(|at| self.items.get_mut(*at)) {
            item.marked = !item.marked;
        }
        self.at = (self.at + 1).min(self.items.len().saturating_sub(1));
    }

    fn values(&self) -> Picked {
        let marked: Vec<String> = self
            .items
            .iter()
            .filter(|item| item.marked)
            .map(|item| item.value.clone())
            .collect();
        if !marked.is_empty() {
            return Picked::Values(marked);
        }
        match self.shown().get(self.at).and_then(|at| self.items.get(*at)) {
            Some(item) if item.problem.is_none() => Picked::Values(vec![item.value.clone()]),
            _ => Picked::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_known_later_is_added_and_the_cursor_stays() {
        let item = |value: &str| PickItem {
            value: value.to_owned(),
            ..PickItem::default()
        };
        let items = ["all", "default", "shop"].map(item).to_vec();
        let mut picker = Picker::new("Namespaces", Pick::Namespaces, items, "shop");
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(picker.add(names(&["batch", "default", "team-a"])));
        let values: Vec<&str> = picker.items.iter().map(|item| &*item.value).collect();
        assert_eq!(values, ["all", "batch", "default", "shop", "team-a"]);
        assert_eq!(picker.at, 3, "still on shop");
        assert!(!picker.add(names(&["batch"])));
    }
}
