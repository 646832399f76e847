//! What the pods of one template have in common: held once for all of them. Says nothing about any one pod.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::model::{Labels, Pool};
use crate::rules::requests::{Demand, Resources};
use crate::wire::core::{
    Container, EnvVar, Ephemeral, Measured, PodSpec, PodTemplate, Requirements, TextPair,
    Toleration as TolerationWire,
};
use crate::wire::inplace::{InPlace, Later, Unreadable};

/// The common part of many pods.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Template {
    /// `spec.containers`, in order.
    pub containers: Box<[ContainerSpec]>,
    /// `spec.initContainers`, in order; sidecars among them.
    pub init: Box<[ContainerSpec]>,
    /// `spec.ephemeralContainers`, in order.
    pub ephemeral: Box<[ContainerSpec]>,
    /// What the pod asks for, as the scheduler counts it.
    pub requests: Resources,
    /// What it may use at most; 0 for no limit.
    pub limits: Resources,
    /// `spec.nodeSelector`.
    pub node_selector: Labels,
    /// `spec.tolerations`.
    pub tolerations: Box<[Toleration]>,
    /// There are affinity rules or topology spread constraints, which are not read.
    pub affinity: bool,
    /// `spec.hostNetwork`.
    pub host_network: bool,
    /// `spec.priority`.
    pub priority: i32,
    /// `spec.priorityClassName`; empty when absent.
    pub priority_class: String,
    /// `spec.serviceAccountName`; empty when absent.
    pub service_account: String,
    /// `status.qosClass`: a function of the template.
    pub qos: String,
    /// `spec.readinessGates`: the conditions that must be true, too.
    pub gates: Box<[String]>,
    /// The container that logs and shells are about, if an annotation names it.
    pub default_container: Option<String>,
    /// The settings of the VPC CNI; only of pods labelled `k8s-app=aws-node`.
    pub cni: Option<CniEnv>,
}

/// One container of a template.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ContainerSpec {
    /// Name.
    pub name: String,
    /// Image.
    pub image: String,
    /// Requests.
    pub requests: Resources,
    /// Limits; 0 for none.
    pub limits: Resources,
    /// Ports: number, protocol, name (may be empty).
    pub ports: Box<[(u16, String, String)]>,
    /// Which probes it has.
    pub probes: Probes,
    /// An init container that goes on running beside the others (`restartPolicy: Always`).
    pub sidecar: bool,
}

/// Which probes a container has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Probes {
    /// `livenessProbe`.
    pub liveness: bool,
    /// `readinessProbe`.
    pub readiness: bool,
    /// `startupProbe`.
    pub startup: bool,
}

/// One toleration.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Toleration {
    /// Taint key; empty tolerates every key.
    pub key: String,
    /// True for `operator: Exists`: any value.
    pub exists: bool,
    /// Value.
    pub value: String,
    /// Effect; empty tolerates every effect.
    pub effect: String,
}

/// The environment of the container `aws-node`, as far as it decides how many pods a node takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CniEnv {
    /// Name and value; `None` for a value that is found elsewhere.
    pub env: Box<[(&'static str, Option<String>)]>,
    /// There is an `envFrom`, whose values are not known.
    pub env_from: bool,
}

impl Template {
    /// The container that logs and shells are about: the annotated one, else the first.
    pub fn default_container(&self) -> Option<&str> {
        self.default_container
            .as_deref()
            .or_else(|| self.containers.first().map(|container| &*container.name))
    }

    /// All containers in the order of the containers view: init containers, containers, ephemeral ones.
    pub fn all(&self) -> impl Iterator<Item = &ContainerSpec> {
        self.init.iter().chain(&self.containers).chain(&self.ephemeral)
    }
}

/// What is not in the spec but common to the pods of a template.
#[derive(Hash)]
pub(super) struct Beside<'a> {
    pub qos: &'a str,
    pub default_container: Option<&'a str>,
    pub is_cni: bool,
}

/// The template of a workload. It equals that of its pods, but for what admission adds to them.
///
/// # Errors
/// Something in it cannot be read.
pub(in crate::kinds) fn of_workload(wire: &[u8], pool: &mut Pool) -> Result<Arc<Template>, Unreadable> {
    let PodTemplate { metadata, spec } = PodTemplate::of(wire)?;
    let metadata = metadata.unwrap_or_default();
    let is_label = |pair: &TextPair<'_>| (&*pair.key, &*pair.value) == ("k8s-app", "aws-node");
    let beside = Beside {
        qos: "",
        default_container: metadata.default_container(),
        is_cni: metadata.labels.iter().any(is_label),
    };
    template(&spec.unwrap_or_default(), &beside, pool)
}

/// Takes the common part out of a spec, and shares it. A spec that was seen before is not taken apart again.
///
/// # Errors
/// Something in it cannot be read.
pub(super) fn template(
    spec: &PodSpec<'_>,
    beside: &Beside<'_>,
    pool: &mut Pool,
) -> Result<Arc<Template>, Unreadable> {
    pool.made_of(|key| identify(spec, beside, key), || taken_apart(spec, beside))
}

/// Writes all that a template is made of.
fn identify(spec: &PodSpec<'_>, beside: &Beside<'_>, key: &mut Vec<u8>) -> Result<(), Unreadable> {
    let PodSpec {
        containers,
        node_selector,
        service_account_name,
        node_name: _,
        host_network,
        affinity,
        init_containers,
        tolerations,
        priority_class_name,
        priority,
        readiness_gates,
        overhead,
        topology_spread_constraints,
        ephemeral_containers,
        resources,
    } = spec;
    for list in [containers, init_containers] {
        for container in list {
            container.identify(beside.is_cni, key)?;
        }
        list.len().hash(&mut Hashed(key));
    }
    let lists = (
        node_selector,
        tolerations,
        readiness_gates,
        overhead,
        ephemeral_containers,
    );
    let others = (affinity, topology_spread_constraints, resources, host_network);
    let names = (service_account_name, priority_class_name, priority, beside);
    (lists, others, names).hash(&mut Hashed(key));
    Ok(())
}

/// All that a value gives to be hashed, instead of a hash of it: texts with an end, lists with their length.
struct Hashed<'a>(&'a mut Vec<u8>);

impl Hasher for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0 // nobody asks: the bytes are compared
    }
}

/// What `part` makes of each of the messages.
fn each<'a, M: InPlace<'a>, P>(
    list: &[Later<'a, M>],
    part: impl Fn(M) -> Result<P, Unreadable>,
) -> Result<Box<[P]>, Unreadable> {
    list.iter().map(|message| part(message.read()?)).collect()
}

fn taken_apart(spec: &PodSpec<'_>, beside: &Beside<'_>) -> Result<Template, Unreadable> {
    let cni = if beside.is_cni { cni(spec)? } else { None };
    let containers = each(&spec.containers, container)?;
    let init = each(&spec.init_containers, container)?;
    let pod_level = spec.resources.clone().unwrap_or_default().read()?;
    let overhead = Resources::of(quantities(&spec.overhead));
    let demand = |part: fn(&ContainerSpec) -> &Resources, level| Demand {
        containers: containers.iter().map(move |container| part(container).clone()),
        init: init
            .iter()
            .map(move |container| (container.sidecar, part(container).clone())),
        pod_level: quantities(level),
        overhead: overhead.clone(),
    };
    Ok(Template {
        requests: demand(|container| &container.requests, &pod_level.requests).requests(),
        limits: demand(|container| &container.limits, &pod_level.limits).limits(),
        ephemeral: each(&spec.ephemeral_containers, |wire| Ok(ephemeral(wire)))?,
        containers,
        init,
        node_selector: labels(&spec.node_selector),
        tolerations: each(&spec.tolerations, |wire| Ok(toleration(wire)))?,
        affinity: spec.affinity.is_some() || !spec.topology_spread_constraints.is_empty(),
        host_network: spec.host_network,
        priority: spec.priority,
        priority_class: spec.priority_class_name.to_string(),
        service_account: spec.service_account_name.to_string(),
        qos: beside.qos.to_owned(),
        gates: spec
            .readiness_gates
            .iter()
            .map(|gate| gate.condition_type.to_string())
            .collect(),
        default_container: beside.default_container.map(str::to_owned),
        cni,
    })
}

fn ephemeral(Ephemeral(wire): Ephemeral<'_>) -> ContainerSpec {
    ContainerSpec {
        name: wire.name.into(),
        image: wire.image.into(),
        ..ContainerSpec::default()
    }
}

fn container(wire: Container<'_>) -> Result<ContainerSpec, Unreadable> {
    let Requirements { limits, requests } = wire.resources.unwrap_or_default().read()?;
    let port = |number| u16::try_from(number).unwrap_or_default();
    Ok(ContainerSpec {
        requests: with_default(Resources::of(quantities(&requests)), &requests, &limits),
        limits: Resources::of(quantities(&limits)),
        ports: each(&wire.ports, |wire| {
            Ok((port(wire.container_port), wire.protocol.into(), wire.name.into()))
        })?,
        probes: Probes {
            liveness: wire.liveness_probe.is_some(),
            readiness: wire.readiness_probe.is_some(),
            startup: wire.startup_probe.is_some(),
        },
        sidecar: &*wire.restart_policy == "Always",
        name: wire.name.into(),
        image: wire.image.into(),
    })
}

/// A request that is absent equals the limit. The server fills this in; a template inside a workload has it not yet.
fn with_default(mut requests: Resources, stated: &[Measured<'_>], limits: &[Measured<'_>]) -> Resources {
    let unstated = |limit: &&Measured<'_>| !stated.iter().any(|amount| amount.key == limit.key);
    if limits.iter().any(|limit| unstated(&limit)) {
        let missing = limits.iter().filter(unstated);
        requests.add(&Resources::of(
            missing.flat_map(|limit| quantities(std::slice::from_ref(limit))),
        ));
    }
    requests
}

/// Names with quantities as the rules read them.
fn quantities<'a>(amounts: &'a [Measured<'_>]) -> impl Iterator<Item = (&'a str, &'a str)> + Clone {
    amounts.iter().map(|amount| (&*amount.key, &*amount.value.0))
}

fn toleration(wire: TolerationWire<'_>) -> Toleration {
    Toleration {
        exists: &*wire.operator == "Exists",
        key: wire.key.into(),
        value: wire.value.into(),
        effect: wire.effect.into(),
    }
}

fn labels(pairs: &[TextPair<'_>]) -> Labels {
    let mut pairs: Vec<_> = pairs
        .iter()
        .map(|pair| (Arc::from(&*pair.key), Arc::from(&*pair.value)))
        .collect();
    pairs.sort_unstable();
    Labels(pairs.into_boxed_slice())
}

fn cni(spec: &PodSpec<'_>) -> Result<Option<CniEnv>, Unreadable> {
    let containers = each(&spec.containers, Ok)?;
    let Some(container) = containers.iter().find(|container| &*container.name == "aws-node") else {
        return Ok(None);
    };
    let literal = |setting: &EnvVar<'_>| setting.value_from.is_none().then(|| setting.value.to_string());
    let env = container
        .env
        .iter()
        .filter_map(|setting| Some((setting.setting()?, literal(setting))));
    Ok(Some(CniEnv {
        env: env.collect(),
        env_from: !container.env_from.is_empty(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::pods::read;
    use crate::wire::Wire as _;
    use crate::wire::core::Pod;

    fn of(pool: &mut Pool, label: &str, container: &str) -> Arc<Template> {
        let metadata = format!(r#"{{"labels":{{"k8s-app":"{label}"}}}}"#);
        let spec = format!(
            r#"{{"nodeName":"n{}","containers":[{{{container}}}]}}"#,
            container.len()
        );
        let pod = format!(r#"{{"metadata":{metadata},"spec":{spec}}}"#);
        read::row(Pod::json(pod.as_bytes()).unwrap(), pool)
            .unwrap()
            .template
    }

    #[test]
    fn pods_share_a_template_unless_what_is_read_differs() {
        let mut pool = Pool::default();
        let shared = |pool: &mut Pool, label: &str, (a, b): (&str, &str)| {
            Arc::ptr_eq(&of(pool, label, a), &of(pool, label, b))
        };
        let env = |value: &str| {
            format!(r#""name":"aws-node","env":[{{"name":"WARM_ENI_TARGET","value":"{value}"}}]"#)
        };
        let (one, two) = (env("1"), env("2"));
        assert!(shared(&mut pool, "web", (&one, &two)));
        assert!(!shared(&mut pool, "aws-node", (&one, &two)));
        let mounts = |volume: &str| {
            format!(r#""name":"a","volumeMounts":[{{"name":"{volume}"}}],"args":["{volume}"]"#)
        };
        assert!(shared(&mut pool, "web", (&mounts("token-1"), &mounts("token-2"))));
        for (a, b) in [
            (r#""name":"a""#, r#""name":"b""#),
            (r#""image":"a""#, r#""name":"a""#),
            (r#""name":"a""#, r#""name":"a","livenessProbe":{}"#),
            (
                r#""resources":{"limits":{"cpu":"1"}}"#,
                r#""resources":{"limits":{"cpu":"2"}}"#,
            ),
        ] {
            assert!(!shared(&mut pool, "web", (a, b)), "{a} {b}");
        }
    }
}
