//! Words: text, quotes, and what is put in when they run: variables, output of commands, sums.

use super::Parser;
use super::tree::{Piece, Word};

/// Letters that end a word where they are not quoted.
pub(super) const SIGNS: [char; 7] = [';', '&', '|', '<', '>', '(', ')'];

/// The variable's name at the start of a text, and what follows it.
pub(super) fn name(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return ("", text);
    }
    text.split_at(end)
}

impl Word {
    fn push(&mut self, letter: char, now: bool) {
        if let Some(Piece::Text { text, quoted }) = self.0.last_mut()
            && *quoted == now
        {
            return text.push(letter);
        }
        let (text, quoted) = (letter.to_string(), now);
        self.0.push(Piece::Text { text, quoted });
    }

    fn push_text(&mut self, text: &str) {
        let (text, quoted) = (text.to_owned(), true);
        self.0.push(Piece::Text { text, quoted });
    }
}

impl Parser<'_> {
    fn next(&mut self) -> Option<char> {
        let letter = self.rest.chars().next()?;
        self.rest = self.rest.strip_prefix(letter).unwrap_or_default();
        Some(letter)
    }

    /// The next word; `None` where a sign, a newline or the end stands.
    pub(super) fn word(&mut self) -> Result<Option<Word>, String> {
        let mut word = Word::default();
        let mut begun = false;
        while let Some(letter) = self.rest.chars().next() {
            if letter.is_whitespace() || SIGNS.contains(&letter) || self.closes_backticks() {
                break;
            }
            begun = true;
            self.piece(&mut word)?;
        }
        Ok(begun.then_some(word))
    }

    /// Whether the command in backticks ends here.
    pub(super) fn closes_backticks(&self) -> bool {
        self.in_backticks && self.rest.starts_with('`')
    }

    fn piece(&mut self, word: &mut Word) -> Result<(), String> {
        match self.next() {
            Some('\'') => {
                let (inside, rest) = self.rest.split_once('\'').ok_or("unterminated quoted string")?;
                word.push_text(inside);
                self.rest = rest;
            }
            Some('"') => self.quoted(word)?,
            Some('\\') => match self.next() {
                Some('\n') => {}
                letter => word.push(letter.unwrap_or('\\'), true),
            },
            Some('$') => self.dollar(word, false)?,
            Some('`') => self.backticks(word, false)?,
            Some('~')
                if word.0.is_empty()
                    && self
                        .rest
                        .chars()
                        .next()
                        .is_none_or(|c| c == '/' || c.is_whitespace()) =>
            {
                word.0.push(variable("HOME", true));
            }
            Some(letter) => word.push(letter, false),
            None => {}
        }
        Ok(())
    }

    /// What stands between double quotes.
    fn quoted(&mut self, word: &mut Word) -> Result<(), String> {
        word.push_text("");
        loop {
            match self.next().ok_or("unterminated quoted string")? {
                '"' => return Ok(()),
                '\\' => match self.next().ok_or("unterminated quoted string")? {
                    '\n' => {}
                    letter @ ('"' | '\\' | '$' | '`') => word.push(letter, true),
                    letter => {
                        word.push('\\', true);
                        word.push(letter, true);
                    }
                },
                '$' => self.dollar(word, true)?,
                '`' => self.backticks(word, true)?,
                letter => word.push(letter, true),
            }
        }
    }

    fn backticks(&mut self, word: &mut Word, quoted: bool) -> Result<(), String> {
        let outer = std::mem::replace(&mut self.in_backticks, true);
        let list = self.list()?;
        self.in_backticks = outer;
        if !self.take("`") {
            return Err("unterminated backquote".to_owned());
        }
        word.0.push(Piece::Output { list, quoted });
        Ok(())
    }

    /// What a `$` puts in.
    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Result<(), String> {
        self.deeper()?;
        if self.take("((") {
            self.sum(word)?;
        } else if self.take("(") {
            let outer = std::mem::replace(&mut self.in_backticks, false);
            let list = self.until_paren()?;
            self.in_backticks = outer;
            word.0.push(Piece::Output { list, quoted });
        } else if self.take("{") {
            self.braced(word, quoted)?;
        } else {
            self.named(word, quoted);
        }
        self.depth -= 1;
        Ok(())
    }

    fn named(&mut self, word: &mut Word, quoted: bool) {
        let (found, rest) = name(self.rest);
        let (found, rest) = match self.rest.chars().next() {
            Some('?' | '$' | '#' | '@' | '*' | '0'..='9') => self.rest.split_at(1),
            _ => (found, rest),
        };
        if found.is_empty() {
            word.push('$', quoted);
        } else {
            word.0.push(variable(found, quoted));
            self.rest = rest;
        }
    }

    fn braced(&mut self, word: &mut Word, quoted: bool) -> Result<(), String> {
        let length = !self.rest.starts_with("#}") && self.take("#");
        let end = self
            .rest
            .find([':', '-', '+', '=', '}'])
            .unwrap_or(self.rest.len());
        let (found, rest) = self.rest.split_at(end);
        let found = found.to_owned();
        self.rest = rest;
        self.take(":");
        let mut instead = None;
        if let Some(sign @ ('-' | '+' | '=')) = self.rest.chars().next() {
            self.next();
            let mut other = Word::default();
            while !self.rest.starts_with('}') && !self.rest.is_empty() {
                self.piece(&mut other)?;
            }
            instead = Some((sign, Box::new(other)));
        }
        let good = found.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || found.len() == 1;
        if !self.take("}") || found.is_empty() || !good {
            return Err("bad substitution".to_owned());
        }
        let name = found;
        word.0.push(Piece::Variable {
            name,
            length,
            instead,
            quoted,
        });
        Ok(())
    }

    /// The sum up to its `))`; its parentheses match.
    fn sum(&mut self, word: &mut Word) -> Result<(), String> {
        let (mut inside, mut open) = (Word::default(), 0_u32);
        loop {
            if open == 0 && self.take("))") {
                word.0.push(Piece::Sum(Box::new(inside)));
                return Ok(());
            }
            match self.next().ok_or("syntax error: missing '))'")? {
                '$' => self.dollar(&mut inside, true)?,
                letter => {
                    open += u32::from(letter == '(');
                    open = open.saturating_sub(u32::from(letter == ')'));
                    inside.push(letter, true);
                }
            }
        }
    }
}

fn variable(name: &str, quoted: bool) -> Piece {
    Piece::Variable {
        name: name.to_owned(),
        length: false,
        instead: None,
        quoted,
    }
}
