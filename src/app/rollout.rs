//! Rollouts that were started here: their progress in words until they are ready, stuck or too old to be told.

use super::open::short;
use super::{App, open};
use crate::clock::Timestamp;
use crate::insight::scaling;
use crate::model::{Gvr, Health, ObjectKey, Phase, Tone};
use crate::store::FeedState;

/// A rollout being followed.
#[derive(Debug)]
pub(super) struct Followed {
    key: ObjectKey,
    since: Timestamp,
    /// What was said last.
    said: String,
}

/// How long a rollout is followed: 15 minutes.
const FOLLOWED_FOR: i64 = 15 * 60 * 1_000_000_000;
/// A status older than the change still says that all is well: nothing is believed before this.
const SETTLES: i64 = 1_000_000_000;

/// The rollouts that were started here.
#[derive(Debug, Default)]
pub(super) struct Rollouts {
    all: Vec<Followed>,
    /// What they were looked at: nothing new is to be seen until that changes.
    seen: Option<u64>,
    /// When they are to be looked at although nothing came.
    due: Option<Timestamp>,
}

impl Rollouts {
    /// Follows none any more.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

impl App {
    /// Follows the rollout of a workload from now on: of a change that the server has accepted.
    pub(super) fn follow_rollout(&mut self, key: &ObjectKey) {
        self.rollouts.all.retain(|followed| followed.key.uid != key.uid);
        self.rollouts.all.push(Followed {
            key: key.clone(),
            since: self.now,
            said: String::new(),
        });
        self.rollouts.seen = None;
        let scope = self.covering_scope(key.namespace().unwrap_or_default());
        self.open_background(&key.gvr, &scope);
    }

    /// True while a rollout is followed.
    pub(super) const fn has_rollouts(&self) -> bool {
        !self.rollouts.all.is_empty()
    }

    /// True while a rollout of this kind is followed.
    pub(super) fn is_rolling_out(&self, gvr: &Gvr) -> bool {
        self.rollouts.all.iter().any(|followed| followed.key.gvr == *gvr)
    }

    /// Tells what is new about the rollouts that are followed. Looks only when their rows or pods changed, or time has passed.
    pub(super) fn tell_rollouts(&mut self) {
        if self.rollouts.all.is_empty() {
            return;
        }
        let now = self.now;
        let told = |resource: &str| {
            let mut all = self.rollouts.all.iter();
            *resource == *open::PODS.resource || all.any(|followed| *followed.key.gvr.resource == *resource)
        };
        let seen = Some(self.store.version_of(told));
        if seen == self.rollouts.seen && self.rollouts.due.is_none_or(|due| now < due) {
            return;
        }
        let mut news = Vec::new();
        for followed in std::mem::take(&mut self.rollouts.all) {
            let age = now.nanos_since(followed.since);
            if age >= FOLLOWED_FOR {
                continue;
            }
            match self.progress(&followed.key).filter(|_| age >= SETTLES) {
                Some((text, health)) if text != followed.said => {
                    let done = matches!(health, Health::Ok | Health::Done | Health::Bad);
                    news.push((format!("{}: {text}", short(&followed.key)), health));
                    if !done {
                        self.rollouts.all.push(Followed {
                            said: text,
                            ..followed
                        });
                    }
                }
                _ => self.rollouts.all.push(followed),
            }
        }
        self.rollouts.seen = seen;
        self.rollouts.due = self.rollout_deadline();
        for (text, health) in news {
            let tone = match health {
                Health::Ok | Health::Done => Tone::Ok,
                Health::Bad => Tone::Bad,
                Health::Warn => Tone::Warn,
                Health::Busy => Tone::Busy,
            };
            self.toasts.push_behind_bad(text, tone, self.now);
            self.dirty = true;
        }
    }

    /// When a rollout is to be looked at again although nothing came.
    pub(super) fn rollout_deadline(&self) -> Option<Timestamp> {
        let moments = self.rollouts.all.iter().flat_map(|followed| {
            let settles = followed.said.is_empty().then_some(SETTLES);
            settles
                .into_iter()
                .chain([FOLLOWED_FOR])
                .map(|after| Timestamp(followed.since.0 + after))
        });
        moments.filter(|due| *due > self.now).min()
    }

    /// The ROLLOUT column in words, with what keeps its pods if something does.
    fn progress(&self, key: &ObjectKey) -> Option<(String, Health)> {
        // What is not up to date knows nothing of the change.
        let is_fresh = |state: &FeedState| matches!(state.phase(), Phase::Live | Phase::Polled(_));
        let holds = |state: &&FeedState| state.feed.gvr == key.gvr && is_fresh(state);
        let mut feeds = self.store.feeds().map(|(_, state)| state).filter(holds);
        let (feed, slot) = feeds.find_map(|state| {
            let by_name = || {
                let slots = state.rows.slots();
                slots.into_iter().find(|slot| {
                    state
                        .rows
                        .meta(*slot)
                        .is_some_and(|meta| meta.name == key.name && meta.namespace == key.namespace)
                })
            };
            Some((state, state.rows.slot(key.uid).or_else(by_name)?))
        })?;
        let mut text = String::new();
        feed.cell(slot, feed.column("ROLLOUT")?, self.now)
            .write(self.now, &mut text);
        let health = feed.health(slot);
        if health == Health::Busy
            && let Some(why) = self.held_back(key)
        {
            text = format!("{text} · {why}");
        }
        Some((text, health))
    }

    /// What the first pod of the workload that waits says.
    fn held_back(&self, key: &ObjectKey) -> Option<String> {
        let pods = self
            .store
            .feeds()
            .map(|(_, state)| state)
            .filter(|state| state.feed.gvr == open::PODS);
        let mut rows = pods.flat_map(|state| crate::insight::capacity::pods_of(&*state.rows));
        let note = rows.find_map(|(_, pod)| {
            let waits = scaling::is_owned(key, pod) && !pod.note().is_empty() && pod.ready < pod.total;
            waits.then(|| pod.note().to_owned())
        })?;
        Some(note.lines().next().unwrap_or_default().to_owned())
    }
}
