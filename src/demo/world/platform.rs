//! Cluster-wide furniture: storage classes, drivers, priority classes, roles, leases, quotas, ingress class, the API's own service.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::demo::object::{after, manage, micro_stamp, object, stamp};

/// Everything a cluster has before anybody uses it.
pub fn furniture(at: Timestamp) -> Vec<Value> {
    let mut list = vec![
        storage_class(at),
        ingress_class(at),
        api_service(at),
        quota(at),
        limits(at),
        network_policy(at),
        metrics_service(at),
    ];
    for name in ["scheduler", "controller-manager", "etcd-0"] {
        let mut component = object(("v1", "ComponentStatus"), ("", name), at);
        component["conditions"] = json!([{"type": "Healthy", "status": "True", "message": "ok"}]);
        list.push(component);
    }
    let mut range = object(("networking.k8s.io/v1", "ServiceCIDR"), ("", "kubernetes"), at);
    range["spec"] = json!({"cidrs": ["172.20.0.0/16"]});
    range["status"] = json!({"conditions": [{"type": "Ready", "status": "True", "reason": "", "message": "Kubernetes Service CIDR is ready",
        "lastTransitionTime": stamp(at)}]});
    list.push(range);
    let mut driver = object(("storage.k8s.io/v1", "CSIDriver"), ("", "ebs.csi.aws.com"), at);
    driver["spec"] = json!({"attachRequired": true, "podInfoOnMount": false, "fsGroupPolicy": "ReadWriteOnceWithFSType", "requiresRepublish": false,
        "storageCapacity": false, "seLinuxMount": false, "volumeLifecycleModes": ["Persistent"]});
    list.push(driver);
    for (name, value, description) in [
        (
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        ),
        (
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        ),
    ] {
        let mut class = object(("scheduling.k8s.io/v1", "PriorityClass"), ("", name), at);
        class["value"] = value.into();
        class["description"] = description.into();
        class["preemptionPolicy"] = "PreemptLowerPriority".into();
        list.push(class);
    }
    list.extend(roles(at));
    for item in &mut list {
        manage(item, "kube-apiserver", None, at);
    }
    list
}

fn storage_class(at: Timestamp) -> Value {
    let mut class = object(("storage.k8s.io/v1", "StorageClass"), ("", "gp3"), at);
    class["metadata"]["annotations"] = json!({"storageclass.kubernetes.io/is-default-class": "true"});
    class["provisioner"] = "ebs.csi.aws.com".into();
    class["parameters"] = json!({"type": "gp3", "encrypted": "true"});
    class["reclaimPolicy"] = "Delete".into();
    class["volumeBindingMode"] = "WaitForFirstConsumer".into();
    class["allowVolumeExpansion"] = true.into();
    class
}

fn ingress_class(at: Timestamp) -> Value {
    let mut class = object(("networking.k8s.io/v1", "IngressClass"), ("", "alb"), at);
    class["spec"] = json!({"controller": "ingress.k8s.aws/alb"});
    class
}

fn api_service(at: Timestamp) -> Value {
    let mut service = object(("v1", "Service"), ("default", "kubernetes"), at);
    service["metadata"]["labels"] = json!({"component": "apiserver", "provider": "kubernetes"});
    service["spec"] = json!({"type": "ClusterIP", "clusterIP": "172.20.0.1", "clusterIPs": ["172.20.0.1"], "sessionAffinity": "None",
        "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 443}], "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"});
    service["status"] = json!({"loadBalancer": {}});
    service
}

fn metrics_service(at: Timestamp) -> Value {
    let mut service = object(
        ("apiregistration.k8s.io/v1", "APIService"),
        ("", "v1beta1.metrics.k8s.io"),
        at,
    );
    service["spec"] = json!({"group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
        "insecureSkipTLSVerify": true, "service": {"name": "metrics-server", "namespace": "kube-system", "port": 443}});
    service["status"] = json!({"conditions": [{"type": "Available", "status": "True", "reason": "Passed", "message": "all checks passed",
        "lastTransitionTime": crate::demo::object::stamp(after(at, 40))}]});
    service
}

fn quota(at: Timestamp) -> Value {
    let mut quota = object(("v1", "ResourceQuota"), ("team-a", "team-a"), at);
    let hard = json!({"pods": "30", "requests.cpu": "4", "requests.memory": "6Gi", "limits.memory": "12Gi"});
    quota["spec"] = json!({"hard": hard});
    quota["status"] = json!({"hard": hard, "used": {"pods": "19", "requests.cpu": "1150m", "requests.memory": "1696Mi", "limits.memory": "3648Mi"}});
    quota
}

fn limits(at: Timestamp) -> Value {
    let mut limits = object(("v1", "LimitRange"), ("team-a", "defaults"), at);
    limits["spec"] = json!({"limits": [{"type": "Container", "default": {"memory": "256Mi"}, "defaultRequest": {"cpu": "50m", "memory": "64Mi"}}]});
    limits
}

fn network_policy(at: Timestamp) -> Value {
    let mut policy = object(
        ("networking.k8s.io/v1", "NetworkPolicy"),
        ("payments", "default-deny"),
        at,
    );
    policy["spec"] = json!({"podSelector": {}, "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}]}]});
    policy
}

fn roles(at: Timestamp) -> Vec<Value> {
    let group = "rbac.authorization.k8s.io";
    let api = "rbac.authorization.k8s.io/v1";
    let mut role = object((api, "ClusterRole"), ("", "aws-node"), at);
    role["rules"] = json!([{"apiGroups": [""], "resources": ["namespaces", "pods", "nodes"], "verbs": ["list", "watch", "get"]},
        {"apiGroups": ["crd.k8s.amazonaws.com"], "resources": ["eniconfigs"], "verbs": ["list", "watch", "get"]}]);
    let mut list = vec![role];
    let bind = |kind: &str, key: (&str, &str), role: &str, subject: Value| {
        let mut binding = object((api, kind), key, at);
        binding["roleRef"] = json!({"apiGroup": group, "kind": "ClusterRole", "name": role});
        binding["subjects"] = json!([subject]);
        binding
    };
    let people = |name: &str| json!({"apiGroup": group, "kind": "Group", "name": name});
    list.push(bind(
        "ClusterRoleBinding",
        ("", "aws-node"),
        "aws-node",
        json!({"kind": "ServiceAccount", "name": "aws-node", "namespace": "kube-system"}),
    ));
    list.push(bind(
        "RoleBinding",
        ("team-a", "team-a-edit"),
        "edit",
        people("team-a"),
    ));
    list.push(bind(
        "RoleBinding",
        ("shop", "storefront-view"),
        "view",
        people("storefront"),
    ));
    list
}

/// A lease that somebody holds and renewed at `now`.
pub fn lease(key: (&str, &str), holder: &str, at: Timestamp, now: Timestamp) -> Value {
    let mut lease = object(("coordination.k8s.io/v1", "Lease"), key, at);
    lease["spec"] = json!({"holderIdentity": holder, "leaseDurationSeconds": if key.0 == "kube-node-lease" { 40 } else { 15 },
        "renewTime": micro_stamp(now)});
    if key.0 != "kube-node-lease" {
        lease["spec"]["acquireTime"] = micro_stamp(after(at, 5)).into();
        lease["spec"]["leaseTransitions"] = 2.into();
    }
    lease
}

/// A bound volume and its claim: `key` is (namespace, claim), `place` is (GiB, zone).
pub fn volume(key: (&str, &str), place: (&str, &str), uid: &str, at: Timestamp) -> Value {
    let (size, zone) = place;
    let mut volume = object(("v1", "PersistentVolume"), ("", &format!("pvc-{uid}")), at);
    volume["metadata"]["annotations"] = json!({"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"});
    volume["metadata"]["finalizers"] = json!([
        "external-provisioner.volume.kubernetes.io/finalizer",
        "kubernetes.io/pv-protection",
        "external-attacher/ebs-csi-aws-com"
    ]);
    volume["spec"] = json!({"accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, "persistentVolumeReclaimPolicy": "Delete",
        "storageClassName": "gp3", "volumeMode": "Filesystem",
        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": key.0, "name": key.1, "uid": uid},
        "csi": {"driver": "ebs.csi.aws.com", "fsType": "ext4", "volumeHandle": format!("vol-0{}", crate::demo::ids::stable_hex(&[uid], 16))},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
            {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}]}]}}});
    volume["status"] =
        json!({"phase": "Bound", "lastPhaseTransitionTime": crate::demo::object::stamp(after(at, 3))});
    manage(
        &mut volume,
        "csi-provisioner",
        Some("kube-controller-manager"),
        at,
    );
    volume
}

/// An unbound claim from a StatefulSet's claim template.
pub fn claim(set: &Value, template: &Value, pod: &str, at: Timestamp) -> Value {
    let namespace = crate::demo::object::text(set, "/metadata/namespace");
    let name = format!("{}-{pod}", crate::demo::object::text(template, "/metadata/name"));
    let mut claim = object(("v1", "PersistentVolumeClaim"), (namespace, &name), at);
    claim["metadata"]["labels"] = set["spec"]["selector"]["matchLabels"].clone();
    claim["metadata"]["finalizers"] = json!(["kubernetes.io/pvc-protection"]);
    claim["spec"] = template["spec"].clone();
    claim["status"] = json!({"phase": "Pending"});
    manage(&mut claim, "kube-controller-manager", None, at);
    claim
}

/// Binds a stored claim to the volume made for it.
pub fn bind(claim: &mut Value, uid: &str, node: &str) {
    let size = claim["spec"]["resources"]["requests"]["storage"].clone();
    claim["spec"]["volumeName"] = format!("pvc-{uid}").into();
    claim["metadata"]["annotations"] = json!({"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes",
        "volume.beta.kubernetes.io/storage-provisioner": "ebs.csi.aws.com", "volume.kubernetes.io/selected-node": node,
        "volume.kubernetes.io/storage-provisioner": "ebs.csi.aws.com"});
    claim["status"] =
        json!({"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}});
}
