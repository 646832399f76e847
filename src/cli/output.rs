//! Standard output of one-shot commands: buffered, coloured only on a terminal. It must not know what is printed.

use std::io::{self, IsTerminal, Write};

use ratatui::style::Style;
use serde_json::Value;

use super::CliError;
use super::args::Format;
use super::paint::paint;
use crate::store::export;
use crate::text::width;

/// Where a command prints.
pub struct Output {
    sink: Box<dyn Write>,
    /// It is a terminal.
    pub terminal: bool,
    /// It is a terminal, and `NO_COLOR` is not set.
    pub coloured: bool,
}

impl Output {
    /// Standard output.
    pub fn stdout() -> Self {
        let stdout = io::stdout();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let terminal = stdout.is_terminal();
        Self {
            sink: Box::new(io::BufWriter::with_capacity(64 * 1024, stdout)),
            terminal,
            coloured: terminal && !plain,
        }
    }

    /// A line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.sink.write_all(text.as_bytes())?;
        self.sink.write_all(b"\n")
    }

    /// A value as JSON or YAML.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn value(&mut self, value: &Value, format: Format) -> Result<(), CliError> {
        if format == Format::Yaml {
            let text = serde_saphyr::to_string(value).map_err(io::Error::other)?;
            self.sink.write_all(text.as_bytes())?;
        } else {
            serde_json::to_writer_pretty(&mut self.sink, value).map_err(io::Error::from)?;
            self.sink.write_all(b"\n")?;
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sink.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

/// One value of a table.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// As it is printed.
    pub text: String,
    /// How, on a terminal.
    pub style: Option<Style>,
}

impl From<String> for Field {
    fn from(text: String) -> Self {
        Self { text, style: None }
    }
}

/// A table: titles and rows, columns as wide as their widest value, as kubectl prints it.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Titles.
    pub titles: Vec<String>,
    /// Rows, each as long as the titles.
    pub rows: Vec<Vec<Field>>,
}

impl Table {
    /// Prints it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn print(&self, out: &mut Output) -> io::Result<()> {
        let mut widths: Vec<usize> = self.titles.iter().map(|title| width(title)).collect();
        for row in &self.rows {
            for (most, field) in widths.iter_mut().zip(row) {
                *most = (*most).max(width(&field.text));
            }
        }
        let titles = self.titles.iter().map(|title| (title.as_str(), None));
        out.line(&line(titles, &widths))?;
        for row in &self.rows {
            let styled = out.coloured;
            let fields = row
                .iter()
                .map(|field| (field.text.as_str(), field.style.filter(|_| styled)));
            out.line(&line(fields, &widths))?;
        }
        Ok(())
    }

    /// Prints it as CSV (RFC 4180), every column.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn csv(&self, out: &mut Output) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(&self.titles)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|field| &field.text))?;
        }
        writer.flush()
    }

    /// Rows by column name.
    pub fn json(&self) -> Value {
        let row = |row: &Vec<Field>| {
            let values = row.iter().map(|field| Value::String(field.text.clone()));
            let names = self.titles.iter().map(|title| export::member(title));
            Value::Object(names.zip(values).collect())
        };
        Value::Array(self.rows.iter().map(row).collect())
    }
}

/// Fields side by side, three blanks between them, none at the end.
fn line<'a>(fields: impl Iterator<Item = (&'a str, Option<Style>)>, widths: &[usize]) -> String {
    let mut line = String::new();
    let mut blanks = 0;
    for ((text, style), most) in fields.zip(widths) {
        if !text.is_empty() {
            line.extend(std::iter::repeat_n(' ', blanks));
            line.push_str(&style.map_or_else(|| text.to_owned(), |style| paint(text, style)));
            blanks = 0;
        }
        blanks += most + 3 - width(text);
    }
    line
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;

    #[test]
    fn columns_stand_under_their_titles_whatever_the_colour() {
        let widths = [6, 4, 1];
        let plain = line([("a", None), ("", None), ("c", None)].into_iter(), &widths);
        assert_eq!(plain, "a               c");
        let red = Some(Style::new().fg(Color::Red));
        assert_eq!(
            line([("a", red), ("b", None)].into_iter(), &widths),
            "\x1b[31ma\x1b[0m        b"
        );
    }
}
