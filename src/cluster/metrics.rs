//! Usage from metrics.k8s.io: polled only while somebody looks, about as often as the server measures. Nothing else waits for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use serde::Deserialize;
use tokio::select;
use tokio::sync::mpsc::Sender;
use tokio::sync::watch::Receiver;
use tokio::time::{sleep, timeout};

use super::error::{self, Purpose, Trouble};
use super::link::{Health, Link, get};
use super::rights;
use crate::clock::{self, Timestamp};
use crate::kind::{ContainerUsage, Usage};
use crate::model::{Failure, FailureKind, Gvr, Pool, Scope};
use crate::msg::{Msg, UsageReport, UsageWanted};
use crate::wire::frame::{Encoding, ListItem, ListReader};
use crate::wire::{Quantity, Time, from_json, stamp};

static PODS: Gvr = Gvr::of("metrics.k8s.io", "v1beta1", "pods");
static NODES: Gvr = Gvr::of("metrics.k8s.io", "v1beta1", "nodes");

/// Pauses after a failure: doubled from the first to the last.
const FIRST_REST: Duration = Duration::from_secs(15);
const LAST_REST: Duration = Duration::from_secs(120);
/// However slowly the server measures.
const LONGEST_PERIOD: Duration = Duration::from_secs(60);

/// Polls what is wanted for as long as it is wanted.
pub async fn run(link: Arc<Link>, out: Sender<Msg>, mut wanted: Receiver<UsageWanted>) {
    let mut health = link.health();
    if health.wait_for(|health| *health == Health::Up).await.is_err() {
        return;
    }
    let mut poll = Poll::new(link);
    loop {
        let now = wanted.borrow_and_update().clone();
        let pause = if now == UsageWanted::default() {
            None
        } else {
            Some(poll.round(&now, &out).await)
        };
        let changed = select! {
            changed = wanted.changed() => changed,
            () = rest(pause) => Ok(()),
        };
        if changed.is_err() {
            return;
        }
    }
}

/// Asks once and says what came.
pub async fn once(link: &Arc<Link>, wanted: &UsageWanted, out: &Sender<Msg>) {
    Poll::new(Arc::clone(link)).round(wanted, out).await;
}

async fn rest(pause: Option<Duration>) {
    match pause {
        Some(pause) => sleep(pause).await,
        None => std::future::pending().await,
    }
}

struct Poll {
    link: Arc<Link>,
    /// The server's own resolution, as far as it is known.
    period: Duration,
    /// When the newest figures were measured.
    newest: Timestamp,
    pool: Pool,
    failures: u32,
}

/// An item of either list.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Item {
    metadata: Metadata,
    timestamp: Option<Time>,
    usage: Figures,
    containers: Vec<Container>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    name: String,
    namespace: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Container {
    name: String,
    usage: Figures,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Figures {
    cpu: Quantity,
    memory: Quantity,
}

impl Figures {
    fn add_to(&self, usage: &mut Usage) {
        usage.cpu_milli += self.cpu.milli();
        usage.memory += self.memory.units();
    }
}

impl Poll {
    fn new(link: Arc<Link>) -> Self {
        let period = link.timing.usage;
        Self {
            link,
            period,
            newest: Timestamp::default(),
            pool: Pool::default(),
            failures: 0,
        }
    }

    /// Asks for everything once; returns the pause until the next time.
    async fn round(&mut self, wanted: &UsageWanted, out: &Sender<Msg>) -> Duration {
        let before = self.newest;
        let mut reports = Vec::new();
        if let Some(scope) = &wanted.pods {
            reports.push(self.pods(scope).await);
        }
        if !wanted.containers.is_empty() {
            reports.push(self.containers(&wanted.containers).await);
        }
        if wanted.nodes {
            reports.push(self.nodes().await);
        }
        self.pool.sweep();
        let failed = reports.iter().all(Result::is_err);
        for report in reports {
            let report = report.unwrap_or_else(|trouble| UsageReport::Unavailable(plain(trouble.failure)));
            let _ = out.send(Msg::Usage(report)).await; // nobody listens: aborted next
        }
        if failed {
            self.failures += 1;
            return FIRST_REST
                .saturating_mul(1 << (self.failures - 1).min(6))
                .min(LAST_REST);
        }
        self.failures = 0;
        if before != Timestamp::default() && self.newest > before {
            let measured = Duration::from_nanos(self.newest.nanos_since(before).unsigned_abs());
            self.period = measured.clamp(self.link.timing.usage, LONGEST_PERIOD);
        }
        self.period
    }

    async fn pods(&mut self, scope: &Scope) -> Result<UsageReport, Trouble> {
        let mut rows = Vec::new();
        let mut namespaces: Vec<Option<String>> = match scope {
            Scope::All => vec![None],
            Scope::Namespaces(names) => names.iter().cloned().map(Some).collect(),
        };
        let mut narrowed = false;
        while let Some(namespace) = namespaces.pop() {
            let asked = self.list(&PODS, namespace.as_deref(), |pool, item| {
                let mut usage = Usage::default();
                item.containers
                    .iter()
                    .for_each(|container| container.usage.add_to(&mut usage));
                rows.push((
                    pool.text(&item.metadata.namespace),
                    Arc::from(item.metadata.name.as_str()),
                    usage,
                ));
            });
            match asked.await {
                Ok(()) => {}
                Err(trouble) if namespace.is_none() && trouble.failure.kind == FailureKind::Forbidden => {
                    let permitted = rights::namespaces(&self.link, &PODS).await;
                    if permitted.is_empty() {
                        return Err(trouble);
                    }
                    narrowed = true;
                    namespaces = permitted.into_iter().map(Some).collect();
                }
                // One of several namespaces that is gone does not hide the others.
                Err(_) if narrowed => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(UsageReport::Pods(rows, self.measured()))
    }

    /// One request a pod: there are few of them, and the list of a namespace may be long.
    async fn containers(&mut self, pods: &BTreeSet<(Arc<str>, Arc<str>)>) -> Result<UsageReport, Trouble> {
        let mut rows = Vec::new();
        for (namespace, pod) in pods {
            let path = format!("{}/{pod}", PODS.path(Some(namespace)));
            let purpose = Purpose::on("get", &PODS, Some(namespace));
            let item: Item = match self.link.get(&path, &purpose).await {
                Ok(item) => item,
                // A pod that has just started was not measured yet.
                Err(trouble) if trouble.failure.kind == FailureKind::NotFound => continue,
                Err(trouble) => return Err(trouble),
            };
            self.newest = stamp(item.timestamp.as_ref()).map_or(self.newest, |at| at.max(self.newest));
            for container in &item.containers {
                let mut usage = Usage::default();
                container.usage.add_to(&mut usage);
                rows.push(ContainerUsage {
                    namespace: Arc::clone(namespace),
                    pod: Arc::clone(pod),
                    container: Arc::from(container.name.as_str()),
                    usage,
                });
            }
        }
        Ok(UsageReport::Containers(rows, self.measured()))
    }

    async fn nodes(&mut self) -> Result<UsageReport, Trouble> {
        let mut rows = Vec::new();
        let asked = self.list(&NODES, None, |_, item| {
            let mut usage = Usage::default();
            item.usage.add_to(&mut usage);
            rows.push((Arc::from(item.metadata.name.as_str()), usage));
        });
        asked.await?;
        Ok(UsageReport::Nodes(rows, self.measured()))
    }

    /// When the figures are from; now if the server does not say.
    fn measured(&self) -> Timestamp {
        if self.newest == Timestamp::default() {
            clock::now()
        } else {
            self.newest
        }
    }

    async fn list(
        &mut self,
        gvr: &Gvr,
        namespace: Option<&str>,
        mut take: impl FnMut(&mut Pool, Item),
    ) -> Result<(), Trouble> {
        let purpose = Purpose::on("list", gvr, namespace);
        let request = get(&gvr.path(namespace), "application/json")?;
        let limit = self.link.timing.watch;
        let mut body = self.link.open(request, &purpose, limit).await?.into_body();
        let mut reader = ListReader::new(Encoding::Json);
        loop {
            let frame = match timeout(limit, body.frame()).await {
                Err(_) => return Err(error::timeout(limit, &purpose).into()),
                Ok(None) => break,
                Ok(Some(frame)) => frame.map_err(|error| error::client(&error, &purpose))?,
            };
            let Ok(data) = frame.into_data() else { continue };
            reader.push(&data);
            while let Some(piece) = reader.item().map_err(Failure::from)? {
                let ListItem::Object(object) = piece else { continue };
                let Ok(item) = from_json::<Item>(&object) else {
                    continue;
                };
                self.newest = stamp(item.timestamp.as_ref()).map_or(self.newest, |at| at.max(self.newest));
                take(&mut self.pool, item);
            }
        }
        reader.finish().map_err(Failure::from)?;
        Ok(())
    }
}

/// A group that is not there says so in words that help.
fn plain(failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::NotFound => Failure::new(
            failure.kind,
            "no usage figures: metrics.k8s.io is not served (is metrics-server installed?)",
        ),
        _ => failure,
    }
}
