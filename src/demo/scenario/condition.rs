//! When a game day from a file is mended: conditions on objects. Looks only.

use serde_json::Value;

use super::check::rolled_out;
use super::reference::Reference;
use crate::demo::object::{items, number};
use crate::demo::world::Inner;
use crate::demo::world::state::{Pod, key};

/// Something that has to be so.
#[derive(Debug, Clone)]
pub enum Condition {
    /// An object is as it should be: rolled out, ready, complete, bound.
    Ready(Reference),
    /// There is such an object.
    Exists(Reference),
    /// There is none.
    Gone(Reference),
    /// A value inside an object.
    Value(Reference, Vec<String>, Want),
    /// Every pod of a namespace (of all: empty) that wants to run is ready.
    Calm(String),
}

/// What a value has to be.
#[derive(Debug, Clone)]
pub enum Want {
    /// This.
    Is(Value),
    /// Anything but this; also when there is none.
    Not(Value),
    /// A number, this or more.
    AtLeast(f64),
    /// A number, this or less.
    AtMost(f64),
}

impl Condition {
    /// Whether it is so.
    pub fn holds(&self, inner: &Inner) -> bool {
        let read = |what: &Reference| {
            let storage = &what.resource.storage;
            inner.store.read(storage, &what.namespace, &what.name)
        };
        match self {
            Self::Ready(what) => is_ready(inner, what),
            Self::Exists(what) => read(what).is_some(),
            Self::Gone(what) => read(what).is_none(),
            Self::Value(what, path, want) => {
                let object = read(what);
                let found = object.as_ref().and_then(|object| at(object, path));
                match want {
                    Want::Is(value) => found == Some(value),
                    Want::Not(value) => object.is_some() && found != Some(value),
                    Want::AtLeast(least) => found.and_then(Value::as_f64).is_some_and(|have| have >= *least),
                    Want::AtMost(most) => found.and_then(Value::as_f64).is_some_and(|have| have <= *most),
                }
            }
            Self::Calm(namespace) => {
                let fine = |pod: &Pod| pod.over() || pod.ready().is_some() && pod.deleting.is_none();
                let mut pods = inner.pods.iter();
                pods.all(|(key, pod)| !namespace.is_empty() && *key.0 != **namespace || fine(pod))
            }
        }
    }
}

/// The value at a path of keys and numbers of list entries.
fn at<'a>(object: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, step| match value {
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        value => value.get(step),
    })
}

fn is_ready(inner: &Inner, what: &Reference) -> bool {
    let (space, name) = (what.namespace.as_str(), what.name.as_str());
    let storage = &*what.resource.storage;
    let Some(object) = inner.store.read(storage, space, name) else {
        return false;
    };
    let of = |pointer: &str| number(&object, pointer).unwrap_or(0);
    let is = |kind: &str| {
        let mut all = items(&object, "/status/conditions").iter();
        all.any(|condition| condition["type"] == kind && condition["status"] == "True")
    };
    let current = of("/metadata/generation") == of("/status/observedGeneration");
    match storage {
        "deployments" => rolled_out(inner, (space, name)),
        "statefulsets" => {
            let wanted = of("/spec/replicas");
            current
                && ["ready", "updated"]
                    .iter()
                    .all(|part| of(&format!("/status/{part}Replicas")) == wanted)
        }
        "replicasets" => current && of("/status/readyReplicas") == of("/spec/replicas"),
        "daemonsets" => {
            let wanted = of("/status/desiredNumberScheduled");
            current
                && of("/status/numberAvailable") == wanted
                && of("/status/updatedNumberScheduled") == wanted
        }
        "pods" => inner
            .pods
            .get(&key(space, name))
            .is_some_and(|pod| pod.ready().is_some()),
        "nodes" => is("Ready") && object["spec"]["unschedulable"] != true,
        "jobs" => is("Complete"),
        "persistentvolumeclaims" => object["status"]["phase"] == "Bound",
        "services" => super::check::has_endpoints(inner, (space, name)),
        _ => is("Ready") || is("Available"),
    }
}
