//! What the app asks of the cluster layer, on the demo server: usage of containers, and a lock that stays.

use std::sync::Arc;

use kubris::cluster::once;
use kubris::demo;
use kubris::model::{ObjectKey, Phase, Scope, Uid};
use kubris::msg::{
    Access, Effect, EffectId, Msg, Mutation, MutationVerb, Propagation, UsageReport, UsageWanted,
};

use super::faults::rig::{POD_FEED, PODS, Rig, Said, demo_with};

#[tokio::test]
async fn what_containers_use_is_asked_of_their_pod_alone() {
    let demo = demo::start(demo::Options::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let link = once::link(&Rig::options(&demo, &folder)).await.unwrap();
    let pod = |name: &str| (Arc::from("shop"), Arc::from(name));
    let wanted = UsageWanted {
        containers: [pod("redis-0"), pod("not-measured-yet")].into(),
        ..UsageWanted::default()
    };
    let reports = once::usage(&link, &wanted).await;
    let [UsageReport::Containers(figures, _)] = reports.as_slice() else {
        panic!("{reports:?}")
    };
    assert!(
        figures
            .iter()
            .any(|of| &*of.pod == "redis-0" && of.usage.memory > 0),
        "{figures:?}"
    );
    assert!(figures.iter().all(|of| !of.container.is_empty()));
    let asked: Vec<String> = demo
        .requests()
        .into_iter()
        .map(|seen| seen.path)
        .filter(|path| path.contains("metrics.k8s.io"))
        .collect();
    assert!(
        !asked.is_empty() && asked.iter().all(|path| path.contains("/namespaces/shop/pods/")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn what_the_command_line_refuses_the_client_does_not_allow_later() {
    let mut rig = Rig::start_with(demo_with(1, &["shop"]), |options| options.read_only = Some(true));
    rig.open(POD_FEED, &PODS, Scope::All);
    rig.heard(|said| *said == Said::Phase(POD_FEED, 0, Phase::Live))
        .await;
    rig.handle.run(Effect::Allow(Access::Write));
    let mutation = Mutation {
        verb: MutationVerb::Delete {
            propagation: Propagation::Background,
            grace: Some(0),
        },
        key: ObjectKey {
            gvr: PODS,
            namespace: "shop".into(),
            name: "pod-000".into(),
            uid: Uid::NONE,
        },
        before: String::new(),
        after: String::new(),
    };
    rig.handle.run(Effect::Mutate(EffectId(7), mutation));
    rig.until(|said| matches!(said, Said::Other(text) if text.starts_with("Done")))
        .await;
    let Some(Msg::Done(_, Err(failure))) = rig.raw.take() else {
        panic!("not refused")
    };
    assert!(failure.message.contains("read-only"), "{failure}");
    assert!(rig.demo.store().read("pods", "shop", "pod-000").is_some());
}
