//! The engine on the real control plane, as the app uses it: effects in, messages out.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use kubris::clock::{self, Timestamp};
use kubris::cluster::kubeconfig::Search;
use kubris::cluster::{Cluster, Handle, Options, Outlets};
use kubris::config::Config;
use kubris::kind::{Facts, Rows, TableRows};
use kubris::kinds;
use kubris::model::{Failure, Feed, Gvr, Phase, Scope};
use kubris::msg::{Effect, FeedEvent, FeedId, Msg, Target};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::real::Real;

/// Longer than anything here takes, on a machine that does other things, too.
const PATIENCE: Duration = Duration::from_secs(60);

/// One user's session.
pub struct Session {
    pub handle: Handle,
    feeds: mpsc::Receiver<Msg>,
    logs: mpsc::Receiver<Msg>,
    next_id: u32,
    state: TempDir,
}

impl Session {
    /// Connects with one of the cluster's kubeconfigs: `admin`, `viewer`, `nobody`, ….
    pub fn open(real: &Real, user: &str) -> Self {
        Self::with(real, user, |_| {})
    }

    /// Connects as the admin, who promises to look only.
    pub fn read_only(real: &Real) -> Self {
        Self::with(real, "admin", |options| options.read_only = Some(true))
    }

    /// Connects with options of one's own.
    pub fn with(real: &Real, user: &str, change: impl FnOnce(&mut Options)) -> Self {
        let state = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.folders.state = state.path().to_owned();
        let (feeds_in, feeds) = mpsc::channel(256);
        let (logs_in, logs) = mpsc::channel(256);
        let mut options = Options {
            search: Search {
                explicit: Some(real.folder().join(format!("{user}.kubeconfig"))),
                ..Search::default()
            },
            config: Arc::new(config),
            ..Options::default()
        };
        change(&mut options);
        let outlets = Outlets {
            feeds: feeds_in,
            logs: logs_in,
        };
        let handle = Cluster::spawn(options, outlets);
        handle.run(Effect::Connect(Target::default()));
        Self {
            handle,
            feeds,
            logs,
            next_id: 0,
            state,
        }
    }

    /// Opens a feed.
    pub fn watch(&mut self, gvr: Gvr, scope: Scope) -> Watched {
        self.next_id += 1;
        let id = FeedId(self.next_id);
        let rows = kinds::find(&gvr).map_or_else(
            || Box::new(TableRows::default()) as Box<dyn Rows>,
            |kind| kind.rows(),
        );
        let feed = Feed {
            gvr,
            scope,
            fields: String::new(),
        };
        self.handle.run(Effect::Feed(id, feed));
        Watched {
            id,
            rows,
            phase: Phase::Opening,
            narrowed: Vec::new(),
            fewest: usize::MAX,
        }
    }

    /// The next message that is no line of a log.
    pub async fn message(&mut self) -> Msg {
        let message = timeout(PATIENCE, self.feeds.recv()).await;
        message
            .expect("the engine says something")
            .expect("the engine runs")
    }

    /// The next message of a log query.
    pub async fn log(&mut self) -> Msg {
        let message = timeout(PATIENCE, self.logs.recv()).await;
        message.expect("a log says something").expect("the engine runs")
    }

    /// Waits for a link; the engine makes it on its own task.
    pub async fn connected(&self) {
        let linked = async {
            while self.handle.link().is_err() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, linked).await.expect("a link");
    }

    /// The lines of the audit journal.
    pub fn journal(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.state.path().join("audit.jsonl")).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Takes messages until the feed is stale, and says why.
    pub async fn stale(&mut self, watched: &mut Watched) -> Failure {
        self.until(watched, "stale", |watched| {
            matches!(watched.phase, Phase::Stale { .. })
        })
        .await;
        match &watched.phase {
            Phase::Stale { why, .. } => why.clone(),
            phase => panic!("{phase:?} is not stale"),
        }
    }

    /// Takes messages until the feed is live.
    pub async fn live(&mut self, watched: &mut Watched) {
        self.until(watched, "live", Watched::is_live).await;
    }

    /// Takes messages until the feed is as it should be.
    pub async fn until(&mut self, watched: &mut Watched, what: &str, is_so: impl Fn(&Watched) -> bool) {
        let wait = async {
            while !is_so(watched) {
                let message = self.feeds.recv().await.expect("the engine runs");
                watched.take(message);
            }
        };
        let in_time = timeout(PATIENCE, wait).await.is_ok();
        assert!(
            in_time,
            "never {what}: {:?}, {} rows",
            watched.phase,
            watched.rows.len()
        );
    }
}

/// What a feed has said.
pub struct Watched {
    pub id: FeedId,
    pub rows: Box<dyn Rows>,
    pub phase: Phase,
    /// The namespaces it was narrowed to.
    pub narrowed: Vec<String>,
    /// The fewest rows that were held after any message since [`Watched::forget_fewest`].
    pub fewest: usize,
}

impl Watched {
    /// Applies a message; others' are passed over.
    pub fn take(&mut self, message: Msg) {
        let Msg::Feed(id, part, event) = message else {
            return;
        };
        if id != self.id {
            return;
        }
        match event {
            FeedEvent::BeginList => self.rows.begin_list(part),
            FeedEvent::Rows(batch) => drop(self.rows.apply(part, batch)),
            FeedEvent::EndList => drop(self.rows.end_list(part)),
            FeedEvent::Phase(phase) => self.phase = phase,
            FeedEvent::Narrowed(namespaces, _) => self.narrowed = namespaces,
        }
        self.fewest = self.fewest.min(self.rows.len());
    }

    pub fn forget_fewest(&mut self) {
        self.fewest = self.rows.len();
    }

    pub fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    /// One value of an object as the screen would show it.
    pub fn text(&self, name: &str, column: &str) -> Option<String> {
        let at = self.rows.columns().iter().position(|info| info.title == column)?;
        let slots = self.rows.slots().into_iter();
        let slot = slots
            .into_iter()
            .find(|slot| self.rows.meta(*slot).is_some_and(|meta| &*meta.name == name))?;
        Some(cell(&*self.rows, slot, at, clock::now()))
    }
}

/// A cell as text.
pub fn cell(rows: &dyn Rows, slot: u32, column: usize, now: Timestamp) -> String {
    let mut text = String::new();
    rows.cell(slot, column, &Facts::default(), now)
        .write(now, &mut text);
    text
}

/// All rows as text, sorted: one line for each, every column but the volatile ones, with its kind of cell.
pub fn sheet(rows: &dyn Rows) -> Vec<String> {
    let now = Timestamp::from_seconds(2_000_000_000);
    let facts = Facts::default();
    let mut lines: Vec<String> = rows
        .slots()
        .into_iter()
        .map(|slot| {
            let mut line = format!("{:?}", rows.meta(slot).unwrap());
            for column in 0..rows.columns().len() {
                let _ = write!(line, "\n  {:?}", rows.cell(slot, column, &facts, now));
            }
            let _ = write!(line, "\n  {:?} {:?}", rows.health(slot, &facts), rows.drill(slot));
            line
        })
        .collect();
    lines.sort();
    lines
}
