//! Nodes that go wrong.

use serde_json::{Value, json};

use super::Day;

fn group(nodes: &[Value]) -> Vec<String> {
    let ours = nodes.iter().filter(|node| {
        node["metadata"]["labels"]["eks.amazonaws.com/nodegroup"] == "apps-m5"
            && node["metadata"]["labels"]["workload"].is_null()
    });
    ours.map(|node| node["metadata"]["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_taint_that_evicts() {
    let day = Day::of("mass-eviction").await;
    day.pass(60);
    let evictions = day.events("TaintManagerEviction").await;
    assert!(evictions.len() > 8, "{}", evictions.len());
    Day::told(&evictions, "ledger-", "Marking for deletion Pod payments/ledger-");
    let events = day.events("FailedScheduling").await;
    Day::told(&events, "redis-", "node(s) had untolerated taint(s)");
    assert!(!day.mended());
    for name in group(&day.items("/api/v1/nodes").await) {
        let body = json!({ "spec": { "taints": null } });
        day.patch(&format!("/api/v1/nodes/{name}"), body).await;
    }
    day.heals_within(240);
}

#[tokio::test]
async fn a_kubelet_that_is_silent_for_good() {
    let day = Day::of("node-not-ready").await;
    day.pass(70);
    let nodes = day.items("/api/v1/nodes").await;
    let lost = nodes
        .iter()
        .find(|node| node["status"]["conditions"][3]["status"] == "Unknown")
        .unwrap();
    let ready = &lost["status"]["conditions"][3];
    assert_eq!(ready["message"], "Kubelet stopped posting node status.");
    let name = lost["metadata"]["name"].as_str().unwrap();
    Day::told(
        &day.events("NodeNotReady").await,
        name,
        "status is now: NodeNotReady",
    );
    day.pass(320);
    let there: Vec<Value> = day
        .items(&format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{name}"))
        .await;
    let ledger = there
        .iter()
        .find(|pod| pod["metadata"]["labels"]["app.kubernetes.io/name"] == "ledger")
        .unwrap();
    assert!(
        ledger["metadata"]["deletionTimestamp"].is_string(),
        "it hangs in Terminating"
    );
    assert!(!day.mended());
    day.delete(&format!("/api/v1/nodes/{name}")).await;
    day.heals_within(180);
}

#[tokio::test]
async fn an_upgrade_that_a_budget_holds_up() {
    let day = Day::of("node-upgrade").await;
    day.pass(240);
    let nodes = day.items("/api/v1/nodes").await;
    let held: Vec<&Value> = nodes
        .iter()
        .filter(|node| node["spec"]["unschedulable"] == true)
        .collect();
    assert_eq!(held.len(), 1);
    let name = held[0]["metadata"]["name"].as_str().unwrap();
    let left = day
        .items(&format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{name}"))
        .await;
    assert!(
        left.iter()
            .any(|pod| pod["metadata"]["name"].as_str().unwrap().starts_with("ledger-"))
    );
    assert!(!day.mended());
    let spec = json!({ "spec": { "minAvailable": 2 } });
    day.patch(
        "/apis/policy/v1/namespaces/payments/poddisruptionbudgets/ledger",
        spec,
    )
    .await;
    day.heals_within(400);
}

#[tokio::test]
async fn a_zone_that_is_gone() {
    let day = Day::of("zone-outage").await;
    day.pass(400);
    let nodes = day.items("/api/v1/nodes").await;
    let dead: Vec<&Value> = nodes
        .iter()
        .filter(|node| node["status"]["conditions"][3]["status"] == "Unknown")
        .collect();
    assert!(
        dead.len() >= 3
            && dead
                .iter()
                .all(|node| { node["metadata"]["labels"]["topology.kubernetes.io/zone"] == "eu-central-1a" })
    );
    assert!(!day.mended());
    for node in dead {
        day.delete(&format!(
            "/api/v1/nodes/{}",
            node["metadata"]["name"].as_str().unwrap()
        ))
        .await;
    }
    day.heals_within(300);
    let events = day.events("FailedScheduling").await;
    assert!(
        events
            .iter()
            .any(|(_, text)| text.contains("node(s) didn't match PersistentVolume's node affinity")),
        "{events:#?}"
    );
}

#[tokio::test]
async fn a_volume_that_one_node_has() {
    let day = Day::of("rwo-volume").await;
    day.pass(120);
    let events = day.events("FailedAttachVolume").await;
    let said = Day::told(&events, "grafana-", "Volume is already used by pod(s) grafana-");
    assert!(said.starts_with("Multi-Attach error for volume \"pvc-"), "{said}");
    let pods = day.pods("monitoring", "grafana").await;
    assert!(pods.iter().any(|pod| super::waiting(pod) == "ContainerCreating"));
    assert!(!day.mended());
    let strategy = json!({ "spec": { "strategy": { "type": "Recreate", "rollingUpdate": null } } });
    day.patch(
        "/apis/apps/v1/namespaces/monitoring/deployments/grafana",
        strategy,
    )
    .await;
    day.heals_within(120);
}
