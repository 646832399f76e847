//! A demo cluster that misbehaves, the cluster layer in front of it, and what it says.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kubris::cluster::kubeconfig::Search;
use kubris::cluster::{Cluster, Handle, Options, Outlets};
use kubris::config::{Config, Folders};
use kubris::demo::{self, Demo};
use kubris::kind::Rows;
use kubris::kinds;
use kubris::model::{Failure, FailureKind, Feed, Gvr, Phase, Scope};
use kubris::msg::{Connection, Effect, FeedEvent, FeedId, Msg, Target};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

pub const PODS: Gvr = Gvr::of("", "v1", "pods");
pub const DEPLOYMENTS: Gvr = Gvr::of("apps", "v1", "deployments");
pub const POD_FEED: FeedId = FeedId(1);
pub const DEPLOYMENT_FEED: FeedId = FeedId(2);

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A message without what cannot be compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Begin(FeedId, u16),
    Rows(FeedId, u16, usize),
    End(FeedId, u16),
    Phase(FeedId, u16, Phase),
    Narrowed(FeedId, Vec<String>),
    Connection(Connection),
    Plugin(String),
    PluginEnded(Option<Failure>),
    Kinds(Vec<String>),
    Other(String),
}

pub struct Rig {
    pub demo: Demo,
    pub handle: Handle,
    /// Everything said so far.
    pub said: Vec<Said>,
    /// Messages as they came, for those who want the contents.
    pub raw: Option<Msg>,
    pub rows: HashMap<FeedId, Box<dyn Rows>>,
    pub folder: tempfile::TempDir,
    messages: mpsc::Receiver<Msg>,
    _logs: mpsc::Receiver<Msg>,
}

/// An empty demo cluster with some pods in some namespaces.
pub fn demo_with(pods: usize, namespaces: &[&str]) -> Demo {
    let demo = demo::start(demo::Options {
        empty: true,
        ..demo::Options::default()
    })
    .unwrap();
    for namespace in namespaces {
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        demo.store().create("namespaces", "", object).unwrap();
        for at in 0..pods {
            add_pod(&demo, namespace, &format!("pod-{at:03}"));
        }
    }
    demo
}

pub fn add_pod(demo: &Demo, namespace: &str, name: &str) -> Value {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [{"name": "app", "image": "app:1"}]},
        "status": {"phase": "Running"},
    });
    demo.store().create("pods", namespace, pod).unwrap()
}

pub fn touch(demo: &Demo, namespace: &str, name: &str, label: &str) {
    let change = |pod: &mut Value| pod["metadata"]["labels"] = json!({"touched": label});
    demo.store().modify("pods", namespace, name, change).unwrap();
}

impl Rig {
    /// Options for a demo cluster, with state in a folder of its own.
    pub fn options(demo: &Demo, folder: &tempfile::TempDir) -> Options {
        let folders = Folders {
            state: folder.path().join("state"),
            ..Folders::default()
        };
        let mut config = Config::default();
        config.folders = folders;
        Options {
            search: Search {
                text: Some(demo.kubeconfig()),
                ..Search::default()
            },
            read_only: Some(false),
            config: Arc::new(config),
            ..Options::default()
        }
    }

    pub fn start(demo: Demo) -> Self {
        Self::start_with(demo, |_| {})
    }

    pub fn start_with(demo: Demo, change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Self::options(&demo, &folder);
        change(&mut options);
        let (feeds, messages) = mpsc::channel(64);
        let (logs, log_messages) = mpsc::channel(64);
        let handle = Cluster::spawn(options, Outlets { feeds, logs });
        handle.run(Effect::Connect(Target::default()));
        Self {
            demo,
            handle,
            said: Vec::new(),
            raw: None,
            rows: HashMap::new(),
            folder,
            messages,
            _logs: log_messages,
        }
    }

    pub fn open(&mut self, id: FeedId, gvr: &Gvr, scope: Scope) {
        self.rows.insert(id, kinds::find(gvr).unwrap().rows());
        self.handle.run(Effect::Feed(
            id,
            Feed {
                gvr: gvr.clone(),
                scope,
                fields: String::new(),
            },
        ));
    }

    /// The next message.
    pub async fn next(&mut self) -> Said {
        let message = timeout(PATIENCE, self.messages.recv()).await;
        let message = message
            .unwrap_or_else(|_| panic!("nothing more is said after {:#?}", self.said))
            .unwrap();
        let said = self.take(message);
        self.said.push(said.clone());
        said
    }

    fn take(&mut self, message: Msg) -> Said {
        match message {
            Msg::Feed(id, part, FeedEvent::BeginList) => {
                self.rows.get_mut(&id).unwrap().begin_list(part);
                Said::Begin(id, part)
            }
            Msg::Feed(id, part, FeedEvent::EndList) => {
                self.rows.get_mut(&id).unwrap().end_list(part);
                Said::End(id, part)
            }
            Msg::Feed(id, part, FeedEvent::Rows(batch)) => {
                let len = batch.len;
                self.rows.get_mut(&id).unwrap().apply(part, batch);
                Said::Rows(id, part, len)
            }
            Msg::Feed(id, part, FeedEvent::Phase(phase)) => Said::Phase(id, part, phase),
            Msg::Feed(id, _, FeedEvent::Narrowed(names, _)) => Said::Narrowed(id, names),
            Msg::Connection(connection) => Said::Connection(connection),
            Msg::Plugin(text) => Said::Plugin(text),
            Msg::PluginEnded(end) => Said::PluginEnded(end),
            Msg::Kinds(kinds) => Said::Kinds(kinds.iter().map(|kind| kind.gvr.to_string()).collect()),
            other => {
                let said = Said::Other(format!("{other:?}"));
                self.raw = Some(other);
                said
            }
        }
    }

    /// Listens until something is said; returns it.
    pub async fn until(&mut self, wanted: impl Fn(&Said) -> bool) -> Said {
        loop {
            let said = self.next().await;
            if wanted(&said) {
                return said;
            }
        }
    }

    /// Listens until something has been said, unless it was already.
    pub async fn heard(&mut self, wanted: impl Fn(&Said) -> bool) {
        if !self.said.iter().any(&wanted) {
            self.until(wanted).await;
        }
    }

    /// Listens until all parts of a feed are live.
    pub async fn live(&mut self, id: FeedId, parts: u16) {
        let mut missing: Vec<u16> = (0..parts).collect();
        while !missing.is_empty() {
            if let Said::Phase(feed, part, Phase::Live) = self.next().await
                && feed == id
            {
                missing.retain(|waiting| *waiting != part);
            }
        }
    }

    /// Listens until a feed is stale; returns why.
    pub async fn stale(&mut self, id: FeedId) -> Failure {
        loop {
            if let Said::Phase(feed, _, Phase::Stale { why, .. }) = self.next().await
                && feed == id
            {
                return why;
            }
        }
    }

    /// Names of a feed's rows, sorted.
    pub fn names(&self, id: FeedId) -> Vec<String> {
        let rows = &self.rows[&id];
        let mut names: Vec<String> = rows
            .slots()
            .into_iter()
            .map(|slot| rows.meta(slot).unwrap().name.to_string())
            .collect();
        names.sort();
        names
    }

    /// How many lists the server was asked for.
    pub fn lists(&self, resource: &str) -> usize {
        let end = format!("/{resource}");
        self.demo
            .requests()
            .iter()
            .filter(|seen| seen.path.ends_with(&end) && seen.is_list())
            .count()
    }

    pub fn is_up(said: &Said) -> bool {
        matches!(said, Said::Connection(Connection::Connected { .. }))
    }

    pub fn is_down(said: &Said) -> bool {
        matches!(said, Said::Connection(Connection::Failed(_)))
    }
}

/// The demo's kubeconfig with its token behind an exec plugin: a shell script that notes each run in `runs` and then does `script`, in which
/// `$TOKEN` is the token.
pub fn with_plugin(kubeconfig: &str, folder: &tempfile::TempDir, script: &str) -> String {
    let (head, token) = kubeconfig.split_once("    token: ").unwrap();
    let path: PathBuf = folder.path().join("plugin.sh");
    let text = format!(
        "TOKEN={}\ncd {}\necho run >> runs\n{script}\n",
        token.trim(),
        folder.path().display()
    );
    std::fs::write(&path, text).unwrap();
    let exec = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": [path], "interactiveMode": "IfAvailable"});
    format!("{head}    exec: {exec}\n")
}

pub const GIVE_TOKEN: &str = r#"echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$TOKEN'"}}'"#;

pub fn plugin_runs(folder: &tempfile::TempDir) -> usize {
    std::fs::read_to_string(folder.path().join("runs"))
        .unwrap_or_default()
        .lines()
        .count()
}

pub fn is_kind(said: &Said, id: FeedId, kind: FailureKind) -> bool {
    matches!(said, Said::Phase(feed, _, Phase::Stale { why, .. }) if *feed == id && why.kind == kind)
}
