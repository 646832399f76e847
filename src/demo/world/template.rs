//! Pod templates of the applications: what a team would write into its manifests. Adds nothing that the API server or a webhook adds later.

mod container;
mod environment;

use serde_json::{Map, Value, json};

use super::catalog::{App, Kind, Pool, Trait};
use crate::demo::object::put;
use container::{containers, init_containers};

pub use container::port_name;
pub use environment::cni_environment;

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

/// Whether an application has config maps of its own.
pub fn config_of(app: &App) -> bool {
    matches!(app.namespace, "shop" | "payments" | "team-a")
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
