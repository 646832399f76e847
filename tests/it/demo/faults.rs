//! The server misbehaves as it is told to.

use std::time::Duration;

use futures::StreamExt;
use kubris::clock::Timestamp;
use kubris::demo::clock::Clock;
use kubris::demo::server::{Fault, Misdeed};
use kubris::demo::{self, Options};
use serde_json::json;

use super::{Rig, next, pod};

#[tokio::test]
async fn codes_come_as_often_as_asked_for() {
    let rig = Rig::new().await;
    let faults = rig.demo.faults();
    faults.add(
        Fault::on(
            "/api/v1/pods",
            Misdeed::Status {
                code: 429,
                retry_after: Some(3),
            },
        )
        .times(1),
    );
    let request = http::Request::get("/api/v1/pods")
        .body(kube::client::Body::empty())
        .unwrap();
    let answer = rig.client.send(request).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &http::HeaderValue::from_static("3"))
    );
    assert_eq!(rig.get("/api/v1/pods").await.0, 200);
    let id = faults.add(
        Fault::on(
            "/api/*",
            Misdeed::Status {
                code: 500,
                retry_after: None,
            },
        )
        .method("GET"),
    );
    let (code, status) = rig.get("/api/v1/pods").await;
    assert_eq!((code, status["reason"].as_str()), (500, Some("InternalError")));
    assert_eq!(rig.get("/apis").await.0, 200);
    faults.remove(id);
    assert_eq!(rig.get("/api/v1/pods").await.0, 200);
}

#[tokio::test]
async fn a_hanging_list_hangs_alone() {
    let rig = Rig::new().await;
    rig.demo.faults().add(Fault::on("/api/v1/secrets", Misdeed::Hang));
    let hanging = rig.get("/api/v1/secrets");
    tokio::select! {
        _ = hanging => panic!("it answered"),
        (code, _) = rig.get("/api/v1/pods") => assert_eq!(code, 200),
    }
    rig.demo.faults().add(Fault::on("/api/v1/nodes", Misdeed::Drop));
    let request = http::Request::get("/api/v1/nodes")
        .body(kube::client::Body::empty())
        .unwrap();
    assert!(rig.client.send(request).await.is_err());
}

#[tokio::test]
async fn a_stream_breaks_in_the_middle_of_an_object() {
    let rig = Rig::new().await;
    rig.pods(3);
    rig.demo.faults().add(
        Fault::on("/api/v1/pods", Misdeed::CutAfterLines(1))
            .query("watch=")
            .times(1),
    );
    let mut lines = rig.lines("/api/v1/pods?watch=1").await;
    let whole = next(&mut lines).await.unwrap().unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&whole).is_ok());
    // What follows is half a line, an error, or both; never another whole event.
    while let Some(rest) = next(&mut lines).await {
        let Ok(rest) = rest else { break };
        assert!(
            serde_json::from_str::<serde_json::Value>(&rest).is_err(),
            "{rest}"
        );
    }
    let mut events = rig.events("/api/v1/pods?watch=1").await;
    for _ in 0..3 {
        assert_eq!(next(&mut events).await.unwrap()["type"], "ADDED");
    }
}

#[tokio::test]
async fn a_watch_is_closed_cleanly_or_gone() {
    let rig = Rig::new().await;
    rig.pods(1);
    let faults = rig.demo.faults();
    faults.add(Fault::on("/api/v1/pods", Misdeed::CloseAfter(Duration::from_millis(50))).times(1));
    let all: Vec<_> = rig.lines("/api/v1/pods?watch=1").await.collect().await;
    assert_eq!(all.len(), 1);
    assert!(all[0].is_ok());
    faults.add(Fault::on("*", Misdeed::Gone).query("watch=").times(1));
    let mut events = rig.events("/api/v1/pods?watch=1&resourceVersion=5").await;
    assert_eq!(next(&mut events).await.unwrap()["object"]["code"], 410);
}

#[tokio::test]
async fn a_silent_line_stays_open_and_a_cut_one_breaks() {
    let rig = Rig::new().await;
    let mut silent = rig.events("/api/v1/pods?watch=1").await;
    rig.put("pods", "a", pod("one"));
    assert_eq!(next(&mut silent).await.unwrap()["type"], "ADDED");
    rig.demo.faults().silence_all();
    let mut heard = rig.lines("/api/v1/pods?watch=1").await;
    assert!(next(&mut heard).await.unwrap().is_ok());
    rig.put("pods", "a", pod("two"));
    assert!(next(&mut heard).await.unwrap().is_ok());
    tokio::select! {
        biased;
        event = silent.next() => panic!("the dead line spoke: {event:?}"),
        () = tokio::task::yield_now() => {}
    }
    rig.demo.faults().offline(true);
    assert!(next(&mut heard).await.is_none_or(|line| line.is_err()));
    let request = http::Request::get("/api/v1/pods")
        .body(kube::client::Body::empty())
        .unwrap();
    assert!(rig.client.send(request).await.is_err());
    rig.demo.faults().offline(false);
    assert_eq!(rig.get("/api/v1/pods").await.0, 200);
}

#[tokio::test]
async fn a_dead_aggregated_api_leaves_the_rest_alone() {
    let rig = Rig::new().await;
    rig.demo.faults().down("metrics.k8s.io", true);
    assert_eq!(rig.get("/apis/metrics.k8s.io/v1beta1/pods").await.0, 503);
    assert_eq!(rig.get("/apis/metrics.k8s.io/v1beta1").await.0, 503);
    let groups = rig.client.list_api_groups_aggregated().await.unwrap();
    let stale: Vec<_> = groups
        .items
        .iter()
        .filter(|group| group.versions[0].freshness.as_deref() == Some("Stale"))
        .collect();
    assert_eq!(stale.len(), 1);
    rig.demo.faults().clear();
    assert_eq!(rig.get("/apis/metrics.k8s.io/v1beta1/pods").await.0, 200);
}

#[tokio::test]
async fn every_request_is_written_down() {
    let rig = Rig::new().await;
    rig.demo.journal().clear();
    rig.get("/api/v1/pods?limit=5").await;
    let _watch = rig.events("/api/v1/pods?watch=1").await;
    rig.post("/api/v1/namespaces", json!({ "metadata": { "name": "b" } }))
        .await;
    let seen = rig.demo.journal().wait_for(3, |_| true).await;
    assert_eq!(
        seen.iter().map(|one| one.method.as_str()).collect::<Vec<_>>(),
        ["GET", "GET", "POST"]
    );
    assert!(seen[0].is_list() && !seen[0].is_watch());
    assert!(seen[1].is_watch() && !seen[1].is_list());
    assert!(!seen[2].is_list());
}

/// A cluster with the endpoint, in which the test sends orders.
async fn ordered() -> Rig {
    let options = kubris::demo::Options {
        control: true,
        ..kubris::demo::Options::default()
    };
    let demo = kubris::demo::start_bare(
        &options,
        std::sync::Arc::new(kubris::demo::kubelet_api::Absent::default()),
    );
    let demo = demo.unwrap();
    let client = super::client(&demo).await;
    Rig {
        demo,
        client,
        clock: options.clock,
    }
}

#[tokio::test]
async fn orders_over_http_make_it_misbehave() {
    let rig = ordered().await;
    let order = async |order: serde_json::Value| rig.post("/debug/faults", order).await;
    let (code, answer) = order(json!({ "path": "*/pods", "status": 429, "retryAfter": 2, "times": 1 })).await;
    assert_eq!((code, &answer["faults"][0]["left"]), (200, &json!(1)), "{answer}");
    assert_eq!(rig.get("/api/v1/pods").await.0, 429);
    assert_eq!(rig.get("/api/v1/pods").await.0, 200);

    order(json!([
        { "forbid": { "verb": "list", "resource": "secrets" } }, { "down": "metrics.k8s.io" },
        { "path": "/api/v1/nodes", "method": "GET", "status": 500, "message": "the webhook says no" },
    ]))
    .await;
    assert_eq!(rig.get("/api/v1/secrets").await.0, 403);
    assert_eq!(rig.get("/apis/metrics.k8s.io/v1beta1/pods").await.0, 503);
    assert_eq!(rig.get("/api/v1/nodes").await.1["message"], "the webhook says no");
    let (_, standing) = rig.get("/debug/faults").await;
    let id = standing["faults"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        rig.send("DELETE", &format!("/debug/faults/{id}"), "", None)
            .await
            .0,
        200
    );
    assert_eq!(rig.get("/api/v1/nodes").await.0, 200);
    assert_eq!(rig.send("DELETE", "/debug/faults", "", None).await.0, 200);
    assert_eq!(rig.get("/api/v1/secrets").await.0, 200);

    let (code, refusal) = order(json!({ "path": "*", "statsu": 500 })).await;
    assert_eq!(code, 400);
    assert!(
        refusal["message"].as_str().unwrap().contains("statsu"),
        "{refusal}"
    );
    assert_eq!(order(json!({ "path": "*" })).await.0, 400, "without a misdeed");
    for code in [99, 600] {
        let (answered, said) = order(json!({ "path": "*/pods", "status": code })).await;
        let text = format!("not an order: `status` is an HTTP status code from 100 to 599, not {code}");
        assert_eq!((answered, said["message"].as_str()), (400, Some(text.as_str())));
    }
}

#[tokio::test]
async fn orders_lose_events_end_tokens_and_set_the_clock() {
    let rig = ordered().await;
    let order = async |order: serde_json::Value| assert_eq!(rig.post("/debug/faults", order).await.0, 200);
    order(json!({ "query": "watch=", "loseEvents": 2, "after": 1 })).await;
    let mut events = rig.events("/api/v1/configmaps?watch=1&resourceVersion=1").await;
    for name in ["a", "b", "c", "d"] {
        rig.put("configmaps", "default", json!({ "metadata": { "name": name } }));
    }
    let mut seen = Vec::new();
    for _ in 0..2 {
        seen.push(next(&mut events).await.unwrap()["object"]["metadata"]["name"].clone());
    }
    assert_eq!(seen, ["a", "d"]);

    order(json!({ "clockSkewSeconds": 300 })).await;
    let made = rig.put("configmaps", "default", json!({ "metadata": { "name": "late" } }));
    let made: jiff::Timestamp = made["metadata"]["creationTimestamp"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let ahead = made.as_second() - kubris::clock::now().seconds();
    assert!((298..=301).contains(&ahead), "{ahead}");

    order(json!({ "compact": true })).await;
    let mut late = rig.events("/api/v1/configmaps?watch=1&resourceVersion=2").await;
    assert_eq!(next(&mut late).await.unwrap()["object"]["code"], 410);

    order(json!({ "expireToken": true })).await;
    // The connections break a moment later; until then a new one may be among them.
    let refused = async {
        loop {
            let request = http::Request::get("/api/v1/pods")
                .body(kube::client::Body::empty())
                .unwrap();
            if let Ok(answer) = rig.client.send(request).await {
                break answer.status().as_u16();
            }
        }
    };
    assert_eq!(tokio::time::timeout(super::PATIENCE, refused).await.unwrap(), 401);
}

#[tokio::test]
async fn without_the_endpoint_there_is_none() {
    let rig = Rig::new().await;
    assert_eq!(rig.post("/debug/faults", json!({ "hang": true })).await.0, 404);
    let rig = ordered().await;
    let mut config = kube::Config::new(format!("https://{}", rig.demo.address()).parse().unwrap());
    config.accept_invalid_certs = true;
    let stranger = kube::Client::try_from(config).unwrap();
    let request = http::Request::get("/debug/faults")
        .body(kube::client::Body::empty())
        .unwrap();
    assert_eq!(stranger.send(request).await.unwrap().status(), 401);
}

#[tokio::test]
async fn the_help_names_every_order() {
    let rig = ordered().await;
    let (_, refusal) = rig.post("/debug/faults", json!({ "nope": 1 })).await;
    let refusal = refusal["message"].as_str().unwrap();
    let (_, known) = refusal.split_once("expected one of ").unwrap();
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    assert!(known.len() > 20, "{known:?}");
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_kubris"))
        .args(["demo", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, orders) = help.split_once("An order is for requests").unwrap();
    let words: Vec<&str> = orders.split(|c: char| !c.is_alphanumeric()).collect();
    let unsaid: Vec<_> = known.iter().filter(|order| !words.contains(order)).collect();
    assert!(unsaid.is_empty(), "no word of {unsaid:?} in {orders}");
    // What is written like an order is one.
    let humps = |word: &&&str| {
        word.chars().any(char::is_uppercase) && word.chars().next().is_some_and(char::is_lowercase)
    };
    let wrong: Vec<_> = words
        .iter()
        .filter(humps)
        .filter(|word| !known.contains(word))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?} is no order");
}

#[tokio::test]
async fn logs_are_rotated_and_hold_what_nobody_wrote() {
    let options = Options {
        control: true,
        clock: Clock::driven(Timestamp::from_seconds(1_795_000_000)),
        ..Options::default()
    };
    let demo = demo::start(options.clone()).unwrap();
    let client = super::client(&demo).await;
    let rig = Rig {
        demo,
        client,
        clock: options.clock,
    };
    let (_, pods) = rig
        .get("/api/v1/namespaces/shop/pods?labelSelector=app.kubernetes.io%2Fname%3Dcart")
        .await;
    let name = pods["items"][0]["metadata"]["name"].as_str().unwrap();
    let path = format!("/api/v1/namespaces/shop/pods/{name}/log?container=app&tailLines=5&timestamps=true");
    let lines = async || {
        let (_, text) = rig.get(&path).await;
        let text = text.as_str().unwrap().to_owned();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines().await.len(), 5);
    let order = json!([
        { "path": "*/log", "line": "\u{1b}[31mno\u{0}", "after": 2, "times": 1 },
        { "path": "*/log", "line": "x", "lineBytes": 100_000, "times": 1 },
    ]);
    assert_eq!(rig.post("/debug/faults", order).await.0, 200);
    let spoilt = lines().await;
    assert_eq!(spoilt.len(), 6, "the last order for the same place counts");
    let (stamp, text) = spoilt[0].split_once(' ').unwrap();
    assert_eq!((text.len(), &spoilt[1][..30]), (100_000, stamp));
    assert_eq!(lines().await.len(), 5);
    assert_eq!(
        rig.post("/debug/faults", json!({ "rotateLogs": true })).await.0,
        200
    );
    assert_eq!(lines().await.len(), 0);
    let told = rig.get("/debug/requests").await.1;
    let told = told.as_str().unwrap();
    assert_eq!(told.matches("/log?container=app").count(), 4, "{told}");
}
