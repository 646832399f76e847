//! The demo API server as clients meet it: kube over real HTTP and TLS, against clusters in which only the test moves anything.

mod channels;
mod faults;
mod identity;
mod living;
mod reading;
mod validation;
mod watching;
mod writing;

use std::sync::Arc;
use std::time::Duration;

use futures::{AsyncBufReadExt, StreamExt};
use kube::Client;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kubris::clock::Timestamp;
use kubris::demo::clock::Clock;
use kubris::demo::kubelet_api::Absent;
use kubris::demo::{self, Demo, Options};
use serde_json::{Value, json};

/// Nothing here takes that long; without it a failure would hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// An empty cluster with a clock that stands.
struct Rig {
    demo: Demo,
    client: Client,
    clock: Clock,
}

impl Rig {
    async fn new() -> Self {
        let clock = Clock::driven(Timestamp::from_seconds(1_800_000_000));
        let options = Options {
            clock: clock.clone(),
            ..Options::default()
        };
        let demo = demo::start_bare(&options, Arc::new(Absent::default())).unwrap();
        let client = client(&demo).await;
        let rig = Self { demo, client, clock };
        rig.put("namespaces", "", json!({ "metadata": { "name": "a" } }));
        rig
    }

    /// Stores an object behind the server's back.
    fn put(&self, resource: &str, namespace: &str, value: Value) -> Value {
        self.demo.store().create(resource, namespace, value).unwrap()
    }

    fn pods(&self, count: usize) {
        for at in 0..count {
            self.put("pods", "a", pod(&format!("web-{at:02}")));
        }
    }

    /// Sends a request; the code and the answer's JSON (or its text as a string).
    async fn send(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: impl Into<Option<Value>>,
    ) -> (u16, Value) {
        let body = body
            .into()
            .map_or(Vec::new(), |body| body.to_string().into_bytes());
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", kind)
            .body(Body::from(body))
            .unwrap();
        self.ask(request).await
    }

    async fn ask(&self, request: http::Request<Body>) -> (u16, Value) {
        let answer = tokio::time::timeout(PATIENCE, self.client.send(request))
            .await
            .unwrap()
            .unwrap();
        let code = answer.status().as_u16();
        let bytes = http_body_util::BodyExt::collect(answer.into_body())
            .await
            .unwrap()
            .to_bytes();
        let text = || Value::from(String::from_utf8_lossy(&bytes).into_owned());
        (code, serde_json::from_slice(&bytes).unwrap_or_else(|_| text()))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, "", None).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send("POST", path, "application/json", body).await
    }

    async fn get_as(&self, path: &str, accept: &str) -> (u16, Value) {
        let request = http::Request::get(path)
            .header("accept", accept)
            .body(Body::empty())
            .unwrap();
        self.ask(request).await
    }

    /// The lines of a stream as they come.
    async fn lines(
        &self,
        path: &str,
    ) -> impl futures::Stream<Item = std::io::Result<String>> + Unpin + use<> {
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        Box::pin(self.client.request_stream(request).await.unwrap().lines())
    }

    /// The events of a watch as they come.
    async fn events(&self, path: &str) -> impl futures::Stream<Item = Value> + Unpin + use<> {
        let lines = self.lines(path).await;
        lines
            .filter_map(|line| async { serde_json::from_str(&line.ok()?).ok() })
            .boxed()
    }
}

async fn client(demo: &Demo) -> Client {
    let config = Kubeconfig::from_yaml(&demo.kubeconfig()).unwrap();
    let mut config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default())
        .await
        .unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

fn pod(name: &str) -> Value {
    json!({ "metadata": { "name": name, "labels": { "app": "web", "name": name } },
        "spec": { "nodeName": "n1", "containers": [{ "name": "main", "image": "web:1" }] },
        "status": { "phase": "Running", "containerStatuses": [{ "name": "main", "ready": true, "restartCount": 2,
            "state": { "running": { "startedAt": "2027-01-15T07:00:00Z" } } }] } })
}

/// The next item of a stream, soon.
async fn next<S: futures::Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    tokio::time::timeout(PATIENCE, stream.next())
        .await
        .expect("nothing came")
}
