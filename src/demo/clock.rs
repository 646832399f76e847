//! The pretend cluster's own time: the wall clock, or one that a test drives. It never reads the system clock itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Timestamp;

/// The time of one demo cluster. Clones share it.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    /// With how many nanoseconds it is ahead.
    Real(Arc<AtomicI64>),
    Driven(Arc<watch::Sender<Timestamp>>),
}

impl Clock {
    /// The wall clock.
    pub fn real() -> Self {
        Self(Source::Real(Arc::default()))
    }

    /// A clock that stands at `start` until it is told otherwise.
    pub fn driven(start: Timestamp) -> Self {
        Self(Source::Driven(Arc::new(watch::Sender::new(start))))
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::Real(ahead) => {
                let now = crate::clock::now();
                Timestamp(now.0.saturating_add(ahead.load(Ordering::Relaxed)))
            }
            Source::Driven(sender) => *sender.borrow(),
        }
    }

    /// Sets the wall clock ahead, or behind; does nothing to a driven one.
    pub fn skew(&self, by: Duration, behind: bool) {
        if let Source::Real(ahead) = &self.0 {
            let nanos = i64::try_from(by.as_nanos()).unwrap_or(i64::MAX);
            ahead.store(if behind { -nanos } else { nanos }, Ordering::Relaxed);
        }
    }

    /// Whether it shows another time than the machine's.
    pub fn is_skewed(&self) -> bool {
        matches!(&self.0, Source::Real(ahead) if ahead.load(Ordering::Relaxed) != 0)
    }

    /// Moves a driven clock forwards and wakes who sleeps on it; does nothing to the wall clock.
    pub fn advance(&self, by: Duration) {
        if let Source::Driven(sender) = &self.0 {
            let nanos = i64::try_from(by.as_nanos()).unwrap_or(i64::MAX);
            sender.send_modify(|now| now.0 = now.0.saturating_add(nanos));
        }
    }

    /// Waits until this clock has moved on by `by`.
    pub async fn sleep(&self, by: Duration) {
        match &self.0 {
            Source::Real(_) => tokio::time::sleep(by).await,
            Source::Driven(sender) => {
                let mut receiver = sender.subscribe();
                let until = i64::try_from(by.as_nanos())
                    .unwrap_or(i64::MAX)
                    .saturating_add(self.now().0);
                // The sender is held by `self`, so this cannot fail before it is reached.
                let _ = receiver.wait_for(|now| now.0 >= until).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_driven_clock_has_moved_far_enough() {
        let clock = Clock::driven(Timestamp::from_seconds(100));
        let other = clock.clone();
        let sleeper = tokio::spawn(async move {
            other.sleep(Duration::from_secs(10)).await;
            other.now().seconds()
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(4));
        clock.advance(Duration::from_secs(6));
        assert_eq!(sleeper.await.unwrap(), 110);
    }
}
