//! How many more pods a node takes and which limit binds: kubelet slots, addresses of its interfaces, or its podCIDR. Counts no pods itself.
//!
//! Sources: see [`super::eni`]; Windows: vpc-resource-controller; podCIDR: the host-local IPAM plugin.

mod explain;

use super::eni::{self, Addresses, Env, Instance, Settings};

/// What decides the density of a node, read off its labels, spec and status and off its `aws-node` pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NodeFacts<'a> {
    /// `spec.providerID`.
    pub provider_id: &'a str,
    /// Label `node.kubernetes.io/instance-type`, else `beta.kubernetes.io/instance-type`; empty when absent.
    pub instance_type: &'a str,
    /// Label `eks.amazonaws.com/compute-type`; empty when absent.
    pub compute_type: &'a str,
    /// Label `kubernetes.io/os`.
    pub os: &'a str,
    /// `status.allocatable.pods`.
    pub slots: u32,
    /// `status.allocatable["vpc.amazonaws.com/pod-eni"]`; 0 when absent.
    pub pod_eni: u32,
    /// Label `vpc.amazonaws.com/has-trunk-attached` is `true`, or the node's `CNINode` lists `SecurityGroupsForPods`.
    pub trunk_attached: bool,
    /// `status.allocatable["vpc.amazonaws.com/PrivateIPv4Address"]`, which Windows nodes have.
    pub windows_ips: Option<u32>,
    /// `spec.podCIDRs`, else `spec.podCIDR`; the first IPv4 one counts.
    pub pod_cidrs: &'a [&'a str],
    /// True when Calico, Cilium or OVN hands out addresses by its own plan, so that the podCIDR is no limit.
    pub own_ipam: bool,
    /// The `aws-node` pod bound to this node.
    pub cni: Cni<'a>,
}

/// What is known of the VPC CNI on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cni<'a> {
    /// No `aws-node` pod is bound to the node.
    #[default]
    Absent,
    /// The pods of `kube-system` may not be listed.
    Unseen,
    /// Its container's environment. `env_from` is true when there is an `envFrom`, whose values are not known.
    AwsNode {
        /// `env`: name and value, `None` for `valueFrom`.
        env: &'a Env<'a>,
        /// `envFrom` is not empty.
        env_from: bool,
    },
}

/// Pods bound to the node whose phase is neither `Succeeded` nor `Failed`, by what they use. Terminating pods count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PodCounts {
    /// All of them.
    pub bound: u32,
    /// With `spec.hostNetwork`.
    pub host_network: u32,
    /// Not on the host network, but with a branch interface (a limit `vpc.amazonaws.com/pod-eni`).
    pub branch: u32,
}

impl PodCounts {
    /// Pods that take an address of the node's own interfaces or podCIDR.
    pub const fn with_ip(&self) -> u32 {
        self.bound
            .saturating_sub(self.host_network)
            .saturating_sub(self.branch)
    }
}

/// How many pod addresses the node's interfaces hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpCap {
    /// At most this many; subnets may give fewer.
    Known(u32),
    /// Addresses are no limit here (IPv6).
    Unlimited,
    /// Not known, or not a question, for this reason.
    Unknown(Why),
}

/// Why a node has no known limit of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Not an EC2 instance.
    NotAws,
    /// Fargate, Auto Mode or hybrid node.
    ComputeType,
    /// Another network plugin: no `aws-node` pod.
    NoAwsNode,
    /// The pods of `kube-system` may not be listed.
    Unseen,
    /// The plugin allocates nothing itself.
    Unmanaged,
    /// Settings come from another object or a field of the pod.
    IndirectEnv,
    /// The instance type is not in the table.
    UnknownType,
    /// A Windows node that does not advertise its addresses.
    Windows,
}

/// Which limit is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Binding {
    /// `status.allocatable.pods`.
    Slots,
    /// Addresses of the interfaces.
    Eni,
    /// Addresses of the podCIDR.
    Cidr,
}

impl Binding {
    /// The word of the BINDS column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Slots => "slots",
            Self::Eni => "ENI",
            Self::Cidr => "CIDR",
        }
    }
}

/// The answer for one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Density {
    /// `status.allocatable.pods`; what the scheduler enforces.
    pub slots: u32,
    /// Pods that hold a slot.
    pub slots_used: u32,
    /// What the interfaces hold; nobody enforces it on Linux.
    pub ip_cap: IpCap,
    /// Pods that hold, or wait for, an address.
    pub ip_used: u32,
    /// Usable addresses of the podCIDR, where that is the limit.
    pub cidr_cap: Option<u32>,
    /// Pods that still fit; negative when there are more than the limit allows.
    pub headroom: i64,
    /// The limit that is reached first. On a tie the addresses, since raising the slots alone would not help.
    pub binding: Binding,
    /// Pods that can be scheduled beyond the addresses; they would stay in `ContainerCreating`. Windows: 0, its scheduler counts addresses.
    pub overcommit: u32,
    /// Addresses that no pod can reach, because slots end first. For information; not a fault.
    pub stranded: u32,
    /// The arithmetic behind [`IpCap::Known`] on Linux.
    pub addresses: Option<Addresses>,
    /// What max-pods would become with prefix delegation; `None` where it would gain nothing or cannot be had.
    pub with_prefixes: Option<u32>,
    /// Prefix delegation is asked for, but the instance type has none.
    pub prefixes_ignored: bool,
    /// Further network cards may add addresses, so that [`IpCap::Known`] is no upper bound.
    pub multi_nic: bool,
}

impl Density {
    /// Used and limit of what binds, for the bar: pods of slots, of addresses.
    pub fn used_of_limit(&self) -> (u32, u32) {
        match (self.binding, self.ip_cap, self.cidr_cap) {
            (Binding::Eni, IpCap::Known(cap), _) | (Binding::Cidr, _, Some(cap)) => (self.ip_used, cap),
            _ => (self.slots_used, self.slots),
        }
    }
}

/// True when a node's annotations (their keys) tell of Calico, Cilium or OVN. Each can be told to use the podCIDR after all, so that
/// what is then not shown is a limit, never a wrong one.
pub fn has_own_ipam<'a>(annotations: impl IntoIterator<Item = &'a str>) -> bool {
    const PREFIXES: [&str; 3] = ["projectcalico.org/", "network.cilium.io/", "k8s.ovn.org/"];
    annotations
        .into_iter()
        .any(|key| PREFIXES.iter().any(|prefix| key.starts_with(prefix)))
}

/// Decides the density of a node.
pub fn density(node: &NodeFacts<'_>, pods: PodCounts) -> Density {
    let eni = interfaces(node);
    let is_plain = matches!(eni.cap, IpCap::Unknown(Why::NotAws | Why::NoAwsNode));
    let cidr_cap = (is_plain && !node.own_ipam)
        .then(|| usable_addresses(node.pod_cidrs))
        .flatten();
    let limit = match eni.cap {
        IpCap::Known(cap) => Some((cap, Binding::Eni)),
        _ => cidr_cap.map(|cap| (cap, Binding::Cidr)),
    };
    let by_slots = i64::from(node.slots) - i64::from(pods.bound);
    let reachable = i64::from(node.slots) - i64::from(pods.host_network + pods.branch);
    let ip_used = pods.with_ip();
    let (headroom, binding) = match limit.map(|(cap, which)| (i64::from(cap) - i64::from(ip_used), which)) {
        Some((by_ips, which)) if by_ips <= by_slots => (by_ips, which),
        _ => (by_slots, Binding::Slots),
    };
    let excess = limit.map_or(0, |(cap, _)| reachable.max(0) - i64::from(cap));
    let count = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
    Density {
        slots: node.slots,
        slots_used: pods.bound,
        ip_cap: eni.cap,
        ip_used,
        cidr_cap,
        headroom,
        binding,
        overcommit: if node.os == "windows" { 0 } else { count(excess) },
        stranded: if cidr_cap.is_some() { 0 } else { count(-excess) },
        addresses: eni.addresses,
        with_prefixes: eni.with_prefixes.filter(|recommended| *recommended > node.slots),
        prefixes_ignored: eni.prefixes_ignored,
        multi_nic: eni.multi_nic,
    }
}

/// What the interfaces of a node hold.
struct Interfaces {
    cap: IpCap,
    addresses: Option<Addresses>,
    with_prefixes: Option<u32>,
    prefixes_ignored: bool,
    multi_nic: bool,
}

impl Interfaces {
    const fn only(cap: IpCap) -> Self {
        Self {
            cap,
            addresses: None,
            with_prefixes: None,
            prefixes_ignored: false,
            multi_nic: false,
        }
    }

    fn of(node: &NodeFacts<'_>, settings: &Settings, instance: &Instance) -> Self {
        let trunked = settings.pod_eni && (node.pod_eni > 0 || node.trunk_attached);
        let addresses = Addresses::of(instance, settings, trunked);
        let secondary = addresses.size == 1;
        Self {
            cap: IpCap::Known(addresses.total()),
            addresses: Some(addresses),
            with_prefixes: eni::recommended_with_prefixes(instance, settings.custom_networking)
                .filter(|_| secondary),
            prefixes_ignored: settings.prefix_delegation && secondary,
            multi_nic: settings.multi_nic,
        }
    }
}

fn interfaces(node: &NodeFacts<'_>) -> Interfaces {
    let unknown = |why| Interfaces::only(IpCap::Unknown(why));
    if matches!(node.compute_type, "fargate" | "auto" | "hybrid") {
        return unknown(Why::ComputeType);
    }
    if !node.provider_id.starts_with("aws:///") {
        return unknown(Why::NotAws);
    }
    if node.os == "windows" {
        return node.windows_ips.map_or_else(
            || unknown(Why::Windows),
            |cap| Interfaces::only(IpCap::Known(cap)),
        );
    }
    let env = match node.cni {
        Cni::Absent => return unknown(Why::NoAwsNode),
        Cni::Unseen => return unknown(Why::Unseen),
        Cni::AwsNode { env_from: true, .. } => return unknown(Why::IndirectEnv),
        Cni::AwsNode { env, .. } => env,
    };
    let Some(settings) = Settings::of(env) else {
        return unknown(Why::IndirectEnv);
    };
    if settings.ipv6 {
        return Interfaces::only(IpCap::Unlimited);
    }
    if settings.unmanaged {
        return unknown(Why::Unmanaged);
    }
    eni::instance(node.instance_type).map_or_else(
        || unknown(Why::UnknownType),
        |instance| Interfaces::of(node, &settings, &instance),
    )
}

/// Addresses pods can have of the first IPv4 range: all but network, broadcast and gateway. `None` without such a range.
fn usable_addresses(cidrs: &[&str]) -> Option<u32> {
    let cidr = cidrs.iter().find(|cidr| cidr.contains('.'))?;
    let bits: u32 = cidr.split_once('/')?.1.parse().ok()?;
    let addresses = 1u64 << 32u32.checked_sub(bits)?;
    u32::try_from(addresses.saturating_sub(3)).ok()
}

#[cfg(test)]
mod tests {
    use super::{Binding, Cni, Density, IpCap, NodeFacts, PodCounts, Why, density, has_own_ipam};
    use crate::rules::eni::Env;

    const STOCK: &Env<'_> = &[];
    const PREFIX: &Env<'_> = &[("ENABLE_PREFIX_DELEGATION", Some("true"))];
    const TRUNK: &Env<'_> = &[("ENABLE_POD_ENI", Some("true"))];
    const CUSTOM: &Env<'_> = &[("AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", Some("true"))];

    fn node<'a>(instance_type: &'a str, slots: u32, env: &'a Env<'a>) -> NodeFacts<'a> {
        NodeFacts {
            provider_id: "aws:///eu-central-1a/i-0abc",
            instance_type,
            os: "linux",
            slots,
            cni: Cni::AwsNode { env, env_from: false },
            ..NodeFacts::default()
        }
    }

    fn pods(bound: u32, host_network: u32, branch: u32) -> PodCounts {
        PodCounts {
            bound,
            host_network,
            branch,
        }
    }

    #[test]
    fn eks_nodes_on_linux() {
        let trunked = |slots| NodeFacts {
            pod_eni: 9,
            ..node("m5.large", slots, TRUNK)
        };
        let minimum: &Env<'_> = &[("MINIMUM_IP_TARGET", Some("12"))];
        for (facts, counts, ip_cap, overcommit, stranded) in [
            (node("m5.large", 29, STOCK), pods(2, 2, 0), 27, 0, 0),
            (node("m5.large", 29, STOCK), pods(4, 4, 0), 27, 0, 2),
            (node("t3.medium", 110, STOCK), pods(2, 2, 0), 15, 93, 0),
            (trunked(29), pods(2, 2, 0), 18, 9, 0),
            (trunked(29), pods(11, 2, 9), 18, 0, 0),
            (node("m5.large", 29, CUSTOM), pods(2, 2, 0), 18, 9, 0),
            (node("m5.4xlarge", 110, STOCK), pods(2, 2, 0), 232, 0, 124),
            (node("t2.medium", 17, PREFIX), pods(2, 2, 0), 15, 0, 0),
            (node("m5.large", 29, minimum), pods(2, 2, 0), 12, 15, 0),
            (node("m5.large", 110, PREFIX), pods(40, 4, 0), 432, 0, 326),
            (node("m5.large", 29, TRUNK), pods(2, 2, 0), 27, 0, 0),
        ] {
            let found = density(&facts, counts);
            assert_eq!(
                (found.ip_cap, found.overcommit, found.stranded),
                (IpCap::Known(ip_cap), overcommit, stranded),
                "{} {counts:?}",
                facts.instance_type
            );
        }
    }

    #[test]
    fn the_smaller_headroom_binds() {
        let of = |found: Density| (found.headroom, found.binding, found.used_of_limit());
        let t3 = |slots| node("t3.medium", slots, STOCK);
        assert_eq!(
            of(density(&t3(17), pods(16, 2, 0))),
            (1, Binding::Eni, (14, 15)),
            "a tie is the ENI's"
        );
        assert_eq!(
            of(density(&t3(17), pods(16, 4, 0))),
            (1, Binding::Slots, (16, 17))
        );
        assert_eq!(of(density(&t3(110), pods(16, 2, 0))), (1, Binding::Eni, (14, 15)));
        assert_eq!(
            of(density(&t3(110), pods(20, 2, 0))),
            (-3, Binding::Eni, (18, 15))
        );
        assert_eq!(
            of(density(&node("m7g.xlarge", 110, PREFIX), pods(38, 4, 0))).1,
            Binding::Slots
        );
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn where_addresses_are_not_known_only_slots_count() {
        let aws = node("m5.large", 29, STOCK);
        let indirect: &Env<'_> = &[("MAX_ENI", None)];
        let imds: &Env<'_> = &[("ENABLE_IMDS_ONLY_MODE", Some("true"))];
        for (facts, why) in [
            (
                NodeFacts {
                    provider_id: "gce://p/z/n",
                    ..aws
                },
                Why::NotAws,
            ),
            (
                NodeFacts {
                    provider_id: "eks-hybrid:///r/c/n",
                    ..aws
                },
                Why::NotAws,
            ),
            (
                NodeFacts {
                    compute_type: "fargate",
                    ..aws
                },
                Why::ComputeType,
            ),
            (
                NodeFacts {
                    compute_type: "auto",
                    ..aws
                },
                Why::ComputeType,
            ),
            (
                NodeFacts {
                    cni: Cni::Absent,
                    ..aws
                },
                Why::NoAwsNode,
            ),
            (
                NodeFacts {
                    cni: Cni::Unseen,
                    ..aws
                },
                Why::Unseen,
            ),
            (NodeFacts { os: "windows", ..aws }, Why::Windows),
            (node("m5.large", 29, indirect), Why::IndirectEnv),
            (
                NodeFacts {
                    cni: Cni::AwsNode {
                        env: STOCK,
                        env_from: true,
                    },
                    ..aws
                },
                Why::IndirectEnv,
            ),
            (node("m5.large", 29, imds), Why::Unmanaged),
            (node("m99.large", 29, STOCK), Why::UnknownType),
        ] {
            let found = density(&facts, pods(30, 2, 0));
            assert_eq!(found.ip_cap, IpCap::Unknown(why));
            assert_eq!(
                (found.headroom, found.binding, found.overcommit),
                (-1, Binding::Slots, 0),
                "{why:?}"
            );
        }
    }

    #[test]
    fn ipv6_is_unlimited_and_windows_advertises() {
        let ipv6: &Env<'_> = &[
            ("ENABLE_IPv6", Some("true")),
            ("ENABLE_PREFIX_DELEGATION", Some("true")),
        ];
        let found = density(&node("m5.large", 29, ipv6), pods(5, 2, 0));
        assert_eq!((found.ip_cap, found.headroom), (IpCap::Unlimited, 24));
        let windows = NodeFacts {
            os: "windows",
            windows_ips: Some(9),
            cni: Cni::Absent,
            ..node("c5.large", 110, STOCK)
        };
        let found = density(&windows, pods(3, 0, 0));
        assert_eq!(
            (found.ip_cap, found.headroom, found.binding),
            (IpCap::Known(9), 6, Binding::Eni)
        );
    }

    #[test]
    fn a_pod_range_limits_elsewhere() {
        let plain = |cidrs| NodeFacts {
            provider_id: "kind://docker/kind/kind-worker",
            pod_cidrs: cidrs,
            ..node("", 110, STOCK)
        };
        for (cidrs, cap) in [
            (&["10.244.1.0/24"][..], Some(253)),
            (&["10.244.1.0/25"], Some(125)),
            (&["10.244.1.0/26"], Some(61)),
            (&["fd00::/64", "10.0.0.0/26"], Some(61)),
            (&["10.0.0.0/31"], Some(0)),
            (&["fd00::/64"], None),
            (&["10.0.0.0/99"], None),
            (&["nonsense"], None),
            (&[], None),
        ] {
            assert_eq!(density(&plain(cidrs), pods(0, 0, 0)).cidr_cap, cap, "{cidrs:?}");
        }
        let found = density(&plain(&["10.244.1.0/26"]), pods(62, 2, 0));
        assert_eq!(
            (found.headroom, found.binding, found.overcommit),
            (1, Binding::Cidr, 47)
        );
        let calico = NodeFacts {
            own_ipam: has_own_ipam(["volumes.kubernetes.io/attach", "projectcalico.org/IPv4Address"]),
            ..plain(&["10.244.1.0/26"])
        };
        assert_eq!(density(&calico, pods(62, 2, 0)).binding, Binding::Slots);
        assert!(
            !has_own_ipam(["flannel.alpha.coreos.com/backend-type"]),
            "flannel hands out the podCIDR"
        );
    }
}
