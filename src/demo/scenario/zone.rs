//! A zone that is gone.

use super::nodes::{home, join};
use super::{Place, Scenario};
use crate::clock::Timestamp;
use crate::demo::object::number;
use crate::demo::world::Inner;

/// The zone that fails.
const ZONE: &str = "eu-central-1a";
/// Namespaces that have to be whole again.
const VITAL: [&str; 2] = ["shop", "payments"];
/// How long a node group needs for another node, seconds after the outage began.
const BOOT: i64 = 60;

/// All nodes of a zone fall silent.
pub static OUTAGE: Scenario = Scenario {
    name: "zone-outage",
    symptom: "a third of everything is unready at once, and does not recover",
    cause: "Availability zone eu-central-1a is gone: its nodes are silent, and its volumes cannot be attached elsewhere.",
    evidence: &[
        "several nodes are NotReady, all with topology.kubernetes.io/zone=eu-central-1a",
        "their pods are not ready, and Terminating after five minutes; successors wait for room",
        "FailedScheduling of members of databases: `… node(s) didn't match PersistentVolume's node affinity …`",
        "nodes of eu-central-1b and eu-central-1c are well",
    ],
    hints: [
        "What have the nodes in common that are NotReady? (:no, then look at their zone)",
        "The zone will not be back today. Node groups bring nodes elsewhere once the dead ones are deleted.",
        "Delete the NotReady nodes. Members with a volume in that zone stay away; two of three suffice.",
    ],
    path: &[
        ":no /NotReady       one zone",
        "space … ctrl-d      mark them all, delete, confirm",
        ":po payments        comes back; a member of ledger waits for its volume",
    ],
    kubectl: "kubectl get nodes | awk '/NotReady/ {print $1}' | xargs kubectl delete node",
    on: Place::Clouds("it has no zones"),
    start: |inner, now| {
        let zone = inner.flavor.text(ZONE);
        let names: Vec<_> = inner
            .nodes
            .iter()
            .filter(|(_, node)| node.zone() == zone)
            .map(|(name, _)| name.clone())
            .collect();
        inner
            .pressure
            .silent
            .extend(names.into_iter().map(|name| (name, now)));
        Ok(())
    },
    hand: Some(elsewhere),
    mended: |inner| inner.pressure.silent.is_empty() && serves(inner),
};

/// For each silent node that was deleted its group brings one in a zone that is left.
fn elsewhere(inner: &mut Inner, now: Timestamp) {
    let silent: Vec<_> = inner
        .pressure
        .silent
        .iter()
        .map(|(name, at)| (name.clone(), *at))
        .collect();
    for (at, (name, since)) in silent.into_iter().enumerate() {
        if inner.nodes.contains_key(&name) || now.seconds() - since.seconds() < BOOT {
            continue;
        }
        inner.pressure.silent.remove(&name);
        let (group, _) = home(inner, &name);
        // Every group has places in the second zone, not every one in the third.
        let zone = if group < 2 && at % 2 == 1 { 'c' } else { 'b' };
        join(inner, (group, zone), None, now);
    }
}

/// Whether the deployments of the vital namespaces are complete and the stateful ones have most of their members.
fn serves(inner: &Inner) -> bool {
    let list = |resource| {
        VITAL
            .into_iter()
            .flat_map(move |space| inner.store.list(resource, Some(space)))
    };
    let count = |object: &serde_json::Value, part: &str| number(object, part).unwrap_or(0);
    let complete = list("deployments").all(|object| {
        let object = object.value();
        count(&object, "/status/availableReplicas") >= count(&object, "/spec/replicas")
    });
    complete
        && list("statefulsets").all(|object| {
            let object = object.value();
            count(&object, "/status/readyReplicas") * 2 > count(&object, "/spec/replicas")
        })
}
