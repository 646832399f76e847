//! The real binary in a terminal: it draws, obeys signals and sizes, and always gives the terminal back.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tempfile::TempDir;

/// How long anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program in a terminal of its own.
struct Terminal {
    master: Box<dyn MasterPty>,
    keys: Box<dyn Write>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// The alternate screen was asked for.
    taken: bool,
    child: Box<dyn Child + Send + Sync>,
    /// Its modes before anything ran in it.
    before: String,
    home: TempDir,
}

fn modes(terminal: &dyn portable_pty::MasterPty) -> String {
    format!("{:?}", terminal.get_termios())
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

impl Terminal {
    /// `kubris` with these arguments, 120×36.
    fn kubris(arguments: &[&str]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kubris"));
        command.args(arguments);
        Self::run(command)
    }

    fn run(command: CommandBuilder) -> Self {
        Self::run_with(command, &[])
    }

    fn run_with(mut command: CommandBuilder, variables: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let pair = native_pty_system().openpty(size(120, 36)).unwrap();
        command.env_clear();
        command.env("HOME", home.path());
        command.env("TERM", "xterm-256color");
        for (name, value) in variables {
            command.env(name, value);
        }
        let before = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let screen = vt100::Parser::new(36, 120, 0);
        Self {
            master: pair.master,
            keys,
            output,
            screen,
            taken: false,
            child,
            before,
            home,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.taken |= memchr::memmem::find(bytes, b"\x1b[?1049h").is_some();
        self.screen.process(bytes);
    }

    fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Reads what it writes until the screen is as wanted.
    fn until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !wanted(self.screen.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("{what} did not come; the screen:\n{}", self.text()),
            }
        }
    }

    fn until_text(&mut self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.master.resize(size(columns, rows)).unwrap();
        self.screen.screen_mut().set_size(rows, columns);
    }

    fn id(&self) -> Pid {
        let id = self
            .child
            .process_id()
            .and_then(|id| i32::try_from(id).ok())
            .unwrap();
        Pid::from_raw(id).unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.id(), signal).unwrap();
    }

    /// Waits for its end and reads what it still wrote.
    fn end(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                Instant::now() < end,
                "it does not end; the screen:\n{}",
                self.text()
            );
            if let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(20)) {
                self.take(&bytes);
            }
        };
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.take(&bytes);
        }
        status
    }

    /// The terminal is as a shell expects it.
    fn assert_given_back(&self) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the main screen is back");
        assert!(!screen.hide_cursor(), "the cursor is back");
        assert!(!screen.bracketed_paste(), "pastes are plain again");
        assert_eq!(
            screen.mouse_protocol_mode(),
            vt100::MouseProtocolMode::None,
            "the mouse is free"
        );
        let end = Instant::now() + PATIENCE;
        while self.modes() != self.before {
            assert!(
                Instant::now() < end,
                "the modes of the terminal are not those before: {}",
                self.modes()
            );
            std::thread::yield_now();
        }
    }

    /// The terminal's modes (termios).
    fn modes(&self) -> String {
        modes(&*self.master)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended already unless a test failed.
        let _ = self.child.kill();
    }
}

/// The explorer on the demo cluster, with its pods on screen.
fn explorer() -> Terminal {
    let mut terminal = Terminal::kubris(&["demo", "--seed", "7"]);
    terminal.until("the table of pods", |screen| {
        screen.contents().contains("NAME") && screen.contents().contains("Running")
    });
    terminal
}

#[test]
fn it_opens_on_pods_and_leaves_clean() {
    let mut terminal = explorer();
    assert!(terminal.screen.screen().alternate_screen());
    assert_ne!(terminal.modes(), terminal.before, "raw mode");
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 0, "{}", terminal.text());
    terminal.assert_given_back();
}

#[test]
fn a_tiny_size_does_no_harm() {
    let mut terminal = explorer();
    for (columns, rows) in [(1, 1), (3, 2), (80, 24), (200, 60)] {
        terminal.resize(columns, rows);
    }
    terminal.until("the table at 200×60", |screen| {
        screen.size() == (60, 200)
            && screen.contents().contains("NAME")
            && screen.rows(0, 200).any(|row| row.chars().count() > 150)
    });
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn a_stopped_program_gives_the_terminal_back_and_takes_it_again() {
    let mut terminal = explorer();
    terminal.signal(Signal::TSTP);
    terminal.until("the main screen", |screen| !screen.alternate_screen());
    terminal.assert_given_back();
    // A signal to go on would be lost before it has stopped.
    waitpid(Some(terminal.id()), WaitOptions::UNTRACED).unwrap();
    terminal.signal(Signal::CONT);
    terminal.until("the explorer again", |screen| {
        screen.alternate_screen() && screen.contents().contains("NAME")
    });
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
}

#[test]
fn it_ends_clean_when_told_to() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut terminal = explorer();
        terminal.signal(signal);
        terminal.end();
        terminal.assert_given_back();
    }
}

#[test]
fn without_a_terminal_it_ends() {
    let mut terminal = explorer();
    let Terminal {
        master,
        keys,
        child,
        output,
        ..
    } = &mut terminal;
    // The last ends of the terminal: its window is closed.
    *keys = Box::new(std::io::sink());
    *master = native_pty_system().openpty(size(1, 1)).unwrap().master;
    *output = channel().1;
    let end = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end, "it goes on without a terminal");
        std::thread::yield_now();
    }
}

#[test]
fn a_shell_in_a_container_has_the_terminal_and_gives_it_back() {
    let mut terminal = Terminal::kubris(&["demo", "--seed", "7"]);
    terminal.until_text("Running");
    terminal.press(":po shop /web\r");
    terminal.until("the pods of web", |screen| {
        screen.contents().contains("web-") && !screen.contents().contains("promo-banner-")
    });
    terminal.press("s");
    terminal.until("the shell on the main screen", |screen| {
        !screen.alternate_screen()
    });
    terminal.press("echo kub''ris-was-here\r");
    terminal.until_text("kubris-was-here");
    terminal.press("exit\r");
    terminal.until("the explorer", |screen| {
        screen.alternate_screen() && screen.contents().contains("NAME")
    });
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

/// The explorer with an editor, on the edit of its first cronjob.
fn editing(editor: &str) -> Terminal {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kubris"));
    command.args(["demo", "--seed", "7"]);
    let mut terminal = Terminal::run_with(command, &[("KUBE_EDITOR", editor), ("PATH", "/usr/bin:/bin")]);
    terminal.until_text("Running");
    terminal.press(":cj\r");
    terminal.until_text("SCHEDULE");
    terminal.press("e");
    terminal
}

#[test]
fn an_editor_has_the_terminal_and_what_it_changed_is_asked() {
    let mut terminal = editing("sed -i s,/5,/7,");
    terminal.until("the question", |screen| {
        screen.alternate_screen() && screen.contents().contains("spec.schedule")
    });
    terminal.press("r");
    terminal.until_text("replaced cronjobs.batch");
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn an_edit_that_was_not_applied_outlives_a_lost_connection() {
    let mut terminal = editing("sed -i s,/5,/7,");
    terminal.until("the question", |screen| {
        screen.alternate_screen() && screen.contents().contains("spec.schedule")
    });
    terminal.signal(Signal::HUP);
    terminal.end();
    let folder = terminal.home.path().join(".local/state/kubris/saved");
    let saved: Vec<_> = std::fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
    assert_eq!(saved.len(), 1, "{saved:?}");
    let text = std::fs::read_to_string(saved[0].path()).unwrap();
    assert!(text.contains("/7 "), "{text}");
    assert!(terminal.text().contains("was not applied"), "{}", terminal.text());
}

#[test]
fn while_an_editor_has_the_terminal_the_program_still_listens() {
    let mut terminal = editing("echo the-editor-is-open; exec sleep 1000;");
    terminal.until("the editor", |screen| {
        !screen.alternate_screen() && screen.contents().contains("the-editor-is-open")
    });
    // Ctrl-C is the editor's; telling the program to end is not.
    terminal.signal(Signal::TERM);
    terminal.end();
}

#[test]
fn no_terminal_is_a_sentence_not_a_panic() {
    let home = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new("setsid");
    command
        .arg("-w")
        .arg(env!("CARGO_BIN_EXE_kubris"))
        .arg("demo")
        .env_clear()
        .env("HOME", home.path());
    command
        .env("PATH", "/usr/bin:/bin")
        .stdin(std::process::Stdio::null());
    let done = command.output().unwrap();
    let error = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{error}");
    assert!(error.contains("no terminal to draw on"), "{error}");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_reported() {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args([
        "pty::panics_with_the_terminal_taken",
        "--exact",
        "--ignored",
        "--test-threads=1",
        "--nocapture",
    ]);
    let mut terminal = Terminal::run(command);
    assert_ne!(terminal.end().exit_code(), 0);
    assert!(terminal.taken, "it had the screen");
    terminal.assert_given_back();
    assert!(terminal.text().contains("on purpose"), "{}", terminal.text());
}

/// Not a test: what the one above runs in a terminal of its own, on the main thread.
#[test]
#[ignore = "run by a_panic_gives_the_terminal_back_before_it_is_reported"]
fn panics_with_the_terminal_taken() {
    kubris::terminal::install_panic_hook();
    let taken = kubris::terminal::Terminal::open(true).unwrap();
    assert!(taken.0.size().0 == 0, "on purpose");
}

#[test]
fn a_game_day_is_played_and_told() {
    let mut terminal = Terminal::kubris(&["gameday", "ip-exhaustion"]);
    terminal.until_text("F2 hint (3)  pods of team-a/feature-worker stay in ContainerCreating");
    // F2
    terminal.press("\x1bOQ");
    terminal.until_text("hint 1  ContainerCreating that lasts");
    terminal.press(":gameday\r");
    terminal.until_text("so far, 1 of 3 hints read");
    assert!(
        !terminal.text().contains("12 addresses for pods"),
        "the cause is not told yet"
    );
    terminal.press(":solution\r");
    terminal.until_text("ip-exhaustion: given up after");
    terminal.until_text("12 addresses for pods");
    terminal.press("q");
    assert!(terminal.end().success());
    assert!(terminal.text().contains("shortest path"), "{}", terminal.text());
    terminal.assert_given_back();
}
