//! `ResourceQuota` and `LimitRange`: what is used of a quota, who may still come, what a container gets that asks for nothing.

use serde_json::{Map, Value, json};

use super::super::Inner;
use super::super::object::{items, text};
use super::super::spec::Spec;
use super::super::state::Pod;
use crate::demo::status::Status;
use crate::model::quantity;

/// What one pod counts: pods, requested and limited thousandths of a processor, requested and limited bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Use {
    pods: u64,
    requests: (u64, u64),
    limits: (u64, u64),
}

impl Use {
    fn of(spec: &Spec) -> Self {
        let limits = spec.containers.iter().map(|container| container.limits);
        Self {
            pods: 1,
            requests: spec.requests,
            limits: limits.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1)),
        }
    }

    fn plus(self, other: Self) -> Self {
        let add = |a: (u64, u64), b: (u64, u64)| (a.0 + b.0, a.1 + b.1);
        Self {
            pods: self.pods + other.pods,
            requests: add(self.requests, other.requests),
            limits: add(self.limits, other.limits),
        }
    }

    /// The amount of one resource of a quota; `None` for those that are not pods'.
    fn amount(self, name: &str) -> Option<u64> {
        Some(match name {
            "pods" | "count/pods" => self.pods,
            "requests.cpu" | "cpu" => self.requests.0,
            "requests.memory" | "memory" => self.requests.1,
            "limits.cpu" => self.limits.0,
            "limits.memory" => self.limits.1,
            _ => return None,
        })
    }
}

/// An amount as a quota holds it: processors in thousandths.
fn read(name: &str, value: &Value) -> u64 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if name.ends_with("cpu") {
        quantity::milli(&text).unwrap_or(0).max(0) as u64
    } else {
        quantity::units(&text).unwrap_or(0)
    }
}

/// An amount in the canonical form (`1150m`, `4`, `1696Mi`).
fn written(name: &str, amount: u64) -> String {
    if name.ends_with("cpu") {
        return match amount % 1000 {
            0 => (amount / 1000).to_string(),
            _ => format!("{amount}m"),
        };
    }
    let units: [(&str, u64); 3] = [("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
    let fits = units
        .iter()
        .find(|(_, size)| amount > 0 && amount.is_multiple_of(*size));
    match fits.filter(|_| name.ends_with("memory")) {
        Some((unit, size)) => format!("{}{unit}", amount / size),
        None => amount.to_string(),
    }
}

impl Inner {
    fn used(&self, namespace: &str) -> Use {
        let pods = self.pods_in(&namespace.into());
        pods.filter(|(_, pod)| !pod.over())
            .fold(Use::default(), |sum, (_, pod): (_, &Pod)| {
                sum.plus(Use::of(&pod.spec))
            })
    }

    /// Whether every quota of the namespace has room for a pod (apiserver, `pkg/admission/plugin/resourcequota`).
    pub(super) fn quota(&self, namespace: &str, pod: &Value) -> Result<(), Status> {
        let quotas = self.store.list("resourcequotas", Some(namespace));
        if quotas.is_empty() {
            return Ok(());
        }
        let (used, wanted) = (self.used(namespace), Use::of(&Spec::parse(&pod["spec"])));
        for quota in &quotas {
            let value = quota.value();
            let hard = value["spec"]["hard"].as_object().cloned().unwrap_or_default();
            let missing = missing(&hard, pod);
            if !missing.is_empty() {
                return Err(refused(
                    pod,
                    &format!("failed quota: {}: must specify {missing}", quota.name),
                ));
            }
            let over = |name: &&String| {
                let (Some(used), Some(more)) = (used.amount(name), wanted.amount(name)) else {
                    return false;
                };
                more > 0 && used + more > read(name, &hard[name.as_str()])
            };
            let mut names: Vec<&String> = hard.keys().filter(over).collect();
            names.sort();
            if !names.is_empty() {
                let list = |amount: &dyn Fn(&str) -> u64| {
                    let parts = names
                        .iter()
                        .map(|name| format!("{name}={}", written(name, amount(name))));
                    parts.collect::<Vec<_>>().join(",")
                };
                let why = format!(
                    "exceeded quota: {}, requested: {}, used: {}, limited: {}",
                    quota.name,
                    list(&|name| wanted.amount(name).unwrap_or(0)),
                    list(&|name| used.amount(name).unwrap_or(0)),
                    list(&|name| read(name, &hard[name])),
                );
                return Err(refused(pod, &why));
            }
        }
        Ok(())
    }

    /// Gives containers that ask for nothing what the limit ranges of their namespace say (`plugin/pkg/admission/limitranger`).
    pub(super) fn limit_ranges(&self, namespace: &str, pod: &mut Value) {
        for range in self.store.list("limitranges", Some(namespace)) {
            let value = range.value();
            let limits = items(&value, "/spec/limits").iter();
            for limit in limits.filter(|limit| limit["type"] == "Container") {
                for list in ["/spec/containers", "/spec/initContainers"] {
                    let containers = pod
                        .pointer_mut(list)
                        .and_then(Value::as_array_mut)
                        .into_iter()
                        .flatten();
                    containers.for_each(|container| fill(container, limit));
                }
            }
        }
    }

    /// Brings the status of every quota up to date.
    pub fn count_quotas(&self) {
        for quota in self.store.list("resourcequotas", None) {
            let used = self.used(&quota.namespace);
            let _ =
                self.store
                    .modify("resourcequotas", &quota.namespace, &quota.name, |quota| {
                        let hard = quota["spec"]["hard"].clone();
                        let mut counted = quota["status"]["used"].as_object().cloned().unwrap_or_default();
                        let names = hard.as_object().into_iter().flat_map(Map::keys);
                        counted.extend(names.filter_map(|name| {
                            Some((name.clone(), written(name, used.amount(name)?).into()))
                        }));
                        quota["status"]["hard"] = hard;
                        quota["status"]["used"] = counted.into();
                    });
        }
    }
}

/// What some container leaves out although the quota counts it: `limits.memory for: app`.
fn missing(hard: &Map<String, Value>, pod: &Value) -> String {
    let mut out = Vec::new();
    for name in ["limits.cpu", "limits.memory", "requests.cpu", "requests.memory"] {
        let (side, resource) = name.split_once('.').unwrap_or_default();
        let lacks = |container: &&Value| container["resources"][side].get(resource).is_none();
        let containers = items(pod, "/spec/containers").iter().filter(lacks);
        let who: Vec<&str> = containers.map(|container| text(container, "/name")).collect();
        if hard.contains_key(name) && !who.is_empty() {
            out.push(format!("{name} for: {}", who.join(",")));
        }
    }
    out.join("; ")
}

fn fill(container: &mut Value, limit: &Value) {
    for (side, from) in [("limits", "default"), ("requests", "defaultRequest")] {
        for (name, value) in limit[from].as_object().into_iter().flatten() {
            if container["resources"][side].get(name).is_none() {
                container["resources"][side][name] = value.clone();
            }
        }
    }
}

fn refused(pod: &Value, why: &str) -> Status {
    let name = text(pod, "/metadata/name");
    let mut status = Status::new(403, "Forbidden", format!("pods \"{name}\" is forbidden: {why}"));
    status.details = json!({"name": name, "kind": "pods"});
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_kubernetes_writes_them() {
        let all = [
            ("requests.cpu", 1150),
            ("cpu", 4000),
            ("requests.memory", 1696 << 20),
            ("pods", 30),
        ];
        let texts = all.map(|(name, amount)| written(name, amount));
        assert_eq!(texts, ["1150m", "4", "1696Mi", "30"]);
        assert_eq!(read("requests.memory", &json!("6Gi")), 6 << 30);
        assert_eq!(read("pods", &json!(30)), 30);
    }
}
