//! Commands in containers: what the shell is told of the one they run in and of the cluster around it, and attaching to what runs there.
//! What commands do is the shell's.

use std::sync::Arc;
use std::time::Duration;

use super::listens;
use crate::clock::Timestamp;
use crate::demo::kubelet::status::address;
use crate::demo::kubelet_api::{ExecRequest, Exit, Kubelets, LogOf, Output, Page, Streams, Usage, Visit};
use crate::demo::shell::{self, Around, Machine, Name, Neighbours, Running};
use crate::demo::world::World;
use crate::demo::world::state::key;

impl Neighbours for World {
    fn usage(&self, namespace: &str, pod: &str, now: Timestamp) -> Vec<(String, Usage)> {
        let inner = self.lock();
        let pod = inner.pods.get(&key(namespace, pod));
        pod.map(|pod| inner.usage_of(pod, now)).unwrap_or_default()
    }

    fn named(&self, ip: &str) -> Option<Name> {
        let inner = self.lock();
        let pod = inner.pods.iter().find(|(_, pod)| {
            let at = pod.life.as_ref().and_then(|life| life.ip);
            at.is_some_and(|at| address(at) == ip) && !pod.over()
        });
        pod.map(|(key, _)| key.clone())
    }

    fn listens(&self, pod: &Name, port: u16) -> bool {
        let inner = self.lock();
        inner
            .pods
            .get(pod)
            .is_some_and(|pod| listens(pod, port).is_some())
    }

    fn visit(&self, visit: &Visit, at: Timestamp) -> Result<(Page, Duration), String> {
        self.visit_at(visit, at)
    }

    fn turn(&self, count: usize) -> usize {
        self.traffic().turn(count)
    }
}

impl World {
    /// The container that a request names; `None` if it does not run.
    pub(in crate::demo::world) fn machine(&self, request: &ExecRequest) -> Option<Machine> {
        let pod = self.store.read("pods", &request.namespace, &request.pod)?;
        let running = self.running(request)?;
        let around = Around {
            store: self.store.clone(),
            disks: self.disks().clone(),
            logs: self.logs.clone(),
            neighbours: Arc::new(self.without_mains()),
        };
        Machine::of(around, &pod, running, request)
    }

    fn running(&self, request: &ExecRequest) -> Option<Running> {
        let inner = self.lock();
        let seen = inner.pods.get(&key(&request.namespace, &request.pod))?;
        let life = seen.life.as_ref()?;
        let mut runs = life.runs(&seen.spec);
        let known = runs.find(|(_, container)| container.name == request.container);
        let (began, number, limit) = match known {
            Some((run, container)) => (run.running()?, run.restarts, container.limits.1),
            // An ephemeral one, which has no life of its own.
            None => (life.started?, 0, 0),
        };
        Some(Running {
            uid: Arc::clone(&seen.uid),
            ip: life.ip.map(address).unwrap_or_default(),
            began,
            number,
            limit,
        })
    }

    /// This world as its containers see it: without their main processes, or nothing would ever be freed.
    fn without_mains(&self) -> Self {
        Self {
            mains: Arc::default(),
            ..self.clone()
        }
    }
}

impl World {
    /// Follows what the main process prints; typed text reaches it, and it does not care.
    pub(in crate::demo::world) async fn attached(&self, request: ExecRequest, mut streams: Streams) -> Exit {
        if let Some((machine, request)) = self.debugger(&request) {
            return shell::run(machine, request, streams).await;
        }
        streams = match self.talk(&request, streams).await {
            Ok(exit) => return exit,
            Err(streams) => streams,
        };
        let of = LogOf {
            namespace: request.namespace,
            pod: request.pod,
            container: request.container,
            previous: false,
        };
        let mut grown = self.logs_grown();
        let mut next = self.log_span(&of).map_or(0, |span| span.end);
        loop {
            let (first, lines) = self.log_lines(&of, next, 500);
            next = first + lines.len() as u64;
            for line in lines {
                let mut text = line.text.to_vec();
                text.extend_from_slice(if request.tty { b"\r\n" } else { b"\n" });
                if streams.output.send(Output::Out(text.into())).await.is_err() {
                    return Exit::Code(0);
                }
            }
            if self.log_span(&of).map_or(true, |span| span.finished) {
                return Exit::Code(0);
            }
            tokio::select! {
                changed = grown.changed() => if changed.is_err() { return Exit::Code(0) },
                typed = streams.input.recv(), if request.stdin => if typed.is_none() { streams.input.close() },
                () = streams.output.closed() => return Exit::Code(0),
            }
        }
    }

    /// What runs in an ephemeral container, once somebody attaches to it; `None` if it is none.
    fn debugger(&self, request: &ExecRequest) -> Option<(Machine, ExecRequest)> {
        let pod = self.store.read("pods", &request.namespace, &request.pod)?;
        let mut all = pod["spec"]["ephemeralContainers"].as_array()?.iter();
        let container = all.find(|one| one["name"] == request.container.as_str())?;
        let mut request = request.clone();
        request.command = shell::command_of(container);
        if request.command.is_empty() {
            request.command.push("sh".into());
        }
        Some((self.machine(&request)?, request))
    }
}
