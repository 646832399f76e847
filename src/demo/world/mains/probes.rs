//! Exec probes of main processes: run by the shell as often as the pod says, on a copy of the container.

use super::super::World;
use super::super::state::Key;
use super::super::work::Work;
use crate::clock::Timestamp;
use crate::demo::kubelet::life::Heard;
use crate::demo::kubelet::spec::{Container, Probe};
use crate::demo::kubelet_api::ExecRequest;
use crate::demo::object::after;
use crate::demo::shell::{Process, Program, main_command};

/// A probe that is due.
struct Due {
    pod: Key,
    container: String,
    number: u32,
    /// Startup, readiness, liveness.
    kind: usize,
    command: Vec<String>,
    /// Seconds after which it is given up.
    timeout: i64,
}

impl World {
    /// Runs the probes that are due. Whether one says something else than before.
    pub(super) fn probe_mains(&self, now: Timestamp) -> bool {
        let mut changed = false;
        for due in self.due_probes(now) {
            let said = self.probe(&due, now);
            changed |= self.hear(&due, said);
        }
        changed
    }

    fn due_probes(&self, now: Timestamp) -> Vec<Due> {
        let mut all = self.mains.lock();
        let inner = self.lock();
        let mut due = Vec::new();
        for ((key, name), main) in all.iter_mut().filter(|(_, main)| main.process.is_some()) {
            let Some(pod) = inner.pods.get(key) else { continue };
            let Some(life) = &pod.life else { continue };
            let Some((run, container)) = life.runs(&pod.spec).find(|(_, have)| have.name == *name) else {
                continue;
            };
            let Some(since) = run.running() else { continue };
            for (kind, probe) in exec_probes(container) {
                let next =
                    main.probed[kind].map_or(after(since, probe.delay), |last| after(last, probe.period));
                let Some(command) = main_command(&container.image, &probe.command).filter(|_| next <= now)
                else {
                    continue;
                };
                main.probed[kind] = Some(now);
                due.push(Due {
                    pod: key.clone(),
                    container: name.clone(),
                    number: main.number,
                    kind,
                    command,
                    timeout: probe.timeout,
                });
            }
        }
        due
    }

    /// Runs a probe to its end or its time limit.
    fn probe(&self, due: &Due, now: Timestamp) -> Heard {
        let request = ExecRequest {
            namespace: due.pod.0.to_string(),
            pod: due.pod.1.to_string(),
            container: due.container.clone(),
            command: due.command.clone(),
            stdin: false,
            tty: false,
        };
        let Some(machine) = self.machine(&request) else {
            return Ok(());
        };
        let program = Program {
            command: due.command.clone(),
            stdin: false,
            once: false,
            tty: false,
        };
        let mut process = Process::start(machine, &program, now);
        match process.advance(after(now, due.timeout)) {
            Some((_, 0)) => Ok(()),
            Some(_) => {
                let (_, lines) = process.transcript().lines(0, 100);
                let lines: Vec<String> = lines
                    .iter()
                    .map(|line| String::from_utf8_lossy(&line.text).into_owned() + "\n")
                    .collect();
                Err(lines.concat())
            }
            None => Err(format!(
                "command timed out: {:?} timed out after {}s",
                due.command.join(" "),
                due.timeout
            )),
        }
    }

    /// Tells the kubelet; whether it is news.
    fn hear(&self, due: &Due, said: Heard) -> bool {
        let mut inner = self.lock();
        let Some(pod) = inner.pods.get_mut(&due.pod) else {
            return false;
        };
        let Some(life) = &mut pod.life else { return false };
        let mut runs = life.runs_mut(&pod.spec);
        let Some((run, _)) =
            runs.find(|(run, have)| have.name == due.container && run.restarts == due.number)
        else {
            return false;
        };
        let place = run.said.get_or_insert_default().get_mut(due.kind);
        let Some(place) = place else { return false };
        let news = place.as_ref().map(Result::is_ok) != Some(said.is_ok());
        *place = Some(said);
        if news {
            run.due = None;
        }
        drop(runs);
        if news {
            inner.work.push(Work::Pod(due.pod.clone()));
        }
        news
    }
}

/// The exec probes of a container, each with its place.
fn exec_probes(container: &Container) -> impl Iterator<Item = (usize, &Probe)> {
    let all = [&container.startup, &container.readiness, &container.liveness];
    all.into_iter()
        .enumerate()
        .filter_map(|(kind, probe)| Some((kind, probe.as_ref()?)))
        .filter(|(_, probe)| !probe.command.is_empty())
}
