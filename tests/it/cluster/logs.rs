//! Log queries: every line once, of every container, through restarts and through an API server that goes away.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write as _;

use kubris::clock;
use kubris::logs::{Chunk, LogEvent, LogQuery, LogTarget, Marker, Source, SourceId, State};
use kubris::model::{Gvr, Scope};
use kubris::msg::{Effect, LogId, Msg};

use super::real::Real;
use super::session::Session;

const DEPLOYMENTS: Gvr = Gvr::of("apps", "v1", "deployments");

/// What a query has said so far.
#[derive(Default)]
struct Heard {
    sources: BTreeMap<SourceId, Source>,
    lines: BTreeMap<SourceId, Vec<String>>,
    restarts: BTreeSet<SourceId>,
    gaps: usize,
}

impl Heard {
    fn take(&mut self, event: LogEvent) {
        match event {
            LogEvent::Source(source) => drop(self.sources.insert(source.id, source)),
            LogEvent::State(id, state) => self.sources.get_mut(&id).expect("known").state = state,
            LogEvent::Lines(chunk) => self.read(&chunk),
            LogEvent::Marker(Marker::Restart { source, .. }) => {
                self.restarts.insert(source);
            }
            LogEvent::Failed(failure) => panic!("{failure}"),
            _ => {}
        }
    }

    fn read(&mut self, chunk: &Chunk) {
        self.gaps += usize::from(chunk.gap.is_some());
        let lines = self.lines.entry(chunk.source).or_default();
        let mut from = 0;
        for line in &chunk.lines {
            let end = line.end as usize;
            lines.push(String::from_utf8_lossy(&chunk.text[from..end]).into_owned());
            from = end;
        }
    }

    /// Streams of a container that are open.
    fn live(&self, container: &str) -> Vec<SourceId> {
        let sources = self
            .sources
            .values()
            .filter(|source| &*source.container == container);
        sources
            .filter(|source| matches!(source.state, State::Live { .. }))
            .map(|source| source.id)
            .collect()
    }

    /// How often each of these streams has this line.
    fn counts(&self, ids: &[SourceId], wanted: &str) -> Vec<usize> {
        let count = |id| {
            self.lines
                .get(id)
                .map_or(0, |lines| lines.iter().filter(|line| *line == wanted).count())
        };
        ids.iter().map(count).collect()
    }
}

async fn open(session: &mut Session, query: LogQuery) -> Heard {
    session.connected().await;
    session.handle.run(Effect::Logs(LogId(1), query));
    Heard::default()
}

async fn until(session: &mut Session, heard: &mut Heard, is_so: impl Fn(&Heard) -> bool) {
    while !is_so(heard) {
        if let Msg::Log(LogId(1), event) = session.log().await {
            heard.take(event);
        }
    }
}

fn follow(target: LogTarget, scope: Scope) -> LogQuery {
    LogQuery {
        target,
        scope,
        selector: String::new(),
        container: None,
        all_containers: false,
        since_seconds: None,
        tail: Some(5),
        previous: false,
        follow: true,
        max_streams: 50,
    }
}

/// Writes a line as the container runtime does.
fn write(real: &Real, file: &str, text: &str) {
    let path = real.folder().join("logs").join(file);
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    let line = format!("{} stdout F {text}\n", clock::now().rfc3339());
    file.write_all(line.as_bytes()).unwrap();
}

#[tokio::test]
async fn every_pod_of_a_workload_is_followed() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let key = real.key(DEPLOYMENTS, "shop", "web").await;
    let mut heard = open(&mut session, follow(LogTarget::Of(key), Scope::one("shop"))).await;
    until(&mut session, &mut heard, |heard| {
        heard.live("app").len() == 4 && heard.live("proxy").len() == 4
    })
    .await;
    let token = format!("followed {}", fastrand::u64(..));
    write(&real, "app.log", &token);
    let apps = heard.live("app");
    until(&mut session, &mut heard, |heard| {
        heard.counts(&apps, &token).iter().all(|count| *count > 0)
    })
    .await;
    assert_eq!(heard.counts(&apps, &token), [1; 4]);
    let early = heard.lines[&apps[0]].len();
    assert!(
        (2..=7).contains(&early),
        "five of before, then what came: {early}"
    );
}

#[tokio::test]
async fn no_line_is_lost_or_repeated_while_the_server_is_away() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let key = real.key(Gvr::of("", "v1", "pods"), "data", "db-0").await;
    let mut heard = open(
        &mut session,
        follow(LogTarget::Pods(vec![key]), Scope::one("data")),
    )
    .await;
    until(&mut session, &mut heard, |heard| {
        heard.live("postgres").len() == 1
    })
    .await;
    let id = heard.live("postgres")[0];
    let token = fastrand::u64(..);
    let lines: Vec<String> = (0..300).map(|at| format!("line {at} of {token}")).collect();
    for line in &lines[..100] {
        write(&real, "other.log", line);
    }
    until(&mut session, &mut heard, |heard| {
        heard.counts(&[id], &lines[99])[0] > 0
    })
    .await;
    real.control("kill", "kube-apiserver");
    for line in &lines[100..200] {
        write(&real, "other.log", line);
    }
    until(&mut session, &mut heard, |heard| {
        !matches!(heard.sources[&id].state, State::Live { .. })
    })
    .await;
    real.control("start", "kube-apiserver");
    real.settle().await;
    for line in &lines[200..] {
        write(&real, "other.log", line);
    }
    until(&mut session, &mut heard, |heard| {
        heard.counts(&[id], &lines[299])[0] > 0
    })
    .await;
    let ours: Vec<&String> = heard.lines[&id]
        .iter()
        .filter(|line| lines.contains(line))
        .collect();
    assert_eq!(ours, lines.iter().collect::<Vec<_>>());
    assert_eq!(heard.gaps, 0);
}

#[tokio::test]
async fn a_restart_opens_the_new_run() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let key = real.key(DEPLOYMENTS, "shop", "cart").await;
    let mut heard = open(&mut session, follow(LogTarget::Of(key), Scope::one("shop"))).await;
    until(&mut session, &mut heard, |heard| {
        !heard.restarts.is_empty() && !heard.live("app").is_empty()
    })
    .await;
    let ids: BTreeSet<_> = heard
        .sources
        .values()
        .map(|source| source.container_id.clone())
        .collect();
    assert!(ids.len() > 1, "the new run has an id of its own: {ids:?}");
}

#[tokio::test]
async fn a_container_without_log_says_why() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let key = real.key(DEPLOYMENTS, "shop", "search").await;
    let mut heard = open(&mut session, follow(LogTarget::Of(key), Scope::one("shop"))).await;
    let waits = |source: &Source| matches!(&source.state, State::Waiting { reason, .. } if reason.contains("ImagePull"));
    until(&mut session, &mut heard, |heard| {
        heard.sources.values().any(waits)
    })
    .await;
}

#[tokio::test]
async fn the_previous_run_has_a_log_of_its_own() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let key = real.key(DEPLOYMENTS, "shop", "cart").await;
    let query = LogQuery {
        previous: true,
        follow: false,
        container: Some("app".into()),
        ..follow(LogTarget::Of(key), Scope::one("shop"))
    };
    let mut heard = open(&mut session, query).await;
    let all = |heard: &Heard| {
        heard
            .lines
            .values()
            .flatten()
            .any(|line| line.contains("out of memory"))
    };
    until(&mut session, &mut heard, all).await;
}
