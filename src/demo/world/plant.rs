//! Puts pods into the standard world as they stand by now: scheduled by the scheduler's checks, with the life they would have had.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::catalog::App;
use super::flavor::Flavor;
use super::state::{Key, Pod, key};
use super::{Inner, config, pod, scheduler, trouble};
use crate::clock::Timestamp;
use crate::demo::kubelet::life::Life;
use crate::demo::kubelet::spec::Spec;
use crate::demo::kubelet::status;
use crate::demo::object::pairs;
use crate::demo::object::{after, manage, text};
use crate::demo::status::Status;

/// Schedules a draft made at `at` and stores it as it stands by now.
///
/// # Errors
/// What the store refuses.
pub fn settle(inner: &mut Inner, app: Option<&App>, mut draft: Value, at: Timestamp) -> Result<Key, Status> {
    let role = role(inner, app);
    pod::admit(&mut draft, role.as_deref(), &mut inner.ids);
    inner.flavor.dress(&mut draft);
    let spec = Spec::parse(&draft["spec"]);
    let owner = text(&draft, "/metadata/ownerReferences/0/uid");
    let labels = pairs(&draft["metadata"]["labels"]);
    let around = inner.surroundings(
        (text(&draft, "/metadata/namespace"), owner),
        (&labels, &spec),
        &BTreeSet::new(),
    );
    match scheduler::choose(&spec, &inner.nodes, &around) {
        Ok(node) => bind(inner, app, draft, (&node, at)),
        Err(misfit) => {
            draft["status"] = status::unscheduled(&draft, &misfit.alone(), after(at, 1));
            manage(&mut draft, "kube-controller-manager", Some("kube-scheduler"), at);
            let stored = inner.add(draft)?;
            Ok(remember(inner, &stored, None))
        }
    }
}

/// The IAM role that EKS' webhook gives to the pods of an application.
fn role(inner: &Inner, app: Option<&App>) -> Option<String> {
    app.filter(|_| inner.flavor == Flavor::Eks).and_then(config::role)
}

/// Stores a draft on a node, with its life since `at`.
///
/// # Errors
/// What the store refuses.
pub fn bind(
    inner: &mut Inner,
    app: Option<&App>,
    mut draft: Value,
    (node_name, at): (&str, Timestamp),
) -> Result<Key, Status> {
    let role = role(inner, app);
    pod::admit(&mut draft, role.as_deref(), &mut inner.ids);
    inner.flavor.dress(&mut draft);
    draft["spec"]["nodeName"] = node_name.into();
    if let Some(node) = inner.nodes.get(node_name) {
        pod::locate(&mut draft, node);
    }
    let spec = Spec::parse(&draft["spec"]);
    let Some(node) = inner.nodes.get_mut(node_name) else {
        return Err(Status::no_such_path());
    };
    let taken = if spec.host_network {
        Some(node.address)
    } else {
        node.pool.take(at)
    };
    let host = node.address;
    let mut life = match taken {
        Some(ip) => Life::settled(&spec, (host, ip), after(at, 1)),
        None => Life {
            started: Some(after(at, 1)),
            ..Life::bound(&spec, host, after(at, 1))
        },
    };
    let stored = inner.add(draft)?;
    let (namespace, name) = (
        text(&stored, "/metadata/namespace").to_owned(),
        text(&stored, "/metadata/name").to_owned(),
    );
    if let Some(app) = app {
        let full = format!("{name}_{namespace}({})", text(&stored, "/metadata/uid"));
        trouble::afflict(app, &mut life, (&spec, &full), inner.store.clock().now());
    }
    let stored = inner.store.modify("pods", &namespace, &name, |pod| {
        pod["status"] = status::status(pod, &spec, &life);
        pod::manage_pod(pod, at);
    })?;
    Ok(remember(inner, &stored, Some(life)))
}

/// Takes a stored pod into the world's memory.
pub fn remember(inner: &mut Inner, stored: &Value, life: Option<Life>) -> Key {
    let mut pod = Pod::parse(stored);
    pod.life = life;
    let key = key(
        text(stored, "/metadata/namespace"),
        text(stored, "/metadata/name"),
    );
    if let Some(node) = pod.node.as_ref().and_then(|name| inner.nodes.get_mut(name)) {
        node.join(&key, &pod.spec);
        let images = pod
            .spec
            .init
            .iter()
            .chain(&pod.spec.containers)
            .map(|c| Arc::from(c.image.as_str()));
        node.images
            .extend(images.filter(|image| crate::demo::image::pull_error(image).is_none()));
    } else {
        inner.unscheduled.insert(key.clone());
    }
    inner.note_avoiding(&key, &pod);
    inner.pods.insert(key.clone(), pod);
    key
}
