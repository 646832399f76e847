//! Lists: snapshots, pages, selectors. How a page is written stands below. Changes nothing.

mod body;
mod json;
mod protobuf;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use hyper::Response;
use serde_json::{Value, json};

use super::accept::{Form, form};
use super::answer::Body;
use super::request::Request;
use super::route::Target;
use super::select::Selector;
use super::{Shared, options};
use crate::demo::api::proto;
use crate::demo::resource::Resource;
use crate::demo::status::Status;
use crate::demo::store::{Change, Object, Snapshot};

/// How long a list may be continued (etcd is compacted every 5 minutes).
const KEEP: Duration = Duration::from_secs(300);
/// How many unfinished lists are remembered.
const KEPT: usize = 64;
/// And for how many changes of the cluster, as it takes memory to remember what is no more.
const KEPT_CHANGES: u64 = 300_000;

/// Reads tokens as Go's `RawURLEncoding` does: what is left over of the last letter does not matter.
const TOKENS: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

const TOO_OLD: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without \
     the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the \
     provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk \
     was returned and now may show up in the list.";

/// Lists that clients have read the first pages of.
#[derive(Debug, Default)]
pub(super) struct Pages(Mutex<VecDeque<Page>>);

#[derive(Debug)]
struct Page {
    of: (Arc<str>, Option<String>),
    snapshot: Snapshot,
    since: Instant,
    /// Lists of it that have not come to their end.
    readers: usize,
}

impl Pages {
    /// Keeps a snapshot for the pages after the first one of a list, or after a later one.
    fn keep(&self, of: (Arc<str>, Option<String>), snapshot: &Snapshot, first: bool) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |page: &Page| page.of == of && page.snapshot.version == snapshot.version;
        let readers = pages
            .iter()
            .find(|page| same(page))
            .map_or(0, |page| page.readers);
        // What has changed since is held by the snapshot alone.
        let oldest = snapshot.version.saturating_sub(KEPT_CHANGES);
        pages.retain(|page| page.since.elapsed() < KEEP && page.snapshot.version >= oldest && !same(page));
        if pages.len() >= KEPT {
            pages.pop_front();
        }
        pages.push_back(Page {
            of,
            snapshot: snapshot.clone(),
            since: Instant::now(),
            readers: readers + usize::from(first),
        });
    }

    /// A list has come to its end; its snapshot goes when it was the last one.
    fn finish(&self, of: &(Arc<str>, Option<String>), version: u64) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.retain_mut(|page| {
            if page.of == *of && page.snapshot.version == version {
                page.readers = page.readers.saturating_sub(1);
                return page.readers > 0;
            }
            true
        });
    }

    fn find(&self, of: &(Arc<str>, Option<String>), version: u64) -> Option<Snapshot> {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let good =
            |page: &&Page| page.of == *of && page.snapshot.version == version && page.since.elapsed() < KEEP;
        pages.iter().find(good).map(|page| page.snapshot.clone())
    }
}

/// One page of a list, chosen but not yet written.
struct Chosen {
    resource: Arc<Resource>,
    objects: Vec<Arc<Object>>,
    version: u64,
    token: Option<String>,
    remaining: Option<usize>,
}

pub(super) fn list(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    let form = form(request, proto::of(&target.resource).is_some())?;
    let chosen = choose(shared, request, target)?;
    let zips = request.header("accept-encoding").contains("gzip");
    let message = proto::of(&target.resource).filter(|_| form == Form::Proto);
    let writer: Box<dyn body::Writer> = match message {
        Some(message) => Box::new(protobuf::Writer::new(Some(message), chosen)),
        None if form == Form::ProtoMetadata => Box::new(protobuf::Writer::new(None, chosen)),
        None => Box::new(json::Writer::new(shared, request, form, chosen)),
    };
    Ok(body::answer(writer, zips))
}

/// The objects that a deletion of a collection is about.
pub(super) fn objects(
    shared: &Shared,
    request: &Request,
    target: &Target,
) -> Result<Vec<Arc<Object>>, Status> {
    Ok(choose(shared, request, target)?.objects)
}

fn choose(shared: &Shared, request: &Request, target: &Target) -> Result<Chosen, Status> {
    let resource = Arc::clone(&target.resource);
    options::check_list(request)?;
    let selector = Selector::of(request, &resource)?;
    let limit = request
        .number("limit")?
        .and_then(|limit| usize::try_from(limit).ok())
        .filter(|limit| *limit > 0);
    let of = (Arc::clone(&resource.storage), target.namespace.clone());
    let (snapshot, start) = match request.param("continue") {
        Some(token) => continued(shared, &of, token)?,
        None => (now(shared, request, &of)?, String::new()),
    };
    let from = snapshot
        .objects
        .partition_point(|object| place(object) <= start && !start.is_empty());
    let rest = snapshot.objects.get(from..).unwrap_or_default();
    let mut matching = rest
        .iter()
        .filter(|object| selector.is_empty() || selector.matches(object, &resource));
    let objects: Vec<_> = matching
        .by_ref()
        .take(limit.unwrap_or(usize::MAX))
        .cloned()
        .collect();
    let more = limit.is_some() && matching.next().is_some();
    if !more && !start.is_empty() {
        shared.pages.finish(&of, snapshot.version);
    }
    let token = objects.last().filter(|_| more).map(|last| {
        shared.pages.keep(of, &snapshot, start.is_empty());
        let token = json!({ "v": "meta.k8s.io/v1", "rv": snapshot.version, "start": place(last) });
        URL_SAFE_NO_PAD.encode(token.to_string())
    });
    let remaining = (more && selector.is_empty()).then(|| rest.len() - objects.len());
    Ok(Chosen {
        resource,
        objects,
        version: snapshot.version,
        token,
        remaining,
    })
}

/// Where an object stands in etcd's order.
fn place(object: &Object) -> String {
    if object.namespace.is_empty() {
        object.name.to_string()
    } else {
        format!("{}/{}", object.namespace, object.name)
    }
}

fn now(shared: &Shared, request: &Request, of: &(Arc<str>, Option<String>)) -> Result<Snapshot, Status> {
    let snapshot = shared.store.snapshot(&of.0, of.1.as_deref());
    let Some(asked) = options::version(request)? else {
        return Ok(snapshot);
    };
    if asked > snapshot.version {
        return Err(too_large(asked, snapshot.version));
    }
    if request.param("resourceVersionMatch") == Some("Exact") && asked != snapshot.version {
        let kept = shared.pages.find(of, asked);
        return kept.map_or_else(|| as_of(shared, of, (asked, snapshot)), Ok);
    }
    Ok(snapshot)
}

/// What there was at an earlier version: everything since is taken back.
fn as_of(
    shared: &Shared,
    of: &(Arc<str>, Option<String>),
    (asked, now): (u64, Snapshot),
) -> Result<Snapshot, Status> {
    let mut since = shared.store.subscribe(&of.0, None, asked);
    let mut changes = Vec::new();
    while since.seen() < now.version {
        changes.extend(since.poll()?);
    }
    let mut objects: BTreeMap<String, Arc<Object>> = now
        .objects
        .iter()
        .map(|object| (place(object), Arc::clone(object)))
        .collect();
    let within = |change: &&Change| {
        change.object.version <= now.version
            && of
                .1
                .as_deref()
                .is_none_or(|namespace| *change.object.namespace == *namespace)
    };
    for change in changes.iter().rev().filter(within) {
        match &change.previous {
            Some(before) => objects.insert(place(before), Arc::clone(before)),
            None => objects.remove(&place(&change.object)),
        };
    }
    Ok(Snapshot {
        version: asked,
        objects: objects.into_values().collect(),
    })
}

/// 504 of a version that is still to come.
pub(super) fn too_large(asked: u64, current: u64) -> Status {
    let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
    let details = json!({ "causes": [{ "reason": "ResourceVersionTooLarge", "message": "Too large resource version" }],
        "retryAfterSeconds": 1 });
    Status {
        details,
        ..Status::new(504, "Timeout", message)
    }
}

fn continued(
    shared: &Shared,
    of: &(Arc<str>, Option<String>),
    token: &str,
) -> Result<(Snapshot, String), Status> {
    let wrong = |why: String| {
        Status::bad_request(format!(
            "invalid continue token: continue key is not valid: {why}"
        ))
    };
    let bytes = TOKENS
        .decode(token)
        .map_err(|_| wrong("illegal base64 data at input byte 0".into()))?;
    let token: Value = serde_json::from_slice(&bytes).map_err(|_| {
        // As Go quotes it.
        let first = match bytes.first().copied().unwrap_or(b' ') {
            control @ (0..0x20 | 0x7f..0xa0) => format!("\\u{control:04x}"),
            plain => char::from(plain).to_string(),
        };
        wrong(format!(
            "invalid character '{first}' looking for beginning of value"
        ))
    })?;
    let (Some(version), Some(start)) = (token["rv"].as_u64(), token["start"].as_str()) else {
        return Err(wrong(
            "incorrect encoded start resourceVersion (version meta.k8s.io/v1)".into(),
        ));
    };
    let kept = Some(version).filter(|version| *version >= shared.store.compacted());
    let snapshot = kept
        .and_then(|version| shared.pages.find(of, version))
        .ok_or_else(|| Status::new(410, "Expired", TOO_OLD))?;
    Ok((snapshot, start.to_owned()))
}

impl Chosen {
    /// What the metadata of the list says.
    fn meta(&self) -> Vec<(&'static str, Value)> {
        let mut meta = vec![("resourceVersion", Value::from(self.version.to_string()))];
        if let Some(token) = &self.token {
            meta.push(("continue", token.as_str().into()));
        }
        if let Some(remaining) = self.remaining {
            meta.push(("remainingItemCount", remaining.into()));
        }
        meta
    }
}

fn named(pairs: Vec<(&str, Value)>) -> Value {
    Value::Object(
        pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}
