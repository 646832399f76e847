//! When and how containers end: by themselves, as their commands and images have it, and when they are told to. Changes nothing.

use crate::demo::image::LogStyle;
use crate::demo::kubelet::scene::Place;
use crate::demo::kubelet::spec::Container;
use crate::demo::kubelet::usage::killed_after;

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
pub(super) fn commanded(command: &[String]) -> Option<(i64, i32)> {
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
