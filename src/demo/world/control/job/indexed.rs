//! Indexed jobs: every index completes once, each pod knows its own. Pure.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::super::state::{Key, Pod};
use crate::demo::object::{number, put};

const INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// How many indexes are looked at at most: whoever writes the status may claim any number of them.
const MOST: i64 = 100_000;

/// Indexes that have completed, those the status tells of among them; `None` if the job has none.
pub fn completed(job: &Value, pods: &[(Key, Pod)]) -> Option<BTreeSet<i64>> {
    if job["spec"]["completionMode"] != "Indexed" {
        return None;
    }
    let total = number(job, "/spec/completions").unwrap_or(1).min(MOST);
    let told = job["status"]["completedIndexes"].as_str().unwrap_or_default();
    let mut all: BTreeSet<i64> = told
        .split(',')
        .filter_map(|part| {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let (from, to) = (from.parse::<i64>().ok()?, to.parse::<i64>().ok()?);
            Some(from.max(0)..=to.min(total - 1))
        })
        .flatten()
        .collect();
    let good = pods.iter().filter(|(_, pod)| {
        let over = pod.life.as_ref().and_then(|life| life.over.as_ref());
        over.is_some_and(|over| over.succeeded)
    });
    let good = good.filter_map(|(_, pod)| index(pod));
    all.extend(good.filter(|index| (0..total).contains(index)));
    Some(all)
}

/// Indexes that pods are at work on.
pub fn busy(pods: &[(Key, Pod)]) -> BTreeSet<i64> {
    let active = pods.iter().filter(|(_, pod)| pod.active());
    active.filter_map(|(_, pod)| index(pod)).collect()
}

fn index(pod: &Pod) -> Option<i64> {
    pod.label(INDEX)?.parse().ok()
}

/// `0-2,4`.
pub fn text(indexes: &BTreeSet<i64>) -> String {
    let mut parts: Vec<(i64, i64)> = Vec::new();
    for index in indexes {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == *index => *last = *index,
            _ => parts.push((*index, *index)),
        }
    }
    let parts = parts.into_iter().map(|(from, to)| match to - from {
        0 => from.to_string(),
        1 => format!("{from},{to}"),
        _ => format!("{from}-{to}"),
    });
    parts.collect::<Vec<_>>().join(",")
}

/// Tells a pod its index: label, annotation, host name, environment.
pub fn mark(pod: &mut Value, job: &str, index: i64) {
    for place in ["labels", "annotations"] {
        if !pod["metadata"][place].is_object() {
            pod["metadata"][place] = json!({});
        }
        put(&mut pod["metadata"][place], INDEX, index.to_string().into());
    }
    put(&mut pod["spec"], "hostname", format!("{job}-{index}").into());
    let field = format!("metadata.labels['{INDEX}']");
    let variable = json!({"name": "JOB_COMPLETION_INDEX",
        "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": field}}});
    for list in ["initContainers", "containers"] {
        let containers = pod["spec"].get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let mut all = container["env"].as_array().cloned().unwrap_or_default();
            all.push(variable.clone());
            put(container, "env", all.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_written_in_ranges() {
        assert_eq!(text(&BTreeSet::from([0, 1, 2, 4, 6, 7])), "0-2,4,6,7");
        assert_eq!(text(&BTreeSet::new()), "");
        let job = |told: &str| json!({"spec": {"completionMode": "Indexed", "completions": 5}, "status": {"completedIndexes": told}});
        assert_eq!(completed(&job("0-2,4"), &[]), Some(BTreeSet::from([0, 1, 2, 4])));
        let boasted = completed(&job("-3,3-9223372036854775807,9"), &[]);
        assert_eq!(boasted, Some(BTreeSet::from([3, 4])), "only those it has");
    }
}
