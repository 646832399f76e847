//! What the world remembers beside the stored objects: nodes with what is taken of them, pods with their lives. Derived from the store and
//! small; it never holds whole pods.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::node::GROUPS;
use crate::clock::Timestamp;
use crate::demo::kubelet::life::Life;
use crate::demo::kubelet::spec::{Spec, pairs};
use crate::demo::object::{items, number, text, time};
use crate::demo::selector::Selector;
use crate::model::quantity;

/// Namespace and name.
pub type Key = (Arc<str>, Arc<str>);

/// A key from two texts.
pub fn key(namespace: &str, name: &str) -> Key {
    (namespace.into(), name.into())
}

/// A controlling owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its kind (`ReplicaSet`).
    pub kind: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its uid.
    pub uid: Arc<str>,
}

/// A pod as the controllers see it.
#[derive(Debug, Clone)]
pub struct Pod {
    /// `metadata.uid`.
    pub uid: Arc<str>,
    /// `metadata.creationTimestamp`.
    pub created: Timestamp,
    /// Labels in no order.
    pub labels: Arc<[(String, String)]>,
    /// Its controller.
    pub owner: Option<Owner>,
    /// What it runs.
    pub spec: Arc<Spec>,
    /// Its node, once bound.
    pub node: Option<Arc<str>>,
    /// Its life on the node; `None` until the kubelet there has seen it.
    pub life: Option<Life>,
    /// When its deletion was asked for, and its grace in seconds.
    pub deleting: Option<(Timestamp, i64)>,
    /// Whether something but the kubelet keeps it (finalizers).
    pub kept: bool,
    /// When its kubelet looks at it next.
    pub due: Option<Timestamp>,
}

impl Pod {
    /// Reads a stored pod; it has no life yet.
    pub fn parse(value: &Value) -> Self {
        let owner = items(value, "/metadata/ownerReferences")
            .iter()
            .find(|owner| owner["controller"] == true);
        Self {
            uid: text(value, "/metadata/uid").into(),
            created: time(value, "/metadata/creationTimestamp").unwrap_or_default(),
            labels: pairs(&value["metadata"]["labels"]).into(),
            owner: owner.map(|owner| Owner {
                kind: text(owner, "/kind").into(),
                name: text(owner, "/name").into(),
                uid: text(owner, "/uid").into(),
            }),
            spec: Arc::new(Spec::parse(&value["spec"])),
            node: Some(text(value, "/spec/nodeName"))
                .filter(|name| !name.is_empty())
                .map(Into::into),
            life: None,
            deleting: deleting(value),
            kept: !items(value, "/metadata/finalizers").is_empty(),
            due: None,
        }
    }

    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels
            .iter()
            .find(|(have, _)| have == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether all of `selector` are among its labels; an empty selector matches nothing.
    pub fn matches(&self, selector: &[(String, String)]) -> bool {
        !selector.is_empty()
            && selector
                .iter()
                .all(|(name, value)| self.label(name) == Some(value))
    }

    /// Whether a `LabelSelector` selects it; one that is absent selects nothing.
    pub fn is_selected(&self, selector: Option<&Selector>) -> bool {
        selector.is_some_and(|selector| selector.matches_by(|name| self.label(name)))
    }

    /// Whether it has ended for good.
    pub fn over(&self) -> bool {
        self.life.as_ref().is_some_and(|life| life.over.is_some())
    }

    /// Whether it is ready, and since when.
    pub fn ready(&self) -> Option<Timestamp> {
        self.life
            .as_ref()
            .filter(|life| life.ready.on && life.over.is_none())
            .map(|life| life.ready.since)
    }

    /// Whether a controller counts it: neither over nor going.
    pub fn active(&self) -> bool {
        !self.over() && self.deleting.is_none()
    }
}

/// `metadata.deletionTimestamp` as the time it was asked for, and the grace; `None` if it is not being deleted.
pub fn deleting(value: &Value) -> Option<(Timestamp, i64)> {
    let until = time(value, "/metadata/deletionTimestamp")?;
    let grace = number(value, "/metadata/deletionGracePeriodSeconds").unwrap_or(0);
    Some((crate::demo::object::after(until, -grace), grace))
}

/// A node as the scheduler sees it.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Taints: key, value, effect.
    pub taints: Vec<(String, String, String)>,
    /// Whether it is cordoned.
    pub unschedulable: bool,
    /// Allocatable processor thousandths and bytes of memory.
    pub allocatable: (u64, u64),
    /// Allocatable pod slots.
    pub slots: u32,
    /// Requested by its pods.
    pub requested: (u64, u64),
    /// Pods on it that are not over.
    pub pods: BTreeSet<Key>,
    /// Its own address.
    pub address: [u8; 4],
    /// Addresses for its pods.
    pub pool: Pool,
    /// Images that lie on it.
    pub images: HashSet<Arc<str>>,
    /// Whether its kubelet reports.
    pub ready: bool,
}

impl Node {
    /// A pod comes; `false` if it was there already.
    pub fn join(&mut self, key: &Key, spec: &Spec) -> bool {
        let new = self.pods.insert(key.clone());
        if new {
            self.requested.0 += spec.requests.0;
            self.requested.1 += spec.requests.1;
        }
        new
    }

    /// A pod leaves; `false` if it was not there.
    pub fn part(&mut self, key: &Key, spec: &Spec) -> bool {
        let was = self.pods.remove(key);
        if was {
            self.requested.0 = self.requested.0.saturating_sub(spec.requests.0);
            self.requested.1 = self.requested.1.saturating_sub(spec.requests.1);
        }
        was
    }

    /// Takes what the API says of the node; what runs on it stays.
    pub fn update(&mut self, value: &Value) {
        self.labels = pairs(&value["metadata"]["labels"]).into_iter().collect();
        self.taints = items(value, "/spec/taints")
            .iter()
            .map(|t| {
                (
                    text(t, "/key").to_owned(),
                    text(t, "/value").to_owned(),
                    text(t, "/effect").to_owned(),
                )
            })
            .collect();
        self.unschedulable = value["spec"]["unschedulable"] == true;
        let amount = |name: &str| text(value, &format!("/status/allocatable/{name}"));
        self.allocatable = (
            quantity::milli(amount("cpu")).unwrap_or(0).max(0) as u64,
            quantity::units(amount("memory")).unwrap_or(0),
        );
        self.slots = amount("pods").parse().unwrap_or(0);
        let internal = items(value, "/status/addresses")
            .iter()
            .find(|a| a["type"] == "InternalIP");
        self.address = internal
            .and_then(|a| parse_address(text(a, "/address")))
            .unwrap_or_default();
        self.ready = items(value, "/status/conditions")
            .iter()
            .any(|c| c["type"] == "Ready" && c["status"] == "True");
    }

    /// Its zone.
    pub fn zone(&self) -> &str {
        self.labels
            .get("topology.kubernetes.io/zone")
            .map_or("", String::as_str)
    }

    /// Its instance type.
    pub fn instance(&self) -> &str {
        self.labels
            .get("node.kubernetes.io/instance-type")
            .map_or("", String::as_str)
    }

    /// The name of its node group as EKS gives it, whatever its cloud calls it; empty when it has none.
    pub fn group(&self) -> &'static str {
        const LABELS: [&str; 4] = [
            "eks.amazonaws.com/nodegroup",
            "kubernetes.azure.com/agentpool",
            "cloud.google.com/gke-nodepool",
            "pool",
        ];
        let label = LABELS.iter().find_map(|label| self.labels.get(*label));
        let name = label.map_or("", |name| name.strip_suffix("-pool").unwrap_or(name));
        let name = if name == "big" { "arm" } else { name };
        let stem = |group: &str| group == name || group.split('-').next() == Some(name);
        let found = GROUPS.iter().find(|group| stem(group.name));
        found.map_or("", |group| group.name)
    }
}

/// Reads an IPv4 address.
pub fn parse_address(text: &str) -> Option<[u8; 4]> {
    text.parse::<std::net::Ipv4Addr>().ok().map(|ip| ip.octets())
}

/// Addresses one node may give to its pods (what ipamd manages).
#[derive(Debug, Clone, Default)]
pub struct Pool {
    /// The first address; the others follow.
    pub base: [u8; 4],
    /// How many its interfaces, or its subnet, allow.
    pub most: u32,
    used: BTreeSet<u32>,
    cooling: Vec<(Timestamp, u32)>,
}

impl Pool {
    /// A pool of `most` addresses from `base` on, none of them taken.
    pub fn new(base: [u8; 4], most: u32) -> Self {
        Self {
            base,
            most,
            ..Self::default()
        }
    }

    /// The addresses of an IPv4 range (`10.244.3.0/24`) but network, gateway and broadcast. `None` if it is none.
    pub fn of_range(range: &str) -> Option<Self> {
        let (first, bits) = range.split_once('/')?;
        let first = u32::from_be_bytes(parse_address(first)?);
        let size = 1u32.checked_shl(32u32.checked_sub(bits.parse().ok()?)?)?;
        Some(Self::new((first + 2).to_be_bytes(), size.saturating_sub(3)))
    }

    /// Whether an address may be free.
    pub fn has_room(&self) -> bool {
        self.used.len() + self.cooling.len() < self.most as usize
    }

    /// Takes the lowest free address; `None` when there is none: "failed to assign an IP address to container".
    pub fn take(&mut self, now: Timestamp) -> Option<[u8; 4]> {
        self.cooling.retain(|(until, _)| *until > now);
        if self.used.len() + self.cooling.len() >= self.most as usize {
            return None;
        }
        let free = (0..self.most)
            .find(|at| !self.used.contains(at) && !self.cooling.iter().any(|(_, cold)| cold == at))?;
        self.used.insert(free);
        Some(self.address(free))
    }

    /// Gives an address back; it cools for a while (VPC CNI, `IP_COOLDOWN_PERIOD`).
    pub fn give_back(&mut self, ip: [u8; 4], now: Timestamp) {
        let at = u32::from_be_bytes(ip).wrapping_sub(u32::from_be_bytes(self.base));
        if self.used.remove(&at) {
            self.cooling
                .push((crate::demo::object::after(now, super::node::IP_COOLDOWN), at));
        }
    }

    fn address(&self, at: u32) -> [u8; 4] {
        (u32::from_be_bytes(self.base).wrapping_add(at)).to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_runs_out_and_cools_what_comes_back() {
        let mut pool = Pool {
            base: [10, 0, 1, 2],
            most: 2,
            ..Pool::default()
        };
        let now = Timestamp::from_seconds(100);
        assert_eq!(pool.take(now), Some([10, 0, 1, 2]));
        assert_eq!(pool.take(now), Some([10, 0, 1, 3]));
        assert_eq!(pool.take(now), None);
        pool.give_back([10, 0, 1, 2], now);
        assert_eq!(pool.take(Timestamp::from_seconds(104)), None);
        assert_eq!(pool.take(Timestamp::from_seconds(106)), Some([10, 0, 1, 2]));
    }
}
