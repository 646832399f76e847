//! Arguments in, exit code out: opens the explorer or runs one command. Errors go to standard error with a non-zero exit code.

pub mod args;
mod completion;
mod config;
mod contexts;
mod demo;
mod diag;
mod explore;
mod output;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::cluster::kubeconfig::Search;
use crate::config::{Config, Folders};
use crate::model::Failure;
use crate::terminal::TerminalError;

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
            let _ = writeln!(io::stderr(), "kubris: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: Args, out: &mut Output) -> Result<ExitCode, CliError> {
    let config = Arc::new(Config::load(Folders::from_env()));
    let session = Session {
        global: args.global,
        config,
    };
    match args.command {
        None => explore::run(&session, args.open, session.search(), false),
        Some(Command::Contexts(args)) => contexts::run(&session, &args, out),
        Some(Command::Completion(args)) => completion::run(&args, out),
        Some(Command::Config(args)) => config::run(&session, &args, out),
        Some(Command::Demo(args)) => demo::run(&session, &args, out),
        Some(Command::Diag) => diag::run(&session, out),
        Some(_) => Err(CliError::Usage(
            "this command is not part of this build".to_owned(),
        )),
    }
}

/// A runtime for one command.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
}
