//! Watches.

use std::time::Duration;

use serde_json::json;

use super::{Rig, next, pod};

#[tokio::test]
async fn a_watch_tells_what_changes_from_a_version_on() {
    let rig = Rig::new().await;
    rig.pods(1);
    let version = rig.demo.store().version();
    rig.put("pods", "a", pod("two"));
    let mut events = rig
        .events(&format!("/api/v1/pods?watch=1&resourceVersion={version}"))
        .await;
    let first = next(&mut events).await.unwrap();
    assert_eq!(
        (&first["type"], &first["object"]["metadata"]["name"]),
        (&json!("ADDED"), &json!("two"))
    );
    rig.demo
        .store()
        .modify("pods", "a", "two", |pod| pod["status"]["phase"] = "Failed".into())
        .unwrap();
    rig.demo.store().remove("pods", "a", "two").unwrap();
    assert_eq!(next(&mut events).await.unwrap()["type"], "MODIFIED");
    assert_eq!(next(&mut events).await.unwrap()["type"], "DELETED");
}

/// As many changes of others as are looked through at a time, and more.
#[tokio::test]
async fn a_watch_of_one_namespace_looks_through_all_that_others_changed() {
    let rig = Rig::new().await;
    rig.pods(1);
    let store = rig.demo.store();
    let version = store.version();
    rig.put("pods", "b", pod("other"));
    for turn in 0..1_500 {
        store
            .modify("pods", "b", "other", |pod| {
                pod["status"]["message"] = turn.to_string().into();
            })
            .unwrap();
    }
    rig.put("pods", "a", pod("mine"));
    let path = format!("/api/v1/namespaces/a/pods?watch=1&resourceVersion={version}");
    let mut events = rig.events(&path).await;
    let event = next(&mut events).await.unwrap();
    assert_eq!(event["object"]["metadata"]["name"], "mine");
}

#[tokio::test]
async fn an_object_enters_and_leaves_a_selection() {
    let rig = Rig::new().await;
    rig.pods(1);
    let mut events = rig
        .events("/api/v1/pods?watch=1&labelSelector=colour%3Dred")
        .await;
    rig.demo
        .store()
        .modify("pods", "a", "web-00", |pod| {
            pod["metadata"]["labels"]["colour"] = "red".into();
        })
        .unwrap();
    assert_eq!(next(&mut events).await.unwrap()["type"], "ADDED");
    rig.demo
        .store()
        .modify("pods", "a", "web-00", |pod| {
            pod["metadata"]["labels"]["colour"] = "blue".into();
        })
        .unwrap();
    assert_eq!(next(&mut events).await.unwrap()["type"], "DELETED");
}

#[tokio::test]
async fn initial_events_end_with_a_marked_bookmark() {
    let rig = Rig::new().await;
    rig.pods(2);
    let path = "/api/v1/pods?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut events = rig.events(path).await;
    assert_eq!(next(&mut events).await.unwrap()["type"], "ADDED");
    assert_eq!(next(&mut events).await.unwrap()["type"], "ADDED");
    let mark = next(&mut events).await.unwrap();
    assert_eq!(mark["type"], "BOOKMARK");
    assert_eq!(
        mark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"],
        "true"
    );
    let (code, refused) = rig.get("/api/v1/pods?watch=1&sendInitialEvents=true").await;
    assert_eq!(code, 422);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("resourceVersionMatch")
    );
}

#[tokio::test]
async fn bookmarks_and_the_end_come_by_the_clusters_clock() {
    let rig = Rig::new().await;
    rig.pods(1);
    let version = rig.demo.store().version();
    let path = format!(
        "/api/v1/pods?watch=1&allowWatchBookmarks=true&timeoutSeconds=1000000&resourceVersion={version}"
    );
    let mut events = rig.events(&path).await;
    rig.demo
        .store()
        .create("configmaps", "a", json!({ "metadata": { "name": "c" } }))
        .unwrap();
    let bookmark = loop {
        rig.clock.advance(Duration::from_secs(1));
        tokio::select! {
            event = next(&mut events) => break event.unwrap(),
            () = tokio::task::yield_now() => {}
        }
    };
    assert_eq!(bookmark["type"], "BOOKMARK");
    assert!(
        bookmark["object"]["metadata"]["resourceVersion"]
            .as_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
            >= version
    );
    rig.clock.advance(Duration::from_secs(1_000_000));
    while let Some(event) = next(&mut events).await {
        assert_eq!(event["type"], "BOOKMARK");
    }
}

#[tokio::test]
async fn a_version_that_is_no_longer_kept_is_gone() {
    let rig = Rig::new().await;
    rig.pods(2);
    rig.demo.store().compact(rig.demo.store().version());
    let mut events = rig.events("/api/v1/pods?watch=1&resourceVersion=1").await;
    let gone = next(&mut events).await.unwrap();
    assert_eq!(
        (&gone["type"], &gone["object"]["code"]),
        (&json!("ERROR"), &json!(410))
    );
    assert!(next(&mut events).await.is_none());
}

#[tokio::test]
async fn a_table_watch_has_its_columns_once() {
    let rig = Rig::new().await;
    rig.pods(2);
    let request = http::Request::get("/api/v1/pods?watch=1")
        .header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
    let lines = rig
        .client
        .request_stream(request.body(Vec::new()).unwrap())
        .await
        .unwrap();
    let mut lines = futures::AsyncBufReadExt::lines(lines);
    let event = |line: Option<std::io::Result<String>>| {
        serde_json::from_str::<serde_json::Value>(&line.unwrap().unwrap()).unwrap()
    };
    let first = event(next(&mut lines).await);
    assert_eq!(first["object"]["columnDefinitions"].as_array().unwrap().len(), 9);
    assert_eq!(first["object"]["rows"][0]["object"]["metadata"]["name"], "web-00");
    assert!(event(next(&mut lines).await)["object"]["columnDefinitions"].is_null());
}
