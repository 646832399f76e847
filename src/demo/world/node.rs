//! Nodes of an EKS cluster in three node groups, as kubelet and the cloud provider describe them. Places no pods.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::demo::ids::{Ids, stable_hex};
use crate::demo::object::{after, manage, object, put, stamp};

/// What the nodes of one managed node group have in common.
#[derive(Debug)]
pub struct Group {
    /// Value of the label `eks.amazonaws.com/nodegroup`.
    pub name: &'static str,
    /// EC2 instance type; its limits stand in `assets/eni_limits.csv`.
    pub instance: &'static str,
    /// Whole processors.
    pub vcpu: u32,
    /// Memory that the kernel leaves of the advertised size, KiB.
    pub memory_kib: u64,
    /// `amd64` or `arm64`.
    pub arch: &'static str,
    /// kubelet's `max-pods`.
    pub slots: u32,
    /// The `max-pods` that nodeadm's memory reservation was computed from (it ignores an override).
    pub reserved_for: u32,
    /// Network interfaces of the default network card, and IPv4 addresses of each.
    pub enis: (u32, u32),
    /// Whether the aws-node pods of this group run with prefix delegation.
    pub prefix: bool,
    /// Days since the group's first node came up.
    pub age_days: i64,
}

/// The three groups: the oldest keeps secondary addresses, the middle one was made for prefix delegation, the newest had its
/// `max-pods` raised by hand although its aws-node pods have not been replaced, so that addresses end before slots.
pub static GROUPS: [Group; 3] = [
    Group {
        name: "general-t3",
        instance: "t3.medium",
        vcpu: 2,
        memory_kib: 3_943_364,
        arch: "amd64",
        slots: 17,
        reserved_for: 17,
        enis: (3, 6),
        prefix: false,
        age_days: 41,
    },
    Group {
        name: "apps-m5",
        instance: "m5.large",
        vcpu: 2,
        memory_kib: 7_910_512,
        arch: "amd64",
        slots: 110,
        reserved_for: 110,
        enis: (3, 10),
        prefix: true,
        age_days: 12,
    },
    Group {
        name: "arm-m7g",
        instance: "m7g.xlarge",
        vcpu: 4,
        memory_kib: 16_070_448,
        arch: "arm64",
        slots: 110,
        reserved_for: 58,
        enis: (4, 15),
        prefix: false,
        age_days: 5,
    },
];

/// The region, and the letters of its zones.
pub const REGION: &str = "eu-central-1";
/// Label and taint of the node kept for features: key, value, effect.
pub const FEATURES: (&str, &str, &str) = ("workload", "features", "NoSchedule");
/// The account number of AWS' own documentation.
pub const ACCOUNT: &str = "111122223333";
/// Version of the kubelets.
pub const KUBELET: &str = "v1.36.3-eks-3cfe0ce";
const ROOT_KIB: u64 = 20_959_212;

impl Group {
    /// Addresses that the interfaces of one node can hold for pods (reference: VPC CNI README, "ENI allocation").
    pub fn addresses(&self) -> u32 {
        self.enis.0 * (self.enis.1 - 1) * if self.prefix { 16 } else { 1 }
    }

    /// Processor thousandths the kubelet keeps back: 6 %, 1 %, 0.5 % and 0.25 % of ever more cores (amazon-eks-ami, nodeadm).
    pub fn reserved_cpu_milli(&self) -> u32 {
        (1..=self.vcpu)
            .map(|core| match core {
                1 => 240,
                2 => 40,
                3 | 4 => 20,
                _ => 10,
            })
            .sum::<u32>()
            / 4
    }

    /// Memory the kubelet keeps back, KiB: 255 Mi + 11 Mi a pod and 100 Mi of hard eviction (amazon-eks-ami, nodeadm).
    fn reserved_kib(&self) -> u64 {
        u64::from(255 + 11 * self.reserved_for + 100) * 1024
    }
}

/// One node: which group, which zone letter, which address.
#[derive(Debug, Clone)]
pub struct Place {
    /// Index into [`GROUPS`].
    pub group: usize,
    /// `a`, `b` or `c`.
    pub zone: char,
    /// IPv4 address inside the VPC.
    pub ip: [u8; 4],
    /// Whether it was cordoned.
    pub cordoned: bool,
}

impl Place {
    /// The group this node belongs to.
    pub fn group(&self) -> &'static Group {
        &GROUPS[self.group.min(GROUPS.len() - 1)]
    }

    /// The node's name: its private DNS name.
    pub fn name(&self) -> String {
        let [a, b, c, d] = self.ip;
        format!("ip-{a}-{b}-{c}-{d}.{REGION}.compute.internal")
    }

    /// Its address as text.
    pub fn address(&self) -> String {
        let [a, b, c, d] = self.ip;
        format!("{a}.{b}.{c}.{d}")
    }

    /// The zone's full name.
    fn zone_name(&self) -> String {
        format!("{REGION}{}", self.zone)
    }
}

/// A place for a node more in a group and zone, whose name is not `taken`.
pub fn another(group: usize, zone: char, taken: impl Fn(&str) -> bool) -> Option<Place> {
    let mut all = (9..2_000).map(place);
    all.find(|place| place.group == group && place.zone == zone && !taken(&place.name()))
}

/// Group, zone letter and whether it is cordoned, of the standard world's nodes; the rest repeat their mix.
const MIX: [(usize, char, bool); 9] = [
    (0, 'a', false),
    (0, 'b', false),
    (0, 'c', false),
    (1, 'a', false),
    (1, 'b', false),
    (1, 'c', false),
    (1, 'b', true),
    (2, 'a', false),
    (2, 'b', false),
];

/// Places for `count` nodes; the first nine are the standard world's (three, four and two of the groups).
pub fn places(count: usize) -> Vec<Place> {
    (0..count).map(place).collect()
}

/// The place of a number.
pub fn place(index: usize) -> Place {
    let (group, zone, cordoned) = MIX[index % MIX.len()];
    let third = 32 * (zone as usize - 'a' as usize) + (index / 200) % 32;
    let last = (11 + index * 37) % 200 + 10;
    let second = index / 6400;
    Place {
        group,
        zone,
        ip: [10, second as u8, third as u8, last as u8],
        cordoned: cordoned && index < MIX.len(),
    }
}

/// The first address of those that the node of a number gives to its pods. Each node has two times 256 of its own, more than any group's
/// interfaces hold; none is a node's, as nodes are in the first half of their zone's subnet and pods in the second.
pub fn pods_from(index: usize) -> [u8; 4] {
    let zone = MIX[index % MIX.len()].1;
    let of_zone = |nodes: &[(usize, char, bool)]| nodes.iter().filter(|node| node.1 == zone).count();
    let (rounds, within) = (index / MIX.len(), index % MIX.len());
    let before = rounds * of_zone(&MIX) + of_zone(&MIX[..within]);
    let third = 32 * (zone as usize - 'a' as usize) + 16 + before % 8 * 2;
    [10, (before / 8) as u8, third as u8, 4]
}

/// The number of the place that a name tells of (`ip-10-0-32-48…`). `None` for other names.
pub fn index_of(name: &str) -> Option<usize> {
    let rest = name.strip_prefix("ip-10-")?;
    let mut parts = rest.split(['-', '.']).map(|part| part.parse::<usize>().ok());
    let (second, third, last) = (parts.next()??, parts.next()??, parts.next()??);
    // 37 × 173 = 1 modulo 200.
    let within = (last + 400 - 21) % 200 * 173 % 200;
    let index = second * 6400 + third % 32 * 200 + within;
    place(index)
        .name()
        .starts_with(name.split('.').next()?)
        .then_some(index)
}

/// The Node object of `place` that came up at `at`.
pub fn node(place: &Place, at: Timestamp, now: Timestamp) -> Value {
    let group = place.group();
    let name = place.name();
    let mut node = object(("v1", "Node"), ("", &name), at);
    node["metadata"]["labels"] = labels(place, &name);
    node["metadata"]["annotations"] = json!({
        "alpha.kubernetes.io/provided-node-ip": place.address(),
        "csi.volume.kubernetes.io/nodeid": format!("{{\"ebs.csi.aws.com\":\"i-{}\"}}", stable_hex(&["instance", &name], 17)),
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    });
    let instance = stable_hex(&["instance", &name], 17);
    let mut spec = json!({"providerID": format!("aws:///{}/i-{instance}", place.zone_name())});
    let mut taints = Vec::new();
    if group.arch == "arm64" {
        taints.push(json!({"key": "kubernetes.io/arch", "value": "arm64", "effect": "NoSchedule"}));
    }
    if place.cordoned {
        put(&mut spec, "unschedulable", true.into());
        taints.push(json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": stamp(after(now, -4500))}));
    }
    if !taints.is_empty() {
        put(&mut spec, "taints", taints.into());
    }
    put(&mut node, "spec", spec);
    put(&mut node, "status", status(place, at, now));
    manage(&mut node, "kubelet", Some("kubelet"), at);
    node
}

fn labels(place: &Place, name: &str) -> Value {
    let group = place.group();
    let zone = place.zone_name();
    json!({
        "beta.kubernetes.io/arch": group.arch, "beta.kubernetes.io/instance-type": group.instance, "beta.kubernetes.io/os": "linux",
        "eks.amazonaws.com/capacityType": "ON_DEMAND", "eks.amazonaws.com/nodegroup": group.name,
        "eks.amazonaws.com/nodegroup-image": format!("ami-{}", stable_hex(&["ami", group.arch], 17)),
        "failure-domain.beta.kubernetes.io/region": REGION, "failure-domain.beta.kubernetes.io/zone": zone,
        "k8s.io/cloud-provider-aws": "f94057d6d5ea9b2b9d4a2f3a6e2c1d55",
        "kubernetes.io/arch": group.arch, "kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": group.instance, "topology.ebs.csi.aws.com/zone": zone,
        "topology.k8s.aws/zone-id": format!("euc1-az{}", place.zone as u32 - 'a' as u32 + 1),
        "topology.kubernetes.io/region": REGION, "topology.kubernetes.io/zone": zone,
    })
}

fn status(place: &Place, at: Timestamp, now: Timestamp) -> Value {
    let group = place.group();
    let name = place.name();
    let storage = (ROOT_KIB * 1024 / 10 * 9).saturating_sub(1 << 30);
    let quantities = |cpu: String, memory: u64, storage: String| {
        json!({"cpu": cpu, "ephemeral-storage": storage, "hugepages-1Gi": "0", "hugepages-2Mi": "0",
               "memory": format!("{memory}Ki"), "pods": group.slots.to_string()})
    };
    json!({
        "addresses": [
            {"type": "InternalIP", "address": place.address()}, {"type": "InternalDNS", "address": name},
            {"type": "Hostname", "address": name},
        ],
        "capacity": quantities(group.vcpu.to_string(), group.memory_kib, format!("{ROOT_KIB}Ki")),
        "allocatable": quantities(
            format!("{}m", group.vcpu * 1000 - group.reserved_cpu_milli()),
            group.memory_kib.saturating_sub(group.reserved_kib()),
            storage.to_string(),
        ),
        "conditions": conditions(at, now),
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "images": images(group.arch),
        "nodeInfo": node_info(place),
        "runtimeHandlers": [{"name": "", "features": {"recursiveReadOnlyMounts": true, "userNamespaces": true}}],
    })
}

fn node_info(place: &Place) -> Value {
    let name = place.name();
    let machine = stable_hex(&["machine", &name], 32);
    json!({
        "architecture": place.group().arch, "bootID": stable_uuid("boot", &name), "containerRuntimeVersion": "containerd://2.1.5",
        "kernelVersion": "6.12.46-66.121.amzn2023.x86_64".replace("x86_64", if place.group().arch == "arm64" { "aarch64" } else { "x86_64" }),
        "kubeProxyVersion": "", "kubeletVersion": KUBELET, "machineID": format!("ec2{}", machine.trim_start_matches('0')),
        "operatingSystem": "linux", "osImage": "Amazon Linux 2023.9.20261105", "systemUUID": stable_uuid("system", &name),
    })
}

fn stable_uuid(what: &str, name: &str) -> String {
    Ids::new(crate::demo::ids::stable(&[what, name])).uid()
}

/// The four conditions of a healthy node: last heard `now`, unchanged since `at`.
pub fn conditions(at: Timestamp, now: Timestamp) -> Value {
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({"type": kind, "status": status, "reason": reason, "message": message,
               "lastHeartbeatTime": stamp(now), "lastTransitionTime": stamp(after(at, 14))})
    };
    json!([
        condition(
            "MemoryPressure",
            "False",
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available"
        ),
        condition(
            "DiskPressure",
            "False",
            "KubeletHasNoDiskPressure",
            "kubelet has no disk pressure"
        ),
        condition(
            "PIDPressure",
            "False",
            "KubeletHasSufficientPID",
            "kubelet has sufficient PID available"
        ),
        condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ])
}

fn images(arch: &str) -> Value {
    let registry = format!("602401143452.dkr.ecr.{REGION}.amazonaws.com");
    let list: Vec<Value> = [
        ("amazon-k8s-cni:v1.23.1", 62_410_233), ("amazon/aws-network-policy-agent:v1.3.1", 46_220_113),
        ("eks/kube-proxy:v1.36.3-minimal-eksbuild.2", 37_001_942), ("eks/coredns:v1.13.1-eksbuild.3", 27_118_220),
        ("eks/aws-ebs-csi-driver:v1.52.1", 31_900_412), ("eks/pause:3.10", 318_211),
    ]
    .iter()
    .map(|(name, bytes)| {
        let digest = stable_hex(&["image", name, arch], 64);
        let repository = name.split(':').next().unwrap_or(name);
        json!({"names": [format!("{registry}/{repository}@sha256:{digest}"), format!("{registry}/{name}")], "sizeBytes": bytes})
    })
    .collect();
    list.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reservations_follow_the_published_table() {
        let [t3, m5, m7g] = &GROUPS;
        assert_eq!((t3.reserved_cpu_milli(), m7g.reserved_cpu_milli()), (70, 80));
        assert_eq!(t3.reserved_kib() / 1024, 542);
        assert_eq!(m5.reserved_kib() / 1024, 1565);
        assert_eq!(m7g.reserved_kib() / 1024, 993);
    }

    #[test]
    fn addresses_follow_the_eni_rule() {
        assert_eq!(
            GROUPS.iter().map(Group::addresses).collect::<Vec<_>>(),
            [15, 432, 56]
        );
    }

    #[test]
    fn a_name_tells_its_number() {
        for index in [0, 8, 9, 199, 200, 5_000, 7_001] {
            assert_eq!(index_of(&place(index).name()), Some(index));
        }
        assert_eq!(index_of("ip-10-0-99-5.eu-central-1.compute.internal"), None);
    }

    #[test]
    fn no_two_nodes_of_a_big_cluster_give_away_the_same_address() {
        let number = |ip: [u8; 4]| u32::from_be_bytes(ip);
        let mut ranges: Vec<(u32, u32)> = (0..2000)
            .flat_map(|index| {
                let (place, first) = (place(index), number(pods_from(index)));
                [(number(place.ip), 1), (first, place.group().addresses())]
            })
            .collect();
        ranges.sort_unstable();
        for pair in ranges.windows(2) {
            assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{pair:?}");
        }
    }

    #[test]
    fn names_are_unique_for_a_big_cluster() {
        let names: std::collections::HashSet<_> = places(2000).iter().map(Place::name).collect();
        assert_eq!(names.len(), 2000);
    }

    #[test]
    fn allocatable_is_capacity_less_the_reservation() {
        let at = Timestamp::from_seconds(1_700_000_000);
        let node = node(&places(1)[0], at, at);
        assert_eq!(node["status"]["allocatable"]["cpu"], "1930m");
        assert_eq!(
            node["status"]["allocatable"]["memory"],
            format!("{}Ki", 3_943_364 - 542 * 1024)
        );
        assert_eq!(node["status"]["capacity"]["pods"], "17");
    }
}
