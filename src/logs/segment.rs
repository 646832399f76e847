//! A run of lines of one source in one block of memory: written once, then shared with workers. Knows no other source.

use super::level::LEVELS;
use super::line::Flags;
use super::{Chunk, Entry, Level, Line, LineRef, OrderBy, SourceId};
use crate::clock::Timestamp;

/// Text a segment takes before the next one is begun, in bytes. A single longer line gets a segment of its own.
pub const SEGMENT_BYTES: usize = 64 << 10;

/// What one line costs beside its text, in bytes: its [`Line`] and its [`Entry`].
pub const LINE_OVERHEAD: usize = size_of::<Line>() + size_of::<Entry>();

/// A segment's number; ascending in the order of a source's lines, also when older ones are loaded later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId(pub u32);

impl SegmentId {
    /// Stands for markers; after every segment.
    pub const MARKER: Self = Self(u32::MAX);
}

/// Lines of one source.
#[derive(Debug)]
pub struct Segment {
    id: SegmentId,
    source: SourceId,
    /// Order key of the source's line before the first one here: keys of one source never fall.
    floor: i64,
    text: Vec<u8>,
    lines: Vec<Line>,
    /// (first line, arrival number) of each chunk.
    runs: Vec<(u32, i64)>,
    cuts: Vec<(u32, u64)>,
    levels: [u32; LEVELS],
}

impl Segment {
    pub(super) const fn new(id: SegmentId, source: SourceId, floor: i64) -> Self {
        Self {
            id,
            source,
            floor,
            text: Vec::new(),
            lines: Vec::new(),
            runs: Vec::new(),
            cuts: Vec::new(),
            levels: [0; LEVELS],
        }
    }

    /// Its number.
    pub const fn id(&self) -> SegmentId {
        self.id
    }

    /// Whose lines.
    pub const fn source(&self) -> SourceId {
        self.source
    }

    /// How many lines.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// True without lines.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What it holds with all overhead, in bytes.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.lines.len() * LINE_OVERHEAD + self.runs.len() * 16
    }

    /// Lines per level.
    pub const fn levels(&self) -> &[u32; LEVELS] {
        &self.levels
    }

    /// When its lines were written, in their order.
    pub fn stamps(&self) -> impl Iterator<Item = (Timestamp, Level)> {
        self.lines.iter().map(|line| (line.stamp, line.level))
    }

    pub(super) fn has_room(&self, text: usize) -> bool {
        self.lines.is_empty() || self.text.len() + text <= SEGMENT_BYTES
    }

    /// Begins a chunk; `arrival` is its number.
    pub(super) fn begin(&mut self, arrival: i64) {
        self.runs.push((self.lines.len() as u32, arrival));
    }

    /// Adds one line and returns its number.
    pub(super) fn push(&mut self, line: &Line, text: &[u8], cut: Option<u64>) -> u32 {
        let number = self.lines.len() as u32;
        self.text.extend_from_slice(text);
        self.lines.push(Line {
            end: self.text.len() as u32,
            ..*line
        });
        if let Some(count) = self.levels.get_mut(line.level as usize) {
            *count += 1;
        }
        if let Some(length) = cut {
            self.cuts.push((number, length));
        }
        number
    }

    /// Gives back what its vectors reserved and did not use.
    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.lines.shrink_to_fit();
        self.runs.shrink_to_fit();
    }

    /// The text of a line; empty when there is none.
    pub fn text(&self, line: u32) -> &[u8] {
        let line = line as usize;
        let start = line
            .checked_sub(1)
            .and_then(|before| self.lines.get(before))
            .map_or(0, |before| before.end as usize);
        self.lines
            .get(line)
            .and_then(|line| self.text.get(start..line.end as usize))
            .unwrap_or_default()
    }

    /// A line for a view. `None` when there is none.
    pub fn line(&self, at: Entry) -> Option<LineRef<'_>> {
        let line = self.lines.get(at.line as usize)?;
        let cut = (line.flags.has(Flags::CUT))
            .then(|| self.cuts.iter().find(|cut| cut.0 == at.line))
            .flatten();
        Some(LineRef {
            at,
            source: self.source,
            stamp: line.stamp,
            level: line.level,
            flags: line.flags,
            text: self.text(at.line),
            cut: cut.map(|cut| cut.1),
        })
    }

    /// All lines with their places, in the source's own order; keys never fall.
    pub fn entries(&self, by: OrderBy) -> impl Iterator<Item = (Entry, &Line, &[u8])> {
        let mut key = self.floor;
        let mut start = 0;
        let mut runs = self.runs.iter().peekable();
        let mut arrival = 0;
        self.lines.iter().enumerate().map(move |(number, line)| {
            while let Some((_, next)) = runs.next_if(|(first, _)| *first as usize <= number) {
                arrival = *next;
            }
            key = key.max(line.stamp.0);
            let text = self.text.get(start..line.end as usize).unwrap_or_default();
            start = line.end as usize;
            let entry = Entry {
                key: if by == OrderBy::Time { key } else { arrival },
                segment: self.id,
                line: number as u32,
            };
            (entry, line, text)
        })
    }
}

/// How many segments a chunk fills when it starts with a new one.
pub(super) fn segments_for(chunk: &Chunk) -> u32 {
    let mut count = 0;
    let mut filled = usize::MAX;
    for (_, text) in chunk.iter() {
        filled = filled.saturating_add(text.len());
        if filled > SEGMENT_BYTES {
            count += 1;
            filled = text.len();
        }
    }
    count
}

const _: () = assert!(size_of::<Line>() == 16 && size_of::<Entry>() == 16);
