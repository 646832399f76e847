//! Short messages at the foot: results, refusals, hints. The last ones stay readable for a while and in `:messages`.

use crate::clock::Timestamp;
use crate::model::Tone;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// The sentence.
    pub text: String,
    /// Ok, busy, warning or bad.
    pub tone: Tone,
    /// When it came.
    pub at: Timestamp,
}

/// The messages of the session, newest last.
#[derive(Debug, Default)]
pub struct Toasts {
    all: Vec<Toast>,
}

/// How long a message stays at the foot, in seconds; bad news stays longer.
const SHOWN: i64 = 8;
const BAD_SHOWN: i64 = 20;
/// How many are kept for reading again.
const KEPT: usize = 200;

impl Toasts {
    /// Adds a message.
    pub fn push(&mut self, text: impl Into<String>, tone: Tone, at: Timestamp) {
        if self.all.len() >= KEPT {
            self.all.remove(0);
        }
        self.all.push(Toast {
            text: text.into(),
            tone,
            at,
        });
    }

    /// The message to show now. `None` when the last one is old.
    pub fn current(&self, now: Timestamp) -> Option<&Toast> {
        self.all
            .last()
            .filter(|toast| now.nanos_since(toast.at) < shown(toast))
    }

    /// When the current message goes.
    pub fn deadline(&self, now: Timestamp) -> Option<Timestamp> {
        self.current(now)
            .map(|toast| Timestamp(toast.at.0.saturating_add(shown(toast))))
    }

    /// All that are kept, oldest first.
    pub fn all(&self) -> &[Toast] {
        &self.all
    }
}

fn shown(toast: &Toast) -> i64 {
    let seconds = if matches!(toast.tone, Tone::Bad | Tone::Warn) {
        BAD_SHOWN
    } else {
        SHOWN
    };
    seconds * 1_000_000_000
}
