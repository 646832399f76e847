//! READY, STATUS and RESTARTS of a pod as `kubectl get pods` prints them. Reads plain facts; knows no wire format and no clock.
//!
//! Source: k8s.io/kubernetes v1.36, `pkg/printers/internalversion/printers.go`, `printPod`.

use std::borrow::Cow;

use crate::clock::Timestamp;
use crate::model::Health;

/// What the rule reads of a pod, borrowed. The iterators run over the lists in the order the API gives them.
#[derive(Debug, Clone)]
pub struct PodFacts<'a, S, I, C, K> {
    /// `status.phase`.
    pub phase: &'a str,
    /// `status.reason`; empty when absent.
    pub reason: &'a str,
    /// True when `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// Length of `spec.containers`.
    pub containers: usize,
    /// `spec.initContainers`: name, and whether its `restartPolicy` is `Always` (a sidecar).
    pub init_containers: S,
    /// `status.initContainerStatuses`.
    pub init_statuses: I,
    /// `status.containerStatuses`.
    pub statuses: C,
    /// `status.conditions`.
    pub conditions: K,
}

/// One entry of `containerStatuses` or `initContainerStatuses`. The server lets several states be set at once, so they are apart here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContainerFacts<'a> {
    /// Container name.
    pub name: &'a str,
    /// `restartCount`.
    pub restarts: i32,
    /// `ready`.
    pub ready: bool,
    /// `started`; absent counts as false.
    pub started: bool,
    /// Reason of `state.waiting` (may be empty), `None` when not waiting.
    pub waiting: Option<&'a str>,
    /// True when `state.running` is set.
    pub running: bool,
    /// `state.terminated`.
    pub terminated: Option<Terminated<'a>>,
    /// `lastState.terminated`.
    pub last: Option<Terminated<'a>>,
}

/// How a container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terminated<'a> {
    /// `reason`; may be empty.
    pub reason: &'a str,
    /// `exitCode`.
    pub exit_code: i32,
    /// `signal`; 0 when absent.
    pub signal: i32,
    /// `finishedAt`; `None` when null.
    pub finished: Option<Timestamp>,
}

/// One entry of `status.conditions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionFacts<'a> {
    /// `type`.
    pub kind: &'a str,
    /// `status`: `True`, `False` or `Unknown`.
    pub status: &'a str,
    /// `reason`; may be empty.
    pub reason: &'a str,
}

/// What the columns of a pod show. Holds no age, so that it changes only when the pod does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodStatus<'a> {
    /// STATUS.
    pub text: Cow<'a, str>,
    /// READY, left of the slash: ready containers and sidecars.
    pub ready: u32,
    /// READY, right of the slash: containers and sidecars.
    pub total: u32,
    /// RESTARTS.
    pub restarts: u32,
    /// When the last counted restart was; kubectl prints it as `14 (40s ago)`. `None` without restarts or when not known.
    pub restarted: Option<Timestamp>,
    /// The last termination of any of its containers; completed init containers do not count.
    pub last: Option<LastTermination<'a>>,
    /// How it is doing; ours, not kubectl's.
    pub health: Health,
}

/// The most recent end of a container of the pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastTermination<'a> {
    /// Container name.
    pub container: &'a str,
    /// `OOMKilled`, `Error`, `Completed`; `Signal:9` or `ExitCode:1` when the API gives no reason.
    pub reason: Cow<'a, str>,
    /// Exit code, 137 for one that was killed.
    pub exit_code: i32,
    /// When; `None` when not known.
    pub finished: Option<Timestamp>,
}

/// Reads a pod's columns off its facts.
pub fn pod_status<'a, S, I, C, K>(pod: &PodFacts<'a, S, I, C, K>) -> PodStatus<'a>
where
    S: Iterator<Item = (&'a str, bool)> + Clone,
    I: Iterator<Item = ContainerFacts<'a>> + Clone,
    C: DoubleEndedIterator<Item = ContainerFacts<'a>> + Clone,
    K: Iterator<Item = ConditionFacts<'a>> + Clone,
{
    let init_count = pod.init_containers.clone().count();
    let sidecars = pod.init_containers.clone().filter(|(_, always)| *always).count();
    let mut seen = Progress::new(starting_text(pod));
    let init = init_part(
        init_count,
        &pod.init_containers,
        pod.init_statuses.clone(),
        &mut seen,
    );
    if !init.initializing || first_is_true(pod.conditions.clone(), "Initialized") {
        seen.restarts = init.sidecar_restarts;
        let ready = pod
            .conditions
            .clone()
            .any(|c| c.kind == "Ready" && c.status == "True");
        main_part(pod.statuses.clone().rev(), ready, &mut seen);
    }
    if pod.deleting && pod.reason == "NodeLost" {
        seen.text = Cow::Borrowed("Unknown");
    } else if pod.deleting && !matches!(pod.phase, "Succeeded" | "Failed") {
        seen.text = Cow::Borrowed("Terminating");
    }
    let total = u32::try_from(pod.containers + sidecars).unwrap_or(u32::MAX);
    let restarts = u32::try_from(seen.restarts.count).unwrap_or(0);
    PodStatus {
        health: health(pod, &seen.text, seen.ready >= total),
        ready: seen.ready,
        total,
        restarts,
        restarted: seen.restarts.latest.filter(|_| restarts > 0),
        last: last_termination(
            &pod.init_containers,
            pod.init_statuses.clone(),
            pod.statuses.clone(),
        ),
        text: seen.text,
    }
}

/// Restarts so far and the latest of them.
#[derive(Debug, Clone, Copy, Default)]
struct Restarts {
    count: i64,
    latest: Option<Timestamp>,
}

impl Restarts {
    fn add(&mut self, container: &ContainerFacts<'_>) {
        self.count += i64::from(container.restarts);
        self.latest = self.latest.max(container.last.and_then(|last| last.finished));
    }
}

/// What the walk over the containers has found so far.
struct Progress<'a> {
    text: Cow<'a, str>,
    ready: u32,
    restarts: Restarts,
}

impl<'a> Progress<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            ready: 0,
            restarts: Restarts::default(),
        }
    }
}

/// Phase, or the reason given for it, or `SchedulingGated`.
fn starting_text<'a, S, I, C, K>(pod: &PodFacts<'a, S, I, C, K>) -> &'a str
where
    K: Iterator<Item = ConditionFacts<'a>> + Clone,
{
    let gated = |c: ConditionFacts<'_>| c.kind == "PodScheduled" && c.reason == "SchedulingGated";
    if pod.conditions.clone().any(gated) {
        "SchedulingGated"
    } else if pod.reason.is_empty() {
        pod.phase
    } else {
        pod.reason
    }
}

/// What the init containers leave for the main ones.
struct InitPart {
    initializing: bool,
    sidecar_restarts: Restarts,
}

/// Walks the init containers up to the first that is neither done nor a started sidecar.
fn init_part<'a>(
    init_count: usize,
    specs: &(impl Iterator<Item = (&'a str, bool)> + Clone),
    statuses: impl Iterator<Item = ContainerFacts<'a>>,
    seen: &mut Progress<'a>,
) -> InitPart {
    let mut part = InitPart {
        initializing: false,
        sidecar_restarts: Restarts::default(),
    };
    for (at, container) in statuses.enumerate() {
        let sidecar = is_sidecar(specs, container.name);
        seen.restarts.add(&container);
        if sidecar {
            part.sidecar_restarts.add(&container);
        }
        if container.terminated.is_some_and(|end| end.exit_code == 0) {
            continue;
        }
        if sidecar && container.started {
            seen.ready += u32::from(container.ready);
            continue;
        }
        seen.text = Cow::Owned(match (container.terminated, container.waiting) {
            (Some(end), _) => format!("Init:{}", end_text(&end)),
            (None, Some(reason)) if !reason.is_empty() && reason != "PodInitializing" => {
                format!("Init:{reason}")
            }
            _ => format!("Init:{at}/{init_count}"),
        });
        part.initializing = true;
        break;
    }
    part
}

/// Walks the main containers, last first, so that the first one's reason stands.
fn main_part<'a>(
    statuses: impl Iterator<Item = ContainerFacts<'a>>,
    pod_ready: bool,
    seen: &mut Progress<'a>,
) {
    let mut running = false;
    let mut error: Option<Cow<'a, str>> = None;
    for container in statuses {
        seen.restarts.add(&container);
        match (container.waiting, container.terminated) {
            (Some(reason), _) if !reason.is_empty() => seen.text = Cow::Borrowed(reason),
            (_, Some(end)) => {
                seen.text = end_text(&end);
                if end.exit_code != 0 {
                    error = Some(seen.text.clone());
                }
            }
            _ if container.ready && container.running => {
                running = true;
                seen.ready += 1;
            }
            _ => {}
        }
    }
    if seen.text == "Completed" {
        if running && pod_ready {
            seen.text = Cow::Borrowed("Running");
        } else if let Some(error) = error {
            seen.text = error;
        } else if running {
            seen.text = Cow::Borrowed("NotReady");
        }
    }
}

/// The reason of an end, else its signal, else its exit code.
fn end_text<'a>(end: &Terminated<'a>) -> Cow<'a, str> {
    if !end.reason.is_empty() {
        Cow::Borrowed(end.reason)
    } else if end.signal != 0 {
        Cow::Owned(format!("Signal:{}", end.signal))
    } else {
        Cow::Owned(format!("ExitCode:{}", end.exit_code))
    }
}

fn is_sidecar<'a>(specs: &(impl Iterator<Item = (&'a str, bool)> + Clone), name: &str) -> bool {
    specs
        .clone()
        .filter(|(spec, _)| *spec == name)
        .last()
        .is_some_and(|(_, always)| always)
}

/// Status of the first condition of this type, as `isPodInitializedConditionTrue` reads it.
fn first_is_true<'a>(mut conditions: impl Iterator<Item = ConditionFacts<'a>>, kind: &str) -> bool {
    conditions
        .find(|c| c.kind == kind)
        .is_some_and(|c| c.status == "True")
}

fn last_termination<'a>(
    specs: &(impl Iterator<Item = (&'a str, bool)> + Clone),
    init: impl Iterator<Item = ContainerFacts<'a>>,
    main: impl Iterator<Item = ContainerFacts<'a>>,
) -> Option<LastTermination<'a>> {
    let ends = |container: ContainerFacts<'a>, ended: Option<Terminated<'a>>| {
        [container.last, ended]
            .into_iter()
            .flatten()
            .map(move |end| (container.name, end))
    };
    let init = init.flat_map(|container| {
        let done = |end: &Terminated<'_>| end.exit_code == 0 && !is_sidecar(specs, container.name);
        ends(container, container.terminated.filter(|end| !done(end)))
    });
    let main = main.flat_map(|container| ends(container, container.terminated));
    let (container, end) = init
        .chain(main)
        .max_by_key(|(_, end)| (end.finished, end.exit_code != 0))?;
    Some(LastTermination {
        container,
        reason: end_text(&end),
        exit_code: end.exit_code,
        finished: end.finished,
    })
}

fn health<'a, S, I, C, K>(pod: &PodFacts<'a, S, I, C, K>, text: &str, all_ready: bool) -> Health
where
    K: Iterator<Item = ConditionFacts<'a>> + Clone,
{
    match (pod.phase, text) {
        (_, "Unknown") | ("Failed", _) => return Health::Bad,
        ("Succeeded", _) => return Health::Done,
        (_, "Terminating") => return Health::Busy,
        _ => {}
    }
    let has = |kind, status| {
        pod.conditions
            .clone()
            .any(|c: ConditionFacts<'a>| c.kind == kind && c.status == status)
    };
    let step = text.strip_prefix("Init:");
    let counts = step.is_some_and(|step| step.starts_with(|c: char| c.is_ascii_digit()));
    match step.unwrap_or(text) {
        "Running" if all_ready && !has("Ready", "False") => Health::Ok,
        "Running" | "NotReady" | "Completed" => Health::Warn,
        "Pending" if has("PodScheduled", "False") => Health::Warn,
        "Pending" | "SchedulingGated" | "ContainerCreating" | "PodInitializing" => Health::Busy,
        _ if counts => Health::Busy,
        _ => Health::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::{ConditionFacts, ContainerFacts, PodFacts, PodStatus, Terminated, pod_status};
    use crate::clock::Timestamp;
    use crate::model::Health;

    /// A pod of a test: containers, init containers (name, sidecar), their states, conditions.
    #[derive(Clone, Default)]
    struct Pod {
        phase: &'static str,
        reason: &'static str,
        deleting: bool,
        containers: usize,
        specs: &'static [(&'static str, bool)],
        init: Vec<ContainerFacts<'static>>,
        main: Vec<ContainerFacts<'static>>,
        conditions: &'static [(&'static str, &'static str, &'static str)],
    }

    impl Pod {
        fn status(&self) -> PodStatus<'static> {
            pod_status(&PodFacts {
                phase: self.phase,
                reason: self.reason,
                deleting: self.deleting,
                containers: self.containers,
                init_containers: self.specs.iter().copied(),
                init_statuses: self.init.clone().into_iter(),
                statuses: self.main.clone().into_iter(),
                conditions: self
                    .conditions
                    .iter()
                    .map(|(kind, status, reason)| ConditionFacts { kind, status, reason }),
            })
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "as the facts hold it")]
    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(seconds))
    }

    fn running(ready: bool, restarts: i32) -> ContainerFacts<'static> {
        ContainerFacts {
            running: true,
            ready,
            restarts,
            ..idle(restarts)
        }
    }

    fn idle(restarts: i32) -> ContainerFacts<'static> {
        ContainerFacts {
            restarts,
            ..ContainerFacts::default()
        }
    }

    fn waiting(reason: &'static str, restarts: i32) -> ContainerFacts<'static> {
        ContainerFacts {
            waiting: Some(reason),
            ..idle(restarts)
        }
    }

    fn ended(reason: &'static str, exit_code: i32, signal: i32) -> ContainerFacts<'static> {
        ContainerFacts {
            terminated: Some(Terminated {
                reason,
                exit_code,
                signal,
                finished: None,
            }),
            ..idle(0)
        }
    }

    trait With: Sized {
        fn last(self, seconds: i64) -> Self;
        fn named(self, name: &'static str, started: bool) -> Self;
        fn restarts(self, count: i32) -> Self;
        fn ready(self) -> Self;
    }

    impl With for ContainerFacts<'static> {
        fn last(mut self, seconds: i64) -> Self {
            self.last = Some(Terminated {
                finished: at(seconds),
                ..Terminated::default()
            });
            self
        }
        fn named(mut self, name: &'static str, started: bool) -> Self {
            (self.name, self.started) = (name, started);
            self
        }
        fn restarts(mut self, count: i32) -> Self {
            self.restarts = count;
            self
        }
        fn ready(mut self) -> Self {
            self.ready = true;
            self
        }
    }

    const ONE: &[(&str, bool)] = &[("", false)];
    const TWO: &[(&str, bool)] = &[("", false), ("", false)];
    const SIDECARS: &[(&str, bool)] = &[("s1", true), ("s2", true)];

    type Expected = (&'static str, &'static str, u32, Option<Timestamp>);

    fn check(cases: Vec<(Pod, Expected)>) {
        for (number, (pod, (ready, text, restarts, restarted))) in cases.into_iter().enumerate() {
            let status = pod.status();
            assert_eq!(
                (
                    format!("{}/{}", status.ready, status.total).as_str(),
                    &*status.text,
                    status.restarts,
                    status.restarted
                ),
                (ready, text, restarts, restarted),
                "case {number}"
            );
        }
    }

    /// `TestPrintPod` of `printers_test.go`: pods of main containers only.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn main_containers_as_kubectl() {
        let of = |phase, containers, main| Pod {
            phase,
            containers,
            main,
            ..Pod::default()
        };
        let completed = || ended("Completed", 0, 0).ready().restarts(3);
        check(vec![
            (
                of("podPhase", 2, vec![running(true, 3), idle(3)]),
                ("1/2", "podPhase", 6, None),
            ),
            (
                of("podPhase", 2, vec![running(true, 3), waiting("Why", 3)]),
                ("1/2", "Why", 6, None),
            ),
            (
                of(
                    "podPhase",
                    2,
                    vec![waiting("Why", 3), ended("End", 0, 0).restarts(3)],
                ),
                ("0/2", "Why", 6, None),
            ),
            (
                of("podPhase", 2, vec![running(true, 3), idle(3).ready()]),
                ("1/2", "podPhase", 6, None),
            ),
            (
                Pod {
                    reason: "podReason",
                    ..of("podPhase", 2, vec![running(true, 3), idle(3).ready()])
                },
                ("1/2", "podReason", 6, None),
            ),
            (
                of("Running", 2, vec![completed(), running(true, 3)]),
                ("1/2", "NotReady", 6, None),
            ),
            (
                Pod {
                    conditions: &[("Ready", "True", "")],
                    ..of("Running", 2, vec![completed(), running(true, 3)])
                },
                ("1/2", "Running", 6, None),
            ),
            (
                of("Running", 1, vec![running(true, 3).last(100)]),
                ("1/1", "Running", 3, at(100)),
            ),
            (
                of("Running", 2, vec![running(true, 0), running(true, 3).last(7)]),
                ("2/2", "Running", 3, at(7)),
            ),
            (
                of(
                    "Running",
                    2,
                    vec![running(true, 6).last(90), running(true, 3).last(20)],
                ),
                ("2/2", "Running", 9, at(90)),
            ),
            (
                Pod {
                    conditions: &[("PodScheduled", "False", "SchedulingGated")],
                    ..of("podPhase", 2, vec![])
                },
                ("0/2", "SchedulingGated", 0, None),
            ),
            (
                of("Succeeded", 1, vec![ended("Completed", 0, 0)]),
                ("0/1", "Completed", 0, None),
            ),
            (
                of("Failed", 1, vec![ended("Error", 1, 0)]),
                ("0/1", "Error", 0, None),
            ),
            (
                of("Failed", 2, vec![ended("podCrash", 1, 0), running(true, 0)]),
                ("1/2", "podCrash", 0, None),
            ),
            (
                of("Failed", 2, vec![running(true, 0), ended("podCrash", 1, 0)]),
                ("1/2", "podCrash", 0, None),
            ),
            (
                of(
                    "Failed",
                    3,
                    vec![running(true, 0), ended("podCrash", 1, 0).ready(), ended("", 0, 0)],
                ),
                ("1/3", "podCrash", 0, None),
            ),
            (
                of(
                    "Failed",
                    3,
                    vec![running(false, 0), ended("podCrash", 1, 0), ended("", 0, 0)],
                ),
                ("0/3", "podCrash", 0, None),
            ),
        ]);
    }

    /// `TestPrintPod` of `printers_test.go`: deletion.
    #[test]
    fn deletion_as_kubectl() {
        let of = |phase, reason, main| Pod {
            phase,
            reason,
            deleting: true,
            containers: 1,
            main,
            ..Pod::default()
        };
        check(vec![
            (
                of("Succeeded", "", vec![ended("Completed", 0, 0)]),
                ("0/1", "Completed", 0, None),
            ),
            (of("Failed", "Evicted", vec![]), ("0/1", "Evicted", 0, None)),
            (
                of("Running", "", vec![running(false, 0)]),
                ("0/1", "Terminating", 0, None),
            ),
            (of("Pending", "", vec![]), ("0/1", "Terminating", 0, None)),
            (
                of("Running", "NodeLost", vec![running(true, 0)]),
                ("1/1", "Unknown", 0, None),
            ),
        ]);
    }

    /// `TestPrintPod` of `printers_test.go`: init containers.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn init_containers_as_kubectl() {
        let of = |phase, specs, init, main| Pod {
            phase,
            containers: 1,
            specs,
            init,
            main,
            ..Pod::default()
        };
        let idle_main = || vec![waiting("", 0)];
        check(vec![
            (
                of("podPhase", ONE, vec![running(false, 3).last(9)], idle_main()),
                ("0/1", "Init:0/1", 3, at(9)),
            ),
            (
                of(
                    "podPhase",
                    TWO,
                    vec![running(false, 3).last(9), waiting("", 0)],
                    idle_main(),
                ),
                ("0/1", "Init:0/2", 3, at(9)),
            ),
            (
                of(
                    "podPhase",
                    TWO,
                    vec![ended("", 0, 0), running(false, 3).last(9)],
                    idle_main(),
                ),
                ("0/1", "Init:1/2", 3, at(9)),
            ),
            (
                of(
                    "podPhase",
                    TWO,
                    vec![ended("", 0, 0).restarts(2).last(1), running(false, 3).last(9)],
                    idle_main(),
                ),
                ("0/1", "Init:1/2", 5, at(9)),
            ),
            (
                of(
                    "Running",
                    ONE,
                    vec![ended("", 0, 0).restarts(2).last(50)],
                    vec![running(false, 4).last(20)],
                ),
                ("0/1", "Running", 4, at(20)),
            ),
            (
                of("Pending", ONE, vec![ended("", 2, 0)], vec![]),
                ("0/1", "Init:ExitCode:2", 0, None),
            ),
            (
                of("Pending", ONE, vec![ended("", 137, 9)], vec![]),
                ("0/1", "Init:Signal:9", 0, None),
            ),
            (
                of("Pending", ONE, vec![ended("Error", 1, 0)], vec![]),
                ("0/1", "Init:Error", 0, None),
            ),
            (
                of("Pending", ONE, vec![waiting("ImagePullBackOff", 0)], vec![]),
                ("0/1", "Init:ImagePullBackOff", 0, None),
            ),
            (
                of("Pending", ONE, vec![waiting("PodInitializing", 0)], vec![]),
                ("0/1", "Init:0/1", 0, None),
            ),
            (
                of("Failed", &[], vec![], vec![ended("", 137, 9)]),
                ("0/1", "Signal:9", 0, None),
            ),
            (
                of("Failed", &[], vec![], vec![ended("", 3, 0)]),
                ("0/1", "ExitCode:3", 0, None),
            ),
        ]);
    }

    /// `TestPrintPodWithRestartableInitContainer` of `printers_test.go`.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn sidecars_as_kubectl() {
        let of = |phase, conditions, init, main| Pod {
            phase,
            containers: 1,
            specs: SIDECARS,
            init,
            main,
            conditions,
            ..Pod::default()
        };
        let begun: &[_] = &[("Initialized", "True", "")];
        let not_begun: &[_] = &[("Initialized", "False", "")];
        let killed = |name| ended("Error", 137, 0).named(name, false);
        check(vec![
            (
                of(
                    "Pending",
                    not_begun,
                    vec![
                        running(false, 3).named("s1", false).last(9),
                        waiting("", 0).named("s2", false),
                    ],
                    vec![waiting("", 0)],
                ),
                ("0/3", "Init:0/2", 3, at(9)),
            ),
            (
                of(
                    "Pending",
                    not_begun,
                    vec![
                        running(false, 3).named("s1", true).last(9),
                        running(false, 0).named("s2", false),
                    ],
                    vec![waiting("", 0)],
                ),
                ("0/3", "Init:1/2", 3, at(9)),
            ),
            (
                of(
                    "Running",
                    begun,
                    vec![
                        running(false, 3).named("s1", true).last(9),
                        running(false, 0).named("s2", true),
                    ],
                    vec![running(true, 4).last(5)],
                ),
                ("1/3", "Running", 7, at(9)),
            ),
            (
                of(
                    "Succeeded",
                    begun,
                    vec![killed("s1").restarts(3).last(9), killed("s2")],
                    vec![ended("Completed", 0, 0).restarts(4).last(5)],
                ),
                ("0/3", "Completed", 7, at(9)),
            ),
            (
                Pod {
                    specs: &[("init1", false), ("sidecar1", true)],
                    ..of(
                        "Running",
                        &[],
                        vec![
                            idle(0).named("initinvalid", false),
                            idle(0).named("sidecar1", false),
                        ],
                        vec![idle(0).named("containerinvalid", false), idle(0)],
                    )
                },
                ("0/2", "Init:0/2", 0, None),
            ),
        ]);
    }

    #[test]
    fn the_last_termination_is_the_latest_of_all_containers() {
        let end = |reason, exit_code, seconds| {
            Some(Terminated {
                reason,
                exit_code,
                signal: 0,
                finished: at(seconds),
            })
        };
        let mut pod = Pod {
            phase: "Running",
            containers: 2,
            specs: ONE,
            init: vec![ContainerFacts {
                terminated: end("Completed", 0, 99),
                ..idle(0)
            }],
            main: vec![
                ContainerFacts {
                    last: end("Error", 1, 10),
                    ..running(true, 1).named("old", true)
                },
                ContainerFacts {
                    last: end("OOMKilled", 137, 20),
                    ..running(true, 1).named("new", true)
                },
            ],
            ..Pod::default()
        };
        let last = pod.status().last.expect("a termination");
        assert_eq!(
            (last.container, &*last.reason, last.exit_code),
            ("new", "OOMKilled", 137)
        );
        pod.main.clear();
        assert_eq!(
            pod.status().last,
            None,
            "an init container that completed is no termination"
        );
    }

    #[test]
    fn health_tells_faults_from_progress() {
        let of = |phase, main, conditions| Pod {
            phase,
            containers: 1,
            main,
            conditions,
            ..Pod::default()
        };
        let not_ready: &[_] = &[("Ready", "False", "ReadinessGatesNotReady")];
        let unschedulable: &[_] = &[("PodScheduled", "False", "Unschedulable")];
        for (pod, expected) in [
            (of("Running", vec![running(true, 0)], &[]), Health::Ok),
            (of("Running", vec![running(true, 0)], not_ready), Health::Warn),
            (of("Running", vec![running(false, 0)], &[]), Health::Warn),
            (
                of("Running", vec![waiting("CrashLoopBackOff", 4)], &[]),
                Health::Bad,
            ),
            (
                of("Pending", vec![waiting("ContainerCreating", 0)], &[]),
                Health::Busy,
            ),
            (of("Pending", vec![], &[]), Health::Busy),
            (of("Pending", vec![], unschedulable), Health::Warn),
            (of("Succeeded", vec![ended("Completed", 0, 0)], &[]), Health::Done),
            (of("Failed", vec![], &[]), Health::Bad),
            (of("Unknown", vec![], &[]), Health::Bad),
        ] {
            assert_eq!(pod.status().health, expected, "{}", pod.status().text);
        }
        let init = |state| Pod {
            specs: ONE,
            init: vec![state],
            ..of("Pending", vec![], &[])
        };
        assert_eq!(init(running(false, 0)).status().health, Health::Busy);
        assert_eq!(init(waiting("CrashLoopBackOff", 1)).status().health, Health::Bad);
    }
}
