//! Deployments, ReplicaSets, StatefulSets and DaemonSets of the applications, with the API server's defaults. Their statuses are the controllers'.

use serde_json::{Value, json};

use super::catalog::{App, Kind, Trait};
use super::template::{selector, template};
use crate::clock::Timestamp;
use crate::demo::object::{manage, object, owner_reference, put, text};

/// The annotation that carries a revision.
pub const REVISION: &str = "deployment.kubernetes.io/revision";

fn workload(app: &App, kind: &str, at: Timestamp) -> Value {
    let mut object = object(("apps/v1", kind), (app.namespace, app.name), at);
    let mut labels = selector(app);
    put(&mut labels, "app.kubernetes.io/managed-by", "Helm".into());
    put(
        &mut labels,
        "helm.sh/chart",
        format!("{}-1.0.{}", app.name, app.name.len()).into(),
    );
    object["metadata"]["labels"] = labels;
    object["metadata"]["annotations"] =
        json!({"meta.helm.sh/release-name": app.name, "meta.helm.sh/release-namespace": app.namespace});
    object
}

/// The workload object of an application.
pub fn of(app: &App, at: Timestamp) -> Value {
    match app.kind {
        Kind::Deployment => deployment(app, at),
        Kind::StatefulSet(gib) => stateful_set(app, gib, at),
        Kind::DaemonSet => daemon_set(app, at),
    }
}

fn deployment(app: &App, at: Timestamp) -> Value {
    let mut deployment = workload(app, "Deployment", at);
    deployment["metadata"]["annotations"][REVISION] = "1".into();
    deployment["spec"] = json!({"replicas": app.replicas, "selector": {"matchLabels": selector(app)}, "template": template(app),
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
        "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600});
    manage(&mut deployment, "helm", None, at);
    deployment
}

fn stateful_set(app: &App, gib: u32, at: Timestamp) -> Value {
    let mut set = workload(app, "StatefulSet", at);
    set["spec"] = json!({"replicas": app.replicas, "selector": {"matchLabels": selector(app)}, "template": template(app),
        "serviceName": format!("{}-headless", app.name), "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}, "revisionHistoryLimit": 10,
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "volumeClaimTemplates": [{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": format!("{gib}Gi")}},
                     "storageClassName": "gp3", "volumeMode": "Filesystem"}, "status": {"phase": "Pending"}}]});
    manage(&mut set, "helm", None, at);
    set
}

fn daemon_set(app: &App, at: Timestamp) -> Value {
    let mut set = workload(app, "DaemonSet", at);
    set["metadata"]["annotations"]["deprecated.daemonset.template.generation"] =
        if app.has(Trait::OnDelete) { "2" } else { "1" }.into();
    let strategy = if app.has(Trait::OnDelete) {
        json!({"type": "OnDelete"})
    } else {
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%", "maxSurge": 0}})
    };
    set["spec"] = json!({"selector": {"matchLabels": selector(app)}, "template": template(app), "updateStrategy": strategy,
        "revisionHistoryLimit": 10});
    manage(&mut set, "helm", None, at);
    set
}

/// A ReplicaSet of a stored deployment with this template hash and revision.
pub fn replica_set(deployment: &Value, hash: &str, revision: u64, replicas: i64, at: Timestamp) -> Value {
    let key = (
        text(deployment, "/metadata/namespace"),
        format!("{}-{hash}", text(deployment, "/metadata/name")),
    );
    let mut set = object(("apps/v1", "ReplicaSet"), (key.0, &key.1), at);
    let desired = deployment["spec"]["replicas"].as_i64().unwrap_or(1);
    set["metadata"]["annotations"] = json!({"deployment.kubernetes.io/desired-replicas": desired.to_string(),
        "deployment.kubernetes.io/max-replicas": (desired + (desired + 3) / 4).to_string(), REVISION: revision.to_string()});
    set["metadata"]["ownerReferences"] = json!([owner_reference(deployment)]);
    let mut template = deployment["spec"]["template"].clone();
    template["metadata"]["labels"]["pod-template-hash"] = hash.into();
    set["metadata"]["labels"] = template["metadata"]["labels"].clone();
    let mut labels = deployment["spec"]["selector"]["matchLabels"].clone();
    put(&mut labels, "pod-template-hash", hash.into());
    set["spec"] = json!({"replicas": replicas, "selector": {"matchLabels": labels}, "template": template});
    manage(&mut set, "kube-controller-manager", None, at);
    set
}

/// A `ControllerRevision` of a stored `StatefulSet` or `DaemonSet` holding `template`.
pub fn revision(owner: &Value, hash: &str, number: i64, at: Timestamp) -> Value {
    let key = (
        text(owner, "/metadata/namespace"),
        format!("{}-{hash}", text(owner, "/metadata/name")),
    );
    let mut revision = object(("apps/v1", "ControllerRevision"), (key.0, &key.1), at);
    revision["metadata"]["ownerReferences"] = json!([owner_reference(owner)]);
    revision["metadata"]["labels"] = owner["spec"]["selector"]["matchLabels"].clone();
    revision["metadata"]["labels"]["controller-revision-hash"] = hash.into();
    let mut template = owner["spec"]["template"].clone();
    put(&mut template, "$patch", "replace".into());
    revision["data"] = json!({"spec": {"template": template}});
    revision["revision"] = number.into();
    revision
}
