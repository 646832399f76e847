//! StatefulSets: numbered pods with claims of their own, one after the other; updates from the highest number down.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::Inner;
use super::super::platform;
use super::super::state::{Key, Pod};
use super::super::work::Work;
use super::super::workload;
use super::{A_LOOK, wanted};
use crate::clock::Timestamp;
use crate::demo::ids::{Ids, stable};
use crate::demo::object::{items, number, owner_reference, put, text};

const NAME: &str = "statefulset-controller";

impl Inner {
    pub(super) fn stateful_set(&mut self, key: &Key, set: &Value, now: Timestamp) {
        let revision = self.revision_of(set, now);
        let pods = self.owned_pods(set);
        let at: BTreeMap<i64, &(Key, Pod)> = pods.iter().rev().map(|one| (ordinal(&one.1), one)).collect();
        let ordered = text(set, "/spec/podManagementPolicy") != "Parallel";
        let (mut steady, mut done) = (true, 0);
        let first = number(set, "/spec/ordinals/start").unwrap_or(0);
        let members = first..first + wanted(set);
        for ordinal in members.clone() {
            match at.get(&ordinal) {
                None => {
                    self.create_member(set, (ordinal, &revision), now);
                    (steady, done) = (false, done + 1);
                }
                Some((pod_key, pod)) if pod.over() && pod.deleting.is_none() => {
                    self.delete_pod(pod_key, now);
                    (steady, done) = (false, done + 1);
                }
                Some((_, pod)) => steady &= pod.ready().is_some() && pod.deleting.is_none(),
            }
            if (!steady && ordered) || done == A_LOOK {
                break;
            }
        }
        let mut extra: Vec<(i64, Key)> = pods
            .iter()
            .filter(|(_, pod)| pod.deleting.is_none())
            .map(|(key, pod)| (ordinal(pod), key.clone()))
            .collect();
        extra.retain(|(ordinal, _)| !members.contains(ordinal));
        extra.sort();
        if let Some((_, victim)) = extra.last().filter(|_| steady || !ordered) {
            self.leave_claims(set, victim);
            self.delete_member(set, &victim.clone(), now);
            steady = false;
        }
        let rolls = text(set, "/spec/updateStrategy/type") != "OnDelete";
        if steady && rolls && pods.iter().all(|(_, pod)| pod.deleting.is_none()) {
            self.update_one(set, (&revision, &pods), now);
        }
        self.observe_all(now);
        self.stateful_status(key, set, &revision);
    }

    /// Name of the revision of the set's present template; stores it if it is new.
    pub(super) fn revision_of(&mut self, set: &Value, now: Timestamp) -> String {
        let owned: Vec<Value> = self
            .children
            .get(text(set, "/metadata/uid"))
            .into_iter()
            .flatten()
            .filter(|(resource, _)| &**resource == "controllerrevisions")
            .filter_map(|(_, key)| self.store.read("controllerrevisions", &key.0, &key.1))
            .collect();
        let plain = |template: &Value| {
            let mut template = template.clone();
            if let Some(map) = template.as_object_mut() {
                map.shift_remove("$patch");
            }
            template
        };
        let present = plain(&set["spec"]["template"]);
        if let Some(same) = owned
            .iter()
            .find(|revision| plain(&revision["data"]["spec"]["template"]) == present)
        {
            return text(same, "/metadata/name").to_owned();
        }
        let number = owned
            .iter()
            .filter_map(|revision| revision["revision"].as_i64())
            .max()
            .unwrap_or(0)
            + 1;
        let hash = Ids::new(stable(&[text(set, "/metadata/uid"), &present.to_string()])).template_hash();
        let revision = workload::revision(set, &hash, number, now);
        let name = text(&revision, "/metadata/name").to_owned();
        let _ = self.add(revision);
        name
    }

    fn create_member(&mut self, set: &Value, (ordinal, revision): (i64, &str), now: Timestamp) {
        let name = format!("{}-{ordinal}", text(set, "/metadata/name"));
        let namespace: Arc<str> = text(set, "/metadata/namespace").into();
        let mut volumes = Vec::new();
        for template in items(set, "/spec/volumeClaimTemplates") {
            let mut claim = platform::claim(set, template, &name, now);
            if text(set, "/spec/persistentVolumeClaimRetentionPolicy/whenDeleted") == "Delete" {
                claim["metadata"]["ownerReferences"] = json!([owner_reference(set)]);
            }
            if let Some(class) = self.class_of(&claim) {
                claim["spec"]["storageClassName"] = class["metadata"]["name"].clone();
            }
            let claim_name = text(&claim, "/metadata/name").to_owned();
            if self
                .object(
                    "persistentvolumeclaims",
                    &(Arc::clone(&namespace), claim_name.as_str().into()),
                )
                .is_none()
                && self.add(claim).is_ok()
            {
                let text = format!(
                    "Create Claim {claim_name} Pod {name} in StatefulSet {} success",
                    text(set, "/metadata/name")
                );
                self.event(set, NAME, (false, "SuccessfulCreate", text), now);
            }
            volumes.push(json!({"name": template["metadata"]["name"], "persistentVolumeClaim": {"claimName": claim_name}}));
        }
        let stem = format!("{}-", text(set, "/metadata/name"));
        let service = set["spec"]["serviceName"].clone();
        let made = self.create_pod(set, &name, now, |pod| {
            put(&mut pod["metadata"], "generateName", stem.into());
            let labels = &mut pod["metadata"]["labels"];
            put(labels, "apps.kubernetes.io/pod-index", ordinal.to_string().into());
            put(labels, "controller-revision-hash", revision.into());
            put(labels, "statefulset.kubernetes.io/pod-name", name.as_str().into());
            put(&mut pod["spec"], "hostname", name.as_str().into());
            put(&mut pod["spec"], "subdomain", service);
            if let Some(list) = pod["spec"]["volumes"].as_array_mut() {
                list.extend(volumes);
            } else {
                put(&mut pod["spec"], "volumes", volumes.into());
            }
        });
        let owner = text(set, "/metadata/name").to_owned();
        if let Err(status) = made {
            let text = format!("Create Pod {name} in StatefulSet {owner} failed error: {status}");
            let again = Work::Object("statefulsets", (namespace, owner.as_str().into()));
            return self.create_failed(set, (NAME, text), again, now);
        }
        let text = format!("Create Pod {name} in StatefulSet {owner} successful");
        self.event(set, NAME, (false, "SuccessfulCreate", text), now);
    }

    /// Claims of a member that goes when its set gets smaller go with it, if the set says so.
    fn leave_claims(&self, set: &Value, pod: &Key) {
        if text(set, "/spec/persistentVolumeClaimRetentionPolicy/whenScaled") != "Delete" {
            return;
        }
        let Some(uid) = self.pods.get(pod).map(|pod| pod.uid.to_string()) else {
            return;
        };
        let owner = json!({"apiVersion": "v1", "kind": "Pod", "name": &*pod.1, "uid": uid, "controller": true, "blockOwnerDeletion": true});
        for template in items(set, "/spec/volumeClaimTemplates") {
            let name = format!("{}-{}", text(template, "/metadata/name"), pod.1);
            let _ = self
                .store
                .modify("persistentvolumeclaims", &pod.0, &name, |claim| {
                    claim["metadata"]["ownerReferences"] = json!([owner]);
                });
        }
    }

    fn delete_member(&mut self, set: &Value, pod: &Key, now: Timestamp) {
        self.delete_pod(pod, now);
        let text = format!(
            "Delete Pod {} in StatefulSet {} successful",
            pod.1,
            text(set, "/metadata/name")
        );
        self.event(set, NAME, (false, "SuccessfulDelete", text), now);
    }

    fn update_one(&mut self, set: &Value, (revision, pods): (&str, &[(Key, Pod)]), now: Timestamp) {
        let from = number(set, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0)
            + number(set, "/spec/ordinals/start").unwrap_or(0);
        let old = pods
            .iter()
            .filter(|(_, pod)| ordinal(pod) >= from && !of_revision(pod, revision));
        if let Some((key, _)) = old.max_by_key(|(_, pod)| ordinal(pod)) {
            self.delete_member(set, &key.clone(), now);
        }
    }

    fn stateful_status(&mut self, key: &Key, set: &Value, revision: &str) {
        let pods = self.owned_pods(set);
        let count = |wanted: &dyn Fn(&Pod) -> bool| pods.iter().filter(|(_, pod)| wanted(pod)).count();
        let ready = count(&|pod| pod.ready().is_some());
        let updated = count(&|pod| of_revision(pod, revision));
        let before = Some(text(set, "/status/currentRevision"))
            .filter(|name| !name.is_empty())
            .unwrap_or(revision)
            .to_owned();
        let current = if updated == pods.len() && ready == pods.len() {
            revision.to_owned()
        } else {
            before
        };
        let old = count(&|pod| of_revision(pod, &current));
        let mut status = json!({"observedGeneration": set["metadata"]["generation"], "replicas": pods.len(), "availableReplicas": ready,
            "currentRevision": current, "updateRevision": revision, "collisionCount": 0});
        for (name, value) in [
            ("readyReplicas", ready),
            ("updatedReplicas", updated),
            ("currentReplicas", old),
        ] {
            if value > 0 {
                put(&mut status, name, value.into());
            }
        }
        self.set_status("statefulsets", key, status);
    }
}

fn ordinal(pod: &Pod) -> i64 {
    pod.label("apps.kubernetes.io/pod-index")
        .and_then(|text| text.parse().ok())
        .unwrap_or(-1)
}

fn of_revision(pod: &Pod, revision: &str) -> bool {
    pod.label("controller-revision-hash") == Some(revision)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::demo::object::object;
    use crate::demo::world::surroundings::tests::Play;

    #[test]
    fn a_great_set_is_made_in_many_looks() {
        let (play, now) = (Play::new(true), Timestamp::from_seconds(1_795_000_000));
        let mut set = object(("apps/v1", "StatefulSet"), ("batch", "big"), now);
        set["spec"] = json!({"replicas": A_LOOK + 20, "podManagementPolicy": "Parallel", "serviceName": "big",
            "selector": {"matchLabels": {"app": "big"}}, "template": {"metadata": {"labels": {"app": "big"}},
                "spec": {"nodeSelector": {"no": "such"}, "containers": [{"name": "a", "image": "nginx:1.29"}]}}});
        play.add(set);
        let set = play.read("statefulsets", "batch", "big");
        let key = ("batch".into(), "big".into());
        play.world.lock().stateful_set(&key, &set, now);
        assert_eq!(play.pods("batch", "big-").len(), A_LOOK);
        play.pass(3);
        assert_eq!(play.pods("batch", "big-").len(), A_LOOK + 20);
    }
}
