//! The terminal: who reads it, what it looks like, and that it is always given back. It must not know what is drawn or what keys mean.

#[cfg(not(unix))]
compile_error!("kubris drives Unix terminals; there is no other terminal code yet");

mod clipboard;
mod input;
mod reader;
mod screen;
mod signals;

pub use clipboard::Copied;
pub use screen::Output;
pub use signals::{Signal, Signals};

use std::io::{self, Write};
use std::os::fd::OwnedFd;

use bytes::Bytes;
use ratatui::Frame;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect};
use tokio::sync::mpsc;

use self::reader::{Mode, Reader};
use self::screen::{FRAME_BEGINS, FRAME_ENDS, Hold};
use crate::msg::Msg;

/// Messages of the terminal that may wait.
const EVENTS: usize = 256;
/// Pieces of raw input that may wait.
const PIECES: usize = 64;

/// Why there is no terminal.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// Neither standard input nor `/dev/tty` is a terminal.
    #[error("no terminal to draw on; in a pipe or a script use the one-shot commands, see `kubris --help`")]
    Missing(#[source] io::Error),
    /// The terminal refuses.
    #[error("the terminal cannot be used")]
    Io(#[from] io::Error),
}

/// Who has the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The explorer.
    Explorer,
    /// A process in a container: main screen, raw mode, bytes passed on.
    Session,
    /// A process on this machine: main screen, as it was at the start.
    Process,
}

/// The terminal, taken. Dropping it gives it back.
#[derive(Debug)]
pub struct Terminal {
    screen: ratatui::Terminal<CrosstermBackend<Output>>,
    hold: Hold,
    reader: Reader,
    mouse: bool,
    owner: Owner,
}

impl Terminal {
    /// Takes the terminal. Keys, mouse and pastes come out of the channel, which closes when the terminal is gone.
    ///
    /// # Errors
    /// [`TerminalError::Missing`] when there is none.
    pub fn open(mouse: bool) -> Result<(Self, mpsc::Receiver<Msg>), TerminalError> {
        let input = input().map_err(TerminalError::Missing)?;
        let mut output = Output::open().map_err(TerminalError::Missing)?;
        screen::enter(&mut output, mouse)?;
        let opened = Self::start(input, output, mouse);
        if opened.is_err() {
            screen::leave();
        }
        opened
    }

    fn start(
        input: OwnedFd,
        output: Output,
        mouse: bool,
    ) -> Result<(Self, mpsc::Receiver<Msg>), TerminalError> {
        let (sender, events) = mpsc::channel(EVENTS);
        let hold = output.hold();
        let reader = Reader::start(input, sender)?;
        let screen = ratatui::Terminal::new(CrosstermBackend::new(output))?;
        Ok((
            Self {
                screen,
                hold,
                reader,
                mouse,
                owner: Owner::Explorer,
            },
            events,
        ))
    }

    /// Draws a frame: one write, inside synchronized output. Does nothing while somebody else has the terminal.
    ///
    /// # Errors
    /// When the terminal does not take it.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if self.owner != Owner::Explorer {
            return Ok(());
        }
        self.hold.set(true);
        self.screen.backend_mut().write_all(FRAME_BEGINS)?;
        let drawn = self.screen.draw(render).map(|_| ());
        self.hold.set(false);
        let ended = self.pass(FRAME_ENDS);
        drawn.and(ended)
    }

    /// Columns and rows, at least 1 each.
    pub fn size(&self) -> (u16, u16) {
        let size = self.screen.size().unwrap_or_default();
        (size.width.max(1), size.height.max(1))
    }

    /// Forgets what is on the screen, so that the next frame draws all of it.
    ///
    /// # Errors
    /// When the terminal does not take it.
    pub fn forget(&mut self) -> io::Result<()> {
        if self.owner != Owner::Explorer {
            return Ok(());
        }
        // Not `clear`: that asks the terminal where the cursor is, and the answer would come to our own reader.
        let area = Rect::from((Position::ORIGIN, self.screen.size()?));
        self.screen.resize(area)
    }

    /// Gives the main screen to a process in a container; its input comes out of the channel as bytes, its output goes to [`Terminal::pass`].
    ///
    /// # Errors
    /// When the terminal is gone.
    pub async fn lend_raw(&mut self) -> io::Result<mpsc::Receiver<Bytes>> {
        self.reader.set(Mode::Paused).await?;
        screen::leave();
        crossterm::terminal::enable_raw_mode()?;
        let (sender, bytes) = mpsc::channel(PIECES);
        self.owner = Owner::Session;
        self.reader.set(Mode::Raw(sender)).await?;
        Ok(bytes)
    }

    /// Writes output of a process in a container as it is.
    ///
    /// # Errors
    /// When the terminal does not take it.
    pub fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        let output = self.screen.backend_mut();
        output.write_all(bytes)?;
        Write::flush(output)
    }

    /// Gives the terminal as it was at the start to a process on this machine: an editor, a credential plugin.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub async fn lend(&mut self) -> io::Result<()> {
        self.reader.set(Mode::Paused).await?;
        screen::leave();
        self.owner = Owner::Process;
        Ok(())
    }

    /// Takes the terminal back from whoever has it; the next frame draws all of it.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub async fn take_back(&mut self) -> io::Result<()> {
        self.reader.set(Mode::Paused).await?;
        self.take()?;
        self.reader.set(Mode::Events).await
    }

    fn take(&mut self) -> io::Result<()> {
        // Forgets the old modes, so that raw mode is set anew whatever happened in between.
        crossterm::terminal::disable_raw_mode()?;
        screen::enter(self.screen.backend_mut(), self.mouse)?;
        self.owner = Owner::Explorer;
        self.forget()
    }

    /// Stops the process ([`Signal::Stop`]) with the terminal given back, and takes it again when it goes on.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub async fn stop(&mut self) -> io::Result<()> {
        let ours = self.owner == Owner::Explorer;
        if ours {
            self.reader.set(Mode::Paused).await?;
            screen::leave();
        }
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?;
        if ours { self.take_back().await } else { Ok(()) }
    }

    /// After [`Signal::Continued`]: somebody may have changed the terminal meanwhile.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub async fn renew(&mut self) -> io::Result<()> {
        if self.owner == Owner::Explorer {
            self.take_back().await
        } else {
            Ok(())
        }
    }

    /// Puts text on the clipboard.
    ///
    /// # Errors
    /// When the terminal does not take it.
    pub fn copy(&mut self, text: &str) -> io::Result<Copied> {
        let env = |name: &str| std::env::var(name).ok();
        let sequence = clipboard::sequence(text, env);
        if let Some(sequence) = &sequence {
            self.pass(sequence)?;
        }
        Ok(Copied {
            terminal: sequence.is_some(),
            tool: clipboard::run_tool(text, env),
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        screen::leave();
        // A session leaves raw mode on without the screen being ours.
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// Gives the terminal back before a panic of this thread, which must be the loop's, is reported. A panic of another one ends a task, not the
/// program: it goes to the trace and leaves the screen alone.
pub fn install_panic_hook() {
    let own = std::thread::current().id();
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if screen::is_ours() && std::thread::current().id() != own {
            tracing::error!("{panic}");
            return;
        }
        screen::leave();
        report(panic);
    }));
}

/// Standard input if it is the terminal, else the terminal of the process.
fn input() -> io::Result<OwnedFd> {
    let stdin = rustix::stdio::stdin();
    if rustix::termios::isatty(stdin) {
        Ok(rustix::io::fcntl_dupfd_cloexec(stdin, 3)?)
    } else {
        Ok(std::fs::File::open("/dev/tty")?.into())
    }
}
