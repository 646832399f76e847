//! Nodes that fall silent, and what follows: conditions Unknown, taints, pods not ready, pods evicted by taints (pkg/controller/nodelifecycle
//! and pkg/controller/tainteviction).

use std::sync::Arc;

use serde_json::{Value, json};

use super::Inner;
use super::event::{About, note};
use super::state::Key;
use super::work::Work;
use crate::clock::Timestamp;
use crate::demo::object::{after, items, stamp, text, time};

/// How long a kubelet may be silent, seconds (kube-controller-manager `--node-monitor-grace-period`).
const GRACE: i64 = 50;
/// The taint of a node nobody hears from.
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

impl Inner {
    /// Looks at silent nodes, at those that speak again, and at taints that evict.
    pub fn node_lifecycle(&mut self, now: Timestamp) {
        let silent: Vec<Arc<str>> = self
            .pressure
            .silent
            .iter()
            .filter(|(_, since)| now.nanos_since(**since) >= GRACE * 1_000_000_000)
            .map(|(name, _)| Arc::clone(name))
            .collect();
        for name in silent {
            if self.nodes.get(&name).is_some_and(|node| node.ready) {
                self.lose(&name, now);
            }
        }
        let back: Vec<Arc<str>> = self
            .nodes
            .iter()
            .filter(|(name, node)| !node.ready && !self.pressure.silent.contains_key(*name))
            .filter(|(_, node)| node.taints.iter().any(|(key, ..)| key == UNREACHABLE))
            .map(|(name, _)| Arc::clone(name))
            .collect();
        for name in back {
            self.find_again(&name, now);
        }
        let tainted: Vec<Arc<str>> = self
            .nodes
            .iter()
            .filter(|(_, node)| node.taints.iter().any(|(_, _, effect)| effect == "NoExecute"))
            .map(|(name, _)| Arc::clone(name))
            .collect();
        for name in tainted {
            self.evict_by_taints(&name, now);
        }
    }

    /// A node was not heard from for too long.
    fn lose(&mut self, name: &Arc<str>, now: Timestamp) {
        let _ = self.store.modify("nodes", "", name, |node| {
            for condition in node["status"]["conditions"].as_array_mut().into_iter().flatten() {
                condition["status"] = "Unknown".into();
                condition["reason"] = "NodeStatusUnknown".into();
                condition["message"] = "Kubelet stopped posting node status.".into();
                condition["lastTransitionTime"] = stamp(now).into();
            }
            for effect in ["NoSchedule", "NoExecute"] {
                taint(node, (UNREACHABLE, effect), now);
            }
        });
        self.tell_node(name, (false, "NodeNotReady"), now);
        for key in self.pods_on(name) {
            let Some(mut pod) = self.pods.remove(&key) else {
                continue;
            };
            if let Some(life) = &mut pod.life {
                life.ready.set(false, now);
            }
            self.publish(&key, &pod);
            let about = About::pod((&key.0, &key.1), &pod.uid);
            self.pods.insert(key, pod);
            let said = note(true, "NodeNotReady", "Node is not ready".to_owned());
            self.record(&about, ("node-controller", ""), &said, now);
        }
    }

    /// A node is heard from again.
    fn find_again(&mut self, name: &Arc<str>, now: Timestamp) {
        let born = self.store.read("nodes", "", name);
        let born = born
            .and_then(|node| time(&node, "/metadata/creationTimestamp"))
            .unwrap_or(now);
        let _ = self.store.modify("nodes", "", name, |node| {
            let mut conditions = super::node::conditions(born, now);
            for condition in conditions.as_array_mut().into_iter().flatten() {
                condition["lastTransitionTime"] = stamp(now).into();
            }
            node["status"]["conditions"] = conditions;
            untaint(node, UNREACHABLE);
        });
        self.tell_node(name, (false, "NodeReady"), now);
        let pods = self.pods_on(name);
        self.work.extend(pods.into_iter().map(Work::Pod));
    }

    /// Says what a node's status is now.
    pub fn tell_node(&mut self, name: &str, (warning, reason): (bool, &'static str), now: Timestamp) {
        let text = format!("Node {name} status is now: {reason}");
        let source = if reason == "NodeNotReady" {
            "node-controller"
        } else {
            "kubelet"
        };
        self.record(
            &About::node(name),
            (source, name),
            &note(warning, reason, text),
            now,
        );
    }

    /// Pods on a node, those that are over left aside.
    pub fn pods_on(&self, name: &str) -> Vec<Key> {
        let node = self.nodes.get(name);
        node.map(|node| node.pods.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// Notes when a `NoExecute` taint came of which whoever set it does not say so (`kubectl taint`).
    fn stamp_taints(&self, name: &str, now: Timestamp) {
        let unstamped = |taint: &Value| taint["effect"] == "NoExecute" && time(taint, "/timeAdded").is_none();
        let node = self.store.read("nodes", "", name).unwrap_or_default();
        if !items(&node, "/spec/taints").iter().any(unstamped) {
            return;
        }
        let _ = self.store.modify("nodes", "", name, |node| {
            let taints = node["spec"]["taints"].as_array_mut().into_iter().flatten();
            for taint in taints.filter(|taint| unstamped(taint)) {
                taint["timeAdded"] = stamp(now).into();
            }
        });
    }

    /// Deletes the pods that do not tolerate a `NoExecute` taint, at once or when their `tolerationSeconds` are over.
    fn evict_by_taints(&mut self, name: &Arc<str>, now: Timestamp) {
        self.stamp_taints(name, now);
        let Some(node) = self.store.read("nodes", "", name) else {
            return;
        };
        let taints: Vec<(String, String, Timestamp)> = items(&node, "/spec/taints")
            .iter()
            .filter(|taint| taint["effect"] == "NoExecute")
            .map(|taint| {
                let since = time(taint, "/timeAdded").unwrap_or(now);
                (
                    text(taint, "/key").to_owned(),
                    text(taint, "/value").to_owned(),
                    since,
                )
            })
            .collect();
        for key in self.pods_on(name) {
            let Some(pod) = self.pods.get(&key).filter(|pod| pod.deleting.is_none()) else {
                continue;
            };
            let until = taints.iter().filter_map(|(taint, value, since)| {
                match pod.spec.tolerated_for(taint, value) {
                    Some(None) => None,
                    Some(Some(seconds)) => Some(after(*since, seconds)),
                    None => Some(*since),
                }
            });
            if until.min().is_none_or(|until| until > now) {
                continue;
            }
            let about = About::pod((&key.0, &key.1), &pod.uid);
            let said = format!("Marking for deletion Pod {}/{}", key.0, key.1);
            self.record(
                &about,
                ("taint-eviction-controller", ""),
                &note(false, "TaintManagerEviction", said),
                now,
            );
            self.delete_pod(&key, now);
        }
    }
}

/// Puts a taint on a node, unless it is there.
pub fn taint(node: &mut Value, (key, effect): (&str, &str), now: Timestamp) {
    let spec = &mut node["spec"];
    if !spec["taints"].is_array() {
        spec["taints"] = json!([]);
    }
    if let Some(list) = spec["taints"].as_array_mut()
        && !list
            .iter()
            .any(|taint| taint["key"] == key && taint["effect"] == effect)
    {
        list.push(json!({"key": key, "effect": effect, "timeAdded": stamp(now)}));
    }
}

/// Takes all taints of a key off a node.
pub fn untaint(node: &mut Value, key: &str) {
    if let Some(list) = node["spec"]["taints"].as_array_mut() {
        list.retain(|taint| taint["key"] != key);
        if list.is_empty()
            && let Some(spec) = node["spec"].as_object_mut()
        {
            spec.shift_remove("taints");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Options, World};
    use super::*;
    use crate::demo::clock::Clock;
    use crate::demo::object::object;
    use crate::demo::resource::Registry;
    use crate::demo::store::Store;

    #[test]
    fn a_taint_without_a_time_evicts_when_it_was_tolerated_long_enough() {
        let start = Timestamp::from_seconds(1_795_000_000);
        let clock = Clock::driven(start);
        let store = Store::new(Registry::builtin(), clock.clone(), 7);
        let options = Options {
            calm: true,
            ..Options::default()
        };
        let world = World::build(&store, &options).unwrap();
        let mut pod = object(("v1", "Pod"), ("batch", "patient"), start);
        pod["spec"] = json!({"containers": [{"name": "a", "image": "nginx:1.29"}],
            "tolerations": [{"key": "x", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}]});
        super::super::pod::admit(&mut pod, None, &mut world.lock().ids);
        world.lock().add(pod).unwrap();
        let pass = |seconds: u64| {
            for _ in 0..seconds {
                clock.advance(std::time::Duration::from_secs(1));
                world.tick(clock.now());
            }
        };
        pass(5);
        let pod = store.read("pods", "batch", "patient").unwrap();
        let _ = store.modify("nodes", "", text(&pod, "/spec/nodeName"), |node| {
            node["spec"]["taints"] = json!([{"key": "x", "effect": "NoExecute"}]);
        });
        let stays = || {
            let pod = store.read("pods", "batch", "patient");
            pod.is_some_and(|pod| pod["metadata"]["deletionTimestamp"].is_null())
        };
        pass(20);
        assert!(stays());
        pass(15);
        assert!(!stays());
    }
}
