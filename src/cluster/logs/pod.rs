//! A pod as far as its logs need it, from either encoding. Follows nothing.

use std::sync::Arc;

use bytes::Bytes;

use crate::clock::Timestamp;
use crate::model::Uid;
use crate::wire::core::{ContainerStatus, Pod, Terminated, Waiting};
use crate::wire::frame::Encoding;
use crate::wire::inplace::{InPlace, Later};
use crate::wire::{OwnerReference, Wire as _, stamp};

/// What containers a pod has and how they are doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodView {
    pub uid: Uid,
    pub namespace: Arc<str>,
    pub name: Arc<str>,
    pub node: Arc<str>,
    pub owner: Option<OwnerReference>,
    /// `kubectl.kubernetes.io/default-container`, else the first one.
    pub default_container: String,
    /// In the order of the specification: init, ordinary, ephemeral.
    pub containers: Vec<ContainerView>,
}

/// One container with its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerView {
    pub name: Arc<str>,
    /// An init container that is no sidecar, or an ephemeral one: read only when all are asked for.
    pub special: bool,
    pub ready: bool,
    pub restarts: u32,
    /// Identity of its present or last run. `None` while it has never run.
    pub id: Option<Arc<str>>,
    pub phase: Phase,
    /// How the run before the present one ended.
    pub last: Option<End>,
}

/// What a container does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    Waiting { reason: String, message: String },
    Running { since: Option<Timestamp> },
    Ended(End),
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub id: Arc<str>,
    pub exit_code: i32,
    pub reason: Arc<str>,
    pub at: Option<Timestamp>,
}

impl ContainerView {
    /// How the run of this identity ended, if its status says so. What is said of another run counts for nothing.
    pub fn end_of(&self, id: &str) -> Option<&End> {
        let present = match &self.phase {
            Phase::Ended(end) => Some(end),
            _ => None,
        };
        present.into_iter().chain(&self.last).find(|end| &*end.id == id)
    }

    /// True while it runs.
    pub const fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running { .. })
    }
}

/// Reads a pod. `None` if the bytes are none.
pub fn read(object: &Bytes, encoding: Encoding) -> Option<PodView> {
    let pod = match encoding {
        Encoding::Protobuf => Pod::proto(object).ok()?,
        _ => Pod::json(object).ok()?,
    };
    let meta = pod.metadata?;
    let (spec, status) = (pod.spec.unwrap_or_default(), pod.status.unwrap_or_default());
    let named = meta.default_container().map(str::to_owned);
    let init = all(&spec.init_containers)?;
    let main = all(&spec.containers)?;
    let ephemeral = all(&spec.ephemeral_containers)?;
    let first = main
        .first()
        .map_or_else(String::new, |container| container.name.to_string());
    let all = init
        .into_iter()
        .map(|container| (container.name, &*container.restart_policy != "Always"))
        .chain(main.into_iter().map(|container| (container.name, false)))
        .chain(ephemeral.into_iter().map(|container| (container.0.name, true)));
    let statuses = [
        status.init_container_statuses,
        status.container_statuses,
        status.ephemeral_container_statuses,
    ]
    .concat();
    let containers = all.map(|(name, special)| {
        let status = statuses.iter().find(|status| status.name == name);
        container_view(&name, special, status.cloned().unwrap_or_default())
    });
    Some(PodView {
        uid: meta.identity(),
        namespace: Arc::from(&*meta.namespace),
        name: Arc::from(&*meta.name),
        node: Arc::from(&*spec.node_name),
        owner: meta.owner().map(OwnerReference::from),
        default_container: named.unwrap_or(first),
        containers: containers.collect(),
    })
}

/// `None` if one of them cannot be read.
fn all<'a, M: InPlace<'a>>(list: &[Later<'a, M>]) -> Option<Vec<M>> {
    list.iter().map(|each| each.read().ok()).collect()
}

fn container_view(name: &str, special: bool, status: ContainerStatus<'_>) -> ContainerView {
    let restarts = u32::try_from(status.restart_count).unwrap_or(0);
    let own_id = String::from(status.container_id);
    let number = format!("#{restarts}");
    let state = status.state.unwrap_or_default();
    let last = status.last_state.and_then(|state| state.terminated).map(|ended| {
        let before = format!("#{}", restarts.saturating_sub(1));
        end(&ended, "", &before)
    });
    let (phase, id) = if let Some(running) = state.running {
        let id = if own_id.is_empty() { number } else { own_id };
        let since = stamp(running.started_at.as_ref());
        (Phase::Running { since }, Some(Arc::from(id)))
    } else if let Some(ended) = state.terminated {
        let ended = end(&ended, &own_id, &number);
        let id = Arc::clone(&ended.id);
        (Phase::Ended(ended), Some(id))
    } else {
        let Waiting { reason, message } = state.waiting.unwrap_or_default();
        let id = last.as_ref().map(|last| Arc::clone(&last.id));
        let (reason, message) = (reason.into(), message.into());
        (Phase::Waiting { reason, message }, id)
    };
    ContainerView {
        name: Arc::from(name),
        special,
        ready: status.ready,
        restarts,
        id,
        phase,
        last,
    }
}

/// The identity is the container id; a kubelet that writes none gets the number of the restart instead.
fn end(ended: &Terminated<'_>, own_id: &str, number: &str) -> End {
    let id = [&*ended.container_id, own_id, number]
        .into_iter()
        .find(|id| !id.is_empty());
    End {
        id: Arc::from(id.unwrap_or_default()),
        exit_code: ended.exit_code,
        reason: Arc::from(&*ended.reason),
        at: stamp(ended.finished_at.as_ref()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(status: &str) -> ContainerView {
        let json = format!(
            r#"{{"metadata":{{"name":"p","namespace":"n","uid":"u","annotations":null}},
                "spec":{{"containers":[{{"name":"app"}}],"initContainers":null}},
                "status":{{"containerStatuses":[{{"name":"app","restartCount":2,{status}}}]}}}}"#
        );
        let view = read(&Bytes::from(json), Encoding::Json).unwrap();
        view.containers.into_iter().next().unwrap()
    }

    #[test]
    fn a_run_is_known_by_its_container_id() {
        let running = pod(
            r#""containerID":"c://2","state":{"running":{}},"lastState":{"terminated":{"exitCode":1,"containerID":"c://1"}}"#,
        );
        assert_eq!(running.id.as_deref(), Some("c://2"));
        assert!(running.end_of("c://2").is_none());
        assert_eq!(running.end_of("c://1").unwrap().exit_code, 1);
        let backoff = pod(
            r#""containerID":"c://2","state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled","containerID":"c://2"}}"#,
        );
        assert_eq!(backoff.id.as_deref(), Some("c://2"));
        assert_eq!(&*backoff.end_of("c://2").unwrap().reason, "OOMKilled");
        let creating = pod(r#""state":{"waiting":{"reason":"ContainerCreating"}},"lastState":{}"#);
        assert_eq!(creating.id, None);
    }

    #[test]
    fn a_kubelet_that_writes_no_ids_is_followed_by_restart_count() {
        let running = pod(
            r#""state":{"running":{"startedAt":"2026-11-21T09:00:00Z"}},"lastState":{"terminated":{"exitCode":3}}"#,
        );
        assert_eq!(running.id.as_deref(), Some("#2"));
        assert_eq!(running.end_of("#1").unwrap().exit_code, 3);
        let ended = pod(r#""state":{"terminated":{"exitCode":0,"reason":"Completed"}}"#);
        assert_eq!(ended.end_of("#2").unwrap().exit_code, 0);
    }

    #[test]
    fn containers_stand_in_order_and_the_default_one_is_known() {
        let json = r#"{"metadata":{"name":"p","namespace":"n","uid":"u","annotations":{"kubectl.kubernetes.io/default-container":"b"}},
            "spec":{"nodeName":"node","containers":[{"name":"a"},{"name":"b"}],
            "initContainers":[{"name":"init"},{"name":"proxy","restartPolicy":"Always"}],"ephemeralContainers":[{"name":"debug","image":"x"}]}}"#;
        let pod = read(&Bytes::from(json), Encoding::Json).unwrap();
        let names: Vec<(&str, bool)> = pod
            .containers
            .iter()
            .map(|one| (&*one.name, one.special))
            .collect();
        assert_eq!(
            names,
            [
                ("init", true),
                ("proxy", false),
                ("a", false),
                ("b", false),
                ("debug", true)
            ]
        );
        assert_eq!(pod.default_container, "b");
    }
}
