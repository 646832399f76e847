//! Makes text of the cluster harmless for a terminal. Does not interpret colours; the log parser does that before.

use std::borrow::Cow;

/// The text with everything a terminal would act upon shown instead: control characters as their pictures (`␛[31m`), a tab as four
/// spaces, a line break as `⏎`, controls of writing direction and invisible separators as `�`. Clean text is borrowed.
pub fn neutralise(text: &str) -> Cow<'_, str> {
    let Some(at) = first_harmful(text) else {
        return Cow::Borrowed(text);
    };
    let (clean, rest) = text.split_at_checked(at).unwrap_or(("", text));
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(clean);
    for c in rest.chars() {
        match c {
            '\n' => out.push('⏎'),
            '\t' => out.push_str("    "),
            '\0'..='\x1f' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('�')),
            '\x7f' => out.push('␡'),
            _ if is_harmful(c) => out.push('�'),
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn first_harmful(text: &str) -> Option<usize> {
    let suspicious = text.bytes().position(|b| !(0x20..0x7f).contains(&b))?;
    text.char_indices()
        .find(|(at, c)| *at >= suspicious && is_harmful(*c))
        .map(|(at, _)| at)
}

/// C0, DEL, C1; the bidirectional controls (Unicode UAX #9, section 2); line separators; zero-width space and byte order mark. The
/// zero-width joiner stays, because emoji are made with it.
const fn is_harmful(c: char) -> bool {
    matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::neutralise;

    #[test]
    fn clean_text_is_borrowed() {
        for text in ["", "web-1", "grün 日本語 👩‍👩‍👧‍👦"] {
            assert!(
                matches!(neutralise(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    #[test]
    fn nothing_a_terminal_acts_upon_is_left() {
        for (text, expected) in [
            ("a\x1b[31mred\x1b]0;title\x07", "a␛[31mred␛]0;title␇"),
            ("ünd\x7f", "ünd␡"),
            ("one\ntwo\r\tthree", "one⏎two␍    three"),
            ("\u{9b}2J", "�2J"),
            ("user\u{202e}gnp.exe", "user�gnp.exe"),
            ("a\u{200b}b\u{2028}c", "a�b�c"),
        ] {
            assert_eq!(neutralise(text), expected);
        }
        let all: String = (0..=0x3000).filter_map(char::from_u32).collect();
        assert!(!neutralise(&all).chars().any(char::is_control));
    }
}
