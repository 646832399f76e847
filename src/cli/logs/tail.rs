//! What `kubris logs` prints: lines in order of time to standard output, notices of streams to standard error. It must not open any.

use std::collections::HashMap;
use std::io::Write;

use serde_json::json;

use super::super::args::LogFormat;
use super::super::output::Output;
use super::super::paint::paint;
use super::super::{CliError, shown};
use crate::clock::{self, Timestamp};
use crate::logs::{Chunk, Filter, Level, LogEvent, LogQuery, Marker, Source, SourceId, State};
use crate::text::neutralise;
use crate::theme::{Role, Theme};

/// A line that waits for its turn.
struct Waiting {
    stamp: Timestamp,
    source: SourceId,
    level: Level,
    text: Vec<u8>,
}

/// Lines on their way to be printed.
pub(super) struct Tail {
    filter: Filter,
    printer: Printer,
    sources: HashMap<SourceId, Source>,
    /// Came since the last tick.
    fresh: Vec<Waiting>,
    /// Came before it.
    settled: Vec<Waiting>,
    /// Lines that came, and of them those that were to be printed.
    lines: (u64, u64),
}

impl Tail {
    pub(super) fn new(filter: Filter, printer: Printer) -> Self {
        Self {
            filter,
            printer,
            sources: HashMap::new(),
            fresh: Vec::new(),
            settled: Vec::new(),
            lines: (0, 0),
        }
    }

    /// No container was found so far.
    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Takes what the query says; notices go to standard error.
    pub(super) fn take(&mut self, event: LogEvent) -> Result<(), CliError> {
        let mut notices = std::io::stderr();
        match event {
            LogEvent::Source(source) => {
                let text = format!("+ {} › {}", source.pod, source.container);
                writeln!(notices, "{}", shown(&text))?;
                notice(&source, &source.state)?;
                self.sources.insert(source.id, source);
            }
            LogEvent::State(id, state) => {
                if let Some(source) = self.sources.get_mut(&id) {
                    notice(source, &state)?;
                    source.state = state;
                }
            }
            LogEvent::Lines(chunk) | LogEvent::Older(chunk) => {
                if let Some(gap) = chunk.gap {
                    self.missing(chunk.source, gap.from, gap.to)?;
                }
                self.queue(&chunk);
            }
            LogEvent::Marker(Marker::Gap { source, from, to }) => self.missing(source, from, to)?,
            LogEvent::Trouble(Some(why)) => writeln!(notices, "! {}", shown(&why.to_string()))?,
            _ => {}
        }
        Ok(())
    }

    fn missing(&self, source: SourceId, from: Timestamp, to: Timestamp) -> Result<(), CliError> {
        let pod = self
            .sources
            .get(&source)
            .map(|source| source.pod.to_string())
            .unwrap_or_default();
        let (from, to) = (from.rfc3339(), to.rfc3339());
        let text = format!("! {pod}: lines from {from} to {to} were not received");
        writeln!(std::io::stderr(), "{}", shown(&text))?;
        Ok(())
    }

    fn queue(&mut self, chunk: &Chunk) {
        let mut scratch = Vec::new();
        for (line, text) in chunk.iter() {
            self.lines.0 += 1;
            if self.filter.matches(line, text, &mut scratch) {
                let waiting = Waiting {
                    stamp: line.stamp,
                    source: chunk.source,
                    level: line.level,
                    text: text.to_vec(),
                };
                self.fresh.push(waiting);
                self.lines.1 += 1;
            }
        }
    }

    /// Prints what is not later than the lines that came before the last tick, in order of time; equal times in the order they came.
    pub(super) fn settle(&mut self, out: &mut Output) -> Result<(), CliError> {
        let until = self.settled.iter().map(|line| line.stamp).max();
        self.settled.append(&mut self.fresh);
        if let Some(until) = until {
            self.settled.sort_by_key(|line| line.stamp);
            let ready = self.settled.partition_point(|line| line.stamp <= until);
            for line in self.settled.drain(..ready) {
                let Some(source) = self.sources.get(&line.source) else {
                    continue;
                };
                self.printer.print(source, &line, out)?;
            }
            out.flush()?;
        }
        Ok(())
    }

    /// Says why nothing was printed: an empty answer is no answer.
    pub(super) fn conclude(&self, query: &LogQuery) -> Result<(), CliError> {
        let why = match (self.lines, query.since_seconds) {
            ((_, 1..), _) => return Ok(()),
            // Said of each already: there was nothing to read.
            ((0, _), _) if self.sources.values().all(|source| is_unreadable(&source.state)) => return Ok(()),
            ((1.., _), _) => format!("none of the {} lines matches", self.lines.0),
            (_, Some(seconds)) => format!(
                "no lines in the last {}; `--since 0s` reads all there are",
                clock::span(i64::from(seconds))
            ),
            _ => "no lines".to_owned(),
        };
        writeln!(std::io::stderr(), "{why}")?;
        Ok(())
    }
}

/// Says how a stream is doing if it has nothing to give: it ended, it may not be read, or the container has no log yet.
fn notice(source: &Source, state: &State) -> Result<(), CliError> {
    let (sign, word) = match state {
        State::Waiting { reason, message } if message.is_empty() => ('·', format!("no log yet: {reason}")),
        State::Waiting { reason, message } => ('·', format!("no log yet: {reason}: {message}")),
        state => match ended(state) {
            Some(word) => ('-', word),
            None => return Ok(()),
        },
    };
    let text = format!("{sign} {} › {}: {word}", source.pod, source.container);
    writeln!(std::io::stderr(), "{}", shown(&text))?;
    Ok(())
}

/// Whether there is nothing that could be read, however far back one asks.
fn is_unreadable(state: &State) -> bool {
    match state {
        State::Forbidden { .. } => true,
        State::Ended { reason, .. } => &**reason == State::NO_PREVIOUS,
        _ => false,
    }
}

/// Why a stream ended, for a notice. `None` while it has not.
fn ended(state: &State) -> Option<String> {
    match state {
        State::Ended {
            exit_code: Some(code),
            reason,
        } => Some(format!("{reason}, exit code {code}")),
        State::Ended {
            exit_code: None,
            reason,
        } => Some(reason.to_string()),
        State::Forbidden { message } => Some(message.to_string()),
        _ => None,
    }
}

/// How a line is printed.
pub(super) struct Printer {
    pub(super) format: LogFormat,
    pub(super) timestamps: bool,
    pub(super) theme: Theme,
    pub(super) coloured: bool,
}

impl Printer {
    fn print(&self, source: &Source, line: &Waiting, out: &mut Output) -> Result<(), CliError> {
        let text = String::from_utf8_lossy(&line.text);
        if self.format == LogFormat::Json {
            let object = json!({
                "timestamp": line.stamp.rfc3339(), "namespace": &*source.namespace, "pod": &*source.pod,
                "container": &*source.container, "node": &*source.node, "level": Some(line.level.letter()).filter(|letter| *letter != ' '),
                "message": text,
            });
            return Ok(out.line(&object.to_string())?);
        }
        if self.timestamps {
            write!(out, "{} ", line.stamp.rfc3339())?;
        }
        if self.format == LogFormat::Default {
            let name = format!("{} {}", source.pod, source.container);
            let style = self.theme.style(Role::pod(&source.pod));
            write!(out, "{} ", if self.coloured { paint(&name, style) } else { name })?;
        }
        // Only a terminal acts upon control characters; other programs get the line as it is.
        if out.terminal {
            out.write_all(neutralise(&text).as_bytes())?;
        } else {
            out.write_all(&line.text)?;
        }
        out.write_all(b"\n")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::is_unreadable;
    use crate::logs::State;

    #[test]
    fn a_missing_instance_is_no_silence() {
        let ended = |reason: &str| State::Ended {
            exit_code: None,
            reason: Arc::from(reason),
        };
        assert!(is_unreadable(&ended(State::NO_PREVIOUS)));
        assert!(!is_unreadable(&ended("Completed")));
    }
}
