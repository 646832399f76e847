//! Why one node does not take a pod, looked at alone: the filters of kube-scheduler that the world needs, with its own words. Pure.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::state::Node;
use crate::demo::kubelet::spec::Spec;
use crate::demo::selector::Requirement;

/// Why a node does not take a pod: the scheduler's text, and whether evicting others could help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// As it stands in the event.
    pub text: Cow<'static, str>,
    /// Whether preemption is tried on this node.
    pub preempt: bool,
}

impl Refusal {
    /// One with these words.
    pub const fn of(text: &'static str, preempt: bool) -> Self {
        Self {
            text: Cow::Borrowed(text),
            preempt,
        }
    }
}

/// Every reason against running `spec` on `node`; none: it fits. Plugin order as in kube-scheduler 1.36, the first plugin that refuses speaks.
pub fn refusals(spec: &Spec, node: &Node) -> Vec<Refusal> {
    let never = |text| vec![Refusal::of(text, false)];
    if node.unschedulable && !spec.tolerates("node.kubernetes.io/unschedulable", "", "NoSchedule") {
        return never("node(s) were unschedulable");
    }
    let hard = |effect: &str| effect == "NoSchedule" || effect == "NoExecute";
    if node
        .taints
        .iter()
        .any(|(key, value, effect)| hard(effect) && !spec.tolerates(key, value, effect))
    {
        return never("node(s) had untolerated taint(s)");
    }
    if !selected(spec, node) {
        return never("node(s) didn't match Pod's node affinity/selector");
    }
    let mut list = Vec::new();
    if node.pods.len() as u64 >= u64::from(node.slots) {
        list.push(Refusal::of("Too many pods", true));
    }
    let mut check = |wanted: u64, used: u64, most: u64, resource: &str| {
        if wanted > 0 && wanted > most.saturating_sub(used) {
            list.push(Refusal {
                text: Cow::Owned(format!("Insufficient {resource}")),
                preempt: wanted <= most,
            });
        }
    };
    check(spec.requests.0, node.requested.0, node.allocatable.0, "cpu");
    check(spec.requests.1, node.requested.1, node.allocatable.1, "memory");
    for (name, wanted) in &spec.others {
        let of = |amounts: &BTreeMap<String, u64>| amounts.get(name).copied().unwrap_or(0);
        check(*wanted, of(&node.taken), of(&node.others), name);
    }
    list
}

/// Whether the node's labels are what the pod asks for.
pub fn selected(spec: &Spec, node: &Node) -> bool {
    spec.node_selector
        .iter()
        .all(|(key, value)| node.labels.get(key) == Some(value))
        && (spec.affinity.is_empty()
            || spec
                .affinity
                .iter()
                .any(|term| !term.is_empty() && term.iter().all(|e| holds(e, node))))
}

/// Whether the node is as one requirement says.
pub fn holds(e: &Requirement, node: &Node) -> bool {
    e.accepts(node.labels.get(&e.key).map(String::as_str))
}
