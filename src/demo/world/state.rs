//! What the world remembers beside the stored objects: nodes with what is taken of them, pods with their lives. Derived from the store and
//! small; it never holds whole pods.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::node::GROUPS;
use crate::clock::Timestamp;
use crate::demo::kubelet::life::Life;
use crate::demo::kubelet::pool::{Pool, parse_address};
use crate::demo::kubelet::spec::Spec;
use crate::demo::object::{items, number, pairs, text, time};
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
    /// Allocatable of anything else, by name: `ephemeral-storage`, devices.
    pub others: BTreeMap<String, u64>,
    /// Requested of that.
    pub taken: BTreeMap<String, u64>,
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
            for (name, amount) in &spec.others {
                *self.taken.entry(name.clone()).or_default() += amount;
            }
        }
        new
    }

    /// A pod leaves; `false` if it was not there.
    pub fn part(&mut self, key: &Key, spec: &Spec) -> bool {
        let was = self.pods.remove(key);
        if was {
            self.requested.0 = self.requested.0.saturating_sub(spec.requests.0);
            self.requested.1 = self.requested.1.saturating_sub(spec.requests.1);
            for (name, amount) in &spec.others {
                let taken = self.taken.entry(name.clone()).or_default();
                *taken = taken.saturating_sub(*amount);
            }
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
        let all = value["status"]["allocatable"].as_object().into_iter().flatten();
        self.others = all
            .filter(|(name, _)| !matches!(name.as_str(), "cpu" | "memory" | "pods"))
            .filter_map(|(name, amount)| Some((name.clone(), quantity::units(amount.as_str()?)?)))
            .collect();
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
