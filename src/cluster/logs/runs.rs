//! The runs of containers that a query reads: which are new, which ended, which wait for their turn. Does no I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use tokio::sync::watch;

use super::pod::{ContainerView, End, Phase, PodView};
use super::progress::Shared;
use super::stream::{Fate, Spec};
use crate::clock::Timestamp;
use crate::logs::{LogEvent, LogQuery, Marker, Source, SourceId, State};
use crate::model::Uid;

/// Streams at a time when the query does not say.
const STREAMS: u32 = 50;

/// Everything a stream is begun with.
pub type Start = (Spec, watch::Receiver<Fate>, Shared);

/// The runs of one query.
#[derive(Debug)]
pub struct Runs {
    query: LogQuery,
    /// One pod is meant: its default container is enough.
    single: bool,
    /// When the query began.
    start: Timestamp,
    all: BTreeMap<SourceId, Run>,
    latest: FxHashMap<(Uid, Arc<str>), SourceId>,
    queue: BTreeSet<(Rank, SourceId)>,
    open: u32,
    next: u32,
}

/// Who goes first when there are more streams than may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Unready,
    Running,
    Ended,
}

#[derive(Debug)]
struct Run {
    source: Source,
    fate: watch::Sender<Fate>,
    progress: Shared,
    /// It existed when the query began: `since` and `tail` apply.
    from_start: bool,
    /// When it ended, as far as its status says.
    ended_at: Option<Timestamp>,
}

impl Runs {
    /// None yet.
    pub fn new(query: LogQuery, single: bool, start: Timestamp) -> Self {
        Self {
            query,
            single,
            start,
            all: BTreeMap::new(),
            latest: FxHashMap::default(),
            queue: BTreeSet::new(),
            open: 0,
            next: 0,
        }
    }

    /// A pod as it is now; `initial` if it was there when the query began. Returns what to tell the pane.
    pub fn see(&mut self, pod: &PodView, initial: bool) -> Vec<LogEvent> {
        let mut events = Vec::new();
        for container in &pod.containers {
            if !self.wants(pod, container) {
                continue;
            }
            if self.query.previous {
                self.see_previous(pod, container, &mut events);
            } else {
                self.see_container(pod, container, initial, &mut events);
            }
        }
        events
    }

    fn wants(&self, pod: &PodView, container: &ContainerView) -> bool {
        match &self.query.container {
            _ if self.query.all_containers => true,
            Some(name) => **name == *container.name,
            None if self.single => *container.name == *pod.default_container,
            None => !container.special,
        }
    }

    fn see_container(
        &mut self,
        pod: &PodView,
        container: &ContainerView,
        initial: bool,
        events: &mut Vec<LogEvent>,
    ) {
        let before = self.latest.get(&(pod.uid, Arc::clone(&container.name))).copied();
        let before_id = before
            .and_then(|id| self.all.get(&id))
            .map(|run| Arc::clone(&run.source.container_id));
        match (before, before_id, &container.id) {
            (None, _, _) => {
                let id = self.add(pod, container, initial);
                self.announce(id, container, events);
            }
            (Some(id), Some(was), Some(now)) if was.is_empty() => {
                if let Some(run) = self.all.get_mut(&id) {
                    run.source.container_id = Arc::clone(now);
                    run.source.node = Arc::clone(&pod.node);
                    run.source.restarts = container.restarts;
                    run.from_start = false;
                }
                self.announce(id, container, events);
            }
            (Some(_), Some(was), Some(now)) if was != *now => {
                let id = self.add(pod, container, false);
                self.announce(id, container, events);
                events.push(LogEvent::Marker(restart(id, container, self.start)));
                self.end(before, container.end_of(&was));
            }
            (Some(id), Some(was), None) if was.is_empty() => self.update_waiting(id, container, events),
            _ => {}
        }
        let now = self.latest.get(&(pod.uid, Arc::clone(&container.name))).copied();
        self.end(now, container.id.as_deref().and_then(|id| container.end_of(id)));
    }

    /// The instance before the present one is read once; what comes later is not looked at.
    fn see_previous(&mut self, pod: &PodView, container: &ContainerView, events: &mut Vec<LogEvent>) {
        if self.latest.contains_key(&(pod.uid, Arc::clone(&container.name))) {
            return;
        }
        let id = self.add(pod, container, true);
        let Some(run) = self.all.get_mut(&id) else { return };
        run.source.previous = true;
        run.source.container_id = container
            .last
            .as_ref()
            .map_or_else(|| Arc::from(""), |last| Arc::clone(&last.id));
        run.source.restarts = run.source.restarts.saturating_sub(1);
        if container.last.is_none() {
            run.source.state = State::Ended {
                exit_code: None,
                reason: Arc::from(State::NO_PREVIOUS),
            };
            events.push(LogEvent::Source(run.source.clone()));
            return;
        }
        run.source.state = State::Queued;
        events.push(LogEvent::Source(run.source.clone()));
        self.queue.insert((Rank::Ended, id));
        self.end(Some(id), container.last.as_ref());
    }

    fn add(&mut self, pod: &PodView, container: &ContainerView, from_start: bool) -> SourceId {
        let id = SourceId(self.next);
        self.next += 1;
        let source = Source {
            id,
            namespace: Arc::clone(&pod.namespace),
            pod: Arc::clone(&pod.name),
            pod_uid: pod.uid,
            container: Arc::clone(&container.name),
            container_id: container.id.clone().unwrap_or_else(|| Arc::from("")),
            node: Arc::clone(&pod.node),
            restarts: container.restarts,
            previous: false,
            colour: 0,
            state: State::Queued,
        };
        let run = Run {
            source,
            fate: watch::Sender::new(Fate::default()),
            progress: Shared::default(),
            from_start,
            ended_at: None,
        };
        self.all.insert(id, run);
        self.latest.insert((pod.uid, Arc::clone(&container.name)), id);
        id
    }

    /// Tells of a run and queues it, unless its container has not started.
    fn announce(&mut self, id: SourceId, container: &ContainerView, events: &mut Vec<LogEvent>) {
        let Some(run) = self.all.get_mut(&id) else { return };
        run.source.state = match &container.phase {
            Phase::Waiting { reason, message } if run.source.container_id.is_empty() => {
                waiting(reason, message)
            }
            _ => State::Queued,
        };
        events.push(LogEvent::Source(run.source.clone()));
        if run.source.container_id.is_empty() {
            return;
        }
        let rank = match (container.is_running(), container.ready) {
            (true, false) => Rank::Unready,
            (true, true) => Rank::Running,
            (false, _) => Rank::Ended,
        };
        self.queue.insert((rank, id));
    }

    fn update_waiting(&mut self, id: SourceId, container: &ContainerView, events: &mut Vec<LogEvent>) {
        let (Some(run), Phase::Waiting { reason, message }) = (self.all.get_mut(&id), &container.phase)
        else {
            return;
        };
        let state = waiting(reason, message);
        if run.source.state != state {
            run.source.state = state.clone();
            events.push(LogEvent::State(id, state));
        }
    }

    /// A run ended.
    fn end(&mut self, id: Option<SourceId>, end: Option<&End>) {
        let (Some(run), Some(end)) = (id.and_then(|id| self.all.get_mut(&id)), end) else {
            return;
        };
        run.ended_at = end.at;
        run.fate.send_if_modified(|fate| {
            let fresh = fate.ended.is_none();
            fate.ended = Some((end.exit_code, Arc::clone(&end.reason)));
            fresh
        });
    }

    /// A pod is gone: its streams drain to their end.
    pub fn gone(&mut self, pod: Uid) -> Vec<LogEvent> {
        let mut events = Vec::new();
        for run in self.all.values_mut().filter(|run| run.source.pod_uid == pod) {
            run.fate.send_modify(|fate| fate.gone = true);
            if run.source.container_id.is_empty() && !run.source.state.is_final() {
                run.source.state = State::Ended {
                    exit_code: None,
                    reason: Arc::from("pod deleted before it started"),
                };
                events.push(LogEvent::State(run.source.id, run.source.state.clone()));
            }
        }
        self.latest.retain(|(uid, _), _| *uid != pod);
        events
    }

    /// The next stream that may be opened.
    pub fn admit(&mut self) -> Option<Start> {
        let cap = if self.query.max_streams == 0 {
            STREAMS
        } else {
            self.query.max_streams
        };
        if self.open >= cap {
            return None;
        }
        let (_, id) = self.queue.pop_first()?;
        let run = self.all.get(&id)?;
        self.open += 1;
        Some((self.spec(run), run.fate.subscribe(), Arc::clone(&run.progress)))
    }

    fn spec(&self, run: &Run) -> Spec {
        let seconds = self.query.since_seconds.filter(|_| run.from_start);
        let since = seconds.map(|seconds| Timestamp::from_seconds(self.start.seconds() - i64::from(seconds)));
        let over = self.query.tail.is_some() && run.ended_at < since && run.ended_at.is_some();
        Spec {
            source: run.source.id,
            namespace: Arc::clone(&run.source.namespace),
            pod: Arc::clone(&run.source.pod),
            container: Arc::clone(&run.source.container),
            previous: run.source.previous,
            follow: self.query.follow && !run.source.previous,
            since: since.filter(|_| !over),
            tail: self.query.tail.filter(|_| run.from_start),
        }
    }

    /// A stream was closed for good.
    pub fn closed(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// The runs whose older lines can be asked for: the last one of each container that was opened.
    pub fn loadable(&self) -> Vec<(Spec, Shared)> {
        let queued: BTreeSet<SourceId> = self.queue.iter().map(|(_, id)| *id).collect();
        let latest = self.latest.values().filter(|id| !queued.contains(id));
        let runs = latest
            .filter_map(|id| self.all.get(id))
            .filter(|run| !run.source.container_id.is_empty());
        runs.map(|run| (self.spec(run), Arc::clone(&run.progress)))
            .collect()
    }

    /// All streams are opened again.
    pub fn reopen(&self) {
        for run in self.all.values() {
            run.fate.send_modify(|fate| fate.reopen += 1);
        }
    }

    /// How many streams wait for their turn, and how many there are.
    pub fn counts(&self) -> (u32, u32) {
        (self.queue.len() as u32, self.all.len() as u32)
    }
}

fn waiting(reason: &str, message: &str) -> State {
    State::Waiting {
        reason: Arc::from(reason),
        message: Arc::from(message),
    }
}

fn restart(id: SourceId, container: &ContainerView, start: Timestamp) -> Marker {
    let last = container.last.as_ref();
    let began = match container.phase {
        Phase::Running { since } => since,
        _ => None,
    };
    Marker::Restart {
        source: id,
        exit_code: last.map(|last| last.exit_code),
        reason: last.map_or_else(|| Arc::from(""), |last| Arc::clone(&last.reason)),
        restarts: container.restarts,
        at: last.and_then(|last| last.at).or(began).unwrap_or(start),
    }
}
