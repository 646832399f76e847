//! `xargs`: a command for the words of the input.

use crate::demo::shell::session::{Done, Session};

/// What `xargs` was told.
struct Wish<'a> {
    /// Words of one command at most.
    most: usize,
    /// What stands for a line of the input.
    mark: Option<&'a str>,
    command: Vec<String>,
}

impl<'a> Wish<'a> {
    fn of(arguments: &[&'a str]) -> Self {
        let (mut most, mut mark, mut rest) = (usize::MAX, None, arguments);
        while let [option, others @ ..] = rest
            && option.starts_with('-')
        {
            let own = option.get(2..).filter(|own| !own.is_empty());
            let takes = matches!(option.get(..2), Some("-n" | "-I" | "-P" | "-L"));
            let value = own.or(others.first().copied());
            match option.get(..2) {
                Some("-n") => most = value.and_then(|text| text.parse().ok()).unwrap_or(1).max(1),
                Some("-I") => mark = value,
                _ => {}
            }
            let used = usize::from(takes && own.is_none());
            rest = others.get(used..).unwrap_or_default();
        }
        let command = if rest.is_empty() { &["echo"][..] } else { rest };
        Self {
            most,
            mark,
            command: command.iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    /// What the input is parted into.
    fn items<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let parts: Vec<&str> = match self.mark {
            Some(_) => text.lines().map(str::trim).collect(),
            None => text.split(|c: char| c.is_whitespace() || c == '\0').collect(),
        };
        parts.into_iter().filter(|part| !part.is_empty()).collect()
    }

    fn words(&self, some: &[&str]) -> Vec<String> {
        let command = self.command.iter();
        match self.mark {
            Some(mark) => {
                let item = some.first().unwrap_or(&"");
                command.map(|word| word.replace(mark, item)).collect()
            }
            None => command
                .cloned()
                .chain(some.iter().map(|word| (*word).to_owned()))
                .collect(),
        }
    }
}

impl Session {
    /// Runs the command until the input is used up.
    pub(in crate::demo::shell) async fn each(&mut self, arguments: &[&str]) -> Done {
        let wish = Wish::of(arguments);
        let input = self.input(true).await.unwrap_or_default();
        let text = String::from_utf8_lossy(&input).into_owned();
        let items = wish.items(&text);
        let step = if wish.mark.is_some() {
            1
        } else {
            wish.most.min(items.len()).max(1)
        };
        let mut code = 0;
        for some in items.chunks(step) {
            let done = Box::pin(self.command(&wish.words(some))).await;
            if self.deliver(done).await != 0 {
                code = 123;
            }
            self.rhythm.start().await;
            if self.stops() {
                break;
            }
        }
        Done::code(code)
    }
}
