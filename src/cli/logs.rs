//! `kubris logs`: lines of many containers in order of time. Notices of streams go to standard error, lines to standard output.

use std::collections::HashMap;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::args::{LogFormat, Logs};
use super::output::Output;
use super::paint::paint;
use super::{CliError, Session, selector, target};
use crate::clock::Timestamp;
use crate::cluster::link::Link;
use crate::cluster::logs::Tails;
use crate::cluster::once::{self, Wanted};
use crate::logs::{Chunk, Filter, Level, LogEvent, LogQuery, LogTarget, Marker, Source, SourceId, State};
use crate::model::problem::suggestion;
use crate::model::{Failure, FailureKind, Gvr, ObjectKey, Scope, Uid};
use crate::msg::{LogId, Msg};
use crate::text::neutralise;
use crate::theme::{Role, Theme};

/// Lines of different streams wait this long for each other (at most twice), to be put in order.
const WINDOW: Duration = Duration::from_millis(200);
/// Messages that may wait.
const DEPTH: usize = 64;

/// Tails until there is nothing more to come.
pub(super) async fn run(session: &Session, args: &Logs, out: &mut Output) -> Result<ExitCode, CliError> {
    let filter = Filter::of(&args.include, &args.exclude);
    let filter = filter.map_err(|error| CliError::Usage(error.to_string()))?;
    selector(&args.labels.selector)?;
    let link = session.link().await?;
    let query = query(session, &link, args).await?;
    let printer = Printer {
        format: args.output,
        timestamps: args.timestamps,
        theme: session.theme(&link),
        coloured: out.coloured,
    };
    let wanted = wanted(args, &query.scope);
    let waits = !args.no_follow
        && (args.follow || !matches!(&query.target, LogTarget::Matching(name) if !name.is_empty()));
    let (sender, mut said) = mpsc::channel(DEPTH);
    let mut tails = Tails::new(Arc::clone(&link), sender);
    tails.open(LogId(0), query.clone());
    let mut tail = Tail {
        filter,
        printer,
        sources: HashMap::new(),
        fresh: Vec::new(),
        settled: Vec::new(),
    };
    let mut ticks = interval(WINDOW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = said.recv() => match message {
                Some(Msg::Log(_, LogEvent::Failed(why))) => return Err(why.into()),
                Some(Msg::Log(_, LogEvent::Streams { all: 0, .. })) if tail.sources.is_empty() && waits => {
                    writeln!(std::io::stderr(), "no {wanted} yet, waiting for one")?;
                }
                Some(Msg::Log(_, LogEvent::Streams { all: 0, .. } | LogEvent::Complete)) if tail.sources.is_empty() => {
                    return Err(nothing(&link, &query, &wanted).await);
                }
                Some(Msg::Log(_, LogEvent::Complete)) | None => break,
                Some(Msg::Log(_, event)) => tail.take(event)?,
                Some(_) => {}
            },
            _ = ticks.tick(), if !args.no_follow => tail.settle(out)?,
        }
    }
    tail.settle(out)?;
    tail.settle(out)?;
    tails.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

/// What is looked for, in words: `pod whose name matches `web` with label app=x in shop`.
fn wanted(args: &Logs, scope: &Scope) -> String {
    let mut words = match &*args.query {
        "" => "pod".to_owned(),
        object if object.contains('/') => format!("pod of {object}"),
        pattern => format!("pod whose name matches `{pattern}`"),
    };
    let mut say = |text: String| words.push_str(&text);
    if let Some(container) = &args.container {
        say(format!(" with a container `{container}`"));
    }
    if !args.labels.selector.is_empty() {
        say(format!(" with labels `{}`", args.labels.selector));
    }
    match scope {
        Scope::Namespaces(names) => say(format!(
            " in {}",
            names.iter().cloned().collect::<Vec<_>>().join(", ")
        )),
        Scope::All => say(" in any namespace".to_owned()),
    }
    words
}

/// Nothing is there, with the pods whose names are near.
async fn nothing(link: &Arc<Link>, query: &LogQuery, wanted: &str) -> CliError {
    let mut message = format!("no {wanted}");
    if let LogTarget::Matching(name) = &query.target
        && let Ok(pods) = once::kind(link, "pods").await
    {
        let all = Wanted {
            scope: query.scope.clone(),
            ..Wanted::default()
        };
        let names = once::objects(link, &pods, &all).await.unwrap_or_default();
        let names: Vec<&str> = names
            .iter()
            .filter_map(|pod| pod["metadata"]["name"].as_str())
            .collect();
        // Names up to each dash, too: a person knows `web`, not `web-7d9f8c6b5-xk2p1`.
        let starts = names
            .iter()
            .flat_map(|name| name.match_indices('-').filter_map(|(at, _)| name.get(..at)));
        message.push_str(&suggestion(name, names.iter().copied().chain(starts)));
        if query.follow {
            message.push_str("; `--follow` waits for one");
        }
    }
    Failure::new(FailureKind::NotFound, message).into()
}

async fn query(session: &Session, link: &Arc<Link>, args: &Logs) -> Result<LogQuery, CliError> {
    let (target, scope) = if args.query.contains('/') {
        object(session, link, &args.query).await?
    } else {
        (LogTarget::Matching(args.query.clone()), session.scope(link))
    };
    let defaults = &session.config.settings.logs;
    let since = args.since.unwrap_or(defaults.since_seconds);
    let tail = args.tail.unwrap_or_else(|| match defaults.tail {
        0 => -1,
        lines => i64::from(lines),
    });
    Ok(LogQuery {
        target,
        scope,
        selector: args.labels.selector.clone(),
        container: args.container.clone(),
        all_containers: args.all_containers,
        since_seconds: u32::try_from(since).ok().filter(|seconds| *seconds > 0),
        tail: u32::try_from(tail).ok(),
        previous: args.previous,
        follow: !args.no_follow,
        max_streams: args.max_log_requests.unwrap_or(defaults.streams),
    })
}

/// The pods of one object, which must be there.
async fn object(session: &Session, link: &Arc<Link>, text: &str) -> Result<(LogTarget, Scope), CliError> {
    let (kind, name) = target(text)?;
    let kind = once::kind(link, kind).await?;
    let namespace = if kind.namespaced {
        session.one_namespace(link)?
    } else {
        String::new()
    };
    let scope = if kind.namespaced {
        Scope::one(namespace.clone())
    } else {
        Scope::All
    };
    let mut key = ObjectKey {
        gvr: kind.gvr.clone(),
        namespace: namespace.into(),
        name: name.into(),
        uid: Uid::NONE,
    };
    let object = once::object(link, &key).await?;
    key.uid = Uid::parse(object["metadata"]["uid"].as_str().unwrap_or_default());
    let pods = key.gvr == Gvr::of("", "v1", "pods");
    Ok((
        if pods {
            LogTarget::Pods(vec![key])
        } else {
            LogTarget::Of(key)
        },
        scope,
    ))
}

/// A line that waits for its turn.
struct Waiting {
    stamp: Timestamp,
    source: SourceId,
    level: Level,
    text: Vec<u8>,
}

struct Tail {
    filter: Filter,
    printer: Printer,
    sources: HashMap<SourceId, Source>,
    /// Came since the last tick.
    fresh: Vec<Waiting>,
    /// Came before it.
    settled: Vec<Waiting>,
}

impl Tail {
    fn take(&mut self, event: LogEvent) -> Result<(), CliError> {
        let mut notices = std::io::stderr();
        match event {
            LogEvent::Source(source) => {
                writeln!(notices, "+ {} › {}", source.pod, source.container)?;
                self.sources.insert(source.id, source);
            }
            LogEvent::State(id, state) => {
                if let (Some(source), Some(word)) = (self.sources.get(&id), ended(&state)) {
                    writeln!(notices, "- {} › {}: {word}", source.pod, source.container)?;
                }
            }
            LogEvent::Lines(chunk) | LogEvent::Older(chunk) => {
                if let Some(gap) = chunk.gap {
                    self.missing(chunk.source, gap.from, gap.to)?;
                }
                self.queue(&chunk);
            }
            LogEvent::Marker(Marker::Gap { source, from, to }) => self.missing(source, from, to)?,
            LogEvent::Trouble(Some(why)) => writeln!(notices, "! {why}")?,
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
        writeln!(
            std::io::stderr(),
            "! {pod}: lines from {} to {} were not received",
            from.rfc3339(),
            to.rfc3339()
        )?;
        Ok(())
    }

    fn queue(&mut self, chunk: &Chunk) {
        let mut scratch = Vec::new();
        for (line, text) in chunk.iter() {
            if self.filter.matches(line, text, &mut scratch) {
                let waiting = Waiting {
                    stamp: line.stamp,
                    source: chunk.source,
                    level: line.level,
                    text: text.to_vec(),
                };
                self.fresh.push(waiting);
            }
        }
    }

    /// Prints what is not later than the lines that came before the last tick, in order of time; equal times in the order they came.
    fn settle(&mut self, out: &mut Output) -> Result<(), CliError> {
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

struct Printer {
    format: LogFormat,
    timestamps: bool,
    theme: Theme,
    coloured: bool,
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
