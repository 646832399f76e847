//! What changed, oldest first, for as long as it is kept; and waiting for more.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::watch;

use super::{Object, Store};
use crate::clock::Timestamp;
use crate::demo::status::Status;

/// How many bytes of old versions one resource keeps at most, besides the newest [`KEPT_CHANGES`]`.1`: the greater of these and of so many for
/// each object it has, because who lists more needs what happens meanwhile for longer.
const KEPT_BYTES: (usize, usize) = (16 << 20, 600);
/// About how many bytes a version takes besides its body.
const A_VERSION: usize = 500;
/// How many changes one resource keeps at most, and how many however old they are (`lowerBoundCapacity` of apiserver's `storage/cacher`).
const KEPT_CHANGES: (usize, usize) = (50_000, 100);
/// How long changes are kept, nanoseconds (kube-apiserver's default `--etcd-compaction-interval`).
const KEPT_FOR: i64 = 300_000_000_000;
/// How many changes a subscriber gets at a time at most.
const BATCH: usize = 1_000;

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was created.
    Added,
    /// It has a new version.
    Modified,
    /// It is gone; the object is its last state with the version of its removal.
    Deleted,
}

/// One change of one object.
#[derive(Debug, Clone)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// Storage name of the resource (`pods`).
    pub resource: Arc<str>,
    /// The version it led to.
    pub object: Arc<Object>,
    /// The version before it; `None` for a new object.
    pub previous: Option<Arc<Object>>,
}

/// The changes of one resource.
#[derive(Debug, Default)]
pub(super) struct History {
    /// With the time they were made.
    changes: VecDeque<(Timestamp, Change)>,
    bytes: usize,
    /// Changes up to this version are forgotten.
    forgotten: u64,
}

impl History {
    /// Takes up a change of one of so many objects.
    pub(super) fn push(&mut self, change: Change, (objects, now): (usize, Timestamp)) {
        self.bytes += weight(&change);
        self.changes.push_back((now, change));
        let most = KEPT_BYTES.0.max(KEPT_BYTES.1 * objects);
        while self.changes.len() > KEPT_CHANGES.0
            || self.changes.len() > KEPT_CHANGES.1 && (self.bytes > most || self.is_old(now))
        {
            self.forget_one();
        }
    }

    fn is_old(&self, now: Timestamp) -> bool {
        let oldest = self.changes.front();
        oldest.is_some_and(|(made, _)| now.nanos_since(*made) > KEPT_FOR)
    }

    /// Forgets everything, up to this version.
    pub(super) fn clear(&mut self, version: u64) {
        while !self.changes.is_empty() {
            self.forget_one();
        }
        self.forgotten = self.forgotten.max(version);
    }

    /// How many changes are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// Appends to `into` at most `limit` changes after `version`.
    pub(super) fn since(&self, version: u64, limit: usize, into: &mut Vec<Change>) -> Result<(), Status> {
        if version < self.forgotten {
            return Err(Status::expired(version, self.forgotten));
        }
        if self
            .changes
            .back()
            .is_none_or(|(_, last)| last.object.version <= version)
        {
            return Ok(());
        }
        let start = self
            .changes
            .partition_point(|(_, change)| change.object.version <= version);
        let after = self.changes.range(start..).take(limit);
        into.extend(after.map(|(_, change)| change.clone()));
        Ok(())
    }

    fn forget_one(&mut self) {
        if let Some((_, change)) = self.changes.pop_front() {
            self.bytes -= weight(&change);
            self.forgotten = change.object.version;
        }
    }
}

/// What a change keeps from being freed: what went before it, and what went with it. The newest version is kept by the store anyway.
fn weight(change: &Change) -> usize {
    let of = |object: &Arc<Object>| object.body.weight() + A_VERSION;
    let before = change.previous.as_ref().map_or(0, of);
    match change.kind {
        ChangeKind::Deleted => before + of(&change.object),
        ChangeKind::Added | ChangeKind::Modified => before,
    }
}

/// The changes of one resource as they come.
#[derive(Debug)]
pub struct Subscription {
    store: Store,
    resource: Box<str>,
    namespace: Option<Box<str>>,
    seen: u64,
    /// Up to which version the history was compacted, if it began before that.
    expired: Option<u64>,
    newest: watch::Receiver<u64>,
}

impl Subscription {
    pub(super) fn new(store: Store, resource: &str, namespace: Option<&str>, from: u64) -> Self {
        let newest = store.newest();
        // Who is here already when the history is compacted goes on: a watch is fed from memory (apiserver `storage/cacher`).
        let expired = Some(store.compacted()).filter(|compacted| from < *compacted);
        Self {
            expired,
            store,
            resource: resource.into(),
            namespace: namespace.map(Into::into),
            seen: from,
            newest,
        }
    }

    /// Everything up to this version has been given out.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Whether it began after the last compaction before it.
    ///
    /// # Errors
    /// `Expired` (410) when it did not.
    pub fn check(&self) -> Result<(), Status> {
        let expired = self
            .expired
            .map(|compacted| Status::expired(self.seen, compacted));
        expired.map_or(Ok(()), Err)
    }

    /// What there is now, at most 1,000 changes; empty when there is nothing new.
    ///
    /// # Errors
    /// `Expired` (410) when changes it has not seen are no longer kept.
    pub fn poll(&mut self) -> Result<Vec<Change>, Status> {
        self.check()?;
        let mut changes = Vec::new();
        let inner = self.store.lock();
        let newest = inner.version;
        if let Some(shelf) = inner.shelves.get(&*self.resource) {
            shelf.history.since(self.seen, BATCH, &mut changes)?;
        }
        drop(inner);
        self.seen = match changes.last() {
            Some(last) if changes.len() == BATCH => last.object.version,
            _ => newest.max(self.seen),
        };
        if let Some(namespace) = &self.namespace {
            changes.retain(|change| *change.object.namespace == **namespace);
        }
        Ok(changes)
    }

    /// What there is up to a version, at most 1,000 changes; ends early only with these.
    ///
    /// # Errors
    /// `Expired` (410) when changes it has not seen are no longer kept.
    pub fn poll_to(&mut self, version: u64) -> Result<Vec<Change>, Status> {
        let mut changes = self.poll()?;
        if self.seen > version {
            changes.retain(|change| change.object.version <= version);
            self.seen = version;
        }
        Ok(changes)
    }

    /// Whether the store has gone on since: what was given out last need not be all there was, nor hold anything of the namespace.
    pub fn is_behind(&self) -> bool {
        self.seen < self.store.version()
    }

    /// Leaves out what comes up to a version, because it is known otherwise.
    pub fn skip_to(&mut self, version: u64) {
        self.seen = self.seen.max(version);
    }

    /// From now on, [`Self::changed`] waits for what is new to who reads next.
    pub fn mark(&mut self) {
        self.newest.borrow_and_update();
    }

    /// Waits until the store has changed since the mark. Cancel-safe.
    pub async fn changed(&mut self) {
        // The sender lives in `self.store`, so this cannot fail.
        let _ = self.newest.changed().await;
    }

    /// The next changes, oldest first, never empty; waits for them. Cancel-safe.
    ///
    /// # Errors
    /// `Expired` (410) when changes it has not seen are no longer kept.
    pub async fn next(&mut self) -> Result<Vec<Change>, Status> {
        loop {
            self.mark();
            let changes = self.poll()?;
            if !changes.is_empty() {
                return Ok(changes);
            }
            if !self.is_behind() {
                self.changed().await;
            }
        }
    }
}
