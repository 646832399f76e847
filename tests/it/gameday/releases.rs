//! Releases that go wrong.

use serde_json::json;

use super::{Day, is_ready, waiting};

#[tokio::test]
async fn an_image_nobody_pushed() {
    let day = Day::of("bad-image").await;
    day.pass(60);
    let pods = day.pods("shop", "checkout").await;
    assert!(pods.iter().any(|pod| {
        pod["status"]["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 0
            && waiting(pod).ends_with("ImagePull") | waiting(pod).ends_with("ImagePullBackOff")
    }));
    let failed = day.events("Failed").await;
    Day::told(&failed, "checkout-", "shop/checkout:3.3.0-rc1: not found");
    assert!(!day.mended());
    day.set_image(("shop", "checkout"), "shop/checkout:3.2.1").await;
    day.heals_within(120);
}

#[tokio::test]
async fn a_leak_that_more_memory_does_not_cure() {
    let day = Day::of("oom-leak").await;
    day.pass(240);
    let pods = day.pods("payments", "api").await;
    assert!(pods.iter().any(|pod| waiting(pod) == "CrashLoopBackOff"));
    let last = &pods[0]["status"]["containerStatuses"][0]["lastState"]["terminated"];
    assert_eq!(
        (&last["reason"], &last["exitCode"]),
        (&json!("OOMKilled"), &json!(137))
    );
    assert!(!day.mended());
    let roomy = json!({ "containers": [{ "name": "app", "resources": { "limits": { "memory": "1Gi" } } }] });
    day.template(("payments", "api"), roomy).await;
    day.pass(60);
    assert!(day.pods("payments", "api").await.iter().all(is_ready), "for now");
    assert!(!day.mended(), "it only takes longer");
    day.set_image(("payments", "api"), "payments/api:2.31.0").await;
    day.heals_within(180);
}

#[tokio::test]
async fn a_probe_at_the_wrong_door() {
    let day = Day::of("never-ready").await;
    day.pass(90);
    let pods = day.pods("shop", "catalog").await;
    let hanging = pods.iter().find(|pod| !is_ready(pod)).unwrap();
    assert_eq!(hanging["status"]["phase"], "Running");
    assert_eq!(hanging["status"]["containerStatuses"][0]["restartCount"], 0);
    let events = day.events("Unhealthy").await;
    let said = Day::told(&events, "catalog-", "connect: connection refused");
    assert!(
        said.starts_with("Readiness probe failed: Get \"http://10.") && said.contains(":8081/"),
        "{said}"
    );
    assert!(!day.mended());
    let probe = json!({ "readinessProbe": { "httpGet": { "port": 8080 } }, "name": "app" });
    day.template(("shop", "catalog"), json!({ "containers": [probe] }))
        .await;
    day.heals_within(120);
}
