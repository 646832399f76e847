//! One container's life: pull, start, end, restart with back-off. Texts are the kubelet's (k8s.io/kubernetes 1.36, pkg/kubelet).

mod ending;
mod probe;

use super::life::{End, Run, State};
use super::scene::{Place, Scene};
use super::spec::Restart;
use crate::clock::Timestamp;
use crate::demo::image::{Nature, nature, pull_error};
use crate::demo::object::after;
pub use ending::{ending, stopping};
use probe::{liveness, readiness, startup};

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
fn go_duration(seconds: i64) -> String {
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
    fn durations_read_as_go_prints_them() {
        assert_eq!([10, 160, 300].map(go_duration), ["10s", "2m40s", "5m0s"]);
    }
}
