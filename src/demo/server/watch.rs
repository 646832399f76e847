//! Watches: events from a version on, bookmarks, initial events, 410. One stream per request; stores nothing.

mod event;
mod stream;

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream::unfold;
use hyper::Response;
use serde_json::{Value, json};

use super::accept::{self, Form, form};
use super::answer::{self, Body};
use super::print::Printer;
use super::request::Request;
use super::route::Target;
use super::select::Selector;
use super::{Shared, options, view};
use crate::demo::api::proto;
use crate::demo::clock::Clock;
use crate::demo::resource::Resource;
use crate::demo::status::Status;
use crate::demo::store::{Change, ChangeKind, Object, Subscription};

pub(super) use stream::Streams;
use stream::{Next, Stream};

/// How long a watch lives when the client does not say (the real server picks 30 to 60 minutes).
const LIFE: Duration = Duration::from_secs(45 * 60);
/// About how many bytes are sent at a time.
const PIECE: usize = 128 << 10;
/// How long a watch gathers what comes after it has sent something: many small writes cost more than they hurry.
const GATHER: Duration = Duration::from_millis(10);

/// A wait by the cluster's clock.
type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One client's watch.
struct Watch {
    resource: Arc<Resource>,
    selector: Selector,
    form: Form,
    printer: Printer,
    changes: Subscription,
    /// Events that are written for all who select nothing; `None` for who does.
    stream: Option<Arc<Stream>>,
    /// Objects to send first.
    initial: VecDeque<Arc<Object>>,
    /// Whether the end of the initial ones is marked by a bookmark.
    marks_initial: bool,
    columns_sent: bool,
    timers: Timers,
    over: bool,
    /// Changes that are still to be sent.
    pending: VecDeque<Change>,
    /// And events.
    piece: Option<Bytes>,
    /// Before that time nothing is asked for.
    ready: Instant,
}

/// What happens to a watch by the clock.
struct Timers {
    clock: Clock,
    /// How often a bookmark is sent, and when the next is due; `None` without.
    bookmarks: Option<(Duration, Sleep)>,
    ends: Sleep,
}

/// What a wait ended by.
enum Woken {
    End,
    Bookmark,
    Event,
}

pub(super) fn watch(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    // There is no stream of YAML.
    if accept::wants_yaml(request) {
        return Err(accept::not_acceptable());
    }
    let watch = Watch::new(shared, request, target)?;
    let content = if event::is_proto(watch.form) {
        proto::WATCH_TYPE
    } else {
        "application/json"
    };
    let events = unfold(watch, |mut watch| async move {
        let events = watch.events().await?;
        Some((io::Result::Ok(events), watch))
    });
    Ok(answer::of_type(200, content, answer::stream(events)))
}

impl Watch {
    fn new(shared: &Arc<Shared>, request: &Request, target: &Target) -> Result<Self, Status> {
        let resource = Arc::clone(&target.resource);
        let mut selector = Selector::of(request, &resource)?;
        if let Some(name) = &target.name {
            selector.name(name);
        }
        let asked = options::watched_version(request)?.unwrap_or(0);
        let wants_initial = request.flag("sendInitialEvents");
        options::check_watch(request, wants_initial)?;
        let namespace = target.namespace.as_deref();
        let (from, initial) = if wants_initial || asked == 0 {
            let snapshot = shared.store.snapshot(&resource.storage, namespace);
            (snapshot.version, snapshot.objects.iter().cloned().collect())
        } else {
            (asked, VecDeque::new())
        };
        let life = match request.number("timeoutSeconds")? {
            Some(seconds) if seconds > 0 => Duration::from_secs(seconds.unsigned_abs()),
            _ => LIFE,
        };
        let clock = shared.store.clock().clone();
        let form = form(request, proto::of(&resource).is_some())?;
        let alike = selector.is_empty() && namespace.is_none() && form != Form::Table;
        let alike = alike && view::is_stored_form(&resource);
        let every = request
            .flag("allowWatchBookmarks")
            .then_some(shared.bookmark_every);
        Ok(Self {
            stream: alike.then(|| shared.streams.of(&shared.store, &resource, form)),
            form,
            printer: Printer::of(request, &resource, clock.now()),
            changes: shared.store.subscribe(&resource.storage, namespace, from),
            resource,
            selector,
            initial,
            marks_initial: wants_initial,
            columns_sent: false,
            timers: Timers {
                bookmarks: every.map(|every| (every, sleep(&clock, every))),
                ends: sleep(&clock, life),
                clock,
            },
            over: false,
            pending: VecDeque::new(),
            piece: None,
            ready: Instant::now(),
        })
    }

    /// The next events; `None` at the end of the watch.
    async fn events(&mut self) -> Option<Bytes> {
        let mut out = Vec::new();
        while !self.over {
            self.push_initial(&mut out);
            self.push_pending(&mut out);
            if !out.is_empty() || self.piece.is_some() {
                // What was sent before goes out now, and others get their turn.
                tokio::task::yield_now().await;
                return self.piece.take().or_else(|| Some(out.into()));
            }
            match self.look().await {
                Ok(Woken::End) => return None,
                Ok(Woken::Bookmark) => self.push_bookmark(false, &mut out),
                Ok(Woken::Event) => {}
                Err(status) => {
                    self.over = true;
                    event::push_error(self.form, &status, &mut out);
                    return Some(out.into());
                }
            }
        }
        None
    }

    /// Asks for what comes next; waits if there is nothing.
    async fn look(&mut self) -> Result<Woken, Status> {
        let ready = tokio::time::sleep_until(self.ready.into());
        match self.timers.until(ready).await {
            Woken::Event if !self.ask()? => Ok(self.timers.until(self.changes.changed()).await),
            woken => Ok(woken),
        }
    }

    /// Takes what is there; whether it is worth another look before the store changes.
    fn ask(&mut self) -> Result<bool, Status> {
        self.changes.check()?;
        self.changes.mark();
        self.ready = Instant::now() + GATHER;
        let Some(stream) = &self.stream else {
            self.pending.extend(self.changes.poll()?);
            return Ok(!self.pending.is_empty() || self.changes.is_behind());
        };
        match stream.after(self.changes.seen()) {
            Next::Events(events, version) => {
                self.changes.skip_to(version);
                self.piece = Some(events);
                self.ready = Instant::now();
            }
            Next::Apart(version) => {
                self.pending.extend(self.changes.poll_to(version)?);
                self.ready = Instant::now();
            }
            Next::Later(at) => self.ready = at,
            Next::Nothing(version) => {
                self.changes.skip_to(version);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Some of the initial objects, and the bookmark after the last.
    fn push_initial(&mut self, out: &mut Vec<u8>) {
        while let Some(object) = self.initial.pop_front() {
            if self.selector.matches(&object, &self.resource) {
                self.push("ADDED", &object, out);
            }
            if out.len() > PIECE {
                return;
            }
        }
        if std::mem::take(&mut self.marks_initial) {
            self.push_bookmark(true, out);
        }
    }

    /// Some of the changes that are known, so that a slow client holds no more than a piece in memory.
    fn push_pending(&mut self, out: &mut Vec<u8>) {
        while out.len() < PIECE
            && let Some(change) = self.pending.pop_front()
        {
            let matches = |object: &Object| self.selector.matches(object, &self.resource);
            if let Some(kind) = kind(&change, matches) {
                self.push(kind, &change.object, out);
            }
        }
    }

    fn push(&mut self, kind: &str, object: &Object, out: &mut Vec<u8>) {
        if self.form != Form::Table {
            event::push(self.form, kind, (object, &self.resource), out);
            return;
        }
        self.printer.at(self.timers.clock.now());
        let mut body = self.table_head(&Value::from(object.version.to_string()));
        self.printer.push_row(object, &mut body);
        body.extend_from_slice(b"]}");
        event::push_line(kind, &body, out);
    }

    fn push_bookmark(&mut self, ends_initial: bool, out: &mut Vec<u8>) {
        let mut meta =
            json!({ "resourceVersion": self.changes.seen().to_string(), "creationTimestamp": null });
        if ends_initial {
            meta["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
        }
        if self.form != Form::Table {
            event::push_bookmark(self.form, &self.resource, &meta, out);
            return;
        }
        let mut body = self.table_head(&meta["resourceVersion"]);
        let object =
            json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta });
        self.printer.push_empty_row(&object, &mut body);
        body.extend_from_slice(b"]}");
        event::push_line("BOOKMARK", &body, out);
    }

    /// What stands before the row of a table; its columns are named once.
    fn table_head(&mut self, version: &Value) -> Vec<u8> {
        let columns = !std::mem::replace(&mut self.columns_sent, true);
        self.printer
            .watch_head(columns, &[("resourceVersion", version.clone())])
    }
}

impl Timers {
    /// Waits for `event`, unless something is due before.
    async fn until(&mut self, event: impl Future<Output = ()>) -> Woken {
        let bookmark = async {
            match &mut self.bookmarks {
                Some((_, due)) => due.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = &mut self.ends => return Woken::End,
            () = bookmark => {}
            () = event => return Woken::Event,
        }
        if let Some((every, due)) = &mut self.bookmarks {
            *due = sleep(&self.clock, *every);
        }
        Woken::Bookmark
    }
}

/// What a change is to who sees those that match; `None` if it is nothing.
fn kind(change: &Change, matches: impl Fn(&Object) -> bool) -> Option<&'static str> {
    let was = change.previous.as_deref().is_some_and(&matches);
    let is = change.kind != ChangeKind::Deleted && matches(&change.object);
    match (was, is) {
        (false, true) => Some("ADDED"),
        (true, true) => Some("MODIFIED"),
        (true, false) => Some("DELETED"),
        (false, false) => None,
    }
}

fn sleep(clock: &Clock, by: Duration) -> Sleep {
    let clock = clock.clone();
    Box::pin(async move { clock.sleep(by).await })
}
