//! How many columns text takes, and shortening it to fit. Never cuts a grapheme.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

const ELLIPSIS: &str = "…";

/// Columns a text takes on a terminal.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The text in at most `columns`, shortened at the end: `a long mess…`.
pub fn truncate_end(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let mut out = String::with_capacity(columns + ELLIPSIS.len());
    out.push_str(head(text, columns - 1));
    out.push_str(ELLIPSIS);
    Cow::Owned(out)
}

/// The text in at most `columns`, shortened in the middle: `web-7d9f…xk2p1`. Two fifths of the room go to the end, which tells pods apart.
pub fn truncate_middle(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let end = tail(text, (columns - 1) * 2 / 5);
    let start = head(text, columns - 1 - width(end));
    Cow::Owned([start, ELLIPSIS, end].concat())
}

/// What all texts begin with, up to a border between graphemes; empty for fewer than two texts.
pub fn common_prefix<'a>(texts: impl IntoIterator<Item = &'a str>) -> &'a str {
    let mut texts = texts.into_iter();
    let Some(first) = texts.next() else { return "" };
    let mut several = false;
    let mut length = first.len();
    for text in texts {
        several = true;
        let same = first
            .bytes()
            .zip(text.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        length = length.min(same);
    }
    if !several {
        return "";
    }
    if length == first.len() {
        return first;
    }
    let border = first
        .grapheme_indices(true)
        .map(|(at, _)| at)
        .take_while(|at| *at <= length)
        .last();
    first.get(..border.unwrap_or(0)).unwrap_or("")
}

/// The longest start of whole graphemes within `columns`.
fn head(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += width(grapheme);
        if used > columns {
            return text.get(..at).unwrap_or("");
        }
    }
    text
}

/// The longest end of whole graphemes within `columns`.
fn tail(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let mut from = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += width(grapheme);
        if used > columns {
            break;
        }
        from = at;
    }
    text.get(from..).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::{common_prefix, truncate_end, truncate_middle, width};

    #[test]
    fn a_name_keeps_the_end_that_tells_pods_apart() {
        let name = "web-7d9f8c6b5-xk2p1";
        assert_eq!(truncate_middle(name, 14), "web-7d9f…xk2p1");
        assert_eq!(truncate_middle(name, 19), name);
        assert_eq!(truncate_middle(name, 1), "…");
        assert_eq!(truncate_middle(name, 0), "");
        assert_eq!(truncate_end("a long message", 7), "a long…");
    }

    #[test]
    fn no_grapheme_is_cut_and_nothing_is_wider_than_asked() {
        for text in [
            "日本語のテキスト",
            "e\u{301}e\u{301}e\u{301}e\u{301}",
            "👩‍👩‍👧‍👦 family 👩‍👩‍👧‍👦",
            "naïve café",
        ] {
            for columns in 0..=width(text) {
                for short in [truncate_end(text, columns), truncate_middle(text, columns)] {
                    assert!(width(&short) <= columns, "{short} in {columns}");
                    assert!(
                        !short.starts_with('\u{301}') && !short.contains("…\u{301}"),
                        "{short}"
                    );
                }
            }
        }
        assert_eq!(truncate_end("日本語", 4), "日…");
        assert_eq!(truncate_end("👩‍👩‍👧‍👦x", 2), "…");
    }

    #[test]
    fn a_prefix_is_what_all_share() {
        assert_eq!(common_prefix(["web-1", "web-2", "web-10"]), "web-");
        assert_eq!(common_prefix(["web", "web-2"]), "web");
        assert_eq!(common_prefix(["e\u{301}a", "e\u{300}a"]), "");
        assert_eq!(common_prefix(["only"]), "");
        assert_eq!(common_prefix([]), "");
    }
}
