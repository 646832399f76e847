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
    /// It stands elsewhere on the screen, too: it goes as soon as good news do.
    pub brief: bool,
}

/// The messages of the session, newest last.
#[derive(Debug, Default)]
pub struct Toasts {
    all: Vec<Toast>,
    /// The last one was read and is no longer shown.
    hidden: bool,
}

/// How long a message stays at the foot, in seconds; bad news stays longer.
const SHOWN: i64 = 8;
const BAD_SHOWN: i64 = 20;
/// From this age on, in seconds, a key takes a message away: what it said is read, and one has gone on.
const READ: i64 = 2;
const BAD_READ: i64 = 8;
/// How many are kept for reading again.
const KEPT: usize = 200;

impl Toasts {
    /// Adds a message.
    pub fn push(&mut self, text: impl Into<String>, tone: Tone, at: Timestamp) {
        if self.all.len() >= KEPT {
            self.all.remove(0);
        }
        self.hidden = false;
        self.all.push(Toast {
            text: text.into(),
            tone,
            at,
            brief: false,
        });
    }

    /// Adds a message about what the screen tells for as long as it lasts.
    pub fn push_brief(&mut self, text: impl Into<String>, tone: Tone, at: Timestamp) {
        self.push(text, tone, at);
        if let Some(toast) = self.all.last_mut() {
            toast.brief = true;
        }
    }

    /// Adds a message that must not cover bad news nobody has read yet: it stands behind them.
    pub fn push_behind_bad(&mut self, text: impl Into<String>, tone: Tone, at: Timestamp) {
        let unread = self
            .current(at)
            .is_some_and(|toast| toast.tone == Tone::Bad && !toast.brief);
        self.push(text, tone, at);
        let last = self.all.len().saturating_sub(1);
        if unread && tone != Tone::Bad && last > 0 {
            self.all.swap(last - 1, last);
        }
    }

    /// Adds a message, unless it was said before.
    pub fn push_once(&mut self, text: String, tone: Tone, at: Timestamp) {
        if self.all.iter().all(|toast| toast.text != text) {
            self.push(text, tone, at);
        }
    }

    /// The message to show now. `None` when the last one is old.
    pub fn current(&self, now: Timestamp) -> Option<&Toast> {
        self.all
            .last()
            .filter(|toast| !self.hidden && now.nanos_since(toast.at) < shown(toast))
    }

    /// A key was pressed: a message that was there long enough to be read goes.
    pub fn key(&mut self, now: Timestamp) {
        let read = |toast: &Toast| {
            let stays = toast.tone == Tone::Bad && !toast.brief;
            let seconds = if stays { BAD_READ } else { READ };
            now.nanos_since(toast.at) >= seconds * 1_000_000_000
        };
        self.hidden |= self.all.last().is_some_and(read);
    }

    /// What it is about is left: it stays readable in `:messages` only.
    pub const fn hide(&mut self) {
        self.hidden = true;
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
    let seconds = if matches!(toast.tone, Tone::Bad | Tone::Warn) && !toast.brief {
        BAD_SHOWN
    } else {
        SHOWN
    };
    seconds * 1_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000_000)
    }

    #[test]
    fn a_key_takes_away_what_was_read_and_leaves_what_just_came() {
        let mut toasts = Toasts::default();
        toasts.push("copied", Tone::Ok, at(0));
        toasts.key(at(1));
        assert!(toasts.current(at(1)).is_some());
        toasts.key(at(2));
        assert_eq!(toasts.current(at(2)), None);
        assert_eq!(toasts.deadline(at(2)), None);
        toasts.push("refused", Tone::Bad, at(3));
        toasts.key(at(6));
        assert!(
            toasts.current(at(6)).is_some(),
            "bad news is not taken away by the next key"
        );
        assert_eq!(toasts.all().len(), 2);
    }

    #[test]
    fn what_the_screen_tells_anyway_goes_soon() {
        let mut toasts = Toasts::default();
        toasts.push_brief("the API server does not answer", Tone::Bad, at(0));
        assert_eq!(toasts.deadline(at(1)), Some(at(SHOWN)));
        toasts.key(at(2));
        assert_eq!(toasts.current(at(2)), None);
    }
}
