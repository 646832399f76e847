//! The objects of the pictures: a small shop on six nodes, where some things go wrong.

use std::collections::BTreeSet;
use std::sync::Arc;

use kubris::kind::{ContainerUsage, Usage};
use kubris::logs::{LogQuery, LogTarget};
use serde_json::{Value, json};

use super::stage::Figures;

/// The time of every picture.
pub const NOW: &str = "2026-11-21T12:00:00Z";

/// What exists, by resource.
pub struct World {
    objects: Vec<(&'static str, Value)>,
}

/// A workload's pods: owner, how many, requests in milli-cores and MiB.
struct Plan {
    namespace: &'static str,
    owner: (&'static str, &'static str),
    pods: &'static [&'static str],
    asks: (u32, u32),
}

const PLANS: &[Plan] = &[
    Plan {
        namespace: "shop",
        owner: ("ReplicaSet", "web-7d9f8c6b5"),
        pods: &["4xk2p", "8zz8q", "h2mvd", "jq5rw", "mm2ab", "xk2p1"],
        asks: (250, 256),
    },
    Plan {
        namespace: "shop",
        owner: ("ReplicaSet", "checkout-5c8d7f9b64"),
        pods: &["bq7zt", "kk2lm", "rx4vn"],
        asks: (500, 512),
    },
    Plan {
        namespace: "shop",
        owner: ("ReplicaSet", "recommendations-6f7c9d4b8f"),
        pods: &["c5d2x", "t9gwq"],
        asks: (1000, 2048),
    },
    Plan {
        namespace: "shop",
        owner: ("StatefulSet", "cart-redis"),
        pods: &["0", "1", "2"],
        asks: (100, 1024),
    },
    Plan {
        namespace: "shop",
        owner: ("Job", "nightly-report-29384756"),
        pods: &["w8xkz"],
        asks: (200, 256),
    },
    Plan {
        namespace: "payments",
        owner: ("ReplicaSet", "ledger-84f6d5c79"),
        pods: &["2hjkl", "9vbnm", "qwert"],
        asks: (400, 512),
    },
    Plan {
        namespace: "kube-system",
        owner: ("DaemonSet", "aws-node"),
        pods: &["25kqs", "4mvbn", "7xjwq", "d8zpl", "k3hgf", "q9rty"],
        asks: (50, 64),
    },
    Plan {
        namespace: "kube-system",
        owner: ("ReplicaSet", "coredns-6b7d8f9c5"),
        pods: &["lk8vx", "z2qpm"],
        asks: (100, 70),
    },
];

/// Node, instance type, zone, allocatable milli-cores, GiB, slots.
const NODES: &[(&str, &str, &str, u32, u32, u32)] = &[
    (
        "ip-10-0-1-5.eu-west-1.compute.internal",
        "t3.medium",
        "eu-west-1a",
        1930,
        3,
        17,
    ),
    (
        "ip-10-0-1-9.eu-west-1.compute.internal",
        "t3.medium",
        "eu-west-1b",
        1930,
        3,
        17,
    ),
    (
        "ip-10-0-2-7.eu-west-1.compute.internal",
        "m5.large",
        "eu-west-1b",
        1930,
        7,
        110,
    ),
    (
        "ip-10-0-2-30.eu-west-1.compute.internal",
        "m5.large",
        "eu-west-1c",
        1930,
        7,
        110,
    ),
    (
        "ip-10-0-3-2.eu-west-1.compute.internal",
        "m7g.xlarge",
        "eu-west-1a",
        3920,
        14,
        58,
    ),
    (
        "ip-10-0-3-44.eu-west-1.compute.internal",
        "m7g.xlarge",
        "eu-west-1c",
        3920,
        14,
        58,
    ),
];

impl Default for World {
    fn default() -> Self {
        let mut world = Self { objects: Vec::new() };
        for name in ["default", "kube-system", "payments", "shop"] {
            world.add("namespaces", json!({
                "metadata": { "name": name, "uid": uid(name), "creationTimestamp": "2026-06-01T09:00:00Z" },
                "status": { "phase": "Active" }
            }));
        }
        for (at, node) in NODES.iter().enumerate() {
            world.add("nodes", self::node(at, node));
        }
        let mut count = 0;
        for plan in PLANS {
            for suffix in plan.pods {
                world.add("pods", pod(plan, suffix, count));
                count += 1;
            }
            world.add_workload(plan);
        }
        world.add_events();
        world
    }
}

impl World {
    pub fn add(&mut self, resource: &'static str, object: Value) {
        self.objects.push((resource, object));
    }

    /// Objects of a resource, in one namespace or all.
    pub fn list(&self, resource: &str, namespace: Option<&str>) -> Vec<Value> {
        let of = |object: &Value| namespace.is_none_or(|name| object["metadata"]["namespace"] == name);
        let all = self
            .objects
            .iter()
            .filter(|(known, object)| *known == resource && of(object));
        all.map(|(_, object)| object.clone()).collect()
    }

    pub fn find(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        let namespace = (!namespace.is_empty()).then_some(namespace);
        let mut found = self.list(resource, namespace).into_iter();
        found.find(|object| object["metadata"]["name"] == name)
    }

    /// The `autoscaling/v1` Scale of a workload.
    pub fn scale(&self, resource: &str, namespace: &str, name: &str) -> Value {
        let found = self.find(resource, namespace, name).unwrap_or_default();
        json!({
            "kind": "Scale",
            "apiVersion": "autoscaling/v1",
            "metadata": found["metadata"],
            "spec": { "replicas": found["spec"]["replicas"] },
            "status": { "replicas": found["spec"]["replicas"] }
        })
    }

    pub fn pod_usage(&self) -> Vec<(Arc<str>, Arc<str>, Usage)> {
        let text = |value: &Value| Arc::from(value.as_str().unwrap_or_default());
        let running = |pod: &Value| pod["status"]["phase"] == "Running" && pod["status"]["reason"].is_null();
        let pods = self.list("pods", None).into_iter().filter(running);
        pods.enumerate()
            .map(|(at, pod)| {
                let usage = Usage {
                    cpu_milli: 3 + (at as u64 * 37) % 260,
                    memory: (40 + (at as u64 * 53) % 420) << 20,
                };
                (
                    text(&pod["metadata"]["namespace"]),
                    text(&pod["metadata"]["name"]),
                    usage,
                )
            })
            .collect()
    }

    /// A tenth of a core more for each container of these pods.
    pub fn container_usage(&self, pods: &BTreeSet<(Arc<str>, Arc<str>)>) -> Vec<ContainerUsage> {
        let mut out = Vec::new();
        for (namespace, name) in pods {
            let Some(pod) = self.find("pods", namespace, name) else {
                continue;
            };
            for (at, container) in (1..).zip(pod["spec"]["containers"].as_array().into_iter().flatten()) {
                out.push(ContainerUsage {
                    namespace: Arc::clone(namespace),
                    pod: Arc::clone(name),
                    container: Arc::from(container["name"].as_str().unwrap_or_default()),
                    usage: Usage {
                        cpu_milli: 100 * at,
                        memory: at << 26,
                    },
                });
            }
        }
        out
    }

    pub fn node_usage(&self) -> Figures {
        let usage = |at: usize, cpu: u32, gib: u32| Usage {
            cpu_milli: u64::from(cpu) * (18 + 13 * at as u64) / 100,
            memory: (u64::from(gib) << 30) * (31 + 9 * at as u64) / 100,
        };
        let figures = NODES.iter().enumerate().filter(|(at, _)| *at != 2);
        figures
            .map(|(at, node)| (Arc::from(node.0), usage(at, node.3, node.4)))
            .collect()
    }

    /// Namespace, name and log of the pods of a query.
    pub fn pods_of(&self, query: &LogQuery) -> Vec<(String, String, String)> {
        let wanted = |name: &str| match &query.target {
            LogTarget::Pods(keys) => keys.iter().any(|key| &*key.name == name),
            LogTarget::Of(key) => name.starts_with(&*key.name),
            LogTarget::Matching(pattern) => name.contains(pattern.as_str()),
        };
        let mut out = Vec::new();
        for pod in self.list("pods", None) {
            let name = pod["metadata"]["name"].as_str().unwrap_or_default();
            if wanted(name) {
                out.push((
                    pod["metadata"]["namespace"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned(),
                    name.to_owned(),
                    log(out.len()),
                ));
            }
        }
        out
    }

    fn add_workload(&mut self, plan: &Plan) {
        let (kind, owner) = plan.owner;
        let replicas = plan.pods.len();
        let Some((name, _)) = owner.rsplit_once('-').filter(|_| kind == "ReplicaSet") else {
            return;
        };
        let labels = json!({ "app": name });
        let template = json!({
            "metadata": { "labels": labels },
            "spec": { "containers": [container(plan)] }
        });
        self.add("deployments", json!({
            "metadata": { "namespace": plan.namespace, "name": name, "uid": uid(name), "generation": 3,
                "creationTimestamp": "2026-10-02T08:00:00Z", "labels": labels },
            "spec": { "replicas": replicas, "selector": { "matchLabels": labels }, "template": template },
            "status": { "observedGeneration": 3, "replicas": replicas, "updatedReplicas": replicas,
                "readyReplicas": replicas - usize::from(name == "web") * 2, "availableReplicas": replicas - usize::from(name == "web") * 2 }
        }));
        self.add("replicasets", json!({
            "metadata": { "namespace": plan.namespace, "name": owner, "uid": uid(owner), "labels": labels,
                "creationTimestamp": "2026-11-20T08:00:00Z",
                "annotations": { "deployment.kubernetes.io/revision": "3" },
                "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": uid(name), "controller": true }] },
            "spec": { "replicas": replicas, "selector": { "matchLabels": labels }, "template": template },
            "status": { "replicas": replicas, "readyReplicas": replicas }
        }));
        if name == "web" {
            self.add("horizontalpodautoscalers", json!({
                "metadata": { "namespace": "shop", "name": "web", "uid": uid("hpa-web"), "creationTimestamp": "2026-10-02T08:00:00Z" },
                "spec": { "minReplicas": 4, "maxReplicas": 10, "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": "web" } },
                "status": { "currentReplicas": 6, "desiredReplicas": 6 }
            }));
        }
    }

    fn add_events(&mut self) {
        let web = "web-7d9f8c6b5-8zz8q";
        for (about, kind, reason, note, count, at) in [
            (
                web,
                "Warning",
                "BackOff",
                "Back-off restarting failed container app in pod web-7d9f8c6b5-8zz8q_shop",
                212,
                "11:59:20",
            ),
            (
                web,
                "Warning",
                "Unhealthy",
                "Readiness probe failed: Get \"http://10.0.1.77:8080/ready\": dial tcp 10.0.1.77:8080: connect: connection refused",
                37,
                "11:57:02",
            ),
            (
                web,
                "Normal",
                "Pulled",
                "Container image \"registry.example.com/shop/web:1.42.0\" already present on machine",
                14,
                "11:58:40",
            ),
            (web, "Normal", "Created", "Created container: app", 14, "11:58:40"),
            (
                "recommendations-6f7c9d4b8f-t9gwq",
                "Warning",
                "FailedScheduling",
                "0/6 nodes are available: 1 node(s) were unschedulable, 2 Too many pods, 3 Insufficient memory. preemption: 0/6 nodes are available",
                61,
                "11:55:00",
            ),
            (
                "checkout-5c8d7f9b64-rx4vn",
                "Warning",
                "Failed",
                "Failed to pull image \"registry.example.com/shop/checkout:2.0.0-rc1\": not found",
                9,
                "11:51:30",
            ),
            (
                "web-7d9f8c6b5-4xk2p",
                "Normal",
                "Scheduled",
                "Successfully assigned shop/web-7d9f8c6b5-4xk2p to ip-10-0-1-5",
                1,
                "08:12:00",
            ),
        ] {
            let name = format!("{about}.{}", self.objects.len());
            self.add("events", json!({
                "metadata": { "namespace": "shop", "name": name, "uid": uid(&name), "creationTimestamp": "2026-11-21T08:00:00Z" },
                "regarding": { "apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": about, "uid": uid(about) },
                "reason": reason, "note": note, "type": kind, "reportingController": "kubelet",
                "deprecatedCount": count,
                "deprecatedFirstTimestamp": "2026-11-21T08:12:00Z",
                "deprecatedLastTimestamp": format!("2026-11-21T{at}Z")
            }));
        }
    }
}

/// A uid that is always the same for a name.
pub fn uid(name: &str) -> String {
    let hash = name.bytes().fold(7u128, |hash, byte| {
        hash.wrapping_mul(0x0100_0000_0000_0000_0000_013b)
            .wrapping_add(u128::from(byte))
    });
    let digits = format!("{hash:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    )
}

fn container(plan: &Plan) -> Value {
    let (cpu, mib) = plan.asks;
    json!({
        "name": "app",
        "image": "registry.example.com/shop/app:1.42.0",
        "resources": {
            "requests": { "cpu": format!("{cpu}m"), "memory": format!("{mib}Mi") },
            "limits": { "cpu": format!("{}m", cpu * 2), "memory": format!("{}Mi", mib * 2) }
        }
    })
}

fn pod(plan: &Plan, suffix: &str, count: usize) -> Value {
    let (kind, owner) = plan.owner;
    let name = format!("{owner}-{suffix}");
    let node = NODES[count % NODES.len()].0;
    let mut labels =
        json!({ "app": owner.rsplit_once('-').map_or(owner, |(app, _)| app), "team": plan.namespace });
    let running = json!({ "running": { "startedAt": "2026-11-21T08:12:05Z" } });
    let status = |phase: &str, state: Value, ready: bool, restarts: u32, last: Value| {
        json!({
            "phase": phase, "podIP": format!("10.0.{}.{}", count % 3 + 1, 20 + count), "qosClass": "Burstable",
            "startTime": "2026-11-21T08:12:00Z",
            "conditions": [{ "type": "Ready", "status": if ready { "True" } else { "False" } }],
            "containerStatuses": [{ "name": "app", "ready": ready, "started": ready, "restartCount": restarts, "state": state, "lastState": last,
                "image": "registry.example.com/shop/app:1.42.0", "containerID": "containerd://1" }]
        })
    };
    let waiting = |reason: &str| json!({ "waiting": { "reason": reason, "message": "back-off" } });
    let ended = |code: u32, reason: &str, at: &str| json!({ "terminated": { "exitCode": code, "reason": reason, "finishedAt": at, "startedAt": "2026-11-21T08:12:05Z" } });
    let mut spec =
        json!({ "nodeName": node, "serviceAccountName": "default", "containers": [container(plan)] });
    if owner == "aws-node" {
        labels["k8s-app"] = json!("aws-node");
        spec["containers"][0]["name"] = json!("aws-node");
        spec["hostNetwork"] = json!(true);
    }
    let mut created = "2026-11-18T07:40:00Z";
    let status = match name.as_str() {
        "web-7d9f8c6b5-8zz8q" => status(
            "Running",
            waiting("CrashLoopBackOff"),
            false,
            14,
            ended(137, "OOMKilled", "2026-11-21T11:59:20Z"),
        ),
        "web-7d9f8c6b5-mm2ab" => {
            created = "2026-11-21T11:59:48Z";
            status("Pending", waiting("ContainerCreating"), false, 0, json!({}))
        }
        "checkout-5c8d7f9b64-rx4vn" => {
            created = "2026-11-21T11:48:00Z";
            status("Pending", waiting("ImagePullBackOff"), false, 0, json!({}))
        }
        "recommendations-6f7c9d4b8f-t9gwq" => {
            created = "2026-11-21T10:58:00Z";
            spec["nodeName"] = Value::Null;
            json!({ "phase": "Pending", "conditions": [{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable" }] })
        }
        "nightly-report-29384756-w8xkz" => status(
            "Succeeded",
            ended(0, "Completed", "2026-11-21T03:10:00Z"),
            false,
            0,
            json!({}),
        ),
        "cart-redis-1" => status(
            "Running",
            running,
            true,
            2,
            ended(1, "Error", "2026-11-19T22:00:00Z"),
        ),
        _ => status("Running", running, true, 0, json!({})),
    };
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "namespace": plan.namespace, "name": name, "uid": uid(&name), "creationTimestamp": created, "labels": labels,
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": kind, "name": owner, "uid": uid(owner), "controller": true }]
        },
        "spec": spec,
        "status": status
    })
}

fn node(at: usize, (name, instance, zone, cpu, gib, slots): &(&str, &str, &str, u32, u32, u32)) -> Value {
    let condition = |kind: &str, bad: bool, is: &str| {
        json!({ "type": kind, "status": if bad { is } else if kind == "Ready" { "True" } else { "False" },
            "lastTransitionTime": "2026-11-21T11:57:00Z", "lastHeartbeatTime": "2026-11-21T11:59:50Z" })
    };
    let arm = instance.contains('g');
    let resources = |cpu: u32, kib: u32| json!({ "cpu": format!("{cpu}m"), "memory": format!("{kib}Ki"), "pods": slots.to_string(), "ephemeral-storage": "80Gi" });
    json!({
        "metadata": {
            "name": name, "uid": uid(name), "creationTimestamp": "2026-11-09T10:00:00Z",
            "labels": { "node.kubernetes.io/instance-type": instance, "topology.kubernetes.io/zone": zone,
                "kubernetes.io/arch": if arm { "arm64" } else { "amd64" }, "eks.amazonaws.com/nodegroup": instance }
        },
        "spec": { "unschedulable": at == 1, "providerID": format!("aws:///{zone}/i-0{at}") },
        "status": {
            "capacity": resources(cpu.div_ceil(1000) * 1000, (gib + 1) << 20),
            "allocatable": resources(*cpu, gib << 20),
            "conditions": [
                condition("Ready", at == 2, "Unknown"),
                condition("MemoryPressure", false, "True"),
                condition("DiskPressure", at == 4, "True"),
                condition("PIDPressure", false, "True")
            ],
            "addresses": [{ "type": "InternalIP", "address": name.split('.').next().unwrap_or_default().replace("ip-", "").replace('-', ".") }],
            "nodeInfo": { "kubeletVersion": "v1.36.1-eks-1", "osImage": "Amazon Linux 2023", "kernelVersion": "6.12", "containerRuntimeVersion": "containerd://2.1.0", "architecture": if arm { "arm64" } else { "amd64" } }
        }
    })
}

/// Lines of a container: plain, JSON, logfmt, coloured.
fn log(pod: usize) -> String {
    let mut out = String::new();
    for second in 0..40 {
        let stamp = format!("2026-11-21T11:59:{second:02}.{:03}Z", 100 + pod * 7);
        let line = match (second + pod) % 6 {
            0 => "GET /healthz 200 3ms".to_owned(),
            1 => format!("{{\"level\":\"info\",\"msg\":\"order placed\",\"order\":{},\"user\":\"8123\"}}", 4000 + second),
            2 => "level=warn msg=\"slow query\" took=1.8s table=orders".to_owned(),
            3 => "{\"level\":\"error\",\"msg\":\"upstream timeout after 5s\",\"path\":\"/checkout\",\"user\":8123,\"trace\":\"4bf92f3577b34da6a3ce929d0e0e4736\"}".to_owned(),
            4 => "\u{1b}[32mINFO\u{1b}[0m worker \u{1b}[1m7\u{1b}[0m done in 21ms".to_owned(),
            _ => "E1121 11:59:03.000001       1 server.go:42] \"failed to renew lease\" err=\"context deadline exceeded\" lease=\"shop/web\" attempt=3 backoff=\"2.4s\" holder=\"web-7d9f8c6b5-xk2p1\"".to_owned(),
        };
        out.push_str(&format!("{stamp} {line}\n"));
    }
    out
}
