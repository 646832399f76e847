//! Feeds of the engine: listed, watched, narrowed to what is permitted, kept while the server is away.

use kubris::kinds;
use kubris::model::{FailureKind, Gvr, Phase, Scope};
use serde_json::{Value, json};

use super::real::Real;
use super::session::Session;

const PODS: Gvr = Gvr::of("", "v1", "pods");
const CRONTABS: Gvr = Gvr::of("stable.example.com", "v1", "crontabs");

#[tokio::test]
async fn every_kind_is_listed_as_kubectl_lists_it() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let mut gvrs: Vec<Gvr> = kinds::all().iter().map(|kind| kind.gvr.clone()).collect();
    gvrs.extend([CRONTABS, Gvr::of("stable.example.com", "v1", "regions")]);
    for gvr in gvrs {
        if real
            .send("GET", &format!("{}?limit=1", gvr.path(None)), &Value::Null)
            .await
            .is_err()
        {
            continue; // a kind of ours that no server has
        }
        let mut watched = session.watch(gvr.clone(), Scope::All);
        session.live(&mut watched).await;
        let resource = format!("{}.{}.{}", gvr.resource, gvr.version, gvr.group);
        let resource = if gvr.group.is_empty() {
            gvr.resource.to_string()
        } else {
            resource
        };
        let count = || {
            real.kubectl(&["get", &resource, "-A", "-o", "name"])
                .lines()
                .count()
        };
        session
            .until(
                &mut watched,
                &format!("as many {gvr} as kubectl lists"),
                |watched| watched.rows.len() == count(),
            )
            .await;
    }
}

#[tokio::test]
async fn a_crd_is_watched_through_the_servers_table() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let mut watched = session.watch(CRONTABS, Scope::one("data"));
    session.live(&mut watched).await;
    assert_eq!(watched.text("nightly", "SPEC").as_deref(), Some("0 2 * * *"));
    let path = format!("{}/weekly", CRONTABS.path(Some("data")));
    let _ = real.send("DELETE", &path, &Value::Null).await;
    let object = json!({
        "apiVersion": "stable.example.com/v1", "kind": "CronTab",
        "metadata": {"name": "weekly"}, "spec": {"cronSpec": "0 0 * * 0", "replicas": 3},
    });
    real.send("POST", &CRONTABS.path(Some("data")), &object)
        .await
        .unwrap();
    session
        .until(&mut watched, "created", |watched| {
            watched.text("weekly", "REPLICAS").as_deref() == Some("3")
        })
        .await;
    real.patch(
        &path,
        &json!([{"op": "replace", "path": "/spec/replicas", "value": 5}]),
    )
    .await
    .unwrap();
    session
        .until(&mut watched, "changed", |watched| {
            watched.text("weekly", "REPLICAS").as_deref() == Some("5")
        })
        .await;
    real.send("DELETE", &path, &Value::Null).await.unwrap();
    session
        .until(&mut watched, "gone", |watched| {
            watched.text("weekly", "REPLICAS").is_none()
        })
        .await;
}

#[tokio::test]
async fn a_pods_life_is_followed() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let mut watched = session.watch(PODS, Scope::one("data"));
    session.live(&mut watched).await;
    let path = format!("{}/brief", PODS.path(Some("data")));
    let _ = real
        .send("DELETE", &path, &json!({"gracePeriodSeconds": 0}))
        .await;
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "brief"},
        "spec": {"containers": [{"name": "app", "image": "example.com/brief:1"}]},
    });
    session
        .until(&mut watched, "away", |watched| {
            watched.text("brief", "STATUS").is_none()
        })
        .await;
    real.send("POST", &PODS.path(Some("data")), &pod).await.unwrap();
    session
        .until(&mut watched, "running", |watched| {
            watched.text("brief", "STATUS").as_deref() == Some("Running")
        })
        .await;
    assert_eq!(watched.text("brief", "READY").as_deref(), Some("1/1"));
    real.send("DELETE", &path, &Value::Null).await.unwrap();
    session
        .until(&mut watched, "terminating", |watched| {
            watched.text("brief", "STATUS").as_deref() == Some("Terminating")
        })
        .await;
    session
        .until(&mut watched, "gone", |watched| {
            watched.text("brief", "STATUS").is_none()
        })
        .await;
}

#[tokio::test]
async fn what_may_not_be_listed_is_said_and_the_rest_goes_on() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "viewer");
    let mut nodes = session.watch(Gvr::of("", "v1", "nodes"), Scope::All);
    session
        .until(
            &mut nodes,
            "forbidden",
            |nodes| matches!(&nodes.phase, Phase::Stale { why, .. } if why.kind == FailureKind::Forbidden),
        )
        .await;
    assert!(nodes.rows.is_empty());
    let mut pods = session.watch(PODS, Scope::one("shop"));
    session.live(&mut pods).await;
    assert!(!pods.rows.is_empty());

    let mut session = Session::open(&real, "nobody");
    let mut pods = session.watch(PODS, Scope::All);
    session
        .until(
            &mut pods,
            "forbidden",
            |pods| matches!(&pods.phase, Phase::Stale { why, .. } if why.kind == FailureKind::Forbidden),
        )
        .await;
    assert!(pods.rows.is_empty());
}

#[tokio::test]
async fn all_namespaces_are_the_permitted_ones() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let binding = "/apis/rbac.authorization.k8s.io/v1/namespaces/data/rolebindings";
    let _ = real
        .send("DELETE", &format!("{binding}/nobody"), &Value::Null)
        .await;
    let grant = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "nobody"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "nobody"}],
    });
    real.send("POST", binding, &grant).await.unwrap();
    let mut session = Session::open(&real, "nobody");
    let mut pods = session.watch(PODS, Scope::All);
    session
        .until(&mut pods, "narrowed to the kubeconfig's namespace", |pods| {
            pods.narrowed == ["data"] && pods.is_live()
        })
        .await;
    assert!(pods.text("db-0", "STATUS").is_some());
    real.send("DELETE", &format!("{binding}/nobody"), &Value::Null)
        .await
        .unwrap();
}

#[tokio::test]
async fn rows_stay_while_the_server_is_away() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let mut pods = session.watch(PODS, Scope::one("kube-system"));
    session.live(&mut pods).await;
    pods.forget_fewest();
    let before = pods.rows.len();
    real.control("kill", "kube-apiserver");
    session
        .until(&mut pods, "stale", |pods| {
            matches!(pods.phase, Phase::Stale { .. })
        })
        .await;
    assert_eq!(pods.rows.len(), before);
    real.control("start", "kube-apiserver");
    session.live(&mut pods).await;
    assert!(pods.fewest >= before, "blanked to {} of {before}", pods.fewest);
    real.settle().await;
}
