//! Runs what was read: lists, pipelines, loops, conditions, redirections.

mod command;
mod each;
mod expand;

use super::session::{Errors, Jump, Session};
use crate::demo::shell::glob;
use crate::demo::shell::parse::{Joint, List, Pipe, Redirect, Stage, What, Word};

/// Where the output of a command goes, if not where that of its shell does.
enum Output {
    File(String, bool),
    Errors,
}

impl Session {
    /// Runs a list; the exit code stays in the session.
    pub(super) async fn list(&mut self, list: &List) {
        for (joint, pipe) in list {
            let wanted = match joint {
                Joint::Always => true,
                Joint::And => self.code == 0,
                Joint::Or => self.code != 0,
            };
            if wanted {
                self.code = Box::pin(self.pipe(pipe)).await;
            }
            if self.stops() {
                return;
            }
        }
    }

    async fn pipe(&mut self, pipe: &Pipe) -> i32 {
        // The first stage reads on where the command before it stopped.
        let mut left = None;
        let mut code = 0;
        for (index, stage) in pipe.stages.iter().enumerate() {
            if index + 1 == pipe.stages.len() {
                code = self.stage(stage).await;
            } else {
                self.captures.push(Vec::new());
                self.stage(stage).await;
                let read = std::mem::replace(&mut self.stdin, self.captures.pop());
                if index == 0 {
                    left = read;
                }
            }
        }
        if pipe.stages.len() > 1 {
            self.stdin = left;
        }
        self.rhythm.start().await;
        if pipe.negated { i32::from(code == 0) } else { code }
    }

    async fn stage(&mut self, stage: &Stage) -> i32 {
        let outer_input = stage
            .redirects
            .iter()
            .any(|one| matches!(one, Redirect::In(_) | Redirect::Text(_)))
            .then(|| self.stdin.take());
        let outer_errors = std::mem::take(&mut self.errors);
        let inherited = outer_errors == Errors::Out;
        if inherited {
            self.errors = Errors::Out;
        } else if let Errors::Kept(_) = &outer_errors {
            self.errors = Errors::Kept(Vec::new());
        }
        let (mut output, mut errors_to) = (None, None);
        let mut code = 0;
        for redirect in &stage.redirects {
            if let Err(why) = self.redirect(redirect, &mut output, &mut errors_to).await {
                self.err(format!("sh: {why}\n").as_bytes()).await;
                code = 1;
            }
        }
        if code == 0 {
            if output.is_some() {
                self.captures.push(Vec::new());
            }
            code = self.what(&stage.what).await;
            if let Some(output) = output {
                code = code.max(self.put(output).await);
            }
        }
        let own = std::mem::replace(&mut self.errors, outer_errors);
        if let Errors::Kept(text) = own {
            match errors_to {
                Some((path, append)) => code = code.max(self.put_file(&path, append, &text).await),
                None => self.err(&text).await,
            }
        }
        if let Some(input) = outer_input {
            self.stdin = input;
        }
        code
    }

    async fn redirect(
        &mut self,
        redirect: &Redirect,
        output: &mut Option<Output>,
        errors_to: &mut Option<(String, bool)>,
    ) -> Result<(), String> {
        match redirect {
            Redirect::Out(word, append) => *output = Some(Output::File(self.one(word).await, *append)),
            Redirect::Both(word) => {
                *output = Some(Output::File(self.one(word).await, false));
                self.errors = Errors::Out;
            }
            Redirect::OutToErrors => *output = Some(Output::Errors),
            Redirect::ErrorsToOut => self.errors = Errors::Out,
            Redirect::Errors(word, append) => {
                *errors_to = Some((self.one(word).await, *append));
                self.errors = Errors::Kept(Vec::new());
            }
            Redirect::Text(word) => self.stdin = Some((self.one(word).await + "\n").into_bytes()),
            Redirect::In(word) => {
                let name = self.one(word).await;
                let path = self.path(&name);
                let content = match path.as_str() {
                    "/dev/null" => Some(Vec::new()),
                    path => self.machine.files.get(path).map(|content| content.to_vec()),
                };
                self.stdin = Some(content.ok_or_else(|| format!("can't open {name}: no such file"))?);
            }
        }
        Ok(())
    }

    /// Takes what was printed to its place; an exit code.
    async fn put(&mut self, output: Output) -> i32 {
        let text = self.captures.pop().unwrap_or_default();
        match output {
            Output::Errors => {
                self.err(&text).await;
                0
            }
            Output::File(path, append) => self.put_file(&path, append, &text).await,
        }
    }

    async fn put_file(&mut self, name: &str, append: bool, text: &[u8]) -> i32 {
        let path = self.path(name);
        if matches!(path.as_str(), "/dev/null" | "/dev/zero") {
            return 0;
        }
        if matches!(path.as_str(), "/dev/stdout" | "/proc/1/fd/1" | "/dev/tty") {
            self.out(text).await;
            return 0;
        }
        if path == "/dev/stderr" {
            self.err(text).await;
            return 0;
        }
        if self.machine.is_folder(&path) {
            self.err(format!("sh: can't create {name}: Is a directory\n").as_bytes())
                .await;
            return 1;
        }
        let before = self.machine.files.get(&path).filter(|_| append);
        let content = [before.map_or(&[][..], |content| content), text].concat();
        if self.machine.write(path, content) {
            return 0;
        }
        self.err(b"sh: write error: No space left on device\n").await;
        1
    }

    async fn what(&mut self, what: &What) -> i32 {
        match what {
            What::Simple { assigns, words } => return self.simple(assigns, words).await,
            What::Group(list) => self.list(list).await,
            What::Subshell(list) => self.apart(list).await,
            What::For { name, over, body } => {
                self.code = 0;
                for value in self.all(over).await {
                    self.set(name, value).await;
                    if !self.round(body).await {
                        break;
                    }
                }
            }
            What::While {
                until,
                condition,
                body,
            } => self.repeat(*until, condition, body).await,
            What::If { arms, otherwise } => {
                for (condition, then) in arms {
                    self.list(condition).await;
                    if self.stops() {
                        return self.code;
                    }
                    if self.code == 0 {
                        self.list(then).await;
                        return self.code;
                    }
                }
                self.code = 0;
                self.list(otherwise).await;
            }
            What::Case { word, arms } => self.case(word, arms).await,
        }
        self.code
    }

    /// Runs a list in a shell of its own: folder, variables and `exit` are its own.
    pub(super) async fn apart(&mut self, list: &List) {
        let (folder, environment) = (self.folder.clone(), self.machine.environment.clone());
        self.list(list).await;
        if let Some(code) = self.left.take() {
            self.code = code;
        }
        (self.folder, self.machine.environment) = (folder, environment);
    }

    async fn repeat(&mut self, until: bool, condition: &List, body: &List) {
        let mut last = 0;
        loop {
            self.list(condition).await;
            if self.stops() {
                return;
            }
            if (self.code == 0) == until {
                break;
            }
            let goes_on = self.round(body).await;
            last = self.code;
            if !goes_on {
                break;
            }
        }
        self.code = last;
    }

    /// One round of a loop; whether another may follow.
    async fn round(&mut self, body: &List) -> bool {
        self.list(body).await;
        self.rhythm.start().await;
        if self.console.was_interrupted() {
            self.console.out(b"^C\n").await;
            self.code = 130;
            self.jump = Some(Jump::Abort);
        }
        match self.jump {
            Some(Jump::Continue) => self.jump = None,
            Some(Jump::Break) => {
                self.jump = None;
                return false;
            }
            _ => {}
        }
        !self.stops()
    }

    async fn case(&mut self, word: &Word, arms: &[(Vec<Word>, List)]) {
        let text = self.one(word).await;
        self.code = 0;
        for (patterns, then) in arms {
            for pattern in patterns {
                let pattern = self.one(pattern).await;
                if glob::fits(&pattern, &text) {
                    return self.list(then).await;
                }
            }
        }
    }
}
