//! Standard output of one-shot commands: buffered, coloured only on a terminal. It must not know what is printed.

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use super::CliError;
use super::args::Format;

/// Where a command prints.
pub struct Output {
    sink: Box<dyn Write>,
    /// It is a terminal, and `NO_COLOR` is not set.
    pub coloured: bool,
}

impl Output {
    /// Standard output.
    pub fn stdout() -> Self {
        let stdout = io::stdout();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let coloured = stdout.is_terminal() && !plain;
        Self {
            sink: Box::new(io::BufWriter::with_capacity(64 * 1024, stdout)),
            coloured,
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

/// A table: titles and rows, columns as wide as their widest value, as kubectl prints it.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Titles.
    pub titles: Vec<String>,
    /// Rows, each as long as the titles.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Prints it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn print(&self, out: &mut Output) -> io::Result<()> {
        let mut widths = vec![0; self.titles.len()];
        for row in std::iter::once(&self.titles).chain(&self.rows) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(crate::text::width(cell));
            }
        }
        for row in std::iter::once(&self.titles).chain(&self.rows) {
            let mut line = String::new();
            for (width, cell) in widths.iter().zip(row) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width + 3 - crate::text::width(cell)));
            }
            out.line(line.trim_end())?;
        }
        Ok(())
    }

    /// Prints it as CSV (RFC 4180), every column.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn csv(&self, out: &mut Output) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        for row in std::iter::once(&self.titles).chain(&self.rows) {
            writer.write_record(row)?;
        }
        writer.flush()
    }

    /// Rows by column name.
    pub fn json(&self) -> Value {
        let row = |row: &Vec<String>| {
            let fields = self
                .titles
                .iter()
                .cloned()
                .zip(row.iter().cloned().map(Value::String));
            Value::Object(fields.collect())
        };
        Value::Array(self.rows.iter().map(row).collect())
    }
}
