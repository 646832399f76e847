//! What was received of a stream, for loading what is older. It reads nothing.

use std::sync::{Arc, Mutex};

use crate::clock::Timestamp;
use crate::logs::Chunk;

/// What was received of a stream, for loading what is older.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Time of the oldest line received. `None` without lines.
    pub first: Option<Timestamp>,
    /// How many of the oldest lines carry that time.
    pub at_first: u32,
    /// Lines received.
    pub lines: u64,
    /// There is nothing older.
    pub beginning: bool,
    /// Still among the lines that carry the first time.
    counting: bool,
}

/// Shared by the stream and whoever loads older lines; held only to read or add a few numbers.
pub type Shared = Arc<Mutex<Progress>>;

impl Progress {
    /// Takes lines that came after all others.
    pub fn note(&mut self, chunk: &Chunk) {
        self.lines += chunk.lines.len() as u64;
        for line in &chunk.lines {
            if self.first.is_none() {
                self.first = Some(line.stamp);
                self.counting = true;
            }
            if !self.counting {
                return;
            }
            self.counting = self.first == Some(line.stamp);
            self.at_first += u32::from(self.counting);
        }
    }

    /// Takes lines that came before all others; without any the beginning is reached.
    pub fn add_older(&mut self, older: &Chunk) {
        let Some(first) = older.lines.first().map(|line| line.stamp) else {
            self.beginning = true;
            return;
        };
        self.lines += older.lines.len() as u64;
        self.at_first = older.lines.iter().take_while(|line| line.stamp == first).count() as u32;
        self.first = Some(first);
    }
}
