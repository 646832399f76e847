//! What to look for in lines: regular expressions joined by *and*, each possibly inverted, and a least level. Stores no lines.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

use super::line::Flags;
use super::{Level, Line, ansi};

/// Why a filter was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// No regular expression.
    #[error("bad pattern `{pattern}`: {reason}")]
    Pattern {
        /// As typed.
        pattern: String,
        /// The last line of the regex crate's explanation.
        reason: String,
    },
    /// No such level.
    #[error("no level `{0}`: expected trace, debug, info, warn, error or fatal")]
    Level(String),
}

/// Joined terms.
#[derive(Debug, Clone)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

#[derive(Debug, Clone)]
enum Term {
    Matches(Regex),
    Lacks(Regex),
    AtLeast(Level),
}

/// Two filters are equal when they were written alike.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Filter {}

impl Filter {
    /// Reads what was typed: `timeout`, `!healthz`, `level>=warn`, and these joined by ` && `. A pattern without capitals ignores case.
    ///
    /// # Errors
    /// A pattern that is no regular expression, an unknown level.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut terms = Vec::new();
        for part in text.split(" && ").map(str::trim).filter(|part| !part.is_empty()) {
            terms.push(term(part)?);
        }
        Ok(Self {
            text: text.trim().to_owned(),
            terms,
        })
    }

    /// stern's `--include` and `--exclude`: a line passes that matches any of the former (if there are any) and none of the latter.
    ///
    /// # Errors
    /// A pattern that is no regular expression.
    pub fn of(include: &[String], exclude: &[String]) -> Result<Self, FilterError> {
        let mut terms = Vec::new();
        if !include.is_empty() {
            terms.push(Term::Matches(pattern(&any(include)?)?));
        }
        if !exclude.is_empty() {
            terms.push(Term::Lacks(pattern(&any(exclude)?)?));
        }
        let text = format!("include {include:?} exclude {exclude:?}");
        Ok(Self { text, terms })
    }

    /// Both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            text: format!("{} && {}", self.text, other.text),
            terms: [&*self.terms, &*other.terms].concat(),
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True when every line passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a line passes. Colours in it are not part of what is matched. `scratch` is reused between calls.
    pub fn matches(&self, line: &Line, text: &[u8], scratch: &mut Vec<u8>) -> bool {
        let text = if line.flags.has(Flags::ESCAPES) {
            ansi::strip(text, scratch);
            scratch.as_slice()
        } else {
            text
        };
        self.terms.iter().all(|term| match term {
            Term::Matches(regex) => regex.is_match(text),
            Term::Lacks(regex) => !regex.is_match(text),
            Term::AtLeast(level) => line.level >= *level,
        })
    }

    /// Byte ranges of a shown text to light up, ascending, without overlap and without empty ones; always between characters.
    pub fn highlights(&self, shown: &str) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for term in &self.terms {
            if let Term::Matches(regex) = term {
                ranges.extend(regex.find_iter(shown.as_bytes()).map(|found| found.range()));
            }
        }
        ranges.retain(|range| {
            !range.is_empty() && shown.is_char_boundary(range.start) && shown.is_char_boundary(range.end)
        });
        ranges.sort_by_key(|range| (range.start, range.end));
        ranges.dedup_by(|next, kept| {
            let overlaps = next.start <= kept.end;
            if overlaps {
                kept.end = kept.end.max(next.end);
            }
            overlaps
        });
        ranges
    }
}

fn term(part: &str) -> Result<Term, FilterError> {
    if let Some(word) = part.strip_prefix("level>=") {
        let level = Level::from_word(word.trim().as_bytes());
        return level
            .map(Term::AtLeast)
            .ok_or_else(|| FilterError::Level(word.to_owned()));
    }
    match part.strip_prefix('!') {
        Some(inverse) => Ok(Term::Lacks(pattern(inverse.trim_start())?)),
        None => Ok(Term::Matches(pattern(part)?)),
    }
}

/// One pattern that matches what any of several does; each is tried alone first, so that none can change another.
fn any(patterns: &[String]) -> Result<String, FilterError> {
    let mut joined = Vec::with_capacity(patterns.len());
    for text in patterns {
        pattern(text)?;
        joined.push(if has_capital(text) {
            format!("(?:{text})")
        } else {
            format!("(?i:{text})")
        });
    }
    Ok(joined.join("|"))
}

fn pattern(text: &str) -> Result<Regex, FilterError> {
    RegexBuilder::new(text)
        .case_insensitive(!has_capital(text))
        .size_limit(4 << 20)
        .build()
        .map_err(|error| FilterError::Pattern {
            pattern: text.to_owned(),
            reason: error
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned(),
        })
}

/// A capital letter outside of escapes like `\S` or `\pL`.
fn has_capital(pattern: &str) -> bool {
    let mut escaped = 0u8;
    pattern.chars().any(|c| match (escaped, c) {
        (0, '\\') => {
            escaped = 1;
            false
        }
        (1, 'p' | 'P') => {
            escaped = 2;
            false
        }
        (2, '{') => {
            escaped = 3;
            false
        }
        (3, c) => {
            escaped = if c == '}' { 0 } else { 3 };
            false
        }
        (1 | 2, _) => {
            escaped = 0;
            false
        }
        (_, c) => c.is_uppercase(),
    })
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use crate::clock::Timestamp;
    use crate::logs::line::Flags;
    use crate::logs::{Level, Line};

    fn passes(filter: &Filter, text: &str) -> bool {
        let line = Line {
            stamp: Timestamp(0),
            end: 0,
            level: Level::of(text.as_bytes()),
            flags: Flags::default().with(Flags::ESCAPES, text.contains('\x1b')),
        };
        filter.matches(&line, text.as_bytes(), &mut Vec::new())
    }

    #[test]
    fn terms_are_joined_and_inverted() {
        for (filter, yes, no) in [
            ("timeout", "a TIMEOUT b", "time out"),
            ("Timeout", "Timeout", "timeout"),
            (r"\Sx", "ax", " y"),
            (r"\p{Lu}bc", "xbc", "1bc"),
            ("!healthz", "GET /", "GET /HEALTHZ"),
            ("get && !healthz", "GET /", "GET /healthz"),
            ("level>=warn", "ERROR x", "INFO x"),
            ("level>=warn && !known", "ERROR x", "ERROR known"),
            ("", "anything", "\0"),
            ("connected", "con\x1b[31mnec\x1b[0mted", "con\x1b[2Jnected"),
        ] {
            let filter = Filter::parse(filter).unwrap();
            assert!(passes(&filter, yes), "{filter:?} {yes}");
            assert!(!passes(&filter, no) || filter.is_empty(), "{filter:?} {no}");
        }
    }

    #[test]
    fn stern_includes_and_excludes() {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let filter = Filter::of(&list(&["one", "Two"]), &list(&["three"])).unwrap();
        assert!(passes(&filter, "ONE") && passes(&filter, "Two") && !passes(&filter, "two"));
        assert!(!passes(&filter, "one three"));
        assert!(Filter::of(&list(&["a)|(b"]), &[]).is_err());
    }

    #[test]
    fn a_bad_pattern_says_why() {
        let error = Filter::parse("a && (b").unwrap_err().to_string();
        assert!(
            error.contains("`(b`") && error.contains("unclosed group"),
            "{error}"
        );
        assert!(
            Filter::parse("level>=loud")
                .unwrap_err()
                .to_string()
                .contains("loud")
        );
    }

    #[test]
    fn highlights_do_not_overlap() {
        let filter = Filter::parse("bc && cd && é && !a").unwrap();
        assert_eq!(filter.highlights("abcd é bc"), [1..4, 5..7, 8..10]);
        assert!(Filter::parse("x*").unwrap().highlights("abc").is_empty());
    }
}
