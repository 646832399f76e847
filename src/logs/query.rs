//! What to tail. Plain data.

use crate::model::{ObjectKey, Scope};

/// Which pods' logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTarget {
    /// These pods, by identity.
    Pods(Vec<ObjectKey>),
    /// The pods of an object: workload (by owner references), service (by its selector), node (bound there).
    Of(ObjectKey),
    /// Pods whose name matches a regular expression (stern's query).
    Matching(String),
}

/// A log query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    /// Which pods.
    pub target: LogTarget,
    /// Where, for [`LogTarget::Matching`]; otherwise the target's own namespace.
    pub scope: Scope,
    /// Label selector sent to the server; empty for none.
    pub selector: String,
    /// Which containers: a name; `None` for the default rule (one pod: its default container; several: all).
    pub container: Option<String>,
    /// Every container, init and ephemeral ones too.
    pub all_containers: bool,
    /// Seconds back from now, for what exists at the start. `None` for everything. With a [`LogQuery::tail`] beside it, a run that ended
    /// before that is read by its last lines alone: a finished job has something to say.
    pub since_seconds: Option<u32>,
    /// Lines a container, for what exists at the start. `None` for everything.
    pub tail: Option<u32>,
    /// The previous instance of each container instead.
    pub previous: bool,
    /// Go on with what is written later.
    pub follow: bool,
    /// Streams open at a time; the rest queue.
    pub max_streams: u32,
}
