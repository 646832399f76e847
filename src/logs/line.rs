//! One line as it is stored, the chunks that carry many, and the borrowed form a view reads. Owns no text.

use super::{Entry, Level, SourceId};
use crate::clock::Timestamp;

/// What is kept beside the text of one line. 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// When the container wrote it, by its node's clock. A line without one carries that of the line before it.
    pub stamp: Timestamp,
    /// Where its text ends; it starts where the line before it ends. Bytes.
    pub end: u32,
    /// Severity.
    pub level: Level,
    /// What else is known of it.
    pub flags: Flags,
}

/// Facts of one line, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u8);

impl Flags {
    /// It came without a timestamp: a message of the kubelet, not of the container.
    pub const UNSTAMPED: Self = Self(1);
    /// It holds escape sequences.
    pub const ESCAPES: Self = Self(2);
    /// Only its beginning is kept.
    pub const CUT: Self = Self(4);
    /// It arrived after later lines of other streams, by more than the reorder window.
    pub const LATE: Self = Self(8);

    /// True when all bits of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Sets the bits of `other` when `condition` holds.
    #[must_use]
    pub const fn with(self, other: Self, condition: bool) -> Self {
        if condition { Self(self.0 | other.0) } else { self }
    }
}

/// Time for which lines are known to be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The last line received before it.
    pub from: Timestamp,
    /// The first line received after it.
    pub to: Timestamp,
}

/// Complete lines of one stream, in the order the container wrote them: what a stream task sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Whose.
    pub source: SourceId,
    /// Lines missing before the first one here, or `None`.
    pub gap: Option<Gap>,
    /// The texts, one after the other, without timestamps and newlines.
    pub text: Vec<u8>,
    /// One per line.
    pub lines: Vec<Line>,
    /// True length in bytes of each line that was cut, by its number here, ascending.
    pub cuts: Vec<(u32, u64)>,
}

impl Chunk {
    /// Nothing yet.
    pub const fn new(source: SourceId) -> Self {
        Self {
            source,
            gap: None,
            text: Vec::new(),
            lines: Vec::new(),
            cuts: Vec::new(),
        }
    }

    /// The lines with their texts.
    pub fn iter(&self) -> impl Iterator<Item = (&Line, &[u8])> {
        let mut start = 0;
        self.lines.iter().map(move |line| {
            let text = self.text.get(start..line.end as usize).unwrap_or_default();
            start = line.end as usize;
            (line, text)
        })
    }

    /// The true length of a cut line, by its number.
    pub fn cut(&self, line: u32) -> Option<u64> {
        let at = self.cuts.binary_search_by_key(&line, |cut| cut.0).ok()?;
        self.cuts.get(at).map(|cut| cut.1)
    }
}

/// One line as a view reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRef<'a> {
    /// Its place, an anchor that outlives insertions and evictions.
    pub at: Entry,
    /// Whose.
    pub source: SourceId,
    /// When it was written.
    pub stamp: Timestamp,
    /// Severity.
    pub level: Level,
    /// What else is known.
    pub flags: Flags,
    /// The raw text, not neutralised: [`super::ansi::styled`] makes it harmless.
    pub text: &'a [u8],
    /// Its true length in bytes when only the beginning is kept.
    pub cut: Option<u64>,
}
