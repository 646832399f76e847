//! What changes the cluster: done, journaled, or refused without a request.

use kubris::model::{Failure, FailureKind, Gvr, ObjectKey, Uid};
use kubris::msg::{Effect, EffectId, Msg, Mutation, MutationVerb, Outcome, Propagation};
use serde_json::Value;

use super::real::Real;
use super::session::Session;

const DEPLOYMENTS: Gvr = Gvr::of("apps", "v1", "deployments");
const CRONJOBS: Gvr = Gvr::of("batch", "v1", "cronjobs");
const CRONTABS: Gvr = Gvr::of("stable.example.com", "v1", "crontabs");
const NODES: Gvr = Gvr::of("", "v1", "nodes");
const PODS: Gvr = Gvr::of("", "v1", "pods");

async fn act(session: &mut Session, key: &ObjectKey, verb: MutationVerb) -> Result<Outcome, Failure> {
    let mutation = Mutation {
        verb,
        key: key.clone(),
        before: "before".into(),
        after: "after".into(),
    };
    session.handle.run(Effect::Mutate(EffectId(1), mutation));
    loop {
        if let Msg::Done(EffectId(1), done) = session.message().await {
            return done;
        }
    }
}

/// A value of the object as the API server holds it.
async fn value(real: &Real, key: &ObjectKey, pointer: &str) -> Value {
    let text = real.send("GET", &key.path(None), &Value::Null).await.unwrap();
    let object: Value = serde_json::from_str(&text).unwrap();
    object.pointer(pointer).cloned().unwrap_or_default()
}

#[tokio::test]
async fn scaling_goes_through_the_scale_subresource() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    for (gvr, namespace, name) in [(DEPLOYMENTS, "shop", "reviews"), (CRONTABS, "data", "nightly")] {
        let key = real.key(gvr, namespace, name).await;
        for replicas in [4, 1] {
            act(&mut session, &key, MutationVerb::Scale { replicas })
                .await
                .unwrap();
            assert_eq!(value(&real, &key, "/spec/replicas").await, replicas);
        }
    }
    let journal = session.journal();
    assert_eq!(journal.len(), 4, "{journal:?}");
    assert_eq!(journal[0]["verb"], "scale");
    assert_eq!(journal[0]["object"], "deployments.apps shop/reviews");
    assert_eq!(journal[0]["outcome"], "done");
}

#[tokio::test]
async fn restarting_rolls_out_new_pods() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let key = real.key(DEPLOYMENTS, "kube-system", "coredns").await;
    let before = value(&real, &key, "/metadata/generation").await;
    act(&mut session, &key, MutationVerb::Restart).await.unwrap();
    assert_ne!(value(&real, &key, "/metadata/generation").await, before);
    real.kubectl(&[
        "rollout",
        "status",
        "-n",
        "kube-system",
        "deploy/coredns",
        "--timeout=60s",
    ]);
}

#[tokio::test]
async fn nodes_are_cordoned_and_uncordoned() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let key = real
        .key(NODES, "", "ip-10-65-2-9.eu-central-1.compute.internal")
        .await;
    act(&mut session, &key, MutationVerb::Cordon(true)).await.unwrap();
    assert_eq!(value(&real, &key, "/spec/unschedulable").await, true);
    act(&mut session, &key, MutationVerb::Cordon(false))
        .await
        .unwrap();
    assert_ne!(value(&real, &key, "/spec/unschedulable").await, true);
}

#[tokio::test]
async fn cron_jobs_are_triggered_and_suspended() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let key = real.key(CRONJOBS, "data", "vacuum").await;
    act(&mut session, &key, MutationVerb::Suspend(false))
        .await
        .unwrap();
    assert_eq!(value(&real, &key, "/spec/suspend").await, false);
    act(&mut session, &key, MutationVerb::Suspend(true))
        .await
        .unwrap();
    assert_eq!(value(&real, &key, "/spec/suspend").await, true);
    let jobs = || real.kubectl(&["get", "jobs", "-n", "data", "-o", "name"]);
    let before = jobs().matches("/vacuum").count();
    act(&mut session, &key, MutationVerb::Trigger).await.unwrap();
    assert_eq!(jobs().matches("/vacuum").count(), before + 1);
}

#[tokio::test]
async fn deleting_a_namesake_is_refused() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let name = real.kubectl(&[
        "get",
        "pods",
        "-n",
        "kube-system",
        "-l",
        "k8s-app=kube-dns",
        "-o",
        "name",
    ]);
    let name = name.lines().next().unwrap().trim_start_matches("pod/");
    let key = real.key(PODS, "kube-system", name).await;
    let namesake = ObjectKey {
        uid: Uid::parse("00000000-1111-2222-3333-444444444444"),
        ..key.clone()
    };
    let delete = || MutationVerb::Delete {
        propagation: Propagation::Background,
        grace: None,
    };
    act(&mut session, &namesake, delete()).await.unwrap_err();
    assert_eq!(
        value(&real, &key, "/metadata/deletionTimestamp").await,
        Value::Null
    );
    act(&mut session, &key, delete()).await.unwrap();
    let gone = real.send("GET", &key.path(None), &Value::Null).await;
    assert!(
        gone.is_err()
            || value(&real, &key, "/metadata/deletionTimestamp")
                .await
                .is_string()
    );
}

#[tokio::test]
async fn read_only_sends_no_change() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::read_only(&real);
    let key = real.key(DEPLOYMENTS, "shop", "web").await;
    let before = value(&real, &key, "/metadata/resourceVersion").await;
    let refused = act(&mut session, &key, MutationVerb::Scale { replicas: 9 }).await;
    assert_eq!(refused.unwrap_err().kind, FailureKind::ReadOnly);
    let refused = act(&mut session, &key, MutationVerb::Restart).await;
    assert_eq!(refused.unwrap_err().kind, FailureKind::ReadOnly);
    assert_eq!(value(&real, &key, "/spec/replicas").await, 4);
    assert!(before.is_string());
}
