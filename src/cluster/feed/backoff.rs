//! How long to wait before the next try. Jittered, so that panes do not come back in step.

use std::time::Duration;

use crate::cluster::error::Trouble;
use crate::model::FailureKind;

/// Counts failures in a row.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// It worked.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// The pause after one more failure.
    pub fn next(&mut self, trouble: &Trouble) -> Duration {
        self.failures += 1;
        let (first, longest) = bounds(trouble.failure.kind);
        let doubled = first
            .saturating_mul(1 << (self.failures - 1).min(10))
            .min(longest);
        // Between once and one and a half times as long: never below the bound, never in step.
        let pause = doubled.mul_f64(1.0 + fastrand::f64() / 2.0);
        trouble.retry_after.map_or(pause, |asked| pause.max(asked))
    }
}

/// First and longest pause by what went wrong. What a person or an administrator must mend is retried seldom.
fn bounds(kind: FailureKind) -> (Duration, Duration) {
    let seconds = |first: u64, longest: u64| (Duration::from_secs(first), Duration::from_secs(longest));
    match kind {
        FailureKind::Forbidden => seconds(5, 300),
        FailureKind::Unauthorized | FailureKind::Credentials => seconds(5, 60),
        FailureKind::NotFound | FailureKind::Unsupported | FailureKind::Invalid => seconds(10, 300),
        FailureKind::Throttled | FailureKind::Server | FailureKind::Decode => seconds(1, 60),
        _ => (Duration::from_millis(500), Duration::from_secs(15)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Failure;

    fn trouble(kind: FailureKind) -> Trouble {
        Failure::new(kind, "").into()
    }

    #[test]
    fn a_missing_right_is_tried_again_after_five_seconds_at_the_earliest() {
        for _ in 0..100 {
            assert!(Backoff::default().next(&trouble(FailureKind::Forbidden)) >= Duration::from_secs(5));
        }
    }

    #[test]
    fn pauses_grow_to_a_bound_and_start_anew_after_success() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..40)
            .map(|_| backoff.next(&trouble(FailureKind::Connection)))
            .collect();
        assert!(pauses[0] < Duration::from_secs(1));
        assert!(pauses[3] > pauses[0]);
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_millis(22_500)));
        assert!(pauses[39] >= Duration::from_secs(15));
        backoff.reset();
        assert!(backoff.next(&trouble(FailureKind::Connection)) < Duration::from_secs(1));
    }

    #[test]
    fn what_the_server_asks_for_is_obeyed() {
        let asked = Trouble {
            retry_after: Some(Duration::from_secs(42)),
            ..trouble(FailureKind::Throttled)
        };
        assert!(Backoff::default().next(&asked) >= Duration::from_secs(42));
    }
}
