//! Whether a node takes a pod at all: cordon, taints, node selector, required node affinity. Looks at no amounts.
//!
//! Source: k8s.io/kubernetes v1.36, `pkg/scheduler/framework/plugins`; k8s.io/api `core/v1/toleration.go`.

use super::{NodeRoom, PodShape};

/// One of a node's `spec.taints`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taint<'a> {
    /// Key.
    pub key: &'a str,
    /// Value; may be empty.
    pub value: &'a str,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: &'a str,
}

/// One of a pod's `spec.tolerations`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Toleration<'a> {
    /// Key; empty for all keys.
    pub key: &'a str,
    /// `Equal` (also when empty), `Exists`, or `Lt` and `Gt`, which count as not tolerating, as in a default cluster.
    pub operator: &'a str,
    /// Value.
    pub value: &'a str,
    /// Effect; empty for all effects.
    pub effect: &'a str,
}

impl Toleration<'_> {
    fn tolerates(&self, taint: &Taint<'_>) -> bool {
        let effect = self.effect.is_empty() || self.effect == taint.effect;
        let key = self.key.is_empty() || self.key == taint.key;
        let value = match self.operator {
            "" | "Equal" => self.value == taint.value,
            other => other == "Exists",
        };
        effect && key && value
    }
}

/// What cordoning amounts to.
const CORDON: Taint<'_> = Taint {
    key: "node.kubernetes.io/unschedulable",
    value: "",
    effect: "NoSchedule",
};

/// True when the scheduler would consider the node for the pod, had it enough of everything.
pub fn admits(node: &NodeRoom<'_>, pod: &PodShape<'_>) -> bool {
    let tolerated = |taint: &Taint<'_>| {
        pod.tolerations
            .iter()
            .any(|toleration| toleration.tolerates(taint))
    };
    let hard = |taint: &&Taint<'_>| matches!(taint.effect, "NoSchedule" | "NoExecute");
    let selected = |(key, value): &(&str, &str)| node.labels.value(key) == Some(*value);
    (!node.unschedulable || tolerated(&CORDON))
        && node.taints.iter().filter(hard).all(tolerated)
        && pod.node_selector.iter().all(selected)
        && affine(node, pod)
}

/// One of the terms holds; a term without requirements never does.
fn affine(node: &NodeRoom<'_>, pod: &PodShape<'_>) -> bool {
    let holds = |term: &Vec<super::Requirement>| {
        let met = |requirement: &super::Requirement| requirement.accepts(node.labels.value(&requirement.key));
        !term.is_empty() && term.iter().all(met)
    };
    pod.affinity.is_empty() || pod.affinity.iter().any(holds)
}

#[cfg(test)]
mod tests {
    use super::{NodeRoom, PodShape, Taint, Toleration, admits};
    use crate::model::Pool;
    use crate::rules::requests::Resources;
    use crate::rules::selector::{Operator, Requirement};

    fn on(taints: &[Taint<'_>], unschedulable: bool, pod: &PodShape<'_>) -> bool {
        let labels = Pool::default().labels([("zone", "a"), ("cores", "8")]);
        let node = NodeRoom {
            name: "n",
            labels: &labels,
            taints,
            unschedulable,
            free: Resources::default(),
            slots: 0,
            ips: None,
        };
        admits(&node, pod)
    }

    #[test]
    fn taints_and_tolerations() {
        let taint = |effect| Taint {
            key: "team",
            value: "db",
            effect,
        };
        let tolerate = |key, operator, value, effect| Toleration {
            key,
            operator,
            value,
            effect,
        };
        for (toleration, expected) in [
            (tolerate("team", "Equal", "db", "NoSchedule"), true),
            (tolerate("team", "", "db", ""), true),
            (tolerate("team", "Exists", "", ""), true),
            (tolerate("", "Exists", "", ""), true),
            (tolerate("team", "Equal", "web", ""), false),
            (tolerate("other", "Exists", "", ""), false),
            (tolerate("team", "Exists", "", "NoExecute"), false),
            (tolerate("team", "Gt", "db", ""), false),
        ] {
            let pod = PodShape {
                tolerations: &[toleration],
                ..PodShape::default()
            };
            assert_eq!(
                on(&[taint("NoSchedule")], false, &pod),
                expected,
                "{toleration:?}"
            );
        }
        let plain = PodShape::default();
        assert!(!on(&[taint("NoExecute")], false, &plain));
        assert!(on(&[taint("PreferNoSchedule")], false, &plain));
        assert!(!on(&[], true, &plain), "cordoned");
        let everything = [tolerate("", "Exists", "", "")];
        let daemon = PodShape {
            tolerations: &everything,
            ..PodShape::default()
        };
        assert!(on(&[taint("NoSchedule")], true, &daemon));
    }

    #[test]
    fn selectors_and_affinity() {
        let requires = |key, operator, value| vec![Requirement::new(key, operator, [value])];
        for (selector, affinity, expected) in [
            (&[("zone", "a")][..], vec![], true),
            (&[("zone", "b")], vec![], false),
            (&[("absent", "")], vec![], false),
            (
                &[],
                vec![
                    requires("zone", Operator::In, "b"),
                    requires("cores", Operator::GreaterThan, "4"),
                ],
                true,
            ),
            (&[], vec![requires("zone", Operator::NotIn, "a")], false),
            (&[], vec![vec![]], false),
        ] {
            let pod = PodShape {
                node_selector: selector,
                affinity: &affinity,
                ..PodShape::default()
            };
            assert_eq!(on(&[], false, &pod), expected, "{selector:?} {affinity:?}");
        }
    }
}
