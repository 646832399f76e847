//! Patterns of the small shell: `*`, `?` and `[a-z]`, for names of files and for `case`. Pure.

/// Bytes of a pattern at most, as of a path (`PATH_MAX`): the time a star takes grows with both texts.
const LONGEST: usize = 4_096;

/// Whether a text is as a pattern says. What is too long for a pattern is itself only.
pub fn fits(pattern: &str, text: &str) -> bool {
    if pattern.len() > LONGEST {
        return pattern == text;
    }
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // Where the last star stood, and how much it covered.
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match one(&pattern, at, text[seen]) {
            Some(next) => {
                at = next;
                seen += 1;
            }
            None if pattern.get(at) == Some(&'*') => {
                star = Some((at, seen));
                at += 1;
            }
            None => match star {
                Some((from, covered)) => {
                    star = Some((from, covered + 1));
                    at = from + 1;
                    seen = covered + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

/// Where the pattern goes on if its next part takes this letter.
fn one(pattern: &[char], at: usize, letter: char) -> Option<usize> {
    match pattern.get(at)? {
        '*' => None,
        '?' => Some(at + 1),
        '[' => {
            // Without its end it is a letter.
            let Some(length) = pattern.iter().skip(at + 2).position(|c| *c == ']') else {
                return (letter == '[').then_some(at + 1);
            };
            let close = at + 2 + length;
            let inside = &pattern[at + 1..close];
            let (inside, wanted) = match inside.split_first() {
                Some(('!' | '^', rest)) => (rest, false),
                _ => (inside, true),
            };
            let range = |three: &[char]| three[1] == '-' && (three[0]..=three[2]).contains(&letter);
            let has = inside.contains(&letter) || inside.windows(3).any(range);
            (has == wanted).then_some(close + 1)
        }
        same => (*same == letter).then_some(at + 1),
    }
}

/// Whether a word can mean several files.
pub fn is_pattern(word: &str) -> bool {
    word.contains(['*', '?', '['])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_marks_and_ranges() {
        for (pattern, text, yes) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("*.conf", "nginx.conf", true),
            ("?", "", false),
            ("[a-c]?[!x]", "bzy", true),
            ("[a-c]?[!x]", "bzx", false),
            ("[", "[", true),
            ("a*b*c*", "aXbXc", true),
        ] {
            assert_eq!(fits(pattern, text), yes, "{pattern} {text}");
        }
        assert!(!fits(&"*a".repeat(50), &"a".repeat(49)));
        let long = "*a".repeat(LONGEST);
        assert!(fits(&long, &long) && !fits(&long, &"a".repeat(2 * LONGEST)));
    }
}
