//! Releases that go wrong: an image that is not there, one that leaks, a probe that asks at the wrong door.

use super::check::{change, container, lasts, pods_of, release, rolled_out};
use super::{Place, Scenario};

const CHECKOUT: (&str, &str) = ("shop", "checkout");
const API: (&str, &str) = ("payments", "api");
const CATALOG: (&str, &str) = ("shop", "catalog");

/// A release whose image was never pushed.
pub static BAD_IMAGE: Scenario = Scenario {
    name: "bad-image",
    symptom: "the release of shop/checkout does not finish, its new pods do not start",
    cause: "The deployment shop/checkout asks for image tag 3.3.0-rc1, which nobody pushed to the registry.",
    evidence: &[
        "pods of shop/checkout with STATUS ErrImagePull, then ImagePullBackOff",
        "event Failed on them: `failed to resolve reference \"…/shop/checkout:3.3.0-rc1\": … not found`",
        "`kubectl rollout status deploy/checkout` waits: new replicas are not available, old ones go on serving",
    ],
    hints: [
        "Look at the newest pods in namespace shop: what do they wait for?",
        "The events of such a pod say what the kubelet cannot get.",
        "The tag 3.3.0-rc1 does not exist. Give the deployment an image that does: 3.2.1 was the last.",
    ],
    path: &[
        ":po shop /checkout  the pods that do not start",
        "d                   their events name the image",
        ":dp shop /checkout  their deployment",
        "e                   image …/shop/checkout:3.2.1, save, confirm",
    ],
    kubectl: "kubectl rollout undo -n shop deploy/checkout",
    on: Place::Anywhere,
    start: |inner, _| release(inner, CHECKOUT, "3.3.0-rc1"),
    hand: None,
    mended: |inner| rolled_out(inner, CHECKOUT),
};

/// A release that needs ever more memory.
pub static OOM_LEAK: Scenario = Scenario {
    name: "oom-leak",
    symptom: "customers cannot pay every other minute: pods of payments/api restart",
    cause: "Release 2.32.0 of payments/api leaks 240 MiB a minute; the kernel kills it at its limit of 192 MiB, again and again.",
    evidence: &[
        "RESTARTS of payments/api grow, STATUS alternates between Running, OOMKilled and CrashLoopBackOff",
        "describe: Last State Terminated, Reason OOMKilled, Exit Code 137",
        "MEM of its pods climbs from 70 Mi in a straight line until they die",
        "the revision before, 2.31.0, ran for weeks",
    ],
    hints: [
        "What does the last state of a container of payments/api say?",
        "Exit code 137 and OOMKilled: watch MEM and %L of its pods for a minute. It never levels off.",
        "More memory only buys minutes. 2.32.0 leaks; go back to 2.31.0.",
    ],
    path: &[
        ":po payments /api   RESTARTS, and %L on its way to 100",
        "d                   Last State: OOMKilled, 137",
        ":dp payments /api   their deployment",
        "e                   image …/payments/api:2.31.0, save, confirm",
    ],
    kubectl: "kubectl rollout undo -n payments deploy/api",
    on: Place::Anywhere,
    start: |inner, _| release(inner, API, "2.32.0"),
    hand: None,
    mended: |inner| rolled_out(inner, API) && pods_of(inner, API).all(lasts),
};

/// A readiness probe at a port nobody listens on.
pub static NEVER_READY: Scenario = Scenario {
    name: "never-ready",
    symptom: "the release of shop/catalog hangs: its new pods run, but get no requests",
    cause: "The new template of shop/catalog probes readiness at port 8081; the program listens on 8080.",
    evidence: &[
        "new pods of shop/catalog are Running with READY 0/1 and no restarts",
        "event Unhealthy: `Readiness probe failed: … :8081 … connect: connection refused`",
        "the log of such a pod says that it listens on :8080",
        "the endpoints of service catalog hold the old pods only",
    ],
    hints: [
        "Running is not ready. Who decides whether a pod is ready?",
        "Compare the port in the Unhealthy events with the one the program says it listens on.",
        "Edit deployment catalog: readinessProbe.httpGet.port must be http (8080).",
    ],
    path: &[
        ":po shop /catalog   READY 0/1, STATUS Running",
        "d                   Unhealthy: port 8081 refuses",
        ":dp shop /catalog   their deployment",
        "e                   readinessProbe.httpGet.port: 8080, save, confirm",
    ],
    kubectl: "kubectl rollout undo -n shop deploy/catalog",
    on: Place::Anywhere,
    start: |inner, _| {
        change(inner, ("deployments", CATALOG.0, CATALOG.1), |deployment| {
            container(deployment)["readinessProbe"]["httpGet"]["port"] = 8081.into();
        })
    },
    hand: None,
    mended: |inner| rolled_out(inner, CATALOG),
};
