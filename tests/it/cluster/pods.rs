//! STATUS, READY and RESTARTS are what kubectl prints, in thousands of generated pod states.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use fastrand::Rng;
use futures::{StreamExt, stream};
use kubris::clock::{self, Timestamp};
use kubris::kind::{Rows, Verb};
use kubris::kinds;
use serde_json::{Value, json};

use super::encodings::same_in_both_encodings;
use super::pod_states::{Shape, shape};
use super::real::Real;
use super::session::cell;

const NAMESPACE: &str = "pod-states";
const NODE: &str = "by-hand";
const PODS: usize = 500;
const ROUNDS: usize = 6;
const AT_ONCE: usize = 24;
const COLUMNS: [&str; 7] = [
    "STATUS",
    "READY",
    "RESTARTS",
    "IP",
    "NODE",
    "NOMINATED NODE",
    "READINESS GATES",
];

/// Ages of the API server and ours are computed within this many seconds of each other.
type Moment = RangeInclusive<i64>;

#[tokio::test]
async fn status_ready_and_restarts_as_kubectl() {
    let Some(real) = Real::connect().await else {
        return;
    };
    remove(&real).await;
    let seed = fastrand::u64(..);
    let mut rng = Rng::with_seed(seed);
    let shapes: Vec<Shape> = (0..PODS).map(|index| shape(&mut rng, index)).collect();
    create(&real, &shapes).await;
    let kind = kinds::named("pods").unwrap();
    let mut decoder = kind.decoder();
    let (mut compared, mut different) = (0, Vec::new());
    for round in 0..ROUNDS {
        let refused = give_states(&real, &shapes, &mut rng).await;
        assert!(
            refused.len() < PODS / 20,
            "round {round}: {} states refused: {}",
            refused.len(),
            refused[0]
        );
        let before = clock::now().seconds();
        let first = list(&real).await;
        let theirs =
            columns(&real.kubectl(&["get", "pods", "-n", NAMESPACE, "-o", "wide", "--chunk-size=0"]));
        let ours = list(&real).await;
        let moment = before..=clock::now().seconds();
        for (name, pod) in &ours {
            if first.get(name).map(version) != Some(version(pod)) {
                continue; // changed between the lists
            }
            compared += 1;
            decoder.json(Verb::Upsert, pod.to_string().as_bytes()).unwrap();
            let mut rows = kind.rows();
            rows.apply(0, decoder.take().unwrap());
            if let Some(difference) = difference(&*rows, rows.slots()[0], &theirs[name], &moment) {
                different.push(format!("{name}: {difference}\n  {}", pod["status"]));
            }
        }
    }
    same_in_both_encodings(&real, kind, &format!("/api/v1/namespaces/{NAMESPACE}/pods")).await;
    remove(&real).await;
    assert!(compared > PODS * ROUNDS * 9 / 10, "only {compared} compared");
    assert!(
        different.is_empty(),
        "{} of {compared} differ from kubectl (seed {seed}):\n{}",
        different.len(),
        different[..different.len().min(5)].join("\n")
    );
}

fn version(pod: &Value) -> &Value {
    &pod["metadata"]["resourceVersion"]
}

/// A node of their own, so that no controller is concerned with the pods.
async fn create(real: &Real, shapes: &[Shape]) {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    real.send("POST", "/api/v1/namespaces", &namespace).await.unwrap();
    let node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": NODE, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "spec": {"taints": [{"key": "kubris.test/hand", "effect": "NoSchedule"}]},
        "status": {"addresses": [{"type": "InternalIP", "address": "10.65.9.9"}]},
    });
    real.send("POST", "/api/v1/nodes", &node).await.unwrap();
    real.kubectl(&[
        "wait",
        "--for=create",
        "serviceaccount/default",
        "-n",
        NAMESPACE,
        "--timeout=20s",
    ]);
    stream::iter(shapes)
        .map(|shape| async move {
            let path = format!("/api/v1/namespaces/{NAMESPACE}/pods");
            real.send("POST", &path, &shape.manifest(NODE)).await.unwrap();
            if shape.doomed {
                real.send("DELETE", &format!("{path}/{}", shape.name), &Value::Null)
                    .await
                    .unwrap();
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect::<()>()
        .await;
}

/// Gives every pod a new state; returns what the API server would not take.
async fn give_states(real: &Real, shapes: &[Shape], rng: &mut Rng) -> Vec<String> {
    let now = clock::now();
    let states: Vec<_> = shapes
        .iter()
        .map(|shape| (shape, shape.status(rng, now)))
        .collect();
    let answers = stream::iter(states).map(|(shape, status)| async move {
        let path = format!("/api/v1/namespaces/{NAMESPACE}/pods/{}/status", shape.name);
        let body = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": shape.name, "namespace": NAMESPACE, "finalizers": shape.finalizers()},
            "status": status,
        });
        real.send("PUT", &path, &body)
            .await
            .err()
            .map(|error| format!("{error}"))
    });
    answers
        .buffer_unordered(AT_ONCE)
        .filter_map(async |refused| refused)
        .collect()
        .await
}

async fn list(real: &Real) -> BTreeMap<String, Value> {
    let path = format!("/api/v1/namespaces/{NAMESPACE}/pods");
    let text = real.send("GET", &path, &Value::Null).await.unwrap();
    let list: Value = serde_json::from_str(&text).unwrap();
    let pods = list["items"].as_array().unwrap().iter();
    pods.map(|pod| (pod["metadata"]["name"].as_str().unwrap().to_owned(), pod.clone()))
        .collect()
}

/// What kubectl printed, by pod and title.
fn columns(printed: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut lines = printed.lines();
    let header = lines.next().unwrap();
    let mut titles: Vec<(usize, &str)> = Vec::new();
    for title in header
        .split("   ")
        .map(str::trim)
        .filter(|title| !title.is_empty())
    {
        let from = titles.last().map_or(0, |(at, last)| at + last.len());
        titles.push((from + header.get(from..).unwrap().find(title).unwrap(), title));
    }
    let row = |line: &str| {
        let ends = titles.iter().skip(1).map(|(at, _)| *at).chain([line.len()]);
        let cells = titles.iter().zip(ends);
        cells
            .map(|((at, title), end)| ((*title).to_owned(), line.get(*at..end).unwrap().trim().to_owned()))
            .collect()
    };
    lines
        .map(row)
        .map(|row: BTreeMap<String, String>| (row["NAME"].clone(), row))
        .collect()
}

/// How a row of ours differs from kubectl's.
fn difference(
    rows: &dyn Rows,
    slot: u32,
    theirs: &BTreeMap<String, String>,
    moment: &Moment,
) -> Option<String> {
    let text = |title: &str, now: i64| {
        let column = rows.columns().iter().position(|column| column.title == title);
        let text = cell(
            rows,
            slot,
            column.expect("a column of kubectl's"),
            Timestamp::from_seconds(now),
        );
        if text == "–" { "<none>".to_owned() } else { text }
    };
    let same = |title: &str| moment.clone().any(|now| text(title, now) == theirs[title]);
    let title = COLUMNS.into_iter().find(|title| !same(title))?;
    let ours = text(title, *moment.start());
    Some(format!("{title}: kubectl `{}`, ours `{ours}`", theirs[title]))
}

/// Removes everything, held pods too.
async fn remove(real: &Real) {
    let path = format!("/api/v1/namespaces/{NAMESPACE}");
    if real.send("GET", &path, &Value::Null).await.is_err() {
        return;
    }
    let doomed: Vec<String> = list(real).await.into_keys().collect();
    stream::iter(&doomed)
        .map(|name| async move {
            let path = format!("/api/v1/namespaces/{NAMESPACE}/pods/{name}");
            let free = json!([{"op": "add", "path": "/metadata/finalizers", "value": []}]);
            let _ = real.patch(&path, &free).await;
            let now = json!({"gracePeriodSeconds": 0});
            let _ = real.send("DELETE", &path, &now).await;
        })
        .buffer_unordered(AT_ONCE)
        .collect::<()>()
        .await;
    real.kubectl(&["delete", "namespace", NAMESPACE, "--wait", "--timeout=60s"]);
    real.kubectl(&["delete", "node", NODE, "--ignore-not-found"]);
}
