//! The way out: one write per frame, and the sequences that take and give back the screen. It must not know what is drawn.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, poll};

/// Frames larger than this go out in pieces.
const BUFFER: usize = 128 * 1024;

/// Alternate screen, bracketed paste, hidden cursor, cleared.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[2J";
/// Buttons, motion while a button is held, SGR coordinates; not bare motion, which would wake the program for nothing.
const MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
/// Everything back, what a program in a container may have left behind included: synchronized output, mouse, paste, application keys, scroll
/// region, attributes, cursor, and the main screen last.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[?2004l\x1b[?1004l\x1b[?1l\x1b>\x1b[r\x1b[0m\x1b[?25h\x1b[?1049l";
/// Synchronized output (DEC private mode 2026): the terminal shows what lies between at once.
pub(super) const FRAME_BEGINS: &[u8] = b"\x1b[?2026h";
pub(super) const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// True while the screen is ours and must be given back.
static OURS: AtomicBool = AtomicBool::new(false);

/// Takes the screen: raw mode and [`ENTER`].
pub(super) fn enter(output: &mut impl Write, mouse: bool) -> io::Result<()> {
    crossterm::terminal::enable_raw_mode()?;
    OURS.store(true, Ordering::SeqCst);
    output.write_all(ENTER)?;
    if mouse {
        output.write_all(MOUSE)?;
    }
    output.flush()
}

/// Gives the screen back, once, from wherever it is called: the end, a panic, a signal.
pub(super) fn leave() {
    if !OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    // There is nobody left to tell about a terminal that does not take this.
    if let Ok(mut output) = Output::open() {
        let _ = output.write_all(LEAVE).and_then(|()| output.flush());
    }
    let _ = crossterm::terminal::disable_raw_mode();
}

/// True while the screen is ours.
pub(super) fn is_ours() -> bool {
    OURS.load(Ordering::SeqCst)
}

/// While held, nothing goes out however often the drawing flushes.
#[derive(Debug, Clone, Default)]
pub(super) struct Hold(Arc<AtomicBool>);

impl Hold {
    pub(super) fn set(&self, held: bool) {
        self.0.store(held, Ordering::Relaxed);
    }
}

/// Standard output if it is the terminal, else the terminal of the process; buffered until flushed.
#[derive(Debug)]
pub struct Output {
    file: File,
    buffer: Vec<u8>,
    hold: Hold,
}

impl Output {
    /// # Errors
    /// When the process has no terminal.
    pub(super) fn open() -> io::Result<Self> {
        let stdout = rustix::stdio::stdout();
        let file = if rustix::termios::isatty(stdout) {
            File::from(rustix::io::fcntl_dupfd_cloexec(stdout, 3)?)
        } else {
            File::options().write(true).open("/dev/tty")?
        };
        Ok(Self {
            file,
            buffer: Vec::with_capacity(BUFFER),
            hold: Hold::default(),
        })
    }

    /// The switch that holds it.
    pub(super) fn hold(&self) -> Hold {
        self.hold.clone()
    }

    fn send(&mut self) -> io::Result<()> {
        let mut rest = self.buffer.as_slice();
        while !rest.is_empty() {
            match self.file.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let mut fds = [PollFd::from_borrowed_fd(self.file.as_fd(), PollFlags::OUT)];
                    poll(&mut fds, None)?;
                }
                Err(error) => {
                    self.buffer.clear();
                    return Err(error);
                }
            }
        }
        self.buffer.clear();
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.hold.0.load(Ordering::Relaxed) {
            Ok(())
        } else {
            self.send()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};

    use super::*;

    #[test]
    fn a_held_output_goes_out_in_one_piece() {
        let file = tempfile::tempfile().unwrap();
        let mut written = file.try_clone().unwrap();
        let mut output = Output {
            file,
            buffer: Vec::new(),
            hold: Hold::default(),
        };
        let hold = output.hold();
        hold.set(true);
        output.write_all(b"one").unwrap();
        output.flush().unwrap();
        assert_eq!(written.metadata().unwrap().len(), 0, "nothing while it is held");
        output.write_all(b"two").unwrap();
        hold.set(false);
        output.flush().unwrap();
        let mut text = String::new();
        written.rewind().unwrap();
        written.read_to_string(&mut text).unwrap();
        assert_eq!(text, "onetwo");
    }
}
