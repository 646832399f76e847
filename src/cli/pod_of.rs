//! The pod that `KIND/NAME` stands for, as kubectl chooses it for `exec`. It must not change anything.

use std::cmp::Reverse;
use std::sync::Arc;

use serde_json::Value;

use super::{CliError, target};
use crate::cluster::link::Link;
use crate::cluster::logs::pod_labels;
use crate::cluster::once::{self, Wanted};
use crate::model::{Failure, FailureKind, Gvr, ObjectKey, Scope, Uid};

const PODS: Gvr = Gvr::of("", "v1", "pods");

/// A bare name is a pod's; anything else with a selector stands for its most active pod.
pub(super) async fn pod_of(link: &Arc<Link>, text: &str, namespace: &str) -> Result<ObjectKey, CliError> {
    let pod = |name: &str| ObjectKey {
        gvr: PODS,
        namespace: namespace.into(),
        name: name.into(),
        uid: Uid::NONE,
    };
    if !text.contains('/') {
        return Ok(pod(text));
    }
    let (kind, name) = target(text)?;
    let kind = once::kind(link, kind).await?;
    if kind.gvr == PODS {
        return Ok(pod(name));
    }
    let key = ObjectKey {
        gvr: kind.gvr.clone(),
        ..pod(name)
    };
    let not = |why: &str| Failure::new(FailureKind::NotFound, format!("{key} {why}"));
    if !kind.namespaced {
        return Err(not("has no pods to run a command in").into());
    }
    let labels = pod_labels(&once::object(link, &key).await?);
    if labels.is_empty() {
        return Err(not("has no selector, so no pods are known as its own").into());
    }
    let wanted = Wanted {
        scope: Scope::one(namespace),
        labels,
        ..Wanted::default()
    };
    let kind = once::kind(link, "pods").await?;
    let pods = once::objects(link, &kind, &wanted).await?;
    let best = pods.iter().max_by_key(|pod| activity(pod));
    let name = best.and_then(|best| best["metadata"]["name"].as_str());
    Ok(pod(name.ok_or_else(|| not("has no pods at present"))?))
}

/// The greatest is the most active: bound to a node, running, ready, ready for long, seldom restarted, old. Source: `ActivePods` of
/// k8s.io/kubectl v0.36, `pkg/util/podutils`.
fn activity(pod: &Value) -> impl Ord + use<> {
    let text = |path: &str| {
        pod.pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let phase = match &*text("/status/phase") {
        "Running" => 2,
        "Pending" => 0,
        _ => 1,
    };
    let list = |path: &str| pod.pointer(path).and_then(Value::as_array).into_iter().flatten();
    let ready = list("/status/conditions")
        .find(|condition| condition["type"] == "Ready" && condition["status"] == "True")
        .map(|condition| {
            Reverse(
                condition["lastTransitionTime"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
            )
        });
    let restarts = list("/status/containerStatuses")
        .filter_map(|status| status["restartCount"].as_u64())
        .max();
    (
        !text("/spec/nodeName").is_empty(),
        phase,
        // Some is greater than None, and of two the earlier is.
        ready,
        Reverse(restarts),
        Reverse(text("/metadata/creationTimestamp")),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_most_active_pod_is_chosen() {
        let pod = |name: &str, node: &str, phase: &str, ready: Option<&str>, restarts: u64| {
            let conditions: Vec<Value> = ready
                .map(|since| json!({ "type": "Ready", "status": "True", "lastTransitionTime": since }))
                .into_iter()
                .collect();
            json!({
                "metadata": { "name": name, "creationTimestamp": "2026-01-01T00:00:00Z" },
                "spec": { "nodeName": node },
                "status": { "phase": phase, "conditions": conditions, "containerStatuses": [{ "restartCount": restarts }] },
            })
        };
        // From the least active to the most.
        let pods = [
            pod("unscheduled", "", "Pending", None, 0),
            pod("pulling", "n", "Pending", None, 0),
            pod("done", "n", "Succeeded", None, 0),
            pod("unready", "n", "Running", None, 0),
            pod("new", "n", "Running", Some("2026-02-02T00:00:00Z"), 0),
            pod("restarted", "n", "Running", Some("2026-01-02T00:00:00Z"), 3),
            pod("best", "n", "Running", Some("2026-01-02T00:00:00Z"), 0),
        ];
        for two in pods.windows(2) {
            assert!(activity(&two[0]) < activity(&two[1]), "{} {}", two[0], two[1]);
        }
    }
}
