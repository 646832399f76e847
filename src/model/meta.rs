//! What every row of every kind has: the compact form of `metadata`.

use std::sync::Arc;

use super::Uid;
use crate::clock::Timestamp;

/// Labels sorted by key, shared by all objects that carry the same set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Labels(pub Box<[(Arc<str>, Arc<str>)]>);

impl Labels {
    /// The value of a label, or `None`.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.0
            .binary_search_by(|(name, _)| (**name).cmp(key))
            .ok()
            .and_then(|at| self.0.get(at))
            .map(|(_, value)| &**value)
    }

    /// Pairs in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// True when the object has no labels.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The controlling owner (`ownerReferences` with `controller: true`, else the first), shared by its children.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// `apps/v1`.
    pub api_version: Arc<str>,
    /// `ReplicaSet`.
    pub kind: Arc<str>,
    /// Its name, in the same namespace (or cluster-scoped).
    pub name: Arc<str>,
    /// Its identity.
    pub uid: Uid,
}

/// The compact `metadata` of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Identity.
    pub uid: Uid,
    /// Name.
    pub name: Arc<str>,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: Arc<str>,
    /// `creationTimestamp`; the epoch when absent.
    pub created: Timestamp,
    /// `deletionTimestamp`: when the object is (or was) to be gone. `None` while it is not being deleted.
    pub deleting: Option<Timestamp>,
    /// Labels.
    pub labels: Arc<Labels>,
    /// Controlling owner.
    pub owner: Option<Arc<Owner>>,
}

/// A row of the store: the compact form of one object of one kind.
pub trait Row: Send + Sync + PartialEq + 'static {
    /// Its metadata.
    fn meta(&self) -> &Meta;
}
