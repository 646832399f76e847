//! What the outside tells the app.

use std::sync::Arc;

use serde_json::Value;

use super::{Access, EffectId, FeedId, LogId};
use crate::clock::Timestamp;
use crate::keymap::Chord;
use crate::kind::{ContainerUsage, Kind, RowBatch, Usage};
use crate::logs::{Hits, LogEvent};
use crate::model::{Failure, Phase};

/// A message to the app.
#[derive(Debug)]
pub enum Msg {
    /// A key.
    Key(Chord),
    /// The mouse.
    Mouse(Mouse),
    /// Text pasted into the terminal.
    Paste(String),
    /// The terminal's size: columns, rows.
    Resize(u16, u16),
    /// Part `.1` of a feed has something.
    Feed(FeedId, u16, FeedEvent),
    /// A log query has something.
    Log(LogId, LogEvent),
    /// Lines of a pane that pass its filter or search.
    Hits(LogId, Hits),
    /// Usage figures.
    Usage(UsageReport),
    /// A fetched object.
    Object(EffectId, Result<Box<Value>, Failure>),
    /// A change, a process or a file is done.
    Done(EffectId, Result<Outcome, Failure>),
    /// The editor was left with this text; `None` if it was left without a change.
    Edited(EffectId, Result<Option<String>, Failure>),
    /// Coloured lines.
    Highlighted(EffectId, Vec<crate::model::doc::Line>),
    /// The connection changed.
    Connection(Connection),
    /// The kinds that the server serves beyond those with files; complete, replaces the last.
    Kinds(Vec<Arc<Kind>>),
    /// A credential plugin wrote this to its standard error; shown in an overlay.
    Plugin(String),
    /// The credential plugin ended: `None` if it gave credentials (the overlay closes), else why not.
    PluginEnded(Option<Failure>),
    /// Of a game day.
    GameDay(super::GameNews),
    /// Time passes: sent when something visible changes by itself.
    Tick(Timestamp),
}

/// What a feed's task says.
#[derive(Debug)]
pub enum FeedEvent {
    /// A list begins; rows not named until [`FeedEvent::EndList`] are gone.
    BeginList,
    /// Rows.
    Rows(RowBatch),
    /// The list is complete.
    EndList,
    /// Freshness changed.
    Phase(Phase),
    /// [`crate::model::Scope::All`] is forbidden; the feed goes on with these namespaces, sorted, the n-th as part n. Rows of part 0 that
    /// came before are void.
    Narrowed(Vec<String>, Failure),
}

/// The connection to a context.
#[derive(Debug, Clone, PartialEq)]
pub enum Connection {
    /// The kubeconfig as it was read: every context, usable or not.
    Contexts(Vec<ContextInfo>),
    /// Connecting; requests may already be sent.
    Connecting(ClusterInfo),
    /// The server answered: its version (`v1.36.3`).
    Connected {
        /// Server version.
        version: String,
    },
    /// It cannot be used: why.
    Failed(Failure),
}

/// A context of the kubeconfig.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContextInfo {
    /// Name.
    pub name: String,
    /// Cluster name.
    pub cluster: String,
    /// User name.
    pub user: String,
    /// Its namespace; `default` when it names none.
    pub namespace: String,
    /// Server address; empty when the cluster is missing.
    pub server: String,
    /// Why it cannot be used; `None` when it can.
    pub problem: Option<String>,
}

/// What is known of a cluster before it answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClusterInfo {
    /// The context.
    pub context: ContextInfo,
    /// May things be changed?
    pub access: Access,
    /// `--readonly` was given: nothing unlocks it while the program runs.
    pub locked: bool,
    /// `--as`: the impersonated user, with groups; empty for none.
    pub impersonate: String,
    /// Until when the client certificate of the kubeconfig is valid. `None` without one.
    pub certificate_end: Option<Timestamp>,
    /// True for the embedded demo cluster.
    pub demo: bool,
}

/// What a request brought about, for the toast.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// One line: `scaled deployments.apps shop/web 3 → 5`.
    pub message: String,
    /// Exit code of a process.
    pub exit_code: Option<i32>,
}

/// Usage figures, or why there are none.
#[derive(Debug, Clone, PartialEq)]
pub enum UsageReport {
    /// Pods of a scope: namespace, name, usage. Complete, replaces the last.
    Pods(Vec<(Arc<str>, Arc<str>, Usage)>, Timestamp),
    /// Nodes: name, usage. Complete, replaces the last.
    Nodes(Vec<(Arc<str>, Usage)>, Timestamp),
    /// Containers of the pods asked for. Complete, replaces the last.
    Containers(Vec<ContainerUsage>, Timestamp),
    /// metrics.k8s.io does not answer.
    Unavailable(Failure),
}

/// What the mouse did, at a column and a row of the screen counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub kind: MouseKind,
    /// Column.
    pub column: u16,
    /// Row.
    pub row: u16,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseKind {
    /// Left button pressed.
    Press,
    /// Left button held and moved.
    Drag,
    /// Left button released.
    Release,
    /// Wheel towards the user.
    ScrollDown,
    /// Wheel away from the user.
    ScrollUp,
}
