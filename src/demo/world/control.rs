//! The controllers: each brings the world nearer to what one object asks for. This file holds what they share.

mod autoscaler;
mod cron;
mod daemon;
mod deployment;
mod endpoints;
mod garbage;
mod job;
mod namespace;
mod replicas;
mod stateful;

use std::sync::Arc;

use serde_json::{Value, json};

use super::event::{About, Source, note};
use super::object::{after, items, number, stamp, text};
use super::state::{Key, Pod};
use super::work::Work;
use super::{Inner, pod};
use crate::clock::Timestamp;
use crate::demo::selector;
use crate::demo::status::Status;

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
            "services" => self.endpoints(key, &object, now),
            "poddisruptionbudgets" => self.budget(key, &object),
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
        if !self.store.list("resourcequotas", Some(&namespace)).is_empty() {
            // Pods made a moment ago count.
            self.observe_all(now);
        }
        self.admission("pods", &namespace, &mut draft)?;
        super::object::manage(&mut draft, "kube-controller-manager", None, now);
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

    /// Whether the claims of a pod are bound; binds those that only waited for it.
    pub fn claims_bound(&mut self, key: &Key, pod: &Pod, now: Timestamp) -> bool {
        let mut all = true;
        for name in pod.spec.claims.clone() {
            let Some(claim) = self.object(
                "persistentvolumeclaims",
                &(Arc::clone(&key.0), name.as_str().into()),
            ) else {
                all = false;
                continue;
            };
            if text(&claim, "/status/phase") == "Bound" {
                all &= !self.held_elsewhere((key, pod), &claim, now);
                continue;
            }
            let Some(node) = pod.node.clone() else {
                return false;
            };
            let zone = self
                .nodes
                .get(&node)
                .map(|node| node.zone().to_owned())
                .unwrap_or_default();
            let uid = text(&claim, "/metadata/uid").to_owned();
            let size = text(&claim, "/spec/resources/requests/storage").to_owned();
            let _ = self.add(super::platform::volume(
                (&key.0, &name),
                (&size, &zone),
                &uid,
                now,
            ));
            let _ = self
                .store
                .modify("persistentvolumeclaims", &key.0, &name, |claim| {
                    super::platform::bind(claim, &uid, &node);
                });
            self.event(
                &claim,
                "ebs.csi.aws.com",
                (
                    false,
                    "ProvisioningSucceeded",
                    format!("Successfully provisioned volume pvc-{uid}"),
                ),
                now,
            );
            all = false;
        }
        all
    }

    /// Whether a volume that one node at a time may have is with another node (attach-detach controller).
    fn held_elsewhere(&mut self, (key, pod): (&Key, &Pod), claim: &Value, now: Timestamp) -> bool {
        if !items(claim, "/spec/accessModes")
            .iter()
            .any(|mode| mode == "ReadWriteOnce")
        {
            return false;
        }
        let name = text(claim, "/metadata/name");
        let space = Arc::clone(&key.0);
        let holders = self.pods_in(&space).filter(|(_, other)| {
            other.node != pod.node
                && other
                    .life
                    .as_ref()
                    .is_some_and(|life| life.sandbox.on && life.over.is_none())
                && other.spec.claims.iter().any(|claim| claim == name)
        });
        let names: Vec<String> = holders.map(|(key, _)| key.1.to_string()).collect();
        if names.is_empty() {
            return false;
        }
        let began = pod.life.as_ref().and_then(|life| life.started).unwrap_or(now);
        // It is asked every two seconds, but told once a minute.
        if (now.seconds() - began.seconds()) % 60 < 2 {
            let text = format!(
                "Multi-Attach error for volume \"{}\" Volume is already used by pod(s) {}",
                text(claim, "/spec/volumeName"),
                names.join(", ")
            );
            let about = About::pod((&key.0, &key.1), &pod.uid);
            let said = note(true, "FailedAttachVolume", text);
            self.record(&about, ("attachdetach-controller", ""), &said, now);
        }
        true
    }

    fn budget(&mut self, key: &Key, budget: &Value) {
        let selector = selector::of(&budget["spec"]["selector"]);
        let pods: Vec<&Pod> = self
            .pods_in(&key.0)
            .map(|(_, pod)| pod)
            .filter(|pod| pod.active() && pod.is_selected(selector.as_ref()))
            .collect();
        let (expected, healthy) = (
            pods.len() as i64,
            pods.iter().filter(|pod| pod.ready().is_some()).count() as i64,
        );
        let desired = match (
            budget["spec"].get("minAvailable"),
            budget["spec"].get("maxUnavailable"),
        ) {
            (Some(least), _) => share(least, expected, true),
            (_, Some(most)) => expected - share(most, expected, true),
            _ => expected,
        };
        let allowed = (healthy - desired).max(0);
        let generation = budget["metadata"]["generation"].clone();
        let since = items(budget, "/status/conditions").first().map_or_else(
            || budget["metadata"]["creationTimestamp"].clone(),
            |c| c["lastTransitionTime"].clone(),
        );
        self.set_status("poddisruptionbudgets", key, json!({"conditions": [{"type": "DisruptionAllowed", "status": if allowed > 0 { "True" } else { "False" },
            "reason": if allowed > 0 { "SufficientPods" } else { "InsufficientPods" }, "message": "", "lastTransitionTime": since, "observedGeneration": generation}],
            "currentHealthy": healthy, "desiredHealthy": desired.max(0), "disruptionsAllowed": allowed, "expectedPods": expected, "observedGeneration": generation}));
    }

    /// Whether the budgets of a pod let it be evicted now; takes one disruption from each if so.
    pub fn may_go(&mut self, key: &Key) -> bool {
        let Some(pod) = self.pods.get(key) else {
            return true;
        };
        let shelf = self.objects.get("poddisruptionbudgets");
        let guards: Vec<Key> = shelf
            .into_iter()
            .flatten()
            .filter(|(at, budget)| {
                at.0 == key.0 && pod.is_selected(selector::of(&budget["spec"]["selector"]).as_ref())
            })
            .map(|(at, _)| at.clone())
            .collect();
        guards.iter().all(|guard| {
            let taken = self
                .store
                .try_modify("poddisruptionbudgets", &guard.0, &guard.1, |budget| {
                    let allowed = number(budget, "/status/disruptionsAllowed").unwrap_or(0);
                    if allowed < 1 {
                        return Err(Status::new(429, "TooManyRequests", "no disruption is left"));
                    }
                    budget["status"]["disruptionsAllowed"] = (allowed - 1).into();
                    Ok(())
                });
            taken.is_ok()
        })
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

/// An `IntOrString` against a total: `25%` rounds up or down.
fn share(value: &Value, total: i64, up: bool) -> i64 {
    match value {
        Value::String(text) => {
            let percent: i64 = text.trim_end_matches('%').parse().unwrap_or(0);
            if text.ends_with('%') {
                (percent * total + if up { 99 } else { 0 }) / 100
            } else {
                percent
            }
        }
        other => other.as_i64().unwrap_or(0),
    }
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
