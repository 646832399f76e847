//! One list and watch of one namespace, or of the whole cluster. It keeps its rows through every failure and says how fresh they are.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::select;
use tokio::sync::mpsc::Sender;
use tokio::sync::watch::Receiver;
use tokio::time::sleep;

use super::backoff::Backoff;
use super::{Order, Reading};
use crate::clock::{self, Timestamp};
use crate::cluster::error::{Purpose, Trouble};
use crate::cluster::link::{Health, Link};
use crate::kind::{Listing, Verb};
use crate::model::{Failure, FailureKind, Feed, Phase};
use crate::msg::{FeedEvent, FeedId, Msg};
use crate::wire::frame::Encoding;

/// Rows in one message at most.
const BATCH: usize = 500;
/// Rows in the very first message: the screen is not higher.
const FIRST_BATCH: usize = 100;

/// A part of a feed.
pub struct Part {
    pub(super) link: Arc<Link>,
    pub(super) feed: Feed,
    pub(super) labels: String,
    pub(super) namespace: Option<String>,
    pub(super) reading: Reading,
    pub(super) backoff: Backoff,
    /// A list was completed: rows stay on screen whatever happens.
    pub(super) known: bool,
    /// Watches in a row that were too old from the start.
    pub(super) gone: u32,
    pub(super) signals: Signals,
    once: bool,
    id: FeedId,
    number: u16,
    out: Sender<Msg>,
    heard: Timestamp,
    phase: Phase,
    batch: usize,
}

/// What makes a part start anew.
#[derive(Clone)]
pub struct Signals {
    relists: Receiver<u64>,
    wakes: Receiver<u64>,
    health: Receiver<Health>,
}

/// What interrupted a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// List again.
    Relist,
    /// Open the stream again.
    Wake,
}

impl Signals {
    /// Waits for the next signal.
    pub async fn next(&mut self) -> Signal {
        select! {
            Ok(()) = self.relists.changed() => Signal::Relist,
            Ok(()) = self.wakes.changed() => Signal::Wake,
            else => std::future::pending().await,
        }
    }

    /// Waits until a server that is down now answers somebody.
    async fn recovery(&mut self) {
        let down = matches!(*self.health.borrow_and_update(), Health::Down(_));
        if !down
            || self
                .health
                .wait_for(|health| *health == Health::Up)
                .await
                .is_err()
        {
            std::future::pending::<()>().await;
        }
        // Not all panes in the same instant.
        sleep(Duration::from_millis(fastrand::u64(..300))).await;
    }
}

impl Part {
    /// A part that has asked nothing yet.
    pub fn new(order: &Order, part: u16, namespace: Option<String>) -> Self {
        let signals = Signals {
            relists: order.relists.clone(),
            wakes: order.link.wakes(),
            health: order.link.health(),
        };
        Self {
            link: Arc::clone(&order.link),
            feed: order.feed.clone(),
            labels: order.labels.clone(),
            once: order.once,
            namespace,
            reading: Reading::of(order),
            backoff: Backoff::default(),
            known: false,
            gone: 0,
            signals,
            id: order.id,
            number: part,
            out: order.out.clone(),
            heard: clock::now(),
            phase: Phase::Opening,
            batch: FIRST_BATCH,
        }
    }

    /// Lists and watches for ever. With `narrow` it comes back when the very first list is forbidden, and says why.
    pub async fn run(&mut self, narrow: bool) -> Option<Failure> {
        let mut signals = self.signals.clone();
        loop {
            let listed = select! {
                listed = self.list() => listed,
                _ = signals.next() => {
                    // Seen: the watch that follows need not start anew for it.
                    self.signals = signals.clone();
                    continue;
                }
            };
            match listed {
                Ok(_) if self.once => return None,
                Ok(version) if self.reading.watch && !version.is_empty() => self.follow(version).await,
                Ok(_) => self.rest().await,
                Err(trouble) if narrow && !self.known && trouble.failure.kind == FailureKind::Forbidden => {
                    return Some(trouble.failure);
                }
                Err(trouble) => {
                    self.stale(trouble.failure, trouble.retry_after).await;
                }
            }
            signals = self.signals.clone();
        }
    }

    /// The pause between two lists of a resource without watch.
    async fn rest(&mut self) {
        self.say_phase(Phase::Polled(self.heard)).await;
        let pause = self.link.timing.poll;
        select! {
            () = sleep(pause) => {}
            _ = self.signals.next() => {}
        }
    }

    /// Says that the rows are old, and waits until it is worth another try. Returns the signal that cut the wait short.
    pub async fn stale(&mut self, why: Failure, retry_after: Option<Duration>) -> Option<Signal> {
        tracing::debug!(feed = self.id.0, part = self.number, %why, "stale");
        let trouble = Trouble {
            failure: why.clone(),
            retry_after,
        };
        let pause = self.backoff.next(&trouble);
        self.say_phase(Phase::Stale {
            since: self.heard,
            why,
        })
        .await;
        let mut recovery = self.signals.clone();
        select! {
            () = sleep(pause) => None,
            () = recovery.recovery(), if retry_after.is_none() => None,
            signal = self.signals.next() => Some(signal),
        }
    }

    /// Something came from the server.
    pub fn hear(&mut self) {
        self.heard = clock::now();
        self.link.heard();
    }

    /// When something last came from the server.
    pub fn heard(&self) -> Timestamp {
        self.heard
    }

    /// Says something; nobody listening means that this task is aborted next.
    pub async fn say(&mut self, event: FeedEvent) {
        let _ = self.out.send(Msg::Feed(self.id, self.number, event)).await;
    }

    /// Says how fresh the rows are, if that is news.
    pub async fn say_phase(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase.clone();
            self.say(FeedEvent::Phase(phase)).await;
        }
    }

    /// Turns one object into a row; hands on what has gathered.
    pub async fn decode(&mut self, verb: Verb, encoding: Encoding, object: Bytes) {
        let decoder = &mut self.reading.decoder;
        let done = match encoding {
            Encoding::Protobuf => decoder.proto(verb, object),
            Encoding::Json | Encoding::Table => decoder.json(verb, &object),
        };
        if let Err(failure) = done {
            tracing::warn!(feed = self.id.0, %failure, "an object is left out");
        }
        if self.reading.decoder.pending() >= self.batch {
            self.flush().await;
        }
    }

    /// Hands on the rows that have gathered.
    pub async fn flush(&mut self) {
        if let Some(rows) = self.reading.decoder.take() {
            self.batch = BATCH;
            self.say(FeedEvent::Rows(rows)).await;
        }
    }

    /// What a request of this part is for.
    pub fn purpose(&self, verb: &str) -> Purpose {
        Purpose::on(verb, &self.feed.gvr, self.namespace.as_deref())
    }

    /// The path of the collection.
    pub fn path(&self) -> String {
        self.feed.gvr.path(self.namespace.as_deref())
    }

    /// What to accept. Tables carry the metadata of their objects, built-in kinds come as protobuf if the server speaks it.
    pub fn accept(&self) -> &'static str {
        match self.reading.listing {
            Listing::Objects => "application/vnd.kubernetes.protobuf, application/json",
            Listing::Table => "application/json;as=Table;v=v1;g=meta.k8s.io, application/json",
        }
    }

    /// For the query of a table.
    pub fn include(&self) -> &'static str {
        match self.reading.listing {
            Listing::Objects => "",
            Listing::Table => "Metadata",
        }
    }

    /// How an answer is written.
    pub fn encoding<B>(&self, answer: &http::Response<B>) -> Encoding {
        let media = answer
            .headers()
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        Encoding::of(media.unwrap_or_default(), self.reading.listing == Listing::Table)
    }
}
