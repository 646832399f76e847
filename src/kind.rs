//! What a kind is: its row, columns, decoding and description. Knows no particular kind.

mod decode;
mod merge;
mod rows;
mod sheet;
mod slots;
mod table;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::model::{Cell, Doc, Gvr, Health, Pool, Query, Row};
use crate::wire::Wire;
use crate::wire::inplace::Unreadable;

pub use decode::{Decode, Of as DecodeOf, Verb};
pub use merge::Run;
pub use rows::{Changes, ColumnInfo, Item, RowBatch, Rows, SortBy};
pub use sheet::{Of, Shape, Sheet};
pub use table::{TableRow, TableRows};

/// Written once per kind, in that kind's file.
pub trait KindDef: Send + Sync + 'static {
    /// Only the fields we read, in both encodings.
    type Wire<'a>: Wire<'a>;
    /// The compact form the store holds.
    type Row: Row;

    /// Plural, singular and short names; the first is the resource name.
    const NAMES: &'static [&'static str];
    /// As the API spells the kind: `Pod`.
    const KIND: &'static str;
    /// As a pane title shows it: `Pods`.
    const TITLE: &'static str;
    /// The resource.
    const GVR: Gvr;
    /// False for cluster-scoped kinds.
    const NAMESPACED: bool;
    /// In the order in which they are shown. NAMESPACE is not among them for cluster-scoped kinds.
    const COLUMNS: &'static [Column<Self::Row>];
    /// What can be done to an object of this kind beyond looking at it.
    const ABLE: Abilities;

    /// The compact row of an object. Runs in the feed's task, never in the loop.
    ///
    /// # Errors
    /// Something that was left unread so far has another type than it should, or ends too early.
    fn row(wire: Self::Wire<'_>, pool: &mut Pool) -> Result<Self::Row, Unreadable>;
    /// How the object is doing.
    fn health(row: &Self::Row, facts: &Facts) -> Health;
    /// Where Enter leads. `None` opens describe.
    fn drill(_row: &Self::Row) -> Option<Query> {
        None
    }
    /// What describe shows: from the whole object and its events, newest first.
    fn describe(object: &Value, events: &[EventLine], now: Timestamp) -> Doc;
}

/// One column: title and value cannot drift apart.
pub struct Column<R: 'static> {
    /// Title in capitals, as kubectl prints it.
    pub title: &'static str,
    /// How wide.
    pub width: Width,
    /// Shown in wide mode only.
    pub wide: bool,
    /// Changes by itself (ages, usage): not part of what a filter matches, not marked as changed.
    pub volatile: bool,
    /// The value.
    pub cell: for<'a> fn(&'a R, &Ctx<'a>) -> Cell<'a>,
}

/// How wide a column is drawn, in terminal cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// As wide as the widest visible value, between these.
    Fit(u16, u16),
    /// Takes what is left; at least this.
    Rest(u16),
    /// Always this.
    Fixed(u16),
}

/// What a cell may look at besides its row.
#[derive(Debug, Clone, Copy)]
pub struct Ctx<'a> {
    /// Now, for cells that depend on it.
    pub now: Timestamp,
    /// What other feeds say about this object.
    pub facts: &'a Facts,
}

/// Facts joined to a row from other feeds. The default means: nothing known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// CPU and memory in use, from metrics.k8s.io.
    pub usage: Option<Usage>,
    /// Pods: the node it is bound to is not Ready.
    pub node_down: bool,
    /// Services: ready and total endpoints.
    pub endpoints: Option<(u32, u32)>,
    /// Pods and ReplicaSets: the revision of their Deployment.
    pub revision: Option<u32>,
    /// Nodes: what is requested, used and bound there.
    pub node: Option<Arc<NodeLoad>>,
}

/// The facts of the rows of one feed, by slot.
#[derive(Debug, Default)]
pub struct Annex(Vec<Facts>);

static NOTHING_KNOWN: Facts = Facts {
    usage: None,
    node_down: false,
    endpoints: None,
    revision: None,
    node: None,
};

impl Annex {
    /// What is known about the row in a slot.
    pub fn of(&self, slot: u32) -> &Facts {
        self.0.get(slot as usize).unwrap_or(&NOTHING_KNOWN)
    }

    /// Changes what is known about the row in a slot.
    pub fn entry(&mut self, slot: u32) -> &mut Facts {
        let at = slot as usize;
        if at >= self.0.len() {
            self.0.resize(at + 1, Facts::default());
        }
        &mut self.0[at]
    }

    /// Forgets a slot whose object is gone.
    pub fn clear(&mut self, slot: u32) {
        if let Some(facts) = self.0.get_mut(slot as usize) {
            *facts = Facts::default();
        }
    }
}

/// CPU in thousandths of a core and memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Thousandths of a core.
    pub cpu_milli: u64,
    /// Working set, bytes.
    pub memory: u64,
}

/// What one container uses.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerUsage {
    /// Namespace of its pod.
    pub namespace: Arc<str>,
    /// Its pod.
    pub pod: Arc<str>,
    /// Its name.
    pub container: Arc<str>,
    /// The figures.
    pub usage: Usage,
}

/// What the pods bound to a node ask for, and how many of its places they take. Computed by `insight::capacity`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NodeLoad {
    /// Sum of requests of non-terminal pods.
    pub requests: Usage,
    /// Sum of limits of non-terminal pods.
    pub limits: Usage,
    /// Non-terminal pods bound to the node: each takes a kubelet slot.
    pub pods: u32,
    /// The pod limit that binds.
    pub pod_limit: u32,
    /// Which limit binds, in one word: `slots`, `ENI`, `CIDR`; empty when unknown.
    pub binds: &'static str,
    /// Pods that still fit by that limit; negative when overcommitted.
    pub headroom: i64,
    /// The line under the table that explains the row, with the formula.
    pub explanation: String,
}

/// One event as describe lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLine {
    /// First seen.
    pub first: Timestamp,
    /// Last seen.
    pub last: Timestamp,
    /// How often; at least 1.
    pub count: u32,
    /// `Warning` rather than `Normal`.
    pub warning: bool,
    /// Reason in one word.
    pub reason: Arc<str>,
    /// Message.
    pub message: Arc<str>,
    /// Who reported it.
    pub from: Arc<str>,
}

/// What can be done to objects of a kind, beyond list, describe, YAML, edit and delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Abilities {
    /// Has logs, itself or through its pods.
    pub logs: bool,
    /// Has containers to exec into.
    pub shell: bool,
    /// Has a scale subresource.
    pub scale: bool,
    /// Can be restarted by a new pod template (`kubectl rollout restart`).
    pub restart: bool,
    /// Nodes: cordon, uncordon, drain.
    pub cordon: bool,
    /// CronJobs: trigger, suspend.
    pub schedule: bool,
    /// Secrets: values are fetched and decoded on request.
    pub decode: bool,
}

impl Abilities {
    /// Nothing beyond looking.
    pub const NONE: Self = Self {
        logs: false,
        shell: false,
        scale: false,
        restart: false,
        cordon: false,
        schedule: false,
        decode: false,
    };
}

/// How a kind is listed and watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Whole objects, protobuf if the server offers it, else JSON.
    Objects,
    /// The server's own Table, without the objects (CRDs, and kinds whose values stay on the server).
    Table,
}

/// A kind at run time: one entry of [`crate::kinds::all`], or one found by discovery.
pub struct Kind {
    /// Plural, singular, short names; the first is the resource name.
    pub names: Vec<Cow<'static, str>>,
    /// As the API spells it: `Pod`.
    pub kind: Cow<'static, str>,
    /// As a pane title shows it: `Pods`.
    pub title: Cow<'static, str>,
    /// The resource.
    pub gvr: Gvr,
    /// False for cluster-scoped kinds.
    pub namespaced: bool,
    /// What can be done to its objects.
    pub able: Abilities,
    /// How it is listed.
    pub listing: Listing,
    /// False when the server has no watch for it: it is polled and says so.
    pub watch: bool,
    /// True when the server takes `status` through a subresource only, and so none from an edit. A kind that is not known to have one has none.
    pub status: bool,
    rows: fn() -> Box<dyn Rows>,
    decoder: fn() -> Box<dyn Decode>,
    describe: fn(&Value, &[EventLine], Timestamp) -> Doc,
}

impl Kind {
    /// The run-time entry of a kind with a file of its own.
    pub fn of<K: KindDef>() -> Self {
        Self {
            names: K::NAMES.iter().copied().map(Cow::Borrowed).collect(),
            kind: Cow::Borrowed(K::KIND),
            title: Cow::Borrowed(K::TITLE),
            gvr: K::GVR,
            namespaced: K::NAMESPACED,
            able: K::ABLE,
            listing: Listing::Objects,
            watch: true,
            status: true,
            rows: || Box::new(Of::<K>::default()),
            decoder: || Box::new(decode::Of::<K>::default()),
            describe: K::describe,
        }
    }

    /// A kind listed through the server's Table. `describe` renders one object of it.
    pub fn table(
        names: Vec<Cow<'static, str>>,
        kind: Cow<'static, str>,
        gvr: Gvr,
        namespaced: bool,
        describe: fn(&Value, &[EventLine], Timestamp) -> Doc,
    ) -> Self {
        Self {
            names,
            title: kind.clone(),
            kind,
            gvr,
            namespaced,
            able: Abilities::NONE,
            listing: Listing::Table,
            watch: true,
            status: false,
            rows: || Box::new(TableRows::default()),
            decoder: || Box::new(decode::Table::default()),
            describe,
        }
    }

    /// An empty set of rows of this kind.
    pub fn rows(&self) -> Box<dyn Rows> {
        (self.rows)()
    }

    /// A decoder for one feed of this kind.
    pub fn decoder(&self) -> Box<dyn Decode> {
        (self.decoder)()
    }

    /// What describe shows of one object.
    pub fn describe(&self, object: &Value, events: &[EventLine], now: Timestamp) -> Doc {
        (self.describe)(object, events, now)
    }

    /// True when a person may call the kind so: any name, `name.group`, or the kind in any case.
    pub fn is_called(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let bare = name
            .strip_suffix(&format!(".{}", self.gvr.group))
            .unwrap_or(&name);
        self.names.iter().any(|known| *known == bare) || self.kind.eq_ignore_ascii_case(bare)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kind")
            .field("gvr", &self.gvr)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.gvr == other.gvr
    }
}
