//! The life of one stream: opened, read, reopened, closed for good. Knows no other stream.
//!
//! The rules are those of the log engine: the end of a body is final only if the pod's status says that this run ended, or the pod is gone; a
//! stream is resumed by full timestamps; a silent one is asked whether it is still alive.

use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use http_body_util::BodyExt as _;
use kube::client::Body;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::progress::Shared;
use super::request::{LogRequest, stream, within};
use super::timing::{Backoff, Timing};
use crate::clock::{self, Timestamp};
use crate::cluster::error::{self, Purpose, Trouble};
use crate::cluster::link::Link;
use crate::logs::{Cutter, LogEvent, SourceId, State};
use crate::model::{Failure, FailureKind};
use crate::msg::{LogId, Msg};

/// How long the answer to a follow may take to begin: as long as the container says nothing. Whether the server lives is found out by probes.
const PATIENCE: Duration = Duration::from_secs(10 * 365 * 86_400);

/// What all tasks of one query share.
#[derive(Clone)]
pub struct Context {
    pub link: Arc<Link>,
    pub id: LogId,
    pub out: mpsc::Sender<Msg>,
    pub timing: Timing,
}

impl Context {
    /// Tells the pane. Waits while the channel is full, so that a slow screen slows the streams down.
    pub async fn say(&self, event: LogEvent) {
        let _ = self.out.send(Msg::Log(self.id, event)).await;
    }
}

/// Which run of which container, and where to begin.
#[derive(Debug, Clone)]
pub struct Spec {
    pub source: SourceId,
    pub namespace: Arc<str>,
    pub pod: Arc<str>,
    pub container: Arc<str>,
    pub previous: bool,
    pub follow: bool,
    /// From this time on; `None` from the first line.
    pub since: Option<Timestamp>,
    /// The last lines only; `None` for all.
    pub tail: Option<u32>,
}

impl Spec {
    pub fn request(&self) -> LogRequest<'_> {
        LogRequest {
            namespace: &self.namespace,
            pod: &self.pod,
            container: &self.container,
            previous: self.previous,
            ..LogRequest::default()
        }
    }
}

/// What the pod's status says about a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fate {
    /// Exit code and reason, once it ended.
    pub ended: Option<(i32, Arc<str>)>,
    /// The pod is gone.
    pub gone: bool,
    /// Counts up when all streams are to be reopened (the machine slept).
    pub reopen: u32,
}

impl Fate {
    /// Nothing more will be written.
    const fn is_final(&self) -> bool {
        self.ended.is_some() || self.gone
    }
}

/// Why one reading ended.
enum Stop {
    /// The body ended cleanly.
    End,
    /// It broke, or never began.
    Broken(Trouble),
    /// It is to be opened again at once.
    Reopen,
}

/// One stream.
pub struct Stream {
    context: Context,
    spec: Spec,
    fate: watch::Receiver<Fate>,
    progress: Shared,
    cutter: Cutter,
    backoff: Backoff,
    purpose: Purpose,
}

impl Stream {
    /// Not opened yet.
    pub fn new(context: Context, spec: Spec, fate: watch::Receiver<Fate>, progress: Shared) -> Self {
        let purpose = spec.request().purpose();
        Self {
            cutter: Cutter::new(spec.source),
            backoff: Backoff::new(context.timing),
            purpose,
            context,
            spec,
            fate,
            progress,
        }
    }

    /// Reads until the run ended for good.
    pub async fn run(mut self) {
        while !self.context.out.is_closed() {
            self.state(State::Connecting).await;
            let opened = Instant::now();
            let stop = self.read().await;
            if opened.elapsed() > self.context.timing.healthy {
                self.backoff.reset();
            }
            if let Some(state) = self.verdict(&stop) {
                self.cutter.finish();
                self.emit().await;
                self.state(state).await;
                return;
            }
            self.wait(stop).await;
            self.cutter.reconnect();
        }
    }

    async fn state(&self, state: State) {
        self.context.say(LogEvent::State(self.spec.source, state)).await;
    }

    /// The final state, if this was the end.
    fn verdict(&mut self, stop: &Stop) -> Option<State> {
        let fate = self.fate.borrow_and_update().clone();
        let ended = |reason: &str| State::Ended {
            exit_code: fate.ended.as_ref().map(|(code, _)| *code),
            reason: fate
                .ended
                .as_ref()
                .map_or_else(|| Arc::from(reason), |(_, reason)| Arc::clone(reason)),
        };
        match stop {
            Stop::End if fate.ended.is_some() || !self.spec.follow => Some(ended("read to its end")),
            Stop::End if fate.gone => Some(ended("pod deleted")),
            Stop::Reopen | Stop::End => None,
            Stop::Broken(trouble) => {
                let absent = matches!(trouble.failure.kind, FailureKind::NotFound | FailureKind::Invalid);
                let removed = absent && (fate.gone || fate.ended.is_some() || self.spec.previous);
                let hopeless = !self.spec.follow && self.backoff.tries() >= 5;
                (removed || hopeless).then(|| ended(&trouble.failure.message))
            }
        }
    }

    /// Says why it waits, and waits; a change of the run's fate ends the wait.
    async fn wait(&mut self, stop: Stop) {
        let (wait, state) = match stop {
            Stop::Reopen => return,
            Stop::End => {
                let wait = self.backoff.next();
                (wait, retrying(wait, "the stream ended"))
            }
            Stop::Broken(trouble) => {
                let wait = self.backoff.after(&trouble);
                let Failure { kind, message } = trouble.failure;
                let state = match kind {
                    FailureKind::Forbidden => State::Forbidden {
                        message: Arc::from(message),
                    },
                    FailureKind::Invalid => State::Waiting {
                        reason: Arc::from("not started"),
                        message: Arc::from(message),
                    },
                    _ => retrying(wait, &message),
                };
                (wait, state)
            }
        };
        self.state(state).await;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = self.fate.changed() => {}
            () = self.context.out.closed() => {}
        }
    }

    /// One request and its answer.
    async fn read(&mut self) -> Stop {
        let body = match self.open().await {
            Ok(body) => body,
            Err(stop) => return stop,
        };
        let mut body = pin!(body);
        self.state(State::Live { since: clock::now() }).await;
        let opened_with = self.fate.borrow().reopen;
        loop {
            let fate = self.fate.borrow().clone();
            if fate.reopen != opened_with {
                return Stop::Reopen;
            }
            let frame = tokio::select! {
                frame = body.frame() => frame,
                () = differs(self.fate.clone(), &fate) => continue,
                () = tokio::time::sleep(self.patience(&fate)) => match self.silence(&fate).await {
                    Some(stop) => return stop,
                    None => continue,
                },
            };
            self.context.link.heard();
            let mut next = Some(frame);
            while let Some(frame) = next {
                match frame {
                    Some(Ok(frame)) => self.cutter.push(frame.data_ref().map_or(&[], |data| &**data)),
                    Some(Err(wrong)) => {
                        self.emit().await;
                        return Stop::Broken(error::broken(&wrong, &self.purpose).into());
                    }
                    None => {
                        self.emit().await;
                        return Stop::End;
                    }
                }
                next = if self.cutter.is_full() {
                    None
                } else {
                    body.frame().now_or_never()
                };
            }
            self.emit().await;
        }
    }

    /// Sends the request and waits for the answer to begin. A silent log does not answer before its first line: then the server is asked in
    /// another way whether it is there.
    async fn open(&mut self) -> Result<Body, Stop> {
        let resume = self.cutter.resume();
        let request = LogRequest {
            follow: self.spec.follow,
            since: resume.since().or(self.spec.since),
            tail: self.spec.tail.map(u64::from).filter(|_| resume.last().is_none()),
            ..self.spec.request()
        };
        let path = request.path();
        let timing = self.context.timing;
        let limit = if self.spec.follow {
            PATIENCE
        } else {
            timing.request
        };
        let mut opening = pin!(stream(&self.context.link, &path, "*/*", &self.purpose, limit));
        let opened_with = self.fate.borrow().reopen;
        let mut quiet = timing.first_probe;
        loop {
            let fate = self.fate.borrow().clone();
            if fate.reopen != opened_with {
                return Err(Stop::Reopen);
            }
            tokio::select! {
                answer = &mut opening => return answer.map(|(_, body)| body).map_err(Stop::Broken),
                () = differs(self.fate.clone(), &fate) => continue,
                () = tokio::time::sleep(quiet.min(self.patience(&fate))) => {}
            }
            if let Some(stop) = self.silence(&fate).await {
                return Err(stop);
            }
            self.state(State::Live { since: clock::now() }).await;
            quiet = timing.probe;
        }
    }

    /// How long silence is taken for granted.
    fn patience(&self, fate: &Fate) -> Duration {
        let timing = self.context.timing;
        if fate.is_final() {
            timing.drain
        } else {
            timing.probe
        }
    }

    /// What a silence means: the end, if the run is over; a dead connection, if there are lines that did not come; else nothing.
    async fn silence(&self, fate: &Fate) -> Option<Stop> {
        match self.probe().await {
            Ok(true) => Some(Stop::Reopen),
            Ok(false) => fate.is_final().then_some(Stop::End),
            Err(trouble) => Some(Stop::Broken(trouble)),
        }
    }

    /// Whether the log has lines that were not received: asks for what came since the last one, without following.
    async fn probe(&self) -> Result<bool, Trouble> {
        let resume = self.cutter.resume();
        let request = LogRequest {
            since: resume.since().or(self.spec.since),
            tail: resume.last().is_none().then_some(1),
            limit_bytes: Some(1 << 20),
            ..self.spec.request()
        };
        let path = request.path();
        let mut cutter = Cutter::resumed(self.spec.source, resume);
        let asking = async {
            let (_, mut body) = stream(
                &self.context.link,
                &path,
                "*/*",
                &self.purpose,
                self.context.timing.request,
            )
            .await?;
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|wrong| error::broken(&wrong, &self.purpose))?;
                cutter.push(frame.data_ref().map_or(&[], |data| &**data));
            }
            Ok(())
        };
        within(self.context.timing.request, &self.purpose, asking).await?;
        Ok(cutter.take().is_some())
    }

    /// Sends the complete lines.
    async fn emit(&mut self) {
        if let Some(chunk) = self.cutter.take() {
            self.progress
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .note(&chunk);
            self.context.say(LogEvent::Lines(chunk)).await;
        }
    }
}

/// Waits until the fate is another one.
async fn differs(mut fate: watch::Receiver<Fate>, known: &Fate) {
    if fate.wait_for(|now| now != known).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn retrying(wait: Duration, why: &str) -> State {
    State::Retrying {
        at: Timestamp(clock::now().0.saturating_add(wait.as_nanos() as i64)),
        why: Arc::from(why),
    }
}
