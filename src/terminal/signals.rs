//! Signals that concern the terminal, as values the loop waits for. It must not act on them.

use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// A signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The size changed (SIGWINCH).
    Resized,
    /// Stop until told to go on (SIGTSTP, sent by a process; Ctrl-Z is a key).
    Stop,
    /// Going on after a stop (SIGCONT).
    Continued,
    /// SIGINT or SIGQUIT, sent by a process, or by the terminal while a process of ours has it.
    Interrupt,
    /// Leave: SIGTERM, SIGHUP (the terminal is gone).
    Leave,
}

/// Listens to signals.
#[derive(Debug)]
pub struct Signals {
    resized: Stream,
    stop: Stream,
    continued: Stream,
    leave: [Stream; 4],
}

impl Signals {
    /// Begins to listen; the default actions no longer happen.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> io::Result<Self> {
        let raw = |signal: rustix::process::Signal| SignalKind::from_raw(signal.as_raw());
        Ok(Self {
            resized: signal(SignalKind::window_change())?,
            stop: signal(raw(rustix::process::Signal::TSTP))?,
            continued: signal(raw(rustix::process::Signal::CONT))?,
            leave: [
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
                signal(SignalKind::interrupt())?,
                signal(SignalKind::quit())?,
            ],
        })
    }

    /// The next signal. Safe to cancel.
    pub async fn next(&mut self) -> Signal {
        let [terminate, hangup, interrupt, quit] = &mut self.leave;
        tokio::select! {
            _ = terminate.recv() => Signal::Leave,
            _ = hangup.recv() => Signal::Leave,
            _ = interrupt.recv() => Signal::Interrupt,
            _ = quit.recv() => Signal::Interrupt,
            _ = self.stop.recv() => Signal::Stop,
            _ = self.continued.recv() => Signal::Continued,
            _ = self.resized.recv() => Signal::Resized,
        }
    }
}
