//! One look of a kubelet at one pod: admission, volumes, sandbox with an address, containers in order, readiness, termination.

use super::life::{Life, Over, Run};
use super::run::{drive, end, stopping};
use super::scene::{Note, Place, Scene};
use super::spec::{Container, Restart, Spec};
use crate::clock::Timestamp;
use crate::demo::object::after;

/// What is to be done after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Look again then; `None`: when something changes.
    Look(Option<Timestamp>),
    /// Everything has stopped: the pod can go.
    Gone,
}

/// Moves a pod on as far as `scene.now` allows.
pub fn step(life: &mut Life, scene: &mut Scene<'_>) -> Next {
    if let Some((_, grace)) = scene.deleting {
        return stop(life, scene, grace);
    }
    if life.over.is_some() {
        return Next::Look(None);
    }
    if life.started.is_none() {
        life.started = Some(scene.now);
        return Next::Look(Some(soon(scene.now, 700)));
    }
    let deadline = life.started.zip(scene.spec.deadline);
    let deadline = deadline.map(|(since, seconds)| after(since, seconds));
    if deadline.is_some_and(|at| at <= scene.now) {
        overrun(life, scene);
        return Next::Look(None);
    }
    if !scene.mounted {
        return Next::Look(Some(after(scene.now, 2)));
    }
    if !life.sandbox.on {
        if let Some(retry) = sandbox(life, scene) {
            return Next::Look(Some(retry));
        }
        return Next::Look(Some(soon(scene.now, 400)));
    }
    scene.ip = life.ip.unwrap_or_default();
    containers(life, scene);
    settle(life, scene);
    let due = life.init.iter().chain(&life.main).filter_map(|run| run.due);
    let due = due.chain(deadline).min();
    Next::Look(due.map(|due| {
        if due <= scene.now {
            soon(scene.now, 200)
        } else {
            due
        }
    }))
}

fn soon(now: Timestamp, millis: i64) -> Timestamp {
    Timestamp(now.0.saturating_add(millis * 1_000_000))
}

/// Sets the network up; gives the time of the next try when there is no address.
fn sandbox(life: &mut Life, scene: &mut Scene<'_>) -> Option<Timestamp> {
    let ip = if scene.spec.host_network {
        Some(scene.host.address)
    } else {
        scene.host.pool.take(scene.now)
    };
    if let Some(ip) = ip {
        life.ip = Some(ip);
        life.sandbox.set(true, scene.now);
        return None;
    }
    life.sandbox_failures += 1;
    let id = scene.ids.hex(64);
    scene.warn(
        "FailedCreatePodSandBox",
        format!(
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"{id}\": plugin \
             type=\"aws-cni\" name=\"aws-cni\" failed (add): add cmd: failed to assign an IP address to container"
        ),
    );
    Some(after(scene.now, 11 + scene.ids.below(5) as i64))
}

fn containers(life: &mut Life, scene: &mut Scene<'_>) {
    let spec = scene.spec;
    let mut all_done = true;
    for (run, container) in life.init.iter_mut().zip(&spec.init) {
        drive(
            run,
            Place {
                container,
                init: true,
            },
            scene,
        );
        let done = if container.sidecar {
            run.started
        } else {
            run.ended().is_some_and(|end| end.code == 0)
        };
        if run.ended().is_some_and(|end| end.code != 0) && run.due.is_none() {
            let message = format!("init container {} failed", container.name);
            life.over = Some(Over {
                succeeded: false,
                reason: String::new(),
                message,
            });
            return;
        }
        if !done {
            all_done = false;
            break;
        }
        run.ready = true;
    }
    if all_done {
        life.initialized.set(true, scene.now);
    }
    if !life.initialized.on {
        return;
    }
    for (run, container) in life.main.iter_mut().zip(&spec.containers) {
        drive(
            run,
            Place {
                container,
                init: false,
            },
            scene,
        );
    }
}

/// Takes readiness and the end of the pod from its containers.
fn settle(life: &mut Life, scene: &mut Scene<'_>) {
    let finished = scene.spec.restart != Restart::Always
        && life.initialized.on
        && life
            .main
            .iter()
            .all(|run| run.ended().is_some() && run.due.is_none());
    if finished {
        let succeeded = life
            .main
            .iter()
            .all(|run| run.ended().is_some_and(|end| end.code == 0));
        finish(life, scene, succeeded);
    }
    let sidecars = life
        .init
        .iter()
        .zip(&scene.spec.init)
        .filter(|(_, container)| container.sidecar)
        .all(|(run, _)| run.ready);
    let ready =
        life.over.is_none() && life.initialized.on && sidecars && life.main.iter().all(|run| run.ready);
    life.ready.set(ready, scene.now);
}

fn finish(life: &mut Life, scene: &mut Scene<'_>, succeeded: bool) {
    let over = Over {
        succeeded,
        reason: String::new(),
        message: String::new(),
    };
    close(life, scene, over);
}

/// Ends what still runs, and the pod; its address goes back.
fn close(life: &mut Life, scene: &mut Scene<'_>, over: Over) {
    for run in life.init.iter_mut().chain(&mut life.main) {
        if let Some(since) = run.running() {
            end(run, (since, scene.now), 0, "Completed");
        }
        run.due = None;
        run.ready = false;
    }
    life.over = Some(over);
    life.ready.set(false, scene.now);
    life.sandbox.set(false, scene.now);
    if let Some(ip) = life.ip.filter(|_| !scene.spec.host_network) {
        scene.host.pool.give_back(ip, scene.now);
    }
}

/// Ends a pod that has been active for too long (pkg/kubelet, `active_deadline.go`).
fn overrun(life: &mut Life, scene: &mut Scene<'_>) {
    let message = "Pod was active on the node longer than the specified deadline".to_owned();
    scene.notes.push(Note {
        warning: false,
        reason: "DeadlineExceeded",
        message: message.clone(),
        field: String::new(),
    });
    for (run, (container, _)) in runs(life).zip(places(scene.spec)) {
        if let Some(since) = run.running() {
            let (_, code, reason) = stopping(container, scene.spec.grace);
            end(run, (since, scene.now), code, reason);
        }
    }
    let over = Over {
        succeeded: false,
        reason: "DeadlineExceeded".to_owned(),
        message,
    };
    close(life, scene, over);
}

fn runs(life: &mut Life) -> impl Iterator<Item = &mut Run> {
    life.init.iter_mut().chain(&mut life.main)
}

/// Containers in the order of their runs, and whether they are init containers.
fn places(spec: &Spec) -> impl Iterator<Item = (&Container, bool)> {
    let main = spec.containers.iter().map(|container| (container, false));
    spec.init.iter().map(|container| (container, true)).chain(main)
}

fn stop(life: &mut Life, scene: &mut Scene<'_>, grace: i64) -> Next {
    let spec = scene.spec;
    let Some(until) = life.stopping else {
        let mut wait = 100;
        for (run, (container, init)) in runs(life).zip(places(spec)) {
            if run.running().is_some() {
                let (seconds, ..) = stopping(container, grace);
                wait = wait.max(seconds * 1_000);
                let said = format!("Stopping container {}", container.name);
                scene.tell((false, "Killing"), &Place { container, init }, said);
            }
        }
        life.ready.set(false, scene.now);
        let until = soon(scene.now, wait);
        life.stopping = Some(until);
        return Next::Look(Some(until));
    };
    if scene.now < until {
        return Next::Look(Some(until));
    }
    if life.over.is_some() || !runs(life).any(|run| run.running().is_some()) {
        return Next::Gone;
    }
    // How the containers ended is told before the pod goes.
    let mut succeeded = true;
    for (run, (container, _)) in runs(life).zip(places(spec)) {
        if let Some(since) = run.running() {
            let (_, code, reason) = stopping(container, grace);
            end(run, (since, scene.now), code, reason);
            succeeded &= code == 0;
        }
    }
    finish(life, scene, succeeded);
    Next::Look(Some(soon(scene.now, 100)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::image::nature;

    #[test]
    fn a_deaf_program_is_killed_and_a_hook_delays_a_polite_one() {
        let container = |command: &str, pre_stop: i64| Container {
            command: command.split(' ').map(str::to_owned).collect(),
            pre_stop,
            behaves: Some(nature("nginx:1.29")),
            ..Container::default()
        };
        assert_eq!(stopping(&container("sleep 3600", 0), 30), (30, 137, "Error"));
        assert_eq!(
            stopping(&container("sh -c trap", 0), 5),
            (5, 137, "Error"),
            "no handler"
        );
        assert_eq!(stopping(&container("--port=80", 10), 30), (12, 0, "Completed"));
        assert_eq!(stopping(&container("--port=80", 40), 30), (30, 137, "Error"));
    }
}
