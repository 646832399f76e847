//! The text of an object without what it shares with its siblings: they have one pattern, and each keeps what differs from it. Knows no JSON.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

/// Equal bytes that are worth being shared, and that siblings are compared by.
const WINDOW: usize = 16;
/// Bytes between two windows of a pattern that are looked for.
const STRIDE: usize = 8;
/// Texts from here on are kept whole: places in a pattern are 16 bits wide.
const LONGEST: usize = 1 << 16;

/// A text that siblings are told from; never changes.
pub struct Pattern {
    text: Box<[u8]>,
    /// Where its windows begin, by their hashes; made when something is compared with it.
    windows: OnceLock<Windows>,
    /// What the protobuf of those who share it is told from: that of the first of them.
    proto: OnceLock<Option<Arc<Pattern>>>,
}

/// Where windows begin, in a table that is twice as long as there are windows: those whose hash ends alike stand one after the other.
struct Windows {
    starts: Box<[u16]>,
    mask: usize,
}

/// No window.
const NONE: u16 = u16::MAX;

/// The text of an object: bytes of its own and stretches of its pattern in turn. Cheap to read from the front to the back.
#[derive(Clone)]
pub struct Body {
    /// All of its text if it has no pattern.
    own: Bytes,
    pieces: Box<[Piece]>,
    pattern: Option<Arc<Pattern>>,
    length: usize,
}

/// Own bytes, and a stretch of the pattern after them.
#[derive(Debug, Clone, Copy)]
struct Piece {
    own: u16,
    from: u16,
    take: u16,
}

impl Pattern {
    /// A pattern of this text; `None` if that is too long.
    pub fn new(text: &[u8]) -> Option<Arc<Self>> {
        (text.len() < LONGEST).then(|| {
            Arc::new(Self {
                text: text.into(),
                windows: OnceLock::new(),
                proto: OnceLock::new(),
            })
        })
    }

    fn windows(&self) -> &Windows {
        self.windows.get_or_init(|| {
            let starts: Vec<usize> = (0..self.text.len().saturating_sub(WINDOW))
                .step_by(STRIDE)
                .collect();
            let length = (starts.len() * 2).next_power_of_two();
            let mut windows = Windows {
                starts: vec![NONE; length].into(),
                mask: length - 1,
            };
            for at in starts {
                windows.insert(hash(&self.text[at..at + WINDOW]), at as u16);
            }
            windows
        })
    }

    /// Where the window at the front of `text` is found: at `expected`, else the next place after it, else the first.
    fn find(&self, text: &[u8], expected: usize) -> Option<usize> {
        let window = text.get(..WINDOW)?;
        let is_at = |at: &usize| self.text.get(*at..at + WINDOW) == Some(window);
        if is_at(&expected) {
            return Some(expected);
        }
        let mut found = None;
        for at in self.windows().candidates(hash(window)).filter(is_at) {
            if at >= expected {
                return Some(at);
            }
            found = found.or(Some(at));
        }
        found
    }
}

impl Windows {
    fn insert(&mut self, hash: usize, start: u16) {
        let mut slot = hash & self.mask;
        while self.starts[slot] != NONE {
            slot = (slot + 1) & self.mask;
        }
        self.starts[slot] = start;
    }

    /// Windows that may have this hash, in their order.
    fn candidates(&self, hash: usize) -> impl Iterator<Item = usize> {
        let slots = (0..self.starts.len()).map(move |step| self.starts[(hash + step) & self.mask]);
        slots.take_while(|start| *start != NONE).map(usize::from)
    }
}

/// A body as it grows.
struct Growing<'a> {
    pattern: &'a Arc<Pattern>,
    own: Vec<u8>,
    pieces: Vec<Piece>,
    /// Own bytes that no piece counts yet.
    open: usize,
}

impl<'a> Growing<'a> {
    fn new(pattern: &'a Arc<Pattern>, pieces: usize) -> Self {
        Self {
            pattern,
            own: Vec::with_capacity(512),
            pieces: Vec::with_capacity(pieces),
            open: 0,
        }
    }

    fn own(&mut self, bytes: &[u8]) {
        self.own.extend_from_slice(bytes);
        self.open += bytes.len();
    }

    fn share(&mut self, stretch: Range<usize>) {
        if !stretch.is_empty() {
            // More than a piece can count is told by pieces that share nothing.
            while self.open > usize::from(u16::MAX) {
                self.open -= usize::from(u16::MAX);
                self.pieces.push(Piece {
                    own: u16::MAX,
                    from: 0,
                    take: 0,
                });
            }
            self.pieces.push(Piece {
                own: self.open as u16,
                from: stretch.start as u16,
                take: stretch.len() as u16,
            });
            self.open = 0;
        }
    }

    fn done(self) -> Body {
        let shared: usize = self.pieces.iter().map(|piece| usize::from(piece.take)).sum();
        Body {
            length: self.own.len() + shared,
            own: self.own.into_boxed_slice().into(),
            pieces: self.pieces.into(),
            pattern: Some(Arc::clone(self.pattern)),
        }
    }
}

impl Body {
    /// A text of its own.
    pub fn whole(text: Vec<u8>) -> Self {
        // Without the room that the text has grown into: that would be half as much again.
        Self {
            length: text.len(),
            own: text.into_boxed_slice().into(),
            pieces: Box::default(),
            pattern: None,
        }
    }

    /// What `text` does not share with `pattern`.
    pub fn like(pattern: &Arc<Pattern>, text: &[u8]) -> Self {
        if text.len() >= LONGEST {
            return Self::whole(text.to_vec());
        }
        let mut body = Growing::new(pattern, 32);
        let (mut at, mut told, mut expected) = (0, 0, 0);
        while at < text.len() {
            let Some(mut from) = pattern.find(&text[at..], expected) else {
                (at, expected) = (at + 1, expected + 1);
                continue;
            };
            while at > told && from > 0 && text[at - 1] == pattern.text[from - 1] {
                (at, from) = (at - 1, from - 1);
            }
            let take = common(&text[at..], &pattern.text[from..]);
            body.own(&text[told..at]);
            body.share(from..from + take);
            (at, expected) = (at + take, from + take);
            told = at;
        }
        body.own(&text[told..]);
        body.done()
    }

    /// Words put between stretches of a pattern: each word stands before its stretch.
    pub fn cast<'a>(pattern: &Arc<Pattern>, parts: impl Iterator<Item = (&'a str, Range<usize>)>) -> Self {
        let mut body = Growing::new(pattern, parts.size_hint().0);
        for (word, stretch) in parts {
            body.own(word.as_bytes());
            body.share(stretch);
        }
        body.done()
    }

    /// The text with other bytes in the place of some.
    #[must_use]
    pub fn spliced(&self, range: Range<usize>, bytes: &[u8]) -> Self {
        let Some(pattern) = &self.pattern else {
            let (before, after) = (self.own.get(..range.start), self.own.get(range.end..));
            return Self::whole([before.unwrap_or_default(), bytes, after.unwrap_or_default()].concat());
        };
        let mut body = Growing::new(pattern, self.pieces.len() + 2);
        self.copy(0..range.start, &mut body);
        body.own(bytes);
        self.copy(range.end..self.length, &mut body);
        body.done()
    }

    fn copy(&self, range: Range<usize>, into: &mut Growing<'_>) {
        for (part, from, within) in self.parts_of(range) {
            match from {
                Some(from) => into.share(from + within.start..from + within.end),
                None => into.own(part.get(within).unwrap_or_default()),
            }
        }
    }

    /// The same object in another encoding, told from that of its siblings.
    #[must_use]
    pub fn encoded(&self, bytes: Vec<u8>) -> Self {
        let pattern = self.pattern.as_ref();
        match pattern.and_then(|pattern| pattern.proto.get_or_init(|| Pattern::new(&bytes)).as_ref()) {
            Some(pattern) => Self::like(pattern, &bytes),
            None => Self::whole(bytes),
        }
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it has no text.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Bytes of memory it takes for itself, its pattern left aside.
    pub fn weight(&self) -> usize {
        self.own.len() + std::mem::size_of_val(&*self.pieces)
    }

    /// What it is told from; `None` if it is whole.
    pub fn pattern(&self) -> Option<&Arc<Pattern>> {
        self.pattern.as_ref()
    }

    /// Its text, put together.
    pub fn text(&self) -> Bytes {
        if self.pattern.is_none() {
            return self.own.clone();
        }
        let mut text = Vec::with_capacity(self.length);
        self.push_to(&mut text);
        text.into()
    }

    /// Appends its text.
    pub fn push_to(&self, out: &mut Vec<u8>) {
        out.reserve(self.length);
        for part in self.parts() {
            out.extend_from_slice(part);
        }
    }

    /// Appends its text from a place on, up to another; what is beyond its end is left out.
    pub fn push_range(&self, range: Range<usize>, out: &mut Vec<u8>) {
        for (part, _, within) in self.parts_of(range) {
            out.extend_from_slice(part.get(within).unwrap_or_default());
        }
    }

    /// Whether it is this text.
    pub fn is(&self, text: &[u8]) -> bool {
        let rest = self.parts().try_fold(text, |text, part| text.strip_prefix(part));
        rest.is_some_and(<[u8]>::is_empty)
    }

    /// Whether its text begins so.
    pub fn begins_with(&self, start: &[u8]) -> bool {
        let rest = self.parts().try_fold(start, |start, part| {
            start
                .strip_prefix(part)
                .or_else(|| part.starts_with(start).then_some(&[]))
        });
        rest.is_some_and(<[u8]>::is_empty)
    }

    fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.stretches().map(|(part, _)| part)
    }

    /// Its parts that a range touches, where each begins in the pattern, and what of it is within.
    fn parts_of(&self, range: Range<usize>) -> impl Iterator<Item = (&[u8], Option<usize>, Range<usize>)> {
        let end = range.end;
        let mut before = 0;
        let parts = self.stretches().map(move |(part, from)| {
            let start = before;
            before += part.len();
            (part, from, start)
        });
        parts
            .take_while(move |(.., start)| *start < end)
            .map(move |(part, from, start)| {
                let of = |place: usize| place.saturating_sub(start).min(part.len());
                (part, from, of(range.start)..of(range.end))
            })
    }

    /// Its parts in order, and where they begin in the pattern; `None`: they are its own.
    fn stretches(&self) -> impl Iterator<Item = (&[u8], Option<usize>)> {
        let shared: &[u8] = self.pattern.as_ref().map_or(&[], |pattern| &pattern.text);
        let mut rest: &[u8] = &self.own;
        let pieces = self.pieces.iter().flat_map(move |piece| {
            let (own, after) = rest.split_at_checked(piece.own.into()).unwrap_or_default();
            rest = after;
            let from = usize::from(piece.from);
            let stretch = shared.get(from..from + usize::from(piece.take));
            [(own, None), (stretch.unwrap_or_default(), Some(from))]
        });
        let told: usize = self.pieces.iter().map(|piece| usize::from(piece.own)).sum();
        pieces.chain(self.own.get(told..).map(|rest| (rest, None)))
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length && self.is(&other.text())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&String::from_utf8_lossy(&self.text()))
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&String::from_utf8_lossy(&self.text))
    }
}

fn hash(window: &[u8]) -> usize {
    let word = |at: usize| {
        let bytes = window.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
        u64::from_le_bytes(bytes.unwrap_or_default())
    };
    let mixed = (word(0) ^ word(8).rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize
}

/// How many bytes two texts begin with in common.
fn common(one: &[u8], other: &[u8]) -> usize {
    const STEP: usize = 32;
    let steps = one.chunks_exact(STEP).zip(other.chunks_exact(STEP));
    let start = steps.take_while(|(one, other)| one == other).count() * STEP;
    let rest = one[start..].iter().zip(&other[start..]);
    start + rest.take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that share much with each other, in some disorder.
    fn texts() -> Vec<String> {
        let mut random = fastrand::Rng::with_seed(5);
        let words: Vec<String> = (0..60)
            .map(|at| format!("\"name-{at}\":{{\"value\":\"{}\"}},", "abcdef".repeat(at % 7)))
            .collect();
        (0..60)
            .map(|_| {
                let mut list: Vec<String> = words.clone();
                for _ in 0..random.usize(0..6) {
                    let at = random.usize(0..list.len());
                    match random.u8(0..4) {
                        0 => drop(list.remove(at)),
                        1 => list.swap(at, 0),
                        2 => list.insert(at, random.u64(..).to_string()),
                        _ => list[at].push_str(&"é".repeat(random.usize(0..20))),
                    }
                }
                list.concat()
            })
            .collect()
    }

    #[test]
    fn a_text_told_from_a_sibling_reads_as_it_was() {
        let texts = texts();
        for pattern in [&texts[0], &texts[7], &String::new(), &"short".to_owned()] {
            let pattern = Pattern::new(pattern.as_bytes()).unwrap();
            for text in texts
                .iter()
                .map(String::as_str)
                .chain(["", "x", "0123456789abcdef"])
            {
                let body = Body::like(&pattern, text.as_bytes());
                assert_eq!(body.text(), text.as_bytes());
                assert_eq!(body.len(), text.len());
                let (start, end) = (text.len() / 3, text.len() / 2);
                let spliced = body.spliced(start..end, b"something else");
                let (head, tail) = (&text.as_bytes()[..start], &text.as_bytes()[end..]);
                assert_eq!(spliced.text(), [head, b"something else", tail].concat());
                assert!(body.is(text.as_bytes()) && !body.is(format!("{text}x").as_bytes()));
                let mut part = Vec::new();
                body.push_range(3..text.len().saturating_sub(2), &mut part);
                assert_eq!(
                    part,
                    text.as_bytes()
                        .get(3..text.len().saturating_sub(2))
                        .unwrap_or_default()
                );
            }
        }
    }

    #[test]
    fn a_text_is_compared_across_its_pieces() {
        let pattern = Pattern::new(b"<one stretch><another stretch>").unwrap();
        let body = Body::cast(
            &pattern,
            [("", 0..13), ("word", 13..30), ("", 30..30)].into_iter(),
        );
        assert_eq!(body.text(), "<one stretch>word<another stretch>");
        for (start, begins) in [
            ("", true),
            ("<one", true),
            ("<one stretch>wor", true),
            ("<two", false),
        ] {
            assert_eq!(body.begins_with(start.as_bytes()), begins, "{start}");
        }
        assert!(body.begins_with(&body.text()) && !body.begins_with(b"<one stretch>word<another stretch>x"));
    }

    #[test]
    fn much_of_its_own_may_stand_before_what_is_shared() {
        let pattern = Pattern::new(b"<one stretch><another stretch>").unwrap();
        let body = Body::like(&pattern, b"<one stretch><another stretch>");
        for length in [65_535, 65_536, 131_070, 200_000] {
            let note = "n".repeat(length);
            let long = body.spliced(13..13, note.as_bytes());
            let text = format!("<one stretch>{note}<another stretch>");
            assert!(long.is(text.as_bytes()), "{length}");
            assert_eq!(long.len(), text.len());
            let shorter = long.spliced(13..13 + length, b"!");
            assert_eq!(shorter.text(), "<one stretch>!<another stretch>", "{length}");
        }
    }

    #[test]
    fn what_siblings_share_is_kept_once() {
        let texts = texts();
        let pattern = Pattern::new(texts[0].as_bytes()).unwrap();
        for text in &texts {
            let body = Body::like(&pattern, text.as_bytes());
            assert!(
                body.weight() < text.len() / 4,
                "{} of {}",
                body.weight(),
                text.len()
            );
        }
        assert!(Body::like(&pattern, texts[0].as_bytes()).weight() <= 6);
        let stranger = "z".repeat(900);
        assert!(Body::like(&pattern, stranger.as_bytes()).weight() >= 900);
        let long = "long ".repeat(20_000);
        assert_eq!(Body::like(&pattern, long.as_bytes()).text(), long.as_bytes());
        assert!(Pattern::new(long.as_bytes()).is_none());
    }
}
