//! The history of a log on the real control plane: older lines up to the beginning, and pods that join from their first line.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use kubris::clock;
use kubris::logs::{Item, Limits, LogBuffer, LogEvent, LogQuery, LogTarget};
use kubris::model::{Gvr, Scope};
use kubris::msg::{Effect, LogId, Msg};
use serde_json::{Value, json};

use super::real::Real;
use super::session::Session;

const PODS: Gvr = Gvr::of("", "v1", "pods");
const LOGS: Gvr = Gvr::of("kwok.x-k8s.io", "v1alpha1", "logs");
const PATIENCE: Duration = Duration::from_secs(60);

/// A log pane.
struct Pane {
    session: Session,
    buffer: LogBuffer,
    beginning: bool,
}

fn query(target: LogTarget) -> LogQuery {
    LogQuery {
        target,
        scope: Scope::one("data"),
        selector: String::new(),
        container: None,
        all_containers: false,
        since_seconds: None,
        tail: None,
        previous: false,
        follow: true,
        max_streams: 50,
    }
}

impl Pane {
    async fn open(real: &Real, query: LogQuery) -> Self {
        let session = Session::open(real, "admin");
        session.connected().await;
        session.handle.run(Effect::Logs(LogId(1), query));
        Self {
            session,
            buffer: LogBuffer::new(Limits::default()),
            beginning: false,
        }
    }

    async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !holds(self) {
                let Msg::Log(LogId(1), event) = self.session.log().await else {
                    continue;
                };
                self.beginning |= matches!(event, LogEvent::Beginning);
                assert!(!matches!(event, LogEvent::Failed(_)), "{event:?}");
                self.buffer.take(event, clock::now());
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, waiting).await.is_ok();
        let states: Vec<_> = self.buffer.sources().map(|source| source.state.clone()).collect();
        assert!(in_time, "never {what}: {:?} {states:?}", self.shown());
    }

    fn shown(&self) -> Vec<String> {
        let text = |item: Item<'_>| match item {
            Item::Line(line) => String::from_utf8_lossy(line.text).into_owned(),
            Item::Marker(_, marker) => format!("{marker:?}"),
        };
        self.buffer.window(0, usize::MAX).map(text).collect()
    }
}

/// A pod with a log file of its own.
struct Logged {
    path: PathBuf,
    pod: String,
}

impl Logged {
    /// Says where the log of a pod is, which is created later.
    async fn prepare(real: &Real, name: &str) -> Self {
        let path = real.folder().join(format!("logs/{name}.log"));
        std::fs::write(&path, "").unwrap();
        let pod = format!("{}/{name}", PODS.path(Some("data")));
        let logs = LOGS.path(Some("data"));
        let _ = real.send("DELETE", &pod, &json!({"gracePeriodSeconds": 0})).await;
        let _ = real.send("DELETE", &format!("{logs}/{name}"), &Value::Null).await;
        let own = json!({
            "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Logs", "metadata": {"name": name},
            "spec": {"logs": [{"containers": ["app"], "logsFile": path, "previousLogsFile": path, "follow": true}]},
        });
        real.send("POST", &logs, &own).await.unwrap();
        Self { path, pod }
    }

    /// Creates the pod and waits until its log is its own, which is empty.
    async fn start(self, real: &Real) -> Self {
        let name = self.pod.rsplit('/').next().unwrap();
        let object = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"talks": "yes"}},
            "spec": {"containers": [{"name": "app", "image": "example.com/app:1"}]},
        });
        let log = format!("{}/log", self.pod);
        let served = async {
            while real
                .send("POST", &PODS.path(Some("data")), &object)
                .await
                .is_err()
            {
                tokio::time::sleep(Duration::from_millis(100)).await; // the pod of an earlier run is still going
            }
            let ask = async |path: &str| real.send("GET", path, &Value::Null).await.unwrap_or_default();
            while !ask(&self.pod).await.contains("\"containerID\"") || !ask(&log).await.is_empty() {
                tokio::time::sleep(Duration::from_millis(100)).await; // not running, or still with the log of all
            }
        };
        tokio::time::timeout(PATIENCE, served)
            .await
            .expect("a pod with its own log");
        self
    }

    /// Appends lines as a container runtime does, all with one timestamp.
    fn write(&self, lines: &[&str]) {
        let stamp = clock::now().rfc3339();
        let mut file = std::fs::OpenOptions::new().append(true).open(&self.path).unwrap();
        let text: String = lines
            .iter()
            .map(|line| format!("{stamp} stdout F {line}\n"))
            .collect();
        file.write_all(text.as_bytes()).unwrap();
    }
}

#[tokio::test]
async fn older_lines_and_pods_that_join_late() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let late = Logged::prepare(&real, "talks-too").await;
    let old = Logged::prepare(&real, "talks").await.start(&real).await;
    let lines: Vec<String> = (0..30).map(|number| format!("line {number}")).collect();
    for lines in lines.chunks(3) {
        old.write(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let matching = LogQuery {
        selector: "talks=yes".to_owned(),
        tail: Some(4),
        ..query(LogTarget::Matching("^talks".to_owned()))
    };
    let mut pane = Pane::open(&real, matching).await;
    pane.until("the tail", |pane| pane.shown() == lines[26..]).await;
    while !pane.beginning {
        pane.session.handle.run(Effect::OlderLogs(LogId(1), 10));
        let before = pane.shown().len();
        pane.until("older lines", |pane| {
            pane.beginning || pane.shown().len() > before
        })
        .await;
    }
    assert_eq!(pane.shown(), lines);
    let late = late.start(&real).await;
    late.write(&["my first", "my second"]);
    pane.until("the late one", |pane| {
        pane.shown().last().is_some_and(|line| line == "my second")
    })
    .await;
    assert_eq!(pane.shown().len(), lines.len() + 2);
}
