//! What the API server fills in (Kubernetes 1.36 `pkg/apis/*/v1/defaults.go` and the strategies' `PrepareForCreate`).

pub mod pod;
pub mod service;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::demo::store::Store;

/// Fills in a new object.
pub fn fill(store: &Store, plural: &str, value: &mut Value) {
    fill_changed(plural, value);
    match plural {
        "pods" => pod::status(value),
        "services" => value["status"] = json!({ "loadBalancer": {} }),
        "customresourcedefinitions" => {
            let names = &mut value["spec"]["names"];
            let kind = names["kind"].as_str().unwrap_or_default().to_owned();
            set(names, "singular", json!(kind.to_lowercase()));
            set(names, "listKind", json!(format!("{kind}List")));
            set(&mut value["spec"], "conversion", json!({ "strategy": "None" }));
        }
        "namespaces" => {
            let name = value["metadata"]["name"].clone();
            value["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
            value["spec"] = json!({ "finalizers": ["kubernetes"] });
            value["status"] = json!({ "phase": "Active" });
        }
        "persistentvolumeclaims" => {
            value["status"] = json!({ "phase": "Pending" });
            default_class(store, value);
        }
        "persistentvolumes" => value["status"] = json!({ "phase": "Pending" }),
        "jobs" => job_labels(store, value),
        "deployments" | "replicasets" | "statefulsets" | "daemonsets" | "cronjobs" => {
            let status = value.as_object_mut();
            status.map(|object| object.entry("status").or_insert(json!({})));
        }
        "poddisruptionbudgets" => {
            value["status"] = json!({ "disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0 });
        }
        _ => {}
    }
}

/// Fills in what an update may have left out.
pub fn fill_changed(plural: &str, value: &mut Value) {
    match plural {
        "pods" => pod::spec(&mut value["spec"]),
        "deployments" => {
            let spec = &mut value["spec"];
            set(spec, "replicas", json!(1));
            if spec["strategy"]["type"] != "Recreate" {
                set(&mut spec["strategy"], "type", json!("RollingUpdate"));
                set(
                    &mut spec["strategy"]["rollingUpdate"],
                    "maxUnavailable",
                    json!("25%"),
                );
                set(&mut spec["strategy"]["rollingUpdate"], "maxSurge", json!("25%"));
            }
            set(spec, "revisionHistoryLimit", json!(10));
            set(spec, "progressDeadlineSeconds", json!(600));
            template(spec);
        }
        "replicasets" | "replicationcontrollers" => {
            set(&mut value["spec"], "replicas", json!(1));
            template(&mut value["spec"]);
        }
        "statefulsets" => stateful_set(&mut value["spec"]),
        "daemonsets" => {
            let spec = &mut value["spec"];
            set(&mut spec["updateStrategy"], "type", json!("RollingUpdate"));
            if spec["updateStrategy"]["type"] == "RollingUpdate" {
                set(
                    &mut spec["updateStrategy"]["rollingUpdate"],
                    "maxUnavailable",
                    json!(1),
                );
                set(&mut spec["updateStrategy"]["rollingUpdate"], "maxSurge", json!(0));
            }
            set(spec, "revisionHistoryLimit", json!(10));
            template(spec);
        }
        "jobs" => job(&mut value["spec"]),
        "cronjobs" => {
            let spec = &mut value["spec"];
            set(spec, "concurrencyPolicy", json!("Allow"));
            set(spec, "suspend", json!(false));
            set(spec, "successfulJobsHistoryLimit", json!(3));
            set(spec, "failedJobsHistoryLimit", json!(1));
            template(&mut spec["jobTemplate"]["spec"]);
        }
        "rolebindings" | "clusterrolebindings" => binding(value),
        "horizontalpodautoscalers" => autoscaler(&mut value["spec"]),
        "services" => service::spec(&mut value["spec"]),
        "secrets" => secret(value),
        "validatingwebhookconfigurations" | "mutatingwebhookconfigurations" => hooks(plural, value),
        "customresourcedefinitions" => definition(&mut value["spec"]),
        "limitranges" => limits(&mut value["spec"]),
        "persistentvolumeclaims" => set(&mut value["spec"], "volumeMode", json!("Filesystem")),
        "persistentvolumes" => volume(&mut value["spec"]),
        _ => {}
    }
}

/// Sets a field that is absent.
fn set(object: &mut Value, key: &str, value: Value) {
    if object.get(key).is_none_or(Value::is_null) {
        object[key] = value;
    }
}

fn template(spec: &mut Value) {
    if !spec["template"]["metadata"].is_object() {
        spec["template"]["metadata"] = json!({});
    }
    pod::spec(&mut spec["template"]["spec"]);
}

fn stateful_set(spec: &mut Value) {
    set(spec, "replicas", json!(1));
    set(spec, "podManagementPolicy", json!("OrderedReady"));
    set(&mut spec["updateStrategy"], "type", json!("RollingUpdate"));
    if spec["updateStrategy"]["type"] == "RollingUpdate" {
        set(
            &mut spec["updateStrategy"]["rollingUpdate"],
            "partition",
            json!(0),
        );
    }
    set(spec, "revisionHistoryLimit", json!(10));
    set(
        spec,
        "persistentVolumeClaimRetentionPolicy",
        json!({ "whenDeleted": "Retain", "whenScaled": "Retain" }),
    );
    for claim in spec["volumeClaimTemplates"].as_array_mut().into_iter().flatten() {
        claim["kind"] = "PersistentVolumeClaim".into();
        claim["apiVersion"] = "v1".into();
        set(&mut claim["spec"], "volumeMode", json!("Filesystem"));
        claim["status"] = json!({ "phase": "Pending" });
    }
    template(spec);
}

fn job(spec: &mut Value) {
    if spec["completions"].is_null() && spec["parallelism"].is_null() {
        set(spec, "completions", json!(1));
    }
    set(spec, "parallelism", json!(1));
    set(spec, "backoffLimit", json!(6));
    set(spec, "completionMode", json!("NonIndexed"));
    set(spec, "suspend", json!(false));
    set(spec, "podReplacementPolicy", json!("TerminatingOrFailed"));
    template(spec);
}

/// A job selects its pods by its own uid, unless it says otherwise.
fn job_labels(store: &Store, job: &mut Value) {
    if job["spec"]["manualSelector"] == true {
        return;
    }
    let uid = store.uid();
    let name = job["metadata"]["name"].clone();
    job["metadata"]["uid"] = uid.as_str().into();
    let labels = &mut job["spec"]["template"]["metadata"]["labels"];
    for (key, value) in [("controller-uid", Value::from(uid.as_str())), ("job-name", name)] {
        labels[format!("batch.kubernetes.io/{key}")] = value.clone();
        labels[key] = value;
    }
    job["spec"]["selector"] = json!({ "matchLabels": { "batch.kubernetes.io/controller-uid": uid } });
    set(job, "status", json!({}));
}

fn secret(secret: &mut Value) {
    set(secret, "type", json!("Opaque"));
    let plain = secret
        .as_object_mut()
        .and_then(|object| object.shift_remove("stringData"));
    for (key, value) in plain.as_ref().and_then(Value::as_object).into_iter().flatten() {
        secret["data"][key] = STANDARD.encode(value.as_str().unwrap_or_default()).into();
    }
}

fn definition(spec: &mut Value) {
    set(spec, "conversion", json!({ "strategy": "None" }));
    let kind = spec["names"]["kind"].as_str().unwrap_or_default().to_owned();
    set(&mut spec["names"], "singular", kind.to_lowercase().into());
    set(&mut spec["names"], "listKind", format!("{kind}List").into());
}

fn hooks(plural: &str, value: &mut Value) {
    for hook in value
        .get_mut("webhooks")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        set(hook, "failurePolicy", json!("Fail"));
        set(hook, "matchPolicy", json!("Equivalent"));
        set(hook, "namespaceSelector", json!({}));
        set(hook, "objectSelector", json!({}));
        set(hook, "timeoutSeconds", json!(10));
        if plural.starts_with("mutating") {
            set(hook, "reinvocationPolicy", json!("Never"));
        }
        if hook["clientConfig"]["service"].is_object() {
            set(&mut hook["clientConfig"]["service"], "port", json!(443));
        }
        for rule in hook
            .get_mut("rules")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            set(rule, "scope", json!("*"));
        }
    }
}

/// What a limit of containers does not say follows from what it does.
fn limits(spec: &mut Value) {
    let all = spec
        .get_mut("limits")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten();
    for limit in all.filter(|limit| limit["type"] == "Container") {
        for (part, from) in [
            ("default", "max"),
            ("defaultRequest", "default"),
            ("defaultRequest", "min"),
        ] {
            for (name, amount) in limit[from].as_object().cloned().into_iter().flatten() {
                if !limit[part].is_object() {
                    limit[part] = json!({});
                }
                set(&mut limit[part], &name, amount);
            }
        }
    }
}

fn volume(spec: &mut Value) {
    set(spec, "persistentVolumeReclaimPolicy", json!("Retain"));
    set(spec, "volumeMode", json!("Filesystem"));
}

fn default_class(store: &Store, claim: &mut Value) {
    if claim["spec"].get("storageClassName").is_some() {
        return;
    }
    let classes = store.list("storageclasses", None);
    let is_default = |class: &Value| {
        class["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
    };
    if let Some(class) = classes.iter().find(|class| is_default(&class.value())) {
        claim["spec"]["storageClassName"] = (*class.name).into();
    }
}

/// Groups of the role and of those who get it (`pkg/apis/rbac/v1/defaults.go`).
fn binding(value: &mut Value) {
    let group = |of: &mut Value| {
        if of["apiGroup"].as_str().is_none_or(str::is_empty) {
            of["apiGroup"] = json!("rbac.authorization.k8s.io");
        }
    };
    if value["roleRef"].is_object() {
        group(&mut value["roleRef"]);
    }
    let subjects = value.get_mut("subjects").and_then(Value::as_array_mut);
    for subject in subjects.into_iter().flatten() {
        if subject["kind"] == "User" || subject["kind"] == "Group" {
            group(subject);
        }
    }
}

/// Of an autoscaler, which spells out its behaviour as soon as it has one (`pkg/apis/autoscaling/v2/defaults.go`).
fn autoscaler(spec: &mut Value) {
    set(spec, "minReplicas", json!(1));
    if spec["metrics"].as_array().is_none_or(Vec::is_empty) {
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        spec["metrics"] = json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]);
    }
    if !spec["behavior"].is_object() {
        return;
    }
    let double = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    let pods = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
    for (direction, policies) in [("scaleUp", json!([pods, double])), ("scaleDown", json!([double]))] {
        set(&mut spec["behavior"], direction, json!({}));
        let rules = &mut spec["behavior"][direction];
        if direction == "scaleUp" {
            set(rules, "stabilizationWindowSeconds", json!(0));
        }
        set(rules, "selectPolicy", json!("Max"));
        set(rules, "policies", policies);
    }
}
