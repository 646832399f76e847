//! What keeps new pods out, and certificates that ended.

use serde_json::json;

use super::{Day, is_ready};

#[tokio::test]
async fn a_quota_that_is_used_up() {
    let day = Day::of("quota").await;
    day.pass(30);
    let events = day.events("FailedCreate").await;
    let said = Day::told(
        &events,
        "frontend-",
        "exceeded quota: team-a, requested: pods=1, used: pods=14, limited: pods=14",
    );
    assert!(
        said.starts_with("Error creating: pods \"frontend-") && said.contains("\" is forbidden: "),
        "{said}"
    );
    let deployments = day.items("/apis/apps/v1/namespaces/team-a/deployments").await;
    let frontend = deployments
        .iter()
        .find(|d| d["metadata"]["name"] == "frontend")
        .unwrap();
    let conditions = frontend["status"]["conditions"].as_array().unwrap();
    assert!(
        conditions
            .iter()
            .any(|c| c["type"] == "ReplicaFailure" && c["reason"] == "FailedCreate")
    );
    let quota = &day.items("/api/v1/namespaces/team-a/resourcequotas").await[0];
    assert_eq!(quota["status"]["used"]["pods"], "14");
    // A person who makes a pod by hand is refused, too.
    let pod =
        json!({"metadata": {"name": "one"}, "spec": {"containers": [{"name": "a", "image": "nginx:1.29"}]}});
    let (code, answer) = day.send("POST", "/api/v1/namespaces/team-a/pods", pod).await;
    assert_eq!((code, &answer["reason"]), (403, &json!("Forbidden")));
    assert!(!day.mended());
    let hard = json!({ "spec": { "hard": { "pods": "30" } } });
    day.patch("/api/v1/namespaces/team-a/resourcequotas/team-a", hard)
        .await;
    day.heals_within(90);
}

#[tokio::test]
async fn a_webhook_without_anybody_behind_it() {
    let day = Day::of("webhook-down").await;
    day.pass(20);
    let why = "failed calling webhook \"validate.policy.example.com\": failed to call webhook: \
               Post \"https://policy-webhook.policy-system.svc:443/validate?timeout=10s\": \
               no endpoints available for service \"policy-webhook\"";
    let events = day.events("FailedCreate").await;
    let said = Day::told(&events, "cart-", why);
    assert_eq!(said, format!("Error creating: Internal error occurred: {why}"));
    let pod =
        json!({"metadata": {"name": "one"}, "spec": {"containers": [{"name": "a", "image": "nginx:1.29"}]}});
    let (code, answer) = day
        .send("POST", "/api/v1/namespaces/shop/pods", pod.clone())
        .await;
    assert_eq!((code, &answer["reason"]), (500, &json!("InternalError")));
    let (code, _) = day.send("POST", "/api/v1/namespaces/kube-system/pods", pod).await;
    assert_eq!(code, 201, "the selector leaves the system alone");
    assert!(!day.mended());
    day.scale(("policy-system", "policy-webhook"), 2).await;
    day.heals_within(120);
}

#[tokio::test]
async fn a_webhook_that_nobody_trusts() {
    let day = Day::of("webhook-expired").await;
    day.pass(20);
    let events = day.events("FailedCreate").await;
    let said = Day::told(
        &events,
        "cart-",
        "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time ",
    );
    assert!(said.contains("Z is after "), "{said}");
    assert!(
        day.pods("policy-system", "policy-webhook")
            .await
            .iter()
            .all(is_ready)
    );
    assert!(!day.mended());
    day.scale(("cert-manager", "cert-manager"), 1).await;
    day.heals_within(120);
}

#[tokio::test]
async fn a_webhook_may_also_be_taken_away() {
    let day = Day::of("webhook-expired").await;
    day.pass(20);
    day.delete("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/policy")
        .await;
    day.heals_within(120);
}

#[tokio::test]
async fn a_certificate_that_nobody_renewed() {
    let day = Day::of("tls-expired").await;
    day.pass(40);
    let relay = day.pods("payments", "webhook-relay").await;
    assert!(relay.iter().any(|pod| !is_ready(pod)));
    let events = day.events("Unhealthy").await;
    Day::told(
        &events,
        "webhook-relay-",
        "Readiness probe failed: HTTP probe failed with statuscode: 503",
    );
    let log = day
        .log("payments", relay[0]["metadata"]["name"].as_str().unwrap())
        .await;
    assert!(
        log.contains("x509: certificate has expired or is not yet valid"),
        "{log}"
    );
    assert!(!day.mended());
    day.scale(("cert-manager", "cert-manager"), 1).await;
    day.heals_within(90);
}
