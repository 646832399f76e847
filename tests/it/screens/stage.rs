//! An app with a world behind it: effects are answered at once from fixed objects, at a fixed time.

use std::sync::Arc;

use kubris::app::pane::PaneView;
use kubris::app::{App, Start};
use kubris::clock::Timestamp;
use kubris::config::Config;
use kubris::keymap::Chord;
use kubris::kind::{Usage, Verb};
use kubris::kinds;
use kubris::logs::{Cutter, LogEvent, Source, SourceId, State};
use kubris::model::{Failure, Feed, FeedId, Phase, Scope, Uid};
use kubris::msg::{
    Access, ClusterInfo, Connection, ContextInfo, Effect, FeedEvent, LogId, Msg, Mutation, Outcome,
    SaveRequest, UsageReport,
};
use serde_json::{Value, json};

use super::world::{NOW, World};

/// The app, the world behind it, and the time.
pub struct Stage {
    pub app: App,
    pub world: World,
    pub now: Timestamp,
    /// Rows stay as far as they came when this is set.
    pub phase: Option<Phase>,
    /// Fetches of objects are not answered until [`Stage::answer`].
    pub slow: bool,
    feeds: Vec<(FeedId, Feed)>,
    /// Files that were written.
    pub saved: Vec<SaveRequest>,
    /// What was asked and is not answered here.
    pub asked: Vec<Effect>,
}

impl Stage {
    /// Connected to the context `staging`, on the pods of `shop`.
    pub fn new(size: (u16, u16)) -> Self {
        Self::open(size, "staging", Some("shop"), "pods")
    }

    /// Connected to a context, on what a command shows.
    pub fn open(size: (u16, u16), context: &str, namespace: Option<&str>, command: &str) -> Self {
        let mut stage = Self::unconnected(size, namespace, command);
        stage.connect(context);
        stage.rest();
        stage
    }

    /// Before anything is known.
    pub fn unconnected(size: (u16, u16), namespace: Option<&str>, command: &str) -> Self {
        let now = Timestamp::parse(NOW).unwrap();
        let mut config = Config::default();
        config.read("config.toml", "[logs]\ntimestamps = \"utc\"\n");
        assert_eq!(config.problems, []);
        let start = Start {
            command: command.to_owned(),
            scope: Some(namespace.map_or(Scope::All, Scope::one)),
            ..Start::default()
        };
        Self {
            app: App::new(config, start, size, now),
            world: World::default(),
            now,
            phase: None,
            slow: false,
            feeds: Vec::new(),
            saved: Vec::new(),
            asked: Vec::new(),
        }
    }

    pub fn connect(&mut self, context: &str) {
        let info = |name: &str| ContextInfo {
            name: name.to_owned(),
            cluster: format!("{name}.eks.example.com"),
            user: "bob".to_owned(),
            namespace: "shop".to_owned(),
            server: format!("https://{name}.eks.example.com"),
            problem: None,
        };
        let effects = self.app.begin();
        self.play(effects);
        self.send(Msg::Connection(Connection::Contexts(vec![
            info("staging"),
            info("prod-eks"),
        ])));
        self.send(Msg::Connection(Connection::Connecting(ClusterInfo {
            context: info(context),
            access: if context.starts_with("prod") {
                Access::ReadOnly
            } else {
                Access::Write
            },
            ..ClusterInfo::default()
        })));
        self.send(Msg::Connection(Connection::Connected {
            version: "v1.36.3".to_owned(),
        }));
    }

    /// Sends a message and answers what it brings about.
    pub fn send(&mut self, msg: Msg) {
        let effects = self.app.update(msg, self.now);
        self.play(effects);
    }

    /// Keys one after the other: `"j j space ctrl-d"`.
    pub fn keys(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let chord: Chord = key.parse().unwrap();
            self.send(Msg::Key(chord));
        }
        self.rest();
    }

    /// Typed text.
    pub fn text(&mut self, text: &str) {
        self.send(Msg::Paste(text.to_owned()));
    }

    /// A second passes: followers turn, marks of change go.
    pub fn rest(&mut self) {
        for _ in 0..5 {
            self.now = Timestamp(self.now.0 + 1_000_000_000);
            self.send(Msg::Tick(self.now));
        }
    }

    /// The fetches that waited are answered.
    pub fn answer(&mut self) {
        self.slow = false;
        let (waiting, rest) = std::mem::take(&mut self.asked)
            .into_iter()
            .partition(|effect| matches!(effect, Effect::Fetch(..)));
        self.asked = rest;
        self.play(waiting);
    }

    /// The last message at the foot, gone or not.
    pub fn toast(&self) -> String {
        let last = self.app.toasts.all().last();
        last.map(|toast| toast.text.clone()).unwrap_or_default()
    }

    /// Changes that were sent, in order.
    pub fn mutations(&self) -> Vec<Mutation> {
        let mutation = |effect: &Effect| match effect {
            Effect::Mutate(_, mutation) => Some(mutation.clone()),
            _ => None,
        };
        self.asked.iter().filter_map(mutation).collect()
    }

    /// The text of the focused pane.
    pub fn text_shown(&self) -> String {
        match self.app.focused().map(|pane| &pane.view) {
            Some(PaneView::Text(text)) => text.doc.plain(),
            view => panic!("no text has the focus but {view:?}"),
        }
    }

    /// Every open feed of a resource says how fresh it is.
    pub fn say(&mut self, resource: &str, phase: &Phase) {
        let feeds: Vec<FeedId> = self.of(resource);
        for id in feeds {
            self.send(Msg::Feed(id, 0, FeedEvent::Phase(phase.clone())));
        }
    }

    /// An object changes, or appears.
    pub fn upsert(&mut self, resource: &str, object: &Value) {
        for id in self.of(resource) {
            let batch = batch(resource, std::slice::from_ref(object));
            self.send(Msg::Feed(id, 0, FeedEvent::Rows(batch.unwrap())));
        }
    }

    /// An object goes.
    pub fn remove(&mut self, resource: &str, object: &Value) {
        for id in self.of(resource) {
            let mut decoder = kinds::named(resource).expect("a kind").decoder();
            decoder.json(Verb::Remove, object.to_string().as_bytes()).unwrap();
            let batch = decoder.take().expect("a row");
            self.send(Msg::Feed(id, 0, FeedEvent::Rows(batch)));
        }
    }

    fn of(&self, resource: &str) -> Vec<FeedId> {
        let same = |feed: &Feed| feed.gvr.resource == resource;
        self.feeds
            .iter()
            .filter(|(_, feed)| same(feed))
            .map(|(id, _)| *id)
            .collect()
    }

    fn play(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Feed(id, feed) => self.fill(id, feed),
                Effect::Fetch(..) if self.slow => self.asked.push(effect),
                Effect::Fetch(id, key) => {
                    let found = self.world.find(&key.gvr.resource, &key.namespace, &key.name);
                    let answer =
                        found.map_or_else(|| Err(not_found(&key.name)), |object| Ok(Box::new(object)));
                    self.send(Msg::Object(id, answer));
                }
                Effect::FetchScale(id, key) => {
                    let scale = self.world.scale(&key.gvr.resource, &key.namespace, &key.name);
                    self.send(Msg::Object(id, Ok(Box::new(scale))));
                }
                Effect::Logs(id, query) => self.tail(id, &query),
                Effect::Usage(wanted) => {
                    if wanted.pods.is_some() {
                        let figures = self.world.pod_usage();
                        self.send(Msg::Usage(UsageReport::Pods(figures, self.now)));
                    }
                    if !wanted.containers.is_empty() {
                        let figures = self.world.container_usage(&wanted.containers);
                        self.send(Msg::Usage(UsageReport::Containers(figures, self.now)));
                    }
                    if wanted.nodes {
                        let figures = self.world.node_usage();
                        self.send(Msg::Usage(UsageReport::Nodes(figures, self.now)));
                    }
                }
                Effect::Save(id, request) => {
                    let message = format!("saved {}", request.name.display());
                    self.saved.push(request);
                    self.send(Msg::Done(
                        id,
                        Ok(Outcome {
                            message,
                            exit_code: None,
                        }),
                    ));
                }
                other => self.asked.push(other),
            }
        }
    }

    fn fill(&mut self, id: FeedId, feed: Feed) {
        let parts: Vec<Option<String>> = match &feed.scope {
            Scope::All => vec![None],
            Scope::Namespaces(names) => names.iter().cloned().map(Some).collect(),
        };
        self.feeds.push((id, feed.clone()));
        for (part, namespace) in parts.iter().enumerate() {
            let part = part as u16;
            let objects = self.world.list(&feed.gvr.resource, namespace.as_deref());
            self.send(Msg::Feed(id, part, FeedEvent::BeginList));
            if let Some(rows) = batch(&feed.gvr.resource, &objects) {
                self.send(Msg::Feed(id, part, FeedEvent::Rows(rows)));
            }
            let phase = self.phase.clone().unwrap_or(Phase::Live);
            if phase == Phase::Live {
                self.send(Msg::Feed(id, part, FeedEvent::EndList));
            }
            self.send(Msg::Feed(id, part, FeedEvent::Phase(phase)));
        }
    }

    fn tail(&mut self, id: LogId, query: &kubris::logs::LogQuery) {
        let pods = self.world.pods_of(query);
        for (number, (namespace, pod, lines)) in pods.iter().enumerate() {
            let source = SourceId(number as u32);
            self.send(Msg::Log(
                id,
                LogEvent::Source(Source {
                    id: source,
                    namespace: Arc::from(namespace.as_str()),
                    pod: Arc::from(pod.as_str()),
                    pod_uid: Uid::parse(&super::world::uid(pod)),
                    container: Arc::from("app"),
                    container_id: Arc::from("containerd://1"),
                    node: Arc::from("ip-10-0-1-5"),
                    restarts: 0,
                    previous: false,
                    colour: 0,
                    state: State::Live { since: self.now },
                }),
            ));
            let mut cutter = Cutter::new(source);
            cutter.push(lines.as_bytes());
            if let Some(chunk) = cutter.take() {
                self.send(Msg::Log(id, LogEvent::Lines(chunk)));
            }
        }
        let open = pods.len() as u32;
        self.send(Msg::Log(id, LogEvent::Streams { open, all: open }));
    }
}

fn not_found(name: &str) -> Failure {
    Failure::new(
        kubris::model::FailureKind::NotFound,
        format!("`{name}` is not there"),
    )
}

fn batch(resource: &str, objects: &[Value]) -> Option<kubris::kind::RowBatch> {
    let kind = kinds::named(resource).unwrap_or_else(|| panic!("no kind {resource}"));
    let mut decoder = kind.decoder();
    // Listed as the server prints them, without their values.
    if matches!(resource, "secrets" | "configmaps") {
        decoder
            .json(Verb::Upsert, printed(objects).to_string().as_bytes())
            .unwrap();
        return decoder.take();
    }
    for object in objects {
        decoder.json(Verb::Upsert, object.to_string().as_bytes()).unwrap();
    }
    decoder.take()
}

/// Objects as a server's Table.
fn printed(objects: &[Value]) -> Value {
    let row = |object: &Value| json!({"cells": [object["metadata"]["name"]], "object": {"metadata": object["metadata"]}});
    let rows: Vec<Value> = objects.iter().map(row).collect();
    let name = json!({"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0});
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "columnDefinitions": [name], "rows": rows})
}

/// Figures by name.
pub type Figures = Vec<(Arc<str>, Usage)>;
