//! Conditions: which of them are a problem, and the table of all. Reads only `status.conditions`.

use serde_json::Value;

use super::fields::{list, text};
use super::page::{Page, plain};
use crate::model::Tone;

/// Conditions whose being true is the problem. All others are meant to be true.
const FAULTS: [&str; 21] = [
    "ControllerResizeError",
    "DiskPressure",
    "DisruptionTarget",
    "Failed",
    "FailureTarget",
    "FrequentContainerdRestart",
    "KernelDeadlock",
    "MemoryPressure",
    "NamespaceContentRemaining",
    "NamespaceDeletionContentFailure",
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceFinalizersRemaining",
    "NetworkUnavailable",
    "NodeResizeError",
    "NonStructuralSchema",
    "PIDPressure",
    "ReadonlyFilesystem",
    "ReplicaFailure",
    "Suspended",
    "Terminating",
];

/// Conditions that only tell how something came about: true or false is no problem.
const NEUTRAL: [&str; 8] = [
    "ScalingLimited",
    "Complete",
    "DisruptionAllowed",
    "SuccessCriteriaMet",
    "FileSystemResizePending",
    "Resizing",
    "PodResizePending",
    "PodResizeInProgress",
];

/// What a condition means for the eye.
fn tone(kind: &str, status: &str) -> Tone {
    let fault = FAULTS.contains(&kind);
    match status {
        _ if NEUTRAL.contains(&kind) => Tone::Plain,
        "True" if fault => Tone::Bad,
        "False" if fault => Tone::Ok,
        "True" => Tone::Ok,
        "False" => Tone::Bad,
        _ => Tone::Warn,
    }
}

/// The conditions that are a problem, at the top of a description. A job that is done, and a pod that succeeded, is meant to be not ready.
pub fn problems(page: &mut Page, object: &Value) {
    let all = list(object, "/status/conditions");
    let finished = |condition: &Value| {
        text(condition, "/reason") == "PodCompleted"
            || (text(condition, "/type") == "Complete" && text(condition, "/status") == "True")
    };
    if all.iter().any(finished) {
        return;
    }
    for condition in all {
        let (kind, status) = (text(condition, "/type"), text(condition, "/status"));
        let tone = tone(kind, status);
        if matches!(tone, Tone::Bad | Tone::Warn) {
            let (reason, message) = (text(condition, "/reason"), text(condition, "/message"));
            let words = if message.is_empty() { reason } else { message };
            let words = if words.is_empty() {
                "no reason given"
            } else {
                words
            };
            page.problem(tone, &format!("{kind} is {status}"), words);
        }
    }
}

/// All of them.
pub fn table(page: &mut Page, object: &Value) {
    let all = list(object, "/status/conditions");
    if all.is_empty() {
        return;
    }
    page.heading("Conditions");
    let row = |page: &Page, condition: &Value| {
        let (kind, status) = (text(condition, "/type"), text(condition, "/status"));
        vec![
            plain(kind),
            (status.to_owned(), tone(kind, status)),
            plain(page.age(text(condition, "/lastTransitionTime"))),
            plain(text(condition, "/reason")),
            plain(text(condition, "/message")),
        ]
    };
    let rows: Vec<_> = all.iter().map(|condition| row(page, condition)).collect();
    page.indented(|page| page.table(&["TYPE", "STATUS", "SINCE", "REASON", "MESSAGE"], &rows));
}
