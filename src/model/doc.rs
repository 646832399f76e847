//! A text with tones: what describe, YAML and explanations produce, before any colour is chosen.

use std::borrow::Cow;

/// What a piece of text is; a theme role is chosen for it when it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tone {
    /// Ordinary.
    #[default]
    Plain,
    /// Less important: units, defaults, punctuation.
    Dim,
    /// A section title.
    Heading,
    /// A field name.
    Key,
    /// A text value.
    Text,
    /// A number, boolean or null.
    Number,
    /// A comment.
    Comment,
    /// Worth the eye.
    Accent,
    /// Good.
    Ok,
    /// Under way.
    Busy,
    /// Needs a look.
    Warn,
    /// Broken.
    Bad,
}

/// A piece of one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    /// The text, without line ends.
    pub text: Cow<'static, str>,
    /// What it is.
    pub tone: Tone,
}

/// One line.
pub type Line = Vec<Span>;

/// A text of lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doc {
    /// The lines, in order.
    pub lines: Vec<Line>,
}

impl Doc {
    /// Appends a line of spans.
    pub fn push(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// The text without tones.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            for span in line {
                out.push_str(&span.text);
            }
            out.push('\n');
        }
        out
    }
}

/// A span.
pub fn span(text: impl Into<Cow<'static, str>>, tone: Tone) -> Span {
    Span {
        text: text.into(),
        tone,
    }
}
