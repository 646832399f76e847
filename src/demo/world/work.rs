//! What has to be looked at, and when: a queue without doubles and an alarm clock. Knows no objects.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet, VecDeque};
use std::sync::Arc;

use super::state::Key;
use crate::clock::Timestamp;

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Work {
    /// A pod, by its kubelet.
    Pod(Key),
    /// A pod without a node, by the scheduler.
    Schedule(Key),
    /// An object, by its controller.
    Object(&'static str, Key),
    /// Everything a removed object owned, by the garbage collector.
    Orphans(Arc<str>),
    /// An object that is being deleted but has finalizers.
    Finalize(Arc<str>, Key),
    /// A pod whose node is gone.
    Lost(Key),
}

/// The queue and the alarms.
#[derive(Debug, Default)]
pub struct Queue {
    list: VecDeque<Work>,
    queued: HashSet<Work>,
    alarms: BinaryHeap<Reverse<(Timestamp, Work)>>,
}

impl Queue {
    /// Queues `work` unless it waits already.
    pub fn push(&mut self, work: Work) {
        if self.queued.insert(work.clone()) {
            self.list.push_back(work);
        }
    }

    /// Queues all of `works`.
    pub fn extend(&mut self, works: impl IntoIterator<Item = Work>) {
        for work in works {
            self.push(work);
        }
    }

    /// Queues `work` at a later time.
    pub fn later(&mut self, at: Timestamp, work: Work) {
        self.alarms.push(Reverse((at, work)));
    }

    /// Queues what is due by `now`.
    pub fn ring(&mut self, now: Timestamp) {
        while self.alarms.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            if let Some(Reverse((_, work))) = self.alarms.pop() {
                self.push(work);
            }
        }
    }

    /// The next thing to look at.
    pub fn pop(&mut self) -> Option<Work> {
        let work = self.list.pop_front()?;
        self.queued.remove(&work);
        Some(work)
    }

    /// How much waits, alarms included.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.list.len() + self.alarms.len()
    }

    /// When the next alarm rings; `None` without alarms.
    pub fn next_alarm(&self) -> Option<Timestamp> {
        self.alarms.peek().map(|Reverse((at, _))| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::world::state::key;

    #[test]
    fn work_is_queued_once_and_alarms_ring_in_order() {
        let mut queue = Queue::default();
        let (one, two) = (Work::Pod(key("a", "1")), Work::Pod(key("a", "2")));
        queue.push(one.clone());
        queue.push(one.clone());
        queue.later(Timestamp::from_seconds(5), two.clone());
        queue.ring(Timestamp::from_seconds(4));
        assert_eq!((queue.pop(), queue.pop()), (Some(one), None));
        queue.ring(Timestamp::from_seconds(5));
        assert_eq!(queue.pop(), Some(two));
        assert_eq!(queue.next_alarm(), None);
    }
}
