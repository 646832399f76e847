//! What the other pods and the volumes of a pod say about where it may run: topology spread, affinity to pods and against them, zones of
//! volumes. Gathered from the world before the scheduler looks at any node; judges one node at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::Inner;
use super::refusal::{Refusal, selected};
use super::state::{Key, Node, Pod, key};
use crate::demo::kubelet::spec::{Spec, Term};
use crate::demo::object::{items, text};

const VOLUME: &str = "node(s) didn't match PersistentVolume's node affinity";
const SPREAD: &str = "node(s) didn't match pod topology spread constraints";
const SPREAD_LABEL: &str = "node(s) didn't match pod topology spread constraints (missing required label)";
const AFFINITY: &str = "node(s) didn't match pod affinity rules";
const PORTS: &str = "node(s) didn't have free ports for the requested pod ports";
const AGAINST: &str = "node(s) didn't match pod anti-affinity rules";
const EXISTING: &str = "node(s) didn't satisfy existing pods anti-affinity rules";

/// All there is to say about one pod's surroundings.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Pods of the same owner by zone, over which it is spread as far as possible.
    pub zones: BTreeMap<String, u32>,
    /// Label and values of it where its volumes are; each has to hold.
    volumes: Vec<(String, BTreeSet<String>)>,
    /// Topology key, most pods it may have before one more breaks the skew, by value.
    spreads: Vec<(String, BTreeMap<String, i64>, i64)>,
    /// Topology key and the values where pods are that it must be with.
    with: Vec<(String, BTreeSet<String>)>,
    /// The same of pods it must not be with; whether they say so themselves.
    without: Vec<(String, BTreeSet<String>, bool)>,
    /// Nodes on which a port it wants of its node is taken.
    taken: BTreeSet<Arc<str>>,
    /// Why no node needs to be looked at: a claim that is not there or not bound.
    pub blocked: Option<String>,
}

impl Surroundings {
    /// Whether they may be others when pods go.
    pub fn hangs_on_pods(&self) -> bool {
        let Self {
            spreads,
            with,
            without,
            taken,
            ..
        } = self;
        !(spreads.is_empty() && with.is_empty() && without.is_empty() && taken.is_empty())
    }

    /// Why a node does not suit, in the order of kube-scheduler's plugins (`NodePorts`, `VolumeBinding`, `PodTopologySpread`,
    /// `InterPodAffinity`). `None`: it does.
    pub fn refusal(&self, name: &Arc<str>, node: &Node) -> Option<Refusal> {
        let label = |name: &str| node.labels.get(name);
        let no = |text, preempt| Some(Refusal::of(text, preempt));
        if self.taken.contains(name) {
            return no(PORTS, true);
        }
        if self
            .volumes
            .iter()
            .any(|(name, values)| label(name).is_none_or(|value| !values.contains(value)))
        {
            return no(VOLUME, false);
        }
        for (name, counts, most) in &self.spreads {
            let Some(value) = label(name) else {
                return no(SPREAD_LABEL, false);
            };
            if counts.get(value).copied().unwrap_or(0) > *most {
                return no(SPREAD, true);
            }
        }
        if self
            .with
            .iter()
            .any(|(name, values)| label(name).is_none_or(|value| !values.contains(value)))
        {
            return no(AFFINITY, false);
        }
        let mut near = self
            .without
            .iter()
            .filter(|(name, values, _)| label(name).is_some_and(|v| values.contains(v)));
        match near.next() {
            Some((.., true)) => no(EXISTING, true),
            Some(_) => no(AGAINST, true),
            None => None,
        }
    }
}

impl Inner {
    /// The surroundings of a pod of this namespace and owner, with these labels, as if the pods in `gone` were not there.
    pub fn surroundings(
        &self,
        (namespace, owner): (&str, &str),
        (labels, spec): (&[(String, String)], &Spec),
        gone: &BTreeSet<Key>,
    ) -> Surroundings {
        let mut all = Surroundings {
            zones: self.zones_of(owner),
            volumes: self.zones_of_volumes(namespace, spec),
            blocked: self.claim_in_the_way(namespace, spec),
            ..Surroundings::default()
        };
        let space: Arc<str> = namespace.into();
        let there = |key: &Key, pod: &Pod| pod.active() && !gone.contains(key);
        if !spec.host_ports.is_empty() {
            let held = self.nodes.iter().filter(|(_, node)| {
                let mut keys = node.pods.iter().filter(|key| !gone.contains(*key));
                keys.any(|key| self.pods.get(key).is_some_and(|pod| pod.spec.shares_port(spec)))
            });
            all.taken = held.map(|(name, _)| Arc::clone(name)).collect();
        }
        self.avoided(&space, labels, &there, &mut all.without);
        if spec.spreads.is_empty() && spec.with.is_empty() && spec.without.is_empty() {
            // Most pods ask for nothing of the kind, and a namespace may hold thousands.
            return all;
        }
        let others: Vec<(&Pod, &Node)> = self
            .pods_in(&space)
            .filter(|(key, pod)| there(key, pod))
            .filter_map(|(_, pod)| Some((pod, self.nodes.get(pod.node.as_ref()?)?)))
            .collect();
        let places = |term: &Term| -> BTreeSet<String> {
            let fit = others.iter().filter(|(pod, _)| term.selects(&pod.labels));
            fit.filter_map(|(_, node)| node.labels.get(&term.topology).cloned())
                .collect()
        };
        for spread in &spec.spreads {
            let mut counts: BTreeMap<String, i64> = BTreeMap::new();
            for node in self.nodes.values().filter(|node| selected(spec, node)) {
                counts.extend(node.labels.get(&spread.topology).map(|value| (value.clone(), 0)));
            }
            for (_, node) in others.iter().filter(|(pod, _)| spread.selects(&pod.labels)) {
                let value = node.labels.get(&spread.topology);
                if let Some(count) = value.and_then(|value| counts.get_mut(value)) {
                    *count += 1;
                }
            }
            let least = counts.values().min().copied().unwrap_or(0);
            let most = least + spread.skew - i64::from(spread.selects(labels));
            all.spreads.push((spread.topology.clone(), counts, most));
        }
        for term in &spec.with {
            let found = places(term);
            // The first of a group that wants to be together may go anywhere.
            if !found.is_empty() || !term.selects(labels) {
                all.with.push((term.topology.clone(), found));
            }
        }
        for term in &spec.without {
            // kube-scheduler looks at what the pod itself says first.
            all.without
                .insert(0, (term.topology.clone(), places(term), false));
        }
        all
    }

    /// Where pods of a namespace are that will not have one with these labels beside them.
    fn avoided(
        &self,
        space: &Arc<str>,
        labels: &[(String, String)],
        there: &dyn Fn(&Key, &Pod) -> bool,
        without: &mut Vec<(String, BTreeSet<String>, bool)>,
    ) {
        let from = (Arc::clone(space), Arc::from(""));
        let keys = self.avoiding.range(from..).take_while(|key| key.0 == *space);
        let pods = keys.filter_map(|key| self.pods.get(key).filter(|pod| there(key, pod)));
        for pod in pods {
            let Some(node) = pod.node.as_ref().and_then(|name| self.nodes.get(name)) else {
                continue;
            };
            for term in pod.spec.without.iter().filter(|term| term.selects(labels)) {
                let value = node.labels.get(&term.topology).cloned();
                without.push((term.topology.clone(), value.into_iter().collect(), true));
            }
        }
    }

    fn zones_of(&self, owner: &str) -> BTreeMap<String, u32> {
        let mut zones: BTreeMap<String, u32> = BTreeMap::new();
        for key in self.pods_of(owner) {
            let name = self.pods.get(&key).and_then(|pod| pod.node.as_ref());
            if let Some(node) = name.and_then(|name| self.nodes.get(name)) {
                *zones.entry(node.zone().to_owned()).or_default() += 1;
            }
        }
        zones
    }

    /// What is wrong with the claims of a pod, when it is something that waiting for a node would not mend.
    fn claim_in_the_way(&self, namespace: &str, spec: &Spec) -> Option<String> {
        for name in &spec.claims {
            let Some(claim) = self.store.read("persistentvolumeclaims", namespace, name) else {
                return Some(format!("persistentvolumeclaim \"{name}\" not found"));
            };
            if text(&claim, "/status/phase") == "Lost" {
                return Some(format!(
                    "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{}\"",
                    text(&claim, "/spec/volumeName")
                ));
            }
            if !text(&claim, "/metadata/deletionTimestamp").is_empty() {
                return Some(format!("persistentvolumeclaim \"{name}\" is being deleted"));
            }
            if text(&claim, "/status/phase") != "Bound" && !self.waits_for_consumer(&claim) {
                return Some("pod has unbound immediate PersistentVolumeClaims".into());
            }
        }
        None
    }

    fn zones_of_volumes(&self, namespace: &str, spec: &Spec) -> Vec<(String, BTreeSet<String>)> {
        let claims = spec
            .claims
            .iter()
            .filter_map(|claim| self.object("persistentvolumeclaims", &key(namespace, claim)));
        let volumes = claims.filter_map(|claim| {
            self.store
                .read("persistentvolumes", "", text(&claim, "/spec/volumeName"))
        });
        let mut all = Vec::new();
        for volume in volumes {
            let terms = "/spec/nodeAffinity/required/nodeSelectorTerms/0/matchExpressions";
            for expression in items(&volume, terms) {
                let values = items(expression, "/values").iter().filter_map(Value::as_str);
                all.push((
                    text(expression, "/key").to_owned(),
                    values.map(str::to_owned).collect(),
                ));
            }
        }
        all
    }
}

#[cfg(test)]
pub(in crate::demo) mod tests {
    use serde_json::json;

    use super::super::{Options, World};
    use super::*;
    use crate::clock::Timestamp;
    use crate::demo::clock::Clock;
    use crate::demo::object::object;
    use crate::demo::resource::Registry;
    use crate::demo::store::Store;

    /// A calm world whose clock only the test moves.
    pub(in crate::demo) struct Play {
        pub(in crate::demo) world: World,
        clock: Clock,
    }

    impl Play {
        pub(in crate::demo) fn new(calm: bool) -> Self {
            let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
            let store = Store::new(Registry::builtin(), clock.clone(), 7);
            let options = Options {
                calm,
                ..Options::default()
            };
            let world = World::build(&store, &options).unwrap();
            Self { world, clock }
        }

        pub(in crate::demo) fn pass(&self, seconds: usize) {
            for _ in 0..seconds {
                self.clock.advance(std::time::Duration::from_secs(1));
                self.world.tick(self.clock.now());
            }
        }

        pub(in crate::demo) fn add(&self, mut object: Value) {
            if object["kind"] == "Pod" {
                super::super::pod::admit(&mut object, None, &mut self.world.lock().ids);
            }
            self.world.lock().add(object).unwrap();
        }

        pub(in crate::demo) fn read(&self, resource: &str, namespace: &str, name: &str) -> Value {
            self.world.store().read(resource, namespace, name).unwrap()
        }

        pub(in crate::demo) fn change(
            &self,
            resource: &str,
            (namespace, name): (&str, &str),
            change: impl FnOnce(&mut Value),
        ) {
            let store = self.world.store();
            store.modify(resource, namespace, name, change).unwrap();
        }

        /// Pods whose names begin so.
        pub(in crate::demo) fn pods(&self, namespace: &str, stem: &str) -> Vec<Value> {
            let all = self.world.store().list("pods", Some(namespace));
            let ours = all.iter().filter(|pod| pod.name.starts_with(stem));
            ours.map(|pod| pod.value()).collect()
        }

        /// Messages of all events of a reason.
        pub(in crate::demo) fn events(&self, reason: &str) -> Vec<String> {
            let all = self.world.store().list("events", None);
            let events = all.iter().map(|event| event.value());
            let ours = events.filter(|event| event["reason"] == reason);
            ours.map(|event| text(&event, "/message").to_owned()).collect()
        }
    }

    pub(in crate::demo) fn play(pods: &[Value], seconds: usize) -> World {
        let play = Play::new(true);
        for pod in pods {
            play.add(pod.clone());
        }
        play.pass(seconds);
        play.world
    }

    pub(in crate::demo) fn pod(name: &str, spec: &Value) -> Value {
        let mut pod = object(
            ("v1", "Pod"),
            ("batch", name),
            Timestamp::from_seconds(1_795_000_000),
        );
        pod["metadata"]["labels"] = json!({"app": "x"});
        pod["spec"] = spec.clone();
        pod["spec"]["containers"] = json!([{"name": "a", "image": "nginx:1.29"}]);
        pod
    }

    pub(in crate::demo) fn node_of(world: &World, name: &str) -> Option<String> {
        let pod = world.store().read("pods", "batch", name).unwrap();
        pod["spec"]["nodeName"].as_str().map(str::to_owned)
    }

    pub(in crate::demo) fn message(world: &World, name: &str) -> String {
        let pod = world.store().read("pods", "batch", name).unwrap();
        text(&pod, "/status/conditions/0/message").to_owned()
    }

    #[test]
    fn pods_that_avoid_each_other_run_apart_until_there_is_no_zone_left() {
        let term = json!({"labelSelector": {"matchLabels": {"app": "x"}}, "topologyKey": "topology.kubernetes.io/zone"});
        let spec = json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}},
            "nodeSelector": {"eks.amazonaws.com/nodegroup": "apps-m5"}});
        let world = play(&["a", "b", "c"].map(|name| pod(name, &spec)), 5);
        let nodes = ["a", "b"].map(|name| node_of(&world, name).unwrap());
        assert_ne!(nodes[0], nodes[1]);
        assert_eq!(
            message(&world, "c"),
            "0/9 nodes are available: 3 node(s) didn't match Pod's node affinity/selector, 3 node(s) didn't match pod anti-affinity \
             rules, 3 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/9 nodes are \
             available: 3 No preemption victims found for incoming pod, 6 Preemption is not helpful for scheduling."
        );
    }

    #[test]
    fn pods_are_spread_within_the_skew() {
        let spread = json!({"labelSelector": {"matchLabels": {"app": "x"}}, "topologyKey": "topology.kubernetes.io/zone",
            "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"});
        let spec = json!({"topologySpreadConstraints": [spread], "nodeSelector": {"eks.amazonaws.com/nodegroup": "apps-m5"}});
        let world = play(&["a", "b", "c"].map(|name| pod(name, &spec)), 5);
        // The third zone of the group holds only the tainted node, which counts, so no zone may have two.
        assert_ne!(node_of(&world, "a"), node_of(&world, "b"));
        let said = message(&world, "c");
        assert!(
            said.contains("3 node(s) didn't match pod topology spread constraints"),
            "{said}"
        );
    }
}
