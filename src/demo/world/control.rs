//! The controllers: each brings the world nearer to what one object asks for. This file holds what they share.

mod autoscaler;
mod balancer;
mod budget;
mod cron;
mod daemon;
mod deployment;
mod endpoints;
mod garbage;
mod job;
mod namespace;
mod replicas;
mod stateful;
mod volumes;

pub use self::autoscaler::pace::Memory;
use std::sync::Arc;

use serde_json::{Value, json};

use super::event::{About, Source, note};
use super::state::{Key, Pod};
use super::work::Work;
use super::{Inner, pod};
use crate::clock::Timestamp;
use crate::demo::kubelet_api::Admission;
use crate::demo::object::{after, number, stamp, text};
use crate::demo::status::Status;
use crate::rules::max_surge::CountOrPercent;

/// How many pods one look of a controller creates at most.
const A_LOOK: usize = 500;
/// Seconds until a controller tries again to create what was refused.
const RETRY: i64 = 10;

impl Inner {
    /// Lets the controller of a resource look at one of its objects.
    pub fn control(&mut self, resource: &'static str, key: &Key, now: Timestamp) {
        let Some(object) = self.object(resource, key) else {
            return;
        };
        if !text(&object, "/metadata/deletionTimestamp").is_empty() && resource != "namespaces" {
            return;
        }
        match resource {
            "deployments" => self.deployment(key, &object, now),
            "replicasets" => self.replica_set(key, &object, now),
            "statefulsets" => self.stateful_set(key, &object, now),
            "daemonsets" => self.daemon_set(key, &object, now),
            "jobs" => self.job(key, &object, now),
            "cronjobs" => self.cron_job(key, &object, now),
            "horizontalpodautoscalers" => self.autoscaler(key, &object, now),
            "services" => {
                self.endpoints(key, &object, now);
                self.balancer(key, &object, now);
            }
            "poddisruptionbudgets" => self.budget(key, &object),
            "persistentvolumeclaims" => self.claim(key, &object, now),
            "namespaces" => self.namespace(key, &object, now),
            _ => {}
        }
    }

    /// An object of a watched resource.
    pub fn object(&self, resource: &str, key: &Key) -> Option<Arc<Value>> {
        self.objects.get(resource)?.get(key).cloned()
    }

    /// Objects of `resource` that `owner` controls.
    fn owned(&self, owner: &Value, resource: &str) -> Vec<(Key, Arc<Value>)> {
        let children = self
            .children
            .get(text(owner, "/metadata/uid"))
            .into_iter()
            .flatten();
        children
            .filter(|(have, _)| &**have == resource)
            .filter_map(|(_, key)| Some((key.clone(), self.object(resource, key)?)))
            .collect()
    }

    /// Pods that `owner` controls.
    fn owned_pods(&self, owner: &Value) -> Vec<(Key, Pod)> {
        let keys = self.pods_of(text(owner, "/metadata/uid"));
        keys.into_iter()
            .filter_map(|key| self.pods.get(&key).cloned().map(|pod| (key, pod)))
            .collect()
    }

    /// Replaces the status of an object, if that changes it.
    fn set_status(&self, resource: &str, key: &Key, status: Value) {
        let _ = self
            .store
            .modify(resource, &key.0, &key.1, |object| object["status"] = status);
    }

    fn event(
        &mut self,
        object: &Value,
        component: &'static str,
        told: (bool, &'static str, String),
        now: Timestamp,
    ) {
        let source: Source<'_> = (component, "");
        self.record(&About::object(object), source, &note(told.0, told.1, told.2), now);
    }

    /// Creates a pod of `owner` from `template` named `name`, changed by `finish` before it is stored.
    fn create_pod(
        &mut self,
        owner: &Value,
        name: &str,
        now: Timestamp,
        finish: impl FnOnce(&mut Value),
    ) -> Result<Value, Status> {
        let template = &owner["spec"]["template"];
        let mut draft = pod::from_template(owner, template, name, now);
        finish(&mut draft);
        let role = self.role(
            text(&draft, "/metadata/namespace"),
            text(&draft, "/spec/serviceAccountName"),
        );
        pod::admit(&mut draft, role.as_deref(), &mut self.ids);
        let namespace = text(&draft, "/metadata/namespace").to_owned();
        let pods = self
            .store
            .registry()
            .stored("pods")
            .ok_or_else(Status::no_such_path)?;
        let named = text(&draft, "/metadata/name").to_owned();
        self.admission(&Admission::creation(&pods, &namespace, &named), &mut draft)?;
        crate::demo::object::manage(&mut draft, "kube-controller-manager", None, now);
        self.add(draft)
    }

    /// A controller could not create a pod: it says so and tries again later.
    fn create_failed(
        &mut self,
        owner: &Value,
        (component, text): (&'static str, String),
        again: Work,
        now: Timestamp,
    ) {
        self.event(owner, component, (true, "FailedCreate", text), now);
        self.work.later(after(now, RETRY), again);
    }

    /// The IAM role of a service account.
    pub fn role(&self, namespace: &str, account: &str) -> Option<String> {
        let account = self.store.read("serviceaccounts", namespace, account)?;
        let role = account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].as_str()?;
        Some(role.to_owned())
    }

    /// Asks for the deletion of a pod as the API server does it: gracefully when it runs somewhere.
    pub fn delete_pod(&mut self, key: &Key, now: Timestamp) {
        let Some(pod) = self.pods.get(key) else { return };
        if pod.deleting.is_some() {
            return;
        }
        if (pod.node.is_none() || pod.over()) && !pod.kept {
            let _ = self.store.remove("pods", &key.0, &key.1);
            return;
        }
        let grace = pod.spec.grace;
        let _ = self.store.modify("pods", &key.0, &key.1, |value| {
            value["metadata"]["deletionTimestamp"] = stamp(after(now, grace)).into();
            value["metadata"]["deletionGracePeriodSeconds"] = grace.into();
        });
    }

    /// Pods of a namespace.
    pub fn pods_in(&self, namespace: &Arc<str>) -> impl Iterator<Item = (&Key, &Pod)> + use<'_> {
        let from = (Arc::clone(namespace), Arc::from(""));
        let namespace = Arc::clone(namespace);
        self.pods
            .range(from..)
            .take_while(move |(key, _)| key.0 == namespace)
    }
}

/// An `IntOrString`: a count, or per cent of a total. `None` for anything else.
fn count_or_percent(value: &Value) -> Option<CountOrPercent> {
    match value {
        Value::String(text) => CountOrPercent::parse(text),
        other => CountOrPercent::parse(&other.to_string()),
    }
}

/// An `IntOrString` against a total: `25%` rounds up or down.
fn share(value: &Value, total: i64, up: bool) -> i64 {
    let total = u32::try_from(total).unwrap_or(0);
    count_or_percent(value).map_or(0, |value| value.scaled(total, up).into())
}

/// A condition for a status list that keeps its transition time while its status stays.
fn condition(old: &[Value], kind: &str, (on, reason, message): (bool, &str, &str), now: Timestamp) -> Value {
    let status = if on { "True" } else { "False" };
    let before = old.iter().find(|c| c["type"] == kind);
    let since = before
        .filter(|c| c["status"] == status)
        .map_or_else(|| Value::from(stamp(now)), |c| c["lastTransitionTime"].clone());
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since})
}

/// `spec.replicas`, one when absent.
fn wanted(object: &Value) -> i64 {
    number(object, "/spec/replicas").unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::demo::api::merged;
    use crate::demo::world::surroundings::tests::Play;

    /// Changes an object as the API server does it.
    fn patch(play: &Play, plural: &str, (namespace, name): (&str, &str), patch: &Value) {
        let resource = play.world.store().registry().stored(plural).unwrap();
        let new = merged(&resource, &play.read(plural, namespace, name), patch).unwrap();
        play.change(plural, (namespace, name), |object| *object = new);
    }

    /// The names and uids of an owner's pods, and how many revisions it has.
    fn standing(play: &Play, plural: &str, (namespace, name): (&str, &str)) -> (Vec<[String; 2]>, usize) {
        let uid = play.read(plural, namespace, name)["metadata"]["uid"].clone();
        let owned = |of: &Value| of["metadata"]["ownerReferences"][0]["uid"] == uid;
        let pods = play.pods(namespace, &format!("{name}-"));
        let pods = pods.iter().filter(|pod| owned(pod));
        let words = ["name", "uid"];
        let pods = pods.map(|pod| words.map(|word| pod["metadata"][word].as_str().unwrap().to_owned()));
        let revisions = play.world.store().list("controllerrevisions", Some(namespace));
        let revisions = revisions.iter().filter(|one| owned(&one.value()));
        (pods.collect(), revisions.count())
    }

    #[test]
    fn a_change_beside_the_template_rolls_nothing() {
        let play = Play::new(true);
        let (proxy, ledger) = (("kube-system", "kube-proxy"), ("payments", "ledger"));
        let before = standing(&play, "daemonsets", proxy);
        let members = standing(&play, "statefulsets", ledger);
        let revision = play.read("statefulsets", ledger.0, ledger.1)["status"]["updateRevision"].clone();
        assert!(before.0.len() == 9 && before.1 == 1 && members.1 == 1);

        patch(
            &play,
            "daemonsets",
            proxy,
            &json!({"metadata": {"labels": {"x": "y"}}}),
        );
        let more = members.0.len() + 1;
        patch(
            &play,
            "statefulsets",
            ledger,
            &json!({"spec": {"replicas": more}}),
        );
        play.pass(90);

        assert_eq!(standing(&play, "daemonsets", proxy), before);
        let after = standing(&play, "statefulsets", ledger);
        assert_eq!((after.0.len(), after.1), (more, 1));
        assert_eq!(after.0[..more - 1], members.0[..]);
        let set = play.read("statefulsets", ledger.0, ledger.1);
        assert_eq!(set["status"]["updateRevision"], revision);
    }
}
