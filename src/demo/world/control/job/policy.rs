//! What the ended pods of a job mean for it: failures that count, that do not, and that end it (`podFailurePolicy`). Pure.

use serde_json::Value;

use super::super::super::state::{Key, Pod};
use crate::demo::object::{items, text};

/// What the pods of a job say.
#[derive(Debug, Default)]
pub struct Judged {
    /// How many succeeded.
    pub succeeded: i64,
    /// How many failures count.
    pub failed: i64,
    /// Why the job has failed at once, if a rule says so.
    pub fatal: Option<String>,
}

/// Judges all pods that ended by themselves.
pub fn judge(job: &Value, pods: &[(Key, Pod)]) -> Judged {
    let mut judged = Judged::default();
    let rules = items(job, "/spec/podFailurePolicy/rules");
    for (key, pod) in pods.iter().filter(|(_, pod)| pod.deleting.is_none()) {
        let Some(over) = pod.life.as_ref().and_then(|life| life.over.as_ref()) else {
            continue;
        };
        if over.succeeded {
            judged.succeeded += 1;
            continue;
        }
        let found = rules
            .iter()
            .enumerate()
            .find_map(|(at, rule)| Some((at, rule, matching(rule, pod)?)));
        match found.map(|(at, rule, why)| (at, text(rule, "/action").to_owned(), why)) {
            Some((_, action, _)) if action == "Ignore" => {}
            Some((at, action, (container, code))) if action == "FailJob" => {
                judged.failed += 1;
                judged.fatal.get_or_insert_with(|| {
                    format!(
                        "Container {container} for pod {}/{} failed with exit code {code} matching FailJob rule at index {at}",
                        key.0, key.1
                    )
                });
            }
            _ => judged.failed += 1,
        }
    }
    judged
}

/// The container and the exit code that a rule means, if it means this pod.
fn matching(rule: &Value, pod: &Pod) -> Option<(String, i32)> {
    let codes = rule.get("onExitCodes").filter(|codes| codes.is_object())?;
    let name = text(codes, "/containerName");
    let values: Vec<i64> = items(codes, "/values").iter().filter_map(Value::as_i64).collect();
    let within = codes["operator"] != "NotIn";
    let life = pod.life.as_ref()?;
    life.runs(&pod.spec).find_map(|(run, container)| {
        let end = run.ended().filter(|end| end.code != 0)?;
        let meant = name.is_empty() || container.name == name;
        let fits = values.contains(&i64::from(end.code)) == within;
        (meant && fits).then(|| (container.name.clone(), end.code))
    })
}
