//! Requests that pretend clients send to pods: how long each takes and what all of them cost in processor time. Knows no pages.
//!
//! A request costs its program's work (`image::work`). A pod works it off at the rate of its processor limit, with a tenth of a second's
//! burst (the kernel's quota is 100 ms long), so that a client that waits for each answer slows down when the pod is at its limit. Clients
//! that do not wait fill a queue that ends where their patience does: what comes beyond it is not worked off by anybody.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;

/// Seconds whose work is remembered; longer than metrics-server's window.
const KEPT: i64 = 90;
/// Pods that are remembered before idle ones are swept.
const MANY: usize = 1_024;
/// One period of the kernel's quota (`cpu.cfs_period_us`), nanoseconds.
const BURST: i64 = 100_000_000;
/// How long a request waits at most.
const PATIENCE: i64 = 10_000_000_000;

/// What pods did for clients, by uid. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Traffic(Arc<Mutex<BTreeMap<Arc<str>, Served>>>, Arc<AtomicUsize>);

#[derive(Debug, Default)]
struct Served {
    /// Work by second, nanoseconds of a core, oldest first.
    seconds: VecDeque<(i64, u64)>,
    /// All that was ever done, nanoseconds of a core.
    total: u64,
    /// When all that was asked for will be done at the rate of the limit.
    free: i64,
}

impl Traffic {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Served>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which of `count` endpoints the next connection goes to; they take turns.
    pub fn turn(&self, count: usize) -> usize {
        self.1.fetch_add(1, Ordering::Relaxed) % count.max(1)
    }

    /// A request of `work` nanoseconds comes to a pod that may use `milli` thousandths of a core; how long it takes.
    pub fn serve(&self, uid: &Arc<str>, (at, work): (Timestamp, u64), milli: u64) -> Duration {
        let mut all = self.lock();
        if all.len() > MANY && !all.contains_key(uid) {
            all.retain(|_, served| {
                let last = served.seconds.back().map_or(0, |(second, _)| *second);
                at.seconds() - last < KEPT
            });
        }
        let served = all.entry(Arc::clone(uid)).or_default();
        let slowly = work.saturating_mul(1_000) / milli.clamp(1, 1 << 20);
        let free = served.free.max(at.0).saturating_add(slowly as i64);
        let waits = (free - at.0 - BURST).max(work as i64).max(0);
        if waits > PATIENCE {
            return Duration::from_nanos(PATIENCE as u64);
        }
        served.free = free;
        served.count(Timestamp(at.0 + waits).seconds(), work);
        Duration::from_nanos(waits as u64)
    }

    /// What a pod does for clients on average over the `window` seconds before `at`, billionths of a core.
    pub fn nano_cores(&self, uid: &str, at: Timestamp, window: u32) -> u64 {
        let all = self.lock();
        let Some(served) = all.get(uid) else { return 0 };
        let (end, window) = (at.seconds(), i64::from(window.max(1)));
        let within = served
            .seconds
            .iter()
            .filter(|(second, _)| (end - window..end).contains(second));
        within.map(|(_, work)| work).sum::<u64>() / window as u64
    }

    /// All that a pod ever did for clients, nanoseconds of a core.
    pub fn total(&self, uid: &str) -> u64 {
        self.lock().get(uid).map_or(0, |served| served.total)
    }
}

impl Served {
    fn count(&mut self, second: i64, work: u64) {
        self.total += work;
        match self.seconds.iter_mut().rev().find(|(have, _)| *have == second) {
            Some((_, sum)) => *sum += work,
            None => self.seconds.push_back((second, work)),
        }
        while self
            .seconds
            .front()
            .is_some_and(|(oldest, _)| second - oldest > KEPT)
        {
            self.seconds.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: u64 = 1_000_000;

    /// A client that waits for each answer, then 10 ms.
    fn load(traffic: &Traffic, milli: u64) -> u64 {
        let (uid, mut at) = ("a".into(), Timestamp::from_seconds(1_000));
        while at.seconds() < 1_030 {
            let took = traffic.serve(&uid, (at, 30 * MILLISECOND), milli);
            at = Timestamp(at.0 + took.as_nanos() as i64 + 10 * MILLISECOND as i64);
        }
        traffic.nano_cores("a", Timestamp::from_seconds(1_030), 15) / MILLISECOND
    }

    #[test]
    fn a_pod_does_no_more_than_its_limit_and_its_clients_wait() {
        let (free, limited) = (load(&Traffic::default(), 2_000), load(&Traffic::default(), 500));
        assert!((735..=765).contains(&free), "three quarters of the time: {free}");
        assert!((490..=505).contains(&limited), "{limited}");
    }

    #[test]
    fn clients_that_do_not_wait_leave_no_queue_longer_than_their_patience() {
        let (traffic, uid, start) = (Traffic::default(), "a".into(), Timestamp::from_seconds(1_000));
        for milliseconds in 0..60_000 {
            let at = Timestamp(start.0 + milliseconds * MILLISECOND as i64);
            traffic.serve(&uid, (at, 30 * MILLISECOND), 100);
        }
        let done = traffic.total("a") / MILLISECOND;
        assert!(
            (6_000..=7_100).contains(&done),
            "a tenth of 60 s and the queue: {done}"
        );
        let later = Timestamp::from_seconds(1_071);
        let took = traffic.serve(&uid, (later, 30 * MILLISECOND), 100);
        assert!(took < Duration::from_secs(1), "{took:?}");
    }

    #[test]
    fn what_is_long_ago_counts_no_more() {
        let traffic = Traffic::default();
        traffic.serve(&"a".into(), (Timestamp::from_seconds(100), MILLISECOND), 1_000);
        assert!(traffic.nano_cores("a", Timestamp::from_seconds(110), 15) > 0);
        assert_eq!(traffic.nano_cores("a", Timestamp::from_seconds(130), 15), 0);
        assert_eq!(traffic.total("a"), MILLISECOND);
        assert_eq!(traffic.nano_cores("b", Timestamp::from_seconds(110), 15), 0);
    }
}
