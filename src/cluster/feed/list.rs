//! The list: pages are asked for before the last one has arrived, items are decoded as their bytes come, nothing is collected.

use http::Response;
use http_body_util::BodyExt as _;
use kube::client::Body;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::part::Part;
use crate::cluster::error::{self, Trouble};
use crate::cluster::link::{get, with_query};
use crate::kind::{Listing, Verb};
use crate::model::{Failure, Phase};
use crate::msg::FeedEvent;
use crate::wire::frame::{Encoding, ListItem, ListMeta, ListReader};

/// Objects on the first page: it is on the screen while the rest is on its way.
const FIRST_PAGE: u32 = 500;
/// Objects on later pages. A page of a table is decoded as a whole.
const PAGE: u32 = 5_000;
const TABLE_PAGE: u32 = 1_000;

/// A page that was asked for.
type Asked = AbortOnDropHandle<Result<Response<Body>, Trouble>>;

/// How far a list is.
#[derive(Default)]
struct Progress {
    seen: u32,
    of: Option<u32>,
    version: String,
}

impl Part {
    /// Lists everything; returns where a watch goes on from.
    pub(super) async fn list(&mut self) -> Result<String, Trouble> {
        let mut progress = Progress::default();
        let mut next = Some(self.ask("", FIRST_PAGE)?);
        let mut begun = false;
        while let Some(asked) = next.take() {
            let answer = match asked.await {
                Ok(answer) => answer?,
                Err(error) => return Err(error::broken(&error, &self.purpose("list")).into()),
            };
            self.hear();
            if !begun {
                begun = true;
                // Rows of a list that broke off may still wait to be handed on; the new list has them too.
                drop(self.reading.decoder.take());
                self.say(FeedEvent::BeginList).await;
                self.loading(&progress).await;
            }
            next = self.page(answer, &mut progress).await?;
        }
        self.say(FeedEvent::EndList).await;
        self.known = true;
        self.backoff.reset();
        Ok(progress.version)
    }

    async fn loading(&mut self, progress: &Progress) {
        if !self.known {
            let Progress { seen, of, .. } = *progress;
            self.say_phase(Phase::Loading { seen, of }).await;
        }
    }

    /// Sends the request of a page at once; its answer waits until it is read.
    fn ask(&self, token: &str, limit: u32) -> Result<Asked, Failure> {
        let limit = limit.to_string();
        let (fields, labels) = (&*self.feed.fields, &*self.labels);
        let query = [
            ("limit", &*limit),
            ("continue", token),
            ("labelSelector", labels),
            ("fieldSelector", fields),
            ("includeObject", self.include()),
        ];
        let request = get(&with_query(&self.path(), &query), self.accept())?;
        let (link, purpose) = (self.link.clone(), self.purpose("list"));
        Ok(AbortOnDropHandle::new(tokio::spawn(async move {
            link.open(request, &purpose, link.timing.list).await
        })))
    }

    async fn page(
        &mut self,
        answer: Response<Body>,
        progress: &mut Progress,
    ) -> Result<Option<Asked>, Trouble> {
        let encoding = self.encoding(&answer);
        let mut reader = ListReader::new(encoding);
        let mut body = answer.into_body();
        let mut next = None;
        loop {
            let Ok(frame) = timeout(self.link.timing.list, body.frame()).await else {
                self.link.gate().reset().await;
                let failure = error::timeout(self.link.timing.list, &self.purpose("list"));
                return Err(self.link.lost(failure).into());
            };
            let frame = match frame {
                None => break,
                Some(Ok(frame)) => frame,
                Some(Err(error)) => {
                    return Err(self
                        .link
                        .lost(error::client(&error, &self.purpose("list")))
                        .into());
                }
            };
            let Ok(data) = frame.into_data() else { continue };
            reader.push(&data);
            while let Some(item) = reader.item().map_err(Failure::from)? {
                match item {
                    ListItem::Meta(meta) => next = self.meta(meta, progress)?,
                    ListItem::Object(object) => self.item(encoding, object, progress).await,
                }
            }
        }
        reader.finish().map_err(Failure::from)?;
        self.hear();
        self.flush().await;
        self.loading(progress).await;
        Ok(next)
    }

    /// The metadata of a page: asks for the next one.
    fn meta(&mut self, meta: ListMeta, progress: &mut Progress) -> Result<Option<Asked>, Failure> {
        progress.version = meta.resource_version;
        if meta.continue_.is_empty() {
            return Ok(None);
        }
        let (here, next) = match (progress.seen, self.reading.listing) {
            (0, Listing::Objects) => (FIRST_PAGE, PAGE),
            (_, Listing::Objects) => (PAGE, PAGE),
            (0, Listing::Table) => (FIRST_PAGE, TABLE_PAGE),
            (_, Listing::Table) => (TABLE_PAGE, TABLE_PAGE),
        };
        // A server that counts the rest fills its pages.
        let remaining = meta.remaining.and_then(|count| u32::try_from(count).ok());
        progress.of = remaining.map(|remaining| progress.seen + here + remaining);
        self.ask(&meta.continue_, next).map(Some)
    }

    async fn item(&mut self, encoding: Encoding, object: bytes::Bytes, progress: &mut Progress) {
        let before = self.reading.decoder.pending();
        self.decode(Verb::Upsert, encoding, object).await;
        // A table is many rows; an object is one. What was handed on in between had reached the size of a batch.
        let rows = if encoding == Encoding::Table {
            self.reading.decoder.pending().saturating_sub(before)
        } else {
            1
        };
        progress.seen += rows as u32;
        if progress.seen.is_multiple_of(1_000) {
            self.loading(progress).await;
        }
    }
}
