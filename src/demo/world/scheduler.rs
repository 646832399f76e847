//! Where a pod may run, and why not: the checks of kube-scheduler that the world needs, with its own words. Pure.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::refusal::{holds, refusals};
use super::state::Node;
use super::surroundings::Surroundings;
use crate::demo::kubelet::spec::Spec;

/// Why no node takes a pod.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Misfit {
    nodes: usize,
    /// Why no node was even looked at.
    blocked: Option<String>,
    reasons: BTreeMap<Cow<'static, str>, u32>,
    /// Nodes on which preemption is tried.
    pub hopeful: Vec<Arc<str>>,
}

/// What came of preemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preemption {
    /// The pod's policy forbids it.
    Never,
    /// Others make way.
    Done,
    /// Why it does not help on the nodes where it was tried, and how often.
    Vain(BTreeMap<Cow<'static, str>, u32>),
}

/// The node that suits best: liked by the pod, least of its processor and memory taken, spread over the zones of its surroundings.
///
/// # Errors
/// Why there is none.
pub fn choose(
    spec: &Spec,
    nodes: &BTreeMap<Arc<str>, Node>,
    around: &Surroundings,
) -> Result<Arc<str>, Misfit> {
    let mut best: Option<(f64, &Arc<str>)> = None;
    let mut misfit = Misfit {
        nodes: nodes.len(),
        blocked: around.blocked.clone(),
        ..Misfit::default()
    };
    if misfit.blocked.is_some() {
        return Err(misfit);
    }
    for (name, node) in nodes {
        let mut against = refusals(spec, node);
        if against.is_empty() {
            against.extend(around.refusal(name, node));
        }
        if against.is_empty() {
            let score =
                score(spec, node) - f64::from(around.zones.get(node.zone()).copied().unwrap_or(0)) * 0.5;
            if best.is_none_or(|(have, _)| score > have) {
                best = Some((score, name));
            }
            continue;
        }
        if against.iter().all(|refusal| refusal.preempt) {
            misfit.hopeful.push(Arc::clone(name));
        }
        for refusal in against {
            *misfit.reasons.entry(refusal.text).or_default() += 1;
        }
    }
    best.map(|(_, name)| Arc::clone(name)).ok_or(misfit)
}

fn score(spec: &Spec, node: &Node) -> f64 {
    let free = |wanted: u64, used: u64, most: u64| 1.0 - (used + wanted) as f64 / most.max(1) as f64;
    let cpu = free(spec.requests.0, node.requested.0, node.allocatable.0);
    let memory = free(spec.requests.1, node.requested.1, node.allocatable.1);
    let liked = spec
        .preferred
        .iter()
        .filter(|(_, term)| term.iter().all(|e| holds(e, node)));
    // kube-scheduler weighs node affinity twice as much as each of the others.
    cpu + memory + liked.map(|(weight, _)| *weight as f64 / 25.0).sum::<f64>()
}

impl Misfit {
    /// The message of the `FailedScheduling` event and of the condition, as kube-scheduler 1.36 words it.
    pub fn message(&self, preemption: &Preemption) -> String {
        let Self { nodes, .. } = self;
        if *nodes == 0 {
            return "no nodes available to schedule pods".into();
        }
        let head = format!("0/{nodes} nodes are available:");
        if let Some(why) = &self.blocked {
            return format!("{head} {why}. not found");
        }
        let reasons = format!("{head} {}.", counted(&self.reasons));
        match preemption {
            // It leaves that part away when it found victims.
            Preemption::Done => reasons,
            Preemption::Never => format!(
                "{reasons} no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."
            ),
            Preemption::Vain(tried) => {
                let mut tried = tried.clone();
                let hopeless = nodes - self.hopeful.len();
                if hopeless > 0 {
                    tried.insert(
                        Cow::Borrowed("Preemption is not helpful for scheduling"),
                        hopeless as u32,
                    );
                }
                format!(
                    "{reasons} no new claims to deallocate, preemption: {head} {}.",
                    counted(&tried)
                )
            }
        }
    }

    /// The message where no pod is less important than this one.
    pub fn alone(&self) -> String {
        let hopeful = self.hopeful.len() as u32;
        let tried = [("No preemption victims found for incoming pod", hopeful)];
        let tried = tried.into_iter().filter(|(_, count)| *count > 0);
        self.message(&Preemption::Vain(
            tried.map(|(text, count)| (Cow::Borrowed(text), count)).collect(),
        ))
    }
}

/// `1 Insufficient cpu, 2 Too many pods`, in the order of the texts with their numbers.
fn counted(reasons: &BTreeMap<Cow<'static, str>, u32>) -> String {
    let mut list: Vec<String> = reasons
        .iter()
        .map(|(text, count)| format!("{count} {text}"))
        .collect();
    list.sort();
    list.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::selector::{Operator, Requirement};

    fn node(slots: u32, taken: usize) -> Node {
        let pods = (0..taken)
            .map(|n| super::super::state::key("a", &n.to_string()))
            .collect();
        Node {
            slots,
            pods,
            allocatable: (2000, 1 << 30),
            ..Node::default()
        }
    }

    fn nodes(list: Vec<Node>) -> BTreeMap<Arc<str>, Node> {
        list.into_iter()
            .enumerate()
            .map(|(n, node)| (Arc::from(format!("n{n}")), node))
            .collect()
    }

    #[test]
    fn full_slots_are_refused_in_the_schedulers_words() {
        let all = nodes(vec![node(17, 17), node(17, 17)]);
        assert_eq!(
            choose(&Spec::default(), &all, &Surroundings::default())
                .unwrap_err()
                .alone(),
            "0/2 nodes are available: 2 Too many pods. no new claims to deallocate, preemption: 0/2 nodes are available: \
             2 No preemption victims found for incoming pod."
        );
    }

    #[test]
    fn a_cordoned_and_a_tainted_node_are_named_apart() {
        let cordoned = Node {
            unschedulable: true,
            ..node(10, 0)
        };
        let tainted = Node {
            taints: vec![("a".into(), "b".into(), "NoSchedule".into())],
            ..node(10, 0)
        };
        let full = node(10, 0);
        let spec = Spec {
            requests: (3000, 0),
            ..Spec::default()
        };
        assert_eq!(
            choose(
                &spec,
                &nodes(vec![cordoned, tainted, full]),
                &Surroundings::default()
            )
            .unwrap_err()
            .alone(),
            "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. \
             no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
        );
    }

    #[test]
    fn a_liked_node_wins_while_it_has_room() {
        let term = Requirement::new("pool", Operator::In, ["small"]);
        let spec = Spec {
            preferred: vec![(100, vec![term])],
            ..Spec::default()
        };
        let labels = BTreeMap::from([("pool".to_owned(), "small".to_owned())]);
        for (slots, chosen) in [(10, "n1"), (1, "n0")] {
            let liked = Node {
                labels: labels.clone(),
                ..node(slots, 1)
            };
            let all = nodes(vec![node(10, 0), liked]);
            assert_eq!(
                choose(&spec, &all, &Surroundings::default()).as_deref(),
                Ok(chosen)
            );
        }
    }

    #[test]
    fn the_emptier_node_wins() {
        let mut busy = node(10, 1);
        busy.requested = (1500, 0);
        let chosen = choose(
            &Spec {
                requests: (100, 0),
                ..Spec::default()
            },
            &nodes(vec![busy, node(10, 1)]),
            &Surroundings::default(),
        );
        assert_eq!(chosen.as_deref(), Ok("n1"));
    }
}
