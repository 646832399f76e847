//! What others do to a program: a name server that is gone, a neighbour that takes the processor, one that fills the disk.

use super::check::{change, container, deployment, has_endpoints, install, pods_of, release, rolled_out};
use super::{Place, Scenario};
use crate::demo::kubelet::scene::Answer;
use crate::demo::world::pressure::Whom;
use crate::demo::world::state::Pod;

const DNS: (&str, &str) = ("kube-system", "kube-dns");
const CLIENTS: [(&str, &str); 3] = [("payments", "api"), ("shop", "checkout"), ("shop", "cart")];
const REINDEX: (&str, &str) = ("batch", "reindex");
const FRONTEND: (&str, &str) = ("team-a", "frontend");
/// Thousandths of a processor that neighbours bear.
const BEARABLE: u64 = 600;

/// A name service without endpoints.
pub static DNS_BROKEN: Scenario = Scenario {
    name: "dns-broken",
    symptom: "customers can neither fill a cart nor pay: pods turn unready everywhere",
    cause: "The selector of service kube-system/kube-dns was changed to k8s-app=coredns; its pods carry k8s-app=kube-dns, so it has no endpoints.",
    evidence: &[
        "logs of shop/checkout, shop/cart and payments/api: `lookup … on 172.20.0.10:53: … i/o timeout`",
        "172.20.0.10 is service kube-system/kube-dns",
        "that service has no endpoints, although both pods of coredns are Running and Ready",
        "its selector fits no pod: k8s-app=coredns instead of k8s-app=kube-dns",
    ],
    hints: [
        "Several applications fail in the same way at the same time. What do their logs have in common?",
        "Whose address is 172.20.0.10, and who answers there?",
        "Edit service kube-dns in kube-system: the selector must be k8s-app: kube-dns.",
    ],
    path: &[
        ":dp shop /checkout  not available; nothing was released",
        "l                   lookup … 172.20.0.10:53: i/o timeout",
        ":svc kube-system /dns  kube-dns has that address",
        "enter               no pods behind it",
        "e                   selector k8s-app: kube-dns, save, confirm",
    ],
    kubectl: "kubectl patch -n kube-system svc/kube-dns -p '{\"spec\":{\"selector\":{\"k8s-app\":\"kube-dns\"}}}'",
    on: Place::Anywhere,
    start: |inner, _| {
        change(inner, ("services", DNS.0, DNS.1), |service| {
            service["spec"]["selector"]["k8s-app"] = "coredns".into();
        })
    },
    hand: Some(|inner, now| {
        let down = !has_endpoints(inner, DNS);
        let says = "dial tcp: lookup ledger.payments.svc.cluster.local on 172.20.0.10:53: \
                    read udp 10.0.33.17:41873->172.20.0.10:53: i/o timeout";
        for (namespace, name) in CLIENTS {
            inner.trouble(&Whom::app(namespace, name), down, (Answer::Code(503), says), now);
        }
    }),
    mended: |inner| has_endpoints(inner, DNS) && CLIENTS.iter().all(|client| rolled_out(inner, *client)),
};

/// A job without limits beside others.
pub static NOISY: Scenario = Scenario {
    name: "noisy-neighbour",
    symptom: "pods that nobody touched turn unready, without a single restart",
    cause: "batch/reindex has neither requests nor limits for CPU; on a node of two processors it leaves its neighbours nothing.",
    evidence: &[
        "the unready pods are all on one node",
        "event Unhealthy on them: `context deadline exceeded (Client.Timeout exceeded while awaiting headers)`",
        ":no shows that node's CPU in use near 100 %, although little of it is requested",
        "one pod there uses most of it: batch/reindex, BestEffort, without limit",
    ],
    hints: [
        "What do the unready pods have in common that has nothing to do with what they are?",
        "Sort the pods of that node by CPU.",
        "Give deployment reindex in namespace batch a CPU limit of 500m, or scale it to 0.",
    ],
    path: &[
        ":po all             unready ones share a NODE",
        ":no                 that node: CPU used",
        "enter               its pods; sort by CPU",
        ":dp batch /reindex  its deployment",
        "s                   0, confirm (or e: limits.cpu)",
    ],
    kubectl: "kubectl scale -n batch deploy/reindex --replicas=0",
    on: Place::Anywhere,
    start: |inner, now| {
        let mut reindex = deployment(REINDEX, "~batch/reindex:0.3.0", 1, now);
        container(&mut reindex)["resources"] = serde_json::json!({});
        reindex["spec"]["template"]["spec"]["nodeSelector"] =
            serde_json::json!({"eks.amazonaws.com/nodegroup": "apps-m5"});
        install(inner, [reindex])?;
        change(inner, ("deployments", REINDEX.0, REINDEX.1), |reindex| {
            reindex["spec"]["replicas"] = 1.into();
        })
    },
    hand: Some(|inner, now| {
        let names: Vec<_> = inner.nodes.keys().cloned().collect();
        for name in names {
            let on = pods_of(inner, REINDEX).any(|pod| loud(pod) && pod.node.as_ref() == Some(&name));
            inner.trouble(&Whom::Node(name), on, (Answer::Late, ""), now);
        }
    }),
    mended: |inner| {
        let reindex = inner.store.read("deployments", REINDEX.0, REINDEX.1);
        let gone = reindex
            .as_ref()
            .is_none_or(|reindex| reindex["spec"]["replicas"] == 0);
        let quiet = !pods_of(inner, REINDEX).any(|pod| loud(pod) || pod.node.is_none());
        let limited = gone || rolled_out(inner, REINDEX);
        quiet
            && limited
            && inner
                .pressure
                .troubles
                .iter()
                .all(|trouble| trouble.until.is_some())
    },
};

/// Whether a pod runs and takes more than its neighbours bear.
fn loud(pod: &Pod) -> bool {
    let running = pod
        .life
        .as_ref()
        .is_some_and(|life| life.main.iter().any(|run| run.running().is_some()));
    running
        && pod.spec.containers.iter().any(|container| {
            let limit = if container.limits.0 > 0 {
                container.limits.0
            } else {
                u64::MAX
            };
            u64::from(container.nature().cpu_milli).min(limit) > BEARABLE
        })
}

/// A release that fills the disks of its nodes.
pub static DISK_PRESSURE: Scenario = Scenario {
    name: "disk-pressure",
    symptom: "pods of team-a/frontend end as Evicted, one after the other",
    cause: "Release 7.2.0 of team-a/frontend traces every request to its local disk, 3.5 GiB a minute, and fills node after node.",
    evidence: &[
        "pods of team-a/frontend with STATUS Evicted",
        "their message: `The node was low on resource: ephemeral-storage … Container app was using …`",
        "nodes with condition DiskPressure and the taint node.kubernetes.io/disk-pressure, more of them every few minutes",
        "frontend was released shortly before: 7.2.0 after 7.1.0",
    ],
    hints: [
        "Evicted pods have a message. Which resource ran short, and who used it?",
        "New pods of frontend do the same on the next node. What changed in it?",
        "7.2.0 writes all it sees to its disk. Go back to image tag 7.1.0.",
    ],
    path: &[
        ":po team-a /front   STATUS Evicted",
        "d                   low on ephemeral-storage",
        ":dp team-a /front   image 7.2.0",
        "e                   image …/team-a/frontend:7.1.0, save, confirm",
    ],
    kubectl: "kubectl rollout undo -n team-a deploy/frontend",
    on: Place::Anywhere,
    start: |inner, _| {
        inner.pressure.writing = true;
        release(inner, FRONTEND, "7.2.0")
    },
    hand: None,
    mended: |inner| {
        let writes = |pod: &Pod| pod.spec.containers.iter().any(|c| c.nature().disk_mib > 0);
        rolled_out(inner, FRONTEND) && !pods_of(inner, FRONTEND).any(|pod| !pod.over() && writes(pod))
    },
};
