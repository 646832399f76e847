//! Writes the lines of a description: headings, fields, tables. Knows no kind.

use unicode_width::UnicodeWidthStr as _;

use crate::clock::{self, Timestamp};
use crate::model::doc::{Line, Span, span};
use crate::model::{Doc, Tone};

/// How far field values are indented.
const VALUES_AT: usize = 18;

/// Columns of a line that is seen whole in a terminal of 80.
const WHOLE: usize = 76;
/// Columns that a text may take beside its key.
const PROSE: usize = WHOLE - VALUES_AT;
/// Lines that one problem may take.
const PROBLEM_ROWS: usize = 6;

/// A description being written.
pub struct Page {
    doc: Doc,
    /// Now, for ages.
    pub now: Timestamp,
    depth: usize,
}

/// A text with its tone.
pub type Cell = (String, Tone);

impl Page {
    /// An empty one.
    pub fn new(now: Timestamp) -> Self {
        Self {
            doc: Doc::default(),
            now,
            depth: 0,
        }
    }

    /// What was written, without blank lines at its end.
    pub fn finish(mut self) -> Doc {
        while self.doc.lines.last().is_some_and(Vec::is_empty) {
            self.doc.lines.pop();
        }
        self.doc
    }

    /// Writes what `part` writes two cells further in.
    pub fn indented(&mut self, part: impl FnOnce(&mut Self)) {
        self.depth += 2;
        part(self);
        self.depth -= 2;
    }

    /// One line.
    pub fn line(&mut self, spans: Vec<Span>) {
        let mut line: Line = Vec::with_capacity(spans.len() + 1);
        if self.depth > 0 {
            line.push(span(" ".repeat(self.depth), Tone::Plain));
        }
        line.extend(spans);
        self.doc.push(line);
    }

    /// A blank line, unless there is one already.
    pub fn gap(&mut self) {
        if self.doc.lines.last().is_some_and(|line| !line.is_empty()) {
            self.doc.push(Line::new());
        }
    }

    /// The title of a section, after a blank line.
    pub fn heading(&mut self, text: &str) {
        self.gap();
        self.line(vec![span(text.to_owned(), Tone::Heading)]);
    }

    /// A key and its value; nothing if the value is empty. A value of several lines goes on below.
    pub fn field(&mut self, key: &str, value: impl AsRef<str>) {
        self.toned(key, value, Tone::Plain);
    }

    /// A key and its value in a tone.
    pub fn toned(&mut self, key: &str, value: impl AsRef<str>, tone: Tone) {
        let width = VALUES_AT.saturating_sub(self.depth).max(key.width() + 1);
        for (at, part) in value.as_ref().lines().enumerate() {
            let key = if at == 0 { key } else { "" };
            let padding = " ".repeat(width - key.width());
            self.line(vec![
                span(key.to_owned(), Tone::Key),
                span(padding, Tone::Plain),
                span(part.to_owned(), tone),
            ]);
        }
    }

    /// A key and a text of any length: broken between words, so that it is read whole in 80 columns.
    pub fn prose(&mut self, key: &str, text: &str) {
        let rows = broken(text, PROSE, PROSE);
        self.list(key, rows);
    }

    /// A key with a value for each line; nothing if there are none.
    pub fn list(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        self.field(key, values.into_iter().collect::<Vec<_>>().join("\n"));
    }

    /// Something that is wrong: `✗ Ready  containers with unready status: [app]`.
    pub fn problem(&mut self, tone: Tone, subject: &str, text: &str) {
        let sign = match tone {
            Tone::Bad => "✗ ",
            Tone::Warn => "▲ ",
            _ => "◌ ",
        };
        let head = sign.width() + subject.width() + 2;
        let mut rows = broken(text, WHOLE.saturating_sub(head).max(WHOLE / 3), WHOLE - 4);
        if rows.len() > PROBLEM_ROWS {
            rows.truncate(PROBLEM_ROWS);
            if let Some(last) = rows.last_mut() {
                last.push_str(" …");
            }
        }
        let mut rows = rows.into_iter();
        let first = rows.next().unwrap_or_default();
        self.line(vec![
            span(sign, tone),
            span(format!("{subject}  "), tone),
            span(first, Tone::Plain),
        ]);
        for row in rows {
            self.line(vec![span("    ", Tone::Plain), span(row, Tone::Plain)]);
        }
    }

    /// A table; columns are as wide as their widest cell, the last takes what it needs. Nothing without rows.
    pub fn table(&mut self, head: &[&str], rows: &[Vec<Cell>]) {
        if rows.is_empty() {
            return;
        }
        let widest = |column: usize, title: &str| {
            let cells = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.0.width());
            cells.chain([title.width()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = head
            .iter()
            .enumerate()
            .map(|(at, title)| widest(at, title))
            .collect();
        let titles = head
            .iter()
            .map(|title| ((*title).to_owned(), Tone::Dim))
            .collect::<Vec<_>>();
        for row in std::iter::once(&titles).chain(rows) {
            let last = row.len().saturating_sub(1);
            let pad = |at: usize, text: &str| match widths.get(at) {
                Some(width) if at < last => width.saturating_sub(text.width()) + 2,
                _ => 0,
            };
            let cells = row.iter().enumerate().map(|(at, (text, tone))| {
                let one_line = text.replace('\n', " ");
                span(format!("{one_line}{}", " ".repeat(pad(at, &one_line))), *tone)
            });
            self.line(cells.collect());
        }
    }

    /// The age of a moment of the API, `3h`; empty when absent.
    pub fn age(&self, since: &str) -> String {
        Timestamp::parse(since).map_or_else(String::new, |since| clock::age(since, self.now))
    }
}

/// A text broken between words: the first row has its own room. Lines stay lines; a word longer than a row stays whole.
fn broken(text: &str, first: usize, others: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for line in text.lines() {
        rows.push(String::new());
        for word in line.split_whitespace() {
            let room = if rows.len() == 1 { first } else { others };
            match rows.last_mut() {
                Some(row) if row.is_empty() => row.push_str(word),
                Some(row) if row.width() + 1 + word.width() <= room => {
                    row.push(' ');
                    row.push_str(word);
                }
                _ => rows.push(word.to_owned()),
            }
        }
    }
    rows
}

/// A plain cell of a table.
pub fn plain(text: impl Into<String>) -> Cell {
    (text.into(), Tone::Plain)
}
