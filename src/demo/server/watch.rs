//! Watches: events from a version on, bookmarks, initial events, 410. One stream per request; stores nothing.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream;
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

/// How long a watch lives when the client does not say (the real server picks 30 to 60 minutes).
const LIFE: Duration = Duration::from_secs(45 * 60);

/// Version and kind of what stands for any object.
const METADATA: (&str, &str) = ("meta.k8s.io/v1", "PartialObjectMetadata");
/// About how many bytes are sent at a time.
const PIECE: usize = 128 << 10;
/// How long a watch gathers what comes after it has sent something: many small writes cost more than they hurry.
const GATHER: Duration = Duration::from_millis(10);

/// One client's watch.
struct Watch {
    resource: Arc<Resource>,
    selector: Selector,
    form: Form,
    printer: Printer,
    changes: Subscription,
    /// Objects to send first.
    initial: VecDeque<Arc<Object>>,
    /// Whether the end of the initial ones is marked by a bookmark.
    marks_initial: bool,
    columns_sent: bool,
    clock: Clock,
    bookmark_every: Option<Duration>,
    ends: tokio::sync::oneshot::Receiver<()>,
    over: bool,
    /// Changes that are still to be sent.
    pending: VecDeque<Change>,
    /// When changes were last asked for.
    asked: Instant,
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
    let content = if watch.is_proto() {
        proto::WATCH_TYPE
    } else {
        "application/json"
    };
    let events = stream::unfold(watch, |mut watch| async move {
        let events = watch.events().await?;
        Some((io::Result::Ok(Bytes::from(events)), watch))
    });
    Ok(answer::of_type(200, content, answer::stream(events)))
}

impl Watch {
    fn is_proto(&self) -> bool {
        matches!(self.form, Form::Proto | Form::ProtoMetadata)
    }

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
        Ok(Self {
            form: form(request, proto::of(&resource).is_some())?,
            printer: Printer::of(request, &resource, clock.now()),
            changes: shared.store.subscribe(&resource.storage, namespace, from),
            resource,
            selector,
            initial,
            marks_initial: wants_initial,
            columns_sent: false,
            bookmark_every: request
                .flag("allowWatchBookmarks")
                .then_some(shared.bookmark_every),
            ends: timer(clock.clone(), life),
            clock,
            over: false,
            pending: VecDeque::new(),
            asked: Instant::now(),
        })
    }

    /// The next events as lines; `None` at the end of the watch.
    async fn events(&mut self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        while !self.over {
            self.push_initial(&mut out);
            self.push_pending(&mut out);
            if !out.is_empty() {
                tokio::task::yield_now().await;
                return Some(out);
            }
            tokio::time::sleep_until((self.asked + GATHER).into()).await;
            let next_bookmark = async {
                match self.bookmark_every {
                    Some(every) => self.clock.sleep(every).await,
                    None => std::future::pending().await,
                }
            };
            let changes = tokio::select! {
                biased;
                _ = &mut self.ends => return None,
                changes = self.changes.next() => changes,
                () = next_bookmark => {
                    self.push_bookmark(false, &mut out);
                    return Some(out);
                }
            };
            self.asked = Instant::now();
            match changes {
                Ok(changes) => self.pending.extend(changes),
                Err(status) => self.push_error(&status, &mut out),
            }
            self.push_pending(&mut out);
            if !out.is_empty() {
                return Some(out);
            }
        }
        None
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

    fn push_error(&mut self, status: &Status, out: &mut Vec<u8>) {
        self.over = true;
        let body = status.json().to_string();
        if self.is_proto() {
            out.extend(proto::event("ERROR", &proto::status(body.as_bytes())));
        } else {
            push_line("ERROR", body.as_bytes(), out);
        }
    }

    /// Some of the changes that are known, so that a slow client holds no more than a piece in memory.
    fn push_pending(&mut self, out: &mut Vec<u8>) {
        while out.len() < PIECE
            && let Some(change) = self.pending.pop_front()
        {
            let matches = |object: &Object| self.selector.matches(object, &self.resource);
            let was = change.previous.as_deref().is_some_and(matches);
            let is = change.kind != ChangeKind::Deleted && matches(&change.object);
            match (was, is) {
                (false, true) => self.push("ADDED", &change.object, out),
                (true, true) => self.push("MODIFIED", &change.object, out),
                (true, false) => self.push("DELETED", &change.object, out),
                (false, false) => {}
            }
        }
    }

    fn push(&mut self, kind: &str, object: &Object, out: &mut Vec<u8>) {
        match self.form {
            Form::Whole => push_event(kind, out, |out| view::push_whole(object, &self.resource, out)),
            Form::Proto => out.extend(proto::event(kind, &view::enveloped(object, &self.resource))),
            Form::ProtoMetadata => {
                let body = proto::envelope(METADATA, &view::proto_metadata(object));
                out.extend(proto::event(kind, &body));
            }
            Form::Metadata => push_event(kind, out, |out| view::push_metadata(object, out)),
            Form::Table => {
                let version = Value::from(object.version.to_string());
                self.printer.at(self.clock.now());
                let columns = !std::mem::replace(&mut self.columns_sent, true);
                let mut body = self.printer.watch_head(columns, &[("resourceVersion", version)]);
                self.printer.push_row(object, &mut body);
                body.extend_from_slice(b"]}");
                push_line(kind, &body, out);
            }
        }
    }

    fn push_bookmark(&mut self, ends_initial: bool, out: &mut Vec<u8>) {
        let mut meta =
            json!({ "resourceVersion": self.changes.seen().to_string(), "creationTimestamp": null });
        if ends_initial {
            meta["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
        }
        let body = match self.form {
            Form::Whole | Form::Proto => {
                json!({ "kind": self.resource.kind, "apiVersion": self.resource.api_version(), "metadata": meta })
            }
            Form::Metadata | Form::ProtoMetadata => {
                json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta })
            }
            Form::Table => {
                let object = json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta });
                let columns = !std::mem::replace(&mut self.columns_sent, true);
                let head = self
                    .printer
                    .watch_head(columns, &[("resourceVersion", meta["resourceVersion"].clone())]);
                let mut body = head;
                self.printer.push_empty_row(&object, &mut body);
                body.extend_from_slice(b"]}");
                push_line("BOOKMARK", &body, out);
                return;
            }
        };
        let body = body.to_string();
        let message = match self.form {
            Form::Proto => proto::of(&self.resource),
            Form::ProtoMetadata => proto::metadata(),
            _ => None,
        };
        match message {
            None => push_line("BOOKMARK", body.as_bytes(), out),
            Some(message) => {
                let version = self.resource.api_version();
                let named = match self.form {
                    Form::ProtoMetadata => METADATA,
                    _ => (&*version, &*self.resource.kind),
                };
                out.extend(proto::event(
                    "BOOKMARK",
                    &proto::object(message, named, body.as_bytes()),
                ));
            }
        }
    }
}

fn push_line(kind: &str, object: &[u8], out: &mut Vec<u8>) {
    push_event(kind, out, |out| out.extend_from_slice(object));
}

/// One event as a line, whose object `write` writes.
fn push_event(kind: &str, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(br#"{"type":""#);
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(br#"","object":"#);
    write(out);
    out.extend_from_slice(b"}\n");
}

/// Fires once after `life`; ends with its receiver.
fn timer(clock: Clock, life: Duration) -> tokio::sync::oneshot::Receiver<()> {
    let (mut sender, receiver) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        tokio::select! {
            () = clock.sleep(life) => { let _ = sender.send(()); }
            () = sender.closed() => {}
        }
    });
    receiver
}
