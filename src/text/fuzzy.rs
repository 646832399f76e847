//! Fuzzy match of names: characters in order, not necessarily adjacent, the closest first. Keeps no candidates.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// One needle, ready to be tried on many texts. Words of it are matched on their own; lower case matches both cases.
pub struct Fuzzy {
    pattern: Pattern,
    matcher: Matcher,
    chars: Vec<char>,
}

impl Fuzzy {
    /// Prepares a needle. The empty needle matches everything with score 0.
    pub fn new(needle: &str) -> Self {
        Self {
            pattern: Pattern::parse(needle, CaseMatching::Smart, Normalization::Smart),
            matcher: Matcher::new(Config::DEFAULT),
            chars: Vec::new(),
        }
    }

    /// How well the text matches, more is better; `None` when it does not.
    pub fn score(&mut self, text: &str) -> Option<u32> {
        self.pattern
            .score(Utf32Str::new(text, &mut self.chars), &mut self.matcher)
    }

    /// Like [`Fuzzy::score`], and fills `indices` with the positions (in graphemes) of the characters that matched, ascending.
    pub fn indices(&mut self, text: &str, indices: &mut Vec<u32>) -> Option<u32> {
        indices.clear();
        let haystack = Utf32Str::new(text, &mut self.chars);
        let score = self.pattern.indices(haystack, &mut self.matcher, indices)?;
        indices.sort_unstable();
        indices.dedup();
        Some(score)
    }
}

#[cfg(test)]
mod tests {
    use super::Fuzzy;

    #[test]
    fn characters_in_order_match_and_close_ones_win() {
        let mut fuzzy = Fuzzy::new("web");
        let whole = fuzzy.score("web-1").expect("matches");
        let spread = fuzzy.score("west-edge-backend").expect("matches");
        assert!(whole > spread, "{whole} {spread}");
        assert_eq!(fuzzy.score("db"), None);
        assert_eq!(Fuzzy::new("").score("anything"), Some(0));
    }

    #[test]
    fn positions_are_those_of_the_match() {
        let mut found = Vec::new();
        assert!(Fuzzy::new("wx").indices("web-xk2", &mut found).is_some());
        assert_eq!(found, [0, 4]);
    }
}
