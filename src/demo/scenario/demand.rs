//! Demand that does not fit: processors, addresses, an autoscaler at its end.

use super::check::{change, container, pods_of, rolled_out};
use serde_json::Value;

use super::{Place, Scenario};
use crate::demo::kubelet::usage::load;
use crate::demo::object::items;

const RECOMMENDATIONS: (&str, &str) = ("shop", "recommendations");
const WORKER: (&str, &str) = ("team-a", "feature-worker");
const WEB: (&str, &str) = ("shop", "web");
/// The greatest number its autoscaler allows.
const MAXIMUM: usize = 10;
/// How many times its usual work shop/web has at the peak.
const PEAK: f64 = 3.2;
/// Ready pods of shop/web that carry the peak at 80 % of what they request.
const CARRY: usize = 14;

/// A request for more processors than any node has.
pub static PENDING_CPU: Scenario = Scenario {
    name: "pending-cpu",
    symptom: "the release of shop/recommendations has not begun: its new pod is Pending",
    cause: "The new template of shop/recommendations requests 25 whole CPUs a pod, for 25m; no node has as many.",
    evidence: &[
        "a pod of shop/recommendations is Pending and has no node",
        "event FailedScheduling: `0/9 nodes are available: … Insufficient cpu …`",
        "nodes: not one can allocate more than 4 CPUs; the pod requests 25",
        "the old pods use about 40m each",
    ],
    hints: [
        "A Pending pod without a node: the scheduler says why.",
        "Compare what the pod requests with what a node can allocate (:no), not with what is free on it.",
        "25 is a slip for 25m: set resources.requests.cpu of deployment recommendations to 25m.",
    ],
    path: &[
        ":po shop /recomm    Pending, no NODE",
        "d                   FailedScheduling: Insufficient cpu",
        ":dp shop /recomm    their deployment",
        "e                   resources.requests.cpu: 25m, save, confirm",
    ],
    kubectl: "kubectl set resources -n shop deploy/recommendations --requests=cpu=25m",
    on: Place::Anywhere,
    start: |inner, _| {
        change(
            inner,
            ("deployments", RECOMMENDATIONS.0, RECOMMENDATIONS.1),
            |deployment| {
                container(deployment)["resources"]["requests"]["cpu"] = "25".into();
            },
        )
    },
    hand: None,
    mended: |inner| rolled_out(inner, RECOMMENDATIONS),
};

/// More pods than the node's subnet has addresses.
pub static IP_EXHAUSTION: Scenario = Scenario {
    name: "ip-exhaustion",
    symptom: "pods of team-a/feature-worker stay in ContainerCreating",
    cause: "feature-worker was scaled to 14 pods on the one node kept for it; that node's subnet has 12 addresses for pods.",
    evidence: &[
        "pods of team-a/feature-worker with STATUS ContainerCreating and no IP",
        "event FailedCreatePodSandBox: `failed to assign an IP address to container`",
        "all of them are on one node: the only one with label workload=features",
        ":no shows slots free on it, so it is not the pod limit",
    ],
    hints: [
        "ContainerCreating that lasts: images, volumes or the network. Which of them do the events name?",
        "A node has slots for pods and addresses for pods, and they do not end together.",
        "There are 12 addresses, three of them taken by daemons: scale feature-worker to 9 or fewer.",
    ],
    path: &[
        ":po team-a /feature  ContainerCreating, no IP",
        "d                   FailedCreatePodSandBox: no address",
        "=                   scale its owner: 9, confirm",
    ],
    kubectl: "kubectl scale -n team-a deploy/feature-worker --replicas=9",
    on: Place::Eks("its pods have addresses of the cluster's own network, of which every node has plenty"),
    start: |inner, _| {
        change(inner, ("deployments", WORKER.0, WORKER.1), |deployment| {
            deployment["spec"]["replicas"] = 14.into();
        })
    },
    hand: None,
    mended: |inner| {
        rolled_out(inner, WORKER)
            && pods_of(inner, WORKER).all(|pod| pod.life.as_ref().is_some_and(|life| life.ip.is_some()))
    },
};

/// More visitors than the autoscaler may answer.
pub static HPA_MAX: Scenario = Scenario {
    name: "hpa-max",
    symptom: "shop/web answers slowly: its pods use more CPU than they request",
    cause: "shop/web has three times its usual visitors; its HorizontalPodAutoscaler may not go beyond 10 pods.",
    evidence: &[
        "%R of the CPU of every pod of shop/web is far above 100",
        "hpa shop/web: TARGETS above its goal, REPLICAS equal to MAXPODS",
        "its condition ScalingLimited is True, reason TooManyReplicas",
        "the nodes have room",
    ],
    hints: [
        "Every pod of shop/web is equally busy. Who decides how many there are?",
        "Look at the HorizontalPodAutoscaler: what keeps it from asking for more?",
        "Its maxReplicas is 10; the load needs about 16. Edit hpa web: maxReplicas 20.",
    ],
    path: &[
        ":po shop /web       CPU %R above 100 everywhere",
        ":hpa shop /web      replicas at the maximum",
        "e                   maxReplicas: 20, save, confirm",
    ],
    kubectl: "kubectl patch -n shop hpa/web -p '{\"spec\":{\"maxReplicas\":20}}'",
    on: Place::Anywhere,
    start: |_, _| Ok(()),
    hand: Some(|inner, now| {
        let times = PEAK / load(now).max(0.5);
        inner.pressure.demand.insert((WEB.0.into(), WEB.1.into()), times);
    }),
    mended: |inner| {
        let ready = pods_of(inner, WEB).filter(|pod| pod.ready().is_some()).count();
        let scaler = inner.store.read("horizontalpodautoscalers", WEB.0, WEB.1);
        let limited = |scaler: &Value| {
            let mut all = items(scaler, "/status/conditions").iter();
            all.any(|one| one["type"] == "ScalingLimited" && one["status"] == "True")
        };
        let enough = scaler.is_some_and(|scaler| !limited(&scaler));
        ready >= CARRY || ready > MAXIMUM && enough && rolled_out(inner, WEB)
    },
};
