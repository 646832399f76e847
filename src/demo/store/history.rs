//! What changed, oldest first, for as long as it is kept; and waiting for more.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::watch;

use super::{Object, Store};
use crate::demo::status::Status;

/// How many bytes of old versions one resource keeps at most.
const KEPT_BYTES: usize = 40 << 20;
/// How many changes one resource keeps at most.
const KEPT_CHANGES: usize = 50_000;
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
    changes: VecDeque<Change>,
    bytes: usize,
    /// Changes up to this version are forgotten.
    forgotten: u64,
}

impl History {
    pub(super) fn push(&mut self, change: Change) {
        self.bytes += weight(&change);
        self.changes.push_back(change);
        while self.changes.len() > KEPT_CHANGES || self.bytes > KEPT_BYTES && self.changes.len() > BATCH {
            self.forget_one();
        }
    }

    pub(super) fn compact(&mut self, version: u64) {
        while self
            .changes
            .front()
            .is_some_and(|change| change.object.version <= version)
        {
            self.forget_one();
        }
        self.forgotten = self.forgotten.max(version);
    }

    /// Appends to `into` at most `limit` changes after `version`.
    pub(super) fn since(&self, version: u64, limit: usize, into: &mut Vec<Change>) -> Result<(), Status> {
        if version < self.forgotten {
            return Err(Status::expired(version, self.forgotten));
        }
        if self
            .changes
            .back()
            .is_none_or(|last| last.object.version <= version)
        {
            return Ok(());
        }
        let start = self
            .changes
            .partition_point(|change| change.object.version <= version);
        into.extend(self.changes.range(start..).take(limit).cloned());
        Ok(())
    }

    fn forget_one(&mut self) {
        if let Some(change) = self.changes.pop_front() {
            self.bytes -= weight(&change);
            self.forgotten = change.object.version;
        }
    }
}

/// What a change keeps from being freed: what went before it, and what went with it. The newest version is kept by the store anyway.
fn weight(change: &Change) -> usize {
    let before = change
        .previous
        .as_ref()
        .map_or(0, |previous| previous.body.weight());
    match change.kind {
        ChangeKind::Deleted => before + change.object.body.weight(),
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
    newest: watch::Receiver<u64>,
}

impl Subscription {
    pub(super) fn new(store: Store, resource: &str, namespace: Option<&str>, from: u64) -> Self {
        let newest = store.newest();
        Self {
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

    /// What there is now, at most 1,000 changes; empty when there is nothing new.
    ///
    /// # Errors
    /// `Expired` (410) when changes it has not seen are no longer kept.
    pub fn poll(&mut self) -> Result<Vec<Change>, Status> {
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

    /// The next changes, oldest first, never empty; waits for them. Cancel-safe.
    ///
    /// # Errors
    /// `Expired` (410) when changes it has not seen are no longer kept.
    pub async fn next(&mut self) -> Result<Vec<Change>, Status> {
        loop {
            self.newest.borrow_and_update();
            let changes = self.poll()?;
            if !changes.is_empty() {
                return Ok(changes);
            }
            if self.seen >= self.store.version() {
                // The sender lives in `self.store`, so this cannot fail.
                let _ = self.newest.changed().await;
            }
        }
    }
}
