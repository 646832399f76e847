//! Who connects, and what is said of those who may not: authorities, certificates, plugins, impersonation.

use std::time::Duration;

use kubris::model::{FailureKind, Gvr, Scope};

use super::real::Real;
use super::session::Session;

const PODS: Gvr = Gvr::of("", "v1", "pods");
const NODES: Gvr = Gvr::of("", "v1", "nodes");

#[tokio::test]
async fn a_server_of_another_authority_is_not_trusted() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "stranger");
    let mut pods = session.watch(PODS, Scope::one("shop"));
    let why = session.stale(&mut pods).await;
    assert_eq!(why.kind, FailureKind::Connection);
    let expected = "it is not signed by the `certificate-authority` of the kubeconfig";
    assert!(why.message.contains(expected), "{why}");
}

#[tokio::test]
async fn an_expired_client_certificate_is_named_with_its_end() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "expired");
    let mut pods = session.watch(PODS, Scope::one("shop"));
    let why = session.stale(&mut pods).await;
    assert_eq!(why.kind, FailureKind::Unauthorized);
    let expected = "the client certificate of user `expired` expired at 20";
    assert!(why.message.contains(expected), "{why}");
}

#[tokio::test]
async fn a_plugin_may_give_a_client_certificate() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "plugin");
    let mut pods = session.watch(PODS, Scope::one("shop"));
    session.live(&mut pods).await;
    assert!(!pods.rows.is_empty());
    let mut nodes = session.watch(NODES, Scope::All);
    let why = session.stale(&mut nodes).await;
    assert_eq!(why.kind, FailureKind::Forbidden, "the viewer, not somebody else");
    assert!(why.message.contains("\"viewer\""), "{why}");
}

#[tokio::test]
async fn who_acts_as_another_has_the_rights_of_the_other() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::with(&real, "admin", |options| {
        options.impersonate = Some("eve".into());
        options.impersonate_groups = vec!["viewers".into(), "system:authenticated".into()];
    });
    let mut pods = session.watch(PODS, Scope::one("shop"));
    session.live(&mut pods).await;
    let mut nodes = session.watch(NODES, Scope::All);
    let why = session.stale(&mut nodes).await;
    assert_eq!(why.kind, FailureKind::Forbidden);
    assert!(why.message.contains("User \"eve\""), "{why}");
}

#[tokio::test]
async fn a_server_that_freezes_is_noticed_and_found_again() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::with(&real, "admin", |options| {
        options.timing.silence = Duration::from_secs(2);
        options.timing.watch = Duration::from_secs(2);
    });
    let mut pods = session.watch(PODS, Scope::one("kube-system"));
    session.live(&mut pods).await;
    let before = pods.rows.len();
    pods.forget_fewest();
    real.control("freeze", "kube-apiserver");
    let why = session.stale(&mut pods).await;
    real.control("thaw", "kube-apiserver");
    assert_eq!(why.kind, FailureKind::Timeout, "{why}");
    session.live(&mut pods).await;
    assert!(pods.fewest >= before, "blanked to {} of {before}", pods.fewest);
}
