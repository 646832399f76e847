//! `PodSpec`, read in place.

use super::container::{Container, Ephemeral, Measured, Requirements};
use super::metadata::TextPair;
use crate::wire::Present;
use crate::wire::inplace::Key::{self, Name, Number};
use crate::wire::inplace::{Field as _, InPlace, Later, Unreadable, Value};
use crate::wire::text::Text;

/// What is large is read when a template is new.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PodSpec<'a> {
    pub containers: Vec<Later<'a, Container<'a>>>,
    pub node_selector: Vec<TextPair<'a>>,
    pub service_account_name: Text<'a>,
    pub node_name: Text<'a>,
    pub host_network: bool,
    pub affinity: Option<Present>,
    pub init_containers: Vec<Later<'a, Container<'a>>>,
    pub tolerations: Vec<Later<'a, Toleration<'a>>>,
    pub priority_class_name: Text<'a>,
    pub priority: i32,
    pub readiness_gates: Vec<ReadinessGate<'a>>,
    pub overhead: Vec<Measured<'a>>,
    pub topology_spread_constraints: Vec<Present>,
    pub ephemeral_containers: Vec<Later<'a, Ephemeral<'a>>>,
    pub resources: Option<Later<'a, Requirements<'a>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Toleration<'a> {
    pub key: Text<'a>,
    pub operator: Text<'a>,
    pub value: Text<'a>,
    pub effect: Text<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ReadinessGate<'a> {
    pub condition_type: Text<'a>,
}

impl<'a> InPlace<'a> for PodSpec<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(2) | Name(b"containers") => self.containers.read(value),
            Number(7) | Name(b"nodeSelector") => value.map(&mut self.node_selector, |_| true),
            Number(8) | Name(b"serviceAccountName") => self.service_account_name.read(value),
            Number(10) | Name(b"nodeName") => self.node_name.read(value),
            Number(11) | Name(b"hostNetwork") => self.host_network.read(value),
            Number(18) | Name(b"affinity") => self.affinity.read(value),
            Number(20) | Name(b"initContainers") => self.init_containers.read(value),
            Number(22) | Name(b"tolerations") => self.tolerations.read(value),
            Number(24) | Name(b"priorityClassName") => self.priority_class_name.read(value),
            Number(25) | Name(b"priority") => self.priority.read(value),
            Number(28) | Name(b"readinessGates") => self.readiness_gates.read(value),
            Number(32) | Name(b"overhead") => value.map(&mut self.overhead, |_| true),
            Number(33) | Name(b"topologySpreadConstraints") => self.topology_spread_constraints.read(value),
            Number(34) | Name(b"ephemeralContainers") => self.ephemeral_containers.read(value),
            Number(40) | Name(b"resources") => self.resources.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for Toleration<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"key") => self.key.read(value),
            Number(2) | Name(b"operator") => self.operator.read(value),
            Number(3) | Name(b"value") => self.value.read(value),
            Number(4) | Name(b"effect") => self.effect.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for ReadinessGate<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"conditionType") => self.condition_type.read(value),
            _ => value.skip(),
        }
    }
}
