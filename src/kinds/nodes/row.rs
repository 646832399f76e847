//! The compact form of a node: what its columns and the counts of capacity need.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::model::{Health, Meta, Pool, Row};
use crate::rules::node_status::{ConditionFacts, node_status, roles};
use crate::rules::requests::Resources;
use crate::wire::core::{Amount, Node, NodeAddress, NodeStatus, quantities};
use crate::wire::stamp;

/// A node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeRow {
    /// Metadata.
    pub meta: Meta,
    /// STATUS, as kubectl prints it.
    pub status: &'static str,
    /// Every other condition that is true (`DiskPressure`), joined by commas; empty for none.
    pub problems: Arc<str>,
    /// Since when it is not Ready; the epoch when it is, or when not known.
    pub not_ready_since: Timestamp,
    /// The condition `Ready` is true.
    pub ready: bool,
    /// `spec.unschedulable`.
    pub cordoned: bool,
    /// ROLES.
    pub roles: Arc<str>,
    /// `status.nodeInfo`.
    pub info: Arc<Info>,
    /// Label `node.kubernetes.io/instance-type`, else the beta one; empty when absent.
    pub instance_type: Arc<str>,
    /// Label `topology.kubernetes.io/zone`, else the beta one; empty when absent.
    pub zone: Arc<str>,
    /// `spec.taints`.
    pub taints: Arc<[Taint]>,
    /// `status.capacity`, without pods.
    pub capacity: Arc<Resources>,
    /// `status.allocatable`, without pods.
    pub allocatable: Arc<Resources>,
    /// `status.capacity.pods`.
    pub max_pods: u32,
    /// `status.allocatable.pods`: the slots of its kubelet.
    pub slots: u32,
    /// `spec.providerID`.
    pub provider_id: Box<str>,
    /// `spec.podCIDRs`, else `spec.podCIDR`.
    pub pod_cidrs: Box<[Box<str>]>,
    /// INTERNAL-IP; empty for none.
    pub internal_ip: Box<str>,
    /// EXTERNAL-IP; empty for none.
    pub external_ip: Box<str>,
    /// How it is doing.
    pub health: Health,
}

/// What a node runs: the same for many.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Info {
    /// VERSION: that of the kubelet.
    pub version: String,
    /// OS-IMAGE.
    pub os_image: String,
    /// KERNEL-VERSION.
    pub kernel: String,
    /// CONTAINER-RUNTIME.
    pub runtime: String,
    /// `arm64`, `amd64`.
    pub architecture: String,
}

/// A taint.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Taint {
    /// Key.
    pub key: Arc<str>,
    /// Value; may be empty.
    pub value: Arc<str>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: Arc<str>,
}

impl Row for NodeRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl NodeRow {
    /// What it keeps for itself: capacity − allocatable, thousandths of a core and bytes.
    pub fn reserved(&self) -> (u64, u64) {
        (
            self.capacity.cpu_milli.saturating_sub(self.allocatable.cpu_milli),
            self.capacity.memory.saturating_sub(self.allocatable.memory),
        )
    }

    /// The value of a label; empty when absent.
    pub fn label(&self, name: &str) -> &str {
        self.meta.labels.value(name).unwrap_or("")
    }
}

/// The row of a node.
pub(super) fn row(wire: Node, pool: &mut Pool) -> NodeRow {
    let meta = wire.metadata.unwrap_or_default().meta(pool);
    let (spec, status) = (wire.spec.unwrap_or_default(), wire.status.unwrap_or_default());
    let label = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| meta.labels.value(name))
            .unwrap_or("")
    };
    let printed = node_status(conditions(&status), spec.unschedulable);
    let address = |kind: &str| Box::from(first_address(&status.addresses, kind));
    let pod_cidrs = if spec.pod_cidrs.is_empty() && !spec.pod_cidr.is_empty() {
        vec![spec.pod_cidr]
    } else {
        spec.pod_cidrs
    };
    let taints = spec.taints.iter().map(|taint| Taint {
        key: pool.text(&taint.key),
        value: pool.text(&taint.value),
        effect: pool.text(&taint.effect),
    });
    NodeRow {
        status: printed.text,
        taints: taints.collect(),
        problems: pool.text(&printed.problems.join(",")),
        not_ready_since: printed.not_ready_since.unwrap_or_default(),
        ready: conditions(&status).any(|condition| condition.kind == "Ready" && condition.status == "True"),
        cordoned: printed.cordoned,
        health: printed.health,
        roles: pool.text(&roles(meta.labels.iter())),
        instance_type: pool.text(label([
            "node.kubernetes.io/instance-type",
            "beta.kubernetes.io/instance-type",
        ])),
        zone: pool.text(label([
            "topology.kubernetes.io/zone",
            "failure-domain.beta.kubernetes.io/zone",
        ])),
        capacity: pool.value(Resources::of(quantities(&status.capacity))),
        allocatable: pool.value(Resources::of(quantities(&status.allocatable))),
        max_pods: pods(&status.capacity),
        slots: pods(&status.allocatable),
        provider_id: spec.provider_id.into_boxed_str(),
        pod_cidrs: pod_cidrs.into_iter().map(String::into_boxed_str).collect(),
        internal_ip: address("InternalIP"),
        external_ip: address("ExternalIP"),
        info: pool.value(info(status.node_info.clone().unwrap_or_default())),
        meta,
    }
}

fn conditions(status: &NodeStatus) -> impl Iterator<Item = ConditionFacts<'_>> {
    status.conditions.iter().map(|condition| ConditionFacts {
        kind: &condition.kind,
        status: &condition.status,
        since: stamp(condition.last_transition_time.as_ref()),
    })
}

fn first_address<'a>(addresses: &'a [NodeAddress], kind: &str) -> &'a str {
    let mut all = addresses.iter();
    all.find(|address| address.kind == kind)
        .map_or("", |address| &*address.address)
}

fn pods(amounts: &[Amount]) -> u32 {
    let amount = amounts.iter().find(|amount| amount.name == "pods");
    let pods = amount
        .and_then(|amount| amount.quantity.as_ref())
        .map_or(0, crate::wire::Quantity::units);
    u32::try_from(pods).unwrap_or(u32::MAX)
}

fn info(wire: crate::wire::core::NodeInfo) -> Info {
    Info {
        version: wire.kubelet_version,
        os_image: wire.os_image,
        kernel: wire.kernel_version,
        runtime: wire.container_runtime_version,
        architecture: wire.architecture,
    }
}
