//! Usage from metrics-server, and what is said while it is away.

use kubris::model::{Gvr, Scope};
use kubris::msg::{Effect, Msg, UsageReport, UsageWanted};

use super::real::Real;
use super::session::Session;

async fn report(session: &mut Session, is_so: impl Fn(&UsageReport) -> bool) -> UsageReport {
    loop {
        match session.message().await {
            Msg::Usage(report) if is_so(&report) => return report,
            _ => {}
        }
    }
}

#[tokio::test]
async fn usage_comes_goes_and_comes_back() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "admin");
    let _pods = session.watch(Gvr::of("", "v1", "pods"), Scope::one("shop")); // usage waits for the first answer to somebody else
    session.handle.run(Effect::Usage(UsageWanted {
        pods: Some(Scope::one("shop")),
        nodes: true,
        ..UsageWanted::default()
    }));
    let pods = |report: &UsageReport| matches!(report, UsageReport::Pods(pods, _) if !pods.is_empty());
    let UsageReport::Pods(pods_now, _) = report(&mut session, pods).await else {
        unreachable!()
    };
    let (_, _, web) = pods_now
        .iter()
        .find(|(_, name, _)| name.starts_with("web-"))
        .unwrap();
    // Two containers of 95 MiB each.
    assert_eq!(web.memory / (1 << 20), 190);
    real.control("kill", "metrics-server");
    report(&mut session, |report| {
        matches!(report, UsageReport::Unavailable(_))
    })
    .await;
    real.control("start", "metrics-server");
    report(&mut session, pods).await;
}

#[tokio::test]
async fn a_user_without_the_right_is_told_so() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let mut session = Session::open(&real, "nobody");
    let _pods = session.watch(Gvr::of("", "v1", "pods"), Scope::one("shop")); // usage waits for the first answer to somebody else
    session.handle.run(Effect::Usage(UsageWanted {
        pods: Some(Scope::one("shop")),
        nodes: false,
        ..UsageWanted::default()
    }));
    report(&mut session, |report| {
        matches!(report, UsageReport::Unavailable(_))
    })
    .await;
}
