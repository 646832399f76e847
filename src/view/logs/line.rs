//! One line of a log as data: stamp, pod, level, then the message.

use super::super::texts::{push, scrolled, split};
use super::super::{Look, Text, piece};
use super::names::Names;
use crate::app::App;
use crate::app::logs::LogsPane;
use crate::clock::{self, Timestamp};
use crate::config::TimeStyle;
use crate::logs::{self, LineRef};
use crate::model::Tone;

/// Lines above this many bytes are not looked at for fields.
const STRUCTURED_MOST: usize = 64 << 10;
/// How far from the right edge a blank may be for a wrapped line to be broken there, in columns.
const BREAK: usize = 20;

/// Rows of lines as they are collected.
pub(super) struct Lines<'a> {
    app: &'a App,
    pane: &'a LogsPane,
    names: &'a Names,
    width: usize,
    /// Bytes of a line that can be seen at all.
    most: usize,
    /// The rows so far.
    pub out: Vec<Text>,
}

impl<'a> Lines<'a> {
    /// No rows yet; there is room for `width` columns and `rows` rows.
    pub fn new(app: &'a App, pane: &'a LogsPane, names: &'a Names, (width, rows): (usize, usize)) -> Self {
        let columns = if pane.wrap {
            width * rows
        } else {
            pane.left + width
        };
        Self {
            app,
            pane,
            names,
            width,
            // A character has up to 4 bytes; escape sequences take some more.
            most: (16 << 10) + columns * 8,
            out: Vec::with_capacity(rows),
        }
    }

    /// A row as it is.
    pub fn push(&mut self, row: Text) {
        self.out.push(row);
    }

    /// A line of a container.
    pub fn line(&mut self, line: &LineRef) {
        let pane = self.pane;
        let mut head = Text::new();
        if let Some(stamp) = stamp(pane.stamps, line.stamp, self.app.now) {
            head.push(piece(format!("{stamp} "), Look::Tone(Tone::Dim)));
        }
        if let Some((name, colour)) = self.names.short(line.source) {
            head.push(piece(name, Look::Pod(colour)));
        }
        // A blank where the line does not say, so that messages stand below each other.
        head.push(piece(
            format!("{} ", line.level.letter()),
            Look::Level(line.level),
        ));
        let mut body = self.message(line);
        if let Some(length) = line.cut {
            body.push(piece(format!(" … cut, {length} bytes"), Look::Tone(Tone::Warn)));
        }
        if pane.wrap {
            let indent: usize = head.iter().map(|part| crate::text::width(&part.text)).sum();
            wrap(head, body, indent, (self.width, &mut self.out));
        } else {
            head.extend(scrolled(body, pane.left));
            self.out.push(head);
        }
    }

    /// Bytes at the start of a line that its stamp says, too.
    fn shown_already(&self, line: &LineRef, text: &str) -> usize {
        match self.pane.stamps {
            TimeStyle::Off => 0,
            _ => logs::lead::own_time(text, line.stamp),
        }
    }

    /// The message first, then the fields dim; plain lines as they are, with their own colours.
    fn message(&self, line: &LineRef) -> Text {
        let pane = self.pane;
        let mut out = Text::new();
        let parsed = (line.text.len() <= STRUCTURED_MOST).then(|| logs::fields::parse(line.text));
        if let Some(structured) = parsed.flatten() {
            let text = crate::text::neutralise(&structured.message).into_owned();
            split(&mut out, &text, 0, &pane.buffer.highlights(&text), Look::Plain);
            for (key, value) in &structured.fields {
                let (key, value) = (crate::text::neutralise(key), crate::text::neutralise(value));
                out.push(piece(format!("  {key}="), Look::Tone(Tone::Dim)));
                split(&mut out, &value, 0, &pane.buffer.highlights(&value), Look::Plain);
            }
            return out;
        }
        let styled = logs::ansi::styled(line.text.get(..self.most).unwrap_or(line.text));
        let hits = pane.buffer.highlights(&styled.text);
        let mut at = self.shown_already(line, &styled.text);
        if hits.iter().any(|hit| hit.start < at) {
            // What is searched for is shown.
            at = 0;
        }
        for (range, ink) in &styled.runs {
            let start = range.start.max(at);
            if let Some(text) = styled.text.get(at..start) {
                split(&mut out, text, at, &hits, Look::Plain);
            }
            if let Some(text) = styled.text.get(start..range.end) {
                split(&mut out, text, start, &hits, Look::Ink(*ink));
            }
            at = at.max(range.end);
        }
        if let Some(text) = styled.text.get(at..) {
            split(&mut out, text, at, &hits, Look::Plain);
        }
        out
    }
}

/// Breaks a line at the right edge, after the last blank before it when that is near; what follows is indented below its message.
fn wrap(head: Text, body: Text, indent: usize, (width, out): (usize, &mut Vec<Text>)) {
    let room = width.saturating_sub(indent).max(10);
    let mut row = head;
    let mut letters: Vec<Letter> = Vec::with_capacity(room);
    let mut used = 0;
    for part in body {
        for c in part.text.chars() {
            let columns = crate::text::width(c.encode_utf8(&mut [0; 4]));
            if used + columns > room {
                let rest = letters.split_off(break_of(&letters));
                push_letters(&mut row, &letters);
                out.push(std::mem::take(&mut row));
                row.push(piece(" ".repeat(indent.min(width / 2)), Look::Plain));
                used = rest.iter().map(|letter| letter.columns).sum();
                letters = rest;
            }
            letters.push(Letter {
                c,
                columns,
                look: part.look,
            });
            used += columns;
        }
    }
    push_letters(&mut row, &letters);
    out.push(row);
}

struct Letter {
    c: char,
    columns: usize,
    look: Look,
}

/// Where a full row is broken: behind its last blank within `BREAK` columns of the end, else at the end.
fn break_of(letters: &[Letter]) -> usize {
    let mut columns = 0;
    for (at, letter) in letters.iter().enumerate().rev() {
        if letter.c == ' ' {
            return at + 1;
        }
        columns += letter.columns;
        if columns >= BREAK {
            break;
        }
    }
    letters.len()
}

fn push_letters(row: &mut Text, letters: &[Letter]) {
    for same in letters.chunk_by(|a, b| a.look == b.look) {
        let text: String = same.iter().map(|letter| letter.c).collect();
        push(
            row,
            Some(&text),
            same.first().map_or(Look::Plain, |letter| letter.look),
        );
    }
}

fn stamp(style: TimeStyle, at: Timestamp, now: Timestamp) -> Option<String> {
    match style {
        TimeStyle::Off => None,
        TimeStyle::Utc => Some(clock::time_of_day(at, true)),
        TimeStyle::Local => Some(clock::time_of_day(at, false)),
        TimeStyle::Relative => Some(format!("{:>6}", clock::age(at, now))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, width: usize) -> Vec<String> {
        let mut out = Vec::new();
        let body = text
            .split_inclusive("  ")
            .map(|part| piece(part, Look::Match))
            .collect();
        wrap(vec![piece("I ", Look::Plain)], body, 2, (width, &mut out));
        let plain = |row: &Text| row.iter().map(|piece| piece.text.as_str()).collect::<String>();
        out.iter().map(plain).collect()
    }

    #[test]
    fn lines_break_at_a_blank_that_is_near_and_lose_nothing() {
        assert_eq!(
            rows("upstream timeout after five seconds", 22),
            ["I upstream timeout ", "  after five seconds"]
        );
        assert_eq!(
            rows("at 0123456789abcdefghijklmnopqrstuvwxyz", 30),
            ["I at 0123456789abcdefghijklmno", "  pqrstuvwxyz"],
            "a blank too far away"
        );
        assert_eq!(rows("日本語日本語日本語", 12), ["I 日本語日本", "  語日本語"]);
        assert_eq!(rows("", 12), ["I "]);
    }
}
