//! What the API server asks of the kubelets, answered from the world: logs, commands, ports, usage.

mod http;
mod inside;
mod report;

use std::sync::Arc;

use serde_json::Value;
use tokio::io::DuplexStream;
use tokio::sync::watch;

use super::state::{Pod, key};
use super::usage::{WINDOW, measured};
use super::{Inner, World};
use crate::clock::Timestamp;
use crate::demo::kubelet::instance::Instance;
use crate::demo::kubelet::life::State;
use crate::demo::kubelet::run::ending;
use crate::demo::kubelet::scene::Place;
use crate::demo::kubelet::spec::Container;
use crate::demo::kubelet::status::address;
use crate::demo::kubelet_api::{
    Admission, ExecRequest, Exit, Kubelets, LogLine, LogOf, LogSpan, Page, Sample, Streams, Task, Usage,
    Visit,
};
use crate::demo::shell;
use crate::demo::status::Status;

impl Kubelets for World {
    fn log_span(&self, of: &LogOf) -> Result<LogSpan, Status> {
        let now = self.store().clock().now();
        self.instance(of).map(|instance| instance.span(now))
    }

    fn log_lines(&self, of: &LogOf, from: u64, limit: usize) -> (u64, Vec<LogLine>) {
        let now = self.store().clock().now();
        self.instance(of).map_or_else(
            |_| (from, Vec::new()),
            |instance| instance.lines(from, limit, now),
        )
    }

    fn logs_grown(&self) -> watch::Receiver<u64> {
        self.grown().subscribe()
    }

    fn exec(&self, request: ExecRequest, streams: Streams) -> Task<Exit> {
        let machine = self.machine(&request);
        Box::pin(async move {
            match machine {
                Some(machine) => shell::run(machine, request, streams).await,
                None => Exit::Failed(format!("container \"{}\" is not running", request.container)),
            }
        })
    }

    fn attach(&self, request: ExecRequest, streams: Streams) -> Task<Exit> {
        let world = self.clone();
        Box::pin(async move { world.attached(request, streams).await })
    }

    fn forward(
        &self,
        namespace: &str,
        pod: &str,
        port: u16,
        stream: DuplexStream,
    ) -> Task<Result<(), String>> {
        let listens = self
            .lock()
            .pods
            .get(&key(namespace, pod))
            .is_some_and(|pod| listens(pod, port).is_some());
        let visit = Visit {
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            port,
            secure: false,
            path: String::new(),
        };
        let (world, name) = (self.clone(), pod.to_owned());
        Box::pin(async move {
            if !listens {
                return Err(format!(
                    "failed to connect to localhost:{port} inside namespace \"{name}\", IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused"
                ));
            }
            http::serve(&world, visit, stream)
                .await
                .map_err(|error| error.to_string())
        })
    }

    fn visit(&self, visit: &Visit) -> Result<Page, String> {
        self.visit_at(visit, self.store().clock().now())
            .map(|(page, _)| page)
    }

    fn turn(&self, count: usize) -> usize {
        self.traffic().turn(count)
    }

    fn beside(&self, node: &str) -> Vec<(String, String)> {
        let inner = self.lock();
        let keys = inner.nodes.get(node).into_iter().flat_map(|node| &node.pods);
        keys.filter(|key| inner.pods.get(*key).is_some_and(|pod| pod.spec.host_network))
            .map(|(namespace, name)| (namespace.to_string(), name.to_string()))
            .collect()
    }

    fn kubelet(&self, node: &str, path: &str) -> Result<Option<Page>, String> {
        self.kubelet_page(node, path)
    }

    fn pod_usage(&self, namespace: &str, pod: &str) -> Option<Sample<Vec<(String, Usage)>>> {
        let inner = self.lock();
        let pod = inner.pods.get(&key(namespace, pod))?;
        inner.pod_metrics(pod, self.store().clock().now())
    }

    fn node_usage(&self, node: &str) -> Option<Sample<Usage>> {
        let at = measured(self.store().clock().now());
        let usage = self.lock().node_usage_at(node, at)?;
        Some(Sample {
            at,
            window_seconds: WINDOW,
            usage,
        })
    }

    fn complete(&self, wish: &Admission<'_>, object: &mut Value) -> Result<(), Status> {
        let mut inner = self.lock();
        inner.observe_all(self.store().clock().now());
        inner.complete_sent(wish, object)
    }

    fn refuse(&self, wish: &Admission<'_>, object: &Value) -> Result<(), Status> {
        self.lock().refuse(wish, object)
    }
}

/// The running container of a pod that listens on a port.
pub(super) fn listens(pod: &Pod, port: u16) -> Option<&Container> {
    let mut runs = pod.life.as_ref()?.runs(&pod.spec);
    let found = runs.find(|(run, container)| {
        run.running().is_some()
            && (container.nature().ports.contains(&port)
                || container.ports.iter().any(|(_, have)| *have == port))
    });
    found.map(|(_, container)| container)
}

impl World {
    /// The instance of a container whose log is asked for.
    pub(crate) fn instance(&self, of: &LogOf) -> Result<Instance, Status> {
        let instance = self.usual_instance(of)?;
        let (louder, transcript) = (self.louder(), self.transcript(of, &instance.uid, instance.number));
        Ok(Instance {
            louder,
            transcript,
            ..instance
        })
    }

    fn usual_instance(&self, of: &LogOf) -> Result<Instance, Status> {
        let inner = self.lock();
        let mut instance = Self::find_instance(&inner, of)?;
        let at = key(&of.namespace, &of.pod);
        if let Some(pod) = inner.pods.get(&at)
            && pod
                .spec
                .containers
                .first()
                .is_some_and(|container| container.name == of.container)
        {
            let troubles = inner
                .troubles_of(&at, pod)
                .filter(|trouble| !trouble.says.is_empty());
            instance.complaints = troubles.map(|t| (t.from, t.until, t.says.clone())).collect();
        }
        Ok(instance)
    }

    fn find_instance(inner: &Inner, of: &LogOf) -> Result<Instance, Status> {
        let missing = || Status::not_found("pods", &of.pod);
        let pod = inner.pods.get(&key(&of.namespace, &of.pod)).ok_or_else(missing)?;
        let silent = |name: &&Arc<str>| inner.pressure.silent.contains_key(*name);
        if let Some(name) = pod.node.as_ref().filter(silent) {
            let host = inner.nodes.get(name).map_or([0; 4], |node| node.address);
            let host = address(host);
            return Err(Status::internal(format!(
                "Get \"https://{host}:10250/containerLogs/{}/{}/{}\": dial tcp {host}:10250: i/o timeout",
                of.namespace, of.pod, of.container
            )));
        }
        let waiting = |why: &str| {
            Status::bad_request(format!(
                "container \"{}\" in pod \"{}\" is waiting to start: {why}",
                of.container, of.pod
            ))
        };
        let Some(life) = &pod.life else {
            return Err(waiting("ContainerCreating"));
        };
        let Some((run, container)) = life
            .runs(&pod.spec)
            .find(|(_, container)| container.name == of.container)
        else {
            return Err(missing());
        };
        let init = pod
            .spec
            .init
            .iter()
            .any(|container| container.name == of.container);
        if of.previous {
            let last = run.last.as_ref().ok_or_else(|| {
                Status::bad_request(format!(
                    "previous terminated container \"{}\" in pod \"{}\" not found",
                    of.container, of.pod
                ))
            })?;
            return Ok(made(
                of,
                (pod, container, init),
                (last.instance, last.began, Some(last.at)),
            ));
        }
        match (&run.state, &run.last) {
            (State::Running(since), _) => Ok(made(of, (pod, container, init), (run.restarts, *since, None))),
            (State::Ended(end), _) | (State::Waiting(..), Some(end)) => Ok(made(
                of,
                (pod, container, init),
                (end.instance, end.began, Some(end.at)),
            )),
            (State::Waiting(reason, _), None) => Err(waiting(match *reason {
                "ErrImagePull" => "image can't be pulled",
                "ImagePullBackOff" => "trying and failing to pull image",
                other => other,
            })),
        }
    }
}

fn made(
    of: &LogOf,
    (pod, container, init): (&Pod, &Container, bool),
    (number, began, ended): (u32, Timestamp, Option<Timestamp>),
) -> Instance {
    Instance {
        uid: pod.uid.to_string(),
        pod: of.pod.clone(),
        container: of.container.clone(),
        image: container.image.clone(),
        nature: crate::demo::image::nature(&container.image),
        number,
        began,
        ended,
        fate: ending(Place { container, init }).map(|(seconds, code, _)| (seconds, code)),
        limit: container.limits.1,
        louder: 1.0,
        complaints: Vec::new(),
        transcript: None,
    }
}
