//! What may be stored: the validation of built-in kinds as the real server does it (`pkg/apis/*/validation`), in its words and order. It
//! judges whole objects after defaults; it changes nothing. What a kind's rules are stands in a file below.

mod amount;
mod batch;
mod container;
mod core;
mod definition;
mod handler;
mod hook;
mod meta;
mod networking;
mod pod;
mod policy;
mod rbac;
mod service;
mod storage;
mod structural;
mod workload;
mod wrong;

use serde_json::Value;

use crate::demo::resource::Resource;
use crate::demo::status::Status;
use wrong::Wrong;

/// What is to be stored, and what it was before; `None` if it is new.
struct Case<'a> {
    resource: &'a Resource,
    before: Option<&'a Value>,
    new: &'a Value,
}

impl Case<'_> {
    /// Whether a part is another than before; not for new objects.
    fn changes(&self, pointer: &str) -> bool {
        self.before
            .is_some_and(|before| before.pointer(pointer) != self.new.pointer(pointer))
    }
}

/// Refuses an object that its kind does not allow, written through a subresource if `part` is one. What was wrong already may stay: the world is not as tidy as its rules.
///
/// # Errors
/// 422 with all causes.
pub fn check(
    resource: &Resource,
    part: Option<&str>,
    (before, new): (Option<&Value>, &Value),
) -> Result<(), Status> {
    if part == Some("status") {
        let mut wrong = Wrong::default();
        if resource.group == "apps" {
            workload::judge_status(resource, &new["status"], &mut wrong);
        }
        let name = new["metadata"]["name"].as_str().unwrap_or_default();
        return wrong.verdict(&resource.qualified_kind(), name);
    }
    let mut wrong = Wrong::default();
    // Other subresources change what is fixed otherwise; each has rules of its own.
    let fixed = before.filter(|_| matches!(part, None | Some("scale")));
    let case = Case {
        resource,
        before: fixed,
        new,
    };
    judge(&case, &mut wrong);
    if let Some(before) = before {
        let mut had = Wrong::default();
        let unchanged = Case {
            resource,
            before: None,
            new: before,
        };
        judge(&unchanged, &mut had);
        wrong.forgive(&had);
    }
    let name = new["metadata"]["name"].as_str().unwrap_or_default();
    wrong.verdict(&resource.qualified_kind(), name)
}

fn judge(case: &Case<'_>, wrong: &mut Wrong) {
    meta::judge(case, wrong);
    let new = case.new;
    match (&*case.resource.group, &*case.resource.plural) {
        ("", "configmaps") => core::config_map(case, wrong),
        ("", "secrets") => core::secret(case, wrong),
        ("", "nodes") => core::node(new, wrong),
        ("", "endpoints") => core::endpoints(new, wrong),
        ("", "events") => core::event(new, wrong),
        ("", "resourcequotas") => policy::quota(&new["spec"], wrong),
        ("", "limitranges") => policy::limits(&new["spec"], wrong),
        ("", "pods") => pod::judge(case, wrong),
        ("", "services") => service::judge(case, wrong),
        ("", "persistentvolumeclaims") => storage::claim(case, wrong),
        ("", "persistentvolumes") => storage::volume(case, wrong),
        ("storage.k8s.io", "storageclasses") => storage::class(case, wrong),
        ("apps", _) | ("", "replicationcontrollers") => workload::judge(case, wrong),
        ("batch", _) => batch::judge(case, wrong),
        ("autoscaling", _) => policy::autoscaler(&new["spec"], wrong),
        ("policy", _) => policy::budget(&new["spec"], wrong),
        ("scheduling.k8s.io", _) => policy::priority(case, wrong),
        ("coordination.k8s.io", _) => core::lease(&new["spec"], wrong),
        ("discovery.k8s.io", _) => networking::slice(new, wrong),
        ("apiextensions.k8s.io", _) => definition::judge(case, wrong),
        ("admissionregistration.k8s.io", plural) if plural.ends_with("webhookconfigurations") => {
            hook::judge(new, wrong);
        }
        ("networking.k8s.io", "ingresses") => networking::ingress(&new["spec"], wrong),
        ("networking.k8s.io", "ingressclasses") => networking::class(case, wrong),
        ("networking.k8s.io", "networkpolicies") => networking::policy(&new["spec"], wrong),
        ("rbac.authorization.k8s.io", _) => rbac::judge(case, wrong),
        _ => {}
    }
}

/// The elements of a list; none if it is absent.
fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// A text; empty if it is absent.
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The entries of a map, sorted by key.
fn entries(map: &Value) -> Vec<(&str, &Value)> {
    let mut all: Vec<_> = map
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    all.sort_by_key(|(key, _)| *key);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::resource::Registry;
    use serde_json::json;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "objects are written where they are judged"
    )]
    fn told(storage: &str, before: Option<Value>, new: Value) -> String {
        let resource = Registry::builtin().stored(storage).unwrap();
        check(&resource, None, (before.as_ref(), &new))
            .map_or_else(|status| status.message, |()| String::new())
    }

    #[test]
    fn a_status_counts_nothing_below_zero_nor_above_all() {
        let told = |storage: &str, status: Value| {
            let resource = Registry::builtin().stored(storage).unwrap();
            let new = json!({ "metadata": { "name": "web" }, "status": status });
            check(&resource, Some("status"), (Some(&new), &new))
                .map_or_else(|status| status.message, |()| String::new())
        };
        let below = "status.replicas: Invalid value: -1: must be greater than or equal to 0";
        for storage in ["deployments", "replicasets", "statefulsets"] {
            assert!(
                told(storage, json!({ "replicas": -1 })).contains(below),
                "{storage}"
            );
            let fine = json!({ "replicas": 3, "readyReplicas": 2, "availableReplicas": 1, "unavailableReplicas": 9 });
            assert_eq!(told(storage, fine), "");
            assert_eq!(told(storage, Value::Null), "");
        }
        assert_eq!(
            told(
                "deployments",
                json!({ "replicas": 2, "readyReplicas": 2, "availableReplicas": 4 })
            ),
            "Deployment.apps \"web\" is invalid: \
             [status.availableReplicas: Invalid value: 4: cannot be greater than status.replicas, \
             status.availableReplicas: Invalid value: 4: cannot be greater than readyReplicas]"
        );
    }

    #[test]
    fn what_was_wrong_may_stay_and_what_is_fixed_may_not_change() {
        let bad = json!({ "metadata": { "name": "m", "namespace": "a", "labels": { "-a": "b" } }, "immutable": true, "data": { "a": "b" } });
        assert!(told("configmaps", None, bad.clone()).contains("metadata.labels: Invalid value: \"-a\""));
        assert_eq!(told("configmaps", Some(bad.clone()), bad.clone()), "");
        let mut other = bad.clone();
        other["data"]["a"] = "c".into();
        assert_eq!(
            told("configmaps", Some(bad), other),
            "ConfigMap \"m\" is invalid: data: Forbidden: field is immutable when `immutable` is set"
        );
    }

    #[test]
    fn all_causes_are_told_at_once() {
        let pod = json!({ "metadata": { "name": "p", "namespace": "a" }, "spec": { "restartPolicy": "Sometimes", "dnsPolicy": "Default",
            "containers": [{ "name": "C", "image": "" }, { "name": "d", "image": "x", "livenessProbe": {} }] } });
        let said = told("pods", None, pod);
        for part in [
            "spec.containers[0].name: Invalid value: \"C\": a lowercase RFC 1123 label",
            "spec.containers[0].image: Required value",
            "spec.containers[1].livenessProbe: Required value: must specify a handler type",
            "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
    }
}
