//! One task that owns the connection and all tasks of it: starts, relists and ends them as effects say. Awaits nothing of the network itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::audit::Journal;
use super::error::Purpose;
use super::kubeconfig::Kubeconfig;
use super::link::{Health, Link};
use super::logs::Tails;
use super::{Options, Outlets, clockwatch, connect, discover, feed, metrics, mutate};
use crate::clock;
use crate::model::{Failure, FailureKind, Feed, ObjectKey, Phase};
use crate::msg::{
    Access, Connection, Effect, EffectId, FeedEvent, FeedId, Msg, Mutation, Target, UsageWanted,
};

/// An effect, and what keeps the journal from being settled before it is begun.
pub type Order = (Effect, TaskTrackerToken);

/// The engine.
pub struct Engine {
    options: Options,
    journal: Journal,
    out: Outlets,
    current: watch::Sender<Option<Arc<Link>>>,
    kubeconfig: Kubeconfig,
    session: Option<Session>,
    /// Why there is no session.
    failed: Option<Failure>,
    /// Why the cluster that was to be started is not there.
    absent: Option<Failure>,
}

/// All that belongs to one connection; dropped as a whole.
struct Session {
    link: Arc<Link>,
    tasks: JoinSet<()>,
    feeds: HashMap<FeedId, (AbortHandle, watch::Sender<u64>)>,
    requests: HashMap<EffectId, AbortHandle>,
    usage: watch::Sender<UsageWanted>,
    logs: Tails,
}

impl Engine {
    /// An engine that has read nothing yet.
    pub fn new(
        options: Options,
        journal: Journal,
        out: Outlets,
        current: watch::Sender<Option<Arc<Link>>>,
    ) -> Self {
        Self {
            options,
            journal,
            out,
            current,
            kubeconfig: Kubeconfig::default(),
            session: None,
            failed: None,
            absent: None,
        }
    }

    /// Runs until the last handle is gone.
    pub async fn run(mut self, mut effects: mpsc::UnboundedReceiver<Order>) {
        self.find_cluster().await;
        self.kubeconfig = Kubeconfig::read(&self.options.search);
        self.say(Connection::Contexts(self.kubeconfig.contexts.clone()))
            .await;
        while let Some((effect, _held)) = effects.recv().await {
            self.effect(effect).await;
        }
        self.end().await;
    }

    /// Waits for a cluster that is being started beside the explorer.
    async fn find_cluster(&mut self) {
        let Some(mut starting) = self.options.starting.take() else {
            return;
        };
        let found = match starting.wait_for(Option::is_some).await {
            Ok(found) => found.clone(),
            Err(_) => None,
        };
        match found {
            Some(Ok(search)) => self.options.search = search,
            Some(Err(failure)) => self.absent = Some(failure),
            None => {
                self.absent = Some(Failure::new(
                    FailureKind::Connection,
                    "the cluster ended while starting",
                ));
            }
        }
    }

    async fn say(&self, connection: Connection) {
        let _ = self.out.feeds.send(Msg::Connection(connection)).await; // nobody listens: the program ends
    }

    /// Ends the session and waits until none of its tasks can say anything any more.
    async fn end(&mut self) {
        self.current.send_replace(None);
        if let Some(mut session) = self.session.take() {
            session.tasks.shutdown().await;
            session.logs.shutdown().await;
        }
    }

    /// Reads the kubeconfig again: it may be another since the start, as after a cluster was made anew.
    async fn read_again(&mut self) {
        let kubeconfig = Kubeconfig::read(&self.options.search);
        if kubeconfig.contexts != self.kubeconfig.contexts {
            self.say(Connection::Contexts(kubeconfig.contexts.clone())).await;
        }
        self.kubeconfig = kubeconfig;
    }

    async fn connect(&mut self, target: Target) {
        self.end().await;
        self.read_again().await;
        let context = target.context.as_deref();
        let connected = match &self.absent {
            Some(failure) => Err(failure.clone()),
            None => connect::connect(&self.kubeconfig, context, &self.options, &self.out.feeds).await,
        };
        match connected {
            Ok(link) => {
                let link = Arc::new(link);
                self.failed = None;
                self.say(Connection::Connecting(link.info.clone())).await;
                self.session = Some(Session::new(&link, &self.out));
                self.current.send_replace(Some(link));
            }
            Err(failure) => {
                self.failed = Some(failure.clone());
                self.say(Connection::Failed(failure)).await;
            }
        }
    }

    async fn effect(&mut self, effect: Effect) {
        if let Effect::Connect(target) = effect {
            return self.connect(target).await;
        }
        let Some(session) = &mut self.session else {
            return self.refuse(effect).await;
        };
        session.reap();
        match effect {
            Effect::Feed(id, feed) => session.open(id, feed, &self.out),
            Effect::Relist(id) => {
                if let Some((_, relist)) = session.feeds.get(&id) {
                    relist.send_modify(|count| *count += 1);
                }
            }
            Effect::Drop(id) => {
                if let Some((task, _)) = session.feeds.remove(&id) {
                    task.abort();
                }
            }
            Effect::Usage(wanted) => drop(session.usage.send_replace(wanted)),
            Effect::Fetch(id, key) => session.fetch(id, key, None, &self.out),
            Effect::FetchScale(id, key) => session.fetch(id, key, Some("scale"), &self.out),
            // What the command line refuses, nobody allows later.
            Effect::Allow(Access::Write) if session.link.info.locked => {}
            Effect::Allow(access) => session.link.gate().allow(access),
            Effect::Mutate(id, mutation) => session.mutate(id, mutation, &self.journal, &self.out),
            Effect::Logs(id, query) => session.logs.open(id, query),
            Effect::OlderLogs(id, lines) => session.logs.older(id, lines),
            Effect::DropLogs(id) => session.logs.close(id),
            Effect::Cancel(id) => {
                if let Some(task) = session.requests.remove(&id) {
                    task.abort();
                }
            }
            Effect::AbandonPlugin => {
                if let Some(credentials) = session.link.gate().credentials() {
                    credentials.abandon();
                }
            }
            _ => {}
        }
    }

    /// Answers what cannot be done without a connection.
    async fn refuse(&self, effect: Effect) {
        let why = self.failed.clone();
        let why = why.unwrap_or_else(|| Failure::new(FailureKind::Connection, "not connected to a cluster"));
        let message = match effect {
            Effect::Feed(id, _) => {
                let stale = Phase::Stale {
                    since: clock::now(),
                    why,
                };
                Msg::Feed(id, 0, FeedEvent::Phase(stale))
            }
            Effect::Logs(id, _) => Msg::Log(id, crate::logs::LogEvent::Failed(why)),
            Effect::Fetch(id, _) | Effect::FetchScale(id, _) => Msg::Object(id, Err(why)),
            Effect::Mutate(id, _) => Msg::Done(id, Err(why)),
            _ => return,
        };
        let _ = self.out.feeds.send(message).await; // nobody listens: the program ends
    }
}

impl Session {
    fn new(link: &Arc<Link>, out: &Outlets) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(announce(Arc::clone(link), out.feeds.clone()));
        tasks.spawn(discover::run(Arc::clone(link), out.feeds.clone()));
        tasks.spawn(clockwatch::run(Arc::clone(link)));
        let (usage, wanted) = watch::channel(UsageWanted::default());
        tasks.spawn(metrics::run(Arc::clone(link), out.feeds.clone(), wanted));
        Self {
            link: Arc::clone(link),
            tasks,
            feeds: HashMap::new(),
            requests: HashMap::new(),
            usage,
            logs: Tails::new(Arc::clone(link), out.logs.clone()),
        }
    }

    /// Forgets tasks that are done.
    fn reap(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        self.requests.retain(|_, task| !task.is_finished());
    }

    fn open(&mut self, id: FeedId, feed: Feed, out: &Outlets) {
        let (relist, relists) = watch::channel(0);
        let order = feed::Order {
            link: Arc::clone(&self.link),
            id,
            feed,
            labels: String::new(),
            once: false,
            relists,
            out: out.feeds.clone(),
        };
        let task = self.tasks.spawn(feed::run(order));
        if let Some((old, _)) = self.feeds.insert(id, (task, relist)) {
            old.abort();
        }
    }

    fn fetch(&mut self, id: EffectId, key: ObjectKey, subresource: Option<&'static str>, out: &Outlets) {
        let (link, out) = (Arc::clone(&self.link), out.feeds.clone());
        let task = self.tasks.spawn(async move {
            let object = link
                .get::<Value>(&key.path(subresource), &Purpose::of("read", &key))
                .await;
            let object = object
                .map_err(Failure::from)
                .and_then(|object| mutate::check(&key, &object).map(|()| object));
            let _ = out.send(Msg::Object(id, object.map(Box::new))).await; // nobody listens: the program ends
        });
        self.requests.insert(id, task);
    }

    /// Not one of the session's tasks: what was confirmed is carried out and noted, even if the context is left meanwhile or the program ends.
    fn mutate(&self, id: EffectId, mutation: Mutation, journal: &Journal, out: &Outlets) {
        let (link, journal, out) = (Arc::clone(&self.link), journal.clone(), out.feeds.clone());
        journal.clone().track(async move {
            let done = mutate::run(&link, &journal, &mutation).await;
            let _ = out.send(Msg::Done(id, done)).await; // nobody listens: the program ends
        });
    }
}

/// The version is a nicety: nothing waits longer for it.
const VERSION: Duration = Duration::from_secs(5);

/// Says whether the server answers, each time that changes. The version is asked for once, after the first answer to somebody else.
async fn announce(link: Arc<Link>, out: mpsc::Sender<Msg>) {
    let mut health = link.health();
    let mut version: Option<String> = None;
    loop {
        if health.changed().await.is_err() {
            return;
        }
        let now = health.borrow_and_update().clone();
        let connection = match now {
            Health::Unknown => continue,
            Health::Down(failure) => Connection::Failed(failure),
            Health::Up => {
                if version.is_none() {
                    let asked = timeout(VERSION, link.version()).await;
                    version = asked.ok().and_then(Result::ok);
                }
                Connection::Connected {
                    version: version.clone().unwrap_or_default(),
                }
            }
        };
        if out.send(Msg::Connection(connection)).await.is_err() {
            return;
        }
    }
}
