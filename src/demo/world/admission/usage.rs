//! What an object takes of a quota (`pkg/quota/v1/evaluator/core`), and which quotas mean it by their scopes.

use serde_json::Value;

use super::amount::{Amount, Amounts, add, stated};
use crate::demo::object::{items, text};
use crate::demo::resource::Resource;

/// Things of which a quota counts the objects under their bare name.
const COUNTED: [&str; 5] = [
    "configmaps",
    "secrets",
    "resourcequotas",
    "replicationcontrollers",
    "services",
];

/// All that an object counts for.
pub(super) fn of(resource: &Resource, object: &Value) -> Amounts {
    let plural = &*resource.plural;
    let mut all = Amounts::from([(format!("count/{}", resource.qualified()), Amount::count(1))]);
    if !resource.group.is_empty() {
        return all;
    }
    if COUNTED.contains(&plural) {
        all.insert(plural.to_owned(), Amount::count(1));
    }
    match plural {
        "pods" if !is_over(object) => add(&mut all, &of_pod(&object["spec"])),
        "services" => add(&mut all, &of_service(&object["spec"])),
        "persistentvolumeclaims" => add(&mut all, &of_claim(&object["spec"])),
        _ => {}
    }
    all
}

fn is_over(pod: &Value) -> bool {
    matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
}

fn of_pod(spec: &Value) -> Amounts {
    let mut all = Amounts::from([("pods".to_owned(), Amount::count(1))]);
    for (name, amount) in sum(spec, "requests") {
        let bare =
            matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
        all.insert(format!("requests.{name}"), amount);
        if bare {
            all.insert(name, amount);
        }
    }
    for (name, amount) in sum(spec, "limits") {
        if matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") {
            all.insert(format!("limits.{name}"), amount);
        }
    }
    all
}

/// What all containers of a pod ask for, or may have: those that run together, or the greatest that runs before them.
pub(super) fn sum(spec: &Value, side: &str) -> Amounts {
    let of = |container: &Value| stated(&container["resources"][side]);
    let mut together = Amounts::new();
    for container in items(spec, "/containers") {
        add(&mut together, &of(container));
    }
    let (mut sidecars, mut before) = (Amounts::new(), Amounts::new());
    for container in items(spec, "/initContainers") {
        let mut now = of(container);
        if container["restartPolicy"] == "Always" {
            add(&mut sidecars, &now);
            now = sidecars.clone();
        } else {
            add(&mut now, &sidecars);
        }
        for (name, amount) in now {
            let most = before.entry(name).or_default();
            *most = most.or_more(amount);
        }
    }
    add(&mut together, &sidecars);
    for (name, amount) in before {
        let most = together.entry(name).or_default();
        *most = most.or_more(amount);
    }
    // What the whole pod states counts instead of what its containers do.
    together.extend(stated(&spec["resources"][side]));
    if side == "requests" {
        add(&mut together, &stated(&spec["overhead"]));
    }
    together
}

fn of_service(spec: &Value) -> Amounts {
    let mut all = Amounts::new();
    let kind = text(spec, "/type");
    let ports = items(spec, "/ports").len() as i64;
    if kind == "LoadBalancer" {
        all.insert("services.loadbalancers".into(), Amount::count(1));
    }
    let given = match kind {
        "NodePort" => ports,
        "LoadBalancer" if spec["allocateLoadBalancerNodePorts"] != false => ports,
        _ => 0,
    };
    all.insert("services.nodeports".into(), Amount::count(given));
    all
}

fn of_claim(spec: &Value) -> Amounts {
    let size = Amount::read(&spec["resources"]["requests"]["storage"]);
    let mut all = Amounts::from([
        ("persistentvolumeclaims".to_owned(), Amount::count(1)),
        ("requests.storage".to_owned(), size),
    ]);
    let class = text(spec, "/storageClassName");
    if !class.is_empty() {
        let of = |what: &str| format!("{class}.storageclass.storage.k8s.io/{what}");
        all.insert(of("persistentvolumeclaims"), Amount::count(1));
        all.insert(of("requests.storage"), size);
    }
    all
}

/// The resource whose objects a name in a quota counts: `pods` for `limits.cpu`, `deployments.apps` for `count/deployments.apps`.
pub(super) fn source(name: &str) -> &str {
    if let Some(counted) = name.strip_prefix("count/") {
        return counted;
    }
    if name.ends_with(".storageclass.storage.k8s.io/persistentvolumeclaims")
        || name.ends_with("requests.storage")
    {
        return "persistentvolumeclaims";
    }
    match name {
        "persistentvolumeclaims" => "persistentvolumeclaims",
        name if name.starts_with("services.") => "services",
        name if COUNTED.contains(&name) => name,
        _ => "pods",
    }
}

/// Whether a quota means an object by its scopes; those of pods mean nothing else.
pub(super) fn in_scope(quota: &Value, resource: &Resource, object: &Value) -> bool {
    let spec = &quota["spec"];
    let plain = items(spec, "/scopes").iter().filter_map(Value::as_str);
    let mut plain = plain.map(|scope| (scope, "Exists", &[][..]));
    let stated = items(spec, "/scopeSelector/matchExpressions").iter();
    let mut stated = stated.map(|one| {
        (
            text(one, "/scopeName"),
            text(one, "/operator"),
            items(one, "/values"),
        )
    });
    let pods = resource.group.is_empty() && resource.plural == "pods";
    let fits =
        |(scope, operator, values): (&str, &str, &[Value])| pods && fits(object, scope, (operator, values));
    plain.all(fits) && stated.all(fits)
}

fn fits(pod: &Value, scope: &str, (operator, values): (&str, &[Value])) -> bool {
    let ends = !pod["spec"]["activeDeadlineSeconds"].is_null();
    match scope {
        "Terminating" => ends,
        "NotTerminating" => !ends,
        "BestEffort" => is_best_effort(&pod["spec"]),
        "NotBestEffort" => !is_best_effort(&pod["spec"]),
        "PriorityClass" => {
            let class = text(pod, "/spec/priorityClassName");
            let listed = values.iter().any(|value| value == class);
            match operator {
                "In" => listed,
                "NotIn" => !listed,
                "DoesNotExist" => class.is_empty(),
                _ => !class.is_empty(),
            }
        }
        _ => false,
    }
}

fn is_best_effort(spec: &Value) -> bool {
    let some = |side: &str| sum(spec, side).values().any(|amount| amount.milli > 0);
    !some("requests") && !some("limits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::resource::Registry;
    use serde_json::json;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "objects are written where they are counted"
    )]
    fn told(storage: &str, object: Value) -> Vec<String> {
        let resource = Registry::builtin().stored(storage).unwrap();
        of(&resource, &object)
            .iter()
            .map(|(name, amount)| format!("{name}={amount}"))
            .collect()
    }

    #[test]
    fn objects_count_for_all_that_a_quota_may_name() {
        let pod = json!({ "spec": { "containers": [{ "resources": { "requests": { "cpu": "1", "nvidia.com/gpu": "2" }, "limits": { "memory": "1Gi" } } }],
            "initContainers": [{ "resources": { "requests": { "cpu": "1500m" } } }] } });
        assert_eq!(
            told("pods", pod),
            [
                "count/pods=1",
                "cpu=1500m",
                "limits.memory=1Gi",
                "pods=1",
                "requests.cpu=1500m",
                "requests.nvidia.com/gpu=2"
            ]
        );
        assert_eq!(
            told("pods", json!({ "status": { "phase": "Failed" } })),
            ["count/pods=1"]
        );
        let balancer = json!({ "spec": { "type": "LoadBalancer", "ports": [{}, {}] } });
        assert_eq!(
            told("services", balancer),
            [
                "count/services=1",
                "services=1",
                "services.loadbalancers=1",
                "services.nodeports=2"
            ]
        );
        let claim = json!({ "spec": { "storageClassName": "gp3", "resources": { "requests": { "storage": "2Gi" } } } });
        assert_eq!(
            told("persistentvolumeclaims", claim)[1],
            "gp3.storageclass.storage.k8s.io/persistentvolumeclaims=1"
        );
        assert_eq!(told("deployments", json!({})), ["count/deployments.apps=1"]);
        for (name, from) in [
            ("limits.cpu", "pods"),
            ("count/jobs.batch", "jobs.batch"),
            (
                "gp3.storageclass.storage.k8s.io/requests.storage",
                "persistentvolumeclaims",
            ),
            ("services.nodeports", "services"),
            ("secrets", "secrets"),
            ("requests.nvidia.com/gpu", "pods"),
        ] {
            assert_eq!(source(name), from);
        }
    }

    #[test]
    fn scopes_choose_pods() {
        let pods = Registry::builtin().stored("pods").unwrap();
        let pod = json!({ "spec": { "containers": [{}], "priorityClassName": "high" } });
        let scoped = |scopes: Value| json!({ "spec": { "scopes": scopes } });
        assert!(in_scope(
            &scoped(json!(["BestEffort", "NotTerminating"])),
            &pods,
            &pod
        ));
        assert!(!in_scope(&scoped(json!(["Terminating"])), &pods, &pod));
        let selected = |operator: &str| {
            json!({ "spec": { "scopeSelector": { "matchExpressions": [
            { "scopeName": "PriorityClass", "operator": operator, "values": ["high"] }] } } })
        };
        assert!(in_scope(&selected("In"), &pods, &pod) && !in_scope(&selected("NotIn"), &pods, &pod));
    }
}
