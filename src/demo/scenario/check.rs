//! What scenarios look at and take hold of: workloads, their pods, their containers.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::demo::api::fields;
use crate::demo::kubelet::usage::killed_after;
use crate::demo::object::pairs;
use crate::demo::object::{manage, number, object, stamp, text};
use crate::demo::status::Status;
use crate::demo::world::Inner;
use crate::demo::world::catalog::full;
use crate::demo::world::state::Pod;

/// Changes a stored object as its owners would.
///
/// # Errors
/// There is no such object.
pub fn change(
    inner: &Inner,
    (resource, namespace, name): (&str, &str, &str),
    change: impl FnOnce(&mut Value),
) -> Result<(), Status> {
    change_as("kubectl-edit", inner, (resource, namespace, name), change)
}

/// The same by a program of that name, which stands in the object's `managedFields` then.
///
/// # Errors
/// There is no such object.
pub fn change_as(
    manager: &str,
    inner: &Inner,
    (resource, namespace, name): (&str, &str, &str),
    change: impl FnOnce(&mut Value),
) -> Result<(), Status> {
    let now = inner.store.clock().now();
    let changed = inner.store.modify(resource, namespace, name, |object| {
        let before = object.clone();
        change(object);
        fields::updated(manager, None, (&before, object), now);
    });
    changed.map(|_| ())
}

/// The first container of a stored workload's template.
pub fn container(workload: &mut Value) -> &mut Value {
    &mut workload["spec"]["template"]["spec"]["containers"][0]
}

/// Releases `tag` of a deployment's image.
///
/// # Errors
/// There is no such deployment.
pub fn release(inner: &Inner, (namespace, name): (&str, &str), tag: &str) -> Result<(), Status> {
    change_as("helm", inner, ("deployments", namespace, name), |deployment| {
        let image = text(container(deployment), "/image").to_owned();
        let image = format!("{}:{tag}", crate::demo::image::repository(&image));
        container(deployment)["image"] = image.into();
        deployment["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/version"] = tag.into();
    })
}

/// Whether a deployment wants pods, and has all of them from its newest template, available.
pub fn rolled_out(inner: &Inner, (namespace, name): (&str, &str)) -> bool {
    let Some(deployment) = inner.store.read("deployments", namespace, name) else {
        return false;
    };
    let of = |pointer: &str| number(&deployment, pointer).unwrap_or(0);
    let wanted = of("/spec/replicas");
    wanted > 0
        && of("/metadata/generation") == of("/status/observedGeneration")
        && ["replicas", "updatedReplicas", "availableReplicas"]
            .iter()
            .all(|part| of(&format!("/status/{part}")) == wanted)
}

/// Pods of an application, by its name label.
pub fn pods_of<'a>(inner: &'a Inner, (namespace, name): (&str, &'a str)) -> impl Iterator<Item = &'a Pod> {
    let label = "app.kubernetes.io/name";
    inner
        .pods_in(&namespace.into())
        .map(|(_, pod)| pod)
        .filter(move |pod| pod.label(label) == Some(name))
        .collect::<Vec<_>>()
        .into_iter()
}

/// Whether no container of a pod will be killed for its memory.
pub fn lasts(pod: &Pod) -> bool {
    pod.spec
        .containers
        .iter()
        .all(|container| killed_after(container).is_none())
}

/// Adds objects, leaving those that are there already as they are.
///
/// # Errors
/// What the store refuses for another reason.
pub fn install(inner: &Inner, objects: impl IntoIterator<Item = Value>) -> Result<(), Status> {
    for object in objects {
        match inner.add(object) {
            Err(status) if status.code != 409 => return Err(status),
            _ => {}
        }
    }
    Ok(())
}

/// A deployment of one container, as somebody's manifest would have it.
pub fn deployment((namespace, name): (&str, &str), image: &str, replicas: u32, at: Timestamp) -> Value {
    let mut deployment = object(("apps/v1", "Deployment"), (namespace, name), at);
    let labels = json!({"app.kubernetes.io/name": name});
    deployment["metadata"]["labels"] = labels.clone();
    deployment["spec"] = json!({"replicas": replicas, "selector": {"matchLabels": labels},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
        "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": full(image),
            "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}}}]}}});
    manage(&mut deployment, "helm", None, at);
    deployment
}

/// Whether a service has a ready pod behind it.
pub fn has_endpoints(inner: &Inner, (namespace, name): (&str, &str)) -> bool {
    let Some(service) = inner.store.read("services", namespace, name) else {
        return false;
    };
    let selector = pairs(&service["spec"]["selector"]);
    let mut pods = inner.pods_in(&namespace.into());
    pods.any(|(_, pod)| pod.matches(&selector) && pod.ready().is_some())
}

/// Rolls a deployment's pods once more.
///
/// # Errors
/// There is no such deployment.
pub fn restart(inner: &Inner, (namespace, name): (&str, &str), now: Timestamp) -> Result<(), Status> {
    change(inner, ("deployments", namespace, name), |deployment| {
        deployment["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] =
            stamp(now).into();
    })
}
