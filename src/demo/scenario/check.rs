//! What scenarios look at and take hold of: workloads, their pods, their containers.

use serde_json::Value;

use crate::demo::kubelet::usage::killed_after;
use crate::demo::status::Status;
use crate::demo::world::Inner;
use crate::demo::world::object::{number, text};
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
    inner.store.modify(resource, namespace, name, change).map(|_| ())
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
    change(inner, ("deployments", namespace, name), |deployment| {
        let image = text(container(deployment), "/image").to_owned();
        let image = format!("{}:{tag}", crate::demo::world::image::repository(&image));
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
