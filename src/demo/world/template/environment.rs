//! The environment of an application's main container. Knows nothing else of it.

use serde_json::{Value, json};

use super::config_of;
use crate::demo::kubelet::pool::COOLDOWN;
use crate::demo::world::catalog::App;

/// `container` is the container's name.
pub(super) fn environment(app: &App, container: &str) -> Value {
    if app.name == "aws-node" {
        return cni_environment(true);
    }
    let field = |name: &str, path: &str| json!({"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}});
    let mut list = vec![
        field("POD_NAME", "metadata.name"),
        field("POD_NAMESPACE", "metadata.namespace"),
        field("POD_IP", "status.podIP"),
        field("NODE_NAME", "spec.nodeName"),
    ];
    if config_of(app) {
        let host = format!("{}.{}.svc.cluster.local", app.name, app.namespace);
        for (name, value) in [
            ("APP_NAME", app.name),
            ("APP_ENV", "production"),
            ("LOG_LEVEL", "info"),
            ("LOG_FORMAT", "json"),
            ("HTTP_PORT", "8080"),
            ("SHUTDOWN_TIMEOUT", "25s"),
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://otel-collector.monitoring.svc.cluster.local:4317",
            ),
            ("OTEL_SERVICE_NAME", app.name),
            ("SELF_URL", &host),
            ("DB_HOST", "ledger.payments.svc.cluster.local"),
            ("CACHE_HOST", "redis.shop.svc.cluster.local"),
            ("FEATURE_FLAGS", "new-checkout,fast-search"),
        ] {
            list.push(json!({"name": name, "value": value}));
        }
        list.push(json!({"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": format!("{}-credentials", app.name), "key": "password"}}}));
        list.push(json!({"name": "GOMEMLIMIT", "valueFrom": {"resourceFieldRef": {"containerName": container, "resource": "limits.memory", "divisor": "0"}}}));
    }
    list.into()
}

/// The environment of the VPC CNI (aws/amazon-vpc-cni-k8s, config/master/aws-k8s-cni.yaml), with or without prefix delegation.
pub fn cni_environment(prefix: bool) -> Value {
    let mut list: Vec<Value> = [
        ("ADDITIONAL_ENI_TAGS", "{}"),
        ("ANNOTATE_POD_IP", "false"),
        ("AWS_VPC_CNI_NODE_PORT_SUPPORT", "true"),
        ("AWS_VPC_ENI_MTU", "9001"),
        ("AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", "false"),
        ("AWS_VPC_K8S_CNI_EXTERNALSNAT", "false"),
        ("AWS_VPC_K8S_CNI_LOGLEVEL", "DEBUG"),
        (
            "AWS_VPC_K8S_CNI_LOG_FILE",
            "/host/var/log/aws-routed-eni/ipamd.log",
        ),
        ("AWS_VPC_K8S_CNI_RANDOMIZESNAT", "prng"),
        ("AWS_VPC_K8S_CNI_VETHPREFIX", "eni"),
        (
            "AWS_VPC_K8S_PLUGIN_LOG_FILE",
            "/var/log/aws-routed-eni/plugin.log",
        ),
        ("AWS_VPC_K8S_PLUGIN_LOG_LEVEL", "DEBUG"),
        (
            "CLUSTER_ENDPOINT",
            "https://7A1F0C5E3B9D4E2F8A6C.gr7.eu-central-1.eks.amazonaws.com",
        ),
        ("CLUSTER_NAME", "demo"),
        ("DISABLE_INTROSPECTION", "false"),
        ("DISABLE_METRICS", "false"),
        ("DISABLE_NETWORK_RESOURCE_PROVISIONING", "false"),
        ("ENABLE_IMDS_ONLY_MODE", "false"),
        ("ENABLE_IPv4", "true"),
        ("ENABLE_IPv6", "false"),
        ("ENABLE_MULTI_NIC", "false"),
        ("ENABLE_POD_ENI", "false"),
        ("ENABLE_PREFIX_DELEGATION", if prefix { "true" } else { "false" }),
        ("ENABLE_SUBNET_DISCOVERY", "true"),
        ("IP_COOLDOWN_PERIOD", &COOLDOWN.to_string()),
        ("NETWORK_POLICY_ENFORCING_MODE", "standard"),
        ("VPC_CNI_VERSION", "v1.23.1"),
        ("VPC_ID", "vpc-0c1d2e3f405162738"),
        ("WARM_ENI_TARGET", "1"),
        ("WARM_PREFIX_TARGET", "1"),
    ]
    .iter()
    .map(|(name, value)| json!({"name": name, "value": value}))
    .collect();
    for (name, path) in [
        ("MY_NODE_NAME", "spec.nodeName"),
        ("MY_POD_NAME", "metadata.name"),
    ] {
        list.push(json!({"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}));
    }
    list.into()
}
