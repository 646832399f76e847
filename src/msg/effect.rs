//! What the app asks of the outside.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::{EffectId, FeedId, LogId};
use crate::logs::{LogQuery, ScanJob};
use crate::model::{Feed, ObjectKey, Scope};

/// One request to the outside. Where the outside answers with a message, the effect names it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Connect to a context, ending everything of the old one first.
    Connect(Target),
    /// Open a feed; answered by [`super::Msg::Feed`].
    Feed(FeedId, Feed),
    /// List the feed again from the start, keeping its rows until then.
    Relist(FeedId),
    /// Close a feed.
    Drop(FeedId),
    /// Poll metrics.k8s.io for this and nothing else from now on; answered by [`super::Msg::Usage`].
    Usage(UsageWanted),
    /// Tail logs; answered by [`super::Msg::Log`].
    Logs(LogId, LogQuery),
    /// Load lines older than what a log query has: this many more lines a container.
    OlderLogs(LogId, u32),
    /// Look through the lines of a pane on another thread; answered by [`super::Msg::Hits`], once for each step.
    Scan(LogId, ScanJob),
    /// Close a log query.
    DropLogs(LogId),
    /// Fetch one whole object as JSON; answered by [`super::Msg::Object`].
    Fetch(EffectId, ObjectKey),
    /// Fetch the scale subresource of an object; answered by [`super::Msg::Object`] with an `autoscaling/v1` Scale.
    FetchScale(EffectId, ObjectKey),
    /// Allow or refuse changes from now on, in the client.
    Allow(Access),
    /// Forget the answer of a request that is still under way.
    Cancel(EffectId),
    /// Change something in the cluster; answered by [`super::Msg::Done`].
    Mutate(EffectId, Mutation),
    /// Give the terminal to a process in a container; answered by [`super::Msg::Done`] when it ends.
    Exec(EffectId, ExecRequest),
    /// Give the terminal to the user's editor with this text; answered by [`super::Msg::Edited`].
    Edit(EffectId, String),
    /// Colour these lines; answered by [`super::Msg::Highlighted`]. `syntax` is a file extension (`sh`, `json`, `toml`).
    Highlight(EffectId, String, Vec<String>),
    /// Give up the credential plugin that runs; whatever waits for it fails. It is not started again before the next [`Effect::Connect`] or
    /// [`Effect::RunPlugin`].
    AbandonPlugin,
    /// Give the terminal to the credential plugin and start it again, so that it can ask questions.
    RunPlugin,
    /// Put text on the clipboard.
    Copy(String),
    /// Write a file; answered by [`super::Msg::Done`].
    Save(EffectId, SaveRequest),
    /// Begin a game day of this name, or `random`; answered by [`super::Msg::GameDay`].
    GameDay(String),
    /// Draw everything anew (the terminal was disturbed).
    Redraw,
    /// Leave the program.
    Quit,
}

/// Which cluster to talk to, as whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// Kubeconfig context; `None` for the current one.
    pub context: Option<String>,
}

/// What usage is on screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsageWanted {
    /// Pods of this scope.
    pub pods: Option<Scope>,
    /// Nodes.
    pub nodes: bool,
    /// The containers of these pods: namespace and name.
    pub containers: BTreeSet<(Arc<str>, Arc<str>)>,
}

/// One change to one object, as it was confirmed.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutation {
    /// What to do.
    pub verb: MutationVerb,
    /// To what. Its uid is sent as a precondition where the API has one, and compared before acting where it has not.
    pub key: ObjectKey,
    /// For the audit journal: the value before, such as `3` replicas. Empty when there is none.
    pub before: String,
    /// For the audit journal: the value after.
    pub after: String,
}

/// The verbs.
#[derive(Debug, Clone, PartialEq)]
pub enum MutationVerb {
    /// Set `spec.replicas` through the scale subresource.
    Scale {
        /// Target.
        replicas: u32,
    },
    /// New pod template (`kubectl rollout restart`).
    Restart,
    /// Delete.
    Delete {
        /// What happens to dependents.
        propagation: Propagation,
        /// Seconds; `None` for the object's own; 0 kills.
        grace: Option<u32>,
    },
    /// Mark a node unschedulable or schedulable.
    Cordon(bool),
    /// Suspend or resume a CronJob.
    Suspend(bool),
    /// Create a Job from a CronJob.
    Trigger,
    /// Replace the object by this one (edit); its resourceVersion guards against lost updates.
    Replace(Box<Value>),
}

/// What happens to the objects an object owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Propagation {
    /// Deleted afterwards by the garbage collector.
    #[default]
    Background,
    /// Deleted first.
    Foreground,
    /// Left alone.
    Orphan,
}

/// A process in a container that gets the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecRequest {
    /// The pod.
    pub pod: ObjectKey,
    /// Container; `None` for the default one.
    pub container: Option<String>,
    /// Command and arguments; empty means a shell: bash if there is one, else sh.
    pub command: Vec<String>,
    /// Attach to the main process instead of starting one.
    pub attach: bool,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveRequest {
    /// File name without folder; the folder is `$XDG_STATE_HOME/kubris/saved`.
    pub name: PathBuf,
    /// Content.
    pub text: String,
}

/// Whether the session may change things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Anything the user may do.
    #[default]
    Write,
    /// Nothing but looking; enforced in the client.
    ReadOnly,
}
