//! `/healthz`, `/livez`, `/readyz`: always well, check by check on request (apiserver `healthz`). Looks at nothing.

use hyper::Response;

use super::answer::{self, Body};
use super::request::Request;
use crate::demo::status::Status;

/// The checks of a kube-apiserver 1.36, in its order.
const CHECKS: &[&str] = &[
    "ping",
    "log",
    "loopback-serving-certificate",
    "etcd",
    "poststarthook/start-apiserver-admission-initializer",
    "poststarthook/generic-apiserver-start-informers",
    "poststarthook/priority-and-fairness-config-consumer",
    "poststarthook/priority-and-fairness-filter",
    "poststarthook/storage-object-count-tracker-hook",
    "poststarthook/start-apiextensions-informers",
    "poststarthook/start-apiextensions-controllers",
    "poststarthook/crd-informer-synced",
    "poststarthook/start-system-namespaces-controller",
    "poststarthook/peer-endpoint-reconciler-controller",
    "poststarthook/start-cluster-authentication-info-controller",
    "poststarthook/start-kube-apiserver-identity-lease-controller",
    "poststarthook/start-kube-apiserver-identity-lease-garbage-collector",
    "poststarthook/storage-readiness",
    "poststarthook/start-legacy-token-tracking-controller",
    "poststarthook/start-service-ip-repair-controllers",
    "poststarthook/rbac/bootstrap-roles",
    "poststarthook/scheduling/bootstrap-system-priority-classes",
    "poststarthook/priority-and-fairness-config-producer",
    "poststarthook/bootstrap-controller",
    "poststarthook/start-kubernetes-service-cidr-controller",
    "poststarthook/aggregator-reload-proxy-client-cert",
    "poststarthook/start-kube-aggregator-informers",
    "poststarthook/apiservice-status-local-available-controller",
    "poststarthook/apiservice-status-remote-available-controller",
    "poststarthook/apiservice-registration-controller",
    "poststarthook/apiservice-discovery-controller",
    "poststarthook/kube-apiserver-autoregistration",
    "autoregister-completion",
    "poststarthook/apiservice-openapi-controller",
    "poststarthook/apiservice-openapiv3-controller",
];
/// Checks that only `/readyz` has, each with the one it comes after.
const READY: &[(&str, &str)] = &[
    ("etcd-readiness", "etcd"),
    ("informer-sync", "etcd-readiness"),
    ("shutdown", "poststarthook/apiservice-openapiv3-controller"),
];

/// One check, or all of them.
pub(super) fn answer(request: &Request) -> Result<Response<Body>, Status> {
    let path = request.path().trim_matches('/');
    let (name, check) = path.split_once('/').unwrap_or((path, ""));
    let mut checks = CHECKS.to_vec();
    if name == "readyz" {
        checks.retain(|check| *check != "loopback-serving-certificate");
        for (check, before) in READY {
            let at = checks
                .iter()
                .position(|have| have == before)
                .map_or(checks.len(), |at| at + 1);
            checks.insert(at, check);
        }
    }
    if !check.is_empty() {
        let known = checks.contains(&check);
        let plain = || answer::of_type(200, "text/plain; charset=utf-8", answer::full("ok"));
        return known.then(plain).ok_or_else(Status::no_such_path);
    }
    if !request.params("verbose").any(|_| true) {
        return Ok(answer::text(200, "ok"));
    }
    let excluded: Vec<&str> = request.params("exclude").collect();
    let line = |check: &&str| {
        if excluded.contains(check) {
            format!("[+]{check} excluded: ok\n")
        } else {
            format!("[+]{check} ok\n")
        }
    };
    let lines: String = checks.iter().map(line).collect();
    Ok(answer::text(200, &format!("{lines}{name} check passed\n")))
}
