//! Whether more pods of one template fit on the nodes as they are, and what the others lack. Schedules nothing and knows no pods by name.
//!
//! Filters as the scheduler's plugins `NodeResourcesFit`, `NodeUnschedulable`, `NodeAffinity` and `TaintToleration`; and, which the
//! scheduler does not, by free addresses. Spread constraints, pod affinity, host ports and volumes are not looked at, so that fewer may fit.

mod admission;

use std::fmt::Write as _;
use std::sync::Arc;

use super::requests::Resources;
use super::selector::Requirement;
use crate::model::Labels;

pub use admission::{Taint, Toleration, admits};

/// A node and what is free on it.
#[derive(Debug, Clone)]
pub struct NodeRoom<'a> {
    /// Name.
    pub name: &'a str,
    /// Labels.
    pub labels: &'a Labels,
    /// `spec.taints`.
    pub taints: &'a [Taint<'a>],
    /// `spec.unschedulable`.
    pub unschedulable: bool,
    /// Allocatable less the requests of the pods on it.
    pub free: Resources,
    /// Free kubelet slots.
    pub slots: u32,
    /// Free pod addresses; `None` where they are no limit, or not known.
    pub ips: Option<u32>,
}

/// What a pod of the template needs.
#[derive(Debug, Clone, Default)]
pub struct PodShape<'a> {
    /// Effective requests.
    pub requests: Resources,
    /// True when it takes an address of the node: neither on the host network nor with a branch interface.
    pub takes_ip: bool,
    /// `spec.nodeSelector`.
    pub node_selector: &'a [(&'a str, &'a str)],
    /// `nodeSelectorTerms` of the required node affinity, of which one must hold; empty when there is none.
    pub affinity: &'a [Vec<Requirement>],
    /// `spec.tolerations`.
    pub tolerations: &'a [Toleration<'a>],
}

/// What a pod that does not fit lacks first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// A node that takes it at all: taints, node selector, cordon.
    Node,
    /// A pod address.
    Ip,
    /// A kubelet slot.
    Slot,
    /// CPU.
    Cpu,
    /// Memory.
    Memory,
    /// Another resource, by name.
    Other(Arc<str>),
}

impl Lack {
    /// The word of the sentence: `IPs`, `cpu`, `nvidia.com/gpu`.
    pub fn name(&self) -> &str {
        match self {
            Self::Node => "a node that admits them",
            Self::Ip => "IPs",
            Self::Slot => "slots",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Other(name) => name,
        }
    }
}

/// Where pods went, and what the others lack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fit {
    /// How many were to be placed.
    pub asked: u32,
    /// How many fit.
    pub fits: u32,
    /// Index of the node and how many pods it took, in the order of the nodes.
    pub on: Vec<(usize, u32)>,
    /// What the others lack and how many of them; the counts add up to `asked - fits`. Most first.
    pub lacking: Vec<(Lack, u32)>,
}

impl Fit {
    /// `7 of 10 new pods now · 2 lack IPs · 1 lacks cpu`, or `all 10 new pods now`: as far as the nodes are asked, a quota may refuse them.
    pub fn explain(&self) -> String {
        let pods = if self.asked == 1 { "pod" } else { "pods" };
        if self.fits == self.asked {
            return format!("all {} new {pods} now", self.asked);
        }
        let mut text = format!("{} of {} new {pods} now", self.fits, self.asked);
        for (lack, count) in &self.lacking {
            let verb = if *count == 1 { "lacks" } else { "lack" };
            let _ = write!(text, " · {count} {verb} {}", lack.name()); // writing to a String cannot fail
        }
        text
    }
}

/// Places `count` pods, each node filled before the next, and takes what they use off the nodes, so that several templates can be
/// placed one after the other.
pub fn place(nodes: &mut [NodeRoom<'_>], pod: &PodShape<'_>, count: u32) -> Fit {
    let open: Vec<bool> = nodes.iter().map(|node| admits(node, pod)).collect();
    let lacking = lacking(nodes, &open, pod, count);
    let mut fit = Fit {
        asked: count,
        lacking,
        ..Fit::default()
    };
    for (at, node) in nodes.iter_mut().enumerate() {
        let room = if open.get(at) == Some(&true) {
            capacity(node, pod, &[])
        } else {
            0
        };
        let taken = room.min(count - fit.fits);
        if taken > 0 {
            node.take(pod, taken);
            fit.fits += taken;
            fit.on.push((at, taken));
        }
    }
    fit
}

impl NodeRoom<'_> {
    fn take(&mut self, pod: &PodShape<'_>, count: u32) {
        let mut used = pod.requests.clone();
        let times = |amount: u64| amount.saturating_mul(count.into());
        used.cpu_milli = times(used.cpu_milli);
        used.memory = times(used.memory);
        used.extended
            .iter_mut()
            .for_each(|(_, amount)| *amount = times(*amount));
        self.free.subtract(&used);
        self.slots = self.slots.saturating_sub(count);
        if pod.takes_ip {
            self.ips = self.ips.map(|free| free.saturating_sub(count));
        }
    }
}

/// How many of the pods a node takes, looking away from some resources.
fn capacity(node: &NodeRoom<'_>, pod: &PodShape<'_>, ignored: &[Lack]) -> u32 {
    needs(pod)
        .into_iter()
        .filter(|need| !ignored.contains(need))
        .map(|need| room_for(node, pod, &need))
        .min()
        .unwrap_or(u32::MAX)
}

/// Everything that can limit the pod.
fn needs(pod: &PodShape<'_>) -> Vec<Lack> {
    let ip = pod.takes_ip.then_some(Lack::Ip);
    let resources = pod.requests.iter().map(|(name, _)| match name {
        "cpu" => Lack::Cpu,
        "memory" => Lack::Memory,
        other => Lack::Other(Arc::from(other)),
    });
    ip.into_iter().chain([Lack::Slot]).chain(resources).collect()
}

/// How many of the pods one resource of a node is enough for.
fn room_for(node: &NodeRoom<'_>, pod: &PodShape<'_>, need: &Lack) -> u32 {
    let by_amount = |name: &str| {
        let each = pod.requests.amount(name).max(1);
        u32::try_from(node.free.amount(name) / each).unwrap_or(u32::MAX)
    };
    match need {
        Lack::Node => u32::MAX,
        Lack::Ip => node.ips.unwrap_or(u32::MAX),
        Lack::Slot => node.slots,
        Lack::Cpu => by_amount("cpu"),
        Lack::Memory => by_amount("memory"),
        Lack::Other(name) => by_amount(name),
    }
}

/// Gives each pod that does not fit one reason: resources are set aside one by one, each time the one that lets most pods in (if none
/// does alone, the scarcest), and what gets in then lacked that one, or the scarcest of those it took together.
fn lacking(nodes: &[NodeRoom<'_>], open: &[bool], pod: &PodShape<'_>, count: u32) -> Vec<(Lack, u32)> {
    let open: Vec<_> = nodes
        .iter()
        .zip(open)
        .filter(|(_, open)| **open)
        .map(|(node, _)| node)
        .collect();
    let total = |room: &dyn Fn(&NodeRoom<'_>) -> u32| {
        let all: u64 = open.iter().map(|node| u64::from(room(node))).sum();
        u32::try_from(all).unwrap_or(u32::MAX).min(count)
    };
    let mut placed = total(&|node| capacity(node, pod, &[]));
    let mut found: Vec<(Lack, u32)> = Vec::new();
    let mut ignored: Vec<Lack> = Vec::new();
    let mut left = needs(pod);
    let mut blamed = 0;
    while placed < count && !open.is_empty() && !left.is_empty() {
        let gain = |need: &Lack| {
            let without: Vec<_> = ignored.iter().chain([need]).cloned().collect();
            (
                total(&|node| capacity(node, pod, &without)),
                u32::MAX - total(&|node| room_for(node, pod, need)),
            )
        };
        // of equals the last maximum would win: reversed, so that addresses come before slots
        let best = (0..left.len())
            .rev()
            .max_by_key(|at| left.get(*at).map(gain))
            .unwrap_or(0);
        ignored.push(left.remove(best));
        let now = total(&|node| capacity(node, pod, &ignored));
        if let Some(lack) = ignored.get(blamed).filter(|_| now > placed) {
            found.push((lack.clone(), now - placed));
            blamed = ignored.len();
        }
        placed = now;
    }
    if placed < count {
        found.push((Lack::Node, count - placed));
    }
    found.sort_by_key(|(_, lacking)| std::cmp::Reverse(*lacking));
    found
}

#[cfg(test)]
mod tests {
    use super::{Lack, NodeRoom, PodShape, Taint, place};
    use crate::model::Labels;
    use crate::rules::requests::Resources;

    static NO_LABELS: std::sync::LazyLock<Labels> = std::sync::LazyLock::new(Labels::default);

    fn node(cpu: &str, memory: &str, slots: u32, ips: Option<u32>) -> NodeRoom<'static> {
        NodeRoom {
            name: "n",
            labels: &NO_LABELS,
            taints: &[],
            unschedulable: false,
            free: Resources::of([("cpu", cpu), ("memory", memory)]),
            slots,
            ips,
        }
    }

    fn pod(cpu: &str, memory: &str) -> PodShape<'static> {
        PodShape {
            requests: Resources::of([("cpu", cpu), ("memory", memory)]),
            takes_ip: true,
            ..PodShape::default()
        }
    }

    #[test]
    fn the_smallest_room_of_each_node_counts() {
        let mut nodes = [
            node("2", "8Gi", 20, Some(3)),
            node("1", "8Gi", 20, None),
            node("8", "8Gi", 2, Some(9)),
        ];
        let fit = place(&mut nodes, &pod("500m", "256Mi"), 7);
        assert_eq!((fit.fits, &*fit.on), (7, &[(0, 3), (1, 2), (2, 2)][..]));
        assert_eq!(fit.explain(), "all 7 new pods now");
        assert_eq!(
            (nodes[0].ips, nodes[0].slots, nodes[0].free.cpu_milli),
            (Some(0), 17, 500)
        );
        assert_eq!(
            place(&mut nodes, &pod("500m", "256Mi"), 1).fits,
            0,
            "the room is taken"
        );
    }

    #[test]
    fn the_rest_is_told_what_it_lacks() {
        let mut nodes = [node("8", "64Gi", 20, Some(5)), node("1", "64Gi", 20, Some(20))];
        let fit = place(&mut nodes, &pod("500m", "256Mi"), 10);
        assert_eq!(
            (fit.fits, &*fit.lacking),
            (7, &[(Lack::Ip, 3)][..]),
            "cpu on the second node would do, too; of equals the first is named"
        );
        let mut nodes = [node("4", "64Gi", 20, Some(5)), node("1", "1Gi", 20, Some(20))];
        let fit = place(&mut nodes, &pod("500m", "512Mi"), 11);
        assert_eq!(fit.explain(), "7 of 11 new pods now · 3 lack IPs · 1 lacks cpu");
        assert_eq!(fit.lacking.iter().map(|(_, count)| count).sum::<u32>(), 4);
    }

    #[test]
    fn when_addresses_and_slots_end_together_it_is_the_addresses() {
        let mut nodes = [node("64", "64Gi", 0, Some(0))];
        let fit = place(&mut nodes, &pod("1m", "1Mi"), 2);
        assert_eq!(
            (fit.fits, &*fit.explain()),
            (0, "0 of 2 new pods now · 2 lack IPs")
        );
        let mut nodes = [node("64", "64Gi", 1, Some(0))];
        assert_eq!(place(&mut nodes, &pod("1m", "1Mi"), 1).lacking, [(Lack::Ip, 1)]);
    }

    #[test]
    fn pods_on_the_host_network_need_no_address() {
        let shape = PodShape {
            takes_ip: false,
            ..pod("0", "0")
        };
        assert_eq!(
            place(&mut [node("0", "0", 3, Some(0))], &shape, 4).lacking,
            [(Lack::Slot, 1)]
        );
    }

    #[test]
    fn other_resources_and_closed_nodes() {
        let gpu = PodShape {
            requests: Resources::of([("nvidia.com/gpu", "1")]),
            ..PodShape::default()
        };
        let fit = place(&mut [node("8", "8Gi", 9, None)], &gpu, 2);
        assert_eq!(fit.explain(), "0 of 2 new pods now · 2 lack nvidia.com/gpu");
        let taint = [Taint {
            key: "dedicated",
            value: "db",
            effect: "NoSchedule",
        }];
        let closed = NodeRoom {
            taints: &taint,
            ..node("8", "8Gi", 9, None)
        };
        assert_eq!(
            place(&mut [closed], &pod("1", "1Gi"), 2).explain(),
            "0 of 2 new pods now · 2 lack a node that admits them"
        );
        assert_eq!(place(&mut [], &pod("1", "1Gi"), 1).lacking, [(Lack::Node, 1)]);
        assert_eq!(
            place(&mut [], &pod("1", "1Gi"), 0).explain(),
            "all 0 new pods now"
        );
    }
}
