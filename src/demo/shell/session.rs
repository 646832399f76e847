//! One running shell: its variables and folder, reading lines, running pipelines. What single commands do stands elsewhere.

use std::time::Duration;

use super::console::Console;
use super::editor::{History, Typed};
use super::machine::Machine;
use super::parse::{Command, Joint, parse};
use super::{builtin, full_screen, is_shell, net, tar, text_tools};

/// How deep shells may start shells.
const DEEPEST: u32 = 8;

/// A shell, or one command.
#[derive(Debug)]
pub struct Session {
    /// Where it runs.
    pub machine: Machine,
    /// Its streams.
    pub console: Console,
    /// Present folder.
    pub folder: String,
    /// Exit code of the last command.
    pub code: i32,
    /// Set once `exit` was called.
    pub left: Option<i32>,
    depth: u32,
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
    pub fn new(machine: Machine, console: Console) -> Self {
        Self {
            machine,
            console,
            folder: "/".into(),
            code: 0,
            left: None,
            depth: 0,
        }
    }

    /// Runs a program with its arguments as the runtime starts it: without a shell's grammar.
    pub async fn exec(&mut self, words: &[String]) -> i32 {
        let command = Command {
            words: words.to_vec(),
            ..Command::default()
        };
        self.pipeline(&[command]).await
    }

    /// Runs lines until the input ends or `exit`; with a prompt on a terminal.
    async fn interactive(&mut self, name: &str) -> i32 {
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
            "bash" => format!("root@{}:{}# ", self.machine.pod, self.folder),
            _ => format!("{} # ", self.folder),
        }
    }

    /// Runs a line or several.
    async fn script(&mut self, text: &str, name: &str) {
        let machine = &self.machine;
        let code = self.code;
        let variable = |wanted: &str| match wanted {
            "?" => code.to_string(),
            "$" => "47".into(),
            "PWD" => self.folder.clone(),
            other => machine.environment.get(other).cloned().unwrap_or_default(),
        };
        let line = match parse(text, &variable) {
            Ok(line) => line,
            Err(why) => {
                self.console.err(format!("{name}: {why}\n").as_bytes()).await;
                self.code = 2;
                return;
            }
        };
        for (joint, commands) in line.steps {
            let wanted = match joint {
                Joint::Always => true,
                Joint::And => self.code == 0,
                Joint::Or => self.code != 0,
            };
            if wanted {
                self.code = Box::pin(self.pipeline(&commands)).await;
            }
            if self.left.is_some() || self.console.gone {
                return;
            }
        }
    }

    async fn pipeline(&mut self, commands: &[Command]) -> i32 {
        let mut data: Option<Vec<u8>> = None;
        let mut code = 0;
        for (index, command) in commands.iter().enumerate() {
            let last = index + 1 == commands.len();
            if !command.input.is_empty() {
                data = self.machine.files.get(&self.path(&command.input)).cloned();
                if data.is_none() {
                    let text = format!("sh: can't open {}: no such file\n", command.input);
                    self.console.err(text.as_bytes()).await;
                    return 1;
                }
            }
            let done = self.command(command, data.take(), last).await;
            code = done.code;
            data = Some(self.deliver(command, done, last).await);
        }
        code
    }

    /// Sends a command's output where it belongs; gives what the next one reads.
    async fn deliver(&mut self, command: &Command, mut done: Done, last: bool) -> Vec<u8> {
        if command.joined {
            done.out.append(&mut done.err);
        }
        if !command.hushed {
            self.console.err(&done.err).await;
        }
        let (file, append) = &command.output;
        if !file.is_empty() {
            let path = self.path(file);
            if path != "/dev/null" {
                let before = self.machine.files.get(&path).filter(|_| *append);
                let content = [before.map_or(&[][..], Vec::as_slice), &done.out].concat();
                if !self.machine.write(path, content) {
                    self.console
                        .err(b"sh: write error: No space left on device\n")
                        .await;
                }
            }
            return Vec::new();
        }
        if last {
            self.console.out(&done.out).await;
            return Vec::new();
        }
        done.out
    }

    async fn command(&mut self, command: &Command, data: Option<Vec<u8>>, last: bool) -> Done {
        let mut words = command.words.as_slice();
        while let Some((name, value)) = words
            .first()
            .and_then(|word| word.split_once('='))
            .filter(|(name, _)| is_name(name))
        {
            self.machine.environment.insert(name.to_owned(), value.to_owned());
            words = words.get(1..).unwrap_or_default();
        }
        if words
            .first()
            .is_some_and(|word| matches!(word.as_str(), "exec" | "command" | "nohup" | "time"))
            && words.get(1).is_some_and(|word| !word.starts_with('-'))
        {
            words = words.get(1..).unwrap_or_default();
        }
        let Some((name, arguments)) = words.split_first() else {
            return Done::default();
        };
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        if is_shell(name, self.machine.nature.shells) == Some(true) {
            return self.shell(name, &arguments, data).await;
        }
        let free = data.is_none() && last && command.output.0.is_empty();
        match name.rsplit('/').next().unwrap_or(name) {
            "sleep" => self.sleep(arguments.first().copied().unwrap_or("0")).await,
            "exit" => {
                self.left = Some(
                    arguments
                        .first()
                        .and_then(|code| code.parse::<i32>().ok())
                        .unwrap_or(self.code)
                        & 0xff,
                );
                Done {
                    code: self.left.unwrap_or(0),
                    ..Done::default()
                }
            }
            "top" if self.console.tty => full_screen::top(self).await,
            "less" | "more" | "vi" | "view" if self.console.tty => {
                full_screen::page(self, &arguments, data).await
            }
            "cat" if free && arguments.is_empty() => self.copy().await,
            "curl" | "wget" | "ping" | "nslookup" | "dig" | "getent" | "nc" => {
                net::run(&self.machine, name, &arguments)
            }
            "tar" => {
                let data = self.input(data, tar::reads_input(&arguments)).await;
                tar::run(self, &arguments, data)
            }
            tool if text_tools::TOOLS.contains(&tool) => {
                let data = self.input(data, text_tools::reads_input(tool, &arguments)).await;
                text_tools::run(self, tool, &arguments, data)
            }
            _ => builtin::run(self, name, &arguments),
        }
    }

    /// What a command reads: what the one before it has printed, else the console if it wants that.
    async fn input(&mut self, data: Option<Vec<u8>>, wants: bool) -> Option<Vec<u8>> {
        match data {
            None if wants => self.console.rest().await,
            other => other,
        }
    }

    async fn shell(&mut self, name: &str, arguments: &[&str], data: Option<Vec<u8>>) -> Done {
        if self.depth >= DEEPEST {
            return Done::failed(1, "sh: too many shells");
        }
        self.depth += 1;
        let short = name.rsplit('/').next().unwrap_or(name).to_owned();
        let told = arguments
            .iter()
            .position(|word| word.starts_with('-') && word.ends_with('c'))
            .and_then(|at| arguments.get(at + 1));
        let code = match (told, data) {
            (Some(text), _) => {
                Box::pin(self.script(text, &short)).await;
                self.left.take().unwrap_or(self.code)
            }
            (None, Some(text)) => {
                Box::pin(self.script(&String::from_utf8_lossy(&text), &short)).await;
                self.left.take().unwrap_or(self.code)
            }
            (None, None) => Box::pin(self.interactive(&short)).await,
        };
        self.depth -= 1;
        Done {
            code,
            ..Done::default()
        }
    }

    /// `cat` without a file: the input as it comes.
    async fn copy(&mut self) -> Done {
        if self.console.tty {
            let Some(all) = self.console.rest().await else {
                return Done {
                    code: 130,
                    ..Done::default()
                };
            };
            return Done {
                out: all,
                ..Done::default()
            };
        }
        while let Some(chunk) = self.console.chunk().await {
            self.console.out(&chunk).await;
        }
        Done::default()
    }

    async fn sleep(&mut self, text: &str) -> Done {
        let Ok(seconds) = text.trim_end_matches('s').parse::<f64>() else {
            return Done::failed(1, format!("sleep: invalid number '{text}'"));
        };
        let clock = self.machine.world.store().clock().clone();
        tokio::select! {
            () = clock.sleep(Duration::from_secs_f64(seconds.clamp(0.0, 1e6))) => Done::default(),
            () = self.console.interrupted() => {
                self.console.out(b"^C\n").await;
                Done { code: 130, ..Done::default() }
            }
        }
    }

    /// Writes a file named as seen from the present folder. Whether there was room for it.
    pub fn write(&mut self, path: &str, content: Vec<u8>) -> bool {
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

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
