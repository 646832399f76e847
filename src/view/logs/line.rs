//! One line of a log as data: stamp, pod, level, then the message.

use super::super::texts::{push, scrolled, split};
use super::super::{Look, Text, piece};
use super::names::Names;
use crate::app::App;
use crate::app::logs::LogsPane;
use crate::clock::{self, Timestamp};
use crate::config::TimeStyle;
use crate::logs::{self, Level, LineRef};
use crate::model::Tone;

/// Lines above this many bytes are not looked at for fields.
const STRUCTURED_MOST: usize = 64 << 10;

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
        head.push(piece(format!("{} ", letter(line.level)), Look::Level(line.level)));
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
        let mut at = 0;
        for (range, ink) in &styled.runs {
            if let Some(text) = styled.text.get(at..range.start) {
                split(&mut out, text, at, &hits, Look::Plain);
            }
            if let Some(text) = styled.text.get(range.clone()) {
                split(&mut out, text, range.start, &hits, Look::Ink(*ink));
            }
            at = range.end;
        }
        if let Some(text) = styled.text.get(at..) {
            split(&mut out, text, at, &hits, Look::Plain);
        }
        out
    }
}

/// Breaks a line at the right edge; what follows is indented below its message.
fn wrap(head: Text, body: Text, indent: usize, (width, out): (usize, &mut Vec<Text>)) {
    let room = width.saturating_sub(indent).max(10);
    let (mut row, mut used) = (head, 0);
    for part in body {
        let mut chunk = String::new();
        for c in part.text.chars() {
            let columns = crate::text::width(c.encode_utf8(&mut [0; 4]));
            if used + columns > room {
                push(&mut row, Some(&chunk), part.look);
                chunk.clear();
                out.push(std::mem::take(&mut row));
                row.push(piece(" ".repeat(indent.min(width / 2)), Look::Plain));
                used = 0;
            }
            chunk.push(c);
            used += columns;
        }
        push(&mut row, Some(&chunk), part.look);
    }
    out.push(row);
}

const fn letter(level: Level) -> char {
    match level {
        Level::Trace => 'T',
        Level::Debug => 'D',
        Level::Info => 'I',
        Level::Warn => 'W',
        Level::Error => 'E',
        Level::Fatal => 'F',
        Level::Unknown => ' ',
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
