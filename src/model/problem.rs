//! What is wrong in a file that a person wrote, with the place. It must not decide what to do about it: the program always runs on.

use std::fmt;
use std::ops::Range;

/// One complaint about a file: `keymap.toml:12: unknown action `delte`, did you mean `delete`?`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as the person knows it.
    pub file: String,
    /// Line, counted from 1. `None` when the whole file is meant.
    pub line: Option<usize>,
    /// What is wrong and what to do, lower case.
    pub message: String,
}

impl Problem {
    /// About a file as a whole.
    pub fn new(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: None,
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// A text with its name, for turning byte offsets into lines.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The file as the person knows it.
    pub file: &'a str,
    /// Its whole text.
    pub text: &'a str,
}

impl Source<'_> {
    /// A complaint about the place where `span` (bytes) begins.
    pub fn problem(&self, span: &Range<usize>, message: impl Into<String>) -> Problem {
        let before = self.text.as_bytes().iter().take(span.start);
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        Problem {
            file: self.file.to_owned(),
            line: Some(line),
            message: message.into(),
        }
    }
}

/// `, did you mean `delete`?` for the nearest of the known words, empty when none is near.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    question(&near(word, known, 1))
}

/// `, did you mean `pods` or `nodes`?`; empty for no words.
pub fn question(words: &[&str]) -> String {
    if words.is_empty() {
        return String::new();
    }
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    format!(", did you mean {}?", words.join(" or "))
}

/// At most `most` of the known words that are a few letters from a word, the nearest first, each once.
pub fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let limit = 1 + word.chars().count() / 3;
    let known = known.into_iter().map(|other| (distance(word, other), other));
    let mut near: Vec<_> = known.filter(|(distance, _)| *distance <= limit).collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(most).map(|(_, other)| other).collect()
}

/// Edit distance (Levenshtein) in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_in_lines_from_one() {
        let source = Source {
            file: "k.toml",
            text: "a = 1\n\nb = 2\n",
        };
        assert_eq!(source.problem(&(7..8), "odd").to_string(), "k.toml:3: odd");
        assert_eq!(source.problem(&(0..1), "odd").line, Some(1));
    }

    #[test]
    fn a_slip_is_recognised_and_nonsense_is_not() {
        let known = ["delete", "describe", "drain"];
        assert_eq!(suggestion("delte", known), ", did you mean `delete`?");
        assert_eq!(suggestion("xylophone", known), "");
    }
}
