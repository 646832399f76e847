//! One container's life: pull, start, probes, end, restart with back-off. Texts are the kubelet's (k8s.io/kubernetes 1.36, pkg/kubelet).

use super::life::{Check, End, Heard, Run, State};
use super::scene::Answer;
use super::scene::{Place, Scene};
use super::spec::{Container, Probe, Restart};
use super::usage::killed_after;
use crate::clock::Timestamp;
use crate::demo::image::{LogStyle, Nature, nature, pull_error};
use crate::demo::object::after;

/// First and greatest back-off between restarts and between pulls, seconds.
const BACKOFF: (i64, i64) = (10, 300);
/// A container that ran this long starts afresh with its back-off, seconds.
const FORGIVEN: i64 = 600;

/// Moves one container on as far as `scene.now` allows. Its `due` says when to look again; `None`: when something else changes.
pub fn drive(run: &mut Run, place: Place<'_>, scene: &mut Scene<'_>) {
    for _ in 0..8 {
        let before = run.clone();
        if run.due.is_none_or(|due| due <= scene.now) {
            match run.state.clone() {
                State::Waiting(reason, _) => wait(run, reason, place, scene),
                State::Running(since) => watch(run, since, place, scene),
                State::Ended(end) => again(run, &end, place, scene),
            }
        }
        if *run == before {
            return;
        }
    }
}

fn wait(run: &mut Run, reason: &'static str, place: Place<'_>, scene: &mut Scene<'_>) {
    let image = &place.container.image;
    if reason == "ErrImagePull" {
        let why = pull_error(image).unwrap_or_default();
        scene.tell(
            (false, "BackOff"),
            &place,
            format!("Back-off pulling image \"{image}\""),
        );
        scene.tell((true, "Failed"), &place, "Error: ImagePullBackOff".into());
        run.state = State::Waiting(
            "ImagePullBackOff",
            format!("Back-off pulling image \"{image}\": ErrImagePull: {why}"),
        );
        run.due = Some(after(scene.now, run.backoff - 2));
        return;
    }
    if run.pulled {
        start(run, place, scene);
    } else if !run.pulling && scene.has_image(image) {
        run.pulled = true;
        let text =
            format!("Container image \"{image}\" already present on machine and can be accessed by the pod");
        scene.tell((false, "Pulled"), &place, text);
    } else if run.pulling {
        pulled(run, place, scene);
    } else {
        run.pulling = true;
        scene.tell((false, "Pulling"), &place, format!("Pulling image \"{image}\""));
        let seconds = if pull_error(image).is_some() {
            1
        } else {
            pull_seconds(nature(image))
        };
        run.due = Some(after(scene.now, seconds));
    }
}

fn pull_seconds(nature: &Nature) -> i64 {
    i64::from(nature.size_mib) / 60 + 1
}

fn pulled(run: &mut Run, place: Place<'_>, scene: &mut Scene<'_>) {
    let image = &place.container.image;
    run.pulling = false;
    if let Some(why) = pull_error(image) {
        scene.tell(
            (true, "Failed"),
            &place,
            format!("Failed to pull image \"{image}\": {why}"),
        );
        scene.tell((true, "Failed"), &place, "Error: ErrImagePull".into());
        run.backoff = longer(run.backoff);
        run.state = State::Waiting("ErrImagePull", why);
        run.due = Some(after(scene.now, 2));
        return;
    }
    let nature = nature(image);
    let seconds = pull_seconds(nature) as f64 - 0.3 + scene.ids.unit() * 0.2;
    let text = format!(
        "Successfully pulled image \"{image}\" in {seconds:.3}s ({seconds:.3}s including waiting). Image size: {} bytes.",
        u64::from(nature.size_mib) << 20
    );
    scene.tell((false, "Pulled"), &place, text);
    scene.keep_image(image);
    run.pulled = true;
    run.backoff = 0;
    run.due = None;
}

fn longer(backoff: i64) -> i64 {
    if backoff == 0 {
        BACKOFF.0
    } else {
        (backoff * 2).min(BACKOFF.1)
    }
}

fn start(run: &mut Run, place: Place<'_>, scene: &mut Scene<'_>) {
    if run.last.is_some() {
        run.restarts += 1;
    }
    scene.tell((false, "Created"), &place, "Container created".into());
    scene.tell((false, "Started"), &place, "Container started".into());
    run.state = State::Running(scene.now);
    run.real = place.container.program.is_some();
    run.exit = None;
    run.said = None;
    run.started = place.container.startup.is_none();
    run.ready =
        place.container.readiness.is_none() && run.started && (!place.init || place.container.sidecar);
    run.probe_failures = 0;
    run.live_failures = 0;
    run.due = None;
}

/// How a container stops when it is told to: after how many seconds, exit code and reason. A shell or `sleep` as first process takes no notice
/// of SIGTERM and is killed at the end of the grace period, as is what its `preStop` hook leaves no time.
pub fn stopping(container: &Container, grace: i64) -> (i64, i32, &'static str) {
    let first = container.command.first().map_or("", String::as_str);
    let first = first.rsplit('/').next().unwrap_or(first);
    let deaf = matches!(first, "sleep" | "sh" | "bash" | "ash" | "tail" | "cat");
    let traps = container
        .command
        .iter()
        .any(|word| word.contains("trap ") || word.contains("exec "));
    if deaf && !traps || container.pre_stop >= grace {
        return (grace, 137, "Error");
    }
    let seconds = (container.pre_stop + 2).min(grace);
    match container.nature().log {
        LogStyle::Java => (seconds, 143, "Error"),
        _ => (seconds, 0, "Completed"),
    }
}

/// Seconds after its start at which a container ends by itself, and how: exit code and reason.
pub fn ending(place: Place<'_>) -> Option<(i64, i32, &'static str)> {
    let container = place.container;
    if let Some(seconds) = killed_after(container) {
        return Some((seconds, 137, "OOMKilled"));
    }
    let told = commanded(&container.command);
    let natural = container
        .nature()
        .ends
        .map(|(seconds, code)| (i64::from(seconds), code));
    let (seconds, code) = told
        .or(natural)
        .or((place.init && !container.sidecar).then_some((3, 0)))?;
    Some((seconds, code, if code == 0 { "Completed" } else { "Error" }))
}

/// How long a command of well-known programs takes, and its exit code: `sleep 30`, `sh -c "…; exit 3"`, `false`.
fn commanded(command: &[String]) -> Option<(i64, i32)> {
    let line = command.join(" ");
    let words: Vec<&str> = line
        .split([' ', ';', '&', '|'])
        .filter(|word| !word.is_empty())
        .collect();
    let shell = matches!(words.first(), Some(&("sh" | "bash" | "/bin/sh" | "/bin/bash")));
    let number = |name: &str| {
        let at = words.iter().position(|word| *word == name)?;
        let text = words.get(at + 1)?.trim_matches(['"', '\'', 's']);
        text.parse::<f64>()
            .ok()
            .map(|value| value as i64)
            .or_else(|| (text == "infinity" || text == "inf").then_some(i64::MAX >> 34))
    };
    let (sleep, exit) = (number("sleep"), number("exit"));
    match words.first() {
        Some(&("sleep" | "/bin/sleep")) => Some((sleep.unwrap_or(0), 0)),
        Some(&"false") => Some((0, 1)),
        Some(&("true" | "echo" | "date" | "env" | "hostname" | "ls" | "perl")) => Some((2, 0)),
        _ if shell && line.contains("while true") => Some((i64::MAX >> 34, 0)),
        _ if shell => Some((sleep.unwrap_or(1), exit.unwrap_or(0) as i32)),
        _ => None,
    }
}

fn watch(run: &mut Run, since: Timestamp, place: Place<'_>, scene: &mut Scene<'_>) {
    let mut next: Vec<Timestamp> = Vec::new();
    if run.real {
        if let Some(exited) = run.exit.take() {
            let reason = if exited.code == 0 { "Completed" } else { "Error" };
            end(run, (since, exited.at), exited.code, reason);
            if let State::Ended(end) = &mut run.state {
                end.message = exited.message;
            }
            return;
        }
    } else if let Some((seconds, code, reason)) = ending(place) {
        let at = after(since, seconds);
        if at <= scene.now {
            end(run, (since, at), code, reason);
            return;
        }
        next.push(at);
    }
    if !run.started {
        next.extend(startup(run, since, place, scene));
    }
    if run.started && run.running().is_some() {
        next.extend(readiness(run, since, place, scene));
        next.extend(liveness(run, since, place, scene));
    }
    if run.running().is_some() {
        run.due = next.into_iter().min().or_else(|| Some(after(scene.now, 1 << 30)));
    }
}

/// What an exec probe last said, if the shell could run it.
fn heard(run: &Run, kind: Check) -> Option<&Heard> {
    run.said.as_ref()?.get(kind as usize)?.as_ref()
}

/// Whether the program answers a probe: it listens there, and knows the path.
fn answers(run: &Run, kind: Check, probe: &Probe, place: Place<'_>) -> bool {
    if let Some(said) = heard(run, kind) {
        return said.is_ok();
    }
    let nature = place.container.nature();
    let listens = |port: u16| {
        if nature.image.is_empty() {
            place.container.ports.iter().any(|(_, have)| *have == port)
        } else {
            nature.ports.contains(&port)
        }
    };
    let succeeds = probe.command.is_empty() || commanded(&probe.command).is_none_or(|(_, code)| code == 0);
    succeeds
        && probe.port.is_none_or(listens)
        && !["broken", "nope", "missing", "fail"]
            .iter()
            .any(|word| probe.path.contains(word))
}

fn readiness(run: &mut Run, since: Timestamp, place: Place<'_>, scene: &mut Scene<'_>) -> Option<Timestamp> {
    let probe = place.container.readiness.as_ref()?;
    let good = answers(run, Check::Readiness, probe, place) && scene.answer.is_none();
    if run.ready == good && good {
        return None;
    }
    let first = after(since, probe.delay.max(1) + 1);
    if first > scene.now {
        return Some(first);
    }
    run.ready = good;
    if good {
        return None;
    }
    run.probe_failures += 1;
    scene.tell(
        (true, "Unhealthy"),
        &place,
        format!("Readiness probe failed: {}", unready(run, probe, scene)),
    );
    Some(after(
        scene.now,
        if run.probe_failures < 20 { probe.period } else { 60 },
    ))
}

/// Whether a container has come up; until it has, the other probes rest.
fn startup(run: &mut Run, since: Timestamp, place: Place<'_>, scene: &mut Scene<'_>) -> Option<Timestamp> {
    let container = place.container;
    let began = match &container.startup {
        None => true,
        Some(probe) => {
            let at = after(since, probe.delay + 1 + probe.period * run.live_failures);
            if at > scene.now {
                return Some(at);
            }
            answers(run, Check::Startup, probe, place)
        }
    };
    if !began && let Some(probe) = &container.startup {
        return failed(run, since, (place, probe, Check::Startup), scene);
    }
    run.started = true;
    run.live_failures = 0;
    run.ready = container.readiness.is_none() && (!place.init || container.sidecar);
    None
}

fn liveness(run: &mut Run, since: Timestamp, place: Place<'_>, scene: &mut Scene<'_>) -> Option<Timestamp> {
    let probe = place.container.liveness.as_ref()?;
    if answers(run, Check::Liveness, probe, place) {
        run.live_failures = 0;
        return None;
    }
    let at = after(since, probe.delay + 1 + probe.period * run.live_failures);
    if at > scene.now {
        return Some(at);
    }
    failed(run, since, (place, probe, Check::Liveness), scene)
}

/// A startup or liveness probe failed once more; the container is killed when that was once too often.
fn failed(
    run: &mut Run,
    since: Timestamp,
    (place, probe, kind): (Place<'_>, &Probe, Check),
    scene: &mut Scene<'_>,
) -> Option<Timestamp> {
    run.live_failures += 1;
    let said = format!("{kind:?} probe failed: {}", refused((run, kind), probe, scene));
    scene.tell((true, "Unhealthy"), &place, said);
    if run.live_failures < probe.failures {
        return Some(after(scene.now, probe.period));
    }
    let (name, kind) = (&place.container.name, format!("{kind:?}").to_lowercase());
    let said = format!("Container {name} failed {kind} probe, will be restarted");
    scene.tell((false, "Killing"), &place, said);
    end(run, (since, scene.now), 137, "Error");
    None
}

/// What the prober says of a program that listens but does not answer well, or does not listen.
fn unready(run: &Run, probe: &Probe, scene: &Scene<'_>) -> String {
    let [a, b, c, d] = scene.ip;
    let (port, path) = (probe.port.unwrap_or(0), &probe.path);
    match scene.answer {
        Some(Answer::Code(code)) => format!("HTTP probe failed with statuscode: {code}"),
        Some(Answer::Late) => format!(
            "Get \"http://{a}.{b}.{c}.{d}:{port}{path}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        ),
        None => refused((run, Check::Readiness), probe, scene),
    }
}

/// What the Go HTTP client says when nobody listens.
fn refused((run, kind): (&Run, Check), probe: &Probe, scene: &Scene<'_>) -> String {
    if let Some(Err(said)) = heard(run, kind) {
        return said.clone();
    }
    let [a, b, c, d] = scene.ip;
    let Some(port) = probe.port else {
        return "command exited with a non-zero code".into();
    };
    if probe.path.is_empty() {
        format!("dial tcp {a}.{b}.{c}.{d}:{port}: connect: connection refused")
    } else {
        format!(
            "Get \"http://{a}.{b}.{c}.{d}:{port}{}\": dial tcp {a}.{b}.{c}.{d}:{port}: connect: connection refused",
            probe.path
        )
    }
}

/// Ends a running container.
pub fn end(run: &mut Run, (began, at): (Timestamp, Timestamp), code: i32, reason: &'static str) {
    run.state = State::Ended(End {
        code,
        reason,
        began,
        at,
        instance: run.restarts,
        message: String::new(),
    });
    run.ready = false;
    run.started = false;
    run.due = Some(after(at, 1));
}

fn again(run: &mut Run, last: &End, place: Place<'_>, scene: &mut Scene<'_>) {
    let restart = match scene.spec.restart {
        _ if place.container.sidecar => true,
        Restart::Always => !place.init || last.code != 0,
        Restart::OnFailure => last.code != 0,
        Restart::Never => false,
    };
    run.due = None;
    if !restart {
        run.ready = place.init && last.code == 0;
        return;
    }
    if last.at.seconds() - last.began.seconds() >= FORGIVEN {
        run.backoff = 0;
    }
    run.last = Some(last.clone());
    if run.backoff == 0 {
        run.backoff = BACKOFF.0;
        let text = format!(
            "Container image \"{}\" already present on machine and can be accessed by the pod",
            place.container.image
        );
        scene.tell((false, "Pulled"), &place, text);
        start(run, place, scene);
        return;
    }
    let seconds = run.backoff;
    run.backoff = longer(seconds);
    let full = scene.full_name();
    let name = &place.container.name;
    scene.tell(
        (true, "BackOff"),
        &place,
        format!("Back-off restarting failed container {name} in pod {full}"),
    );
    run.state = State::Waiting(
        "CrashLoopBackOff",
        format!(
            "back-off {} restarting failed container={name} pod={full}",
            go_duration(seconds)
        ),
    );
    run.due = Some(after(last.at, seconds));
}

/// Seconds as Go prints a duration: `10s`, `2m40s`, `5m0s`.
pub fn go_duration(seconds: i64) -> String {
    if seconds < 60 {
        format!("{seconds}s")
    } else {
        format!("{}m{}s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_end_as_they_say() {
        let command = |text: &str| commanded(&text.split('|').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(command("sleep|30"), Some((30, 0)));
        assert_eq!(command("sh|-c|sleep 5; exit 3"), Some((5, 3)));
        assert_eq!(command("/bin/sh|-c|echo hi"), Some((1, 0)));
        assert_eq!(command("--shard=all"), None);
    }

    #[test]
    fn durations_read_as_go_prints_them() {
        assert_eq!([10, 160, 300].map(go_duration), ["10s", "2m40s", "5m0s"]);
    }

    /// A pod that probes in vain until it is killed.
    fn probed(kind: &str, play: &crate::demo::world::surroundings::tests::Play) {
        let probe =
            serde_json::json!({"tcpSocket": {"port": 9999}, "periodSeconds": 5, "failureThreshold": 3});
        play.add(
            serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "batch"},
            "spec": {"containers": [{"name": "a", "image": "nginx:1.29", kind: probe}]}}),
        );
        play.pass(40);
    }

    #[test]
    fn a_container_that_fails_its_probe_three_times_is_killed() {
        for (key, kind) in [("livenessProbe", "Liveness"), ("startupProbe", "Startup")] {
            let play = crate::demo::world::surroundings::tests::Play::new(true);
            probed(key, &play);
            let said = play.events("Unhealthy");
            let start = format!("{kind} probe failed: dial tcp ");
            assert!(said.iter().any(|text| text.starts_with(&start)), "{said:?}");
            let killed = play.events("Killing");
            let wanted = format!(
                "Container a failed {} probe, will be restarted",
                kind.to_lowercase()
            );
            assert!(killed.contains(&wanted), "{killed:?}");
            let pod = play.read("pods", "batch", "p");
            let status = &pod["status"]["containerStatuses"][0];
            assert_eq!(status["lastState"]["terminated"]["exitCode"], 137);
            assert!(status["restartCount"].as_i64() >= Some(1));
        }
    }

    #[test]
    fn a_pod_says_how_it_ended_before_it_goes() {
        let play = crate::demo::world::surroundings::tests::Play::new(true);
        play.add(
            serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "batch"},
            "spec": {"terminationGracePeriodSeconds": 10, "containers": [{"name": "a", "image": "busybox:1.37", "command": ["sleep", "900"]}]}}),
        );
        play.pass(10);
        let from = play.world.store().version();
        let pod = crate::demo::world::state::key("batch", "p");
        let now = play.world.store().clock().now();
        play.world.lock().delete_pod(&pod, now);
        play.pass(8);
        assert_eq!(play.pods("batch", "p").len(), 1, "it takes no notice");
        play.pass(5);
        assert_eq!(play.pods("batch", "p").len(), 0);
        let told = play.world.store().changes_since(from).unwrap();
        let told = told.iter().filter(|change| &*change.object.name == "p");
        let last = told.map(|change| change.object.value()).next_back().unwrap();
        let end = &last["status"]["containerStatuses"][0]["state"]["terminated"];
        assert_eq!(
            (&end["exitCode"], &last["status"]["phase"]),
            (&137.into(), &"Failed".into())
        );
    }
}
