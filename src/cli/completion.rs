//! `kubris completion`: a script for a shell. It knows arguments only, not clusters.

use std::process::ExitCode;

use clap::CommandFactory;

use super::CliError;
use super::args::{Args, Completion};
use super::output::Output;

/// Prints the script.
pub(super) fn run(args: &Completion, out: &mut Output) -> Result<ExitCode, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "kubris", &mut script);
    std::io::Write::write_all(out, &script)?;
    Ok(ExitCode::SUCCESS)
}
