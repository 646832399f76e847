//! One running shell: its variables, folder and streams, and reading lines. What commands do stands elsewhere.

use bytes::Bytes;

use super::console::Console;
use super::disk::ROOM;
use super::editor::{History, Typed};
use super::machine::Machine;
use super::parse::parse;
use super::rhythm::Rhythm;
use crate::demo::ids::stable;

/// A shell, or one command.
#[derive(Debug)]
pub struct Session {
    /// Where it runs.
    pub machine: Machine,
    /// Its streams.
    pub console: Console,
    /// Its time.
    pub rhythm: Rhythm,
    /// Present folder.
    pub folder: String,
    /// Exit code of the last command.
    pub code: i32,
    /// Set once `exit` was called.
    pub left: Option<i32>,
    /// What commands read instead of the console.
    pub(super) stdin: Option<Vec<u8>>,
    /// What is printed while somebody else wants it, the innermost last.
    pub(super) captures: Vec<Vec<u8>>,
    pub(super) errors: Errors,
    pub(super) jump: Option<Jump>,
    /// `$0`, `$1` and so on.
    pub(super) words: Vec<String>,
    pub(super) depth: u32,
    /// Of `$RANDOM`: equal clusters have equal ones.
    chance: std::cell::RefCell<fastrand::Rng>,
}

/// Where errors go.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Errors {
    /// To the console.
    #[default]
    Console,
    /// Where the output goes.
    Out,
    /// Into a file, or nowhere.
    Kept(Vec<u8>),
}

/// Why the commands that follow are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Jump {
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// Ctrl-C, or an expression that could not be read.
    Abort,
}

/// What a command prints, and its exit code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// On standard output.
    pub out: Vec<u8>,
    /// On standard error.
    pub err: Vec<u8>,
    /// Exit code.
    pub code: i32,
}

impl Done {
    /// Success with this text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            out: text.into().into_bytes(),
            ..Self::default()
        }
    }

    /// Nothing but an exit code.
    pub fn code(code: i32) -> Self {
        Self {
            code,
            ..Self::default()
        }
    }

    /// Failure with this code and text.
    pub fn failed(code: i32, text: impl Into<String>) -> Self {
        Self {
            err: (text.into() + "\n").into_bytes(),
            code,
            out: Vec::new(),
        }
    }
}

impl Session {
    /// In the root folder.
    pub fn new(machine: Machine, console: Console, rhythm: Rhythm) -> Self {
        let seed = stable(&[&machine.pod, &machine.began.0.to_string()]);
        Self {
            chance: std::cell::RefCell::new(fastrand::Rng::with_seed(seed)),
            machine,
            console,
            rhythm,
            folder: "/".into(),
            code: 0,
            left: None,
            stdin: None,
            captures: Vec::new(),
            errors: Errors::Console,
            jump: None,
            words: Vec::new(),
            depth: 0,
        }
    }

    /// Runs a program with its arguments as the runtime starts it: without a shell's grammar.
    pub async fn exec(&mut self, words: &[String]) -> i32 {
        let done = self.command(words).await;
        self.deliver(done).await
    }

    /// Runs lines until the input ends or `exit`; with a prompt on a terminal.
    pub(super) async fn interactive(&mut self, name: &str) -> i32 {
        let mut history = History::default();
        while self.left.is_none() && !self.console.gone {
            let line = if self.console.tty {
                let prompt = self.prompt(name);
                match history.read(&mut self.console, &prompt).await {
                    Typed::Line(line) => line,
                    Typed::Interrupt => {
                        self.code = 130;
                        continue;
                    }
                    Typed::End => {
                        self.console.out(b"exit\n").await;
                        break;
                    }
                }
            } else {
                match self.console.line().await {
                    Some(line) => String::from_utf8_lossy(&line).into_owned(),
                    None => break,
                }
            };
            self.script(&line, name).await;
        }
        self.left.take().unwrap_or(self.code)
    }

    fn prompt(&self, name: &str) -> String {
        match name {
            "bash" => format!("root@{}:{}# ", self.machine.host(), self.folder),
            _ => format!("{} # ", self.folder),
        }
    }

    /// Runs a line or several.
    pub(super) async fn script(&mut self, text: &str, name: &str) {
        match parse(text) {
            Ok(list) => self.list(&list).await,
            Err(why) => {
                self.err(format!("{name}: {why}\n").as_bytes()).await;
                self.code = 2;
            }
        }
        self.jump = None;
    }

    /// Whether what follows is left out.
    pub(super) fn stops(&self) -> bool {
        self.left.is_some() || self.jump.is_some() || self.console.gone
    }

    /// Whether commands talk to the console itself.
    pub(super) fn is_free(&self) -> bool {
        self.stdin.is_none() && self.captures.is_empty()
    }

    /// Prints on standard output, as far as it fits.
    pub(super) async fn out(&mut self, bytes: &[u8]) {
        match self.captures.last_mut() {
            Some(capture) if capture.len() + bytes.len() <= ROOM => capture.extend_from_slice(bytes),
            Some(_) => {}
            None => self.console.out(bytes).await,
        }
    }

    /// Prints on standard error.
    pub(super) async fn err(&mut self, bytes: &[u8]) {
        match &mut self.errors {
            Errors::Console => self.console.err(bytes).await,
            Errors::Kept(kept) if kept.len() + bytes.len() <= ROOM => kept.extend_from_slice(bytes),
            Errors::Kept(_) => {}
            Errors::Out => Box::pin(self.out(bytes)).await,
        }
    }

    /// Sends what a command prints where it belongs; gives its exit code.
    pub(super) async fn deliver(&mut self, done: Done) -> i32 {
        self.err(&done.err).await;
        self.out(&done.out).await;
        done.code
    }

    /// What a command reads to the end, if it wants that.
    pub(super) async fn input(&mut self, wants: bool) -> Option<Vec<u8>> {
        if !wants {
            return None;
        }
        match &mut self.stdin {
            Some(stdin) => Some(std::mem::take(stdin)),
            None => self.console.rest().await,
        }
    }

    /// One line of what a command reads; `None` at the end.
    pub(super) async fn input_line(&mut self) -> Option<Vec<u8>> {
        let Some(stdin) = &mut self.stdin else {
            return self.console.line().await;
        };
        if stdin.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', stdin).map_or(stdin.len(), |at| at + 1);
        let mut line: Vec<u8> = stdin.drain(..end).collect();
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        Some(line)
    }

    /// The value of a variable; empty if there is none.
    pub(super) fn variable(&self, name: &str) -> String {
        match name {
            "?" => self.code.to_string(),
            "$" => "47".into(),
            "#" => self.words.len().saturating_sub(1).to_string(),
            "@" | "*" => self.words.get(1..).unwrap_or_default().join(" "),
            "PWD" => self.folder.clone(),
            "RANDOM" => self.chance.borrow_mut().u16(..32_768).to_string(),
            name => match name.parse::<usize>() {
                Ok(at) => self.words.get(at).cloned().unwrap_or_default(),
                Err(_) => self.machine.environment.get(name).cloned().unwrap_or_default(),
            },
        }
    }

    /// Sets a variable. If all together are too long, nothing more is run.
    pub(super) async fn set(&mut self, name: &str, value: String) {
        if !self.machine.set_variable(name, value) {
            self.err(b"sh: out of memory\n").await;
            self.code = 2;
            self.jump = Some(Jump::Abort);
        }
    }

    /// Writes a file named as seen from the present folder. Whether there was room for it.
    pub fn write(&mut self, path: &str, content: impl Into<Bytes>) -> bool {
        let path = self.path(path);
        self.machine.write(path, content)
    }

    /// A path seen from the present folder.
    pub fn path(&self, path: &str) -> String {
        let full = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("{}/{path}", self.folder)
        };
        let mut parts: Vec<&str> = Vec::new();
        for part in full.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        format!("/{}", parts.join("/"))
    }
}
