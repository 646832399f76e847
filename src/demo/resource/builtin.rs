//! The table of built-in resources. One row each; nothing else.

use super::Resource;

/// How the verbs of a resource are given in the table.
#[derive(Clone, Copy)]
enum Verbs {
    /// Everything.
    All,
    /// Namespaces: no deletecollection.
    NoCollection,
    /// Reviews and bindings.
    Create,
    /// Metrics and the state of components.
    Read,
}

/// group/version, plural, kind, short names, categories, namespaced, verbs, subresources, selectable fields.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    bool,
    Verbs,
    &'static [&'static str],
    &'static [&'static str],
);

const NS: bool = true;
const CLUSTER: bool = false;
const ALL: &[&str] = &["all"];
const STATUS: &[&str] = &["status"];
const SCALE: &[&str] = &["scale", "status"];
const NONE: &[&str] = &[];

/// Resources whose `metadata.generation` counts.
pub(super) const GENERATIONS: &[&str] = &[
    "pods",
    "replicationcontrollers",
    "deployments",
    "replicasets",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
    "ingresses",
    "ingressclasses",
    "networkpolicies",
    "poddisruptionbudgets",
    "customresourcedefinitions",
    "priorityclasses",
    "validatingwebhookconfigurations",
    "mutatingwebhookconfigurations",
    "flowschemas",
    "prioritylevelconfigurations",
];

const POD_PARTS: &[&str] = &[
    "attach",
    "binding",
    "ephemeralcontainers",
    "eviction",
    "exec",
    "log",
    "portforward",
    "proxy",
    "resize",
    "status",
];
const POD_FIELDS: &[&str] = &[
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
];
const EVENT_FIELDS: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("v1", "bindings", "Binding", NONE, NONE, NS, Verbs::Create, NONE, NONE),
    ("v1", "componentstatuses", "ComponentStatus", &["cs"], NONE, CLUSTER, Verbs::Read, NONE, NONE),
    ("v1", "configmaps", "ConfigMap", &["cm"], NONE, NS, Verbs::All, NONE, NONE),
    ("v1", "endpoints", "Endpoints", &["ep"], NONE, NS, Verbs::All, NONE, NONE),
    ("v1", "events", "Event", &["ev"], NONE, NS, Verbs::All, NONE, EVENT_FIELDS),
    ("v1", "limitranges", "LimitRange", &["limits"], NONE, NS, Verbs::All, NONE, NONE),
    ("v1", "namespaces", "Namespace", &["ns"], NONE, CLUSTER, Verbs::NoCollection, &["finalize", "status"], &["status.phase"]),
    ("v1", "nodes", "Node", &["no"], NONE, CLUSTER, Verbs::All, &["proxy", "status"], &["spec.unschedulable"]),
    ("v1", "persistentvolumeclaims", "PersistentVolumeClaim", &["pvc"], NONE, NS, Verbs::All, STATUS, NONE),
    ("v1", "persistentvolumes", "PersistentVolume", &["pv"], NONE, CLUSTER, Verbs::All, STATUS, NONE),
    ("v1", "pods", "Pod", &["po"], ALL, NS, Verbs::All, POD_PARTS, POD_FIELDS),
    ("v1", "podtemplates", "PodTemplate", NONE, NONE, NS, Verbs::All, NONE, NONE),
    ("v1", "replicationcontrollers", "ReplicationController", &["rc"], ALL, NS, Verbs::All, SCALE, &["status.replicas"]),
    ("v1", "resourcequotas", "ResourceQuota", &["quota"], NONE, NS, Verbs::All, STATUS, NONE),
    ("v1", "secrets", "Secret", NONE, NONE, NS, Verbs::All, NONE, &["type"]),
    ("v1", "serviceaccounts", "ServiceAccount", &["sa"], NONE, NS, Verbs::All, &["token"], NONE),
    ("v1", "services", "Service", &["svc"], ALL, NS, Verbs::All, &["proxy", "status"], &["spec.clusterIP", "spec.type"]),
    ("apiregistration.k8s.io/v1", "apiservices", "APIService", NONE, &["api-extensions"], CLUSTER, Verbs::All, STATUS, NONE),
    ("apps/v1", "controllerrevisions", "ControllerRevision", NONE, NONE, NS, Verbs::All, NONE, NONE),
    ("apps/v1", "daemonsets", "DaemonSet", &["ds"], ALL, NS, Verbs::All, STATUS, NONE),
    ("apps/v1", "deployments", "Deployment", &["deploy"], ALL, NS, Verbs::All, SCALE, NONE),
    ("apps/v1", "replicasets", "ReplicaSet", &["rs"], ALL, NS, Verbs::All, SCALE, NONE),
    ("apps/v1", "statefulsets", "StatefulSet", &["sts"], ALL, NS, Verbs::All, SCALE, NONE),
    ("events.k8s.io/v1", "events", "Event", &["ev"], NONE, NS, Verbs::All, NONE, EVENT_FIELDS),
    ("authentication.k8s.io/v1", "selfsubjectreviews", "SelfSubjectReview", NONE, NONE, CLUSTER, Verbs::Create, NONE, NONE),
    ("authentication.k8s.io/v1", "tokenreviews", "TokenReview", NONE, NONE, CLUSTER, Verbs::Create, NONE, NONE),
    ("authorization.k8s.io/v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", NONE, NONE, NS, Verbs::Create, NONE, NONE),
    ("authorization.k8s.io/v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", NONE, NONE, CLUSTER, Verbs::Create, NONE, NONE),
    ("authorization.k8s.io/v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", NONE, NONE, CLUSTER, Verbs::Create, NONE, NONE),
    ("authorization.k8s.io/v1", "subjectaccessreviews", "SubjectAccessReview", NONE, NONE, CLUSTER, Verbs::Create, NONE, NONE),
    ("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", &["hpa"], ALL, NS, Verbs::All, STATUS, NONE),
    ("autoscaling/v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler", &["hpa"], ALL, NS, Verbs::All, STATUS, NONE),
    ("batch/v1", "cronjobs", "CronJob", &["cj"], ALL, NS, Verbs::All, STATUS, NONE),
    ("batch/v1", "jobs", "Job", NONE, ALL, NS, Verbs::All, STATUS, &["status.successful"]),
    ("certificates.k8s.io/v1", "certificatesigningrequests", "CertificateSigningRequest", &["csr"], NONE, CLUSTER, Verbs::All, &["approval", "status"], &["spec.signerName"]),
    ("networking.k8s.io/v1", "ingressclasses", "IngressClass", NONE, NONE, CLUSTER, Verbs::All, NONE, NONE),
    ("networking.k8s.io/v1", "ingresses", "Ingress", &["ing"], NONE, NS, Verbs::All, STATUS, NONE),
    ("networking.k8s.io/v1", "ipaddresses", "IPAddress", &["ip"], NONE, CLUSTER, Verbs::All, NONE, NONE),
    ("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", &["netpol"], NONE, NS, Verbs::All, NONE, NONE),
    ("networking.k8s.io/v1", "servicecidrs", "ServiceCIDR", NONE, NONE, CLUSTER, Verbs::All, STATUS, NONE),
    ("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", &["pdb"], NONE, NS, Verbs::All, STATUS, NONE),
    ("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", NONE, NONE, CLUSTER, Verbs::All, NONE, NONE),
    ("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", NONE, NONE, CLUSTER, Verbs::All, NONE, NONE),
    ("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding", NONE, NONE, NS, Verbs::All, NONE, NONE),
    ("rbac.authorization.k8s.io/v1", "roles", "Role", NONE, NONE, NS, Verbs::All, NONE, NONE),
    ("storage.k8s.io/v1", "csidrivers", "CSIDriver", NONE, NONE, CLUSTER, Verbs::All, NONE, NONE),
    ("storage.k8s.io/v1", "csinodes", "CSINode", NONE, NONE, CLUSTER, Verbs::All, NONE, NONE),
    ("storage.k8s.io/v1", "csistoragecapacities", "CSIStorageCapacity", NONE, NONE, NS, Verbs::All, NONE, NONE),
    ("storage.k8s.io/v1", "storageclasses", "StorageClass", &["sc"], NONE, CLUSTER, Verbs::All, NONE, NONE),
    ("storage.k8s.io/v1", "volumeattachments", "VolumeAttachment", NONE, NONE, CLUSTER, Verbs::All, STATUS, NONE),
    ("storage.k8s.io/v1", "volumeattributesclasses", "VolumeAttributesClass", &["vac"], NONE, CLUSTER, Verbs::All, NONE, NONE),
    ("admissionregistration.k8s.io/v1", "mutatingadmissionpolicies", "MutatingAdmissionPolicy", NONE, &["api-extensions"], CLUSTER, Verbs::All, NONE, NONE),
    ("admissionregistration.k8s.io/v1", "mutatingadmissionpolicybindings", "MutatingAdmissionPolicyBinding", NONE, &["api-extensions"], CLUSTER, Verbs::All, NONE, NONE),
    ("admissionregistration.k8s.io/v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", NONE, &["api-extensions"], CLUSTER, Verbs::All, STATUS, NONE),
    ("admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", NONE, &["api-extensions"], CLUSTER, Verbs::All, NONE, NONE),
    ("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", NONE, &["api-extensions"], CLUSTER, Verbs::All, NONE, NONE),
    ("admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", NONE, &["api-extensions"], CLUSTER, Verbs::All, NONE, NONE),
    ("apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", &["crd", "crds"], &["api-extensions"], CLUSTER, Verbs::All, STATUS, NONE),
    ("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", &["pc"], NONE, CLUSTER, Verbs::All, NONE, NONE),
    ("coordination.k8s.io/v1", "leases", "Lease", NONE, NONE, NS, Verbs::All, NONE, NONE),
    ("node.k8s.io/v1", "runtimeclasses", "RuntimeClass", NONE, NONE, CLUSTER, Verbs::All, NONE, NONE),
    ("discovery.k8s.io/v1", "endpointslices", "EndpointSlice", NONE, NONE, NS, Verbs::All, NONE, NONE),
    ("resource.k8s.io/v1", "deviceclasses", "DeviceClass", NONE, NONE, CLUSTER, Verbs::All, NONE, NONE),
    ("resource.k8s.io/v1", "resourceclaims", "ResourceClaim", NONE, NONE, NS, Verbs::All, STATUS, NONE),
    ("resource.k8s.io/v1", "resourceclaimtemplates", "ResourceClaimTemplate", NONE, NONE, NS, Verbs::All, NONE, NONE),
    ("resource.k8s.io/v1", "resourceslices", "ResourceSlice", NONE, NONE, CLUSTER, Verbs::All, NONE, NONE),
    ("flowcontrol.apiserver.k8s.io/v1", "flowschemas", "FlowSchema", NONE, NONE, CLUSTER, Verbs::All, STATUS, NONE),
    ("flowcontrol.apiserver.k8s.io/v1", "prioritylevelconfigurations", "PriorityLevelConfiguration", NONE, NONE, CLUSTER, Verbs::All, STATUS, NONE),
    ("metrics.k8s.io/v1beta1", "nodes", "NodeMetrics", NONE, NONE, CLUSTER, Verbs::Read, NONE, NONE),
    ("metrics.k8s.io/v1beta1", "pods", "PodMetrics", NONE, NONE, NS, Verbs::Read, NONE, NONE),
];

pub(super) fn resources() -> Vec<Resource> {
    TABLE.iter().map(resource).collect()
}

/// What `scale` subresources show.
pub(super) fn scale() -> Resource {
    resource(&(
        "autoscaling/v1",
        "scales",
        "Scale",
        NONE,
        NONE,
        NS,
        Verbs::Read,
        NONE,
        NONE,
    ))
}

fn resource(row: &Row) -> Resource {
    let &(api, plural, kind, short, categories, namespaced, verbs, subresources, fields) = row;
    let (group, version) = api.split_once('/').unwrap_or(("", api));
    let owned = |list: &[&'static str]| list.iter().map(|&word| word.into()).collect::<Vec<_>>();
    let verbs: &[&str] = match verbs {
        Verbs::All => &[
            "create",
            "delete",
            "deletecollection",
            "get",
            "list",
            "patch",
            "update",
            "watch",
        ],
        Verbs::NoCollection => &["create", "delete", "get", "list", "patch", "update", "watch"],
        Verbs::Create => &["create"],
        Verbs::Read => &["get", "list"],
    };
    let metrics = group == "metrics.k8s.io";
    let stored = verbs.contains(&"list") && !metrics;
    let singular = if metrics {
        String::new()
    } else {
        kind.to_lowercase()
    };
    Resource {
        group: group.into(),
        version: version.into(),
        plural: plural.into(),
        singular: singular.into(),
        kind: kind.into(),
        short_names: owned(short),
        categories: owned(categories),
        namespaced,
        verbs: owned(verbs),
        subresources: owned(subresources),
        storage: if stored { plural.into() } else { "".into() },
        fields: owned(fields),
        definition: serde_json::Value::Null,
    }
}
