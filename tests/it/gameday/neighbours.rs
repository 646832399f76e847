//! What others do to a program.

use serde_json::{Value, json};

use super::{Day, is_ready};

#[tokio::test]
async fn names_that_nobody_resolves() {
    let day = Day::of("dns-broken").await;
    day.pass(40);
    for (namespace, app) in [("shop", "checkout"), ("shop", "cart"), ("payments", "api")] {
        let pods = day.pods(namespace, app).await;
        assert!(pods.iter().all(|pod| !is_ready(pod)), "{app}");
        let log = day
            .log(namespace, pods[0]["metadata"]["name"].as_str().unwrap())
            .await;
        assert!(log.contains("on 172.20.0.10:53: read udp"), "{app}: {log}");
    }
    assert!(!day.mended());
    let selector = json!({ "spec": { "selector": { "k8s-app": "kube-dns" } } });
    day.patch("/api/v1/namespaces/kube-system/services/kube-dns", selector)
        .await;
    day.heals_within(60);
}

#[tokio::test]
async fn a_neighbour_that_takes_it_all() {
    let day = Day::of("noisy-neighbour").await;
    day.pass(60);
    let reindex = day.pods("batch", "reindex").await;
    let node = &reindex[0]["spec"]["nodeName"];
    assert_eq!(reindex[0]["status"]["qosClass"], "BestEffort");
    let all = day.items("/api/v1/pods").await;
    let unready: Vec<&Value> = all
        .iter()
        .filter(|pod| pod["status"]["phase"] == "Running" && !is_ready(pod))
        .collect();
    assert!(unready.len() > 2 && unready.iter().all(|pod| pod["spec"]["nodeName"] == *node));
    let events = day.events("Unhealthy").await;
    assert!(events.iter().any(|(_, text)| {
        text.ends_with("context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
    }));
    assert!(!day.mended());
    let limit = json!({ "containers": [{ "name": "app", "resources": { "limits": { "cpu": "500m" } } }] });
    day.template(("batch", "reindex"), limit).await;
    day.heals_within(120);
}

#[tokio::test]
async fn a_release_that_fills_disks() {
    let day = Day::of("disk-pressure").await;
    day.pass(240);
    let pods = day.pods("team-a", "frontend").await;
    let evicted = pods
        .iter()
        .find(|pod| pod["status"]["reason"] == "Evicted")
        .unwrap();
    assert_eq!(evicted["status"]["phase"], "Failed");
    let said = evicted["status"]["message"].as_str().unwrap();
    assert!(
        said.starts_with(
            "The node was low on resource: ephemeral-storage. Threshold quantity: 2146223308, available: "
        ),
        "{said}"
    );
    let nodes = day.items("/api/v1/nodes").await;
    let pressed = nodes.iter().filter(|node| {
        let conditions = node["status"]["conditions"].as_array().unwrap();
        conditions
            .iter()
            .any(|c| c["type"] == "DiskPressure" && c["status"] == "True")
    });
    assert!(pressed.count() >= 1);
    Day::told(
        &day.events("EvictionThresholdMet").await,
        "ip-",
        "Attempting to reclaim ephemeral-storage",
    );
    assert!(!day.mended());
    day.set_image(("team-a", "frontend"), "team-a/frontend:7.1.0")
        .await;
    day.heals_within(300);
}
