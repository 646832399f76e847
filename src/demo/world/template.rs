//! Pod templates of the applications: what a team would write into its manifests. Adds nothing that the API server or a webhook adds later.

use serde_json::{Map, Value, json};

use super::catalog::{App, Kind, Pool, Trait, full};
use crate::demo::kubelet::pool::COOLDOWN;
use crate::demo::object::put;

/// Labels that select an application's pods.
pub fn selector(app: &App) -> Value {
    match (app.namespace, app.name) {
        ("kube-system", "aws-node" | "kube-proxy") => json!({"k8s-app": app.name}),
        ("kube-system", "coredns") => json!({"k8s-app": "kube-dns"}),
        _ => json!({"app.kubernetes.io/name": app.name, "app.kubernetes.io/instance": app.name}),
    }
}

/// The pod template of an application.
pub fn template(app: &App) -> Value {
    let mut labels = selector(app);
    put(
        &mut labels,
        "app.kubernetes.io/version",
        crate::demo::image::tag(app.image).into(),
    );
    put(&mut labels, "app.kubernetes.io/part-of", app.namespace.into());
    put(&mut labels, "app.kubernetes.io/managed-by", "Helm".into());
    if !app.has(Trait::Critical) {
        put(&mut labels, "team", team(app).into());
    }
    let mut annotations =
        json!({"checksum/config": crate::demo::ids::stable_hex(&[app.namespace, app.name, "config"], 64)});
    if app.port != 0 && !app.has(Trait::HostNetwork) {
        put(
            &mut annotations,
            "prometheus.io/port",
            app.port.to_string().into(),
        );
        put(&mut annotations, "prometheus.io/scrape", "true".into());
    }
    let mut spec = json!({"containers": containers(app), "serviceAccountName": app.name, "terminationGracePeriodSeconds": 30});
    if let Some(init) = init_containers(app) {
        put(&mut spec, "initContainers", init);
    }
    put(&mut spec, "volumes", volumes(app));
    put(
        &mut spec,
        "securityContext",
        json!({"fsGroup": 65534, "seccompProfile": {"type": "RuntimeDefault"}}),
    );
    place(app, &mut spec);
    json!({"metadata": {"labels": labels, "annotations": annotations}, "spec": spec})
}

fn team(app: &App) -> &'static str {
    match app.namespace {
        "shop" => "storefront",
        "payments" => "payments",
        "team-a" => "team-a",
        _ => "platform",
    }
}

fn place(app: &App, spec: &mut Value) {
    let group = match app.pool {
        Pool::OnlyT3 => Some("general-t3"),
        Pool::M5 | Pool::Features => Some("apps-m5"),
        Pool::T3 | Pool::Arm | Pool::All => None,
    };
    let mut wanted = Map::new();
    if let Some(group) = group {
        wanted.insert("eks.amazonaws.com/nodegroup".into(), group.into());
    }
    match app.pool {
        Pool::Features => {
            let (key, value, effect) = super::node::FEATURES;
            wanted.insert(key.into(), value.into());
            put(
                spec,
                "tolerations",
                json!([{"key": key, "operator": "Equal", "value": value, "effect": effect}]),
            );
        }
        Pool::Arm => {
            wanted.insert("kubernetes.io/arch".into(), "arm64".into());
            put(
                spec,
                "tolerations",
                json!([{"key": "kubernetes.io/arch", "operator": "Equal", "value": "arm64", "effect": "NoSchedule"}]),
            );
        }
        Pool::All => put(spec, "tolerations", json!([{"operator": "Exists"}])),
        Pool::T3 => put(spec, "affinity", liking("general-t3")),
        Pool::OnlyT3 | Pool::M5 => {}
    }
    if !wanted.is_empty() {
        put(spec, "nodeSelector", wanted.into());
    }
    if app.has(Trait::HostNetwork) {
        put(spec, "hostNetwork", true.into());
    }
    if app.has(Trait::Critical) {
        let class = if app.kind == Kind::DaemonSet {
            "system-node-critical"
        } else {
            "system-cluster-critical"
        };
        put(spec, "priorityClassName", class.into());
    }
    if app.has(Trait::Gate) {
        put(
            spec,
            "readinessGates",
            json!([{"conditionType": "target-health.elbv2.k8s.aws/k8s-payments-api-4f1c2b77e9"}]),
        );
    }
    if app.kind == Kind::Deployment && app.replicas > 1 {
        put(
            spec,
            "topologySpreadConstraints",
            json!([{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": selector(app)}}]),
        );
    }
}

/// An affinity to a node group as long as it has room.
fn liking(group: &str) -> Value {
    let term = json!({"matchExpressions": [{"key": "eks.amazonaws.com/nodegroup", "operator": "In", "values": [group]}]});
    json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": term}]}})
}

fn containers(app: &App) -> Value {
    let mut list = vec![main_container(app)];
    let (name, image) = app.sidecar;
    if !name.is_empty() {
        let resources = json!({"requests": {"cpu": "10m", "memory": "24Mi"}, "limits": {"memory": "96Mi"}});
        let mut sidecar = json!({"name": name, "image": full(image), "resources": resources,
            "args": ["--v=2", format!("--service={}", app.name)],
            "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "spec.nodeName"}}}]});
        if name == "exporter" {
            put(
                &mut sidecar,
                "ports",
                json!([{"name": "metrics", "containerPort": 9187, "protocol": "TCP"}]),
            );
        }
        list.push(sidecar);
    }
    list.into()
}

fn main_container(app: &App) -> Value {
    let name = match app.kind {
        Kind::StatefulSet(_) | Kind::DaemonSet => app.name,
        Kind::Deployment if app.has(Trait::Critical) => app.name,
        Kind::Deployment => "app",
    };
    let mut container = json!({"name": name, "image": app.full_image(), "env": environment(app), "resources": resources(app)});
    if app.port != 0 {
        put(
            &mut container,
            "ports",
            json!([{"name": port_name(app), "containerPort": app.port, "protocol": "TCP"}]),
        );
        probes(app, &mut container);
    }
    let mut mounts = vec![json!({"name": "tmp", "mountPath": "/tmp"})];
    if config_of(app) {
        mounts.push(json!({"name": "config", "mountPath": format!("/etc/{}", app.name), "readOnly": true}));
        put(
            &mut container,
            "envFrom",
            json!([{"configMapRef": {"name": format!("{}-env", app.name)}}]),
        );
    }
    if let Kind::StatefulSet(_) = app.kind {
        mounts.push(json!({"name": "data", "mountPath": "/data"}));
    }
    put(&mut container, "volumeMounts", mounts.into());
    if app.has(Trait::HostNetwork) {
        put(
            &mut container,
            "securityContext",
            json!({"capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}}),
        );
    } else {
        put(
            &mut container,
            "securityContext",
            json!({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
            "runAsNonRoot": true, "runAsUser": 65534, "capabilities": {"drop": ["ALL"]}}),
        );
    }
    container
}

/// Name of the main port.
pub fn port_name(app: &App) -> &'static str {
    match app.port {
        5432 => "postgres",
        6379 => "redis",
        61678 | 9100 => "metrics",
        _ => "http",
    }
}

/// Whether an application has config maps of its own.
pub fn config_of(app: &App) -> bool {
    matches!(app.namespace, "shop" | "payments" | "team-a")
}

fn resources(app: &App) -> Value {
    let (cpu, memory) = app.requests;
    let mut requests = json!({"cpu": format!("{cpu}m")});
    if memory > 0 {
        put(&mut requests, "memory", format!("{memory}Mi").into());
    }
    let mut limits = Map::new();
    if app.limits.0 > 0 {
        limits.insert(
            "cpu".into(),
            if app.limits.0.is_multiple_of(1000) {
                (app.limits.0 / 1000).to_string()
            } else {
                format!("{}m", app.limits.0)
            }
            .into(),
        );
    }
    if app.limits.1 > 0 {
        limits.insert("memory".into(), format!("{}Mi", app.limits.1).into());
    }
    if limits.is_empty() {
        json!({"requests": requests})
    } else {
        json!({"limits": limits, "requests": requests})
    }
}

fn probes(app: &App, container: &mut Value) {
    let probe = |path: &str, port: Value, period: u32| match app.port {
        5432 | 6379 => {
            json!({"tcpSocket": {"port": port}, "periodSeconds": period, "timeoutSeconds": 1, "successThreshold": 1,
                              "failureThreshold": 3, "initialDelaySeconds": 2})
        }
        _ => {
            json!({"httpGet": {"path": path, "port": port, "scheme": "HTTP"}, "periodSeconds": period, "timeoutSeconds": 1,
                    "successThreshold": 1, "failureThreshold": 3, "initialDelaySeconds": 2})
        }
    };
    let named = Value::from(port_name(app));
    let ready_port = if app.has(Trait::WrongProbe) {
        8081.into()
    } else {
        named.clone()
    };
    put(container, "readinessProbe", probe("/readyz", ready_port, 5));
    put(container, "livenessProbe", probe("/healthz", named, 10));
}

fn environment(app: &App) -> Value {
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
        list.push(json!({"name": "GOMEMLIMIT", "valueFrom": {"resourceFieldRef": {"containerName": "app", "resource": "limits.memory", "divisor": "0"}}}));
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

fn init_containers(app: &App) -> Option<Value> {
    let mut list = Vec::new();
    if app.name == "aws-node" {
        list.push(json!({"name": "aws-vpc-cni-init", "image": full("%amazon-k8s-cni-init:v1.23.1"), "securityContext": {"privileged": true},
            "env": [{"name": "DISABLE_TCP_EARLY_DEMUX", "value": "false"}, {"name": "ENABLE_IPv6", "value": "false"}],
            "resources": {"requests": {"cpu": "25m"}}}));
    }
    if app.has(Trait::Migrates) {
        list.push(
            json!({"name": "migrate", "image": full("~shop/migrate:3.2.1"), "command": ["/migrate", "--up"],
            "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}}}),
        );
    }
    if app.has(Trait::Mesh) {
        list.push(json!({"name": "istio-proxy", "image": "docker.io/istio/proxyv2:1.28.0", "restartPolicy": "Always",
            "args": ["proxy", "sidecar", "--domain", "$(POD_NAMESPACE).svc.cluster.local", "--proxyLogLevel=warning"],
            "ports": [{"name": "http-envoy-prom", "containerPort": 15090, "protocol": "TCP"}],
            "startupProbe": {"httpGet": {"path": "/healthz/ready", "port": 15021, "scheme": "HTTP"}, "periodSeconds": 1,
                             "timeoutSeconds": 3, "successThreshold": 1, "failureThreshold": 600},
            "resources": {"requests": {"cpu": "10m", "memory": "40Mi"}, "limits": {"cpu": "2", "memory": "128Mi"}}}));
    }
    (!list.is_empty()).then(|| list.into())
}

fn volumes(app: &App) -> Value {
    let mut list = vec![json!({"name": "tmp", "emptyDir": {}})];
    if config_of(app) {
        list.push(json!({"name": "config", "configMap": {"name": format!("{}-config", app.name), "defaultMode": 420}}));
    }
    if app.has(Trait::HostNetwork) {
        list.push(json!({"name": "xtables-lock", "hostPath": {"path": "/run/xtables.lock", "type": "FileOrCreate"}}));
    }
    list.into()
}
