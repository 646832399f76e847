//! Demand that does not fit.

use serde_json::json;

use super::{Day, waiting};

#[tokio::test]
async fn more_processors_than_any_node_has() {
    let day = Day::of("pending-cpu").await;
    day.pass(30);
    let pods = day.pods("shop", "recommendations").await;
    let pending = pods
        .iter()
        .find(|pod| pod["status"]["phase"] == "Pending")
        .unwrap();
    assert!(pending["spec"]["nodeName"].is_null());
    let events = day.events("FailedScheduling").await;
    let said = Day::told(&events, "recommendations-", "Insufficient cpu");
    assert!(said.starts_with("0/9 nodes are available: "), "{said}");
    assert!(!day.mended());
    let small = json!({ "containers": [{ "name": "app", "resources": { "requests": { "cpu": "40m" } } }] });
    day.template(("shop", "recommendations"), small).await;
    day.heals_within(120);
}

#[tokio::test]
async fn more_pods_than_addresses() {
    let day = Day::of("ip-exhaustion").await;
    day.pass(60);
    let pods = day.pods("team-a", "feature-worker").await;
    assert!(pods.iter().any(|pod| waiting(pod) == "ContainerCreating"));
    let events = day.events("FailedCreatePodSandBox").await;
    Day::told(
        &events,
        "feature-worker-",
        "failed to assign an IP address to container",
    );
    assert!(!day.mended());
    day.scale(("team-a", "feature-worker"), 9).await;
    day.heals_within(60);
}

#[tokio::test]
async fn an_autoscaler_at_its_end() {
    let day = Day::of("hpa-max").await;
    day.pass(300);
    let path = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers";
    let hpa = day
        .items(path)
        .await
        .into_iter()
        .find(|hpa| hpa["metadata"]["name"] == "web")
        .unwrap();
    assert_eq!(hpa["status"]["currentReplicas"], 10, "{}", hpa["status"]);
    let limited = &hpa["status"]["conditions"][2];
    assert_eq!(limited["reason"], "TooManyReplicas");
    assert!(!day.mended());
    day.patch(&format!("{path}/web"), json!({ "spec": { "maxReplicas": 20 } }))
        .await;
    day.heals_within(300);
}
