//! The time of one session: the cluster's for commands that are waited for, its own for main processes, which the world moves on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::demo::clock::Clock;

/// How long starting a program takes at least: a loop around nothing leaves the processor to others.
const START: Duration = Duration::from_millis(1);
/// Nobody waits for anything.
const NEVER: i64 = i64::MAX;

/// The time of one session. Clones share it.
#[derive(Debug, Clone)]
pub struct Rhythm {
    clock: Clock,
    /// When the sleeper of an own clock wakes; `None` for the cluster's clock.
    due: Option<Arc<AtomicI64>>,
}

impl Rhythm {
    /// Of the cluster.
    pub fn of(clock: &Clock) -> Self {
        let clock = clock.clone();
        Self { clock, due: None }
    }

    /// Its own, which begins at `now`.
    pub fn own(now: Timestamp) -> Self {
        Self {
            clock: Clock::driven(now),
            due: Some(Arc::new(AtomicI64::new(NEVER))),
        }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits.
    pub async fn sleep(&self, by: Duration) {
        let Some(due) = &self.due else {
            return self.clock.sleep(by).await;
        };
        let nanos = i64::try_from(by.as_nanos()).unwrap_or(NEVER);
        due.store(self.now().0.saturating_add(nanos), Ordering::Relaxed);
        self.clock.sleep(by).await;
        due.store(NEVER, Ordering::Relaxed);
    }

    /// Waits as long as a program takes to start.
    pub async fn start(&self) {
        self.pass(START).await;
    }

    /// Waits for something that takes its time whatever the cluster's clock does.
    pub async fn pass(&self, by: Duration) {
        match &self.due {
            _ if by.is_zero() => {}
            Some(_) => self.sleep(by).await,
            None => tokio::time::sleep(by).await,
        }
    }

    /// Nobody waits any more: what was waited for came first.
    pub fn forget(&self) {
        if let Some(due) = &self.due {
            due.store(NEVER, Ordering::Relaxed);
        }
    }

    /// When the sleeper of an own clock wakes.
    pub fn due(&self) -> Option<Timestamp> {
        let due = self.due.as_ref()?.load(Ordering::Relaxed);
        (due != NEVER).then_some(Timestamp(due))
    }

    /// Moves an own clock on.
    pub fn move_to(&self, at: Timestamp) {
        let by = at.nanos_since(self.now());
        if let Ok(nanos) = u64::try_from(by) {
            self.clock.advance(Duration::from_nanos(nanos));
        }
    }
}
