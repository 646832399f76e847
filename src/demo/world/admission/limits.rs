//! `LimitRange`: what a container gets that asks for nothing, and how little or much may be asked (`plugin/pkg/admission/limitranger`).

use serde_json::{Value, json};

use super::super::Inner;
use super::amount::{Amount, Amounts, stated};
use super::usage;
use crate::demo::kubelet_api::Admission;
use crate::demo::object::{items, text};
use crate::demo::status::Status;

const NOTE: &str = "kubernetes.io/limit-ranger";

impl Inner {
    /// Gives containers what the limit ranges of their namespace say, and notes it on the pod.
    pub(super) fn fill_limits(&self, namespace: &str, pod: &mut Value) {
        for range in self.store.list("limitranges", Some(namespace)) {
            let value = range.value();
            let (mut limits, mut requests) = (json!({}), json!({}));
            for limit in items(&value, "/spec/limits")
                .iter()
                .filter(|limit| limit["type"] == "Container")
            {
                take(&mut limits, &limit["default"]);
                take(&mut requests, &limit["defaultRequest"]);
            }
            let notes = fill_all(pod, &requests, &limits);
            if !notes.is_empty() {
                pod["metadata"]["annotations"][NOTE] =
                    format!("LimitRanger plugin set: {}", notes.join("; ")).into();
            }
        }
    }

    /// Refuses pods and claims that ask for less or more than they may.
    pub(super) fn check_limits(&self, wish: &Admission<'_>, object: &Value) -> Result<(), Status> {
        let pods = wish.is("CREATE", "pods");
        let claims =
            wish.is("CREATE", "persistentvolumeclaims") || wish.is("UPDATE", "persistentvolumeclaims");
        if !pods && !claims {
            return Ok(());
        }
        for range in self.store.list("limitranges", Some(wish.namespace)) {
            let value = range.value();
            let limits = items(&value, "/spec/limits").iter();
            let mut said: Vec<String> = limits.flat_map(|limit| judge(limit, object, pods)).collect();
            said.dedup();
            let why = match said.as_slice() {
                [] => continue,
                [one] => one.clone(),
                all => format!("[{}]", all.join(", ")),
            };
            return Err(Status::forbidden(&wish.resource.qualified(), wish.name, &why));
        }
        Ok(())
    }
}

/// Fills all containers; what was set of which.
fn fill_all(pod: &mut Value, requests: &Value, limits: &Value) -> Vec<String> {
    let mut notes = Vec::new();
    for (list, what) in [("containers", "container"), ("initContainers", "init container")] {
        let containers = pod["spec"].get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let name = text(container, "/name").to_owned();
            let mut note = |set: Vec<String>, word: &str| {
                if !set.is_empty() {
                    notes.push(format!("{} {word} for {what} {name}", set.join(", ")));
                }
            };
            note(fill(container, "requests", requests), "request");
            note(fill(container, "limits", limits), "limit");
        }
    }
    notes
}

fn take(into: &mut Value, from: &Value) {
    for (name, amount) in from.as_object().into_iter().flatten() {
        into[name] = amount.clone();
    }
}

/// Sets what is absent; the names, sorted.
fn fill(container: &mut Value, side: &str, usual: &Value) -> Vec<String> {
    let mut set = Vec::new();
    for (name, amount) in usual.as_object().into_iter().flatten() {
        if container["resources"][side].get(name).is_none() {
            container["resources"][side][name] = amount.clone();
            set.push(name.clone());
        }
    }
    set.sort();
    set
}

/// What one limit says of an object.
fn judge(limit: &Value, object: &Value, pods: bool) -> Vec<String> {
    let of = |container: &Value| {
        let side = |side: &str| stated(&container["resources"][side]);
        (side("requests"), side("limits"))
    };
    let spec = &object["spec"];
    match text(limit, "/type") {
        "Container" if pods => {
            let all = items(spec, "/containers")
                .iter()
                .chain(items(spec, "/initContainers"));
            all.flat_map(|container| told(limit, &of(container))).collect()
        }
        "Pod" if pods => told(limit, &(usage::sum(spec, "requests"), usage::sum(spec, "limits"))),
        "PersistentVolumeClaim" if !pods => of_claim(limit, &of(spec).0),
        _ => Vec::new(),
    }
}

fn told(limit: &Value, (requests, limits): &(Amounts, Amounts)) -> Vec<String> {
    let kind = text(limit, "/type");
    let mut said = Vec::new();
    for (name, least) in stated(&limit["min"]) {
        let head = format!("minimum {name} usage per {kind} is {least}");
        said.extend(match (requests.get(&name), limits.get(&name)) {
            (None, _) => Some(format!("{head}.  No request is specified")),
            (Some(have), _) if have.milli < least.milli => Some(format!("{head}, but request is {have}")),
            (_, Some(have)) if have.milli < least.milli => Some(format!("{head}, but limit is {have}")),
            _ => None,
        });
    }
    for (name, most) in stated(&limit["max"]) {
        let head = format!("maximum {name} usage per {kind} is {most}");
        said.extend(match (limits.get(&name), requests.get(&name)) {
            (None, _) => Some(format!("{head}.  No limit is specified")),
            (Some(have), _) if have.milli > most.milli => Some(format!("{head}, but limit is {have}")),
            (_, Some(have)) if have.milli > most.milli => Some(format!("{head}, but request is {have}")),
            _ => None,
        });
    }
    for (name, most) in stated(&limit["maxLimitRequestRatio"]) {
        said.extend(ratio(
            (&name, kind),
            most,
            (requests.get(&name), limits.get(&name)),
        ));
    }
    said
}

fn ratio(
    (name, kind): (&str, &str),
    most: Amount,
    (request, limit): (Option<&Amount>, Option<&Amount>),
) -> Option<String> {
    let head = format!("{name} max limit to request ratio per {kind} is {most}");
    let there = |amount: Option<&Amount>| amount.map(|amount| amount.milli).filter(|milli| *milli != 0);
    let Some(request) = there(request) else {
        return Some(format!("{head}, but no request is specified or request is 0"));
    };
    let Some(limit) = there(limit) else {
        return Some(format!("{head}, but no limit is specified or limit is 0"));
    };
    let ratio = limit as f64 / request as f64;
    (ratio * 1000.0 > most.milli as f64).then(|| format!("{head}, but provided ratio is {ratio:.6}"))
}

fn of_claim(limit: &Value, requests: &Amounts) -> Vec<String> {
    let mut said = Vec::new();
    let none = Amount::default();
    for (name, least) in stated(&limit["min"]) {
        let have = requests.get(&name).unwrap_or(&none);
        if have.milli < least.milli {
            said.push(format!(
                "minimum {name} usage per PersistentVolumeClaim is {least}, but request is {have}"
            ));
        }
    }
    for (name, most) in stated(&limit["max"]) {
        let have = requests.get(&name).unwrap_or(&none);
        if have.milli > most.milli {
            said.push(format!(
                "maximum {name} usage per PersistentVolumeClaim is {most}, but request is {have}"
            ));
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_and_too_much_is_told_in_the_words_of_the_real_server() {
        let limit = json!({ "type": "Container", "min": { "cpu": "100m" }, "max": { "memory": "1Gi" }, "maxLimitRequestRatio": { "cpu": "2" } });
        let pod = |requests: Value, limits: Value| json!({ "spec": { "containers": [{ "name": "c", "resources": { "requests": requests, "limits": limits } }] } });
        assert_eq!(
            judge(
                &limit,
                &pod(json!({ "cpu": "50m" }), json!({ "cpu": "200m", "memory": "2Gi" })),
                true
            ),
            [
                "minimum cpu usage per Container is 100m, but request is 50m",
                "maximum memory usage per Container is 1Gi, but limit is 2Gi",
                "cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000"
            ]
        );
        assert_eq!(
            judge(&limit, &pod(json!({}), json!({})), true)[1],
            "maximum memory usage per Container is 1Gi.  No limit is specified"
        );
        let claims = json!({ "type": "PersistentVolumeClaim", "min": { "storage": "1Gi" } });
        let claim = json!({ "spec": { "resources": { "requests": { "storage": "500Mi" } } } });
        assert_eq!(
            judge(&claims, &claim, false),
            ["minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi"]
        );
    }
}
