//! READY, STATUS and RESTARTS of generated pods against what the printer of kubectl's tables said of them.
//!
//! `tests/fixtures/pod_states.jsonl`: one pod a line in every mixture of phase, reason, deletion, container states and conditions, with
//! `want`, the cells that `printPod` of k8s.io/kubernetes v1.36.3 gave for it. Times count in tens of days before now.

use kubris::clock::Timestamp;
use kubris::model::Cell;
use kubris::rules::pod_status::{ConditionFacts, ContainerFacts, PodFacts, Terminated, pod_status};

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct End {
    #[serde(rename = "r")]
    reason: String,
    #[serde(rename = "c")]
    code: i32,
    #[serde(rename = "s")]
    signal: i32,
    at: i64,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Container {
    #[serde(rename = "n")]
    name: String,
    #[serde(rename = "x")]
    restarts: i32,
    ready: bool,
    started: bool,
    #[serde(rename = "w")]
    waiting: Option<String>,
    #[serde(rename = "run")]
    running: bool,
    #[serde(rename = "t")]
    ended: Option<End>,
    #[serde(rename = "l")]
    last: Option<End>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Pod {
    phase: String,
    reason: String,
    #[serde(rename = "del")]
    deleting: bool,
    count: usize,
    specs: Vec<(String, bool)>,
    init: Vec<Container>,
    main: Vec<Container>,
    conds: Vec<(String, String, String)>,
    want: [String; 3],
}

const NOW: i64 = 2_000_000_000;

fn end(end: &End) -> Terminated<'_> {
    Terminated {
        reason: &end.reason,
        exit_code: end.code,
        signal: end.signal,
        finished: (end.at > 0).then(|| Timestamp::from_seconds(NOW - end.at * 864_000)),
    }
}

fn container(of: &Container) -> ContainerFacts<'_> {
    ContainerFacts {
        name: &of.name,
        restarts: of.restarts,
        ready: of.ready,
        started: of.started,
        waiting: of.waiting.as_deref(),
        running: of.running,
        terminated: of.ended.as_ref().map(end),
        last: of.last.as_ref().map(end),
    }
}

/// READY, STATUS and RESTARTS as we print them.
fn cells(pod: &Pod) -> [String; 3] {
    let status = pod_status(&PodFacts {
        phase: &pod.phase,
        reason: &pod.reason,
        deleting: pod.deleting,
        containers: pod.count,
        init_containers: pod.specs.iter().map(|(name, sidecar)| (&**name, *sidecar)),
        init_statuses: pod.init.iter().map(container),
        statuses: pod.main.iter().map(container),
        conditions: pod
            .conds
            .iter()
            .map(|(kind, status, reason)| ConditionFacts { kind, status, reason }),
    });
    [
        Cell::Ratio(status.ready, status.total),
        Cell::Status(status.text, status.health),
        Cell::Restarts(status.restarts, status.restarted),
    ]
    .map(|cell| {
        let mut text = String::new();
        cell.write(Timestamp::from_seconds(NOW), &mut text);
        text
    })
}

#[test]
fn generated_pods_read_as_kubectl_prints_them() {
    let mut checked = 0;
    for line in include_str!("../fixtures/pod_states.jsonl").lines() {
        let pod: Pod = serde_json::from_str(line).expect("a recorded pod");
        assert_eq!(cells(&pod), pod.want, "{line}");
        checked += 1;
    }
    assert!(checked >= 1_000, "{checked} pods are too few to prove anything");
}
