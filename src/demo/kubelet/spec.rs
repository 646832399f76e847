//! The parts of a pod's spec that the pretend scheduler and kubelets act on, parsed once and shared by pods of one template.

mod container;
mod place;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::demo::object::{items, number, pairs, text};
use crate::demo::selector::Requirement;
use container::container;
use place::{expression, spreads, terms_of, toleration};

pub use container::{Container, Probe};
pub use place::{Term, Toleration};

/// What is to run, and where it may.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spec {
    /// Init containers in order, sidecars among them.
    pub init: Vec<Container>,
    /// Containers in order.
    pub containers: Vec<Container>,
    /// Whether it uses its node's addresses.
    pub host_network: bool,
    /// Seconds between the polite and the hard signal.
    pub grace: i64,
    /// Seconds it may run at all; `None`: as long as it likes.
    pub deadline: Option<i64>,
    /// `restartPolicy`.
    pub restart: Restart,
    /// `nodeSelector`.
    pub node_selector: Vec<(String, String)>,
    /// `requiredDuringScheduling…` expressions on node labels: any term, all of its expressions.
    /// The field `metadata.name` stands as the host name label, which is the same on EKS.
    pub affinity: Vec<Vec<Requirement>>,
    /// Nodes it would rather run on: weight up to 100, and what their labels must be.
    pub preferred: Vec<(i64, Vec<Requirement>)>,
    /// `topologySpreadConstraints` with `DoNotSchedule`.
    pub spreads: Vec<Term>,
    /// Required affinity to pods of its namespace.
    pub with: Vec<Term>,
    /// Required anti-affinity to pods of its namespace.
    pub without: Vec<Term>,
    /// Its priority; greater ones may take the place of smaller ones.
    pub priority: i64,
    /// Whether it takes the place of pods of lower priority.
    pub preempts: bool,
    /// Tolerations as they stand.
    pub tolerations: Vec<Toleration>,
    /// `readinessGates`.
    pub gates: Vec<String>,
    /// Whether scheduling waits for a gate to be taken away.
    pub gated: bool,
    /// Claims its volumes name.
    pub claims: Vec<String>,
    /// Ports of its node that it wants: protocol, address (empty: all), port.
    pub host_ports: Vec<(String, String, u16)>,
    /// Claimed processor thousandths and bytes of memory: containers and sidecars, or the greatest init container.
    pub requests: (u64, u64),
    /// Claimed of anything else, by name.
    pub others: BTreeMap<String, u64>,
}

/// When ended containers start again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Restart {
    /// Always.
    #[default]
    Always,
    /// After a failure.
    OnFailure,
    /// Never.
    Never,
}

fn host_ports(spec: &Value) -> Vec<(String, String, u16)> {
    let containers = ["/initContainers", "/containers"].map(|list| items(spec, list));
    let ports = containers.into_iter().flatten().flat_map(|c| items(c, "/ports"));
    let wanted = ports.filter_map(|port| Some((port, number(port, "/hostPort").filter(|port| *port > 0)?)));
    wanted
        .map(|(port, number)| {
            let protocol = port["protocol"].as_str().unwrap_or("TCP");
            (
                protocol.to_owned(),
                text(port, "/hostIP").to_owned(),
                number as u16,
            )
        })
        .collect()
}

impl Spec {
    /// Reads a pod's or a template's `spec`.
    pub fn parse(spec: &Value) -> Self {
        let list = |name: &str| items(spec, name).iter().map(container).collect::<Vec<_>>();
        let (init, containers) = (list("/initContainers"), list("/containers"));
        let terms = items(
            spec,
            "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms",
        );
        let expressions = |term: &Value| {
            items(term, "/matchExpressions")
                .iter()
                .chain(items(term, "/matchFields"))
                .map(expression)
                .collect::<Vec<_>>()
        };
        let preferred = items(
            spec,
            "/affinity/nodeAffinity/preferredDuringSchedulingIgnoredDuringExecution",
        );
        Self {
            requests: requests(&init, &containers),
            others: others(&init, &containers),
            init,
            containers,
            host_network: spec["hostNetwork"] == true,
            deadline: number(spec, "/activeDeadlineSeconds"),
            grace: number(spec, "/terminationGracePeriodSeconds").unwrap_or(30),
            restart: match text(spec, "/restartPolicy") {
                "Never" => Restart::Never,
                "OnFailure" => Restart::OnFailure,
                _ => Restart::Always,
            },
            node_selector: pairs(&spec["nodeSelector"]),
            affinity: terms.iter().map(expressions).collect(),
            preferred: preferred
                .iter()
                .map(|term| {
                    (
                        number(term, "/weight").unwrap_or(1),
                        expressions(&term["preference"]),
                    )
                })
                .collect(),
            spreads: spreads(spec),
            with: terms_of(spec, "podAffinity"),
            without: terms_of(spec, "podAntiAffinity"),
            priority: number(spec, "/priority").unwrap_or(0),
            preempts: text(spec, "/preemptionPolicy") != "Never",
            tolerations: items(spec, "/tolerations").iter().map(toleration).collect(),
            gates: items(spec, "/readinessGates")
                .iter()
                .map(|gate| text(gate, "/conditionType").to_owned())
                .collect(),
            host_ports: host_ports(spec),
            gated: !items(spec, "/schedulingGates").is_empty(),
            claims: items(spec, "/volumes")
                .iter()
                .map(|v| text(v, "/persistentVolumeClaim/claimName"))
                .filter(|claim| !claim.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    /// Whether a node with this taint may run the pod.
    pub fn tolerates(&self, key: &str, value: &str, effect: &str) -> bool {
        self.tolerations.iter().any(|t| {
            (t.effect.is_empty() || t.effect == effect)
                && (t.key.is_empty() && t.exists || t.key == key && (t.exists || t.value == value))
        })
    }
}

impl Spec {
    /// Whether it wants a port of its node that `other` wants, too.
    pub fn shares_port(&self, other: &Self) -> bool {
        let all = |address: &str| address.is_empty() || address == "0.0.0.0";
        self.host_ports.iter().any(|(protocol, address, port)| {
            other.host_ports.iter().any(|(their_protocol, theirs, number)| {
                (protocol, port) == (their_protocol, number)
                    && (address == theirs || all(address) || all(theirs))
            })
        })
    }

    /// For how many seconds a `NoExecute` taint is tolerated, `Some(None)` for ever; `None`: not at all.
    pub fn tolerated_for(&self, key: &str, value: &str) -> Option<Option<i64>> {
        let fits = self.tolerations.iter().filter(|t| {
            (t.effect.is_empty() || t.effect == "NoExecute")
                && (t.key.is_empty() && t.exists || t.key == key && (t.exists || t.value == value))
        });
        let mut all: Vec<Option<i64>> = fits.map(|t| t.seconds).collect();
        all.sort_by_key(|seconds| seconds.unwrap_or(i64::MAX));
        all.first().copied()
    }
}

/// As [`requests`], of each resource for itself.
fn others(init: &[Container], containers: &[Container]) -> BTreeMap<String, u64> {
    let mut sum: BTreeMap<String, u64> = BTreeMap::new();
    for (name, amount) in containers.iter().flat_map(|container| &container.others) {
        *sum.entry(name.clone()).or_default() += amount;
    }
    let mut sidecars: BTreeMap<&str, u64> = BTreeMap::new();
    let mut greatest: Vec<(&str, u64)> = Vec::new();
    for container in init {
        for (name, amount) in &container.others {
            let before = sidecars.entry(name).or_default();
            if container.sidecar {
                *before += amount;
            } else {
                greatest.push((name, *before + amount));
            }
        }
    }
    for (name, amount) in sidecars {
        *sum.entry(name.to_owned()).or_default() += amount;
    }
    for (name, amount) in greatest {
        let have = sum.entry(name.to_owned()).or_default();
        *have = amount.max(*have);
    }
    sum
}

fn requests(init: &[Container], containers: &[Container]) -> (u64, u64) {
    let add = |a: (u64, u64), b: &Container| (a.0 + b.requests.0, a.1 + b.requests.1);
    let running = containers.iter().fold((0, 0), add);
    let mut sidecars = (0, 0);
    let mut greatest = (0, 0);
    for container in init {
        if container.sidecar {
            sidecars = add(sidecars, container);
        } else {
            let now = add(sidecars, container);
            greatest = (now.0.max(greatest.0), now.1.max(greatest.1));
        }
    }
    (
        (running.0 + sidecars.0).max(greatest.0),
        (running.1 + sidecars.1).max(greatest.1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_greatest_init_container_counts_when_it_wants_more() {
        let spec = Spec::parse(&json!({
            "initContainers": [{"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "100m"}}},
                               {"name": "i", "resources": {"requests": {"cpu": "1", "memory": "1Mi"}}}],
            "containers": [{"name": "c", "resources": {"requests": {"cpu": "250m", "memory": "2Mi"}}}]}));
        assert_eq!(spec.requests, (1100, 2 << 20));
    }

    #[test]
    fn named_probe_ports_are_looked_up() {
        let spec = Spec::parse(
            &json!({"containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 8080}],
            "readinessProbe": {"httpGet": {"path": "/r", "port": "http"}}}]}),
        );
        let probe = spec.containers[0].readiness.clone().unwrap();
        assert_eq!(
            (probe.port, probe.path.as_str(), probe.period, probe.failures),
            (Some(8080), "/r", 10, 3)
        );
    }
}
