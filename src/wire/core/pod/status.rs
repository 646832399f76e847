//! `PodStatus`, read in place.

use crate::wire::Time;
use crate::wire::inplace::Key::{self, Name, Number};
use crate::wire::inplace::{Field as _, InPlace, Unreadable, Value};
use crate::wire::text::Text;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct PodStatus<'a> {
    pub phase: Text<'a>,
    pub conditions: Vec<PodCondition<'a>>,
    pub message: Text<'a>,
    pub reason: Text<'a>,
    pub pod_ip: Text<'a>,
    pub container_statuses: Vec<ContainerStatus<'a>>,
    pub qos_class: Text<'a>,
    pub init_container_statuses: Vec<ContainerStatus<'a>>,
    pub nominated_node_name: Text<'a>,
    pub ephemeral_container_statuses: Vec<ContainerStatus<'a>>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct PodCondition<'a> {
    pub kind: Text<'a>,
    pub status: Text<'a>,
    pub reason: Text<'a>,
    pub message: Text<'a>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContainerStatus<'a> {
    pub name: Text<'a>,
    pub state: Option<ContainerState<'a>>,
    pub last_state: Option<ContainerState<'a>>,
    pub ready: bool,
    pub restart_count: i32,
    pub container_id: Text<'a>,
    pub started: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContainerState<'a> {
    pub waiting: Option<Waiting<'a>>,
    pub running: Option<Running>,
    /// Few have one, and it is large.
    pub terminated: Option<Box<Terminated<'a>>>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Running {
    pub started_at: Option<Time>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Waiting<'a> {
    pub reason: Text<'a>,
    pub message: Text<'a>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Terminated<'a> {
    pub exit_code: i32,
    pub signal: i32,
    pub reason: Text<'a>,
    pub finished_at: Option<Time>,
    pub container_id: Text<'a>,
}

impl<'a> InPlace<'a> for PodStatus<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"phase") => self.phase.read(value),
            Number(2) | Name(b"conditions") => self.conditions.read(value),
            Number(3) | Name(b"message") => self.message.read(value),
            Number(4) | Name(b"reason") => self.reason.read(value),
            Number(6) | Name(b"podIP") => self.pod_ip.read(value),
            Number(8) | Name(b"containerStatuses") => self.container_statuses.read(value),
            Number(9) | Name(b"qosClass") => self.qos_class.read(value),
            Number(10) | Name(b"initContainerStatuses") => self.init_container_statuses.read(value),
            Number(11) | Name(b"nominatedNodeName") => self.nominated_node_name.read(value),
            Number(13) | Name(b"ephemeralContainerStatuses") => self.ephemeral_container_statuses.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for PodCondition<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"type") => self.kind.read(value),
            Number(2) | Name(b"status") => self.status.read(value),
            Number(5) | Name(b"reason") => self.reason.read(value),
            Number(6) | Name(b"message") => self.message.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for ContainerStatus<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"name") => self.name.read(value),
            Number(2) | Name(b"state") => self.state.read(value),
            Number(3) | Name(b"lastState") => self.last_state.read(value),
            Number(4) | Name(b"ready") => self.ready.read(value),
            Number(5) | Name(b"restartCount") => self.restart_count.read(value),
            Number(8) | Name(b"containerID") => self.container_id.read(value),
            Number(9) | Name(b"started") => self.started.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for ContainerState<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"waiting") => self.waiting.read(value),
            Number(2) | Name(b"running") => self.running.read(value),
            Number(3) | Name(b"terminated") => value.message(&mut **self.terminated.get_or_insert_default()),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for Running {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"startedAt") => self.started_at.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for Waiting<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"reason") => self.reason.read(value),
            Number(2) | Name(b"message") => self.message.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for Terminated<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"exitCode") => self.exit_code.read(value),
            Number(2) | Name(b"signal") => self.signal.read(value),
            Number(3) | Name(b"reason") => self.reason.read(value),
            Number(6) | Name(b"finishedAt") => self.finished_at.read(value),
            Number(7) | Name(b"containerID") => self.container_id.read(value),
            _ => value.skip(),
        }
    }
}
