//! Jobs and CronJobs of the standard world, and a custom resource with objects. Their pods and statuses are the controllers'.

use serde_json::{Value, json};

use super::catalog::full;
use crate::clock::Timestamp;
use crate::demo::object::{after, manage, object, owner_reference, stamp, text};

fn pod_template(name: &str, image: &str, arm: bool) -> Value {
    let mut spec = json!({"restartPolicy": "Never", "containers": [{"name": name, "image": full(image),
        "args": ["--shard=all", "--verbose"],
        "env": [{"name": "APP_NAME", "value": name}, {"name": "BUCKET", "value": "demo-exports-eu-central-1"}],
        "resources": {"requests": {"cpu": "200m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}}]});
    if arm {
        spec["nodeSelector"] = json!({"kubernetes.io/arch": "arm64"});
        spec["tolerations"] = json!([{"key": "kubernetes.io/arch", "operator": "Equal", "value": "arm64", "effect": "NoSchedule"}]);
    } else {
        spec["nodeSelector"] = json!({"eks.amazonaws.com/nodegroup": "apps-m5"});
    }
    json!({"metadata": {"labels": {"app.kubernetes.io/name": name, "team": "data"}}, "spec": spec})
}

/// A job of its own in namespace `batch`.
pub fn job(
    name: &str,
    image: &str,
    (completions, parallel, retries): (u32, u32, u32),
    at: Timestamp,
) -> Value {
    let mut job = object(("batch/v1", "Job"), ("batch", name), at);
    job["metadata"]["labels"] = json!({"app.kubernetes.io/name": name, "team": "data"});
    job["spec"] = json!({"completions": completions, "parallelism": parallel, "backoffLimit": retries, "completionMode": "NonIndexed",
        "manualSelector": false, "suspend": false, "podReplacementPolicy": "TerminatingOrFailed", "template": pod_template(name, image, true)});
    manage(&mut job, "kubectl-create", None, at);
    job
}

/// A cron job in namespace `batch`.
pub fn cron_job(name: &str, image: &str, schedule: &str, at: Timestamp) -> Value {
    let mut cron = object(("batch/v1", "CronJob"), ("batch", name), at);
    cron["metadata"]["labels"] = json!({"app.kubernetes.io/name": name, "team": "data"});
    cron["spec"] = json!({"schedule": schedule, "concurrencyPolicy": "Forbid", "suspend": false, "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1, "jobTemplate": {"metadata": {}, "spec": {"backoffLimit": 2, "template": pod_template(name, image, false)}}});
    cron["status"] = json!({});
    manage(&mut cron, "helm", None, at);
    cron
}

/// The job a stored cron job starts for the time `scheduled`.
pub fn scheduled_job(cron: &Value, scheduled: Timestamp) -> Value {
    let name = format!("{}-{}", text(cron, "/metadata/name"), scheduled.seconds() / 60);
    let mut job = object(
        ("batch/v1", "Job"),
        (text(cron, "/metadata/namespace"), &name),
        scheduled,
    );
    job["metadata"]["annotations"] =
        json!({"batch.kubernetes.io/cronjob-scheduled-timestamp": stamp(scheduled)});
    if let Some(labels) = cron
        .pointer("/spec/jobTemplate/metadata/labels")
        .or_else(|| cron.pointer("/metadata/labels"))
    {
        job["metadata"]["labels"] = labels.clone();
    }
    job["metadata"]["ownerReferences"] = json!([owner_reference(cron)]);
    job["spec"] = cron["spec"]["jobTemplate"]["spec"].clone();
    job
}

/// Fills in what the API server defaults in a job: counts, selector, labels of its template.
pub fn complete(job: &mut Value, uid: &str) {
    for (name, value) in [
        ("completions", json!(1)),
        ("parallelism", json!(1)),
        ("backoffLimit", json!(6)),
        ("completionMode", json!("NonIndexed")),
        ("suspend", json!(false)),
        ("manualSelector", json!(false)),
        ("podReplacementPolicy", json!("TerminatingOrFailed")),
    ] {
        if job["spec"].get(name).is_none_or(Value::is_null) {
            job["spec"][name] = value;
        }
    }
    let name = job["metadata"]["name"].clone();
    for (key, value) in [
        ("batch.kubernetes.io/controller-uid", json!(uid)),
        ("batch.kubernetes.io/job-name", name.clone()),
        ("controller-uid", json!(uid)),
        ("job-name", name),
    ] {
        job["spec"]["template"]["metadata"]["labels"][key] = value;
    }
    if job["spec"].get("selector").is_none() {
        job["spec"]["selector"] = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
    }
}

/// The definition of `crontabs.stable.example.com`, the example of the Kubernetes documentation, with scale and status.
pub fn definition(at: Timestamp) -> Value {
    let mut crd = object(
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("", "crontabs.stable.example.com"),
        at,
    );
    let schema = json!({"type": "object", "properties": {
        "spec": {"type": "object", "properties": {"cronSpec": {"type": "string"}, "image": {"type": "string"}, "replicas": {"type": "integer"}}},
        "status": {"type": "object", "properties": {"replicas": {"type": "integer"}, "labelSelector": {"type": "string"}}}}});
    let columns = json!([{"name": "Spec", "type": "string", "description": "The cron spec defining the interval", "jsonPath": ".spec.cronSpec"},
        {"name": "Replicas", "type": "integer", "description": "The number of jobs launched", "jsonPath": ".spec.replicas"},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}]);
    let names = json!({"plural": "crontabs", "singular": "crontab", "kind": "CronTab", "listKind": "CronTabList", "shortNames": ["ct"]});
    crd["spec"] = json!({"group": "stable.example.com", "scope": "Namespaced", "names": names, "conversion": {"strategy": "None"},
        "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}, "additionalPrinterColumns": columns,
            "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas",
                                                     "labelSelectorPath": ".status.labelSelector"}}}]});
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": stamp(after(at, 1))});
    crd["status"] = json!({"acceptedNames": names, "storedVersions": ["v1"], "conditions": [
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted")]});
    crd
}

/// Objects of that definition.
pub fn cron_tabs(at: Timestamp) -> Vec<Value> {
    [
        ("rotate-keys", "0 3 * * *", 1),
        ("send-digests", "*/15 * * * *", 3),
        ("warm-caches", "*/5 * * * *", 2),
    ]
    .into_iter()
    .map(|(name, spec, replicas)| {
        let mut tab = object(("stable.example.com/v1", "CronTab"), ("team-a", name), at);
        tab["spec"] =
            json!({"cronSpec": spec, "image": full("~team-a/frontend:7.1.0"), "replicas": replicas});
        tab["status"] = json!({"replicas": replicas, "labelSelector": format!("crontab={name}")});
        manage(&mut tab, "kubectl-client-side-apply", None, at);
        tab
    })
    .collect()
}
