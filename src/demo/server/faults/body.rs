//! Spoiling a body while it is sent: cut, ended, silent, slow. Changes no other part of an answer.

use std::io;
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures::stream;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Line, Misdeed};
use crate::demo::server::answer::{self, Body};

/// A body on its way.
struct Spoilt {
    body: Body,
    line: watch::Receiver<Line>,
    silences: u64,
    /// Bytes that may still pass, and whether the end is clean.
    bytes: Option<(usize, bool)>,
    lines: Option<usize>,
    /// Lines that still come before some are lost, and how many those are.
    lost: (usize, usize),
    /// Lines that still come before one that is put in, and that one.
    inserted: Option<(usize, Bytes)>,
    /// Whether it is a watch in protobuf: frames instead of lines.
    framed: bool,
    closes: Option<Instant>,
    falls_silent: Option<Instant>,
    slow: Option<usize>,
    over: bool,
}

/// The body as faults and line leave it. Whole bodies without faults stay as they are.
pub(super) fn spoil(body: Body, misdeeds: Vec<Misdeed>, line: watch::Receiver<Line>, framed: bool) -> Body {
    if misdeeds.is_empty() && body.size_hint().exact().is_some() {
        return body;
    }
    let silences = line.borrow().silences;
    let mut spoilt = Spoilt {
        body,
        line,
        silences,
        bytes: None,
        lines: None,
        lost: (0, 0),
        inserted: None,
        framed,
        closes: None,
        falls_silent: None,
        slow: None,
        over: false,
    };
    for misdeed in misdeeds {
        spoilt.add(&misdeed);
    }
    answer::stream(stream::unfold(spoilt, |mut spoilt| async move {
        let piece = spoilt.next().await?;
        Some((piece, spoilt))
    }))
}

impl Spoilt {
    fn add(&mut self, misdeed: &Misdeed) {
        match misdeed {
            Misdeed::CutAfterLines(lines) => self.lines = Some(*lines),
            Misdeed::CutAfterBytes(bytes) => self.bytes = Some((*bytes, false)),
            Misdeed::EndAfterBytes(bytes) => self.bytes = Some((*bytes, true)),
            Misdeed::CloseAfter(after) => self.closes = Some(Instant::now() + *after),
            Misdeed::SilentAfter(after) => self.falls_silent = Some(Instant::now() + *after),
            Misdeed::LoseLines { after, count } => self.lost = (*after, *count),
            Misdeed::Insert { after, line } => self.inserted = Some((*after, line.clone())),
            Misdeed::Slow(rate) => self.slow = Some((*rate).max(1)),
            _ => {}
        }
    }

    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.over || self.bytes == Some((0, true)) {
            return None;
        }
        if self.broken() {
            self.over = true;
            // hyper forgets what it has not sent yet when a body fails.
            tokio::time::sleep(Duration::from_millis(10)).await;
            return Some(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let silences = self.silences;
        let piece = tokio::select! {
            biased;
            () = silenced(&mut self.line, silences) => std::future::pending().await,
            () = until(self.falls_silent) => std::future::pending().await,
            () = until(self.closes) => return None,
            frame = self.body.frame() => frame?.map(|frame| frame.into_data().unwrap_or_default()),
        };
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) => return Some(Err(error)),
        };
        let piece = self.lose_lines(piece);
        let piece = self.insert(piece);
        let piece = self.cut_lines(piece);
        let piece = self.cut_bytes(piece);
        if let Some(rate) = self.slow {
            tokio::time::sleep(Duration::from_secs_f64(piece.len() as f64 / rate as f64)).await;
        }
        Some(Ok(piece))
    }

    fn broken(&self) -> bool {
        self.lines == Some(usize::MAX) || self.bytes == Some((0, false))
    }

    /// Takes lines out, whole.
    fn lose_lines(&mut self, piece: Bytes) -> Bytes {
        if self.lost.1 == 0 {
            return piece;
        }
        let (mut kept, mut start) = (Vec::with_capacity(piece.len()), 0);
        for end in self.ends(&piece) {
            match &mut self.lost {
                (0, lost @ 1..) => *lost -= 1,
                (before, _) => {
                    *before = before.saturating_sub(1);
                    kept.extend_from_slice(piece.get(start..end).unwrap_or_default());
                }
            }
            start = end;
        }
        kept.extend_from_slice(piece.get(start..).unwrap_or_default());
        kept.into()
    }

    /// Puts a line in.
    fn insert(&mut self, piece: Bytes) -> Bytes {
        let Some((before, line)) = self.inserted.take() else {
            return piece;
        };
        let ends = self.ends(&piece);
        let Some(end) = before.checked_sub(1).map_or(Some(&0), |at| ends.get(at)) else {
            self.inserted = Some((before - ends.len(), line));
            return piece;
        };
        let (head, tail) = piece.split_at(*end);
        let last = head.trim_ascii_end().rsplit(|byte| *byte == b'\n').next();
        // The line before, or after, says whether there are time stamps.
        let model = last.filter(|line| !line.is_empty()).unwrap_or(tail);
        let stamp = memchr::memchr(b' ', model).and_then(|at| model.get(..=at));
        let stamp = stamp.filter(|stamp| stamp.len() > 20 && stamp.ends_with(b"Z "));
        [head, stamp.unwrap_or_default(), &line, b"\n", tail]
            .concat()
            .into()
    }

    /// Lets whole lines pass, then half of one; `usize::MAX` marks that nothing more may.
    fn cut_lines(&mut self, mut piece: Bytes) -> Bytes {
        let Some(left) = self.lines else { return piece };
        if left == usize::MAX {
            return Bytes::new();
        }
        let ends = self.ends(&piece);
        let start = if left == 0 {
            Some(0)
        } else {
            ends.get(left - 1).copied()
        };
        match (start, ends.get(left)) {
            (Some(start), Some(end)) => piece.truncate(start + (end - start) / 2),
            (Some(0), None) => piece.truncate(piece.len() / 2),
            _ => {
                self.lines = Some(left - ends.len());
                return piece;
            }
        }
        self.lines = Some(usize::MAX);
        piece
    }

    /// Where the lines of a piece end, or the frames of a watch in protobuf, which always come whole.
    fn ends(&self, piece: &[u8]) -> Vec<usize> {
        if !self.framed {
            return memchr::memchr_iter(b'\n', piece).map(|end| end + 1).collect();
        }
        let mut ends = Vec::new();
        let mut at = 0;
        while let Some(length) = piece.get(at..at + 4).and_then(|length| length.try_into().ok()) {
            at += 4 + u32::from_be_bytes(length) as usize;
            ends.push(at.min(piece.len()));
        }
        ends
    }

    fn cut_bytes(&mut self, mut piece: Bytes) -> Bytes {
        if let Some((left, _)) = &mut self.bytes {
            piece.truncate(*left);
            *left -= piece.remaining();
        }
        piece
    }
}

async fn silenced(line: &mut watch::Receiver<Line>, since: u64) {
    if line.wait_for(|line| line.silences > since).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
