//! The streams of one command: bytes in, bytes out, the terminal's size. Knows no commands.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use super::disk::ROOM;
use crate::demo::kubelet_api::{Output, Streams};

/// What a terminal keeps of what is typed while nobody reads (Linux: `N_TTY_BUF_SIZE`), bytes.
const TYPED: usize = 4096;
/// The longest line a command gets, bytes; of a longer one the rest is lost.
const LINE: usize = 1 << 20;

/// Input and output of a command.
#[derive(Debug)]
pub struct Console {
    input: mpsc::Receiver<Bytes>,
    output: mpsc::Sender<Output>,
    size: watch::Receiver<(u16, u16)>,
    pending: VecDeque<u8>,
    /// Whether it is a terminal.
    pub tty: bool,
    /// Whether nobody listens any more.
    pub gone: bool,
}

impl Console {
    /// Over the streams of a request; without `stdin` its input is empty.
    pub fn new(streams: Streams, tty: bool, stdin: bool) -> Self {
        let mut input = streams.input;
        if !stdin {
            input.close();
        }
        Self {
            input,
            output: streams.output,
            size: streams.size,
            pending: VecDeque::new(),
            tty,
            gone: false,
        }
    }

    /// Prints on standard output.
    pub async fn out(&mut self, bytes: &[u8]) {
        let bytes = self.cooked(bytes);
        self.send(Output::Out(bytes)).await;
    }

    /// Prints on standard error; on a terminal that is the same.
    pub async fn err(&mut self, bytes: &[u8]) {
        let bytes = self.cooked(bytes);
        let output = if self.tty {
            Output::Out(bytes)
        } else {
            Output::Err(bytes)
        };
        self.send(output).await;
    }

    async fn send(&mut self, output: Output) {
        let empty = matches!(&output, Output::Out(bytes) | Output::Err(bytes) if bytes.is_empty());
        if !empty && self.output.send(output).await.is_err() {
            self.gone = true;
        }
    }

    /// A terminal wants a carriage return before each newline.
    fn cooked(&self, bytes: &[u8]) -> Bytes {
        if !self.tty {
            return Bytes::copy_from_slice(bytes);
        }
        let mut cooked = Vec::with_capacity(bytes.len() + 16);
        let mut before = 0;
        for byte in bytes {
            if *byte == b'\n' && before != b'\r' {
                cooked.push(b'\r');
            }
            cooked.push(*byte);
            before = *byte;
        }
        cooked.into()
    }

    /// The next byte of the input; `None` at its end.
    pub async fn byte(&mut self) -> Option<u8> {
        while self.pending.is_empty() {
            let more = self.input.recv().await?;
            self.pending.extend(more);
        }
        self.pending.pop_front()
    }

    /// What has come of the input, at least one byte; `None` at its end.
    pub async fn chunk(&mut self) -> Option<Vec<u8>> {
        if self.pending.is_empty() {
            return self.input.recv().await.map(|bytes| bytes.to_vec());
        }
        Some(self.pending.drain(..).collect())
    }

    /// A line of the input without its newline, as far as [`LINE`]; `None` at its end.
    pub async fn line(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            match self.byte().await {
                None if line.is_empty() => return None,
                None | Some(b'\n') => return Some(line),
                Some(byte) if line.len() < LINE => line.push(byte),
                Some(_) => {}
            }
        }
    }

    /// All the rest of the input, as far as a byte more than fits on a disk. On a terminal it is echoed; Ctrl-D at the start of a line ends it, Ctrl-C gives `None`.
    pub async fn rest(&mut self) -> Option<Vec<u8>> {
        let mut all = Vec::new();
        while all.len() <= ROOM
            && let Some(byte) = self.byte().await
        {
            match byte {
                3 if self.tty => {
                    self.out(b"^C\n").await;
                    return None;
                }
                4 if self.tty => break,
                b'\r' if self.tty => {
                    self.out(b"\n").await;
                    all.push(b'\n');
                }
                byte => {
                    if self.tty {
                        self.out(&[byte]).await;
                    }
                    all.push(byte);
                }
            }
        }
        Some(all)
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        *self.size.borrow()
    }

    /// Whether Ctrl-C was typed meanwhile, or nobody listens any more; keeps as much of what else was typed as [`Self::interrupted`].
    pub fn was_interrupted(&mut self) -> bool {
        self.gone |= self.output.is_closed();
        while (self.tty || self.pending.len() < LINE)
            && let Ok(more) = self.input.try_recv()
        {
            if self.tty && more.contains(&3) {
                self.pending.clear();
                return true;
            }
            let room = LINE.saturating_sub(self.pending.len());
            self.pending
                .extend(more.iter().take(room.max(usize::from(!self.tty) * more.len())));
        }
        if self.tty && self.pending.contains(&3) {
            self.pending.clear();
            return true;
        }
        false
    }

    /// Waits for Ctrl-C or the client's leaving; keeps what else is typed meanwhile, as a terminal does. Without a terminal only the latter,
    /// and what comes waits in the client once there is much of it.
    pub async fn interrupted(&mut self) {
        loop {
            let output = self.output.clone();
            let full = !self.tty && self.pending.len() >= LINE;
            let more = tokio::select! {
                more = self.input.recv(), if !full => more,
                () = output.closed() => { self.gone = true; return }
            };
            let Some(more) = more else {
                self.output.closed().await;
                self.gone = true;
                return;
            };
            if self.tty && more.contains(&3) {
                self.pending.clear();
                return;
            }
            let room = if self.tty {
                TYPED.saturating_sub(self.pending.len())
            } else {
                usize::MAX
            };
            self.pending.extend(more.into_iter().take(room));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn console(tty: bool) -> (Console, mpsc::Sender<Bytes>, mpsc::Receiver<Output>) {
        let (write, input) = mpsc::channel(1);
        let (output, read) = mpsc::channel(1);
        let (_, size) = watch::channel((80, 24));
        let streams = Streams { input, output, size };
        (Console::new(streams, tty, true), write, read)
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_cut() {
        let (mut console, write, _read) = console(false);
        let typing = tokio::spawn(async move {
            for _ in 0..3 {
                write.send(vec![b'a'; LINE].into()).await.unwrap();
            }
            write.send("\nnext\n".into()).await.unwrap();
        });
        assert_eq!(console.line().await.map(|line| line.len()), Some(LINE));
        assert_eq!(console.line().await, Some(b"next".to_vec()));
        typing.await.unwrap();
    }

    #[tokio::test]
    async fn what_is_typed_while_nobody_reads_is_bounded() {
        let (mut terminal, write, _read) = console(true);
        let typing = tokio::spawn(async move {
            for _ in 0..100 {
                write.send(vec![b'a'; 1000].into()).await.unwrap();
            }
            write.send(vec![3].into()).await.unwrap();
            write
        });
        terminal.interrupted().await;
        assert_eq!(terminal.pending.len(), 0, "ctrl-c forgets it");
        let _write = typing.await.unwrap();

        let (mut pipe, write, read) = console(false);
        let typing =
            tokio::spawn(async move { while write.send(vec![b'a'; LINE / 2].into()).await.is_ok() {} });
        let mut waiting = Box::pin(pipe.interrupted());
        // It takes what it can and then waits for the client to leave.
        for _ in 0..100 {
            assert!(futures::poll!(waiting.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
        drop(read);
        waiting.await;
        assert!(pipe.gone && pipe.pending.len() <= LINE * 2);
        drop(pipe);
        typing.await.unwrap();
    }
}
