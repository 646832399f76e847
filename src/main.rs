//! The binary: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubris::cli::run(std::env::args_os())
}
