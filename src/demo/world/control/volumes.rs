//! Volumes: claims that wait for their first consumer are bound, and a volume that one node may have is kept from others (the
//! persistentvolume and the attach-detach controller).

use std::sync::Arc;

use serde_json::Value;

use super::super::Inner;
use super::super::event::{About, note};
use super::super::platform;
use super::super::state::{Key, Pod};
use super::super::work::Work;
use crate::clock::Timestamp;
use crate::demo::object::{after, items, text};

/// Seconds until a claim that is not bound is looked at again.
const CLAIM: i64 = 15;

impl Inner {
    /// What the controller does about a claim that no pod has asked for yet: binds it, or says why not.
    pub fn claim(&mut self, key: &Key, claim: &Value, now: Timestamp) {
        if text(claim, "/status/phase") != "Pending" {
            return;
        }
        let class = self.class_of(claim);
        let named = text(claim, "/spec/storageClassName");
        let (warning, reason, said) = match &class {
            Some(class) if text(class, "/volumeBindingMode") == "WaitForFirstConsumer" => (
                false,
                "WaitForFirstConsumer",
                "waiting for first consumer to be created before binding".to_owned(),
            ),
            Some(_) => {
                let anywhere = self.nodes.keys().next().cloned().unwrap_or_default();
                return self.provision(key, claim, &anywhere, now);
            }
            None if named.is_empty() => (
                false,
                "FailedBinding",
                "no persistent volumes available for this claim and no storage class is set".to_owned(),
            ),
            None => (
                true,
                "ProvisioningFailed",
                format!("storageclass.storage.k8s.io \"{named}\" not found"),
            ),
        };
        self.event(claim, "persistentvolume-controller", (warning, reason, said), now);
        self.work.later(
            after(now, CLAIM),
            Work::Object("persistentvolumeclaims", key.clone()),
        );
    }

    /// The class of a claim, the default one if it names none.
    pub(super) fn class_of(&self, claim: &Value) -> Option<Value> {
        if let Some(name) = claim["spec"]["storageClassName"].as_str() {
            return self.store.read("storageclasses", "", name);
        }
        let default = "storageclass.kubernetes.io/is-default-class";
        let classes = self.store.list("storageclasses", None);
        let mut classes = classes.iter().map(|class| class.value());
        classes.find(|class| class["metadata"]["annotations"][default] == "true")
    }

    /// Whether a claim is bound only when a pod that uses it has a node.
    pub fn waits_for_consumer(&self, claim: &Value) -> bool {
        let class = self.class_of(claim);
        class.is_some_and(|class| text(&class, "/volumeBindingMode") == "WaitForFirstConsumer")
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
            self.provision(&(Arc::clone(&key.0), name.as_str().into()), &claim, &node, now);
            all = false;
        }
        all
    }

    /// Makes the volume a claim asks for, where `node` can reach it, and binds them.
    fn provision(&mut self, key: &Key, claim: &Value, node: &str, now: Timestamp) {
        let zone = self
            .nodes
            .get(node)
            .map(|node| node.zone().to_owned())
            .unwrap_or_default();
        let uid = text(claim, "/metadata/uid").to_owned();
        let size = text(claim, "/spec/resources/requests/storage").to_owned();
        let _ = self.add(platform::volume((&key.0, &key.1), (&size, &zone), &uid, now));
        let _ = self
            .store
            .modify("persistentvolumeclaims", &key.0, &key.1, |claim| {
                platform::bind(claim, &uid, node);
            });
        self.event(
            claim,
            "ebs.csi.aws.com",
            (
                false,
                "ProvisioningSucceeded",
                format!("Successfully provisioned volume pvc-{uid}"),
            ),
            now,
        );
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
}
