//! Usage from metrics.k8s.io: polled only while somebody looks, about as often as the server measures. Nothing else waits for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use tokio::select;
use tokio::sync::mpsc::Sender;
use tokio::sync::watch::Receiver;
use tokio::time::{sleep, timeout};

use super::error::{self, Purpose, Trouble};
use super::link::{Health, Link, get};
use super::rights;
use crate::clock::{self, Timestamp};
use crate::kind::{ContainerUsage, Usage};
use crate::model::{Failure, FailureKind, Gvr, Pool, Scope, quantity};
use crate::msg::{Msg, UsageReport, UsageWanted};
use crate::wire::core::Measured;
use crate::wire::frame::{Encoding, ListItem, ListReader};
use crate::wire::inplace::{InPlace, Unreadable};
use crate::wire::metrics::{NodeMetrics, PodMetrics};
use crate::wire::stamp;

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

/// CPU in thousandths of a core and memory in bytes; what is negative or no quantity counts nothing.
fn usage(figures: &[Measured<'_>]) -> Usage {
    let mut usage = Usage::default();
    for figure in figures {
        let text = &*figure.value.0;
        match &*figure.key {
            "cpu" => {
                let milli = quantity::milli(text).and_then(|milli| u64::try_from(milli).ok());
                usage.cpu_milli = milli.unwrap_or(0);
            }
            "memory" => usage.memory = quantity::units(text).unwrap_or(0),
            _ => {}
        }
    }
    usage
}

fn read<'a, M: InPlace<'a>>(encoding: Encoding, item: &'a [u8]) -> Result<M, Unreadable> {
    match encoding {
        Encoding::Protobuf => M::from_proto(item),
        Encoding::Json | Encoding::Table => M::from_json(item),
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
            let asked = self.list(&PODS, namespace.as_deref(), |pool, encoding, item| {
                let pod: PodMetrics<'_> = read(encoding, item)?;
                let mut sum = Usage::default();
                for one in pod.containers.iter().map(|container| usage(&container.usage)) {
                    sum.cpu_milli += one.cpu_milli;
                    sum.memory += one.memory;
                }
                let of = pod.metadata.unwrap_or_default();
                rows.push((pool.text(&of.namespace), Arc::from(&*of.name), sum));
                Ok(stamp(pod.timestamp.as_ref()))
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
            let answer = match self.link.bytes(get(&path, "application/json")?, &purpose).await {
                Ok(answer) => answer,
                // A pod that has just started was not measured yet.
                Err(trouble) if trouble.failure.kind == FailureKind::NotFound => continue,
                Err(trouble) => return Err(trouble),
            };
            let figures = PodMetrics::from_json(&answer).map_err(|error| unreadable(&purpose, &error))?;
            self.newest = stamp(figures.timestamp.as_ref()).map_or(self.newest, |at| at.max(self.newest));
            rows.extend(figures.containers.iter().map(|container| ContainerUsage {
                namespace: Arc::clone(namespace),
                pod: Arc::clone(pod),
                container: Arc::from(&*container.name),
                usage: usage(&container.usage),
            }));
        }
        Ok(UsageReport::Containers(rows, self.measured()))
    }

    async fn nodes(&mut self) -> Result<UsageReport, Trouble> {
        let mut rows = Vec::new();
        let asked = self.list(&NODES, None, |_, encoding, item| {
            let node: NodeMetrics<'_> = read(encoding, item)?;
            let of = node.metadata.unwrap_or_default();
            rows.push((Arc::from(&*of.name), usage(&node.usage)));
            Ok(stamp(node.timestamp.as_ref()))
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
        mut take: impl FnMut(&mut Pool, Encoding, &[u8]) -> Result<Option<Timestamp>, Unreadable>,
    ) -> Result<(), Trouble> {
        let purpose = Purpose::on("list", gvr, namespace);
        let request = get(
            &gvr.path(namespace),
            "application/vnd.kubernetes.protobuf, application/json",
        )?;
        let limit = self.link.timing.watch;
        let answer = self.link.open(request, &purpose, limit).await?;
        let media = answer.headers().get(http::header::CONTENT_TYPE);
        let encoding = Encoding::of(
            media.and_then(|media| media.to_str().ok()).unwrap_or_default(),
            false,
        );
        let mut body = answer.into_body();
        let mut reader = ListReader::new(encoding);
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
                match take(&mut self.pool, encoding, &object) {
                    Ok(at) => self.newest = self.newest.max(at.unwrap_or_default()),
                    Err(error) => tracing::warn!(%error, "figures that cannot be read are left out"),
                }
            }
        }
        reader.finish().map_err(Failure::from)?;
        Ok(())
    }
}

fn unreadable(purpose: &Purpose, error: &Unreadable) -> Failure {
    let message = format!("cannot {purpose}: the answer could not be read: {error}");
    Failure::new(FailureKind::Decode, message)
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
