//! The compact form of a pod. Holds what its columns, its containers and the counts over many pods need; nothing of it is text to be parsed.

use std::net::IpAddr;
use std::sync::Arc;

use super::template::Template;
use crate::clock::Timestamp;
use crate::model::{Health, Meta, Row, Uid};

/// A pod.
#[derive(Debug, Clone, PartialEq)]
pub struct PodRow {
    /// Metadata.
    pub meta: Meta,
    /// What it shares with the other pods of its template.
    pub template: Arc<Template>,
    /// The node it is bound to; empty while there is none.
    pub node: Arc<str>,
    /// Its address; `None` while there is none.
    pub ip: Option<IpAddr>,
    /// STATUS, as kubectl prints it.
    pub status: Arc<str>,
    /// What its containers do: in the order of [`Template::all`] as far as their statuses are known.
    pub containers: Box<[ContainerRun]>,
    /// What few pods have.
    pub more: Option<Box<More>>,
    /// When the last counted restart was; the epoch for none.
    pub restarted: Timestamp,
    /// RESTARTS.
    pub restarts: u32,
    /// READY, left of the slash.
    pub ready: u16,
    /// READY, right of the slash.
    pub total: u16,
    /// How many readiness gates are true.
    pub gates_ready: u8,
    /// `status.phase`.
    pub phase: PodPhase,
    /// How it is doing by itself, whatever its node does.
    pub health: Health,
}

impl Row for PodRow {
    fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl PodRow {
    /// True when it runs no more and holds nothing: `Succeeded` or `Failed`.
    pub const fn is_terminal(&self) -> bool {
        matches!(self.phase, PodPhase::Succeeded | PodPhase::Failed)
    }

    /// The last end of a container; `None` if none has ended.
    pub fn last(&self) -> Option<&LastEnd> {
        self.more.as_ref()?.last.as_ref()
    }

    /// Why it is not scheduled or not running, in the server's words; empty if it does not say.
    pub fn note(&self) -> &str {
        self.more.as_ref().map_or("", |more| &more.note)
    }

    /// The state of the container with this name; `None` while it has none.
    pub fn run(&self, name: &str) -> Option<&ContainerRun> {
        self.containers.iter().find(|run| &*run.name == name)
    }
}

/// What few pods have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct More {
    /// The last end of a container.
    pub last: Option<LastEnd>,
    /// The node that is being cleared for it; empty for none.
    pub nominated: Arc<str>,
    /// Message of the condition that keeps it from being scheduled, or of its status; empty for none.
    pub note: Arc<str>,
}

/// The last end of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastEnd {
    /// `OOMKilled 137`, `Completed`: reason, and exit code unless 0.
    pub text: Arc<str>,
    /// Which container.
    pub container: Arc<str>,
    /// Exit code.
    pub exit_code: i32,
    /// When; the epoch when not known.
    pub finished: Timestamp,
}

/// What one container does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerRun {
    /// Identity of this run: a hash of its containerID; [`Uid::NONE`] while it has none. Another after each restart.
    pub id: Uid,
    /// Which container.
    pub name: Arc<str>,
    /// `Running`, or the reason it waits or ended for; as kubectl would print it.
    pub state: Arc<str>,
    /// Since when it runs, or when it ended; the epoch when waiting or not known.
    pub since: Timestamp,
    /// The end before this run.
    pub last: Option<Box<LastEnd>>,
    /// How often it was restarted.
    pub restarts: u32,
    /// Exit code, if it has ended.
    pub exit_code: i32,
    /// What it does.
    pub phase: RunPhase,
    /// Ready.
    pub ready: bool,
}

/// What a container does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunPhase {
    /// Not yet, or not again.
    #[default]
    Waiting,
    /// Runs.
    Running,
    /// Has ended.
    Terminated,
}

/// `status.phase`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PodPhase {
    /// Accepted; not all containers have been started.
    Pending,
    /// Bound, and at least one container runs, starts or restarts.
    Running,
    /// All ended with 0 and will not be restarted.
    Succeeded,
    /// All ended, at least one in failure.
    Failed,
    /// The node does not answer, or the phase is missing.
    #[default]
    Unknown,
}

impl PodPhase {
    /// By the API's word.
    pub fn named(name: &str) -> Self {
        match name {
            "Pending" => Self::Pending,
            "Running" => Self::Running,
            "Succeeded" => Self::Succeeded,
            "Failed" => Self::Failed,
            _ => Self::Unknown,
        }
    }
}
