//! What nodes have, what the pods on them ask for, and how many more they take.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::kind::{NodeLoad, Of, Rows, Usage};
use crate::kinds::nodes::{NodeRow, Nodes};
use crate::kinds::pods::{PodRow, Pods};
use crate::rules::density::{Cni, Density, NodeFacts, PodCounts, density, has_own_ipam};
use crate::rules::eni::Env;
use crate::rules::requests::Resources;

/// The resource of a pod's own branch interface (security groups for pods).
const BRANCH: &str = "vpc.amazonaws.com/pod-eni";
/// The addresses a Windows node advertises.
const WINDOWS_IPS: &str = "vpc.amazonaws.com/PrivateIPv4Address";

/// What the non-terminal pods bound to one node take.
#[derive(Debug, Clone, Default)]
pub struct Bound<'a> {
    /// Effective requests of all of them.
    pub requests: Resources,
    /// Effective limits of all of them.
    pub limits: Resources,
    /// How many, by what they use.
    pub counts: PodCounts,
    /// The `aws-node` pod of the node.
    pub cni: Option<&'a PodRow>,
}

/// Pods by the node they are bound to.
pub type ByNode<'a> = FxHashMap<&'a str, Bound<'a>>;

/// The pods of several feeds, by node. Terminated pods take nothing; terminating ones still do.
pub fn by_node<'a>(pods: impl IntoIterator<Item = &'a PodRow>) -> ByNode<'a> {
    let mut nodes = ByNode::default();
    for pod in pods {
        if pod.node.is_empty() || pod.is_terminal() {
            continue;
        }
        let bound = nodes.entry(&pod.node).or_default();
        let template = &pod.template;
        bound.requests.add(&template.requests);
        bound.limits.add(&template.limits);
        bound.counts.bound += 1;
        if template.host_network {
            bound.counts.host_network += 1;
        } else if template.limits.amount(BRANCH) > 0 {
            bound.counts.branch += 1;
        }
        if template.cni.is_some() {
            bound.cni = Some(pod);
        }
    }
    nodes
}

/// How many pods a node takes and which limit binds.
pub fn density_of(node: &NodeRow, bound: &Bound) -> (Density, String) {
    let cidrs: Vec<&str> = node.pod_cidrs.iter().map(AsRef::as_ref).collect();
    let cni = bound.cni.and_then(|pod| pod.template.cni.as_ref());
    let env: Vec<(&str, Option<&str>)> = cni
        .into_iter()
        .flat_map(|cni| cni.env.iter().map(|(name, value)| (*name, value.as_deref())))
        .collect();
    let env: &Env = &env;
    let windows = node.allocatable.amount(WINDOWS_IPS);
    let facts = NodeFacts {
        provider_id: &node.provider_id,
        instance_type: &node.instance_type,
        compute_type: node.label("eks.amazonaws.com/compute-type"),
        os: node.label("kubernetes.io/os"),
        slots: node.slots,
        pod_eni: u32::try_from(node.allocatable.amount(BRANCH)).unwrap_or(u32::MAX),
        trunk_attached: node.label("vpc.amazonaws.com/has-trunk-attached") == "true",
        windows_ips: (windows > 0).then(|| u32::try_from(windows).unwrap_or(u32::MAX)),
        pod_cidrs: &cidrs,
        own_ipam: has_own_ipam(node.meta.labels.iter().map(|(key, _)| key)),
        cni: cni.map_or(Cni::Absent, |cni| Cni::AwsNode {
            env,
            env_from: cni.env_from,
        }),
    };
    let density = density(&facts, bound.counts);
    let explanation = density.explain(&facts);
    (density, explanation)
}

/// What the nodes table shows of a node.
pub fn load(node: &NodeRow, bound: Option<&Bound>) -> NodeLoad {
    let nothing = Bound::default();
    let bound = bound.unwrap_or(&nothing);
    let (density, explanation) = density_of(node, bound);
    let (used, limit) = density.used_of_limit();
    NodeLoad {
        requests: Usage {
            cpu_milli: bound.requests.cpu_milli,
            memory: bound.requests.memory,
        },
        limits: Usage {
            cpu_milli: bound.limits.cpu_milli,
            memory: bound.limits.memory,
        },
        pods: used,
        pod_limit: limit,
        binds: density.binding.name(),
        headroom: density.headroom,
        explanation: format!("{}  {explanation}", node.meta.name),
    }
}

/// The load of every node, by slot of the nodes feed.
pub fn loads(nodes: &Of<Nodes>, pods: &ByNode) -> Vec<(u32, Arc<NodeLoad>)> {
    nodes
        .iter()
        .map(|(slot, node)| (slot, Arc::new(load(node, pods.get(&*node.meta.name)))))
        .collect()
}

/// Allocatable CPU (thousandths of a core) and memory (bytes) of all nodes. `None` when the rows are not nodes.
pub fn allocatable(nodes: &dyn Rows) -> Option<(u64, u64)> {
    let nodes = nodes.as_any().downcast_ref::<Of<Nodes>>()?;
    let sum = |(cpu, memory): (u64, u64), (_, node): (u32, &NodeRow)| {
        (cpu + node.allocatable.cpu_milli, memory + node.allocatable.memory)
    };
    Some(nodes.iter().fold((0, 0), sum))
}

/// The pods of a feed; nothing when the rows are not pods.
pub fn pods_of(rows: &dyn Rows) -> impl Iterator<Item = (u32, &PodRow)> {
    rows.as_any()
        .downcast_ref::<Of<Pods>>()
        .into_iter()
        .flat_map(Of::<Pods>::iter)
}
