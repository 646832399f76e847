//! Breaks a line of pieces at a width: between words where it can. Draws nothing.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{Look, Piece, Text};
use crate::text::width;

/// The rows of a line, at least one; all but the first are indented. Words longer than a row are cut; blanks at a break are dropped.
pub fn wrap(line: &Text, columns: u16, indent: u16) -> Vec<Text> {
    let room = usize::from(columns.max(1));
    let mut rows = Rows {
        indent: usize::from(indent).min(room / 2),
        ..Rows::default()
    };
    for piece in line {
        for word in words(&piece.text) {
            rows.word(word, piece.look, room);
        }
    }
    rows.done.push(rows.row);
    rows.done
}

/// Words, and the blanks between them one by one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(' ')
        .flat_map(|part| match part.strip_suffix(' ') {
            Some(word) => [word, " "],
            None => [part, ""],
        })
        .filter(|word| !word.is_empty())
}

#[derive(Default)]
struct Rows {
    done: Vec<Text>,
    row: Text,
    used: usize,
    indent: usize,
}

impl Rows {
    fn word(&mut self, word: &str, look: Look, room: usize) {
        let columns = width(word);
        if self.used + columns <= room {
            return self.push(word, look, columns);
        }
        if self.used > 0 {
            self.next();
        }
        if word.trim().is_empty() {
            return;
        }
        for grapheme in word.graphemes(true) {
            let columns = width(grapheme);
            if self.used + columns > room && self.used > self.indent {
                self.next();
            }
            self.push(grapheme, look, columns);
        }
    }

    fn next(&mut self) {
        self.done.push(std::mem::take(&mut self.row));
        self.used = 0;
        if self.indent > 0 {
            self.push(&" ".repeat(self.indent), Look::Plain, self.indent);
        }
    }

    fn push(&mut self, text: &str, look: Look, columns: usize) {
        self.used += columns;
        match self.row.last_mut() {
            Some(last) if last.look == look => last.text.push_str(text),
            _ => self.row.push(Piece {
                text: text.to_owned(),
                look,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, columns: u16) -> Vec<String> {
        let line = vec![Piece {
            text: text.to_owned(),
            look: Look::Plain,
        }];
        let plain = |row: &Text| row.iter().map(|piece| piece.text.as_str()).collect();
        wrap(&line, columns, 0).iter().map(plain).collect()
    }

    #[test]
    fn breaks_between_words_and_inside_long_ones() {
        assert_eq!(rows("", 5), [""]);
        assert_eq!(rows("one two three", 7), ["one two", "three"]);
        assert_eq!(rows("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(rows("日本語", 4), ["日本", "語"]);
        assert_eq!(rows("日本", 1), ["日", "本"]);
    }

    #[test]
    fn what_goes_on_is_indented() {
        let line = vec![Piece {
            text: "$ kubectl scale deploy/web".to_owned(),
            look: Look::Key,
        }];
        let rows = wrap(&line, 12, 2);
        let widths: Vec<usize> = rows
            .iter()
            .map(|row| row.iter().map(|piece| width(&piece.text)).sum())
            .collect();
        assert_eq!(rows.len(), 3);
        assert!(widths.iter().all(|width| *width <= 12), "{widths:?}");
        assert_eq!(
            rows[2].last().map(|piece| piece.text.as_str()),
            Some("deploy/web")
        );
    }

    #[test]
    fn pieces_keep_their_look() {
        let piece = |text: &str, look| Piece {
            text: text.to_owned(),
            look,
        };
        let line = vec![piece("aa bb", Look::Key), piece(" cc", Look::Match)];
        assert_eq!(
            wrap(&line, 5, 0),
            [vec![piece("aa bb", Look::Key)], vec![piece("cc", Look::Match)]]
        );
    }
}
