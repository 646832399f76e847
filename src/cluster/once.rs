//! For one-shot commands: one link, one answer. The same lists, kinds, rows and changes as the explorer's, without its engine.

use std::sync::Arc;

use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::error::{self, Purpose};
use super::kubeconfig::Kubeconfig;
use super::link::{Link, get, with_query};
use super::{Options, connect, discover, feed, metrics, rights};
use crate::kind::{Kind, Rows};
use crate::kinds;
use crate::model::problem::{near, question};
use crate::model::{Failure, FailureKind, Feed, Gvr, ObjectKey, Phase, Scope};
use crate::msg::{FeedEvent, FeedId, Msg, UsageReport, UsageWanted};
use crate::wire::frame::{Encoding, ListItem, ListReader};

/// Kinds that are named when one is not known.
const NEAR: usize = 3;

/// What is wanted of a list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Namespaces; ignored for cluster-scoped kinds.
    pub scope: Scope,
    /// Label selector in kubectl's notation; empty for none.
    pub labels: String,
    /// Field selector; empty for none.
    pub fields: String,
}

/// A link to the context the options name. Must be called inside a tokio runtime.
///
/// # Errors
/// The kubeconfig, with file and key.
pub async fn link(options: &Options) -> Result<Arc<Link>, Failure> {
    let kubeconfig = Kubeconfig::read(&options.search);
    // A plugin without the terminal writes into this; nobody reads it.
    let (out, _) = mpsc::channel(1);
    connect::connect(&kubeconfig, None, options, &out)
        .await
        .map(Arc::new)
}

/// The kinds a person calls so: one, or those of a category (`all`); of a category also the group versions that did not answer, whose
/// kinds are missing.
///
/// # Errors
/// As [`kind`].
pub async fn kinds(link: &Link, name: &str) -> Result<(Vec<Arc<Kind>>, Vec<String>), Failure> {
    if let Some(kind) = kinds::named(name) {
        return Ok((vec![Arc::clone(kind)], Vec::new()));
    }
    let served = discover::once(link).await?;
    let unknown = match called(&served.kinds, name) {
        Ok(kind) => return Ok((vec![kind], Vec::new())),
        Err(unknown) => unknown,
    };
    let known = |gvr: &Gvr| kinds::find(gvr).cloned().or_else(|| link.kinds.find(gvr));
    let found: Vec<Arc<Kind>> = served.category(name).filter_map(known).collect();
    if found.is_empty() {
        return Err(unknown);
    }
    Ok((found, served.silent))
}

/// The kind a person calls so; asks the server what it serves only when no kind with a file is called so.
///
/// # Errors
/// Nothing is called so, or the server does not answer.
pub async fn kind(link: &Link, name: &str) -> Result<Arc<Kind>, Failure> {
    if let Some(kind) = kinds::named(name) {
        return Ok(Arc::clone(kind));
    }
    called(&discover::once(link).await?.kinds, name)
}

/// The kind without a file that is called so, else the failure with names that are near.
fn called(found: &[Arc<Kind>], name: &str) -> Result<Arc<Kind>, Failure> {
    if let Some(kind) = found.iter().find(|kind| kind.is_called(name)) {
        return Ok(Arc::clone(kind));
    }
    let known = || kinds::all().iter().chain(found);
    let names = known().flat_map(|kind| kind.names.iter().map(|name| &**name));
    // Abbreviations are near to everything: the kinds that are meant by them stand for them, and kinds that hold the word.
    let holds = known().filter(|kind| name.len() > 3 && kind.gvr.resource.contains(name));
    let mut meant: Vec<&str> = holds.map(|kind| &*kind.gvr.resource).collect();
    for near in near(name, names, NEAR) {
        meant.extend(
            known()
                .find(|kind| kind.is_called(near))
                .map(|kind| &*kind.gvr.resource),
        );
    }
    let mut once = std::collections::BTreeSet::new();
    meant.retain(|name| once.insert(*name));
    meant.truncate(NEAR);
    let hint = question(&meant);
    Err(Failure::new(
        FailureKind::NotFound,
        format!("the server serves no kind `{name}`{hint}"),
    ))
}

/// The rows of a list, complete. All namespaces are narrowed to the permitted ones where the cluster may not be listed.
///
/// # Errors
/// The first part that fails.
pub async fn list(link: &Arc<Link>, kind: &Kind, wanted: &Wanted) -> Result<Box<dyn Rows>, Failure> {
    let mut rows = kind.rows();
    rows.stamp(crate::clock::now());
    read(link, kind, wanted, |part, event| {
        if let FeedEvent::Rows(batch) = event {
            drop(rows.apply(part, batch));
        }
    })
    .await?;
    Ok(rows)
}

/// Reads a list to its end and hands on what its feed says: the part and the event.
///
/// # Errors
/// The first part that fails.
pub async fn read(
    link: &Arc<Link>,
    kind: &Kind,
    wanted: &Wanted,
    mut take: impl FnMut(u16, FeedEvent),
) -> Result<(), Failure> {
    let scope = if kind.namespaced {
        wanted.scope.clone()
    } else {
        Scope::All
    };
    let (out, mut said) = mpsc::channel(16);
    let (_hold, relists) = watch::channel(0);
    let order = feed::Order {
        link: Arc::clone(link),
        id: FeedId(0),
        feed: Feed {
            gvr: kind.gvr.clone(),
            scope,
            fields: wanted.fields.clone(),
        },
        labels: wanted.labels.clone(),
        once: true,
        relists,
        out,
    };
    let _task = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(feed::run(order)));
    while let Some(message) = said.recv().await {
        match message {
            Msg::Feed(_, _, FeedEvent::Phase(Phase::Stale { why, .. })) => return Err(why),
            Msg::Feed(_, part, event) => take(part, event),
            _ => {}
        }
    }
    Ok(())
}

/// The objects of a list, as the API has them, in the server's order.
///
/// # Errors
/// The first part that fails.
pub async fn objects(link: &Link, kind: &Kind, wanted: &Wanted) -> Result<Vec<Value>, Failure> {
    let mut objects = Vec::new();
    match (&wanted.scope, kind.namespaced) {
        (Scope::Namespaces(names), true) => {
            for name in names {
                part(link, kind, wanted, Some(name), &mut objects).await?;
            }
        }
        _ => match part(link, kind, wanted, None, &mut objects).await {
            Err(failure) if failure.kind == FailureKind::Forbidden && kind.namespaced => {
                let permitted = rights::namespaces(link, &kind.gvr).await;
                if permitted.is_empty() {
                    return Err(failure);
                }
                for name in &permitted {
                    part(link, kind, wanted, Some(name), &mut objects).await?;
                }
            }
            done => done?,
        },
    }
    Ok(objects)
}

/// All pages of one list.
async fn part(
    link: &Link,
    kind: &Kind,
    wanted: &Wanted,
    namespace: Option<&str>,
    objects: &mut Vec<Value>,
) -> Result<(), Failure> {
    let purpose = Purpose::on("list", &kind.gvr, namespace);
    let mut token = String::new();
    loop {
        let query = [
            ("limit", "500"),
            ("continue", &*token),
            ("labelSelector", &*wanted.labels),
            ("fieldSelector", &*wanted.fields),
        ];
        let request = get(&with_query(&kind.gvr.path(namespace), &query), "application/json")?;
        let limit = link.timing.list;
        let mut body = link.open(request, &purpose, limit).await?.into_body();
        let mut reader = ListReader::new(Encoding::Json);
        token.clear();
        loop {
            let frame = match timeout(limit, body.frame()).await {
                Err(_) => return Err(error::timeout(limit, &purpose)),
                Ok(None) => break,
                Ok(Some(frame)) => frame.map_err(|error| error::client(&error, &purpose))?,
            };
            let Ok(data) = frame.into_data() else { continue };
            reader.push(&data);
            while let Some(item) = reader.item()? {
                match item {
                    ListItem::Meta(meta) => token = meta.continue_,
                    ListItem::Object(object) => objects.push(typed(&object, kind)?),
                }
            }
        }
        reader.finish()?;
        if token.is_empty() {
            return Ok(());
        }
    }
}

/// Items of a list carry neither `apiVersion` nor `kind`; printed alone they need both.
fn typed(object: &[u8], kind: &Kind) -> Result<Value, Failure> {
    let read = serde_json::from_slice::<serde_json::Map<String, Value>>(object);
    let object = read.map_err(|error| {
        Failure::new(
            FailureKind::Decode,
            format!("the server sent a {} that could not be read: {error}", kind.kind),
        )
    })?;
    let mut whole = serde_json::Map::new();
    whole.insert("apiVersion".to_owned(), kind.gvr.api_version().into());
    whole.insert("kind".to_owned(), kind.kind.as_ref().into());
    whole.extend(object);
    Ok(Value::Object(whole))
}

/// One whole object.
///
/// # Errors
/// It is not there, or may not be read.
pub async fn object(link: &Link, key: &ObjectKey) -> Result<Value, Failure> {
    Ok(link.get(&key.path(None), &Purpose::of("read", key)).await?)
}

/// Usage as of now: one report for each thing wanted; without metrics.k8s.io they say so.
pub async fn usage(link: &Arc<Link>, wanted: &UsageWanted) -> Vec<UsageReport> {
    let (out, mut said) = mpsc::channel(4);
    metrics::once(link, wanted, &out).await;
    drop(out);
    let mut reports = Vec::new();
    while let Some(Msg::Usage(report)) = said.recv().await {
        reports.push(report);
    }
    reports
}
