//! What a query means and reads: pods that come and go, workloads, older lines, the previous instance.

use std::sync::Arc;

use serde_json::json;

use super::fake::Fake;
use super::{Pane, all, query, quick};
use crate::logs::{LogQuery, LogTarget};
use crate::model::{Gvr, ObjectKey, Uid};

#[tokio::test]
async fn a_new_pod_joins_from_its_first_line_and_a_deleted_one_drains() {
    let (fake, link) = Fake::start().await;
    fake.running("a");
    fake.write("a", &[(1_000, "skipped"), (2_000, "a's last")]);
    let tail = LogQuery {
        tail: Some(1),
        ..all()
    };
    let mut pane = Pane::open(&link, tail, quick());
    pane.until_shown("a's last").await;
    fake.write("b", &[(3_000, "b's first"), (3_001, "b's second")]);
    fake.running("b");
    pane.until_shown("b's second").await;
    fake.delete("a");
    fake.write("a", &[(4_000, "farewell")]);
    fake.change(|world| world.ended.push("a".into()));
    pane.until("the end of a", |pane| pane.is_ended(0, None)).await;
    assert_eq!(pane.shown(), ["a's last", "b's first", "b's second", "farewell"]);
}

#[tokio::test]
async fn a_run_that_ended_before_the_span_is_read_by_its_last_lines() {
    let (fake, link) = Fake::start().await;
    let ended = json!({"terminated": {"exitCode": 1, "reason": "Error", "containerID": "c://0", "finishedAt": "1970-01-01T00:00:09Z"}});
    fake.pod("job", "c://0", &ended, &json!({}));
    fake.write("job", &[(7_000, "begun"), (8_000, "halfway"), (9_000, "failed")]);
    let both = LogQuery {
        since_seconds: Some(900),
        tail: Some(2),
        follow: false,
        ..all()
    };
    let wish = LogQuery {
        tail: None,
        ..both.clone()
    };
    let mut pane = Pane::open(&link, both, quick());
    pane.until("the end", |pane| pane.complete).await;
    assert_eq!(pane.shown(), ["halfway", "failed"]);
    // A span without a number of lines is meant as it stands.
    let mut pane = Pane::open(&link, wish, quick());
    pane.until("the end", |pane| pane.complete).await;
    assert!(pane.shown().is_empty(), "{:?}", pane.shown());
}

#[tokio::test]
async fn more_streams_than_the_cap_wait_for_their_turn() {
    let (fake, link) = Fake::start().await;
    for pod in ["a", "b", "c", "d"] {
        fake.running(pod);
        fake.write(pod, &[(1_000, pod)]);
    }
    let capped = LogQuery {
        max_streams: 2,
        ..all()
    };
    let mut pane = Pane::open(&link, capped, quick());
    pane.until("two of four", |pane| {
        pane.streams == (2, 4) && pane.shown() == ["a", "b"]
    })
    .await;
    let ended = json!({"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "c://0"}});
    fake.pod("a", "c://0", &ended, &json!({}));
    fake.change(|world| world.ended.push("a".into()));
    pane.until("three of four", |pane| {
        pane.streams == (3, 4) && pane.shown() == ["a", "b", "c"]
    })
    .await;
    assert_eq!(fake.log_requests("d"), 0);
}

#[tokio::test]
async fn older_lines_are_loaded_up_to_the_beginning() {
    let (fake, link) = Fake::start().await;
    fake.running("a");
    let lines: Vec<(i64, String)> = (0..20)
        .map(|number| (1_000 + number / 3, number.to_string()))
        .collect();
    fake.change(|world| world.logs.insert("a".into(), lines));
    let tail = LogQuery {
        tail: Some(2),
        ..all()
    };
    let mut pane = Pane::open(&link, tail, quick());
    pane.until("the tail", |pane| pane.shown() == ["18", "19"]).await;
    pane.tail.older(4);
    pane.until("older ones", |pane| pane.shown().len() == 10).await;
    pane.tail.older(100);
    pane.until("all", |pane| pane.shown().len() == 20).await;
    pane.tail.older(100);
    pane.until("the beginning", |pane| pane.beginnings == 1).await;
    let expected: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(pane.shown(), expected);
}

#[tokio::test]
async fn a_query_that_does_not_follow_completes_or_says_why_not() {
    let (fake, link) = Fake::start().await;
    fake.running("a");
    fake.write("a", &[(1_000, "one")]);
    let mut pane = Pane::open(
        &link,
        LogQuery {
            follow: false,
            ..all()
        },
        quick(),
    );
    pane.until("the end", |pane| pane.complete).await;
    assert_eq!(pane.shown(), ["one"]);
    let key = ObjectKey {
        gvr: Gvr::of("apps", "v1", "deployments"),
        namespace: Arc::from("shop"),
        name: Arc::from("none"),
        uid: Uid::NONE,
    };
    let mut pane = Pane::open(&link, query(LogTarget::Of(key)), quick());
    pane.until("the failure", |pane| pane.failed.is_some()).await;
    assert!(pane.failed.unwrap().contains("deployments.apps shop/none"));
}

#[tokio::test]
async fn a_deployment_means_the_pods_of_its_replica_sets_only() {
    let (fake, link) = Fake::start().await;
    let owned = |owner: &str| json!({"metadata": {"name": "web-1", "uid": "uid-web-1", "ownerReferences": [{"kind": "Deployment", "apiVersion": "apps/v1", "name": owner, "uid": format!("uid-{owner}"), "controller": true}]}});
    fake.change(|world| {
        for name in ["web", "other"] {
            let object = json!({"metadata": {"name": name, "uid": format!("uid-{name}")}, "spec": {"selector": {"matchLabels": {"app": "web"}}}});
            world.objects.insert(format!("/apis/apps/v1/namespaces/shop/deployments/{name}"), object);
        }
        world.objects.insert("/apis/apps/v1/namespaces/shop/replicasets/web-1".into(), owned("web"));
    });
    fake.running("a");
    fake.write("a", &[(1_000, "one")]);
    let of = |name: &str| {
        let key = ObjectKey {
            gvr: Gvr::of("apps", "v1", "deployments"),
            namespace: Arc::from("shop"),
            name: Arc::from(name),
            uid: Uid::NONE,
        };
        LogQuery {
            follow: false,
            ..query(LogTarget::Of(key))
        }
    };
    for (name, expected) in [("web", vec!["one"]), ("other", vec![])] {
        let mut pane = Pane::open(&link, of(name), quick());
        pane.until("the end", |pane| pane.complete).await;
        assert_eq!(pane.shown(), expected, "{name}");
    }
}

#[tokio::test]
async fn the_previous_instance_is_read_once() {
    let (fake, link) = Fake::start().await;
    let last = json!({"terminated": {"exitCode": 1, "reason": "Error", "containerID": "c://0"}});
    fake.pod("a", "c://1", &json!({"running": {}}), &last);
    fake.running("b");
    fake.change(|world| world.previous.insert("a".into(), vec![(500, "panic: no".into())]));
    let mut pane = Pane::open(
        &link,
        LogQuery {
            previous: true,
            follow: false,
            ..all()
        },
        quick(),
    );
    pane.until("the end", |pane| pane.complete).await;
    assert_eq!(pane.shown(), ["panic: no"]);
    assert!(
        pane.is_ended(0, Some(1)) && pane.is_ended(1, None),
        "{:?}",
        pane.states()
    );
}

#[tokio::test]
async fn dropping_a_query_ends_its_requests() {
    let (fake, link) = Fake::start().await;
    fake.running("a");
    fake.write("a", &[(1_000, "one")]);
    let Pane { mut events, tail, .. } = Pane::open(&link, all(), quick());
    events.recv().await.unwrap();
    drop(tail);
    let ended = async { while events.recv().await.is_some() {} };
    tokio::time::timeout(std::time::Duration::from_secs(20), ended)
        .await
        .unwrap();
}
