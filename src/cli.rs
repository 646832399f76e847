//! Arguments in, exit code out: opens the explorer or runs one command. Errors go to standard error with a non-zero exit code.

pub mod args;
mod ask;
mod completion;
mod config;
mod contexts;
mod demo;
mod diag;
mod events;
mod examples;
mod exec;
mod explore;
mod gameday;
mod get;
mod listing;
mod logs;
mod nodes;
mod output;
mod paint;
mod pod_of;
mod scale;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::cluster;
use crate::cluster::kubeconfig::Search;
use crate::cluster::link::Link;
use crate::cluster::once;
use crate::config::{Config, Folders};
use crate::model::{Failure, Scope};
use crate::rules::selector::Selector;
use crate::terminal::TerminalError;
use crate::text::neutralise;
use crate::theme::Theme;

use args::{Args, Command, Global};
use output::Output;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The cluster, or the way to it.
    #[error("{0}")]
    Cluster(#[from] Failure),
    /// Standard output, or the terminal.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// There is no terminal.
    #[error("{0}")]
    Terminal(#[from] TerminalError),
    /// The explorer ended by itself.
    #[error("{0}")]
    Runtime(#[from] crate::runtime::RuntimeError),
    /// The demo cluster did not start.
    #[error("{0}")]
    Demo(#[from] crate::demo::Error),
    /// A file could not be written.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The arguments make no sense together.
    #[error("{0}")]
    Usage(String),
}

impl CliError {
    /// The reader of standard output went away (`| head`): no error of ours.
    fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// What all commands start from.
#[derive(Debug)]
struct Session {
    global: Global,
    config: Arc<Config>,
}

impl Session {
    fn search(&self) -> Search {
        Search::here(self.global.kubeconfig.clone())
    }

    /// How to reach the cluster. Credential plugins may use the terminal: a one-shot command draws nothing on it.
    fn options(&self) -> cluster::Options {
        cluster::Options {
            search: self.search(),
            context: self.global.context.clone(),
            read_only: self.global.read_only(),
            impersonate: self.global.impersonate.clone(),
            impersonate_groups: self.global.impersonate_groups.clone(),
            config: Arc::clone(&self.config),
            plugin_in_foreground: true,
            ..cluster::Options::default()
        }
    }

    async fn link(&self) -> Result<Arc<Link>, Failure> {
        once::link(&self.options()).await
    }

    /// The namespaces asked for, else those of the context.
    fn scope(&self, link: &Link) -> Scope {
        if self.global.all_namespaces {
            return Scope::All;
        }
        let asked: BTreeSet<String> = self.global.namespace.iter().cloned().collect();
        let context = &link.info.context;
        let own = || {
            self.config
                .context(&context.name)
                .namespaces
                .unwrap_or_else(|| vec![context.namespace.clone()])
        };
        Scope::Namespaces(if asked.is_empty() {
            own().into_iter().collect()
        } else {
            asked
        })
    }

    /// The one namespace of a command about one object.
    fn one_namespace(&self, link: &Link) -> Result<String, CliError> {
        match self.scope(link).single() {
            Some(name) => Ok(name.to_owned()),
            None => Err(CliError::Usage("this needs one namespace: `-n NAME`".to_owned())),
        }
    }

    fn theme(&self, link: &Link) -> Theme {
        self.config
            .theme(&link.info.context.name, |name| std::env::var(name).ok())
            .0
    }
}

/// A label selector as it is sent. Refused here when the server would not understand it.
fn selector(text: &str) -> Result<String, CliError> {
    match Selector::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(CliError::Usage(format!("label selector `{text}`: {error}"))),
    }
}

/// `KIND/NAME` in its two parts.
fn target(text: &str) -> Result<(&str, &str), CliError> {
    let parts = text
        .split_once('/')
        .filter(|(kind, name)| !kind.is_empty() && !name.is_empty());
    parts.ok_or_else(|| CliError::Usage(format!("`{text}`: expected KIND/NAME, like `deploy/web`")))
}

/// Runs the program.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => {
            // Help goes to standard output, mistakes to standard error; neither can be reported anywhere else.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut out = Output::stdout();
    let done = dispatch(args, &mut out).and_then(|code| Ok(out.flush().map(|()| code)?));
    match done {
        Ok(code) => code,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is the last place there is.
            let _ = writeln!(io::stderr(), "kubris: {}", shown(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

/// A text with the server's or a person's words in it, as a terminal may get it: harmless, in the lines it came in.
fn shown(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(neutralise).collect();
    lines.join("\n")
}

fn dispatch(args: Args, out: &mut Output) -> Result<ExitCode, CliError> {
    let config = Arc::new(Config::load(Folders::from_env()));
    let session = Session {
        global: args.global,
        config,
    };
    match args.command {
        None => explore::run(&session, args.open, session.search(), None).map(|_| ExitCode::SUCCESS),
        Some(Command::Contexts(args)) => contexts::run(&session, &args, out),
        Some(Command::Completion(args)) => completion::run(&args, out),
        Some(Command::Config(args)) => config::run(&session, &args, out),
        Some(Command::Demo(args)) => demo::run(&session, &args, out),
        Some(Command::Gameday(args)) => gameday::run(&session, &args, out),
        Some(Command::Diag) => diag::run(&session, out),
        Some(Command::Get(args)) => wait(get::run(&session, &args, out)),
        Some(Command::Nodes(args)) => wait(nodes::run(&session, &args, out)),
        Some(Command::Events(args)) => wait(events::run(&session, &args, out)),
        Some(Command::Logs(args)) => wait(logs::run(&session, &args, out)),
        Some(Command::Scale(args)) => wait(scale::run(&session, &args, out)),
        Some(Command::Exec(args)) => wait(exec::run(&session, &args, out)),
    }
}

/// Runs a command that talks to a cluster to its end.
fn wait(command: impl Future<Output = Result<ExitCode, CliError>>) -> Result<ExitCode, CliError> {
    runtime()?.block_on(command)
}

/// A runtime for one command.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_the_server_said_reaches_no_terminal_raw() {
        assert_eq!(
            shown("denied: \u{1b}]0;title\u{7}\r\nsecond\u{9b}2J"),
            "denied: ␛]0;title␇\nsecond�2J"
        );
    }
}
