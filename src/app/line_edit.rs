//! One line of typed text: every prompt's input, on the text area crate.

use tui_textarea::{Input, Key as InputKey, TextArea};

use crate::keymap::{Chord, Key};

/// A line being typed.
#[derive(Debug, Clone, Default)]
pub struct LineEdit(TextArea<'static>);

impl LineEdit {
    /// A line that starts with this text, cursor behind it.
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![text.to_owned()]);
        area.move_cursor(tui_textarea::CursorMove::End);
        Self(area)
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        self.0.lines().first().map_or("", String::as_str)
    }

    /// The cursor: how many characters stand before it.
    pub fn cursor(&self) -> usize {
        self.0.cursor().1
    }

    /// True when the cursor stands behind the last character.
    pub fn at_end(&self) -> bool {
        self.cursor() >= self.text().chars().count()
    }

    /// Takes a key; `true` when the text changed. Keys that would end or break the line are not taken.
    pub fn key(&mut self, chord: Chord) -> bool {
        let key = match chord.key {
            Key::Char('u') if chord.mods.ctrl => {
                let had = !self.text().is_empty();
                *self = Self::new("");
                return had;
            }
            Key::Char('m' | 'j') if chord.mods.ctrl => return false,
            Key::Char(c) => InputKey::Char(c),
            Key::Backspace => InputKey::Backspace,
            Key::Delete => InputKey::Delete,
            Key::Left => InputKey::Left,
            Key::Right => InputKey::Right,
            Key::Home => InputKey::Home,
            Key::End => InputKey::End,
            _ => return false,
        };
        self.0.input(Input {
            key,
            ctrl: chord.mods.ctrl,
            alt: chord.mods.alt,
            shift: chord.mods.shift,
        })
    }

    /// Inserts pasted text; line ends and control characters become blanks.
    pub fn paste(&mut self, text: &str) {
        let clean: String = text
            .trim_end()
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        self.0.insert_str(clean);
    }
}

impl PartialEq for LineEdit {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text() && self.cursor() == other.cursor()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_in_the_middle_and_clears() {
        let mut line = LineEdit::new("web");
        line.key("left".parse().unwrap());
        line.key("x".parse().unwrap());
        assert_eq!(line.text(), "wexb");
        line.paste("a\nb\u{1b}");
        assert_eq!(line.text(), "wexa b b");
        assert!(line.key("ctrl-u".parse().unwrap()));
        assert_eq!(line.text(), "");
        assert!(!line.key("enter".parse().unwrap()));
    }
}
