//! The pods of a query by list and watch. Opens no log.

use std::sync::Arc;
use std::time::Duration;

use http::header;
use http_body_util::BodyExt as _;
use tokio::sync::mpsc::Sender;
use tokio::time::Instant;

use super::pod::{PodView, read};
use super::request::{stream, within};
use super::timing::{Backoff, Timing};
use crate::cluster::error::{self, Purpose, Trouble};
use crate::cluster::link::{self, Link, with_query};
use crate::model::{Failure, FailureKind, Gvr, Uid};
use crate::wire::frame::{Encoding, ListItem, ListMeta, ListReader, WatchEvent, WatchReader};

/// What is followed.
pub const PODS: Gvr = Gvr::of("", "v1", "pods");

/// What a list asks for.
const ACCEPT: &str = "application/vnd.kubernetes.protobuf, application/json";

/// What a watch asks for.
const ACCEPT_WATCH: &str = "application/vnd.kubernetes.protobuf;stream=watch, application/json";

/// Bookmarks come about once a minute: a watch without a byte for so long is dead.
const SILENCE: Duration = Duration::from_secs(90);

/// Pods that one list and watch can name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PodFeed {
    /// `None` for the whole cluster.
    pub namespace: Option<String>,
    /// Label selector, empty for none.
    pub labels: String,
    /// Field selector, empty for none.
    pub fields: String,
}

/// What a feed says.
#[derive(Debug)]
pub enum PodEvent {
    /// All pods there are; others are gone.
    Listed(Vec<PodView>),
    /// A pod as it is now.
    Changed(Box<PodView>),
    /// A pod is gone.
    Gone(Uid),
    /// The pods cannot be followed at present, or can again.
    Trouble(Option<Failure>),
}

impl PodFeed {
    fn path(&self, parameters: &[(&str, &str)]) -> String {
        let own = [("labelSelector", &*self.labels), ("fieldSelector", &*self.fields)];
        with_query(
            &PODS.path(self.namespace.as_deref()),
            &[&own, parameters].concat(),
        )
    }

    fn purpose(&self, verb: &str) -> Purpose {
        Purpose::on(verb, &PODS, self.namespace.as_deref())
    }
}

/// Follows one feed.
#[derive(Clone)]
pub struct Follower {
    pub link: Arc<Link>,
    pub feed: PodFeed,
    /// Which feed of the query.
    pub index: usize,
    pub out: Sender<(usize, PodEvent)>,
    pub timing: Timing,
    /// Only list.
    pub once: bool,
}

impl Follower {
    /// Goes on until the receiver is gone; with `once` until the list is read or cannot be.
    pub async fn run(self) {
        let mut backoff = Backoff::new(self.timing);
        while !self.out.is_closed() {
            match self.list_and_watch(&mut backoff).await {
                Ok(()) if self.once => return,
                Ok(()) => {}
                Err(trouble) if trouble.failure.kind == FailureKind::Gone => {}
                Err(trouble) => {
                    let wait = backoff.after(&trouble);
                    let lasting = matches!(
                        trouble.failure.kind,
                        FailureKind::Forbidden | FailureKind::NotFound
                    );
                    self.say(PodEvent::Trouble(Some(trouble.failure))).await;
                    if self.once && (lasting || backoff.tries() >= 3) {
                        return;
                    }
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn say(&self, event: PodEvent) {
        let _ = self.out.send((self.index, event)).await;
    }

    /// One list, then watches from there on for as long as they end cleanly.
    async fn list_and_watch(&self, backoff: &mut Backoff) -> Result<(), Trouble> {
        let (pods, mut version) = self.list().await?;
        self.say(PodEvent::Listed(pods)).await;
        self.say(PodEvent::Trouble(None)).await;
        while !self.once && !self.out.is_closed() {
            let started = Instant::now();
            match self.watch(&mut version).await {
                Ok(()) => {}
                Err(trouble) if trouble.failure.kind == FailureKind::Connection => {
                    tracing::debug!(%trouble, "pods of a log query");
                }
                Err(trouble) => return Err(trouble),
            }
            if started.elapsed() > self.timing.backoff * 2 {
                backoff.reset();
            } else {
                tokio::time::sleep(backoff.next()).await;
            }
        }
        Ok(())
    }

    async fn list(&self) -> Result<(Vec<PodView>, String), Trouble> {
        let purpose = self.feed.purpose("list");
        let mut pods = Vec::new();
        let mut next = String::new();
        loop {
            let path = self.feed.path(&[("limit", "1000"), ("continue", &next)]);
            let page = self.page(&path, &purpose, &mut pods);
            let meta = within(self.timing.request, &purpose, page).await?;
            if meta.continue_.is_empty() {
                return Ok((pods, meta.resource_version));
            }
            next = meta.continue_;
        }
    }

    async fn page(
        &self,
        path: &str,
        purpose: &Purpose,
        pods: &mut Vec<PodView>,
    ) -> Result<ListMeta, Trouble> {
        let answer = self
            .link
            .open(link::get(path, ACCEPT)?, purpose, self.timing.request)
            .await?;
        let kind = answer
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let encoding = Encoding::of(kind.unwrap_or_default(), false);
        let mut body = answer.into_body();
        let mut reader = ListReader::new(encoding);
        let mut meta = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|wrong| error::broken(&wrong, purpose))?;
            reader.push(frame.data_ref().map_or(&[], |data| &**data));
            while let Some(item) = reader.item().map_err(Failure::from)? {
                match item {
                    ListItem::Meta(found) => meta = Some(found),
                    ListItem::Object(object) => pods.extend(read(&object, encoding)),
                }
            }
        }
        reader.finish().map_err(Failure::from)?;
        Ok(meta.unwrap_or_default())
    }

    /// One watch until it ends, falls silent or the server asks for a new list.
    async fn watch(&self, version: &mut String) -> Result<(), Trouble> {
        let purpose = self.feed.purpose("watch");
        let path = self.feed.path(&[
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", "290"),
            ("resourceVersion", version),
        ]);
        let opening = stream(&self.link, &path, ACCEPT_WATCH, &purpose, self.timing.request);
        let (kind, mut body) = opening.await?;
        let mut wakes = self.link.wakes();
        let encoding = Encoding::of(&kind, false);
        let mut reader = WatchReader::new(encoding);
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                () = self.out.closed() => return Ok(()),
                Ok(()) = wakes.changed() => None,
                () = tokio::time::sleep(SILENCE) => None,
            };
            let Some(frame) = frame else { return Ok(()) };
            let frame = frame.map_err(|wrong| error::broken(&wrong, &purpose))?;
            self.link.heard();
            reader.push(frame.data_ref().map_or(&[], |data| &**data));
            while let Some(event) = reader.event().map_err(Failure::from)? {
                if let Some(event) = heard(event, version, encoding, &purpose)? {
                    self.say(event).await;
                }
            }
        }
    }
}

/// What a watch event means, if anything; keeps the version to go on from.
fn heard(
    event: WatchEvent,
    version: &mut String,
    encoding: Encoding,
    purpose: &Purpose,
) -> Result<Option<PodEvent>, Trouble> {
    let (pod, seen) = match event {
        WatchEvent::Upsert {
            object,
            resource_version,
        } => (
            read(&object, encoding).map(|pod| PodEvent::Changed(Box::new(pod))),
            resource_version,
        ),
        WatchEvent::Remove {
            object,
            resource_version,
        } => (
            read(&object, encoding).map(|pod| PodEvent::Gone(pod.uid)),
            resource_version,
        ),
        WatchEvent::Bookmark { resource_version, .. } => (None, resource_version),
        WatchEvent::Error(said) => {
            return Err(error::status(&said, purpose).into());
        }
    };
    if !seen.is_empty() {
        *version = seen;
    }
    Ok(pod)
}
