//! Bytes of a terminal to messages: keys, mouse, pasted text. It must not read them itself.
//!
//! Sequences: ECMA-48 (CSI), Dickey's "xterm control sequences" (PC-style function keys, SGR mouse 1006, bracketed paste
//! 2004), the rxvt and Linux console variants in common use. A sequence may come in pieces.

use crate::keymap::{Chord, Key, Mods};
use crate::msg::{Mouse, MouseKind, Msg};

/// Longest sequence waited for; what grows longer is dropped.
const LONGEST: usize = 64;
/// Longest text pasted at once, bytes; the rest is dropped.
const LONGEST_PASTE: usize = 1 << 20;
const PASTE_END: &[u8] = b"\x1b[201~";

/// Takes bytes as they come; keeps what is not complete.
#[derive(Debug, Default)]
pub(super) struct Parser {
    rest: Vec<u8>,
    paste: Option<Vec<u8>>,
}

/// What the bytes at the front are.
#[expect(clippy::large_enum_variant, reason = "lives for one step, on the stack")]
enum Step {
    /// So many bytes, which mean this or nothing.
    Done(usize, Option<Msg>),
    /// Pasted text begins after so many bytes.
    Paste(usize),
    /// Not complete yet.
    More,
}

impl Parser {
    /// Takes bytes and gives what they mean.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Msg> {
        let mut messages = Vec::new();
        self.rest.extend_from_slice(bytes);
        self.run(&mut messages);
        messages
    }

    /// True when a sequence has begun that may be complete as it is: a lone Esc.
    pub(super) fn is_waiting(&self) -> bool {
        self.paste.is_none() && !self.rest.is_empty()
    }

    /// Nothing more came in time: a lone Esc is the Esc key, `Esc [` is Alt-[, another piece is dropped.
    pub(super) fn give_up(&mut self) -> Vec<Msg> {
        let message = match self.rest.as_slice() {
            b"\x1b" => Some(key(Key::Esc, 0)),
            [0x1b, byte @ (b'[' | b'O')] => Some(alt(Key::Char(char::from(*byte)))),
            _ => None,
        };
        self.rest.clear();
        message.into_iter().collect()
    }

    fn run(&mut self, messages: &mut Vec<Msg>) {
        let mut at = 0;
        while at < self.rest.len() {
            if let Some(paste) = &mut self.paste {
                let front = self.rest.get(at..).unwrap_or_default();
                let Some(taken) = take_paste(paste, front) else {
                    at += keep_paste(paste, front);
                    break;
                };
                at += taken;
                let text = String::from_utf8_lossy(paste)
                    .replace("\r\n", "\n")
                    .replace('\r', "\n");
                messages.push(Msg::Paste(text));
                self.paste = None;
                continue;
            }
            match step(self.rest.get(at..).unwrap_or_default()) {
                Step::Done(taken, message) => {
                    messages.extend(message);
                    at += taken;
                }
                Step::Paste(taken) => {
                    self.paste = Some(Vec::new());
                    at += taken;
                }
                Step::More if self.rest.len() - at > LONGEST => at = self.rest.len(),
                Step::More => break,
            }
        }
        self.rest.drain(..at);
    }
}

/// Text up to the end of the paste; how many bytes that took. `None` when the end is not there yet.
fn take_paste(paste: &mut Vec<u8>, front: &[u8]) -> Option<usize> {
    let end = memchr::memmem::find(front, PASTE_END)?;
    let room = LONGEST_PASTE.saturating_sub(paste.len());
    paste.extend_from_slice(front.get(..end.min(room))?);
    Some(end + PASTE_END.len())
}

/// Keeps text of a paste whose end is not there yet, but for what may be the beginning of the end; how many bytes that took.
fn keep_paste(paste: &mut Vec<u8>, front: &[u8]) -> usize {
    let tail = (1..PASTE_END.len())
        .rev()
        .find(|length| PASTE_END.get(..*length).is_some_and(|head| front.ends_with(head)));
    let kept = front.len() - tail.unwrap_or(0);
    let room = LONGEST_PASTE.saturating_sub(paste.len());
    paste.extend_from_slice(front.get(..kept.min(room)).unwrap_or_default());
    kept
}

fn step(front: &[u8]) -> Step {
    match front {
        [] | [0x1b] | [0x1b, b'[' | b'O'] => Step::More,
        [0x1b, 0x1b, ..] => Step::Done(1, Some(key(Key::Esc, 0))),
        [0x1b, b'[', rest @ ..] => csi(rest),
        [0x1b, b'O', last, ..] => Step::Done(3, ss3(*last)),
        [0x1b, rest @ ..] => match step(rest) {
            Step::Done(taken, Some(Msg::Key(chord))) => {
                let chord = Chord::new(
                    chord.key,
                    Mods {
                        alt: true,
                        ..chord.mods
                    },
                );
                Step::Done(taken + 1, Some(Msg::Key(chord)))
            }
            Step::Done(taken, message) => Step::Done(taken + 1, message),
            step => step,
        },
        [byte, ..] if *byte < 0x20 || *byte == 0x7f => Step::Done(1, Some(control(*byte))),
        _ => character(front),
    }
}

/// A character in UTF-8; what is none is skipped byte by byte.
fn character(front: &[u8]) -> Step {
    let length = match front[0] {
        0..0x80 => 1,
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return Step::Done(1, None),
    };
    let Some(bytes) = front.get(..length) else {
        return Step::More;
    };
    match std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.chars().next())
    {
        Some(c) => Step::Done(length, Some(key(Key::Char(c), 0))),
        None => Step::Done(1, None),
    }
}

fn control(byte: u8) -> Msg {
    let ctrl = |c: u8| {
        Msg::Key(Chord::new(
            Key::Char(char::from(c)),
            Mods {
                ctrl: true,
                ..Mods::default()
            },
        ))
    };
    match byte {
        b'\r' => key(Key::Enter, 0),
        b'\t' => key(Key::Tab, 0),
        0x7f | 0x08 => key(Key::Backspace, 0),
        0 => ctrl(b' '),
        1..=26 => ctrl(byte - 1 + b'a'),
        _ => ctrl(byte + 0x40),
    }
}

/// `bits` as xterm counts them: 1 Shift, 2 Alt, 4 Control.
fn key(key: Key, bits: u32) -> Msg {
    let mods = Mods {
        shift: bits & 1 != 0,
        alt: bits & 2 != 0,
        ctrl: bits & 4 != 0,
    };
    Msg::Key(Chord::new(key, mods))
}

fn alt(of: Key) -> Msg {
    key(of, 2)
}

fn ss3(last: u8) -> Option<Msg> {
    match last {
        b'a'..=b'd' => Some(key(letter(last - 32)?, 4)),
        b'M' => Some(key(Key::Enter, 0)),
        _ => letter(last).map(|found| key(found, 0)),
    }
}

/// The key of a final letter of CSI and SS3.
const fn letter(last: u8) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        b'P' => Key::F(1),
        b'Q' => Key::F(2),
        b'R' => Key::F(3),
        b'S' => Key::F(4),
        b'Z' => Key::BackTab,
        _ => return None,
    })
}

/// The key of a number before `~`.
const fn number(number: u32) -> Option<Key> {
    Some(match number {
        1 | 7 => Key::Home,
        2 => Key::Insert,
        3 => Key::Delete,
        4 | 8 => Key::End,
        5 => Key::PageUp,
        6 => Key::PageDown,
        11..=15 => Key::F(number as u8 - 10),
        17..=21 => Key::F(number as u8 - 11),
        23 | 24 => Key::F(number as u8 - 12),
        _ => return None,
    })
}

/// What follows `Esc [`: parameters (0x30–0x3f), intermediates (0x20–0x2f), one final byte.
fn csi(rest: &[u8]) -> Step {
    if let [b'[', last, ..] = rest {
        let found = matches!(last, b'A'..=b'E').then(|| key(Key::F(last - b'A' + 1), 0));
        return Step::Done(4, found);
    }
    let Some(end) = rest.iter().position(|byte| !(0x20..0x40).contains(byte)) else {
        return Step::More;
    };
    let (Some(parameters), Some(last)) = (rest.get(..end), rest.get(end)) else {
        return Step::More;
    };
    let taken = end + 3;
    if *last < 0x20 {
        return Step::Done(end + 2, None);
    }
    if let (Some(parameters), b'M' | b'm') = (parameters.strip_prefix(b"<"), last) {
        return Step::Done(taken, mouse(&numbers(parameters), *last == b'm'));
    }
    if parameters
        .first()
        .is_some_and(|byte| !byte.is_ascii_digit() && *byte != b';')
    {
        return Step::Done(taken, None);
    }
    let numbers = numbers(parameters);
    let first = numbers.first().copied().unwrap_or(0);
    let bits = numbers.get(1).copied().unwrap_or(1).saturating_sub(1);
    match last {
        b'~' if first == 200 => Step::Paste(taken),
        b'~' => Step::Done(taken, number(first).map(|found| key(found, bits))),
        b'u' => Step::Done(taken, unicode(first, bits)),
        b'a'..=b'd' if parameters.is_empty() => {
            Step::Done(taken, letter(last - 32).map(|found| key(found, 1)))
        }
        _ => Step::Done(taken, letter(*last).map(|found| key(found, bits))),
    }
}

/// `CSI code ; modifiers u`, which some terminals send for keys that have no bytes of their own.
fn unicode(code: u32, bits: u32) -> Option<Msg> {
    Some(match code {
        9 => key(Key::Tab, bits),
        13 => key(Key::Enter, bits),
        27 => key(Key::Esc, bits),
        127 => key(Key::Backspace, bits),
        _ => key(Key::Char(char::from_u32(code).filter(|c| !c.is_control())?), bits),
    })
}

/// Numbers between `;`; what follows a `:` (sub-parameters) is left out.
fn numbers(parameters: &[u8]) -> Vec<u32> {
    parameters
        .split(|byte| *byte == b';')
        .map(|part| {
            let digits = part.iter().take_while(|byte| byte.is_ascii_digit());
            digits.fold(0_u32, |number, digit| {
                number.saturating_mul(10).saturating_add(u32::from(digit - b'0'))
            })
        })
        .collect()
}

/// SGR mouse: button bits, column, row, both from 1.
fn mouse(numbers: &[u32], released: bool) -> Option<Msg> {
    let [button, column, row] = numbers else {
        return None;
    };
    let kind = match (button & !0b1_1100, released) {
        (0, false) => MouseKind::Press,
        (0, true) => MouseKind::Release,
        (32, _) => MouseKind::Drag,
        (64, _) => MouseKind::ScrollUp,
        (65, _) => MouseKind::ScrollDown,
        _ => return None,
    };
    let place = |number: u32| u16::try_from(number.saturating_sub(1)).unwrap_or(u16::MAX);
    Some(Msg::Mouse(Mouse {
        kind,
        column: place(*column),
        row: place(*row),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(messages: Vec<Msg>) -> Vec<String> {
        let show = |message| match message {
            Msg::Key(chord) => chord.to_string(),
            Msg::Paste(text) => format!("paste {text:?}"),
            Msg::Mouse(Mouse { kind, column, row }) => format!("{kind:?} {column},{row}"),
            other => format!("{other:?}"),
        };
        messages.into_iter().map(show).collect()
    }

    fn keys(bytes: &[u8]) -> Vec<String> {
        let mut parser = Parser::default();
        let mut messages = parser.feed(bytes);
        messages.extend(parser.give_up());
        show(messages)
    }

    #[test]
    fn every_key_of_the_table_is_understood() {
        let cases: &[(&[u8], &str)] = &[
            (b"j", "j"),
            (b"J", "J"),
            (b" ", "space"),
            ("ü".as_bytes(), "ü"),
            (b"\x04", "ctrl-d"),
            (b"\x00", "ctrl-space"),
            (b"\x1c", "ctrl-\\"),
            (b"\x1d", "ctrl-]"),
            (b"\x1f", "ctrl-_"),
            (b"\r", "enter"),
            (b"\n", "ctrl-j"),
            (b"\t", "tab"),
            (b"\x7f", "backspace"),
            (b"\x1b", "esc"),
            (b"\x1b[Z", "backtab"),
            (b"\x1b[A", "up"),
            (b"\x1bOB", "down"),
            (b"\x1b[1;2C", "shift-right"),
            (b"\x1b[1;5D", "ctrl-left"),
            (b"\x1b[a", "shift-up"),
            (b"\x1bOd", "ctrl-left"),
            (b"\x1b[5~", "pageup"),
            (b"\x1b[6;5~", "ctrl-pagedown"),
            (b"\x1b[H", "home"),
            (b"\x1b[4~", "end"),
            (b"\x1b[3~", "delete"),
            (b"\x1bOP", "F1"),
            (b"\x1b[[B", "F2"),
            (b"\x1b[15~", "F5"),
            (b"\x1b[24;2~", "shift-F12"),
            (b"\x1b1", "alt-1"),
            (b"\x1b\x04", "ctrl-alt-d"),
            (b"\x1b[", "alt-["),
            (b"\x1b[13;5u", "ctrl-enter"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(keys(bytes), [*expected], "{bytes:?}");
        }
    }

    #[test]
    fn mouse_counts_from_zero() {
        assert_eq!(
            keys(b"\x1b[<0;1;1M\x1b[<32;2;3M\x1b[<0;2;3m"),
            ["Press 0,0", "Drag 1,2", "Release 1,2"]
        );
        assert_eq!(
            keys(b"\x1b[<65;10;20M\x1b[<68;10;20M"),
            ["ScrollDown 9,19", "ScrollUp 9,19"]
        );
        assert_eq!(
            keys(b"\x1b[<2;1;1M\x1b[<35;1;1M"),
            [""; 0],
            "other buttons and bare motion mean nothing"
        );
    }

    #[test]
    fn pieces_are_put_together_wherever_they_are_cut() {
        let bytes = "a\x1b[1;5D\x1b[200~one\r\ntwo\x1b[2\x1b[201~\x1b[<0;5;6Mü".as_bytes();
        let expected = ["a", "ctrl-left", "paste \"one\\ntwo\\u{1b}[2\"", "Press 4,5", "ü"];
        assert_eq!(keys(bytes), expected);
        for cut in 1..bytes.len() {
            let mut parser = Parser::default();
            let mut messages = parser.feed(&bytes[..cut]);
            messages.extend(parser.feed(&bytes[cut..]));
            assert_eq!(show(messages), expected, "cut at {cut}");
        }
    }

    #[test]
    fn nonsense_neither_stops_nor_grows() {
        assert_eq!(keys(b"\xff\xfe\xc3(x"), ["(", "x"]);
        assert_eq!(keys(b"\x1b[999zx"), ["x"]);
        assert_eq!(keys(b"\x1b[?62;22cx"), ["x"], "answers of a terminal are no keys");
        let mut parser = Parser::default();
        parser.feed(b"\x1b[");
        for _ in 0..100 {
            parser.feed(b"111111");
        }
        assert!(parser.rest.len() <= LONGEST);
        assert_eq!(show(parser.feed(b"\x1b[200~")), [""; 0]);
        for _ in 0..40 {
            parser.feed(&vec![b'x'; 1 << 16]);
        }
        assert!(
            parser
                .paste
                .as_ref()
                .is_some_and(|paste| paste.len() <= LONGEST_PASTE)
        );
    }

    #[test]
    fn a_lone_escape_waits_for_what_may_follow() {
        let mut parser = Parser::default();
        assert_eq!(show(parser.feed(b"\x1b")), [""; 0]);
        assert!(parser.is_waiting());
        assert_eq!(show(parser.feed(b"[A")), ["up"]);
        assert!(!parser.is_waiting());
        parser.feed(b"\x1b");
        assert_eq!(show(parser.give_up()), ["esc"]);
        assert_eq!(keys(b"\x1b\x1b"), ["esc", "esc"]);
    }
}
