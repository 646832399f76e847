//! What a `ResourceQuota` counts of a pod, and which pods it is about. Knows no rows and no namespaces.
//!
//! Source: k8s.io/kubernetes v1.36, `pkg/quota/v1/evaluator/core/pods.go`: `podComputeUsageHelper`, `Constraints`, `podMatchesScopeFunc`.

use super::requests::Resources;

/// What one pod takes of a counted resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// So many thousandths of the resource's unit; never 0.
    Milli(u64),
    /// It says nothing of a resource that a quota demands: it is refused.
    Unnamed,
    /// Nothing: the resource is not about such pods.
    Nothing,
}

/// What one pod with these sums takes of a resource as quotas name it: `pods`, `requests.cpu`, `limits.memory`, `requests.nvidia.com/gpu`.
pub fn need(resource: &str, requests: &Resources, limits: &Resources) -> Need {
    let (of, name) = match resource.split_once('.') {
        Some(("requests", name)) => (requests, name),
        Some(("limits", name)) => (limits, name),
        _ => (requests, resource),
    };
    match (resource, name) {
        ("pods" | "count/pods", _) => Need::Milli(1_000),
        // Of these two every container has to say how much.
        (_, "cpu") if of.cpu_milli == 0 => Need::Unnamed,
        (_, "memory") if of.memory == 0 => Need::Unnamed,
        (_, "cpu") => Need::Milli(of.cpu_milli),
        (_, name) => match of.amount(name) {
            0 => Need::Nothing,
            amount => Need::Milli(amount.saturating_mul(1_000)),
        },
    }
}

/// What the scopes of a quota ask about a pod.
#[derive(Debug, Clone, Copy)]
pub struct ScopeFacts<'a> {
    /// `status.qosClass` is `BestEffort`.
    pub best_effort: bool,
    /// `spec.priorityClassName`; empty when absent.
    pub priority_class: &'a str,
}

/// Whether a pod that runs until it is deleted is in a scope: name, operator and values of a `scopeSelector`; of `scopes` the operator is
/// `Exists`.
pub fn is_in_scope(pod: ScopeFacts<'_>, (scope, operator): (&str, &str), values: &[String]) -> bool {
    match scope {
        "BestEffort" => pod.best_effort,
        "NotBestEffort" => !pod.best_effort,
        "NotTerminating" => true,
        "PriorityClass" => match operator {
            "In" => values.iter().any(|value| value == pod.priority_class),
            "NotIn" => values.iter().all(|value| value != pod.priority_class),
            "DoesNotExist" => pod.priority_class.is_empty(),
            _ => !pod.priority_class.is_empty(),
        },
        // `Terminating` has a deadline, `CrossNamespacePodAffinity` is asked for seldom.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_takes_of_what_is_named_after_it() {
        let requests = Resources::of([("cpu", "250m"), ("memory", "1Ki"), ("nvidia.com/gpu", "2")]);
        let limits = Resources::of([("memory", "2Ki")]);
        for (resource, expected) in [
            ("pods", Need::Milli(1_000)),
            ("count/pods", Need::Milli(1_000)),
            ("cpu", Need::Milli(250)),
            ("requests.cpu", Need::Milli(250)),
            ("requests.memory", Need::Milli(1_024_000)),
            ("limits.memory", Need::Milli(2_048_000)),
            ("limits.cpu", Need::Unnamed),
            ("requests.nvidia.com/gpu", Need::Milli(2_000)),
            ("requests.storage", Need::Nothing),
            ("services", Need::Nothing),
            ("count/configmaps", Need::Nothing),
        ] {
            assert_eq!(need(resource, &requests, &limits), expected, "{resource}");
        }
    }

    #[test]
    fn scopes_are_about_some_pods() {
        let pod = ScopeFacts {
            best_effort: false,
            priority_class: "high",
        };
        let values = ["high".to_owned()];
        for (scope, operator, expected) in [
            ("BestEffort", "Exists", false),
            ("NotBestEffort", "Exists", true),
            ("Terminating", "Exists", false),
            ("NotTerminating", "Exists", true),
            ("PriorityClass", "Exists", true),
            ("PriorityClass", "DoesNotExist", false),
            ("PriorityClass", "In", true),
            ("PriorityClass", "NotIn", false),
        ] {
            let values: &[String] = if operator.ends_with("In") { &values } else { &[] };
            assert_eq!(
                is_in_scope(pod, (scope, operator), values),
                expected,
                "{scope} {operator}"
            );
        }
    }
}
