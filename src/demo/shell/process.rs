//! Main processes that the shell itself runs: `kubectl run -it --image=busybox -- sh`, jobs that echo, loops that sleep. A process is a
//! suspended session with a clock of its own; the world moves it on, so that its time is the cluster's.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use super::console::Console;
use super::machine::Machine;
use super::rhythm::Rhythm;
use super::session::Session;
use super::transcript::Transcript;
use crate::clock::Timestamp;
use crate::demo::kubelet_api::{Output, Streams};

/// A main process that the shell can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Program and arguments.
    pub command: Vec<String>,
    /// `stdin`: it waits for somebody to attach when it reads.
    pub stdin: bool,
    /// `stdinOnce`: its input ends with the first who attached.
    pub once: bool,
    /// `tty`.
    pub tty: bool,
}

/// How often one process is moved on in one go at most; a loop around nothing falls behind instead of holding up the world.
const STEPS: u32 = 4_000;
/// Messages that wait for a slow reader.
const BEHIND: usize = 4_096;

/// A running main process.
pub struct Process {
    task: Pin<Box<dyn Future<Output = i32> + Send>>,
    rhythm: Rhythm,
    input: Option<mpsc::Sender<Bytes>>,
    /// Whether its input ends with the first who attached.
    once: bool,
    output: mpsc::Receiver<Output>,
    size: watch::Sender<(u16, u16)>,
    readers: Vec<mpsc::Sender<Output>>,
    transcript: Transcript,
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let readers = self.readers.len();
        f.debug_struct("Process")
            .field("readers", &readers)
            .finish_non_exhaustive()
    }
}

impl Process {
    /// A process that begins at `now`; with `stdin` it waits for somebody to attach when it reads.
    pub fn start(machine: Machine, program: &Program, now: Timestamp) -> Self {
        let (input, typed) = mpsc::channel(64);
        let (printed, output) = mpsc::channel(64);
        let (size, sizes) = watch::channel((80, 24));
        let streams = Streams {
            input: typed,
            output: printed,
            size: sizes,
        };
        let rhythm = Rhythm::own(now);
        let transcript = Transcript::new(machine.around.logs.clone());
        let mut session = Session::new(
            machine,
            Console::new(streams, program.tty, program.stdin),
            rhythm.clone(),
        );
        let command = program.command.clone();
        // It is polled by hand: a task's share of tokio's time, once used up, would never be given to it anew.
        let task = Box::pin(tokio::task::coop::unconstrained(async move {
            let code = session.exec(&command).await;
            session.left.unwrap_or(code)
        }));
        Self {
            task,
            rhythm,
            input: program.stdin.then_some(input),
            once: program.once,
            output,
            size,
            readers: Vec::new(),
            transcript,
        }
    }

    /// What it writes.
    pub fn transcript(&self) -> Transcript {
        self.transcript.clone()
    }

    /// When it wants to be moved on; `None`: when something is typed.
    pub fn due(&self) -> Option<Timestamp> {
        self.rhythm.due()
    }

    /// Lets it live up to `now`; gives when it ended and its exit code.
    pub fn advance(&mut self, now: Timestamp) -> Option<(Timestamp, i32)> {
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..STEPS {
            let done = self.task.as_mut().poll(&mut context);
            let printed = self.deliver();
            if let Poll::Ready(code) = done {
                let at = self.rhythm.now();
                self.transcript.finish(at);
                self.readers.clear();
                return Some((at, code));
            }
            if printed {
                continue;
            }
            let Some(due) = self.rhythm.due().filter(|due| *due <= now) else {
                self.rhythm.move_to(now);
                return None;
            };
            self.rhythm.move_to(due);
        }
        None
    }

    /// Takes what was printed to the log and to readers; whether there was anything.
    fn deliver(&mut self) -> bool {
        let at = self.rhythm.now();
        let mut any = false;
        while let Ok(output) = self.output.try_recv() {
            any = true;
            let (Output::Out(bytes) | Output::Err(bytes)) = &output;
            self.transcript.push(at, bytes);
            // Who does not read for so long is left behind.
            self.readers
                .retain(|reader| reader.try_send(output.clone()).is_ok());
        }
        any
    }

    /// What it prints from now on, until it ends.
    pub fn attach(&mut self) -> mpsc::Receiver<Output> {
        let (reader, output) = mpsc::channel(BEHIND);
        self.readers.push(reader);
        output
    }

    /// Where one types; `None` without standard input.
    pub fn keyboard(&self) -> Option<mpsc::Sender<Bytes>> {
        self.input.clone()
    }

    /// Who typed is done: ends its standard input, unless somebody else may attach.
    pub fn close_input(&mut self) {
        self.input = self.input.take().filter(|_| !self.once);
    }

    /// Sets columns and rows of its terminal.
    pub fn resize(&self, size: (u16, u16)) {
        self.size.send_replace(size);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Killed: its log ends here.
        self.transcript.finish(self.rhythm.now());
    }
}
