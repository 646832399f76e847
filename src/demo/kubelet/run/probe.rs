//! The probes of a container: whether its program answers them, and what follows when it does not. Texts are the prober's and those of Go's
//! HTTP client (k8s.io/kubernetes 1.36, pkg/kubelet/prober, pkg/probe).

use super::end;
use super::ending::commanded;
use crate::clock::Timestamp;
use crate::demo::kubelet::life::{Check, Heard, Run};
use crate::demo::kubelet::scene::{Answer, Place, Scene};
use crate::demo::kubelet::spec::Probe;
use crate::demo::object::after;

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

pub(super) fn readiness(
    run: &mut Run,
    since: Timestamp,
    place: Place<'_>,
    scene: &mut Scene<'_>,
) -> Option<Timestamp> {
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
pub(super) fn startup(
    run: &mut Run,
    since: Timestamp,
    place: Place<'_>,
    scene: &mut Scene<'_>,
) -> Option<Timestamp> {
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

pub(super) fn liveness(
    run: &mut Run,
    since: Timestamp,
    place: Place<'_>,
    scene: &mut Scene<'_>,
) -> Option<Timestamp> {
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

#[cfg(test)]
mod tests {
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
}
