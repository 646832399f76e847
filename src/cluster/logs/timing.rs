//! How long things may take and how long to wait after they failed. Sleeps not itself.

use std::time::Duration;

use crate::cluster::error::Trouble;
use crate::model::FailureKind;

/// The waits of a log query.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The first wait after a failure; doubles with each, with jitter.
    pub backoff: Duration,
    /// The longest.
    pub longest: Duration,
    /// A stream that went on for so long was healthy: its next failure is a first one.
    pub healthy: Duration,
    /// A stream without a byte for so long is probed.
    pub probe: Duration,
    /// The first probe of a stream that has not answered at all.
    pub first_probe: Duration,
    /// A stream whose container ended is closed when it was silent for so long, should the server not end it.
    pub drain: Duration,
    /// The longest a request with an end may take.
    pub request: Duration,
    /// Wait between tries while a container is being created.
    pub creating: Duration,
    /// Wait after a refusal (403).
    pub forbidden: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            backoff: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            healthy: Duration::from_secs(10),
            probe: Duration::from_secs(120),
            first_probe: Duration::from_secs(10),
            drain: Duration::from_secs(10),
            request: Duration::from_secs(30),
            creating: Duration::from_millis(250),
            forbidden: Duration::from_secs(30),
        }
    }
}

/// Waits that grow.
#[derive(Debug)]
pub struct Backoff {
    timing: Timing,
    tries: u32,
}

impl Backoff {
    /// Nothing failed yet.
    pub const fn new(timing: Timing) -> Self {
        Self { timing, tries: 0 }
    }

    /// How often it failed in a row.
    pub const fn tries(&self) -> u32 {
        self.tries
    }

    /// It works again.
    pub const fn reset(&mut self) {
        self.tries = 0;
    }

    /// The next wait: twice the last one, between ¾ and 5⁄4 of that.
    pub fn next(&mut self) -> Duration {
        let wait = self
            .timing
            .backoff
            .saturating_mul(1 << self.tries.min(16))
            .min(self.timing.longest);
        self.tries = self.tries.saturating_add(1);
        wait.mul_f64(0.75 + fastrand::f64() / 2.0)
    }

    /// The wait after a failure: what the server asks for; short while a container is being created; long when it is a matter of rights.
    pub fn after(&mut self, trouble: &Trouble) -> Duration {
        let grown = self.next();
        if let Some(asked) = trouble.retry_after {
            return asked;
        }
        match trouble.failure.kind {
            FailureKind::Unauthorized if self.tries == 1 => Duration::ZERO,
            FailureKind::Forbidden => self.timing.forbidden.max(grown),
            FailureKind::Invalid if self.tries <= 60 => self.timing.creating,
            _ => grown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Failure;

    #[test]
    fn waits_grow_to_a_bound_and_start_over() {
        let timing = Timing::default();
        let mut backoff = Backoff::new(timing);
        for _ in 0..40 {
            assert!(backoff.next() <= timing.longest.mul_f64(1.25));
        }
        assert!(backoff.next() >= timing.longest.mul_f64(0.75));
        backoff.reset();
        assert!(backoff.next() <= timing.backoff.mul_f64(1.25));
    }

    #[test]
    fn the_failure_decides() {
        let trouble = |kind, retry_after| Trouble {
            failure: Failure::new(kind, ""),
            retry_after,
        };
        let mut backoff = Backoff::new(Timing::default());
        let asked = Duration::from_secs(7);
        assert_eq!(
            backoff.after(&trouble(FailureKind::Throttled, Some(asked))),
            asked
        );
        backoff.reset();
        assert_eq!(
            backoff.after(&trouble(FailureKind::Unauthorized, None)),
            Duration::ZERO
        );
        assert!(backoff.after(&trouble(FailureKind::Unauthorized, None)) > Duration::ZERO);
        assert_eq!(
            backoff.after(&trouble(FailureKind::Invalid, None)),
            Timing::default().creating
        );
        assert!(backoff.after(&trouble(FailureKind::Forbidden, None)) >= Duration::from_secs(5));
    }
}
