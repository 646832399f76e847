//! `kubris exec`: a command or a shell in a container, with its exit code; standard input is passed on when it is a pipe.

use std::io::{IsTerminal, Read, Write};
use std::process::ExitCode;

use bytes::Bytes;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Sender;

use super::args::Exec;
use super::output::Output;
use super::pod_of::pod_of;
use super::{CliError, Session};
use crate::cluster::exec::{ExecSession, Streams, start};
use crate::model::{Failure, FailureKind};
use crate::msg::ExecRequest;

/// Runs it; its exit code is ours.
pub(super) async fn run(session: &Session, args: &Exec, out: &mut Output) -> Result<ExitCode, CliError> {
    let link = session.link().await?;
    let pod = pod_of(&link, &args.pod, &session.one_namespace(&link)?).await?;
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if args.tty && !terminal {
        return Err(CliError::Usage(
            "`--tty` needs a terminal on standard input and output".to_owned(),
        ));
    }
    let tty = args.tty || terminal && args.command.is_empty();
    let streams = Streams {
        terminal: if tty {
            Some(crossterm::terminal::size()?)
        } else {
            None
        },
        stdin: tty || args.stdin || !std::io::stdin().is_terminal(),
    };
    let request = ExecRequest {
        pod,
        container: args.container.clone(),
        command: args.command.clone(),
        attach: false,
    };
    let session = start(link, session.options().journal(), request, streams).await?;
    let raw = if tty { Some(Raw::enter()?) } else { None };
    let code = pump(session, streams, out).await;
    drop(raw);
    let code = code?;
    if code != 0 {
        // kubectl's words for it.
        writeln!(std::io::stderr(), "command terminated with exit code {code}")?;
    }
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
}

/// Raw mode until dropped.
struct Raw;

impl Raw {
    fn enter() -> std::io::Result<Self> {
        crossterm::terminal::enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that is gone needs no mode.
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// Passes everything on until the process has ended and all of its output is written.
async fn pump(session: ExecSession, streams: Streams, out: &mut Output) -> Result<i32, CliError> {
    let ExecSession {
        stdin,
        mut stdout,
        mut stderr,
        resize,
        exit,
        ..
    } = session;
    if streams.stdin {
        std::thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || feed(&stdin))?;
    } else {
        drop(stdin);
    }
    let mut sizes = signal(SignalKind::window_change())?;
    let (mut out_open, mut error_open) = (true, true);
    while out_open || error_open {
        tokio::select! {
            bytes = stdout.recv(), if out_open => match bytes {
                Some(bytes) => { out.write_all(&bytes)?; out.flush()?; }
                None => out_open = false,
            },
            bytes = stderr.recv(), if error_open => match bytes {
                Some(bytes) => std::io::stderr().write_all(&bytes)?,
                None => error_open = false,
            },
            Some(()) = sizes.recv(), if streams.terminal.is_some() => {
                // A size that does not fit into the queue is followed by a newer one.
                let _ = resize.try_send(crossterm::terminal::size()?);
            }
        }
    }
    let lost = || Failure::new(FailureKind::Connection, "the session ended without an exit code");
    Ok(exit.await.map_err(|_| lost())??)
}

/// Standard input to the process until either ends. On a thread of its own, which the end of the program ends.
fn feed(stdin: &Sender<Bytes>) {
    let mut input = std::io::stdin().lock();
    let mut buffer = [0; 16 * 1024];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => {
                let bytes = Bytes::copy_from_slice(buffer.get(..count).unwrap_or_default());
                if stdin.blocking_send(bytes).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
