//! The watch: goes on where the list ended, for as long as it can. A clean end goes on from the last version without a word; silence is
//! staleness.

use std::time::Duration;

use http::{HeaderValue, Request, header};
use http_body_util::BodyExt as _;
use kube::client::Body;
use tokio::select;
use tokio::time::{Instant, sleep};

use super::part::{Part, Signal};
use crate::cluster::error::{self, Trouble};
use crate::cluster::link::{get, with_query};
use crate::kind::Verb;
use crate::model::{Failure, FailureKind, Phase};
use crate::wire::frame::{Encoding, WatchEvent, WatchReader};

/// How a watch ended.
enum End {
    /// The server closed it in peace.
    Closed,
    /// Nothing came for too long.
    Silent,
    /// It was asked to start anew.
    Told(Signal),
    /// It failed.
    Failed(Trouble),
}

/// A watch that lives shorter than this and says nothing is not opened again at once.
const SHORT: Duration = Duration::from_secs(1);

impl Part {
    /// Watches from a version until everything must be listed again.
    pub(super) async fn follow(&mut self, mut version: String) {
        let mut empty = 0;
        loop {
            let (opened, before) = (Instant::now(), version.clone());
            match self.watch(&mut version).await {
                End::Closed if opened.elapsed() < SHORT && version == before => {
                    empty += 1;
                    sleep(Duration::from_millis(100 << empty.min(6))).await;
                    continue;
                }
                End::Closed | End::Told(Signal::Wake) => {}
                End::Told(Signal::Relist) => return,
                End::Silent => {
                    self.link.gate().reset().await;
                    let why = error::timeout(self.link.timing.silence, &self.purpose("watch"));
                    let why = self.link.lost(why);
                    let since = self.heard();
                    self.say_phase(Phase::Stale { since, why }).await;
                }
                End::Failed(trouble) => match trouble.failure.kind {
                    FailureKind::Gone if version == before => {
                        // A list that is too old before it can be watched: not again and again without a pause.
                        sleep(Duration::from_millis(100 << self.gone.min(8))).await;
                        self.gone += 1;
                        return;
                    }
                    FailureKind::Gone => {
                        self.gone = 0;
                        return;
                    }
                    FailureKind::Unsupported => {
                        self.reading.watch = false;
                        return;
                    }
                    // Without the right to watch, the rows are as new as the last list.
                    FailureKind::Forbidden => {
                        let pause = trouble.retry_after.max(Some(self.link.timing.poll));
                        self.stale(trouble.failure, pause).await;
                        return;
                    }
                    _ => {
                        let signal = self.stale(trouble.failure, trouble.retry_after).await;
                        if signal == Some(Signal::Relist) {
                            return;
                        }
                    }
                },
            }
            empty = 0;
        }
    }

    fn watch_request(&self, version: &str) -> Result<Request<Body>, Failure> {
        // The server ends a watch after this long; spread, so that not all end together (client-go, `Reflector`).
        let seconds = fastrand::u32(300..600).to_string();
        let query = [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", version),
            ("labelSelector", &self.labels),
            ("fieldSelector", &self.feed.fields),
            ("includeObject", self.include()),
            ("timeoutSeconds", &seconds),
        ];
        let mut request = get(&with_query(&self.path(), &query), self.accept())?;
        // From 1.37 on servers gzip each event by itself, which the client's decompression cannot read.
        request
            .headers_mut()
            .insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        Ok(request)
    }

    async fn watch(&mut self, version: &mut String) -> End {
        let request = match self.watch_request(version) {
            Ok(request) => request,
            Err(failure) => return End::Failed(failure.into()),
        };
        let purpose = self.purpose("watch");
        let link = self.link.clone();
        let opened = select! {
            opened = link.open(request, &purpose, link.timing.watch) => opened,
            signal = self.signals.next() => return End::Told(signal),
        };
        let answer = match opened {
            Ok(answer) => answer,
            Err(trouble) => return End::Failed(trouble),
        };
        self.hear();
        self.say_phase(Phase::Live).await;
        let encoding = self.encoding(&answer);
        let mut reader = WatchReader::new(encoding);
        let mut body = answer.into_body();
        loop {
            let frame = select! {
                frame = body.frame() => frame,
                () = sleep(link.timing.silence) => return End::Silent,
                signal = self.signals.next() => return End::Told(signal),
            };
            let data = match frame {
                None => return End::Closed,
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                // Half an event and then nothing: what was read counts, the rest comes again.
                Some(Err(error)) => return End::Failed(link.lost(error::client(&error, &purpose)).into()),
            };
            self.hear();
            self.backoff.reset();
            reader.push(&data);
            if let Err(trouble) = self.events(&mut reader, encoding, version).await {
                return End::Failed(trouble);
            }
        }
    }

    /// Takes in all events that are complete, and hands them on together.
    async fn events(
        &mut self,
        reader: &mut WatchReader,
        encoding: Encoding,
        version: &mut String,
    ) -> Result<(), Trouble> {
        let mut ended = Ok(());
        while ended.is_ok() {
            let (verb, object, at) = match reader.event().map_err(Failure::from)? {
                None => break,
                Some(WatchEvent::Bookmark { resource_version, .. }) => {
                    *version = resource_version;
                    continue;
                }
                Some(WatchEvent::Error(said)) => {
                    ended = Err(error::event(&said, &self.purpose("watch")));
                    continue;
                }
                Some(WatchEvent::Upsert {
                    object,
                    resource_version,
                }) => (Verb::Upsert, object, resource_version),
                Some(WatchEvent::Remove {
                    object,
                    resource_version,
                }) => (Verb::Remove, object, resource_version),
            };
            self.decode(verb, encoding, object).await;
            if !at.is_empty() {
                *version = at;
            }
        }
        self.flush().await;
        ended
    }
}
