//! Reads the notation of label selectors. Does not match anything.

use std::fmt;

use super::{Operator, Requirement};

/// Why a selector cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// Something else stands there than may.
    #[error("found `{found}` at column {column}, expected {expected}")]
    Unexpected {
        /// What stands there.
        found: String,
        /// Where, in characters, counted from 1.
        column: usize,
        /// What could.
        expected: Expected,
    },
    /// It ends too early.
    #[error("the selector ends, expected {0}")]
    Unfinished(Expected),
    /// Not a label key.
    #[error(
        "`{0}` is no label key: an optional domain and `/`, then up to 63 letters, digits, `-`, `_` or `.`"
    )]
    Key(String),
    /// Not a label value.
    #[error(
        "`{value}` is no label value: up to 63 letters, digits, `-`, `_` or `.`, at both ends a letter or digit"
    )]
    Value {
        /// Label key.
        key: String,
        /// Which one it is of the sorted values of its requirement.
        at: usize,
        /// The value.
        value: String,
    },
    /// `<` and `>` want a number.
    #[error("`{0}` is no whole number, as `<` and `>` need")]
    Number(String),
}

/// What may stand at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A requirement, as the first thing.
    Start,
    /// A requirement after a comma.
    Next,
    /// The key after `!`.
    Key,
    /// `=` and the like.
    Operator,
    /// `(` after `in` and `notin`.
    Open,
    /// A value in parentheses.
    Listed,
    /// What follows that.
    Close,
    /// The value after `=`.
    Value,
    /// What follows a requirement.
    End,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start | Self::Next | Self::Key => "a label key",
            Self::Operator => "`=`, `==`, `!=`, `in`, `notin`, `>` or `<`",
            Self::Open => "`(`",
            Self::Listed => "a value, `,` or `)`",
            Self::Close => "`,` or `)`",
            Self::Value => "a value",
            Self::End => "`,` or the end",
        })
    }
}

/// Reads a whole selector, requirements sorted by key.
pub(super) fn selector(text: &str) -> Result<Vec<Requirement>, SelectorError> {
    let mut parser = Parser { text, at: 0 };
    let mut requirements = Vec::new();
    if parser.peek() == Token::End {
        return Ok(requirements);
    }
    let mut place = Expected::Start;
    loop {
        requirements.push(parser.requirement(place)?);
        place = Expected::Next;
        match parser.peek() {
            Token::End => break,
            Token::Symbol(",") => parser.next(),
            _ => return Err(parser.unexpected(Expected::End)),
        };
    }
    requirements.sort_by(|a: &Requirement, b| a.key.cmp(&b.key));
    Ok(requirements)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Symbol(&'static str),
    End,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn requirement(&mut self, place: Expected) -> Result<Requirement, SelectorError> {
        let absent = self.take("!");
        let key = self.word(if absent { Expected::Key } else { place })?;
        if !is_key(key) {
            return Err(SelectorError::Key(key.to_owned()));
        }
        let operator = match self.peek() {
            _ if absent => return Ok(Requirement::new(key, Operator::DoesNotExist, [])),
            Token::End | Token::Symbol(",") => return Ok(Requirement::new(key, Operator::Exists, [])),
            Token::Symbol("=" | "==") | Token::Word("in") => Operator::In,
            Token::Symbol("!=") | Token::Word("notin") => Operator::NotIn,
            Token::Symbol(">") => Operator::GreaterThan,
            Token::Symbol("<") => Operator::LessThan,
            _ => return Err(self.unexpected(Expected::Operator)),
        };
        let values = match self.next() {
            Token::Word(_) => self.values()?,
            _ => vec![self.value()?],
        };
        if matches!(operator, Operator::GreaterThan | Operator::LessThan) {
            values.iter().try_for_each(|value| is_number(value))?;
        }
        let requirement = Requirement::new(key, operator, values);
        match requirement.values.iter().position(|value| !is_value(value)) {
            Some(at) => Err(SelectorError::Value {
                key: requirement.key,
                at,
                value: requirement.values[at].clone(),
            }),
            None => Ok(requirement),
        }
    }

    /// The value after `=`; nothing is the empty value.
    fn value(&mut self) -> Result<&'a str, SelectorError> {
        match self.peek() {
            Token::End | Token::Symbol(",") => Ok(""),
            _ => self.word(Expected::Value),
        }
    }

    /// `(a,b)`; between commas and parentheses nothing is the empty value.
    fn values(&mut self) -> Result<Vec<&'a str>, SelectorError> {
        if !self.take("(") {
            return Err(self.unexpected(Expected::Open));
        }
        let mut values = Vec::new();
        loop {
            values.push(match self.peek() {
                Token::Symbol("," | ")") => "",
                _ => self.word(Expected::Listed)?,
            });
            if self.take(")") {
                return Ok(values);
            }
            if !self.take(",") {
                return Err(self.unexpected(Expected::Close));
            }
        }
    }

    fn word(&mut self, expected: Expected) -> Result<&'a str, SelectorError> {
        match self.peek() {
            Token::Word(word) => {
                self.next();
                Ok(word)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    fn take(&mut self, symbol: &'static str) -> bool {
        let there = self.peek() == Token::Symbol(symbol);
        if there {
            self.next();
        }
        there
    }

    fn unexpected(&self, expected: Expected) -> SelectorError {
        let (start, _) = self.scan();
        let found = match self.peek() {
            Token::End => return SelectorError::Unfinished(expected),
            Token::Word(word) => word,
            Token::Symbol(symbol) => symbol,
        };
        let before = self.text.get(..start).unwrap_or("");
        SelectorError::Unexpected {
            found: found.to_owned(),
            column: before.chars().count() + 1,
            expected,
        }
    }

    fn peek(&self) -> Token<'a> {
        self.scan().1
    }

    fn next(&mut self) -> Token<'a> {
        let (start, token) = self.scan();
        self.at = start
            + match token {
                Token::Word(text) | Token::Symbol(text) => text.len(),
                Token::End => 0,
            };
        token
    }

    /// The token ahead and where it starts.
    fn scan(&self) -> (usize, Token<'a>) {
        const SYMBOLS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];
        let rest = self.text.get(self.at..).unwrap_or("");
        let ahead = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let start = self.text.len() - ahead.len();
        if ahead.is_empty() {
            return (start, Token::End);
        }
        if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| ahead.starts_with(symbol)) {
            return (start, Token::Symbol(symbol));
        }
        let end = ahead.find([' ', '\t', '\r', '\n', '=', '!', '(', ')', ',', '>', '<']);
        (
            start,
            Token::Word(ahead.get(..end.unwrap_or(ahead.len())).unwrap_or("")),
        )
    }
}

fn is_value(value: &str) -> bool {
    value.is_empty() || is_name(value)
}

fn is_number(value: &str) -> Result<(), SelectorError> {
    match value.parse::<i64>() {
        Ok(_) => Ok(()),
        Err(_) => Err(SelectorError::Number(value.to_owned())),
    }
}

/// `content.IsLabelKey`: a name, optionally after a DNS subdomain and `/`.
fn is_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((domain, name)) => is_domain(domain) && is_name(name),
        None => is_name(key),
    }
}

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    bytes.len() <= 63
        && ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn is_domain(text: &str) -> bool {
    let label = |part: &str| {
        let ends = !part.starts_with('-') && !part.ends_with('-') && !part.is_empty();
        ends && part
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::selector;

    #[test]
    fn says_what_is_wrong_and_where() {
        for (text, expected) in [
            ("app=web,", "the selector ends, expected a label key"),
            (",", "found `,` at column 1, expected a label key"),
            (
                "app web",
                "found `web` at column 5, expected `=`, `==`, `!=`, `in`, `notin`, `>` or `<`",
            ),
            ("app in web", "found `web` at column 8, expected `(`"),
            ("app in (web", "the selector ends, expected `,` or `)`"),
            ("app in (a b)", "found `b` at column 11, expected `,` or `)`"),
            ("app=a b", "found `b` at column 7, expected `,` or the end"),
            ("app==(", "found `(` at column 6, expected a value"),
            ("!app=web", "found `=` at column 5, expected `,` or the end"),
            ("!", "the selector ends, expected a label key"),
            ("weight>many", "`many` is no whole number, as `<` and `>` need"),
        ] {
            assert_eq!(
                selector(text).map_err(|error| error.to_string()),
                Err(expected.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn keys_and_values_are_those_of_kubernetes() {
        let long = "x".repeat(64);
        for bad in [
            "_a=b",
            "a.=b",
            "A.com/x=b",
            "/x=b",
            "x/=b",
            "a/b/c=d",
            "a=b/c",
            "a=-",
            "a=ü",
            &long,
        ] {
            assert!(selector(bad).is_err(), "{bad}");
        }
        for good in [
            "A_b.c-d=X",
            "example.com/Name=v1.2_3",
            "a=0",
            "app.kubernetes.io/name",
        ] {
            assert!(selector(good).is_ok(), "{good}");
        }
    }
}
