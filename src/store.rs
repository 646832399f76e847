//! Feeds and views: the rows, their order and what is joined to them. Asks nobody; the app tells it what came.

mod bad;
mod build;
pub mod export;
pub mod filter;
mod join;
mod kin;
mod matcher;
mod order;
#[cfg(test)]
mod tests;
mod totals;
mod usage;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::clock::Timestamp;
use crate::kind::{Annex, Changes, Kind, RowBatch, Rows};
use crate::model::{Cell, Feed, FeedId, Health, Phase, Scope, Uid};

pub use filter::Filter;
pub use order::{Order, Position, write_line as filter_line};
pub use usage::{UsageState, UsageTable};

/// One feed: its rows, what is joined to them, and how fresh they are.
pub struct FeedState {
    /// What is fed.
    pub feed: Feed,
    /// Its kind.
    pub kind: Arc<Kind>,
    /// The rows.
    pub rows: Box<dyn Rows>,
    /// Facts from other feeds, by slot.
    pub annex: Annex,
    /// How fresh each part is; never empty.
    pub phases: Vec<Phase>,
    bad: bad::Bad,
    warned: bad::Bad,
    kin: kin::Kin,
    /// Pods that changed since the last join.
    fresh: Vec<u32>,
    /// Grows with every change of rows.
    pub version: u64,
    /// Grows with every change of facts.
    pub facts: u64,
    /// Panes and joins that use it.
    users: u32,
    /// When the last user left; `None` while there is one.
    unused_since: Option<Timestamp>,
}

/// All feeds of one context.
#[derive(Debug, Default)]
pub struct Store {
    feeds: FxHashMap<FeedId, FeedState>,
    last_id: u32,
    /// CPU and memory in use.
    pub usage: UsageTable,
    joined: join::Joined,
}

/// How long a feed without users is kept, so that going back costs nothing: 60 seconds.
const KEEP_UNUSED: i64 = 60 * 1_000_000_000;

impl Store {
    /// Opens a feed or finds the one that is open. `true` when the outside must be asked for it.
    pub fn open(&mut self, feed: &Feed, kind: &Arc<Kind>) -> (FeedId, bool) {
        if let Some((id, state)) = self.feeds.iter_mut().find(|(_, state)| state.feed == *feed) {
            state.users += 1;
            state.unused_since = None;
            return (*id, false);
        }
        self.last_id += 1;
        let id = FeedId(self.last_id);
        let parts = match &feed.scope {
            Scope::All => 1,
            Scope::Namespaces(names) => names.len().max(1),
        };
        let state = FeedState {
            feed: feed.clone(),
            kind: Arc::clone(kind),
            rows: kind.rows(),
            annex: Annex::default(),
            bad: bad::Bad::default(),
            warned: bad::Bad::default(),
            kin: kin::Kin::default(),
            fresh: Vec::new(),
            phases: vec![Phase::Opening; parts],
            version: 0,
            facts: 0,
            users: 1,
            unused_since: None,
        };
        self.feeds.insert(id, state);
        (id, true)
    }

    /// A user leaves a feed; it is kept for a while.
    pub fn close(&mut self, id: FeedId, now: Timestamp) {
        if let Some(state) = self.feeds.get_mut(&id) {
            state.users = state.users.saturating_sub(1);
            if state.users == 0 {
                state.unused_since = Some(now);
            }
        }
    }

    /// When [`Store::drop_unused`] has something to do next. `None` while every feed has a user.
    pub fn unused_until(&self) -> Option<Timestamp> {
        let since = self.feeds.values().filter_map(|state| state.unused_since).min()?;
        Some(Timestamp(since.0.saturating_add(KEEP_UNUSED)))
    }

    /// Forgets the feeds nobody has used for a while and returns them, so that their watches can be ended.
    pub fn drop_unused(&mut self, now: Timestamp) -> Vec<FeedId> {
        let old = |state: &FeedState| {
            state
                .unused_since
                .is_some_and(|since| now.nanos_since(since) >= KEEP_UNUSED)
        };
        let gone: Vec<FeedId> = self
            .feeds
            .iter()
            .filter(|(_, state)| old(state))
            .map(|(id, _)| *id)
            .collect();
        for id in &gone {
            self.feeds.remove(id);
        }
        gone
    }

    /// One feed. `None` once it is dropped.
    pub fn feed(&self, id: FeedId) -> Option<&FeedState> {
        self.feeds.get(&id)
    }

    /// All feeds.
    pub fn feeds(&self) -> impl Iterator<Item = (FeedId, &FeedState)> {
        self.feeds.iter().map(|(id, state)| (*id, state))
    }

    /// The feed of a resource that covers a scope best: the same scope, else one that contains it.
    pub fn covering(&self, resource: &str, group: &str, scope: &Scope) -> Option<(FeedId, &FeedState)> {
        let of_kind = self
            .feeds()
            .filter(|(_, state)| state.feed.gvr.resource == resource && state.feed.gvr.group == group);
        let mut whole = None;
        for (id, state) in of_kind.filter(|(_, state)| state.feed.fields.is_empty()) {
            if state.feed.scope == *scope {
                return Some((id, state));
            }
            if state.feed.scope == Scope::All {
                whole = Some((id, state));
            }
        }
        whole
    }

    /// Applies rows of a part. What changed, by slot; `None` for an unknown feed.
    pub fn apply(&mut self, id: FeedId, part: u16, batch: RowBatch, now: Timestamp) -> Option<Changes> {
        let state = self.feeds.get_mut(&id)?;
        state.rows.stamp(now);
        let changes = state.rows.apply(part, batch);
        state.settle(&changes);
        self.usage.fill(state, &changes.added);
        Some(changes)
    }

    /// A new list of a part begins.
    pub fn begin_list(&mut self, id: FeedId, part: u16) {
        if let Some(state) = self.feeds.get_mut(&id) {
            state.rows.begin_list(part);
        }
    }

    /// The list of a part is complete: what it did not name goes.
    pub fn end_list(&mut self, id: FeedId, part: u16) -> Option<Changes> {
        let state = self.feeds.get_mut(&id)?;
        let changes = state.rows.end_list(part);
        state.settle(&changes);
        Some(changes)
    }

    /// The freshness of a part, as it is now. `true` when it was another.
    pub fn set_phase(&mut self, id: FeedId, part: u16, phase: Phase) -> bool {
        let feed = self.feeds.get_mut(&id);
        let known = feed.and_then(|state| state.phases.get_mut(usize::from(part)));
        match known.filter(|known| **known != phase) {
            Some(known) => {
                *known = phase;
                true
            }
            None => false,
        }
    }

    /// The whole scope is forbidden; the feed goes on with these namespaces. Rows it had are void.
    pub fn narrow(&mut self, id: FeedId, namespaces: &[String]) {
        if let Some(state) = self.feeds.get_mut(&id) {
            state.rows = state.kind.rows();
            state.annex = Annex::default();
            state.bad = bad::Bad::default();
            state.warned = bad::Bad::default();
            state.kin.clear();
            state.phases = vec![Phase::Opening; namespaces.len().max(1)];
            state.version += 1;
        }
    }

    /// Everything of this context goes.
    pub fn clear(&mut self) {
        self.feeds.clear();
        self.usage = UsageTable::default();
        self.joined = join::Joined::default();
    }
}

impl std::fmt::Debug for FeedState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FeedState")
            .field("feed", &self.feed)
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl FeedState {
    fn settle(&mut self, changes: &Changes) {
        for (slot, _) in &changes.removed {
            self.annex.clear(*slot);
            self.bad.set(*slot, false);
            self.warned.set(*slot, false);
            self.kin.set(*slot, Uid::NONE);
        }
        for slot in changes.added.iter().chain(&changes.updated) {
            self.judge(*slot);
            let owner = self.rows.meta(*slot).and_then(|meta| meta.owner.as_ref());
            self.kin.set(*slot, owner.map_or(Uid::NONE, |owner| owner.uid));
        }
        if self.feed.gvr.resource == "pods" {
            self.fresh.extend(changes.updated.iter().chain(&changes.added));
        }
        if !changes.is_empty() {
            self.version += 1;
        }
    }

    /// Health of a slot may have changed.
    fn judge(&mut self, slot: u32) {
        let health = self.health(slot);
        self.bad.set(slot, health == Health::Bad);
        self.warned.set(slot, health == Health::Warn);
    }

    /// How many rows are [`Health::Bad`]; costs nothing.
    pub const fn bad(&self) -> usize {
        self.bad.count()
    }

    /// How many rows are [`Health::Warn`]; costs nothing.
    pub const fn warned(&self) -> usize {
        self.warned.count()
    }

    /// One value with its facts.
    pub fn cell(&self, slot: u32, column: usize, now: Timestamp) -> Cell<'_> {
        self.rows.cell(slot, column, self.annex.of(slot), now)
    }

    /// How the object in a slot is doing.
    pub fn health(&self, slot: u32) -> Health {
        self.rows.health(slot, self.annex.of(slot))
    }

    /// The column of a title.
    pub fn column(&self, title: &str) -> Option<usize> {
        self.rows
            .columns()
            .iter()
            .position(|column| column.title == title)
    }

    /// The freshness of the whole feed: its worst part.
    pub fn phase(&self) -> &Phase {
        let rank = |phase: &&Phase| match phase {
            Phase::Live => 0,
            Phase::Polled(_) => 1,
            Phase::Loading { .. } => 2,
            Phase::Opening => 3,
            Phase::Stale { .. } => 4,
        };
        self.phases.iter().max_by_key(rank).unwrap_or(&Phase::Opening)
    }

    /// True once every part has been listed at least once.
    pub fn is_complete(&self) -> bool {
        self.phases
            .iter()
            .all(|phase| matches!(phase, Phase::Live | Phase::Polled(_)))
    }
}
