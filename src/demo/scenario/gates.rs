//! What keeps new pods out: a quota that is used up, a webhook that nobody answers, a webhook that nobody trusts.

use serde_json::json;

use super::certificates::{certificate_manager, renew};
use super::check::{change, deployment, install, restart, rolled_out};
use super::{Place, Scenario};
use crate::clock::Timestamp;
use crate::demo::kubelet_api::Admission;
use crate::demo::object::{number, object};
use crate::demo::status::Status;
use crate::demo::world::Inner;
use crate::demo::world::config;

const FRONTEND: (&str, &str) = ("team-a", "frontend");
const CART: (&str, &str) = ("shop", "cart");
const POLICY: (&str, &str) = ("policy-system", "policy-webhook");
/// Pods that the campaign needs.
const CAMPAIGN: i64 = 6;

/// A quota that is used up.
pub static QUOTA: Scenario = Scenario {
    name: "quota",
    symptom: "team-a/frontend was scaled to 6 for a campaign, but has fewer pods",
    cause: "The ResourceQuota of namespace team-a allows 14 pods in all, and they are used up.",
    evidence: &[
        "deployment team-a/frontend wants 6 and has 3; there is no Pending pod",
        "event FailedCreate on its replicaset: `pods … is forbidden: exceeded quota: team-a, requested: pods=1 …`",
        "the deployment's condition ReplicaFailure says the same",
        "quota team-a: pods 14/14",
    ],
    hints: [
        "Pods are missing that were never made. Whose business is it to make them?",
        "The events of the newest replicaset of frontend say who refuses, and why.",
        "Edit the ResourceQuota team-a in namespace team-a: spec.hard.pods must be at least 17.",
    ],
    path: &[
        ":dp team-a /front   wants 6",
        "E                   FailedCreate: exceeded quota",
        ":quota team-a       pods 14/14",
        "e                   hard.pods: \"30\", save, confirm",
    ],
    kubectl: "kubectl patch -n team-a quota/team-a -p '{\"spec\":{\"hard\":{\"pods\":\"30\"}}}'",
    on: Place::Anywhere,
    start: |inner, _| {
        change(inner, ("resourcequotas", "team-a", "team-a"), |quota| {
            quota["spec"]["hard"]["pods"] = "14".into();
        })?;
        change(inner, ("deployments", FRONTEND.0, FRONTEND.1), |deployment| {
            deployment["spec"]["replicas"] = CAMPAIGN.into();
        })
    },
    hand: None,
    mended: |inner| {
        let deployment = inner.store.read("deployments", FRONTEND.0, FRONTEND.1);
        let wanted = deployment.and_then(|deployment| number(&deployment, "/spec/replicas"));
        wanted.is_some_and(|wanted| wanted >= CAMPAIGN) && rolled_out(inner, FRONTEND)
    },
};

/// A webhook without anybody behind it.
pub static WEBHOOK_DOWN: Scenario = Scenario {
    name: "webhook-down",
    symptom: "shop/cart was restarted, and nothing happens: no new pod appears",
    cause: "A validating webhook must agree to every new pod, and the deployment behind it was scaled to 0.",
    evidence: &[
        "event FailedCreate on the newest replicaset of cart: `failed calling webhook … no endpoints available for service`",
        "service policy-system/policy-webhook has no endpoints; its deployment wants 0 pods",
        "validatingwebhookconfiguration policy: failurePolicy Fail",
        "other namespaces cannot start a pod either",
    ],
    hints: [
        "Pods are missing that were never made. The events of the newest replicaset of cart say who refuses.",
        "The API server asks a webhook before it takes a pod. Who answers at that service?",
        "Scale deployment policy-webhook in namespace policy-system to 2.",
    ],
    path: &[
        ":rs shop /cart      the newest has no pods",
        "E                   FailedCreate: failed calling webhook",
        ":dp policy-system   policy-webhook wants 0",
        "s                   2, confirm",
    ],
    kubectl: "kubectl scale -n policy-system deploy/policy-webhook --replicas=2",
    on: Place::Anywhere,
    start: |inner, now| {
        policy(inner, (0, 60), now)?;
        restart(inner, CART, now)
    },
    hand: None,
    mended: |inner| !refuses(inner) && rolled_out(inner, CART),
};

/// A webhook whose certificate has ended.
pub static WEBHOOK_EXPIRED: Scenario = Scenario {
    name: "webhook-expired",
    symptom: "a rollout of shop/cart makes no progress: not one new pod was created",
    cause: "A validating webhook must agree to every new pod; its certificate has expired, because cert-manager was scaled to 0.",
    evidence: &[
        "event FailedCreate on the newest replicaset of cart: `x509: certificate has expired or is not yet valid`",
        "pods of policy-system/policy-webhook are Running and Ready",
        "secret policy-system/policy-webhook-tls: its certificate ended yesterday; its annotations name cert-manager",
        "deployment cert-manager/cert-manager wants 0 pods",
    ],
    hints: [
        "Pods are missing that were never made. The events of the newest replicaset of cart say who refuses.",
        "The webhook answers, but its certificate ended yesterday. Who should have renewed it?",
        "Scale deployment cert-manager in namespace cert-manager to 1; it renews what has expired.",
    ],
    path: &[
        ":rs shop /cart      the newest has no pods",
        "E                   FailedCreate: certificate has expired",
        ":dp cert-manager    wants 0",
        "s                   1, confirm",
    ],
    kubectl: "kubectl scale -n cert-manager deploy/cert-manager --replicas=1",
    on: Place::Anywhere,
    start: |inner, now| {
        certificate_manager(inner, now)?;
        policy(inner, (2, -1), now)?;
        restart(inner, CART, now)
    },
    hand: Some(renew),
    mended: |inner| !refuses(inner) && rolled_out(inner, CART),
};

/// A policy webhook with so many pods, whose certificate ends in so many days.
fn policy(inner: &Inner, (replicas, days): (u32, i64), now: Timestamp) -> Result<(), Status> {
    let (space, name) = POLICY;
    let secret = format!("{name}-tls");
    let host = format!("{name}.{space}.svc");
    let tls = config::tls(space, &secret, (&host, days), now).map_err(Status::internal)?;
    let mut server = deployment(POLICY, "~platform/policy-webhook:1.9.2", replicas, now);
    server["spec"]["template"]["spec"]["volumes"] =
        json!([{"name": "tls", "secret": {"secretName": secret, "defaultMode": 420}}]);
    let mut service = object(("v1", "Service"), (space, name), now);
    service["spec"] = json!({"type": "ClusterIP", "clusterIP": "172.20.41.7", "clusterIPs": ["172.20.41.7"],
        "selector": {"app.kubernetes.io/name": name}, "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
        "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 8443}]});
    service["status"] = json!({"loadBalancer": {}});
    let hooks = (
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
    );
    let mut hook = object(hooks, ("", "policy"), now);
    hook["webhooks"] = json!([{"name": "validate.policy.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None",
        "failurePolicy": "Fail", "matchPolicy": "Equivalent", "timeoutSeconds": 10, "objectSelector": {},
        "clientConfig": {"service": {"namespace": space, "name": name, "path": "/validate", "port": 443}},
        "namespaceSelector": {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "NotIn",
            "values": ["cert-manager", "kube-system", space]}]},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"], "scope": "*"}]}]);
    install(inner, config::namespace(space, now))?;
    install(inner, [tls, server, service, hook])
}

/// Whether the API server takes no new pod in shop.
fn refuses(inner: &Inner) -> bool {
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}});
    let Some(pods) = inner.store.registry().stored("pods") else {
        return false;
    };
    let wish = Admission {
        dry: true,
        ..Admission::creation(&pods, CART.0, "probe")
    };
    inner.admission(&wish, &mut pod).is_err()
}
