//! Services, Ingresses, autoscalers and disruption budgets of the applications, and the EndpointSlices behind services.

use serde_json::{Map, Value, json};

use super::catalog::{App, Kind, Trait};
use super::template::{port_name, selector};
use crate::clock::Timestamp;
use crate::demo::object::{manage, object, owner_reference, stamp, text, time};

/// Everything that belongs to an application's network and size, besides its workload.
pub fn around(app: &App, at: Timestamp) -> Vec<Value> {
    let mut list = Vec::new();
    if app.port != 0 && !app.has(Trait::NoService) {
        list.push(service(app, at));
    }
    if let Kind::StatefulSet(_) = app.kind {
        let mut headless = service(app, at);
        headless["metadata"]["name"] = format!("{}-headless", app.name).into();
        headless["spec"]["clusterIP"] = "None".into();
        headless["spec"]["clusterIPs"] = json!(["None"]);
        headless["spec"]["publishNotReadyAddresses"] = true.into();
        list.push(headless);
    }
    for what in app.traits {
        match *what {
            Trait::Budget => list.push(budget(app, at)),
            Trait::Ingress => list.push(ingress(app, at)),
            Trait::Scales(low, high) => list.push(autoscaler(app, (low, high), at)),
            _ => {}
        }
    }
    list
}

fn service(app: &App, at: Timestamp) -> Value {
    let name = if app.name == "coredns" {
        "kube-dns"
    } else {
        app.name
    };
    let mut service = object(("v1", "Service"), (app.namespace, name), at);
    service["metadata"]["labels"] = selector(app);
    let ip = cluster_ip(app.namespace, name);
    let ports = if app.name == "coredns" {
        json!([{"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53}, {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
               {"name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": 9153}])
    } else {
        let port = if port_name(app) == "http" && app.namespace != "monitoring" {
            80
        } else {
            app.port
        };
        json!([{"name": port_name(app), "port": port, "protocol": "TCP", "targetPort": port_name(app)}])
    };
    service["spec"] = json!({"type": "ClusterIP", "clusterIP": ip, "clusterIPs": [ip], "ports": ports, "selector": selector(app),
        "sessionAffinity": "None", "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"});
    if app.name == "web" {
        let port = 30000 + crate::demo::ids::stable(&[app.name]) % 2000;
        service["spec"]["type"] = "LoadBalancer".into();
        service["spec"]["ports"][0]["nodePort"] = port.into();
        service["spec"]["allocateLoadBalancerNodePorts"] = true.into();
        service["spec"]["externalTrafficPolicy"] = "Cluster".into();
        service["status"] = json!({"loadBalancer": {"ingress": [{"hostname": "k8s-shop-web-3e8c1a90d2-5f7b1c2d3e4f5a6b.elb.eu-central-1.amazonaws.com"}]}});
    } else {
        service["status"] = json!({"loadBalancer": {}});
    }
    manage(&mut service, "helm", None, at);
    service
}

/// The cluster address of a service; EKS gives 172.20.0.0/16, its DNS .10 and its API .1.
pub fn cluster_ip(namespace: &str, name: &str) -> String {
    match name {
        "kube-dns" => "172.20.0.10".into(),
        "kubernetes" => "172.20.0.1".into(),
        _ => {
            let hash = crate::demo::ids::stable(&[namespace, name]);
            format!("172.20.{}.{}", 1 + hash % 250, 2 + (hash >> 16) % 250)
        }
    }
}

fn budget(app: &App, at: Timestamp) -> Value {
    let mut budget = object(
        ("policy/v1", "PodDisruptionBudget"),
        (app.namespace, app.name),
        at,
    );
    budget["spec"] = json!({"maxUnavailable": 1, "selector": {"matchLabels": selector(app)}});
    budget["status"] = json!({"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0, "observedGeneration": 1});
    manage(&mut budget, "helm", None, at);
    budget
}

fn ingress(app: &App, at: Timestamp) -> Value {
    let mut ingress = object(("networking.k8s.io/v1", "Ingress"), (app.namespace, app.name), at);
    let host = format!("{}.example.com", app.name);
    ingress["metadata"]["annotations"] = json!({"alb.ingress.kubernetes.io/scheme": "internet-facing", "alb.ingress.kubernetes.io/target-type": "ip"});
    let backend = json!({"service": {"name": app.name, "port": {"name": port_name(app)}}});
    ingress["spec"] = json!({"ingressClassName": "alb", "tls": [{"hosts": [host], "secretName": format!("{}-tls", app.name)}],
        "rules": [{"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]});
    let balancer = format!(
        "k8s-{}-{}.eu-central-1.elb.amazonaws.com",
        app.namespace,
        crate::demo::ids::stable_hex(&["alb", app.name], 10)
    );
    ingress["status"] = json!({"loadBalancer": {"ingress": [{"hostname": balancer}]}});
    manage(&mut ingress, "helm", None, at);
    ingress
}

fn autoscaler(app: &App, (low, high): (u32, u32), at: Timestamp) -> Value {
    let mut hpa = object(
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
        (app.namespace, app.name),
        at,
    );
    hpa["spec"] = json!({"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": app.name}, "minReplicas": low, "maxReplicas": high,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": if app.name == "web" { 90 } else { 70 }}}}]});
    hpa["status"] =
        json!({"currentReplicas": app.replicas, "desiredReplicas": app.replicas, "currentMetrics": null});
    manage(&mut hpa, "helm", None, at);
    hpa
}

/// One address behind a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// The pod's address.
    pub ip: String,
    /// The pod's name.
    pub pod: String,
    /// Its uid.
    pub uid: String,
    /// Its node.
    pub node: String,
    /// The node's zone.
    pub zone: String,
    /// Whether it gets traffic.
    pub ready: bool,
    /// Whether it is being deleted.
    pub terminating: bool,
}

/// The endpoints part of a slice.
pub fn endpoints(list: &[Endpoint], namespace: &str) -> Value {
    list.iter()
        .map(|one| {
            json!({"addresses": [one.ip], "conditions": {"ready": one.ready, "serving": one.ready || one.terminating, "terminating": one.terminating},
                   "nodeName": one.node, "zone": one.zone,
                   "targetRef": {"kind": "Pod", "namespace": namespace, "name": one.pod, "uid": one.uid}})
        })
        .collect::<Vec<_>>()
        .into()
}

/// The port a name stands for in the pods.
pub type Named<'a> = &'a dyn Fn(&str) -> Option<u64>;

/// The ports of a service as they are in its pods: names that no container has are left out, as are their ports.
pub fn target_ports(service: &Value, named: Named<'_>) -> Value {
    let ports = service["spec"]["ports"].as_array().into_iter().flatten();
    ports
        .filter_map(|port| {
            let target = match &port["targetPort"] {
                Value::String(name) => named(name)?,
                given => given.as_u64().or_else(|| port["port"].as_u64())?,
            };
            let name = port["name"].as_str().unwrap_or_default();
            let protocol = port["protocol"].as_str().unwrap_or("TCP");
            Some(json!({"name": name, "port": target, "protocol": protocol}))
        })
        .collect::<Vec<_>>()
        .into()
}

/// The slice of a stored service, as old as that.
pub fn slice(service: &Value, suffix: &str, (list, ports): (&[Endpoint], Value), at: Timestamp) -> Value {
    let (namespace, name) = (
        text(service, "/metadata/namespace"),
        text(service, "/metadata/name"),
    );
    let mut slice = object(
        ("discovery.k8s.io/v1", "EndpointSlice"),
        (namespace, &format!("{name}-{suffix}")),
        time(service, "/metadata/creationTimestamp").unwrap_or(at),
    );
    slice["metadata"]["generateName"] = format!("{name}-").into();
    slice["metadata"]["labels"] = labels_of(
        service,
        "endpointslice.kubernetes.io/managed-by",
        "endpointslice-controller.k8s.io",
    );
    slice["metadata"]["labels"]["kubernetes.io/service-name"] = name.into();
    slice["metadata"]["annotations"] = json!({"endpoints.kubernetes.io/last-change-trigger-time": stamp(at)});
    slice["metadata"]["ownerReferences"] = json!([owner_reference(service)]);
    slice["addressType"] = "IPv4".into();
    slice["endpoints"] = endpoints(list, namespace);
    slice["ports"] = ports;
    slice
}

/// A service's labels with the mark of the controller that made something of it.
fn labels_of(service: &Value, mark: &str, controller: &str) -> Value {
    let mut labels = service["metadata"]["labels"].clone();
    labels[mark] = controller.into();
    if service["spec"]["clusterIP"] == "None" {
        labels["service.kubernetes.io/headless"] = "".into();
    }
    labels
}

/// How many addresses an `Endpoints` object holds at most (`pkg/controller/endpoint`, `maxCapacity`).
const MOST: usize = 1_000;

/// The `subsets` of an `Endpoints` object: the ready and the other addresses; null without any.
pub fn subsets(list: &[Endpoint], namespace: &str, ports: &Value) -> Value {
    let addresses = |ready: bool| -> Vec<Value> {
        let wanted = list.iter().filter(|one| one.ready == ready && !one.terminating);
        wanted
            .take(MOST)
            .map(|one| {
                json!({"ip": one.ip, "nodeName": one.node,
                   "targetRef": {"kind": "Pod", "name": one.pod, "namespace": namespace, "uid": one.uid}})
            })
            .collect()
    };
    let mut subset = json!({});
    for (name, part) in [
        ("addresses", addresses(true)),
        ("notReadyAddresses", addresses(false)),
    ] {
        if !part.is_empty() {
            subset[name] = part.into();
        }
    }
    if subset.as_object().is_none_or(Map::is_empty) {
        return Value::Null;
    }
    subset["ports"] = ports.clone();
    json!([subset])
}

/// The `Endpoints` object of a stored service.
pub fn legacy(service: &Value, subsets: Value, at: Timestamp) -> Value {
    let key = (
        text(service, "/metadata/namespace"),
        text(service, "/metadata/name"),
    );
    let born = time(service, "/metadata/creationTimestamp").unwrap_or(at);
    let mut made = object(("v1", "Endpoints"), key, born);
    made["metadata"]["labels"] = labels_of(
        service,
        "endpoints.kubernetes.io/managed-by",
        "endpoint-controller",
    );
    made["metadata"]["annotations"] = json!({"endpoints.kubernetes.io/last-change-trigger-time": stamp(at)});
    if !subsets.is_null() {
        made["subsets"] = subsets;
    }
    made
}
