//! Main processes that are more than pretended: those the shell runs. The world starts them with their containers, moves them on with its
//! time, and takes their exit codes and logs from them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

mod attach;
mod probes;

use super::World;
use super::state::Key;
use super::work::Work;
use crate::clock::Timestamp;
use crate::demo::kubelet::life::Exited;
use crate::demo::kubelet_api::{ExecRequest, LogOf};
use crate::demo::shell::{Process, Program, Transcript};

/// Instances of a container whose logs are kept: the present one and the one before.
const LOGS: usize = 2;
/// Main processes at most; containers beyond them are pretended.
const MOST: usize = 2_000;

/// A container whose main process is to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    /// Its pod.
    pub pod: Key,
    /// Its name.
    pub container: String,
    /// Which instance it is: 0 is the first.
    pub number: u32,
    /// What it runs.
    pub program: Program,
}

/// A pod and one of its containers.
type Place = (Key, String);

/// All main processes, by pod and container.
#[derive(Debug, Default)]
pub struct Mains(Mutex<BTreeMap<Place, Main>>);

#[derive(Debug)]
struct Main {
    uid: Arc<str>,
    number: u32,
    process: Option<Process>,
    logs: VecDeque<(u32, Transcript)>,
    /// When its probes were last run: startup, readiness, liveness.
    probed: [Option<Timestamp>; 3],
}

/// A main process that ended.
struct Death {
    pod: Key,
    container: String,
    number: u32,
    at: Timestamp,
    code: i32,
}

impl Mains {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Place, Main>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The log of an instance, if the shell ran it.
    pub fn log(&self, pod: &Key, container: &str, (uid, number): (&str, u32)) -> Option<Transcript> {
        let all = self.lock();
        let main = all.get(&(pod.clone(), container.to_owned()))?;
        let mut logs = main.logs.iter().filter(|_| *main.uid == *uid);
        logs.find(|(have, _)| *have == number).map(|(_, log)| log.clone())
    }

    /// Moves everything on that is due, or one whatever is due; gives what ended. Others get at the processes between two.
    fn advance(&self, now: Timestamp, only: Option<&Place>) -> Vec<Death> {
        let due = |main: &Main| main.process.as_ref().and_then(Process::due);
        let places: Vec<Place> = if let Some(only) = only {
            vec![only.clone()]
        } else {
            let all = self.lock();
            let all = all
                .iter()
                .filter(|(_, main)| due(main).is_some_and(|due| due <= now));
            all.map(|(place, _)| place.clone()).collect()
        };
        let deaths = places
            .into_iter()
            .filter_map(|place| self.advance_one(place, now));
        deaths.collect()
    }

    fn advance_one(&self, place: Place, now: Timestamp) -> Option<Death> {
        let mut all = self.lock();
        let main = all.get_mut(&place)?;
        let (at, code) = main.process.as_mut()?.advance(now)?;
        main.process = None;
        let (pod, container) = place;
        Some(Death {
            pod,
            container,
            number: main.number,
            at,
            code,
        })
    }

    /// When the next one wants to be moved on.
    pub fn due(&self) -> Option<Timestamp> {
        let all = self.lock();
        all.values().filter_map(|main| main.process.as_ref()?.due()).min()
    }
}

impl World {
    /// Starts, moves on and ends main processes. Whether containers have to be looked at because of it.
    pub(super) fn run_mains(&self, now: Timestamp) -> bool {
        self.bury();
        let births = std::mem::take(&mut self.lock().births);
        let mut deaths: Vec<Death> = births.iter().filter_map(|birth| self.bear(birth, now)).collect();
        deaths.extend(self.mains.advance(now, None));
        self.tell_deaths(&deaths);
        let probed = self.probe_mains(now);
        probed || !births.is_empty() || !deaths.is_empty()
    }

    /// Ends the processes whose containers do not run any more, and forgets those whose pods are gone.
    fn bury(&self) {
        let mut all = self.mains.lock();
        if all.is_empty() {
            return;
        }
        let inner = self.lock();
        all.retain(|(key, _), main| {
            let there = inner.pods.get(key).is_some_and(|pod| pod.uid == main.uid);
            if !there {
                self.disks().forget(&main.uid);
            }
            there
        });
        for ((key, container), main) in all.iter_mut().filter(|(_, main)| main.process.is_some()) {
            let pod = inner.pods.get(key);
            let life = pod.and_then(|pod| Some((pod.life.as_ref()?, &pod.spec)));
            let runs = life.is_some_and(|(life, spec)| {
                let mut runs = life.runs(spec);
                runs.any(|(run, have)| {
                    have.name == *container && run.running().is_some() && run.restarts == main.number
                })
            });
            if !runs {
                main.process = None;
            }
        }
    }

    /// Starts a process; gives its end if it ends at once.
    fn bear(&self, birth: &Birth, now: Timestamp) -> Option<Death> {
        let (namespace, pod) = (birth.pod.0.to_string(), birth.pod.1.to_string());
        let request = ExecRequest {
            namespace,
            pod,
            container: birth.container.clone(),
            command: birth.program.command.clone(),
            stdin: birth.program.stdin,
            tty: birth.program.tty,
        };
        let running = {
            let all = self.mains.lock();
            all.values().filter(|main| main.process.is_some()).count()
        };
        if running >= MOST {
            self.pretend(birth);
            return None;
        }
        let machine = self.machine(&request)?;
        let uid = self.lock().pods.get(&birth.pod)?.uid.clone();
        let began = machine.began;
        let mut process = Process::start(machine, &birth.program, began);
        let mut all = self.mains.lock();
        let main = all
            .entry((birth.pod.clone(), birth.container.clone()))
            .or_insert_with(|| Main {
                uid: Arc::clone(&uid),
                number: birth.number,
                process: None,
                logs: VecDeque::new(),
                probed: [None; 3],
            });
        if main.uid != uid {
            main.logs.clear();
            main.uid = uid;
        }
        main.number = birth.number;
        main.probed = [None; 3];
        main.logs.push_back((birth.number, process.transcript()));
        while main.logs.len() > LOGS {
            main.logs.pop_front();
        }
        let end = process.advance(now);
        let Some((at, code)) = end else {
            main.process = Some(process);
            return None;
        };
        Some(Death {
            pod: birth.pod.clone(),
            container: birth.container.clone(),
            number: birth.number,
            at,
            code,
        })
    }

    /// Leaves a container to be pretended.
    fn pretend(&self, birth: &Birth) {
        let mut inner = self.lock();
        let Some(pod) = inner.pods.get_mut(&birth.pod) else {
            return;
        };
        let Some(life) = &mut pod.life else { return };
        let mut runs = life.runs_mut(&pod.spec);
        if let Some((run, _)) = runs.find(|(_, have)| have.name == birth.container) {
            run.real = false;
            run.due = None;
        }
        drop(runs);
        inner.work.push(Work::Pod(birth.pod.clone()));
    }

    fn tell_deaths(&self, deaths: &[Death]) {
        let mut inner = self.lock();
        for death in deaths {
            let Some(pod) = inner.pods.get_mut(&death.pod) else {
                continue;
            };
            let Some(life) = &mut pod.life else { continue };
            let mut runs = life.runs_mut(&pod.spec);
            if let Some((run, _)) =
                runs.find(|(run, have)| have.name == death.container && run.restarts == death.number)
            {
                let instance = (pod.uid.to_string(), death.container.clone(), death.number);
                let left = self.disks().open(instance).read("/dev/termination-log");
                run.exit = Some(Box::new(Exited {
                    at: death.at,
                    code: death.code,
                    message: String::from_utf8_lossy(&left.unwrap_or_default()).into_owned(),
                }));
                run.due = None;
            }
            drop(runs);
            inner.work.push(Work::Pod(death.pod.clone()));
        }
    }

    /// The log of a container's instance, if the shell ran it.
    pub(crate) fn transcript(&self, of: &LogOf, uid: &str, number: u32) -> Option<Transcript> {
        let pod = super::state::key(&of.namespace, &of.pod);
        self.mains.log(&pod, &of.container, (uid, number))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::demo::clock::Clock;
    use crate::demo::kubelet_api::{Kubelets, Output, Streams};
    use crate::demo::resource::Registry;
    use crate::demo::store::Store;
    use crate::demo::world::Options;
    use tokio::sync::{mpsc, watch};

    fn world() -> World {
        let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
        World::build(&Store::new(Registry::builtin(), clock, 7), &Options::default()).unwrap()
    }

    fn pod(world: &World, name: &str, container: Value) {
        let mut container = container;
        container["name"] = "main".into();
        container["image"] = "busybox:1.37".into();
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"restartPolicy": "OnFailure", "schedulerName": "default-scheduler", "containers": [container]},
        });
        world.store().create("pods", "shop", pod).unwrap();
    }

    fn pass(world: &World, seconds: u32) {
        let clock = world.store().clock().clone();
        for _ in 0..seconds * 2 {
            clock.advance(Duration::from_millis(500));
            world.tick(clock.now());
        }
    }

    fn log(world: &World, pod: &str, previous: bool) -> Vec<String> {
        let of = LogOf {
            namespace: "shop".into(),
            pod: pod.into(),
            container: "main".into(),
            previous,
        };
        let (_, lines) = world.log_lines(&of, 0, 100);
        lines
            .iter()
            .map(|line| String::from_utf8_lossy(&line.text).into_owned())
            .collect()
    }

    fn state(world: &World, pod: &str) -> Value {
        let pod = world.store().read("pods", "shop", pod).unwrap();
        pod["status"]["containerStatuses"][0]["state"].clone()
    }

    #[test]
    fn a_job_prints_what_it_was_told_and_ends_as_it_says() {
        let world = world();
        let script = "echo hello from $HOSTNAME; sleep 20; echo bye; exit 0";
        pod(&world, "hello", json!({"command": ["sh", "-c", script]}));
        pass(&world, 10);
        assert_eq!(log(&world, "hello", false), ["hello from hello"]);
        assert!(state(&world, "hello")["running"].is_object());
        pass(&world, 20);
        assert_eq!(log(&world, "hello", false), ["hello from hello", "bye"]);
        let ended = &state(&world, "hello")["terminated"];
        assert_eq!(
            (&ended["exitCode"], &ended["reason"]),
            (&0.into(), &"Completed".into())
        );
        let seconds = |key: &str| ended[key].as_str().and_then(Timestamp::parse).unwrap().seconds();
        assert_eq!(seconds("finishedAt") - seconds("startedAt"), 20);
    }

    #[test]
    fn what_fails_is_started_again_and_its_log_kept() {
        let world = world();
        pod(
            &world,
            "fails",
            json!({"command": ["sh", "-c", "echo trying; ls /nosuch; exit 4"]}),
        );
        pass(&world, 40);
        let read = world.store().read("pods", "shop", "fails").unwrap();
        let status = &read["status"]["containerStatuses"][0];
        assert!(status["restartCount"].as_u64().unwrap() >= 1, "{status}");
        assert_eq!(status["lastState"]["terminated"]["exitCode"], 4);
        let said = ["trying", "ls: /nosuch: No such file or directory"];
        assert_eq!(log(&world, "fails", true), said);
        assert_eq!(log(&world, "fails", false), said);
    }

    #[test]
    fn an_endless_loop_costs_no_more_than_its_share() {
        let world = world();
        pod(
            &world,
            "busy",
            json!({"command": ["sh", "-c", "while true; do echo x; done"]}),
        );
        pod(
            &world,
            "clock",
            json!({"command": ["sh", "-c", "while true; do date +%s; sleep 5; done"]}),
        );
        pass(&world, 40);
        let ticks = log(&world, "clock", false);
        assert!((5..=8).contains(&ticks.len()), "{ticks:?}");
        let numbers: Vec<i64> = ticks.iter().map(|line| line.parse().unwrap()).collect();
        assert!(
            numbers.windows(2).all(|pair| pair[1] - pair[0] == 5),
            "{numbers:?}"
        );
        assert!(log(&world, "busy", false).len() > 10);
        world.store().remove("pods", "shop", "busy").unwrap();
        pass(&world, 2);
        assert_eq!(world.mains.lock().len(), 1, "who is gone is forgotten");
    }

    #[test]
    fn exec_probes_see_what_the_program_did() {
        let world = world();
        let probe = json!({"exec": {"command": ["cat", "/tmp/healthy"]}, "initialDelaySeconds": 5, "periodSeconds": 5});
        let script = "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600";
        pod(
            &world,
            "alive",
            json!({"command": ["/bin/sh", "-c", script], "livenessProbe": probe, "readinessProbe": probe}),
        );
        pass(&world, 25);
        let status = |path: &str| {
            world
                .store()
                .read("pods", "shop", "alive")
                .unwrap()
                .pointer(path)
                .cloned()
                .unwrap()
        };
        assert_eq!(status("/status/containerStatuses/0/ready"), true);
        assert_eq!(status("/status/containerStatuses/0/restartCount"), 0);
        pass(&world, 18);
        assert_eq!(status("/status/containerStatuses/0/ready"), false);
        pass(&world, 40);
        assert_eq!(status("/status/containerStatuses/0/restartCount"), 1);
        let events = world.store().list("events", Some("shop"));
        let said = events
            .iter()
            .map(|event| event.value()["message"].as_str().unwrap_or_default().to_owned());
        let wanted = "Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory";
        assert!(
            said.clone().any(|text| text.starts_with(wanted)),
            "{:?}",
            said.collect::<Vec<_>>()
        );
    }

    #[test]
    fn volumes_are_shared_and_claims_outlive_pods() {
        let world = world();
        let mount = json!([{"name": "data", "mountPath": "/data"}]);
        let volumes = json!([{"name": "data", "emptyDir": {}}]);
        let both = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "both", "namespace": "shop"},
            "spec": {"restartPolicy": "Never", "schedulerName": "default-scheduler", "volumes": volumes, "containers": [
                {"name": "reads", "image": "busybox", "command": ["sh", "-c", "until [ -f /data/go ]; do sleep 1; done; cat /data/go; echo seen > /dev/termination-log"], "volumeMounts": mount},
                {"name": "writes", "image": "busybox", "command": ["sh", "-c", "sleep 5; echo gone > /data/go"], "volumeMounts": mount}]},
        });
        world.store().create("pods", "shop", both).unwrap();
        pass(&world, 25);
        let of = LogOf {
            namespace: "shop".into(),
            pod: "both".into(),
            container: "reads".into(),
            previous: false,
        };
        let (_, lines) = world.log_lines(&of, 0, 10);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(&*lines[0].text, b"gone");
        let ended = &state(&world, "both")["terminated"];
        assert_eq!(
            (&ended["exitCode"], &ended["message"]),
            (&0.into(), &"seen\n".into())
        );
    }

    #[tokio::test]
    async fn one_can_attach_to_a_shell_and_type() {
        let world = world();
        pod(
            &world,
            "shell",
            json!({"stdin": true, "stdinOnce": true, "tty": true}),
        );
        pass(&world, 20);
        assert!(
            state(&world, "shell")["running"].is_object(),
            "{}",
            state(&world, "shell")
        );
        let (keys, input) = mpsc::channel(64);
        let (output, mut screen) = mpsc::channel(64);
        let (_size, sizes) = watch::channel((132, 43));
        let request = ExecRequest {
            namespace: "shop".into(),
            pod: "shell".into(),
            container: "main".into(),
            command: Vec::new(),
            stdin: true,
            tty: true,
        };
        let streams = Streams {
            input,
            output,
            size: sizes,
        };
        let task = tokio::spawn(world.attach(request, streams));
        keys.send("stty size; exit 3\r".into()).await.unwrap();
        let mut seen = String::new();
        while !task.is_finished() {
            tokio::task::yield_now().await;
            world.store().clock().advance(Duration::from_millis(10));
            world.tick(world.store().clock().now());
            while let Ok(Output::Out(bytes) | Output::Err(bytes)) = screen.try_recv() {
                seen += &String::from_utf8_lossy(&bytes);
            }
        }
        assert!(seen.contains("43 132\r\n"), "{seen:?}");
        task.await.unwrap();
        pass(&world, 2);
        let read = world.store().read("pods", "shop", "shell").unwrap();
        assert_eq!(
            read["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"],
            3
        );
    }

    /// A task's share of tokio's time is not what ends a process's.
    #[tokio::test]
    async fn chatty_processes_go_on_inside_a_runtime() {
        let world = world();
        let script = "for i in $(seq 500); do echo $i; done";
        pod(&world, "chatty", json!({"command": ["sh", "-c", script]}));
        pass(&world, 15);
        assert_eq!(
            log(&world, "chatty", false).len(),
            100,
            "as many as were asked for"
        );
        assert_eq!(state(&world, "chatty")["terminated"]["exitCode"], 0);
    }
}
