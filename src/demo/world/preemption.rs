//! Who has to go so that a more important pod may run: preemption as kube-scheduler 1.36 does it (pkg/scheduler/framework/plugins/defaultpreemption
//! and framework/preemption). Chooses the victims and deletes them; the pod is tried again when they are gone.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use super::Inner;
use super::event::{About, note};
use super::refusal::{Refusal, refusals};
use super::scheduler::{Misfit, Preemption};
use super::state::{Key, Node, Pod};
use super::surroundings::Surroundings;
use crate::clock::Timestamp;
use crate::demo::object::{number, stamp};
use crate::demo::selector;

/// Pods that would have to leave a node, and how much that would hurt: the smallest cost is chosen.
struct Candidate {
    node: Arc<str>,
    gone: BTreeSet<Key>,
    /// Budgets broken, greatest priority, sum of priorities, number of pods, and the start of the oldest of the greatest (later is better).
    cost: (usize, i64, i64, usize, Reverse<Timestamp>),
}

/// What came of looking at one node.
enum Look {
    Candidate(Candidate),
    /// It does not help, for these reasons.
    Vain(Vec<Refusal>),
    /// Pods that are going already make enough room.
    Waiting,
}

/// No pod there is less important.
const NOBODY: Refusal = Refusal::of("No preemption victims found for incoming pod", false);

impl Inner {
    /// Takes the place of pods of lower priority, if that helps a pod that fits nowhere.
    pub fn preempt(&mut self, (key, pod): (&Key, &Pod), misfit: &Misfit, now: Timestamp) -> Preemption {
        if !pod.spec.preempts {
            return Preemption::Never;
        }
        let around = self.around((key, pod), &BTreeSet::new());
        let (mut best, mut found): (Option<Candidate>, usize) = (None, 0);
        let mut vain: BTreeMap<Cow<'static, str>, u32> = BTreeMap::new();
        for name in &misfit.hopeful {
            match self.look_for_room((key, pod), name, &around) {
                Look::Waiting => return Preemption::Done,
                Look::Vain(why) => {
                    for refusal in why {
                        *vain.entry(refusal.text).or_default() += 1;
                    }
                }
                Look::Candidate(candidate) => {
                    found += 1;
                    if best.as_ref().is_none_or(|best| candidate.cost < best.cost) {
                        best = Some(candidate);
                    }
                }
            }
            if found >= enough(self.nodes.len()) {
                break;
            }
        }
        let Some(best) = best else {
            return Preemption::Vain(vain);
        };
        for victim in &best.gone {
            self.displace(victim, (&pod.uid, &best.node), now);
        }
        Preemption::Done
    }

    /// Which pods of a node would have to go: all of lower priority first, of whom then as many as possible stay, the most important first.
    fn look_for_room(&self, (key, pod): (&Key, &Pod), name: &Arc<str>, around: &Surroundings) -> Look {
        let Some(node) = self.nodes.get(name) else {
            return Look::Vain(vec![NOBODY]);
        };
        let against = |gone: &BTreeSet<Key>| self.against((key, pod), (name, node), (around, gone));
        let is_going = |key: &Key| self.pods.get(key).is_some_and(|pod| pod.deleting.is_some());
        let mut gone: BTreeSet<Key> = node.pods.iter().filter(|key| is_going(key)).cloned().collect();
        if !gone.is_empty() && against(&gone).is_empty() {
            return Look::Waiting;
        }
        let lower = |key: &&Key| {
            let other = self.pods.get(*key);
            other.is_some_and(|other| other.deleting.is_none() && other.spec.priority < pod.spec.priority)
        };
        let mut victims: Vec<&Key> = node.pods.iter().filter(lower).collect();
        if victims.is_empty() {
            return Look::Vain(vec![NOBODY]);
        }
        gone.extend(victims.iter().map(|key| (*key).clone()));
        let still = against(&gone);
        if !still.is_empty() {
            return Look::Vain(still);
        }
        let rank = |key: &Key| self.pods.get(key).map_or((0, Timestamp::default()), importance);
        let guarded = |key: &Key| self.pods.get(key).is_some_and(|pod| self.is_guarded(key, pod));
        // Those whose budget would be broken are spared first, then the more important, then the older.
        victims.sort_by_key(|key| (!guarded(key), Reverse(rank(key).0), rank(key).1));
        for key_of_victim in victims {
            gone.remove(key_of_victim);
            if !against(&gone).is_empty() {
                gone.insert(key_of_victim.clone());
            }
        }
        gone.retain(|key| !is_going(key));
        let most = gone.iter().map(|key| rank(key).0).max().unwrap_or(0);
        let oldest = gone.iter().map(rank).filter(|(priority, _)| *priority == most);
        let cost = (
            gone.iter().filter(|key| guarded(key)).count(),
            most,
            gone.iter().map(|key| rank(key).0).sum(),
            gone.len(),
            Reverse(oldest.map(|(_, began)| began).min().unwrap_or_default()),
        );
        Look::Candidate(Candidate {
            node: Arc::clone(name),
            gone,
            cost,
        })
    }

    /// Why a node does not take a pod when others are gone from it; `around` is as long as nobody is gone.
    fn against(
        &self,
        (key, pod): (&Key, &Pod),
        (name, node): (&Arc<str>, &Node),
        (around, gone): (&Surroundings, &BTreeSet<Key>),
    ) -> Vec<Refusal> {
        let mut left = node.clone();
        for key in gone {
            if let Some(pod) = self.pods.get(key) {
                left.part(key, &pod.spec);
            }
        }
        let against = refusals(&pod.spec, &left);
        if !against.is_empty() {
            return against;
        }
        let refusal = if around.hangs_on_pods() {
            self.around((key, pod), gone).refusal(name, &left)
        } else {
            around.refusal(name, &left)
        };
        refusal.into_iter().collect()
    }

    /// Whether a disruption budget has nothing left for a pod.
    fn is_guarded(&self, key: &Key, pod: &Pod) -> bool {
        let budgets = self.objects.get("poddisruptionbudgets").into_iter().flatten();
        budgets.filter(|(at, _)| at.0 == key.0).any(|(_, budget)| {
            pod.is_selected(selector::of(&budget["spec"]["selector"]).as_ref())
                && number(budget, "/status/disruptionsAllowed").unwrap_or(0) < 1
        })
    }

    /// Deletes a pod in whose place another comes.
    fn displace(&mut self, victim: &Key, (by, node): (&str, &str), now: Timestamp) {
        let Some(pod) = self.pods.get(victim).filter(|pod| pod.deleting.is_none()) else {
            return;
        };
        let about = About::pod((&victim.0, &victim.1), &pod.uid);
        let said = note(
            false,
            "Preempted",
            format!("Preempted by pod {by} on node {node}"),
        );
        self.record(&about, ("default-scheduler", ""), &said, now);
        let _ = self.store.modify("pods", &victim.0, &victim.1, |pod| {
            if let Some(list) = pod["status"]["conditions"].as_array_mut() {
                list.retain(|condition| condition["type"] != "DisruptionTarget");
                list.push(
                    json!({"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler",
                    "message": "default-scheduler: preempting to accommodate a higher priority pod",
                    "lastProbeTime": null, "lastTransitionTime": stamp(now)}),
                );
            }
        });
        self.delete_pod(victim, now);
    }
}

/// How many candidates are enough among so many nodes (`DefaultPreemptionArgs`: `minCandidateNodesAbsolute`, `minCandidateNodesPercentage`).
fn enough(nodes: usize) -> usize {
    (nodes / 10).max(100)
}

fn importance(pod: &Pod) -> (i64, Timestamp) {
    let began = pod.life.as_ref().and_then(|life| life.started);
    (pod.spec.priority, began.unwrap_or(pod.created))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::surroundings::tests::{message, node_of, play, pod};
    use crate::demo::object::text;

    /// The only node that is free to them all: that of the group in the first zone.
    fn there() -> Value {
        json!({"eks.amazonaws.com/nodegroup": "apps-m5", "topology.kubernetes.io/zone": "eu-central-1a"})
    }

    #[test]
    fn the_important_take_the_place_of_the_unimportant() {
        let mut important = pod("vip", &json!({"priority": 1000, "nodeSelector": there()}));
        important["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "1600m"}});
        let world = play(&[important], 40);
        assert!(node_of(&world, "vip").is_some(), "{}", message(&world, "vip"));
        let events = world.store().list("events", None);
        let told = events
            .iter()
            .map(|event| event.value())
            .find(|event| event["reason"] == "Preempted");
        let said = text(&told.unwrap(), "/message").to_owned();
        assert!(
            said.starts_with("Preempted by pod ") && said.contains(" on node ip-"),
            "{said}"
        );
    }

    #[test]
    fn those_who_will_not_be_near_it_make_way_as_well() {
        let term = json!({"labelSelector": {"matchLabels": {"app": "x"}}, "topologyKey": "topology.kubernetes.io/zone"});
        let alone = |priority: i64| {
            json!({"priority": priority, "nodeSelector": there(),
                "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}})
        };
        let (loner, vip) = (pod("loner", &alone(0)), pod("vip", &alone(1000)));
        let world = play(&[loner, vip], 40);
        assert!(node_of(&world, "vip").is_some(), "{}", message(&world, "vip"));
        assert!(world.store().read("pods", "batch", "loner").is_none());
    }

    #[test]
    fn a_port_of_the_node_is_taken_over() {
        let with_port = |name: &str, priority: i64| {
            let mut pod = pod(name, &json!({"priority": priority, "nodeSelector": there()}));
            pod["spec"]["containers"][0]["ports"] = json!([{"containerPort": 80, "hostPort": 80}]);
            pod
        };
        let world = play(&[with_port("holder", 0), with_port("vip", 1000)], 40);
        assert!(node_of(&world, "vip").is_some(), "{}", message(&world, "vip"));
        assert!(world.store().read("pods", "batch", "holder").is_none());
    }

    #[test]
    fn the_polite_wait() {
        let mut polite = pod(
            "polite",
            &json!({"priority": 1000, "preemptionPolicy": "Never", "nodeSelector": there()}),
        );
        polite["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "1600m"}});
        let world = play(&[polite], 5);
        let said = message(&world, "polite");
        assert!(
            said.ends_with(
                ". no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."
            ),
            "{said}"
        );
    }
}
