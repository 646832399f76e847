//! One stream: whose lines they are and how the stream is doing. Opens none.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::model::Uid;

/// A stream of one pane; never reused within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// One run of one container. A restart is another source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its number.
    pub id: SourceId,
    /// Namespace of the pod.
    pub namespace: Arc<str>,
    /// Name of the pod.
    pub pod: Arc<str>,
    /// Identity of the pod.
    pub pod_uid: Uid,
    /// Name of the container.
    pub container: Arc<str>,
    /// `containerd://…`; empty while it has not started.
    pub container_id: Arc<str>,
    /// Node; empty while not scheduled.
    pub node: Arc<str>,
    /// How often the container had been restarted when this run began.
    pub restarts: u32,
    /// The instance before the present one (`previous=true`).
    pub previous: bool,
    /// Which colour: equal for all sources of one pod, counted up from 0 as pods appear.
    pub colour: u32,
    /// How the stream is doing.
    pub state: State,
}

/// How a stream is doing; shown as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// More streams than the cap: waits for its turn.
    Queued,
    /// Request sent, no answer yet.
    #[default]
    Connecting,
    /// Lines flow since then.
    Live {
        /// When the answer came.
        since: Timestamp,
    },
    /// The stream broke; tried again at `at`.
    Retrying {
        /// When.
        at: Timestamp,
        /// Why it broke.
        why: Arc<str>,
    },
    /// The container has no log yet (`ContainerCreating`, `ImagePullBackOff`).
    Waiting {
        /// Reason.
        reason: Arc<str>,
        /// Message, empty for none.
        message: Arc<str>,
    },
    /// Ended for good.
    Ended {
        /// Exit code; `None` when the pod is gone and nobody knows.
        exit_code: Option<i32>,
        /// `Completed`, `OOMKilled`, `pod deleted`.
        reason: Arc<str>,
    },
    /// The user may not read it.
    Forbidden {
        /// What the server says.
        message: Arc<str>,
    },
}

impl State {
    /// The reason of an end where the instance before the present one was asked for and there was none.
    pub const NO_PREVIOUS: &str = "no previous instance";

    /// True when nothing more will come.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Ended { .. })
    }

    /// True when lines flow.
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Live { .. })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use super::{Source, SourceId, State};
    use crate::model::Uid;

    /// A stream of a pod, for the tests of this engine.
    pub fn source(id: u32, pod: &str) -> Source {
        Source {
            id: SourceId(id),
            namespace: Arc::from("shop"),
            pod: Arc::from(pod),
            pod_uid: Uid::of(&[pod]),
            container: Arc::from("app"),
            container_id: Arc::from(format!("containerd://{id}")),
            node: Arc::from("n1"),
            restarts: 0,
            previous: false,
            colour: 0,
            state: State::Connecting,
        }
    }
}
