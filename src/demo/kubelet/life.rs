//! The life of one pod on its node as small plain data: sandbox, containers, restarts. Writes no JSON and decides nothing.

use super::spec::Spec;
use crate::clock::Timestamp;

/// What a kubelet knows of one pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    /// When the scheduler bound it.
    pub scheduled: Timestamp,
    /// When the kubelet took it up; `None` before.
    pub started: Option<Timestamp>,
    /// The pod's address; `None` until its sandbox stands.
    pub ip: Option<[u8; 4]>,
    /// The node's address.
    pub host: [u8; 4],
    /// Sandbox with network.
    pub sandbox: Flag,
    /// All init containers done.
    pub initialized: Flag,
    /// All containers ready.
    pub ready: Flag,
    /// Init containers, as in the spec.
    pub init: Vec<Run>,
    /// Containers, as in the spec.
    pub main: Vec<Run>,
    /// Set once the pod is over.
    pub over: Option<Over>,
    /// When all containers will have stopped; `None` while nobody deletes the pod.
    pub stopping: Option<Timestamp>,
    /// How often the sandbox failed.
    pub sandbox_failures: u32,
}

/// How a pod ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// Whether all containers ended with 0.
    pub succeeded: bool,
    /// `Evicted`, `OutOfpods` and the like; empty for none.
    pub reason: String,
    /// The text to it.
    pub message: String,
}

/// Something that is so or not so, since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// Whether.
    pub on: bool,
    /// Since when.
    pub since: Timestamp,
}

impl Flag {
    /// Takes a new value; the time moves only if it changes.
    pub fn set(&mut self, on: bool, now: Timestamp) {
        if self.on != on {
            *self = Self { on, since: now };
        }
    }
}

/// One container on its node.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What it does now.
    pub state: State,
    /// How its last instance ended.
    pub last: Option<End>,
    /// How often it was started again.
    pub restarts: u32,
    /// Whether its readiness probe last succeeded.
    pub ready: bool,
    /// Whether its startup probe succeeded.
    pub started: bool,
    /// When something next happens to it by itself.
    pub due: Option<Timestamp>,
    /// Back-off before the next start or pull, seconds; 0: none so far.
    pub backoff: i64,
    /// Whether its image lies on the node.
    pub pulled: bool,
    /// Whether a pull is under way.
    pub pulling: bool,
    /// How often its readiness probe failed in a row.
    pub probe_failures: u32,
    /// Whether its present instance is run by the shell, so that it ends when that says so.
    pub real: bool,
    /// How that ended.
    pub exit: Option<Box<Exited>>,
    /// What its exec probes last said, if the shell could run them: startup, readiness, liveness.
    pub said: Option<Box<[Option<Heard>; 3]>>,
    /// How often its startup or liveness probe failed in a row.
    pub live_failures: i64,
}

/// What an exec probe said: nothing when it succeeded, else its output.
pub type Heard = Result<(), String>;

/// The three probes, in the order of [`Run::said`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Startup.
    Startup,
    /// Readiness.
    Readiness,
    /// Liveness.
    Liveness,
}

/// How a main process that the shell ran ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exited {
    /// When.
    pub at: Timestamp,
    /// Its exit code.
    pub code: i32,
    /// What it left in `/dev/termination-log`.
    pub message: String,
}

/// What a container does.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// It does not run, for this reason.
    Waiting(&'static str, String),
    /// It runs since then.
    Running(Timestamp),
    /// It ended.
    Ended(End),
}

/// How an instance of a container ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// Exit code.
    pub code: i32,
    /// `Completed`, `Error`, `OOMKilled`.
    pub reason: &'static str,
    /// When it had begun.
    pub began: Timestamp,
    /// When it ended.
    pub at: Timestamp,
    /// Which instance it was: 0 is the first.
    pub instance: u32,
    /// What it left in `/dev/termination-log`.
    pub message: String,
}

impl Run {
    /// A container that waits for the pod to be set up.
    pub fn new(reason: &'static str) -> Self {
        Self {
            state: State::Waiting(reason, String::new()),
            last: None,
            restarts: 0,
            ready: false,
            started: false,
            due: None,
            backoff: 0,
            pulled: false,
            pulling: false,
            probe_failures: 0,
            real: false,
            exit: None,
            said: None,
            live_failures: 0,
        }
    }

    /// Since when it runs; `None` if it does not.
    pub fn running(&self) -> Option<Timestamp> {
        match self.state {
            State::Running(since) => Some(since),
            _ => None,
        }
    }

    /// The end of its present instance; `None` unless that is its state.
    pub fn ended(&self) -> Option<&End> {
        match &self.state {
            State::Ended(end) => Some(end),
            _ => None,
        }
    }
}

impl Life {
    /// A pod just bound to the node with address `host`.
    pub fn bound(spec: &Spec, host: [u8; 4], now: Timestamp) -> Self {
        let off = Flag {
            on: false,
            since: now,
        };
        let reason = if spec.init.is_empty() {
            "ContainerCreating"
        } else {
            "PodInitializing"
        };
        Self {
            scheduled: now,
            started: None,
            ip: None,
            host,
            sandbox: off,
            initialized: Flag {
                on: spec.init.is_empty(),
                since: now,
            },
            ready: off,
            init: spec.init.iter().map(|_| Run::new("PodInitializing")).collect(),
            main: spec.containers.iter().map(|_| Run::new(reason)).collect(),
            over: None,
            stopping: None,
            sandbox_failures: 0,
        }
    }

    /// A pod that came up without trouble `scheduled` ago and has run since.
    pub fn settled(spec: &Spec, (host, ip): ([u8; 4], [u8; 4]), scheduled: Timestamp) -> Self {
        let later = |seconds: i64| Timestamp(scheduled.0.saturating_add(seconds * 1_000_000_000));
        let mut life = Self::bound(spec, host, scheduled);
        life.started = Some(scheduled);
        life.ip = Some(if spec.host_network { host } else { ip });
        life.sandbox = Flag {
            on: true,
            since: later(2),
        };
        for (run, container) in life.init.iter_mut().zip(&spec.init) {
            run.pulled = true;
            run.started = container.sidecar;
            run.ready = true;
            run.state = if container.sidecar {
                State::Running(later(3))
            } else {
                State::Ended(End {
                    code: 0,
                    reason: "Completed",
                    began: later(3),
                    at: later(5),
                    instance: 0,
                    message: String::new(),
                })
            };
        }
        let begin = if spec.init.is_empty() { 3 } else { 6 };
        life.initialized = Flag {
            on: true,
            since: later(begin),
        };
        for run in &mut life.main {
            run.pulled = true;
            run.started = true;
            run.ready = true;
            run.state = State::Running(later(begin));
        }
        life.ready = Flag {
            on: true,
            since: later(begin + 6),
        };
        life
    }

    /// The phase, by the kubelet's rule (k8s.io/kubernetes, pkg/kubelet, `getPhase`).
    pub fn phase(&self) -> &'static str {
        match &self.over {
            Some(over) if over.succeeded => "Succeeded",
            Some(_) => "Failed",
            None if !self.initialized.on => "Pending",
            None if self
                .main
                .iter()
                .all(|run| matches!(run.state, State::Waiting(..)) && run.last.is_none()) =>
            {
                "Pending"
            }
            None => "Running",
        }
    }

    /// The same, to be changed.
    pub fn runs_mut<'a>(
        &'a mut self,
        spec: &'a Spec,
    ) -> impl Iterator<Item = (&'a mut Run, &'a super::spec::Container)> {
        self.init
            .iter_mut()
            .zip(&spec.init)
            .chain(self.main.iter_mut().zip(&spec.containers))
    }

    /// Init containers and containers with their specs.
    pub fn runs<'a>(&'a self, spec: &'a Spec) -> impl Iterator<Item = (&'a Run, &'a super::spec::Container)> {
        self.init
            .iter()
            .zip(&spec.init)
            .chain(self.main.iter().zip(&spec.containers))
    }
}
