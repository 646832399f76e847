//! A process in a container that has the terminal. While it runs, the loop goes on taking messages in and draws nothing.

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::{Loop, RuntimeError};
use crate::cluster::Handle;
use crate::cluster::exec::{ExecSession, Streams};
use crate::model::{Failure, FailureKind};
use crate::msg::{EffectId, ExecRequest, Msg, Outcome};

/// How long the exit status may come after the last output.
const EXIT: std::time::Duration = std::time::Duration::from_secs(5);

/// A session, starting or running.
pub enum Session {
    /// Asked for.
    Starting(
        EffectId,
        mpsc::Receiver<Result<ExecSession, Failure>>,
        ExecRequest,
    ),
    /// It has the terminal.
    Running(EffectId, Box<ExecSession>),
    /// It wrote its last; how it ended is waited for until then.
    Ending(EffectId, Box<ExecSession>, Instant),
}

/// What happened in a session.
pub enum Step {
    /// It runs.
    Started(ExecSession),
    /// It could not be started.
    Failed(Failure),
    /// It wrote something.
    Output(Bytes),
    /// It wrote its last.
    Ended,
    /// How it ended.
    Exited(Result<i32, Failure>),
}

impl Session {
    /// True when the explorer must not draw.
    pub fn has_terminal(&self) -> bool {
        matches!(self, Self::Running(..))
    }

    /// Tells it the terminal's new size.
    pub fn resize(&self, size: (u16, u16)) {
        if let Self::Running(_, session) = self {
            let _ = session.resize.try_send(size); // a process that does not listen misses a size, not more
        }
    }
}

/// Asks for a session.
pub fn start(id: EffectId, request: ExecRequest, size: (u16, u16), cluster: &Handle) -> Session {
    let (answer, started) = mpsc::channel(1);
    let (cluster, asked) = (cluster.clone(), request.clone());
    tokio::spawn(async move {
        let streams = Streams {
            terminal: Some(size),
            stdin: true,
        };
        let _ = answer.send(cluster.exec(asked, streams).await).await; // nobody listens: the program ends
    });
    Session::Starting(id, started, request)
}

/// Waits for the next step; for ever when there is no session.
pub async fn next(session: &mut Option<Session>) -> Step {
    match session {
        None => std::future::pending().await,
        Some(Session::Starting(_, started, _)) => match started.recv().await {
            Some(Ok(session)) => Step::Started(session),
            Some(Err(failure)) => Step::Failed(failure),
            None => Step::Failed(Failure::new(
                FailureKind::Other,
                "the session could not be opened",
            )),
        },
        Some(Session::Running(_, running)) => match running.stdout.recv().await {
            Some(bytes) => Step::Output(bytes),
            None => Step::Ended,
        },
        Some(Session::Ending(_, ended, until)) => {
            let exit = timeout_at(*until, &mut ended.exit).await;
            Step::Exited(exit.ok().and_then(Result::ok).unwrap_or_else(|| {
                Err(Failure::new(
                    FailureKind::Connection,
                    "the session ended without an exit status",
                ))
            }))
        }
    }
}

impl Loop {
    /// Takes a step. `true` when the screen must be drawn at once.
    pub(super) async fn session_step(&mut self, step: Step) -> Result<bool, RuntimeError> {
        match (step, self.session.take()) {
            (Step::Output(bytes), session) => {
                self.terminal.pass(&bytes)?;
                self.session = session;
                Ok(false)
            }
            (Step::Started(session), Some(Session::Starting(id, _, request))) => {
                let raw = self.terminal.lend_raw().await?;
                let notice = format!(
                    "\x1b[2J\x1b[H{} · {} · exit or ctrl-d comes back to kubris\r\n",
                    request.pod.name, session.container
                );
                self.terminal.pass(notice.as_bytes())?;
                let stdin = session.stdin.clone();
                // Typing must not wait for a process that does not read, and the loop must not wait for typing.
                tokio::spawn(pump(raw, stdin));
                self.session = Some(Session::Running(id, Box::new(session)));
                Ok(false)
            }
            (Step::Failed(failure), Some(Session::Starting(id, ..))) => {
                self.take(Msg::Done(id, Err(failure))).await?;
                Ok(true)
            }
            (Step::Ended, Some(Session::Running(id, session))) => {
                // An exit status that never comes must not keep the terminal.
                self.session = Some(Session::Ending(id, session, Instant::now() + EXIT));
                self.terminal.take_back().await?;
                self.app.dirty = true;
                Ok(true)
            }
            (Step::Exited(exit), Some(Session::Ending(id, ..))) => {
                let outcome = exit.map(|code| Outcome {
                    message: String::new(),
                    exit_code: Some(code),
                });
                self.take(Msg::Done(id, outcome)).await?;
                Ok(true)
            }
            (_, session) => {
                self.session = session;
                Ok(false)
            }
        }
    }
}

/// Passes what is typed on to the process until either end closes.
async fn pump(mut typed: mpsc::Receiver<Bytes>, stdin: mpsc::Sender<Bytes>) {
    while let Some(bytes) = typed.recv().await {
        if stdin.send(bytes).await.is_err() {
            return;
        }
    }
}
