//! One log query: follows the pods it means, begins a stream for every run of their containers, and says what goes on. Reads no log itself.

use std::sync::{Arc, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::follow::{Follower, PodEvent, PodFeed};
use super::older;
use super::pod::PodView;
use super::progress::Shared;
use super::runs::Runs;
use super::select::{Rule, select};
use super::stream::{Context, Stream};
use crate::clock;
use crate::logs::{LogEvent, LogQuery};
use crate::model::{Failure, Uid};

struct Supervisor {
    context: Context,
    runs: Runs,
    rule: Rule,
    /// The feed of each pod that is meant.
    pods: FxHashMap<Uid, usize>,
    /// Feeds whose first list has not come.
    unlisted: FxHashSet<usize>,
    streams: JoinSet<()>,
    loads: JoinSet<()>,
    trouble: Option<Failure>,
    told: Option<(u32, u32)>,
}

/// Runs a query to its end: never when it follows.
pub async fn run(context: Context, query: LogQuery, mut orders: mpsc::Receiver<u32>) {
    let selection = match select(&context.link, &query).await {
        Ok(selection) => selection,
        Err(failure) => return context.say(LogEvent::Failed(failure)).await,
    };
    let mut supervisor = Supervisor {
        unlisted: (0..selection.feeds.len()).collect(),
        runs: Runs::new(query.clone(), selection.single, clock::now()),
        rule: selection.rule,
        pods: FxHashMap::default(),
        streams: JoinSet::new(),
        loads: JoinSet::new(),
        trouble: None,
        told: None,
        context,
    };
    let mut followers = JoinSet::new();
    let (out, mut events) = mpsc::channel(256);
    for (index, feed) in selection.feeds.into_iter().enumerate() {
        followers.spawn(supervisor.follower(feed, index, out.clone(), !query.follow).run());
    }
    drop(out);
    let mut listing = true;
    let mut wakes = supervisor.context.link.wakes();
    while listing || !supervisor.streams.is_empty() {
        tokio::select! {
            event = events.recv(), if listing => match event {
                Some((feed, event)) => supervisor.heard(feed, event).await,
                None => listing = false,
            },
            Some(_) = supervisor.streams.join_next() => supervisor.runs.closed(),
            Some(lines) = orders.recv() => supervisor.load(lines).await,
            Some(_) = supervisor.loads.join_next() => supervisor.loaded().await,
            Ok(()) = wakes.changed() => supervisor.runs.reopen(),
            () = supervisor.context.out.closed() => return,
        }
        supervisor.admit();
        supervisor.tell().await;
    }
    supervisor.conclude().await;
}

impl Supervisor {
    fn follower(
        &self,
        feed: PodFeed,
        index: usize,
        out: mpsc::Sender<(usize, PodEvent)>,
        once: bool,
    ) -> Follower {
        Follower {
            link: Arc::clone(&self.context.link),
            feed,
            index,
            out,
            timing: self.context.timing,
            once,
        }
    }

    async fn heard(&mut self, feed: usize, event: PodEvent) {
        match event {
            PodEvent::Listed(pods) => self.listed(feed, pods).await,
            PodEvent::Changed(pod) => self.see(feed, &pod, false).await,
            PodEvent::Gone(pod) => self.gone(pod).await,
            PodEvent::Trouble(trouble) => {
                if self.trouble != trouble {
                    self.trouble.clone_from(&trouble);
                    self.context.say(LogEvent::Trouble(trouble)).await;
                }
            }
        }
    }

    async fn listed(&mut self, feed: usize, pods: Vec<PodView>) {
        let initial = self.unlisted.remove(&feed);
        for pod in &pods {
            self.see(feed, pod, initial).await;
        }
        let there: FxHashSet<Uid> = pods.iter().map(|pod| pod.uid).collect();
        let known = self
            .pods
            .iter()
            .filter(|(uid, of)| **of == feed && !there.contains(uid));
        let missing: Vec<Uid> = known.map(|(uid, _)| *uid).collect();
        for pod in missing {
            self.gone(pod).await;
        }
    }

    async fn see(&mut self, feed: usize, pod: &PodView, initial: bool) {
        if !self.pods.contains_key(&pod.uid) {
            if !self.rule.takes(pod).await {
                return;
            }
            self.pods.insert(pod.uid, feed);
        }
        for event in self.runs.see(pod, initial) {
            self.context.say(event).await;
        }
    }

    async fn gone(&mut self, pod: Uid) {
        if self.pods.remove(&pod).is_some() {
            for event in self.runs.gone(pod) {
                self.context.say(event).await;
            }
        }
    }

    /// Opens as many streams as may be open.
    fn admit(&mut self) {
        while let Some((spec, fate, progress)) = self.runs.admit() {
            let stream = Stream::new(self.context.clone(), spec, fate, progress);
            self.streams.spawn(stream.run());
        }
    }

    async fn load(&mut self, lines: u32) {
        for (spec, progress) in self.runs.loadable() {
            self.loads
                .spawn(older::load(self.context.clone(), spec, progress, lines));
        }
        if self.loads.is_empty() {
            self.loaded().await;
        }
    }

    /// When the last load is done: says so if nothing older is left anywhere.
    async fn loaded(&self) {
        let runs = self.runs.loadable();
        let at_beginning =
            |progress: &Shared| progress.lock().unwrap_or_else(PoisonError::into_inner).beginning;
        if self.loads.is_empty() && runs.iter().all(|(_, progress)| at_beginning(progress)) {
            self.context.say(LogEvent::Beginning).await;
        }
    }

    async fn tell(&mut self) {
        let (waiting, all) = self.runs.counts();
        if self.told != Some((waiting, all)) && self.unlisted.is_empty() {
            self.told = Some((waiting, all));
            let open = all - waiting;
            self.context.say(LogEvent::Streams { open, all }).await;
        }
    }

    /// The last word of a query that does not follow.
    async fn conclude(mut self) {
        let event = match self.trouble.take() {
            Some(failure) if !self.unlisted.is_empty() => LogEvent::Failed(failure),
            _ => LogEvent::Complete,
        };
        self.context.say(event).await;
    }
}
