//! The kubectl commands that stories end with: run by a real kubectl where there is one, else as the requests it would send.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::Day;

/// Runs a command against a game day's cluster; it must succeed.
pub(super) async fn run(day: &Day, command: &str) {
    if let Some(kubectl) = kubectl() {
        return really(day, (&kubectl, command));
    }
    let words = words(command);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let space = after(&words, "-n").unwrap_or_default();
    match words.as_slice() {
        ["kubectl", "rollout", "undo", .., target] => undo(day, space, target).await,
        ["kubectl", "scale", .., target, replicas] => {
            let replicas = replicas.strip_prefix("--replicas=").unwrap().parse().unwrap();
            day.scale((space, target.strip_prefix("deploy/").unwrap()), replicas)
                .await;
        }
        ["kubectl", "set", "resources", .., target, requests] => {
            let cpu = requests.strip_prefix("--requests=cpu=").unwrap();
            let container = json!({ "name": "app", "resources": { "requests": { "cpu": cpu } } });
            let name = target.strip_prefix("deploy/").unwrap();
            day.template((space, name), json!({ "containers": [container] }))
                .await;
        }
        ["kubectl", "patch", "-n", _, target, .., "-p", patch] => {
            day.patch(&path(space, target), serde_json::from_str(patch).unwrap())
                .await;
        }
        ["kubectl", "taint", "nodes", "-l", selector, taint] => {
            let key = taint.strip_suffix('-').unwrap();
            let selector = selector
                .replace(',', "%2C")
                .replace('!', "%21")
                .replace('=', "%3D")
                .replace('/', "%2F");
            for node in day
                .items(&format!("/api/v1/nodes?labelSelector={selector}"))
                .await
            {
                let mut taints = node["spec"]["taints"].as_array().cloned().unwrap();
                let before = taints.len();
                taints.retain(|taint| taint["key"] != key);
                assert!(
                    taints.len() < before,
                    "kubectl refuses to take away what is not there"
                );
                let operation = json!([{ "op": "replace", "path": "/spec/taints", "value": taints }]);
                let name = node["metadata"]["name"].as_str().unwrap();
                day.patch(&format!("/api/v1/nodes/{name}"), operation).await;
            }
        }
        [
            "kubectl",
            "get",
            "nodes",
            "|",
            "awk",
            "/NotReady/ {print $1}",
            "|",
            "xargs",
            "kubectl",
            "delete",
            "node",
        ] => {
            let nodes = day.items("/api/v1/nodes").await;
            let dead = nodes.iter().filter(|node| !super::is_ready(node));
            for node in dead {
                day.delete(&path(
                    "",
                    &format!("nodes/{}", node["metadata"]["name"].as_str().unwrap()),
                ))
                .await;
            }
        }
        _ => panic!("this test does not know `{command}`"),
    }
}

/// The pinned kubectl of the real control plane, if there is one (`tests/cluster/README.md`).
fn kubectl() -> Option<PathBuf> {
    let config = PathBuf::from(std::env::var_os("KUBRIS_TEST_KUBECONFIG")?);
    let kubectl = config.parent()?.join("bin/kubectl");
    kubectl.is_file().then_some(kubectl)
}

fn really(day: &Day, (kubectl, command): (&std::path::Path, &str)) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    std::fs::write(&config, day.demo.kubeconfig()).unwrap();
    let here = kubectl.parent().unwrap().display();
    let done = Command::new("sh")
        .args(["-c", command])
        .env("KUBECONFIG", &config)
        .env("HOME", folder.path())
        .env("PATH", format!("{here}:{}", std::env::var("PATH").unwrap()))
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{command}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// The template of the revision before goes back.
async fn undo(day: &Day, space: &str, target: &str) {
    let name = target.strip_prefix("deploy/").unwrap();
    let sets = day
        .items(&format!("/apis/apps/v1/namespaces/{space}/replicasets"))
        .await;
    let revision = |set: &Value| -> i64 {
        let text = &set["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
        text.as_str().unwrap().parse().unwrap()
    };
    let mut sets: Vec<Value> = sets
        .into_iter()
        .filter(|set| set["metadata"]["ownerReferences"][0]["name"] == name)
        .collect();
    sets.sort_by_key(revision);
    let mut template = sets[sets.len() - 2]["spec"]["template"].clone();
    template["metadata"]["labels"]
        .as_object_mut()
        .unwrap()
        .remove("pod-template-hash");
    let operation = json!([{ "op": "replace", "path": "/spec/template", "value": template }]);
    day.patch(&path(space, target), operation).await;
}

fn path(space: &str, target: &str) -> String {
    let (kind, name) = target.split_once('/').unwrap();
    let (api, plural) = match kind {
        "deploy" => ("apis/apps/v1", "deployments"),
        "hpa" => ("apis/autoscaling/v2", "horizontalpodautoscalers"),
        "pdb" => ("apis/policy/v1", "poddisruptionbudgets"),
        "quota" => ("api/v1", "resourcequotas"),
        "svc" => ("api/v1", "services"),
        "nodes" => return format!("/api/v1/nodes/{name}"),
        other => panic!("this test does not know {other}"),
    };
    format!("/{api}/namespaces/{space}/{plural}/{name}")
}

fn after<'a>(words: &[&'a str], flag: &str) -> Option<&'a str> {
    let at = words.iter().position(|word| *word == flag)?;
    words.get(at + 1).copied()
}

/// A command's words; single quotes keep them together.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in command.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}
