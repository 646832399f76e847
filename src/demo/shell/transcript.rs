//! Logs of main processes: numbered lines, of which the newest are kept. Knows no processes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::clock::Timestamp;
use crate::demo::kubelet_api::{LogLine, LogSpan};

/// Lines and bytes of a log that are kept, as a kubelet rotates logs.
const KEPT: (usize, usize) = (20_000, 4 << 20);
/// Bytes that all logs hold together before whoever writes keeps but little, and how much that is.
const ALL: usize = 256 << 20;
const LITTLE: usize = 64 << 10;
/// Bytes that a line takes beside its text.
const FRAME: usize = 64;

/// Bytes of one line.
const LINE: usize = 16 << 10;

/// How many bytes all logs hold together. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Logs(Arc<AtomicUsize>);

/// What a process has written. Clones share it.
#[derive(Debug, Clone)]
pub struct Transcript(Arc<Mutex<Written>>);

#[derive(Debug, Default)]
struct Written {
    all: Logs,
    lines: VecDeque<LogLine>,
    /// Number of the first line that is kept.
    first: u64,
    bytes: usize,
    open: Vec<u8>,
    finished: bool,
}

impl Transcript {
    /// An empty one, of what all hold together.
    pub fn new(all: Logs) -> Self {
        let mut written = Written::default();
        written.all = all;
        Self(Arc::new(Mutex::new(written)))
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What can be read.
    pub fn span(&self) -> LogSpan {
        let written = self.lock();
        LogSpan {
            first: written.first,
            end: written.first + written.lines.len() as u64,
            finished: written.finished,
        }
    }

    /// Lines `from..`, at most `limit`; and the number of the first.
    pub fn lines(&self, from: u64, limit: usize) -> (u64, Vec<LogLine>) {
        let written = self.lock();
        let from = from.max(written.first);
        let skip = usize::try_from(from - written.first).unwrap_or(usize::MAX);
        let lines = written.lines.iter().skip(skip).take(limit).cloned().collect();
        (from, lines)
    }

    pub(super) fn push(&self, at: Timestamp, bytes: &[u8]) {
        let mut written = self.lock();
        for byte in bytes {
            match byte {
                b'\n' => written.close(at),
                b'\r' => {}
                _ if written.open.len() < LINE => written.open.push(*byte),
                _ => {}
            }
        }
    }

    pub(super) fn finish(&self, at: Timestamp) {
        let mut written = self.lock();
        if !written.open.is_empty() {
            written.close(at);
        }
        written.finished = true;
    }
}

impl Written {
    fn close(&mut self, at: Timestamp) {
        let text = Bytes::from(std::mem::take(&mut self.open));
        self.count(text.len() + FRAME);
        self.lines.push_back(LogLine { at, text });
        while self.lines.len() > KEPT.0 || self.bytes > self.room() {
            let Some(oldest) = self.lines.pop_front() else {
                break;
            };
            self.discount(oldest.text.len() + FRAME);
            self.first += 1;
        }
    }

    /// Bytes that it may hold now.
    fn room(&self) -> usize {
        let crowded = self.all.0.load(Ordering::Relaxed) > ALL;
        if crowded { LITTLE } else { KEPT.1 }
    }

    fn count(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.all.0.fetch_add(bytes, Ordering::Relaxed);
    }

    fn discount(&mut self, bytes: usize) {
        self.bytes -= bytes;
        self.all.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        self.discount(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_though_some_are_kept_no_more() {
        let transcript = Transcript::new(Logs::default());
        let text: Vec<u8> = (0..KEPT.0 + 5)
            .flat_map(|at| format!("{at}\n").into_bytes())
            .collect();
        transcript.push(Timestamp(0), &text);
        let (first, lines) = transcript.lines(2, 3);
        assert_eq!((first, lines.len(), &*lines[0].text), (5, 3, &b"5"[..]));
        let (first, lines) = transcript.lines(8, 1);
        assert_eq!((first, &*lines[0].text), (8, &b"8"[..]));
    }

    #[test]
    fn all_logs_share_one_room_and_give_it_back() {
        let all = Logs::default();
        let line = [&[b'x'; LINE][..], b"\n"].concat();
        let held = || all.0.load(Ordering::Relaxed);
        let write = || {
            let log = Transcript::new(all.clone());
            (0..KEPT.1 / LINE).for_each(|_| log.push(Timestamp(0), &line));
            log
        };
        let logs: Vec<Transcript> = (0..100).map(|_| write()).collect();
        let most = ALL + KEPT.1 + logs.len() * LITTLE;
        assert!((ALL..most).contains(&held()), "{}", held());
        let (first, last) = (logs[0].span(), logs[99].span());
        assert!(
            first.end - first.first > 100 && last.end - last.first < 5,
            "{last:?}"
        );
        drop(logs);
        assert_eq!(held(), 0);
    }
}
