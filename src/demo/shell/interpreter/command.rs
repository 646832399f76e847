//! Simple commands: what is part of the shell, what waits or reads, and who knows the rest.

use std::time::Duration;

use crate::demo::shell::parse::Word;
use crate::demo::shell::programs::is_shell;
use crate::demo::shell::session::{Done, Jump, Session};
use crate::demo::shell::{builtin, full_screen, net, tar, text_tools};

/// How deep shells may start shells.
const DEEPEST: u32 = 8;

impl Session {
    /// Sets variables, then runs a program if one is named.
    pub(in crate::demo::shell) async fn simple(&mut self, assigns: &[(String, Word)], words: &[Word]) -> i32 {
        // `X=$(false)` fails.
        let before = std::mem::take(&mut self.code);
        let mut kept = Vec::new();
        for (name, word) in assigns {
            let value = self.one(word).await;
            kept.push((name, self.machine.environment.get(name).cloned()));
            self.set(name, value).await;
        }
        if words.is_empty() {
            return self.code;
        }
        self.code = before;
        let words = self.all(words).await;
        if self.stops() {
            return self.code;
        }
        let done = self.command(&words).await;
        let code = self.deliver(done).await;
        for (name, value) in kept {
            match value {
                Some(value) => self.set(name, value).await,
                None => {
                    self.machine.environment.remove(name);
                }
            }
        }
        code
    }

    /// Runs a program with its arguments.
    pub(in crate::demo::shell) async fn command(&mut self, words: &[String]) -> Done {
        let mut words = words;
        while words.first().is_some_and(|word| {
            matches!(
                word.as_str(),
                "exec" | "command" | "nohup" | "time" | "env" | "builtin"
            )
        }) && words
            .get(1)
            .is_some_and(|word| !word.starts_with('-') && !word.contains('='))
        {
            words = words.get(1..).unwrap_or_default();
        }
        let Some((name, arguments)) = words.split_first() else {
            return Done::default();
        };
        self.machine.refresh();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        if is_shell(name, self.machine.nature.shells) == Some(true) {
            return self.shell(name, &arguments).await;
        }
        let name = name.rsplit('/').next().unwrap_or(name);
        if let Some(done) = self.own(name, &arguments) {
            return done;
        }
        match name {
            "tail"
                if arguments
                    .iter()
                    .any(|word| matches!(*word, "-f" | "-F" | "-nf" | "--follow")) =>
            {
                self.follow(&arguments).await
            }
            "sleep" => self.sleep(arguments.first().copied().unwrap_or("0")).await,
            "read" => self.read(&arguments).await,
            "xargs" => self.each(&arguments).await,
            "chroot" => self.change_root(&arguments).await,
            "top" if self.console.tty && self.is_free() => full_screen::top(self).await,
            "less" | "more" | "vi" | "view" if self.console.tty && self.captures.is_empty() => {
                let data = self.stdin.take();
                full_screen::page(self, &arguments, data).await
            }
            "cat" if self.is_free() && arguments.is_empty() => self.copy().await,
            name if net::TOOLS.contains(&name) => {
                let (done, took) = net::run(&self.machine, name, &arguments, self.rhythm.now());
                self.rhythm.pass(took).await;
                done
            }
            "tar" => {
                let data = self.input(tar::reads_input(&arguments)).await;
                tar::run(self, &arguments, data)
            }
            tool if text_tools::TOOLS.contains(&tool) => {
                let data = self.input(text_tools::reads_input(tool, &arguments)).await;
                text_tools::run(self, tool, &arguments, data)
            }
            _ => builtin::run(self, name, &arguments),
        }
    }

    /// What changes the course of the shell itself.
    fn own(&mut self, name: &str, arguments: &[&str]) -> Option<Done> {
        let number = arguments.first().and_then(|word| word.parse::<i32>().ok());
        match name {
            "exit" | "return" => {
                let code = number.unwrap_or(self.code) & 0xff;
                self.left = Some(code);
                Some(Done::code(code))
            }
            "break" | "continue" => {
                let jump = if name == "break" {
                    Jump::Break
                } else {
                    Jump::Continue
                };
                self.jump = Some(jump);
                Some(Done::default())
            }
            "shift" => {
                if self.words.len() > 1 {
                    self.words.remove(1);
                }
                Some(Done::default())
            }
            _ => None,
        }
    }

    async fn shell(&mut self, name: &str, arguments: &[&str]) -> Done {
        if self.depth >= DEEPEST {
            return Done::failed(1, "sh: too many shells");
        }
        self.depth += 1;
        let short = name.rsplit('/').next().unwrap_or(name).to_owned();
        let told = arguments
            .iter()
            .position(|word| word.starts_with('-') && word.ends_with('c'))
            .map(|at| at + 1);
        let text = told.and_then(|at| arguments.get(at).copied());
        let words = told.map_or(&[][..], |at| arguments.get(at + 1..).unwrap_or_default());
        let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        if words.is_empty() {
            words.push(short.clone());
        }
        let outer = (
            std::mem::replace(&mut self.words, words),
            self.folder.clone(),
            self.machine.environment.clone(),
        );
        let code = match (text, self.stdin.take()) {
            (Some(text), input) => {
                self.stdin = input;
                Box::pin(self.script(text, &short)).await;
                self.left.take().unwrap_or(self.code)
            }
            (None, Some(text)) => {
                Box::pin(self.script(&String::from_utf8_lossy(&text), &short)).await;
                self.left.take().unwrap_or(self.code)
            }
            (None, None) => Box::pin(self.interactive(&short)).await,
        };
        (self.words, self.folder, self.machine.environment) = outer;
        self.depth -= 1;
        Done::code(code)
    }

    /// `cat` without a file: the input as it comes.
    async fn copy(&mut self) -> Done {
        if self.console.tty {
            let Some(all) = self.console.rest().await else {
                return Done::code(130);
            };
            return Done {
                out: all,
                ..Done::default()
            };
        }
        while let Some(chunk) = self.console.chunk().await {
            self.out(&chunk).await;
        }
        Done::default()
    }

    async fn sleep(&mut self, text: &str) -> Done {
        let (number, unit) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
            Some(number) => (number, text.strip_prefix(number).unwrap_or("s")),
            None => (text, "s"),
        };
        let seconds = match unit {
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => 1.0,
        };
        let Ok(number) = number.parse::<f64>() else {
            let wrong = if text == "infinity" { "inf" } else { text };
            return match wrong {
                "inf" => Box::pin(self.sleep("10d")).await,
                wrong => Done::failed(1, format!("sleep: invalid number '{wrong}'")),
            };
        };
        let rhythm = self.rhythm.clone();
        tokio::select! {
            () = rhythm.sleep(Duration::from_secs_f64((number * seconds).clamp(0.0, 1e6))) => Done::default(),
            () = self.console.interrupted() => {
                rhythm.forget();
                self.console.out(b"^C\n").await;
                self.jump = Some(Jump::Abort);
                Done::code(130)
            }
        }
    }

    /// `tail -f`: the last lines of a file, and what is added to it. With `-F` it may come later.
    async fn follow(&mut self, arguments: &[&str]) -> Done {
        let patient = arguments.contains(&"-F");
        let mut words = arguments
            .iter()
            .filter(|word| !word.starts_with('-') && word.parse::<u64>().is_err());
        let Some(name) = words.next() else {
            return Done::failed(1, "tail: wants a file to follow");
        };
        let path = self.path(name);
        let there = |session: &Self| path == "/dev/null" || session.machine.files.contains_key(&path);
        if !patient && !there(self) {
            return Done::failed(1, format!("tail: can't open '{name}': No such file or directory"));
        }
        let mut seen: Option<usize> = None;
        loop {
            self.machine.refresh();
            let content = self.machine.files.get(&path).cloned().unwrap_or_default();
            // At first the last ten lines; a file that got shorter begins anew.
            let from = seen.filter(|seen| *seen <= content.len());
            let from = from.unwrap_or_else(|| last_lines(&content, 10));
            if there(self) {
                seen = Some(content.len());
            }
            self.out(content.get(from..).unwrap_or_default()).await;
            let rhythm = self.rhythm.clone();
            tokio::select! {
                () = rhythm.sleep(Duration::from_secs(1)) => {}
                () = self.console.interrupted() => {
                    rhythm.forget();
                    self.jump = Some(Jump::Abort);
                    return Done::code(130);
                }
            }
        }
    }

    /// `read`: a line into variables; the last one takes the rest.
    async fn read(&mut self, arguments: &[&str]) -> Done {
        let Some(line) = self.input_line().await else {
            return Done::code(1);
        };
        let line = String::from_utf8_lossy(&line).into_owned();
        let mut rest = line.trim();
        let names: Vec<&str> = arguments
            .iter()
            .filter(|word| !word.starts_with('-'))
            .copied()
            .collect();
        for (at, name) in names.iter().enumerate() {
            let (word, after) = if at + 1 == names.len() {
                (rest, "")
            } else {
                rest.split_once(char::is_whitespace).unwrap_or((rest, ""))
            };
            self.set(name, word.to_owned()).await;
            rest = after.trim_start();
        }
        Done::default()
    }

    /// `chroot DIR [COMMAND]`: the same shell among the files of a folder.
    async fn change_root(&mut self, arguments: &[&str]) -> Done {
        let Some((root, command)) = arguments.split_first() else {
            return Done::failed(125, "chroot: missing operand");
        };
        let root = self.path(root);
        if !self.machine.is_folder(&root) {
            let why = format!("chroot: can't change root directory to '{root}': No such file or directory");
            return Done::failed(125, why);
        }
        if self.depth >= DEEPEST {
            return Done::failed(125, "chroot: too many roots");
        }
        self.depth += 1;
        let outer = self.machine.enter(&root);
        let folder = std::mem::replace(&mut self.folder, "/".to_owned());
        let words: Vec<String> = match command {
            [] => vec!["/bin/sh".to_owned()],
            words => words.iter().map(|word| (*word).to_owned()).collect(),
        };
        let done = Box::pin(self.command(&words)).await;
        self.machine.leave(&root, outer);
        self.depth -= 1;
        self.folder = folder;
        done
    }
}

/// Where the last `count` lines of a text begin.
fn last_lines(text: &[u8], count: usize) -> usize {
    let body = text.strip_suffix(b"\n").unwrap_or(text);
    let mut newlines = memchr::memrchr_iter(b'\n', body);
    newlines.nth(count - 1).map_or(0, |at| at + 1)
}
