//! Game days as a person plays them: the symptom comes, it is not mended, what a person would do through the API mends it.

mod commands;
mod demand;
mod files;
mod flavors;
mod gates;
mod neighbours;
mod nodes;
mod releases;

use std::time::Duration;

use kube::Client;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kubris::clock::Timestamp;
use kubris::demo::clock::Clock;
use kubris::demo::scenario::{self, Game};
use kubris::demo::world::flavor::Flavor;
use kubris::demo::{self, Demo, Options, world};
use serde_json::{Value, json};

/// One game day on a clock that only the test moves.
struct Day {
    demo: Demo,
    client: Client,
    clock: Clock,
    game: Game,
}

impl Day {
    async fn of(name: &str) -> Self {
        Self::on(scenario::find(name).unwrap().into(), Flavor::Eks).await
    }

    async fn on(game: Game, flavor: Flavor) -> Self {
        let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
        let world = world::Options {
            calm: true,
            flavor,
            ..world::Options::default()
        };
        let options = Options {
            clock: clock.clone(),
            world,
            scenario: Some(game.clone()),
            ..Options::default()
        };
        let demo = demo::start(options).unwrap();
        let config = Kubeconfig::from_yaml(&demo.kubeconfig()).unwrap();
        let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default())
            .await
            .unwrap();
        let client = Client::try_from(config).unwrap();
        let day = Self {
            demo,
            client,
            clock,
            game,
        };
        assert!(!day.mended(), "{:?} is mended before it began", day.game);
        day
    }

    /// Lets time go by.
    fn pass(&self, seconds: u64) {
        let world = self.demo.world().unwrap();
        for _ in 0..seconds * 2 {
            self.clock.advance(Duration::from_millis(500));
            world.tick(self.clock.now());
        }
    }

    fn mended(&self) -> bool {
        self.demo.world().unwrap().mended(&self.game)
    }

    /// Passes up to `seconds` until it is mended.
    #[track_caller]
    fn heals_within(&self, seconds: u64) {
        for _ in 0..seconds / 5 {
            self.pass(5);
            if self.mended() {
                return;
            }
        }
        let world = self.demo.world().unwrap();
        let inner = world.lock();
        let pods = inner
            .pods
            .iter()
            .filter(|(_, pod)| !pod.over() && pod.ready().is_none());
        let stuck: Vec<_> = pods.map(|(key, pod)| (key, &pod.node, pod.deleting)).collect();
        let deployments = world.store().list("deployments", None);
        let partial = deployments.iter().map(|object| object.value()).filter(|object| {
            object["status"]["availableReplicas"].as_i64().unwrap_or(0) != object["spec"]["replicas"]
        });
        let partial: Vec<_> = partial
            .map(|object| (object["metadata"]["name"].clone(), object["status"].clone()))
            .collect();
        panic!(
            "{:?} on {:?} is not mended after {seconds} s: {:?} {partial:?} {stuck:#?}",
            self.game, inner.flavor, inner.pressure
        );
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let kind = match method {
            _ if body.is_array() => "application/json-patch+json",
            "PATCH" => "application/strategic-merge-patch+json",
            _ => "application/json",
        };
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", kind)
            .body(Body::from(body))
            .unwrap();
        let answer = self.client.send(request).await.unwrap();
        let code = answer.status().as_u16();
        let bytes = http_body_util::BodyExt::collect(answer.into_body())
            .await
            .unwrap()
            .to_bytes();
        (code, serde_json::from_slice(&bytes).unwrap())
    }

    /// Changes an object, which must succeed.
    async fn patch(&self, path: &str, body: Value) {
        let (code, answer) = self.send("PATCH", path, body).await;
        assert_eq!(code, 200, "{path}: {answer}");
    }

    async fn delete(&self, path: &str) {
        let (code, answer) = self.send("DELETE", path, Value::Null).await;
        assert!(code < 300, "{path}: {answer}");
    }

    async fn items(&self, path: &str) -> Vec<Value> {
        let (code, answer) = self.send("GET", path, Value::Null).await;
        assert_eq!(code, 200, "{path}: {answer}");
        answer["items"].as_array().unwrap().clone()
    }

    /// Pods of an application.
    async fn pods(&self, namespace: &str, app: &str) -> Vec<Value> {
        self.items(&format!(
            "/api/v1/namespaces/{namespace}/pods?labelSelector=app.kubernetes.io%2Fname%3D{app}"
        ))
        .await
    }

    /// What the first container of a pod has written lately.
    async fn log(&self, namespace: &str, pod: &str) -> String {
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/log?tailLines=40&container=app");
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        self.client.request_text(request).await.unwrap()
    }

    /// Messages of all events of a reason, with the names of what they are about.
    async fn events(&self, reason: &str) -> Vec<(String, String)> {
        let all = self.items("/api/v1/events").await;
        all.iter()
            .filter(|event| event["reason"] == reason)
            .map(|event| {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                (text(&event["involvedObject"]["name"]), text(&event["message"]))
            })
            .collect()
    }

    /// An event of this reason whose subject begins so and whose message contains the text.
    #[track_caller]
    fn told<'a>(events: &'a [(String, String)], subject: &str, text: &str) -> &'a str {
        let found = events
            .iter()
            .find(|(name, message)| name.starts_with(subject) && message.contains(text));
        &found
            .unwrap_or_else(|| panic!("no `{text}` about `{subject}` in {events:#?}"))
            .1
    }

    async fn set_image(&self, (namespace, deployment): (&str, &str), image: &str) {
        let image = format!("111122223333.dkr.ecr.eu-central-1.amazonaws.com/{image}");
        self.template(
            (namespace, deployment),
            json!({ "containers": [{ "name": "app", "image": image }] }),
        )
        .await;
    }

    /// Patches the pod template's spec of a deployment.
    async fn template(&self, (namespace, deployment): (&str, &str), spec: Value) {
        let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}");
        self.patch(&path, json!({ "spec": { "template": { "spec": spec } } }))
            .await;
    }

    async fn scale(&self, (namespace, deployment): (&str, &str), replicas: u32) {
        let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}/scale");
        let (code, answer) = self
            .send("PATCH", &path, json!({ "spec": { "replicas": replicas } }))
            .await;
        assert_eq!(code, 200, "{answer}");
    }
}

/// Why the first container of a pod waits.
fn waiting(pod: &Value) -> &str {
    pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"]
        .as_str()
        .unwrap_or_default()
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions.is_some_and(|all| {
        all.iter()
            .any(|one| one["type"] == "Ready" && one["status"] == "True")
    })
}
