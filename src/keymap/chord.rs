//! A key with its modifiers, as it is written in a keymap file. It must not know what a terminal sends; the terminal converts.

use std::fmt;
use std::str::FromStr;

/// A key without modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the keys")]
pub enum Key {
    /// A character; letters as typed, so `J` is Shift-J.
    Char(char),
    /// A function key, from 1.
    F(u8),
    Enter,
    Esc,
    Tab,
    /// Shift-Tab.
    BackTab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
}

/// Modifiers held with a key. Shift is not kept for characters: the character tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Mods {
    /// Control.
    pub ctrl: bool,
    /// Alt, Meta, Option.
    pub alt: bool,
    /// Shift, for keys that are not characters.
    pub shift: bool,
}

/// A key with its modifiers: `ctrl-d`, `shift-left`, `F5`, `space`, `?`. Build it with [`Chord::new`], which brings it into its one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chord {
    /// The key.
    pub key: Key,
    /// What is held with it.
    pub mods: Mods,
}

impl Chord {
    /// A chord in its one form: Shift goes into the character or is dropped, Control takes the lower-case letter, Shift-Tab is
    /// [`Key::BackTab`].
    pub fn new(key: Key, mods: Mods) -> Self {
        let Mods { ctrl, alt, shift } = mods;
        match key {
            Key::Char(c) if ctrl => Self {
                key: Key::Char(c.to_ascii_lowercase()),
                mods: Mods {
                    ctrl,
                    alt,
                    shift: false,
                },
            },
            Key::Char(c) => {
                let c = if shift {
                    c.to_uppercase().next().unwrap_or(c)
                } else {
                    c
                };
                Self {
                    key: Key::Char(c),
                    mods: Mods {
                        ctrl,
                        alt,
                        shift: false,
                    },
                }
            }
            Key::Tab if shift => Self {
                key: Key::BackTab,
                mods: Mods {
                    ctrl,
                    alt,
                    shift: false,
                },
            },
            Key::BackTab => Self {
                key,
                mods: Mods {
                    ctrl,
                    alt,
                    shift: false,
                },
            },
            _ => Self { key, mods },
        }
    }

    /// A key alone.
    pub fn plain(key: Key) -> Self {
        Self::new(key, Mods::default())
    }

    /// The character this chord types into a prompt. `None` for everything else.
    pub const fn typed(self) -> Option<char> {
        match self {
            Self {
                key: Key::Char(c),
                mods:
                    Mods {
                        ctrl: false,
                        alt: false,
                        ..
                    },
            } => Some(c),
            _ => None,
        }
    }
}

impl From<char> for Chord {
    fn from(c: char) -> Self {
        Self::plain(Key::Char(c))
    }
}

/// Keys that have a name; the first name of a key is the one it is printed with.
const NAMES: &[(&str, Key)] = &[
    ("space", Key::Char(' ')),
    ("enter", Key::Enter),
    ("return", Key::Enter),
    ("esc", Key::Esc),
    ("escape", Key::Esc),
    ("tab", Key::Tab),
    ("backtab", Key::BackTab),
    ("backspace", Key::Backspace),
    ("delete", Key::Delete),
    ("del", Key::Delete),
    ("insert", Key::Insert),
    ("ins", Key::Insert),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
    ("home", Key::Home),
    ("end", Key::End),
    ("pageup", Key::PageUp),
    ("pgup", Key::PageUp),
    ("pagedown", Key::PageDown),
    ("pgdn", Key::PageDown),
];

/// `ctrl-alt-shift-key`.
impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = [
            (self.mods.ctrl, "ctrl-"),
            (self.mods.alt, "alt-"),
            (self.mods.shift, "shift-"),
        ];
        for (_, name) in held.iter().filter(|(held, _)| *held) {
            f.write_str(name)?;
        }
        match (NAMES.iter().find(|(_, key)| *key == self.key), self.key) {
            (Some((name, _)), _) => f.write_str(name),
            (None, Key::Char(c)) => write!(f, "{c}"),
            (None, Key::F(n)) => write!(f, "F{n}"),
            (None, _) => Ok(()),
        }
    }
}

/// A text that names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no key; write it like `ctrl-d`, `shift-left`, `F5`, `space` or `?`")]
pub struct NotAChord(pub String);

impl FromStr for Chord {
    type Err = NotAChord;

    /// # Errors
    /// [`NotAChord`] when the text names no key.
    fn from_str(text: &str) -> Result<Self, NotAChord> {
        let mut mods = Mods::default();
        let mut rest = text;
        while let Some((prefix, after)) = rest.split_once('-').filter(|(_, after)| !after.is_empty()) {
            match prefix.to_ascii_lowercase().as_str() {
                "ctrl" | "c" => mods.ctrl = true,
                "alt" | "a" | "meta" => mods.alt = true,
                "shift" | "s" => mods.shift = true,
                _ => break,
            }
            rest = after;
        }
        let key = key_of(rest).ok_or_else(|| NotAChord(text.to_owned()))?;
        Ok(Self::new(key, mods))
    }
}

fn key_of(text: &str) -> Option<Key> {
    let mut characters = text.chars();
    if let (Some(c), None) = (characters.next(), characters.next()) {
        return (!c.is_control() && c != ' ').then_some(Key::Char(c));
    }
    let lower = text.to_ascii_lowercase();
    if let Some((_, key)) = NAMES.iter().find(|(name, _)| *name == lower) {
        return Some(*key);
    }
    let number: u8 = lower.strip_prefix('f')?.parse().ok()?;
    (1..=24).contains(&number).then_some(Key::F(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(text: &str) -> String {
        text.parse::<Chord>()
            .map_or_else(|error| error.to_string(), |chord| chord.to_string())
    }

    #[test]
    fn what_is_written_is_printed_in_one_form() {
        for text in [
            "ctrl-d",
            "shift-left",
            "F5",
            "space",
            "?",
            "-",
            "ctrl--",
            "ctrl-\\",
            "J",
            "alt-1",
            "ctrl-space",
            "backtab",
        ] {
            assert_eq!(chord(text), text);
        }
        assert_eq!(chord("Ctrl-D"), "ctrl-d");
        assert_eq!(chord("shift-j"), "J");
        assert_eq!(chord("shift-tab"), "backtab");
        assert_eq!(chord("C-x"), "ctrl-x");
        assert_eq!(chord("PgDn"), "pagedown");
    }

    #[test]
    fn nonsense_is_refused_with_examples() {
        for text in ["", " ", "ctrl-", "hyper-x", "F0", "F99", "foo"] {
            assert!(text.parse::<Chord>().is_err(), "{text:?}");
        }
        assert!(chord("hyper-x").contains("`ctrl-d`"));
    }

    #[test]
    fn only_plain_characters_are_typed() {
        assert_eq!(Chord::from('x').typed(), Some('x'));
        assert_eq!("ctrl-x".parse::<Chord>().unwrap().typed(), None);
        assert_eq!(Chord::plain(Key::Enter).typed(), None);
    }
}
