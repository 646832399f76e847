//! The filter typed after `/`: what it means, and why a bad one is bad. Matching never looks at values that change by themselves.

use regex::{Regex, RegexBuilder};

use crate::model::Meta;
use crate::rules::selector::Selector;
use crate::text::Fuzzy;

/// A filter as typed. An empty one matches everything.
#[derive(Default)]
pub struct Filter {
    text: String,
    rule: Rule,
}

#[derive(Default)]
enum Rule {
    #[default]
    All,
    Pattern {
        pattern: Regex,
        inverse: bool,
    },
    Labels {
        selector: Selector,
        inverse: bool,
    },
    Fuzzy(Box<Fuzzy>),
}

impl Filter {
    /// Reads a filter: a case-insensitive regular expression, `-l selector`, `!` before either for its inverse, `-f fuzzy`.
    ///
    /// # Errors
    /// One sentence that says what is wrong with the pattern.
    pub fn parse(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        let inverse = trimmed.starts_with('!');
        let meant = trimmed.strip_prefix('!').unwrap_or(trimmed).trim_start();
        let rule = if trimmed.is_empty() {
            Rule::All
        } else if let Some(selector) = meant.strip_prefix("-l") {
            Rule::Labels {
                selector: Selector::parse(selector.trim()).map_err(|error| error.to_string())?,
                inverse,
            }
        } else if let Some(needle) = trimmed.strip_prefix("-f") {
            Rule::Fuzzy(Box::new(Fuzzy::new(needle.trim())))
        } else {
            let built = RegexBuilder::new(meant)
                .case_insensitive(true)
                .size_limit(1 << 20)
                .build();
            Rule::Pattern {
                pattern: built.map_err(|error| explain(&error))?,
                inverse,
            }
        };
        Ok(Self {
            text: trimmed.to_owned(),
            rule,
        })
    }

    /// As typed, trimmed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a row matches; `line` is the row's text, written by the caller only if [`Filter::reads_text`].
    pub fn matches(&mut self, line: &str, meta: &Meta) -> bool {
        match &mut self.rule {
            Rule::All => true,
            Rule::Pattern { pattern, inverse } => pattern.is_match(line) != *inverse,
            Rule::Labels { selector, inverse } => selector.matches(&meta.labels) != *inverse,
            Rule::Fuzzy(fuzzy) => fuzzy
                .score(&format!("{}/{}", meta.namespace, meta.name))
                .is_some(),
        }
    }

    /// True when matching needs the row's text.
    pub fn reads_text(&self) -> bool {
        matches!(self.rule, Rule::Pattern { .. })
    }

    /// Byte ranges of `text` to highlight; empty for inverse, label and fuzzy filters.
    pub fn hits(&self, text: &str) -> Vec<std::ops::Range<usize>> {
        match &self.rule {
            Rule::Pattern {
                pattern,
                inverse: false,
            } => pattern
                .find_iter(text)
                .map(|found| found.range())
                .filter(|range| !range.is_empty())
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

/// The last line of a regex error says what is wrong; the ones before draw it.
fn explain(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    format!("bad pattern: {}", last.strip_prefix("error: ").unwrap_or(last))
}
