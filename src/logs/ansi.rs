//! A line made harmless: SGR colours become style runs, everything else that a terminal would obey becomes visible text. Knows no theme.

use std::ops::Range;

/// A colour as the line asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hue {
    /// 0–7 the basic colours, 8–15 their bright forms, 16–255 the fixed palette.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// How a run of text looks. The default is plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Ink {
    /// Text colour; `None` is the terminal's own.
    pub front: Option<Hue>,
    /// Background; `None` is the terminal's own.
    pub back: Option<Hue>,
    /// Bold.
    pub bold: bool,
    /// Faint.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Front and back exchanged.
    pub reverse: bool,
    /// Struck through.
    pub strike: bool,
}

/// A text that is safe to draw and to copy, with the runs that are not plain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Styled {
    /// Valid text without control characters, bidirectional controls and tabs.
    pub text: String,
    /// Byte ranges of `text`, ascending, without overlap.
    pub runs: Vec<(Range<usize>, Ink)>,
}

/// Columns between tab stops.
const TAB: usize = 8;

/// Makes a raw line harmless. Invalid UTF-8 becomes U+FFFD, C0 controls their pictures (`␀`, `␛`), tabs blanks, C1 and bidirectional controls U+FFFD.
pub fn styled(line: &[u8]) -> Styled {
    let mut out = Styled::default();
    let mut ink = Ink::default();
    let mut start = 0;
    let mut rest = line;
    while let Some(at) = memchr::memchr(0x1b, rest) {
        let (before, from_escape) = rest.split_at(at);
        plain(&mut out.text, before);
        let Some((parameters, length)) = sgr(from_escape) else {
            out.text.push('␛');
            rest = from_escape.get(1..).unwrap_or_default();
            continue;
        };
        close(&mut out, start, ink);
        start = out.text.len();
        apply(&mut ink, parameters);
        rest = from_escape.get(length..).unwrap_or_default();
    }
    plain(&mut out.text, rest);
    close(&mut out, start, ink);
    out
}

/// The text of a line without its SGR sequences, for matching; other bytes stay as they are.
pub fn strip(line: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut rest = line;
    while let Some(at) = memchr::memchr(0x1b, rest) {
        let (before, from_escape) = rest.split_at(at);
        out.extend_from_slice(before);
        let length = sgr(from_escape).map_or(1, |(_, length)| length);
        if length == 1 {
            out.push(0x1b);
        }
        rest = from_escape.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

fn close(out: &mut Styled, start: usize, ink: Ink) {
    if ink != Ink::default() && out.text.len() > start {
        out.runs.push((start..out.text.len(), ink));
    }
}

/// The parameters and the length of the SGR sequence that a text starts with.
fn sgr(text: &[u8]) -> Option<(&[u8], usize)> {
    let body = text.strip_prefix(b"\x1b[")?;
    let length = body
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':'))
        .count();
    (body.get(length) == Some(&b'm')).then(|| (body.get(..length).unwrap_or_default(), length + 3))
}

fn apply(ink: &mut Ink, parameters: &[u8]) {
    let mut numbers = parameters
        .split(|byte| matches!(byte, b';' | b':'))
        .map(|digits| {
            digits.iter().fold(0u32, |sum, digit| {
                sum.saturating_mul(10)
                    .saturating_add(u32::from(digit.wrapping_sub(b'0')))
            })
        });
    while let Some(number) = numbers.next() {
        match number {
            0 => *ink = Ink::default(),
            1 => ink.bold = true,
            2 => ink.dim = true,
            3 => ink.italic = true,
            4 => ink.underline = true,
            7 => ink.reverse = true,
            9 => ink.strike = true,
            21 | 22 => (ink.bold, ink.dim) = (false, false),
            23 => ink.italic = false,
            24 => ink.underline = false,
            27 => ink.reverse = false,
            29 => ink.strike = false,
            30..=37 => ink.front = Some(Hue::Indexed(number as u8 - 30)),
            38 => ink.front = extended(&mut numbers).or(ink.front),
            39 => ink.front = None,
            40..=47 => ink.back = Some(Hue::Indexed(number as u8 - 40)),
            48 => ink.back = extended(&mut numbers).or(ink.back),
            49 => ink.back = None,
            90..=97 => ink.front = Some(Hue::Indexed(number as u8 - 82)),
            100..=107 => ink.back = Some(Hue::Indexed(number as u8 - 92)),
            _ => {}
        }
    }
}

/// `5;N` or `2;R;G;B` after 38 or 48.
fn extended(numbers: &mut impl Iterator<Item = u32>) -> Option<Hue> {
    let mut byte = || numbers.next().map(|number| number.min(255) as u8);
    match byte()? {
        5 => Some(Hue::Indexed(byte()?)),
        2 => Some(Hue::Rgb(byte()?, byte()?, byte()?)),
        _ => None,
    }
}

fn plain(out: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        let text = chunk.valid();
        if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            out.push_str(text);
        } else {
            text.chars().for_each(|c| visible(out, c));
        }
        if !chunk.invalid().is_empty() {
            out.push('\u{fffd}');
        }
    }
}

fn visible(out: &mut String, c: char) {
    match c {
        '\t' => {
            let column = out.chars().count();
            out.extend(std::iter::repeat_n(' ', TAB - column % TAB));
        }
        '\0'..='\x1f' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
        '\x7f' => out.push('␡'),
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' => out.push('\u{fffd}'),
        _ => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::{Hue, Ink, strip, styled};

    #[test]
    fn colours_become_runs() {
        let line = styled(b"a \x1b[1;31merror\x1b[0m b \x1b[38;5;208mx\x1b[48;2;1;2;3my");
        assert_eq!(line.text, "a error b xy");
        let red = Ink {
            front: Some(Hue::Indexed(1)),
            bold: true,
            ..Ink::default()
        };
        let orange = Ink {
            front: Some(Hue::Indexed(208)),
            ..Ink::default()
        };
        let both = Ink {
            back: Some(Hue::Rgb(1, 2, 3)),
            ..orange
        };
        assert_eq!(line.runs, [(2..7, red), (10..11, orange), (11..12, both)]);
    }

    #[test]
    fn everything_a_terminal_would_obey_is_shown_instead() {
        let line =
            styled(b"\x1b[2J\x1b]0;title\x07\x1b[6n\0\r\x08\x7f\xff\xc2\x9b31m\xe2\x80\xae evil \x1b[");
        assert_eq!(
            line.text,
            "␛[2J␛]0;title␇␛[6n␀␍␈␡\u{fffd}\u{fffd}31m\u{fffd} evil ␛["
        );
        assert!(line.runs.is_empty());
        assert!(!line.text.chars().any(char::is_control));
    }

    #[test]
    fn tabs_reach_the_next_stop() {
        assert_eq!(styled(b"a\tb").text, "a       b");
        assert_eq!(styled("é\t|".as_bytes()).text, "é       |");
    }

    #[test]
    fn broken_parameters_do_no_harm() {
        for line in [
            "\x1b[38;5m",
            "\x1b[38m",
            "\x1b[;;;m",
            "\x1b[99999999999999999999m",
            "\x1b[38;2;999;1m",
        ] {
            assert_eq!(styled(format!("{line}x").as_bytes()).text, "x", "{line:?}");
        }
    }

    #[test]
    fn stripping_leaves_what_is_read() {
        let mut out = Vec::new();
        strip(b"con\x1b[31mnec\x1b[0mted \x1b[2K", &mut out);
        assert_eq!(out, b"connected \x1b[2K");
    }
}
