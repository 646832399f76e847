//! Defaults of pods (Kubernetes 1.36 `pkg/apis/core/v1/defaults.go`) and the first status of a new one.

use crate::clock::Timestamp;
use serde_json::{Value, json};

use super::set;

/// Fills in a pod's spec, or that of a template.
pub fn spec(spec: &mut Value) {
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for one in spec[list].as_array_mut().into_iter().flatten() {
            container(one);
        }
        if spec[list].is_null()
            && let Some(map) = spec.as_object_mut()
        {
            map.shift_remove(list);
        }
    }
    for volume in spec
        .get_mut("volumes")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        for kind in ["configMap", "secret", "projected", "downwardAPI"] {
            if volume[kind].is_object() {
                set(&mut volume[kind], "defaultMode", json!(420));
            }
        }
        if let Some(map) = volume.as_object_mut() {
            map.retain(|_, value| !value.is_null());
        }
    }
    set(spec, "restartPolicy", json!("Always"));
    set(spec, "terminationGracePeriodSeconds", json!(30));
    set(spec, "dnsPolicy", json!("ClusterFirst"));
    set(spec, "securityContext", json!({}));
    set(spec, "schedulerName", json!("default-scheduler"));
    if let Some(account) = spec.get("serviceAccountName").cloned() {
        set(spec, "serviceAccount", account);
    }
}

fn container(one: &mut Value) {
    set(one, "resources", json!({}));
    set(one, "terminationMessagePath", json!("/dev/termination-log"));
    set(one, "terminationMessagePolicy", json!("File"));
    let image = one["image"].as_str().unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or_default();
    let latest = !image.contains('@') && (last.ends_with(":latest") || !last.contains(':'));
    set(
        one,
        "imagePullPolicy",
        json!(if latest { "Always" } else { "IfNotPresent" }),
    );
    for port in one
        .get_mut("ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        set(port, "protocol", json!("TCP"));
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if one.get(probe).is_some_and(Value::is_object) {
            let probe = &mut one[probe];
            for (key, value) in [
                ("timeoutSeconds", 1),
                ("periodSeconds", 10),
                ("successThreshold", 1),
                ("failureThreshold", 3),
            ] {
                set(probe, key, json!(value));
            }
            if probe["httpGet"].is_object() {
                set(&mut probe["httpGet"], "path", json!("/"));
                set(&mut probe["httpGet"], "scheme", json!("HTTP"));
            }
        }
    }
    // Limits without requests count as requests.
    let limits = one["resources"]["limits"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    for (name, limit) in limits {
        set(&mut one["resources"]["requests"], &name, limit);
    }
}

/// Ephemeral containers run as soon as they are there.
pub fn run_ephemeral(pod: &mut Value, now: Timestamp) {
    let asked = pod["spec"]["ephemeralContainers"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut states = pod["status"]["ephemeralContainerStatuses"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let began = Timestamp::from_seconds(now.seconds()).rfc3339();
    for one in asked {
        if !states.iter().any(|state| state["name"] == one["name"]) {
            states.push(json!({ "name": one["name"], "state": { "running": { "startedAt": began } }, "lastState": {}, "ready": false,
                "restartCount": 0, "image": one["image"], "imageID": one["image"] }));
        }
    }
    if !states.is_empty() {
        pod["status"]["ephemeralContainerStatuses"] = states.into();
    }
}

/// A new pod is pending; its admission fills in the account and the tolerations of every pod.
pub fn status(pod: &mut Value) {
    let spec = &mut pod["spec"];
    set(spec, "serviceAccountName", json!("default"));
    set(spec, "serviceAccount", json!("default"));
    set(spec, "enableServiceLinks", json!(true));
    set(spec, "priority", json!(0));
    set(spec, "preemptionPolicy", json!("PreemptLowerPriority"));
    tolerate(spec);
    let class = qos(spec);
    pod["status"] = json!({ "phase": "Pending", "qosClass": class });
}

fn tolerate(spec: &mut Value) {
    if !spec["tolerations"].is_array() {
        spec["tolerations"] = json!([]);
    }
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        if let Some(list) = spec["tolerations"].as_array_mut()
            && !list
                .iter()
                .any(|one| one["key"] == key && one["effect"] == "NoExecute")
        {
            list.push(
                json!({ "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300 }),
            );
        }
    }
}

/// Quality of service (`pkg/apis/core/v1/helper/qos`).
fn qos(spec: &Value) -> &'static str {
    let all = ["containers", "initContainers"]
        .iter()
        .flat_map(|list| spec[*list].as_array().into_iter().flatten());
    let (mut any, mut guaranteed) = (false, true);
    for container in all {
        let resources = &container["resources"];
        for name in ["cpu", "memory"] {
            let (request, limit) = (&resources["requests"][name], &resources["limits"][name]);
            any |= !request.is_null() || !limit.is_null();
            guaranteed &= !limit.is_null() && request == limit;
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_real_server() {
        let mut pod = json!({ "spec": { "containers": [{ "name": "a", "image": "nginx", "ports": [{ "containerPort": 80 }],
            "resources": { "limits": { "cpu": "1", "memory": "1Gi" } } }] } });
        spec(&mut pod["spec"]);
        status(&mut pod);
        let container = &pod["spec"]["containers"][0];
        assert_eq!(container["imagePullPolicy"], "Always");
        assert_eq!(container["ports"][0]["protocol"], "TCP");
        assert_eq!(container["resources"]["requests"]["cpu"], "1");
        assert_eq!(pod["spec"]["restartPolicy"], "Always");
        assert_eq!(pod["spec"]["tolerations"].as_array().unwrap().len(), 2);
        assert_eq!(
            pod["status"],
            json!({ "phase": "Pending", "qosClass": "Guaranteed" })
        );
        assert_eq!(pod["spec"].get("initContainers"), None);
    }
}
