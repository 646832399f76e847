//! The one thread that reads the terminal. It waits for the terminal and for a wake pipe, and hands on messages or raw bytes. Nothing else may
//! read the terminal.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use bytes::Bytes;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::{mpsc, oneshot};

use super::input::Parser;
use crate::msg::Msg;

/// How long a lone Esc waits for the rest of a sequence: longer than a network splits them, shorter than a person notices.
const ESC_WAIT: Duration = Duration::from_millis(25);
/// How long a full channel is waited for before the wake pipe is looked at again.
const FULL_WAIT: Duration = Duration::from_millis(5);

/// What becomes of the bytes.
#[derive(Debug)]
pub(super) enum Mode {
    /// Keys, mouse and paste as messages.
    Events,
    /// Bytes as they are, for a process in a container.
    Raw(mpsc::Sender<Bytes>),
    /// They are left to somebody else.
    Paused,
}

type Change = (Mode, oneshot::Sender<()>);

/// The handle of the thread. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Reader {
    changes: std::sync::mpsc::Sender<Change>,
    wake: OwnedFd,
}

impl Reader {
    /// Starts reading in [`Mode::Events`]. The channel closes when the terminal is gone.
    ///
    /// # Errors
    /// When there is no pipe or no thread to be had.
    pub(super) fn start(input: OwnedFd, events: mpsc::Sender<Msg>) -> io::Result<Self> {
        let (woken, wake) = rustix::pipe::pipe()?;
        let (sender, changes) = std::sync::mpsc::channel();
        let mut thread = Thread {
            input,
            woken,
            changes,
            events,
            mode: Mode::Events,
            parser: Parser::default(),
        };
        std::thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(move || thread.run())?;
        Ok(Self {
            changes: sender,
            wake,
        })
    }

    /// Changes the mode. When this returns, no byte is read in the old mode any more.
    ///
    /// # Errors
    /// [`io::ErrorKind::BrokenPipe`] when the terminal is gone.
    pub(super) async fn set(&self, mode: Mode) -> io::Result<()> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let (done, acknowledged) = oneshot::channel();
        self.changes.send((mode, done)).map_err(|_| gone())?;
        rustix::io::write(&self.wake, &[0])?;
        acknowledged.await.map_err(|_| gone())
    }
}

struct Thread {
    input: OwnedFd,
    woken: OwnedFd,
    changes: std::sync::mpsc::Receiver<Change>,
    events: mpsc::Sender<Msg>,
    mode: Mode,
    parser: Parser,
}

/// What was ready.
struct Ready {
    input: bool,
    woken: bool,
    /// The handle was dropped.
    orphaned: bool,
}

impl Thread {
    /// Until the terminal or the handle is gone.
    fn run(&mut self) {
        loop {
            let waiting = self.parser.is_waiting();
            let Ok(ready) = self.wait(!matches!(self.mode, Mode::Paused), waiting.then_some(ESC_WAIT)) else {
                return;
            };
            if ready.woken && !self.change() || ready.orphaned {
                return;
            }
            if ready.woken {
                continue;
            }
            if ready.input && !self.read() {
                return;
            }
            if waiting && !ready.input {
                let messages = self.parser.give_up();
                self.hand_on(messages);
            }
        }
    }

    fn wait(&self, input: bool, timeout: Option<Duration>) -> io::Result<Ready> {
        let mut fds = vec![PollFd::new(&self.woken, PollFlags::IN)];
        if input {
            fds.push(PollFd::new(&self.input, PollFlags::IN));
        }
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        loop {
            match poll(&mut fds, timeout.as_ref()) {
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => break,
            }
        }
        let events = |at: usize| fds.get(at).map_or(PollFlags::empty(), PollFd::revents);
        let woken = events(0).contains(PollFlags::IN);
        Ok(Ready {
            input: !events(1).is_empty(),
            woken,
            orphaned: !woken && !events(0).is_empty(),
        })
    }

    /// Takes over every change that is asked for. False when the handle is gone.
    fn change(&mut self) -> bool {
        let mut drained = [0; 64];
        if rustix::io::read(&self.woken, &mut drained).is_err() {
            return false;
        }
        while let Ok((mode, done)) = self.changes.try_recv() {
            self.mode = mode;
            self.parser = Parser::default();
            // Nobody waits for it when the one who asked was cancelled.
            let _ = done.send(());
        }
        true
    }

    /// Reads once. False when the terminal is gone.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let count = match rustix::io::read(&self.input, &mut bytes) {
            Ok(0) => return false,
            Ok(count) => count,
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => return true,
            Err(_) => return false,
        };
        let bytes = bytes.get(..count).unwrap_or_default();
        match &self.mode {
            Mode::Events => {
                let messages = self.parser.feed(bytes);
                self.hand_on(messages);
            }
            Mode::Raw(session) => {
                let session = session.clone();
                self.deliver(&session, Bytes::copy_from_slice(bytes));
            }
            Mode::Paused => {}
        }
        true
    }

    fn hand_on(&self, messages: Vec<Msg>) {
        for message in messages {
            self.deliver(&self.events, message);
        }
    }

    /// Waits for room, but not while a change of mode is asked for: what does not fit then is dropped.
    fn deliver<T>(&self, channel: &mpsc::Sender<T>, mut item: T) {
        loop {
            match channel.try_send(item) {
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => return,
                Err(mpsc::error::TrySendError::Full(back)) => item = back,
            }
            match self.wait(false, Some(FULL_WAIT)) {
                Ok(ready) if !ready.woken && !ready.orphaned => {}
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keymap::Chord;

    fn start(room: usize) -> (Reader, OwnedFd, mpsc::Receiver<Msg>) {
        let (input, keyboard) = rustix::pipe::pipe().unwrap();
        let (sender, events) = mpsc::channel(room);
        (Reader::start(input, sender).unwrap(), keyboard, events)
    }

    async fn next(events: &mut mpsc::Receiver<Msg>) -> Chord {
        match events.recv().await {
            Some(Msg::Key(chord)) => chord,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn bytes_go_where_the_mode_says() {
        let (reader, keyboard, mut events) = start(8);
        rustix::io::write(&keyboard, b"a").unwrap();
        assert_eq!(next(&mut events).await, Chord::from('a'));

        let (sender, mut session) = mpsc::channel(8);
        reader.set(Mode::Raw(sender)).await.unwrap();
        rustix::io::write(&keyboard, b"\x1b[Ab").unwrap();
        assert_eq!(session.recv().await.unwrap(), "\x1b[Ab");

        reader.set(Mode::Paused).await.unwrap();
        rustix::io::write(&keyboard, b"c").unwrap();
        reader.set(Mode::Events).await.unwrap();
        assert_eq!(
            next(&mut events).await,
            Chord::from('c'),
            "what was not read before is read now"
        );
        assert!(session.recv().await.is_none(), "the session has ended");
    }

    #[tokio::test]
    async fn a_lone_escape_comes_without_another_key() {
        let (_reader, keyboard, mut events) = start(8);
        rustix::io::write(&keyboard, b"\x1b").unwrap();
        assert_eq!(next(&mut events).await.to_string(), "esc");
    }

    #[tokio::test]
    async fn a_full_channel_does_not_hold_up_a_change() {
        let (reader, keyboard, mut events) = start(1);
        rustix::io::write(&keyboard, b"xyz").unwrap();
        assert_eq!(next(&mut events).await, Chord::from('x'));
        reader.set(Mode::Paused).await.unwrap();
    }

    #[tokio::test]
    async fn a_terminal_that_is_gone_closes_the_channel() {
        let (reader, keyboard, mut events) = start(8);
        drop(keyboard);
        assert!(events.recv().await.is_none());
        assert!(reader.set(Mode::Paused).await.is_err());
    }

    #[tokio::test]
    async fn without_its_handle_the_thread_ends() {
        let (reader, _keyboard, mut events) = start(8);
        drop(reader);
        assert!(events.recv().await.is_none());
    }
}
