//! The containers of an application: programs, ports, amounts, probes. The pod around them is not theirs.

use serde_json::{Map, Value, json};

use super::config_of;
use super::environment::environment;
use crate::demo::api::amount;
use crate::demo::object::put;
use crate::demo::world::catalog::{App, Kind, Trait, full};

pub(super) fn containers(app: &App) -> Value {
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
    let name = main_name(app);
    let mut container = json!({"name": name, "image": app.full_image(), "env": environment(app, name), "resources": resources(app)});
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

/// Name of the main container.
fn main_name(app: &App) -> &'static str {
    match app.kind {
        Kind::StatefulSet(_) | Kind::DaemonSet => app.name,
        Kind::Deployment if app.has(Trait::Critical) => app.name,
        Kind::Deployment => "app",
    }
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

fn resources(app: &App) -> Value {
    let amounts = |(cpu, memory): (u32, u32)| {
        let given = [("cpu", cpu, "m"), ("memory", memory, "Mi")];
        let given = given.into_iter().filter(|(_, amount, _)| *amount > 0);
        given
            .map(|(name, amount, unit)| (name.to_owned(), written(amount, unit)))
            .collect::<Map<String, Value>>()
    };
    let (requests, limits) = (amounts(app.requests), amounts(app.limits));
    if limits.is_empty() {
        json!({"requests": requests})
    } else {
        json!({"limits": limits, "requests": requests})
    }
}

/// An amount as the API server would have stored it: else the first change of the object would seem to change its amounts.
fn written(amount: u32, unit: &str) -> Value {
    let text = format!("{amount}{unit}");
    amount::canonical(&text, true).unwrap_or(text).into()
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

pub(super) fn init_containers(app: &App) -> Option<Value> {
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
