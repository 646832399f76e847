//! What to watch and what to show of it: plain data that can be compared, written to disk and sent across threads.

use std::collections::BTreeSet;

use super::{Gvr, Uid};

/// Which namespaces. One watch is opened for each entry of [`Scope::Namespaces`].
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize,
)]
pub enum Scope {
    /// The whole cluster: all namespaces, or a cluster-scoped kind.
    #[default]
    All,
    /// These namespaces, at least one, sorted.
    Namespaces(BTreeSet<String>),
}

impl Scope {
    /// One namespace.
    pub fn one(namespace: impl Into<String>) -> Self {
        Self::Namespaces(BTreeSet::from([namespace.into()]))
    }

    /// The namespace when there is exactly one.
    pub fn single(&self) -> Option<&str> {
        match self {
            Self::Namespaces(names) if names.len() == 1 => names.first().map(String::as_str),
            _ => None,
        }
    }

    /// True when objects of this namespace belong to the scope.
    pub fn contains(&self, namespace: &str) -> bool {
        match self {
            Self::All => true,
            Self::Namespaces(names) => names.contains(namespace),
        }
    }
}

/// The rows of one kind in one scope, shared by all views of it: one watch, or one for each namespace of the scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Feed {
    /// The resource.
    pub gvr: Gvr,
    /// Namespaces. The n-th namespace (in order) is part n of the feed; [`Scope::All`] is part 0.
    pub scope: Scope,
    /// Field selector for the server, empty for none.
    pub fields: String,
}

/// What a view shows of its feed, decided locally.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub enum Predicate {
    /// Everything.
    #[default]
    All,
    /// What this object owns, directly or through others (Deployment → ReplicaSet → Pod).
    OwnedBy(Uid),
    /// Pods bound to this node.
    OnNode(String),
    /// Objects whose labels match a selector in kubectl's notation.
    Labels(String),
    /// One object.
    Object(Uid),
    /// Events about this object, its owners and its children.
    About(Uid),
}

/// A view as text could name it: `:po team-a /web`. Serialisable, so that layouts can be stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct Query {
    /// The resource.
    pub gvr: Gvr,
    /// Namespaces.
    pub scope: Scope,
    /// Local restriction by relation.
    pub predicate: Predicate,
    /// Filter as typed after `/`; empty for none.
    pub filter: String,
}

/// One feed of the store. Never used again once dropped; a message with an unknown id is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId(pub u32);
