//! Pods: made from a template for an owner, and completed as the API server's defaults, its admission plugins and EKS' webhooks complete them.

use serde_json::{Map, Value, json};

use super::node::REGION;
use super::state::Node;
use crate::clock::Timestamp;
use crate::demo::ids::Ids;
use crate::demo::object::{manage, object, owner_reference, put, text};

/// A pod of `owner` from `template`, not yet bound to a node. Its name is `stem` and a suffix, or `stem` alone when it ends with a letter.
pub fn from_template(owner: &Value, template: &Value, stem: &str, at: Timestamp) -> Value {
    let namespace = text(owner, "/metadata/namespace");
    let mut pod = object(("v1", "Pod"), (namespace, stem), at);
    for part in ["labels", "annotations"] {
        if let Some(map) = template["metadata"].get(part) {
            pod["metadata"][part] = map.clone();
        }
    }
    pod["metadata"]["ownerReferences"] = json!([owner_reference(owner)]);
    pod["spec"] = template["spec"].clone();
    pod
}

/// Completes a pod that was just created: defaults, service account token, tolerations, priority, IRSA, quality class, phase Pending.
pub fn admit(pod: &mut Value, role: Option<&str>, ids: &mut Ids) {
    let spec = &mut pod["spec"];
    for (name, value) in [
        ("restartPolicy", json!("Always")),
        ("terminationGracePeriodSeconds", json!(30)),
        ("dnsPolicy", json!("ClusterFirst")),
        ("schedulerName", json!("default-scheduler")),
        ("securityContext", json!({})),
        ("enableServiceLinks", json!(true)),
        ("serviceAccountName", json!("default")),
        ("preemptionPolicy", json!("PreemptLowerPriority")),
    ] {
        if spec.get(name).is_none_or(Value::is_null) {
            put(spec, name, value);
        }
    }
    spec["serviceAccount"] = spec["serviceAccountName"].clone();
    if spec.get("priority").is_none() {
        let priority = match text(spec, "/priorityClassName") {
            "system-node-critical" => 2_000_001_000,
            "system-cluster-critical" => 2_000_000_000,
            _ => 0,
        };
        put(spec, "priority", priority.into());
    }
    tolerate(spec);
    let token = format!("kube-api-access-{}", ids.suffix(5));
    let mounted = spec["volumes"].as_array().is_some_and(|list| {
        list.iter()
            .any(|v| text(v, "/name").starts_with("kube-api-access-"))
    });
    for list in ["initContainers", "containers"] {
        for container in spec
            .get_mut(list)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            complete(container, (!mounted).then_some(token.as_str()), role);
        }
    }
    if !mounted {
        push(spec, "volumes", token_volume(&token));
        if role.is_some() {
            push(
                spec,
                "volumes",
                json!({"name": "aws-iam-token", "projected": {"defaultMode": 420, "sources": [
                {"serviceAccountToken": {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}}]}}),
            );
        }
    }
    let class = qos(&pod["spec"]);
    if pod["status"].get("phase").is_none() {
        pod["status"] = json!({"phase": "Pending"});
    }
    pod["status"]["qosClass"] = class.into();
}

/// Writes the node's region and zone into the labels of a pod bound to it (admission plugin `PodTopologyLabels`, 1.35).
pub fn locate(pod: &mut Value, node: &Node) {
    for key in ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"] {
        if let Some(place) = node.labels.get(key) {
            pod["metadata"]["labels"][key] = place.as_str().into();
        }
    }
}

/// Writes the managed fields that the pod's creator and its kubelet would own.
pub fn manage_pod(pod: &mut Value, at: Timestamp) {
    manage(pod, "kube-controller-manager", Some("kubelet"), at);
}

fn push(spec: &mut Value, list: &str, item: Value) {
    if !spec[list].is_array() {
        put(spec, list, json!([]));
    }
    if let Some(list) = spec[list].as_array_mut() {
        list.push(item);
    }
}

fn tolerate(spec: &mut Value) {
    let everything =
        |toleration: &Value| toleration["operator"] == "Exists" && toleration.get("key").is_none();
    if spec["tolerations"]
        .as_array()
        .is_some_and(|list| list.iter().any(everything))
    {
        return;
    }
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        if !spec["tolerations"]
            .as_array()
            .is_some_and(|list| list.iter().any(|t| t["key"] == key))
        {
            push(
                spec,
                "tolerations",
                json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}),
            );
        }
    }
}

fn complete(container: &mut Value, token: Option<&str>, role: Option<&str>) {
    let pull = if crate::demo::image::tag(text(container, "/image")) == "latest" {
        "Always"
    } else {
        "IfNotPresent"
    };
    for (name, value) in [
        ("resources", json!({})),
        ("terminationMessagePath", json!("/dev/termination-log")),
        ("terminationMessagePolicy", json!("File")),
        ("imagePullPolicy", json!(pull)),
    ] {
        if container.get(name).is_none_or(Value::is_null) {
            put(container, name, value);
        }
    }
    default_requests(container);
    let Some(token) = token else { return };
    if let Some(role) = role {
        for (name, value) in [
            ("AWS_STS_REGIONAL_ENDPOINTS", "regional"),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_REGION", REGION),
            ("AWS_ROLE_ARN", role),
            (
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
            ),
        ] {
            push(container, "env", json!({"name": name, "value": value}));
        }
        push(
            container,
            "volumeMounts",
            json!({"name": "aws-iam-token", "readOnly": true, "mountPath": "/var/run/secrets/eks.amazonaws.com/serviceaccount"}),
        );
    }
    push(
        container,
        "volumeMounts",
        json!({"name": token, "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}),
    );
}

/// A limit without a request is the request, too (API server defaulting).
fn default_requests(container: &mut Value) {
    let limits: Map<String, Value> = container
        .pointer("/resources/limits")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    for (name, value) in limits {
        if container["resources"]["requests"].get(&name).is_none() {
            container["resources"]["requests"][name] = value;
        }
    }
}

fn token_volume(name: &str) -> Value {
    json!({"name": name, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
    ]}})
}

/// The quality of service class (k8s.io/kubernetes, pkg/apis/core/v1/helper/qos).
fn qos(spec: &Value) -> &'static str {
    let all = || {
        ["containers", "initContainers"]
            .into_iter()
            .flat_map(|list| spec[list].as_array().into_iter().flatten())
    };
    let of = |container: &Value, side: &str, name: &str| {
        container.pointer(&format!("/resources/{side}/{name}")).cloned()
    };
    let any = all().any(|c| {
        ["cpu", "memory"]
            .iter()
            .any(|n| of(c, "requests", n).is_some() || of(c, "limits", n).is_some())
    });
    let guaranteed = all().all(|c| {
        ["cpu", "memory"]
            .iter()
            .all(|n| of(c, "limits", n).is_some_and(|limit| of(c, "requests", n) == Some(limit)))
    });
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (_, true) => "Guaranteed",
        _ => "Burstable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(resources: &Value) -> Value {
        let mut pod = json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "a", "image": "nginx", "resources": resources}]}});
        admit(&mut pod, None, &mut Ids::new(1));
        pod
    }

    #[test]
    fn admission_gives_the_quality_of_service_class() {
        assert_eq!(pod(&json!({}))["status"]["qosClass"], "BestEffort");
        assert_eq!(
            pod(&json!({"requests": {"cpu": "1"}}))["status"]["qosClass"],
            "Burstable"
        );
        assert_eq!(
            pod(&json!({"limits": {"cpu": "1", "memory": "1Gi"}}))["status"]["qosClass"],
            "Guaranteed"
        );
    }

    #[test]
    fn admission_is_done_once() {
        let mut once = pod(&json!({}));
        let before = once.clone();
        admit(&mut once, None, &mut Ids::new(2));
        assert_eq!(once, before);
        assert_eq!(once["spec"]["containers"][0]["imagePullPolicy"], "Always");
    }
}
