//! From the bytes of a log stream to chunks of complete lines, and where to resume after the stream broke. Reads no socket.

use rustc_hash::FxHashMap;

use super::line::Flags;
use super::{Chunk, Gap, Level, Line, SourceId, stamp};
use crate::clock::Timestamp;

/// What is kept of one line, in bytes; the rest is counted and dropped.
pub const LINE_MAX: usize = 256 << 10;

/// Text after which a chunk should be sent, in bytes.
pub const CHUNK_BYTES: usize = 256 << 10;

/// The longest timestamp prefix, in bytes.
const PREFIX_MAX: usize = 64;

/// How far a stream was read: the full timestamps, with their counts, of all lines within the second of the last complete one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resume {
    last: Option<Timestamp>,
    seen: Vec<(Timestamp, u32)>,
}

impl Resume {
    /// `sinceTime` of the next request: the second of the last complete line. `None` when there was none.
    pub fn since(&self) -> Option<Timestamp> {
        self.last.map(|last| Timestamp::from_seconds(last.seconds()))
    }

    /// The last complete line. `None` when there was none.
    pub const fn last(&self) -> Option<Timestamp> {
        self.last
    }

    fn note(&mut self, stamp: Timestamp) {
        if self.last.is_none_or(|last| last.seconds() < stamp.seconds()) {
            let second = Timestamp::from_seconds(stamp.seconds());
            self.seen.retain(|(seen, _)| *seen >= second);
        }
        self.last = Some(stamp);
        match self.seen.last_mut() {
            Some((seen, count)) if *seen == stamp => *count += 1,
            _ => self.seen.push((stamp, 1)),
        }
    }
}

/// Lines that a resumed stream sends again.
#[derive(Debug)]
struct Replay {
    last: Timestamp,
    newest: Timestamp,
    left: FxHashMap<Timestamp, u32>,
    found_last: bool,
}

impl Replay {
    fn new(resume: &Resume) -> Option<Self> {
        let last = resume.last?;
        let mut left = FxHashMap::default();
        let mut newest = last;
        for (stamp, count) in &resume.seen {
            *left.entry(*stamp).or_insert(0) += count;
            newest = newest.max(*stamp);
        }
        Some(Self {
            last,
            newest,
            left,
            found_last: false,
        })
    }

    /// True for a line that was received before the break.
    fn skips(&mut self, stamp: Timestamp) -> bool {
        let Some(count) = self.left.get_mut(&stamp).filter(|count| **count > 0) else {
            return false;
        };
        *count -= 1;
        self.found_last |= stamp == self.last;
        true
    }
}

/// Cuts one stream into lines. Holds an unterminated last line back; keeps memory bounded whatever comes.
#[derive(Debug)]
pub struct Cutter {
    resume: Resume,
    replay: Option<Replay>,
    held: Vec<u8>,
    /// True length of the held line, in bytes.
    held_length: u64,
    chunk: Chunk,
}

impl Cutter {
    /// A stream read from its start.
    pub fn new(source: SourceId) -> Self {
        Self {
            resume: Resume::default(),
            replay: None,
            held: Vec::new(),
            held_length: 0,
            chunk: Chunk::new(source),
        }
    }

    /// A stream read from where another one was left: gives only what that one has not received.
    pub fn resumed(source: SourceId, resume: &Resume) -> Self {
        let mut cutter = Self::new(source);
        cutter.resume = resume.clone();
        cutter.replay = Replay::new(resume);
        cutter
    }

    /// Takes bytes as they come.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while let Some(at) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = bytes.split_at(at);
            bytes = rest.get(1..).unwrap_or_default();
            if self.held_length == 0 {
                self.line(line, line.len() as u64);
            } else {
                self.hold(line);
                self.release();
            }
        }
        self.hold(bytes);
    }

    /// The complete lines so far, or `None` when there are none.
    pub fn take(&mut self) -> Option<Chunk> {
        if self.chunk.lines.is_empty() {
            return None;
        }
        let fresh = Chunk::new(self.chunk.source);
        Some(std::mem::replace(&mut self.chunk, fresh))
    }

    /// True when it is time to [`take`](Self::take), however much more is waiting.
    pub fn is_full(&self) -> bool {
        self.chunk.text.len() >= CHUNK_BYTES
    }

    /// The container ended: what is held is its last line.
    pub fn finish(&mut self) {
        if self.held_length > 0 {
            self.release();
        }
    }

    /// The stream broke: the unterminated line is forgotten (it will be sent again, whole) and what was received already will be skipped. Ask for the
    /// log from [`Resume::since`] on.
    pub fn reconnect(&mut self) -> &Resume {
        self.held = Vec::new();
        self.held_length = 0;
        self.replay = Replay::new(&self.resume);
        &self.resume
    }

    /// How far it was read.
    pub const fn resume(&self) -> &Resume {
        &self.resume
    }

    fn hold(&mut self, bytes: &[u8]) {
        let room = (LINE_MAX + PREFIX_MAX).saturating_sub(self.held.len());
        self.held.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.held_length += bytes.len() as u64;
    }

    fn release(&mut self) {
        let held = std::mem::take(&mut self.held);
        let length = std::mem::take(&mut self.held_length);
        self.line(&held, length);
        if held.capacity() <= PREFIX_MAX << 10 {
            self.held = held;
            self.held.clear();
        }
    }

    /// One complete line: `line` is its beginning, `length` its true length with the timestamp.
    fn line(&mut self, line: &[u8], length: u64) {
        let stamped = stamp::split(line);
        if let Some((stamp, _)) = stamped {
            if self.was_received(stamp) {
                return;
            }
            self.resume.note(stamp);
        }
        let (stamp, text) = stamped.unwrap_or((self.resume.last.unwrap_or_default(), line));
        let length = length - (line.len() - text.len()) as u64;
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let kept = text.get(..LINE_MAX).unwrap_or(text);
        let cut = length > LINE_MAX as u64;
        if cut {
            self.chunk.cuts.push((self.chunk.lines.len() as u32, length));
        }
        let flags = Flags::default()
            .with(Flags::UNSTAMPED, stamped.is_none())
            .with(Flags::ESCAPES, memchr::memchr(0x1b, kept).is_some())
            .with(Flags::CUT, cut);
        self.chunk.text.extend_from_slice(kept);
        self.chunk.lines.push(Line {
            stamp,
            end: self.chunk.text.len() as u32,
            level: Level::of(kept),
            flags,
        });
    }

    /// True for a line sent again after a reconnect. The first new line ends the replay and tells whether lines are missing: then the last one
    /// received before the break was not sent again, so the log was rotated in between.
    fn was_received(&mut self, stamp: Timestamp) -> bool {
        let Some(replay) = &mut self.replay else {
            return false;
        };
        if replay.skips(stamp) {
            return true;
        }
        if stamp > replay.newest {
            if !replay.found_last && self.chunk.lines.is_empty() {
                self.chunk.gap = Some(Gap {
                    from: replay.last,
                    to: stamp,
                });
            }
            self.replay = None;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{Cutter, LINE_MAX};
    use crate::clock::Timestamp;
    use crate::logs::{Chunk, SourceId};

    fn texts(chunk: Option<Chunk>) -> Vec<String> {
        let Some(chunk) = chunk else { return Vec::new() };
        chunk
            .iter()
            .map(|(_, text)| String::from_utf8_lossy(text).into_owned())
            .collect()
    }

    fn line(nanos: u32, text: &str) -> String {
        format!("2026-11-21T09:11:16.{nanos:09}Z {text}\n")
    }

    #[test]
    fn cuts_anywhere_give_the_same_lines() {
        let log = [line(1, "one"), line(2, ""), line(3, "three\r"), line(3, "drei")].concat();
        for size in 1..log.len() {
            let mut cutter = Cutter::new(SourceId(0));
            let mut got = Vec::new();
            for piece in log.as_bytes().chunks(size) {
                cutter.push(piece);
                got.extend(texts(cutter.take()));
            }
            assert_eq!(got, ["one", "", "three", "drei"], "pieces of {size}");
        }
    }

    #[test]
    fn an_unterminated_line_waits_for_its_newline_or_the_end() {
        let mut cutter = Cutter::new(SourceId(0));
        cutter.push(line(1, "whole").as_bytes());
        cutter.push(b"2026-11-21T09:11:17Z half a li");
        assert_eq!(texts(cutter.take()), ["whole"]);
        cutter.push(b"ne\n2026-11-21T09:11:18Z last words");
        assert_eq!(texts(cutter.take()), ["half a line"]);
        cutter.finish();
        assert_eq!(texts(cutter.take()), ["last words"]);
        assert!(cutter.take().is_none());
    }

    #[test]
    fn equal_timestamps_around_a_reconnect_are_shown_once_each() {
        let mut cutter = Cutter::new(SourceId(0));
        cutter.push([line(5, "a"), line(7, "b"), line(7, "b")].concat().as_bytes());
        cutter.push(b"2026-11-21T09:11:16.000000007Z b, cut by the disc");
        assert_eq!(texts(cutter.take()), ["a", "b", "b"]);
        let resume = cutter.reconnect();
        assert_eq!(resume.since(), Timestamp::parse("2026-11-21T09:11:16Z"));
        let again = [
            line(5, "a"),
            line(7, "b"),
            line(7, "b"),
            line(7, "b, cut by the disconnect"),
            line(9, "c"),
        ];
        cutter.push(again.concat().as_bytes());
        let chunk = cutter.take();
        assert_eq!(chunk.as_ref().unwrap().gap, None);
        assert_eq!(texts(chunk), ["b, cut by the disconnect", "c"]);
    }

    #[test]
    fn a_clock_that_stepped_back_doubles_nothing() {
        let log = [line(500, "x"), line(300, "y"), line(400, "z")].concat();
        let mut cutter = Cutter::new(SourceId(0));
        cutter.push(log.as_bytes());
        cutter.take();
        cutter.reconnect();
        cutter.push(format!("{log}{}", line(450, "new")).as_bytes());
        assert_eq!(texts(cutter.take()), ["new"]);
    }

    #[test]
    fn a_rotated_log_leaves_a_gap_with_its_span() {
        let mut cutter = Cutter::new(SourceId(0));
        cutter.push(b"2026-11-21T09:11:16.5Z before\n");
        cutter.take();
        cutter.reconnect();
        cutter.push(b"2026-11-21T09:11:21Z after\n");
        let gap = cutter.take().unwrap().gap.unwrap();
        assert_eq!(gap.from, Timestamp::parse("2026-11-21T09:11:16.5Z").unwrap());
        assert_eq!(gap.to, Timestamp::parse("2026-11-21T09:11:21Z").unwrap());
    }

    #[test]
    fn a_line_of_16_mib_takes_bounded_memory_and_keeps_its_length() {
        let mut cutter = Cutter::new(SourceId(0));
        cutter.push(b"2026-11-21T09:11:16Z ");
        let block = vec![b'x'; 1 << 20];
        for _ in 0..16 {
            cutter.push(&block);
            assert!(cutter.held.capacity() < 4 * LINE_MAX);
        }
        assert!(cutter.take().is_none());
        cutter.push(b"\n2026-11-21T09:11:16Z next\n");
        let chunk = cutter.take().unwrap();
        assert_eq!(chunk.cuts, [(0, 16 << 20)]);
        let lengths: Vec<usize> = chunk.iter().map(|(_, text)| text.len()).collect();
        assert_eq!(lengths, [LINE_MAX, 4]);
        assert!(cutter.held.capacity() < LINE_MAX);
    }

    #[test]
    fn nul_and_invalid_bytes_are_kept_as_they_are() {
        let mut cutter = Cutter::new(SourceId(0));
        cutter.push(b"2026-11-21T09:11:16Z \0\xff\xc3\x28\x1b[2J\nrpc error: no such container\n");
        let chunk = cutter.take().unwrap();
        let all: Vec<&[u8]> = chunk.iter().map(|(_, text)| text).collect();
        assert_eq!(
            all,
            [&b"\0\xff\xc3\x28\x1b[2J"[..], b"rpc error: no such container"]
        );
    }
}
