//! What words stand for: variables, output of commands, sums, names of files.

use crate::demo::shell::parse::{List, Piece, Word};
use crate::demo::shell::session::{Jump, Session};
use crate::demo::shell::{glob, sum};

/// Words of one command, and their bytes, at most (Linux: a quarter of the stack, which is 8 MiB).
const MOST: (usize, usize) = (100_000, 2 << 20);
/// Exit code of a command with more.
const TOO_LONG: i32 = 126;

/// Words in the making.
#[derive(Default)]
struct Fields {
    done: Vec<String>,
    open: Option<String>,
    /// The open one may name several files.
    pattern: bool,
    /// Bytes of all.
    bytes: usize,
    /// Whether there are more than one command may have; what is beyond is not kept.
    over: bool,
}

impl Fields {
    fn push(&mut self, text: &str) {
        let open = self.open.get_or_insert_default();
        self.bytes += text.len();
        self.over |= self.bytes > MOST.1;
        if !self.over {
            open.push_str(text);
        }
    }

    /// Adds text that was not quoted: blanks in it end words.
    fn split(&mut self, text: &str, close: &mut impl FnMut(String, bool) -> Vec<String>) {
        let mut parts = text.split([' ', '\t', '\n']);
        if let Some(first) = parts.next().filter(|first| !first.is_empty()) {
            self.pattern |= glob::is_pattern(first);
            self.push(first);
        }
        for part in parts {
            if self.over {
                return;
            }
            self.close(close);
            if !part.is_empty() {
                self.pattern |= glob::is_pattern(part);
                self.push(part);
            }
        }
    }

    fn close(&mut self, close: &mut impl FnMut(String, bool) -> Vec<String>) {
        let pattern = std::mem::take(&mut self.pattern);
        if let Some(word) = self.open.take() {
            let length = word.len();
            self.take(close(word, pattern), length);
        }
    }

    /// Adds words; `counted` of their bytes are known already.
    fn take(&mut self, words: Vec<String>, counted: usize) {
        let bytes: usize = words.iter().map(String::len).sum();
        self.bytes += bytes.saturating_sub(counted);
        self.over |= self.bytes > MOST.1 || self.done.len() + words.len() > MOST.0;
        if !self.over {
            self.done.extend(words);
        }
    }
}

impl Session {
    /// All words that these stand for. If those are more than one command may have, there are none, and nothing more is run.
    pub(in crate::demo::shell) async fn all(&mut self, words: &[Word]) -> Vec<String> {
        let mut all = Fields::default();
        for word in words {
            self.fields(word, &mut all).await;
            if all.over {
                self.too_long().await;
                return Vec::new();
            }
        }
        all.done
    }

    async fn too_long(&mut self) {
        self.err(b"sh: Argument list too long\n").await;
        self.code = TOO_LONG;
        self.jump = Some(Jump::Abort);
    }

    /// The one text that a word stands for: neither split nor a pattern. If it is too long, it is empty, and nothing more is run.
    pub(in crate::demo::shell) async fn one(&mut self, word: &Word) -> String {
        let mut text = String::new();
        for piece in &word.0 {
            let (part, _) = Box::pin(self.piece(piece)).await;
            if text.len() + part.len() > MOST.1 {
                self.too_long().await;
                return String::new();
            }
            text.push_str(&part);
        }
        text
    }

    async fn fields(&mut self, word: &Word, fields: &mut Fields) {
        for piece in &word.0 {
            // `"$@"` is a word for each.
            if let Piece::Variable {
                name, quoted: true, ..
            } = piece
                && name == "@"
                && word.0.len() <= 2
            {
                return fields.take(self.words.get(1..).unwrap_or_default().to_vec(), 0);
            }
            let (text, quoted) = Box::pin(self.piece(piece)).await;
            let mut close = |word: String, pattern: bool| self.names(word, pattern);
            match piece {
                _ if quoted => fields.push(&text),
                Piece::Text { .. } => {
                    fields.pattern |= glob::is_pattern(&text);
                    fields.push(&text);
                }
                _ => fields.split(&text, &mut close),
            }
        }
        fields.close(&mut |word, pattern| self.names(word, pattern));
    }

    /// The files that a pattern names, else the word itself.
    fn names(&self, word: String, pattern: bool) -> Vec<String> {
        if !pattern {
            return vec![word];
        }
        let (folder, last) = word.rsplit_once('/').unwrap_or(("", &word));
        let at = match folder {
            "" if word.starts_with('/') => "/".to_owned(),
            folder => self.path(folder),
        };
        let before = word.strip_suffix(last).unwrap_or_default();
        let entries = self.machine.entries(&at).into_iter();
        let found: Vec<String> = entries
            .filter(|(name, _)| glob::fits(last, name) && (!name.starts_with('.') || last.starts_with('.')))
            .map(|(name, _)| format!("{before}{name}"))
            .collect();
        if found.is_empty() { vec![word] } else { found }
    }

    /// The text of a piece, and whether it is kept together.
    async fn piece(&mut self, piece: &Piece) -> (String, bool) {
        match piece {
            Piece::Text { text, quoted } => (text.clone(), *quoted),
            Piece::Variable {
                name,
                length,
                instead,
                quoted,
            } => {
                let value = self.variable(name);
                let text = match instead {
                    _ if *length => value.chars().count().to_string(),
                    Some(('+', other)) if !value.is_empty() => self.one(other).await,
                    Some((sign @ ('-' | '='), other)) if value.is_empty() => {
                        let text = self.one(other).await;
                        if *sign == '=' {
                            self.set(name, text.clone()).await;
                        }
                        text
                    }
                    _ => value,
                };
                (text, *quoted)
            }
            Piece::Output { list, quoted } => (self.output(list).await, *quoted),
            Piece::Sum(word) => {
                let text = self.one(word).await;
                let worked = sum::work_out(&text, &|name| self.variable(name));
                match worked {
                    Ok(value) => (value.to_string(), true),
                    Err(why) => {
                        self.err(format!("sh: {why}\n").as_bytes()).await;
                        self.code = 2;
                        self.jump = Some(Jump::Abort);
                        (String::new(), true)
                    }
                }
            }
        }
    }

    /// What commands print, without the newlines at its end.
    async fn output(&mut self, list: &List) -> String {
        self.captures.push(Vec::new());
        self.apart(list).await;
        let text = self.captures.pop().unwrap_or_default();
        String::from_utf8_lossy(&text).trim_end_matches('\n').to_owned()
    }
}
