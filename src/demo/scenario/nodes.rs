//! Nodes: one whose kubelet fell silent, a group that was tainted by mistake, an upgrade that stands still.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::check::change;
use super::{Place, Scenario};
use crate::clock::Timestamp;
use crate::demo::kubelet::pool::Pool;
use crate::demo::object::{number, stamp, text};
use crate::demo::status::Status;
use crate::demo::world::catalog::is_troubled;
use crate::demo::world::event::{About, note};
use crate::demo::world::flavor::Flavor;
use crate::demo::world::lifecycle::untaint;
use crate::demo::world::state::{Key, Node, Pod};
use crate::demo::world::{Inner, node, platform};

/// The group of nodes that runs the databases.
const GROUP: (usize, &str) = (1, "apps-m5");
/// Key of the taint that somebody put on it.
const TAINT: &str = "maintenance";
/// What the upgrade brings.
const fn new_kubelet(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Eks => "v1.36.4-eks-7a1f2d9",
        Flavor::Gke => "v1.36.4-gke.1402000",
        Flavor::Aks | Flavor::Kind => "v1.36.4",
    }
}
/// How long a cloud needs for a node, seconds.
const BOOT: i64 = 40;

/// A taint that evicts, on the wrong nodes.
pub static MASS_EVICTION: Scenario = Scenario {
    name: "mass-eviction",
    symptom: "within a minute dozens of pods were gone, and they do not come back",
    cause: "Somebody tainted all nodes of group apps-m5 with maintenance=planned:NoExecute, which evicts every pod that does not tolerate it.",
    evidence: &[
        "event TaintManagerEviction on the pods that went: `Marking for deletion Pod …`",
        "their successors are Pending: `… node(s) had untolerated taint(s) …`",
        "the nodes of group apps-m5 are Ready and nearly empty",
        "they carry the taint maintenance=planned:NoExecute",
    ],
    hints: [
        "The pods did not crash: somebody deleted them. The newest events say who.",
        "Pending pods name the reason; look at the nodes they used to run on.",
        "Remove the taint maintenance=planned:NoExecute from the nodes of group apps-m5.",
    ],
    path: &[
        ":po all /Pending    what does not come back",
        "d                   untolerated taint(s)",
        ":no                 the nodes of group apps-m5 are nearly empty",
        "d                   Taints: maintenance=planned:NoExecute",
        "e                   delete spec.taints, save, confirm; for each node",
    ],
    kubectl: "kubectl taint nodes -l 'eks.amazonaws.com/nodegroup=apps-m5,!workload' maintenance-",
    on: Place::Anywhere,
    start: |inner, now| {
        for name in group(inner) {
            change(inner, ("nodes", "", &name), |node| {
                let mut taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
                taints.retain(|taint| taint["key"] != TAINT);
                taints.push(
                    json!({"key": TAINT, "value": "planned", "effect": "NoExecute", "timeAdded": stamp(now)}),
                );
                node["spec"]["taints"] = taints.into();
            })?;
        }
        Ok(())
    },
    hand: None,
    mended: |inner| {
        let tainted = |node: &Node| node.taints.iter().any(|(key, ..)| key == TAINT);
        !inner.nodes.values().any(tainted) && all_run(inner)
    },
};

/// A kubelet that is silent for good.
pub static NOT_READY: Scenario = Scenario {
    name: "node-not-ready",
    symptom: "a database of payments has lost a member, and others hang in Terminating",
    cause: "The machine of one node of group apps-m5 is gone, but its Node object is not: its pods can neither stop nor move.",
    evidence: &[
        "a node with STATUS NotReady: `Kubelet stopped posting node status.`",
        "it carries the taints node.kubernetes.io/unreachable, and its lease is no longer renewed",
        "logs of its pods: `dial tcp …:10250: i/o timeout`",
        "after five minutes its pods are Terminating, but members of StatefulSets get no successor before they are gone",
    ],
    hints: [
        "What do the broken pods have in common?",
        "Their node does not answer, and nobody but it could say that the pods have stopped.",
        "The machine will not come back. Delete the Node; its group brings another one.",
    ],
    path: &[
        ":po payments        not ready, then Terminating: one NODE",
        "o                   goes to it: NotReady",
        "ctrl-d              delete the node, confirm",
    ],
    kubectl: "kubectl get nodes | awk '/NotReady/ {print $1}' | xargs kubectl delete node",
    on: Place::Clouds("nobody brings another node for one that is deleted"),
    start: |inner, now| {
        let holds = |name: &Arc<str>| inner.pods_on(name).iter().any(|key| key.1.starts_with("ledger-"));
        let name = group(inner)
            .into_iter()
            .find(holds)
            .ok_or_else(Status::no_such_path)?;
        inner.pressure.silent.insert(name, now);
        Ok(())
    },
    hand: Some(replace_deleted),
    mended: |inner| inner.pressure.silent.is_empty() && all_run(inner),
};

/// An upgrade that a budget holds up.
pub static UPGRADE: Scenario = Scenario {
    name: "node-upgrade",
    symptom: "the upgrade of node group apps-m5 stands still: one node is cordoned",
    cause: "The budget payments/ledger wants 3 of 3 pods available, so no pod of ledger may ever be evicted and its node never drains.",
    evidence: &[
        "a node of apps-m5 is SchedulingDisabled, still on the old kubelet, and keeps a pod of payments/ledger",
        "the other pods left it: the upgrade drains it",
        "poddisruptionbudget payments/ledger: MIN AVAILABLE 3, ALLOWED DISRUPTIONS 0",
        "an eviction of that pod is answered with 429: `Cannot evict pod as it would violate the pod's disruption budget.`",
    ],
    hints: [
        "The upgrade empties a node before it replaces it. What is left on the cordoned one?",
        "Evictions respect a promise made to that application. Where is it written?",
        "Edit the PodDisruptionBudget ledger in payments: minAvailable 2.",
    ],
    path: &[
        ":no /Disabled       SchedulingDisabled, old VERSION",
        "enter               what is left on it: ledger",
        ":pdb payments /ledger  it allows 0 disruptions",
        "e                   minAvailable: 2, save, confirm",
    ],
    kubectl: "kubectl patch -n payments pdb/ledger --type=merge -p '{\"spec\":{\"minAvailable\":2}}'",
    on: Place::Clouds("it has no node groups that are upgraded"),
    start: |inner, _| {
        change(inner, ("poddisruptionbudgets", "payments", "ledger"), |budget| {
            budget["spec"] = json!({"minAvailable": 3, "selector": budget["spec"]["selector"]});
        })
    },
    hand: Some(upgrade),
    mended: |inner| {
        let allows = inner.store.read("poddisruptionbudgets", "payments", "ledger");
        let held = allows.is_some_and(|budget| number(&budget, "/spec/minAvailable") == Some(3));
        !held
            && group(inner)
                .iter()
                .all(|name| version(inner, name) == new_kubelet(inner.flavor))
    },
};

/// Nodes of the group but that kept for features, in order of their names.
fn group(inner: &Inner) -> Vec<Arc<str>> {
    let ours = |node: &Node| node.group() == GROUP.1 && !node.labels.contains_key(node::FEATURES.0);
    let all = inner.nodes.iter().filter(|(_, node)| ours(node));
    all.map(|(name, _)| Arc::clone(name)).collect()
}

fn version(inner: &Inner, name: &str) -> String {
    let node = inner.store.read("nodes", "", name);
    node.map(|node| text(&node, "/status/nodeInfo/kubeletVersion").to_owned())
        .unwrap_or_default()
}

/// Whether every pod that wants to run is ready, on nodes that are. What the standard world has trouble with does not count.
fn all_run(inner: &Inner) -> bool {
    let fine = |pod: &Pod| pod.over() || pod.ready().is_some() && pod.deleting.is_none();
    let troubled = |pod: &Pod| pod.label("app.kubernetes.io/name").is_some_and(is_troubled);
    inner.nodes.values().all(|node| node.ready) && inner.pods.values().all(|pod| fine(pod) || troubled(pod))
}

/// Brings another node of the group into `zone`, with a newer kubelet if it is told which.
pub fn join(inner: &mut Inner, (index, zone): (usize, char), kubelet: Option<&str>, now: Timestamp) {
    let taken: BTreeSet<Arc<str>> = inner.nodes.keys().cloned().collect();
    let silent = &inner.pressure.silent;
    let flavor = inner.flavor;
    let Some(place) = node::another(index, zone, |name| {
        let name = flavor.text(name);
        taken.contains(name.as_str()) || silent.contains_key(name.as_str())
    }) else {
        return;
    };
    let name = flavor.text(&place.name());
    let mut draft = node::node(&place, now, now);
    let number = node::index_of(&place.name()).unwrap_or_default();
    let range = flavor.pod_cidr(number, false);
    if let Some(range) = &range {
        draft["spec"]["podCIDRs"] = json!([range]);
        draft["spec"]["podCIDR"] = range.as_str().into();
    }
    let Ok(_) = inner.add(draft) else { return };
    if let Some(kubelet) = kubelet {
        let _ = inner.store.modify("nodes", "", &name, |node| {
            node["status"]["nodeInfo"]["kubeletVersion"] = kubelet.into();
        });
    }
    let lease = platform::lease(("kube-node-lease", &name), &name, now, now);
    // A lease of that name may be left from before.
    let _ = inner.add(lease);
    inner.observe_all(now);
    if let Some(node) = inner.nodes.get_mut(name.as_str()) {
        let own = || Pool::new(node::pods_from(number), place.group().addresses());
        node.pool = range.and_then(|range| Pool::of_range(&range)).unwrap_or_else(own);
    }
    let text = format!("Node {name} event: Registered Node {name} in Controller");
    inner.record(
        &About::node(&name),
        ("node-controller", ""),
        &note(false, "RegisteredNode", text),
        now,
    );
    inner.tell_node(&name, (false, "NodeReady"), now);
}

/// A node group brings another node for each silent one that was deleted.
fn replace_deleted(inner: &mut Inner, now: Timestamp) {
    let silent: Vec<(Arc<str>, Timestamp)> = inner
        .pressure
        .silent
        .iter()
        .map(|(n, t)| (Arc::clone(n), *t))
        .collect();
    for (name, since) in silent {
        if inner.nodes.contains_key(&name) || now.seconds() - since.seconds() < BOOT {
            continue;
        }
        inner.pressure.silent.remove(&name);
        let place = home(inner, &name);
        join(inner, place, None, now);
    }
}

/// Group and zone of a node by its name, whether it is still there or not.
pub fn home(inner: &Inner, name: &str) -> (usize, char) {
    let mut places = (0..2_000).map(node::place);
    let found = places.find(|place| inner.flavor.text(&place.name()) == name);
    found.map_or((1, 'a'), |place| (place.group, place.zone))
}

/// One step of the upgrade: the first old node is cordoned, drained, and replaced when it is empty.
fn upgrade(inner: &mut Inner, now: Timestamp) {
    let Some(name) = group(inner)
        .into_iter()
        .find(|name| version(inner, name) != new_kubelet(inner.flavor))
    else {
        return;
    };
    if inner.nodes.get(&name).is_some_and(|node| !node.unschedulable) {
        let _ = inner.store.modify("nodes", "", &name, |node| {
            node["spec"]["unschedulable"] = true.into();
            untaint(node, "node.kubernetes.io/unschedulable");
            let mut taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
            taints.push(json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": stamp(now)}));
            node["spec"]["taints"] = taints.into();
        });
        inner.tell_node(&name, (false, "NodeNotSchedulable"), now);
        return;
    }
    let daemon = |inner: &Inner, key: &Key| {
        let owner = inner.pods.get(key).and_then(|pod| pod.owner.clone());
        owner.is_some_and(|owner| &*owner.kind == "DaemonSet")
    };
    let left: Vec<Key> = inner
        .pods_on(&name)
        .into_iter()
        .filter(|key| !daemon(inner, key))
        .collect();
    for key in &left {
        if inner.pods.get(key).is_some_and(|pod| pod.deleting.is_none()) && inner.may_go(key) {
            inner.delete_pod(key, now);
        }
    }
    if left.is_empty() {
        let (_, zone) = home(inner, &name);
        let _ = inner.store.remove("nodes", "", &name);
        join(inner, (GROUP.0, zone), Some(new_kubelet(inner.flavor)), now);
    }
}
