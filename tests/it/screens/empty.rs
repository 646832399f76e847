//! Nothing to show, and rows that are old: why, and what to do.

use kubris::model::{Failure, FailureKind, Phase};
use kubris::msg::{Connection, Msg};

use super::{Stage, check};

const SIZE: (u16, u16) = (80, 24);

#[test]
fn before_the_kubeconfig_was_read() {
    check("empty_start", &mut Stage::unconnected(SIZE, None, "pods"));
}

#[test]
fn no_cluster() {
    let mut stage = Stage::unconnected(SIZE, None, "pods");
    let why = "no kubeconfig found\n/home/bob/.kube/config: no such file\n$KUBECONFIG is not set\nrun `kubris demo` to look around without a cluster";
    stage.send(Msg::Connection(Connection::Failed(Failure::new(
        FailureKind::Credentials,
        why,
    ))));
    check("empty_no_cluster", &mut stage);
}

#[test]
fn no_pods() {
    let mut stage = Stage::open(SIZE, "staging", Some("default"), "pods");
    check("empty_namespace", &mut stage);
}

#[test]
fn nothing_matches() {
    let mut stage = Stage::new(SIZE);
    stage.keys("/ n o s u c h enter");
    check("empty_filter", &mut stage);
}

#[test]
fn forbidden() {
    let mut stage = Stage::unconnected(SIZE, Some("secret"), "pods");
    stage.phase = Some(stale(
        &stage,
        FailureKind::Forbidden,
        "pods is forbidden: User \"bob\" cannot list resource \"pods\" in API group \"\" in the namespace \"secret\"",
    ));
    stage.connect("staging");
    check("empty_forbidden", &mut stage);
}

#[test]
fn loading() {
    let mut stage = Stage::unconnected(SIZE, Some("shop"), "pods");
    stage.phase = Some(Phase::Loading {
        seen: 500,
        of: Some(10_008),
    });
    stage.connect("staging");
    check("loading", &mut stage);
}

#[test]
fn stale_rows_stay() {
    let mut stage = Stage::new(SIZE);
    let phase = stale(
        &stage,
        FailureKind::Connection,
        "connection refused by https://staging.eks.example.com: is the VPN up?",
    );
    stage.say("pods", &phase);
    check("stale", &mut stage);
}

fn stale(stage: &Stage, kind: FailureKind, why: &str) -> Phase {
    Phase::Stale {
        since: kubris::clock::Timestamp(stage.now.0 - 200_000_000_000),
        why: Failure::new(kind, why),
    }
}
