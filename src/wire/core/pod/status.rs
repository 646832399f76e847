//! `PodStatus`, read in place.

use serde::Deserialize;

use crate::wire::Time;
use crate::wire::inplace::{Field as _, InPlace, Unreadable, Value};
use crate::wire::text::Text;

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct PodStatus<'a> {
    pub phase: Text<'a>,
    pub conditions: Vec<PodCondition<'a>>,
    pub message: Text<'a>,
    pub reason: Text<'a>,
    #[serde(rename = "podIP")]
    pub pod_ip: Text<'a>,
    pub container_statuses: Vec<ContainerStatus<'a>>,
    pub qos_class: Text<'a>,
    pub init_container_statuses: Vec<ContainerStatus<'a>>,
    pub nominated_node_name: Text<'a>,
    pub ephemeral_container_statuses: Vec<ContainerStatus<'a>>,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub struct PodCondition<'a> {
    #[serde(rename = "type")]
    pub kind: Text<'a>,
    pub status: Text<'a>,
    pub reason: Text<'a>,
    pub message: Text<'a>,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct ContainerStatus<'a> {
    pub name: Text<'a>,
    pub state: Option<ContainerState<'a>>,
    pub last_state: Option<ContainerState<'a>>,
    pub ready: bool,
    pub restart_count: i32,
    #[serde(rename = "containerID")]
    pub container_id: Text<'a>,
    pub started: bool,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub struct ContainerState<'a> {
    pub waiting: Option<Waiting<'a>>,
    pub running: Option<Running>,
    pub terminated: Option<Terminated<'a>>,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Running {
    pub started_at: Option<Time>,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub struct Waiting<'a> {
    pub reason: Text<'a>,
    pub message: Text<'a>,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct Terminated<'a> {
    pub exit_code: i32,
    pub signal: i32,
    pub reason: Text<'a>,
    pub finished_at: Option<Time>,
    #[serde(rename = "containerID")]
    pub container_id: Text<'a>,
}

impl<'a> InPlace<'a> for PodStatus<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.phase.read(value),
            2 => self.conditions.read(value),
            3 => self.message.read(value),
            4 => self.reason.read(value),
            6 => self.pod_ip.read(value),
            8 => self.container_statuses.read(value),
            9 => self.qos_class.read(value),
            10 => self.init_container_statuses.read(value),
            11 => self.nominated_node_name.read(value),
            13 => self.ephemeral_container_statuses.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for PodCondition<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.kind.read(value),
            2 => self.status.read(value),
            5 => self.reason.read(value),
            6 => self.message.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for ContainerStatus<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.name.read(value),
            2 => self.state.read(value),
            3 => self.last_state.read(value),
            4 => self.ready.read(value),
            5 => self.restart_count.read(value),
            8 => self.container_id.read(value),
            9 => self.started.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for ContainerState<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.waiting.read(value),
            2 => self.running.read(value),
            3 => self.terminated.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for Running {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.started_at.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for Waiting<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.reason.read(value),
            2 => self.message.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for Terminated<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.exit_code.read(value),
            2 => self.signal.read(value),
            3 => self.reason.read(value),
            6 => self.finished_at.read(value),
            7 => self.container_id.read(value),
            _ => Ok(()),
        }
    }
}
