//! `PodSpec`, read in place.

use serde::Deserialize;

use super::container::{Container, Ephemeral, Measured, Requirements, measures};
use super::metadata::{TextPair, text_pairs};
use crate::wire::Present;
use crate::wire::inplace::{Field as _, InPlace, Unreadable, Value};
use crate::wire::text::Text;

/// Its hash covers all that is read, so that it can stand for the specification.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct PodSpec<'a> {
    pub containers: Vec<Container<'a>>,
    #[serde(deserialize_with = "text_pairs")]
    pub node_selector: Vec<TextPair<'a>>,
    pub service_account_name: Text<'a>,
    pub node_name: Text<'a>,
    pub host_network: bool,
    pub affinity: Option<Present>,
    pub init_containers: Vec<Container<'a>>,
    pub tolerations: Vec<Toleration<'a>>,
    pub priority_class_name: Text<'a>,
    pub priority: i32,
    pub readiness_gates: Vec<ReadinessGate<'a>>,
    #[serde(deserialize_with = "measures")]
    pub overhead: Vec<Measured<'a>>,
    pub topology_spread_constraints: Vec<Present>,
    pub ephemeral_containers: Vec<Ephemeral<'a>>,
    pub resources: Option<Requirements<'a>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub struct Toleration<'a> {
    pub key: Text<'a>,
    pub operator: Text<'a>,
    pub value: Text<'a>,
    pub effect: Text<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct ReadinessGate<'a> {
    pub condition_type: Text<'a>,
}

impl<'a> InPlace<'a> for PodSpec<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            2 => self.containers.read(value),
            7 => self.node_selector.read(value),
            8 => self.service_account_name.read(value),
            10 => self.node_name.read(value),
            11 => self.host_network.read(value),
            18 => self.affinity.read(value),
            20 => self.init_containers.read(value),
            22 => self.tolerations.read(value),
            24 => self.priority_class_name.read(value),
            25 => self.priority.read(value),
            28 => self.readiness_gates.read(value),
            32 => self.overhead.read(value),
            33 => self.topology_spread_constraints.read(value),
            34 => self.ephemeral_containers.read(value),
            40 => self.resources.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for Toleration<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.key.read(value),
            2 => self.operator.read(value),
            3 => self.value.read(value),
            4 => self.effect.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for ReadinessGate<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.condition_type.read(value),
            _ => Ok(()),
        }
    }
}
