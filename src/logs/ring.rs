//! The memory of a log pane: segments of all its sources within a bound of bytes, shared out fairly. Knows nothing of order or filters.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::line::Flags;
use super::segment::{Segment, SegmentId, segments_for};
use super::{Chunk, Entry, Line, LineRef, OrderBy, SourceId};
use crate::clock::Timestamp;

/// New segments count up from here, those of older history down.
const MIDDLE: u32 = 1 << 31;

/// Segments of many sources.
#[derive(Debug)]
pub(super) struct Ring {
    limit: usize,
    bytes: usize,
    segments: FxHashMap<SegmentId, Arc<Segment>>,
    shelves: BTreeMap<SourceId, Shelf>,
    next: u32,
    oldest: u32,
    arrival: i64,
    before: i64,
}

/// What one source has.
#[derive(Debug)]
struct Shelf {
    /// Oldest first; the last one takes new lines.
    ids: VecDeque<SegmentId>,
    bytes: usize,
    /// Order key of its newest line.
    key: i64,
    /// Lines of it were dropped.
    dropped: bool,
}

impl Ring {
    /// Empty, for at most `limit` bytes with all overhead.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            bytes: 0,
            segments: FxHashMap::default(),
            shelves: BTreeMap::new(),
            next: MIDDLE,
            oldest: MIDDLE,
            arrival: 0,
            before: 0,
        }
    }

    /// Bytes held, with all overhead.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Number of the chunk that came last.
    pub const fn arrival(&self) -> i64 {
        self.arrival
    }

    /// Adds the lines of a chunk and returns their places, ascending. `late` tells which of them to mark.
    pub fn append(&mut self, chunk: &Chunk, by: OrderBy, late: impl Fn(&Line) -> bool) -> Vec<Entry> {
        self.arrival += 1;
        let shelf = self.shelves.entry(chunk.source).or_insert_with(|| Shelf {
            ids: VecDeque::new(),
            bytes: 0,
            key: i64::MIN,
            dropped: false,
        });
        let mut entries = Vec::with_capacity(chunk.lines.len());
        let mut lines = (0..).zip(chunk.iter()).peekable();
        while let Some((_, (_, text))) = lines.peek() {
            let Some(segment) = open(
                &mut self.segments,
                shelf,
                &mut self.next,
                (chunk.source, text.len()),
            ) else {
                break;
            };
            let before = segment.bytes();
            segment.begin(self.arrival);
            while let Some((number, (line, text))) =
                lines.next_if(|(_, (_, text))| segment.has_room(text.len()))
            {
                shelf.key = shelf.key.max(line.stamp.0);
                let marked = Line {
                    flags: line.flags.with(Flags::LATE, late(line)),
                    ..*line
                };
                let at = segment.push(&marked, text, chunk.cut(number));
                entries.push(Entry {
                    key: if by == OrderBy::Time {
                        shelf.key
                    } else {
                        self.arrival
                    },
                    segment: segment.id(),
                    line: at,
                });
            }
            let grown = segment.bytes() - before;
            shelf.bytes += grown;
            self.bytes += grown;
        }
        entries
    }

    /// Adds lines that are older than all of their source, and returns their places, ascending.
    pub fn prepend(&mut self, chunk: &Chunk, by: OrderBy) -> Vec<Entry> {
        self.before -= 1;
        let first = self.oldest.saturating_sub(segments_for(chunk));
        self.oldest = first;
        let mut older = Vec::new();
        let mut segment = Segment::new(SegmentId(first), chunk.source, i64::MIN);
        segment.begin(self.before);
        for (number, (line, text)) in (0..).zip(chunk.iter()) {
            if !segment.has_room(text.len()) {
                let next = Segment::new(SegmentId(segment.id().0 + 1), chunk.source, i64::MIN);
                older.push(std::mem::replace(&mut segment, next));
                segment.begin(self.before);
            }
            segment.push(line, text, chunk.cut(number));
        }
        older.push(segment);
        let entries = older
            .iter()
            .flat_map(|segment| segment.entries(by).map(|(entry, ..)| entry))
            .collect();
        self.shelve_older(chunk.source, older);
        entries
    }

    fn shelve_older(&mut self, source: SourceId, older: Vec<Segment>) {
        let last = older
            .last()
            .and_then(|segment| segment.stamps().map(|(stamp, _)| stamp.0).max());
        let shelf = self.shelves.entry(source).or_insert_with(|| Shelf {
            ids: VecDeque::new(),
            bytes: 0,
            key: last.unwrap_or(i64::MIN),
            dropped: false,
        });
        for mut segment in older.into_iter().rev().filter(|segment| !segment.is_empty()) {
            segment.shrink();
            shelf.bytes += segment.bytes();
            self.bytes += segment.bytes();
            shelf.ids.push_front(segment.id());
            self.segments.insert(segment.id(), Arc::new(segment));
        }
    }

    /// Drops segments when there is more than the limit, a sixteenth more than needed, so that it happens seldom: always the oldest of the source
    /// that holds most. Returns what was dropped.
    pub fn evict(&mut self) -> Vec<Arc<Segment>> {
        let mut gone = Vec::new();
        if self.bytes <= self.limit {
            return gone;
        }
        while self.bytes > self.limit - self.limit / 16 {
            let Some(shelf) = self.shelves.values_mut().max_by_key(|shelf| shelf.bytes) else {
                break;
            };
            let Some(segment) = shelf.ids.pop_front().and_then(|id| self.segments.remove(&id)) else {
                break;
            };
            shelf.dropped = true;
            shelf.bytes -= segment.bytes();
            self.bytes -= segment.bytes();
            gone.push(segment);
        }
        gone
    }

    /// True when lines of a source were dropped for want of memory, or cleared.
    pub fn has_dropped(&self, source: SourceId) -> bool {
        self.shelves.get(&source).is_some_and(|shelf| shelf.dropped)
    }

    /// A line, if it is still held.
    pub fn line(&self, at: Entry) -> Option<LineRef<'_>> {
        self.segments.get(&at.segment)?.line(at)
    }

    /// The place of the same line in an order.
    pub fn place(&self, at: Entry, by: OrderBy) -> Option<Entry> {
        let segment = self.segments.get(&at.segment)?;
        segment.entries(by).nth(at.line as usize).map(|(entry, ..)| entry)
    }

    /// True while a segment is held.
    pub fn holds(&self, id: SegmentId) -> bool {
        self.segments.contains_key(&id)
    }

    /// The newest order key of a source (by time). `None` when it has no lines.
    pub fn newest(&self, source: SourceId) -> Option<i64> {
        self.shelves.get(&source).map(|shelf| shelf.key)
    }

    /// When the oldest line held of a source was written. `None` when it has no lines.
    pub fn oldest(&self, source: SourceId) -> Option<Timestamp> {
        let first = self.shelves.get(&source)?.ids.front()?;
        let segment = self.segments.get(first)?;
        segment.stamps().next().map(|(stamp, _)| stamp)
    }

    /// Everything, oldest segment first.
    pub fn segments(&self) -> Vec<Arc<Segment>> {
        let mut all: Vec<_> = self.segments.values().map(Arc::clone).collect();
        all.sort_unstable_by_key(|segment| segment.id());
        all
    }

    /// Drops all lines. Keys and numbers go on.
    pub fn clear(&mut self) {
        self.segments.clear();
        self.bytes = 0;
        for shelf in self.shelves.values_mut() {
            shelf.dropped |= !shelf.ids.is_empty();
            shelf.ids.clear();
            shelf.bytes = 0;
        }
    }
}

/// The segment that takes a text of `need.1` bytes of source `need.0`: the last one while it has room and no worker reads it, else a new one.
fn open<'a>(
    segments: &'a mut FxHashMap<SegmentId, Arc<Segment>>,
    shelf: &mut Shelf,
    next: &mut u32,
    need: (SourceId, usize),
) -> Option<&'a mut Segment> {
    let last = shelf.ids.back().copied();
    let mut usable = false;
    if let Some(segment) = last.and_then(|id| segments.get_mut(&id)).and_then(Arc::get_mut) {
        usable = segment.has_room(need.1);
        if !usable {
            let before = segment.bytes();
            segment.shrink();
            debug_assert_eq!(before, segment.bytes());
        }
    }
    if let (true, Some(id)) = (usable, last) {
        return segments.get_mut(&id).and_then(Arc::get_mut);
    }
    let id = SegmentId(*next);
    *next = next.saturating_add(1).min(SegmentId::MARKER.0 - 1);
    shelf.ids.push_back(id);
    segments.insert(id, Arc::new(Segment::new(id, need.0, shelf.key)));
    segments.get_mut(&id).and_then(Arc::get_mut)
}
