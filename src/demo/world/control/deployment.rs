//! Deployments: one ReplicaSet per template, replaced step by step within maxSurge and maxUnavailable (pkg/controller/deployment).

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::Inner;
use super::super::state::Key;
use super::super::workload::{REVISION, replica_set};
use super::{condition, count_or_percent, wanted};
use crate::clock::Timestamp;
use crate::demo::api::defaults;
use crate::demo::ids::{Ids, stable};
use crate::demo::object::{items, number, put, text, time};
use crate::rules::max_surge::{self, Fenceposts};

const NAME: &str = "deployment-controller";

/// One ReplicaSet of a deployment.
#[derive(Debug, Clone)]
struct Set {
    key: Key,
    value: Arc<Value>,
    revision: u64,
    wanted: i64,
    pods: i64,
    available: i64,
    ready: i64,
    going: i64,
}

impl Inner {
    pub(super) fn deployment(&mut self, key: &Key, deployment: &Value, now: Timestamp) {
        let mut sets = self.sets(deployment);
        let newest = sets.iter().rposition(|set| same_template(&set.value, deployment));
        let paused = deployment["spec"]["paused"] == true;
        let Some(newest) = newest else {
            if paused {
                let nobody = (Arc::clone(&key.0), Arc::from(""));
                self.deployment_status(key, &nobody, now);
            } else {
                self.new_set(key, deployment, &sets, now);
            }
            return;
        };
        let new = sets.remove(newest);
        let new = self.freshen(key, new, &sets);
        if paused {
            self.scale_set(deployment, &new, new.wanted.min(wanted(deployment)), now);
        } else {
            self.roll(deployment, &new, &sets, now);
        }
        self.forget_old(deployment, &sets);
        self.observe_all(now);
        self.deployment_status(key, &new.key, now);
    }

    fn sets(&self, deployment: &Value) -> Vec<Set> {
        let mut sets: Vec<Set> = self
            .owned(deployment, "replicasets")
            .into_iter()
            .map(|(key, value)| Set {
                revision: value["metadata"]["annotations"][REVISION]
                    .as_str()
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(0),
                wanted: wanted(&value),
                pods: number(&value, "/status/replicas").unwrap_or(0),
                available: number(&value, "/status/availableReplicas").unwrap_or(0),
                ready: number(&value, "/status/readyReplicas").unwrap_or(0),
                going: number(&value, "/status/terminatingReplicas").unwrap_or(0),
                key,
                value,
            })
            .collect();
        sets.sort_by_key(|set| set.revision);
        sets
    }

    fn new_set(&mut self, key: &Key, deployment: &Value, old: &[Set], now: Timestamp) {
        let revision = old.iter().map(|set| set.revision).max().unwrap_or(0) + 1;
        let template = deployment["spec"]["template"].to_string();
        let hash = Ids::new(stable(&[text(deployment, "/metadata/uid"), &template])).template_hash();
        let total: i64 = old.iter().map(|set| set.wanted).sum();
        let room = wanted(deployment) + surge(deployment) - total;
        let replicas = if recreates(deployment) && old.iter().any(|set| set.pods > 0) {
            0
        } else {
            room.clamp(0, wanted(deployment))
        };
        let Ok(set) = self.add(replica_set(deployment, &hash, revision, replicas, now)) else {
            return;
        };
        let name = text(&set, "/metadata/name").to_owned();
        let _ = self.store.modify("deployments", &key.0, &key.1, |deployment| {
            deployment["metadata"]["annotations"][REVISION] = revision.to_string().into();
        });
        if replicas > 0 {
            self.event(
                deployment,
                NAME,
                (
                    false,
                    "ScalingReplicaSet",
                    format!("Scaled up replica set {name} from 0 to {replicas}"),
                ),
                now,
            );
        }
    }

    /// A rollback makes an old ReplicaSet the newest again.
    fn freshen(&mut self, key: &Key, mut new: Set, old: &[Set]) -> Set {
        let highest = old.iter().map(|set| set.revision).max().unwrap_or(0);
        if new.revision <= highest {
            new.revision = highest + 1;
            let revision = new.revision.to_string();
            let _ = self.store.modify("replicasets", &new.key.0, &new.key.1, |set| {
                set["metadata"]["annotations"][REVISION] = revision.clone().into();
            });
            let _ = self.store.modify("deployments", &key.0, &key.1, |deployment| {
                deployment["metadata"]["annotations"][REVISION] = revision.into();
            });
        }
        new
    }

    fn roll(&mut self, deployment: &Value, new: &Set, old: &[Set], now: Timestamp) {
        let desired = wanted(deployment);
        let old_wanted: i64 = old.iter().map(|set| set.wanted).sum();
        if old_wanted == 0 && old.iter().all(|set| set.pods == 0) {
            self.scale_set(deployment, new, desired, now);
            return;
        }
        if recreates(deployment) {
            for set in old {
                self.scale_set(deployment, set, 0, now);
            }
            if old
                .iter()
                .all(|set| self.pods_of(text(&set.value, "/metadata/uid")).is_empty())
            {
                self.scale_set(deployment, new, desired, now);
            }
            return;
        }
        let room = desired + surge(deployment) - old_wanted - new.wanted;
        if new.wanted < desired && room > 0 {
            self.scale_set(deployment, new, (new.wanted + room).min(desired), now);
            return;
        }
        if new.wanted > desired {
            self.scale_set(deployment, new, desired, now);
        }
        self.shrink(deployment, (new, desired), old, now);
    }

    /// Takes old pods away: unready ones at once, ready ones as far as maxUnavailable allows.
    fn shrink(&mut self, deployment: &Value, (new, desired): (&Set, i64), old: &[Set], now: Timestamp) {
        let least = desired - unavailable(deployment);
        let all: i64 = old.iter().map(|set| set.wanted).sum::<i64>() + new.wanted;
        let mut spare = (all - least - (new.wanted - new.available)).max(0);
        let mut sizes: Vec<i64> = old.iter().map(|set| set.wanted).collect();
        for (set, size) in old.iter().zip(&mut sizes) {
            let unready = (set.wanted - set.available).clamp(0, spare);
            *size -= unready;
            spare -= unready;
        }
        let available: i64 = old.iter().map(|set| set.available).sum::<i64>() + new.available;
        let mut spare = (available - least).max(0);
        for size in &mut sizes {
            let less = (*size).min(spare);
            *size -= less;
            spare -= less;
        }
        for (set, size) in old.iter().zip(sizes) {
            self.scale_set(deployment, set, size, now);
        }
    }

    fn scale_set(&mut self, deployment: &Value, set: &Set, size: i64, now: Timestamp) {
        if set.wanted == size {
            return;
        }
        let desired = wanted(deployment);
        let most = desired + surge(deployment);
        let _ = self.store.modify("replicasets", &set.key.0, &set.key.1, |set| {
            set["spec"]["replicas"] = size.into();
            set["metadata"]["annotations"]["deployment.kubernetes.io/desired-replicas"] =
                desired.to_string().into();
            set["metadata"]["annotations"]["deployment.kubernetes.io/max-replicas"] = most.to_string().into();
        });
        let way = if size > set.wanted { "up" } else { "down" };
        let text = format!(
            "Scaled {way} replica set {} from {} to {size}",
            set.key.1, set.wanted
        );
        self.event(deployment, NAME, (false, "ScalingReplicaSet", text), now);
    }

    fn forget_old(&mut self, deployment: &Value, old: &[Set]) {
        let limit = number(deployment, "/spec/revisionHistoryLimit")
            .unwrap_or(10)
            .max(0) as usize;
        let empty: Vec<&Set> = old
            .iter()
            .filter(|set| set.wanted == 0 && set.pods == 0)
            .collect();
        for set in empty.iter().take(empty.len().saturating_sub(limit)) {
            let _ = self.store.remove("replicasets", &set.key.0, &set.key.1);
        }
    }

    fn deployment_status(&mut self, key: &Key, newest: &Key, now: Timestamp) {
        let Some(deployment) = self.object("deployments", key) else {
            return;
        };
        let sets = self.sets(&deployment);
        let new = sets.iter().find(|set| set.key == *newest);
        let (updated, new_available) = new.map_or((0, 0), |set| (set.pods, set.available));
        let sum = |part: fn(&Set) -> i64| sets.iter().map(part).sum::<i64>();
        let (pods, ready, available) = (sum(|s| s.pods), sum(|s| s.ready), sum(|s| s.available));
        let desired = wanted(&deployment);
        let mut status = json!({"observedGeneration": deployment["metadata"]["generation"],
            "terminatingReplicas": sum(|s| s.going)});
        for (name, value) in [
            ("replicas", pods),
            ("updatedReplicas", updated),
            ("readyReplicas", ready),
            ("availableReplicas", available),
            ("unavailableReplicas", (desired.max(pods) - available).max(0)),
        ] {
            if value > 0 {
                put(&mut status, name, value.into());
            }
        }
        let complete =
            updated == desired && pods == desired && available >= desired && new_available >= desired;
        let conditions = self.progress(&deployment, (newest, complete, available), now);
        put(&mut status, "conditions", conditions);
        let failed = new.and_then(|set| {
            let mut all = items(&set.value, "/status/conditions").iter();
            all.find(|one| one["type"] == "ReplicaFailure").cloned()
        });
        if let (Some(mut failed), Some(list)) = (failed, status["conditions"].as_array_mut()) {
            failed["lastUpdateTime"] = failed["lastTransitionTime"].clone();
            list.push(failed);
        }
        self.set_status("deployments", key, status);
    }

    fn progress(
        &mut self,
        deployment: &Value,
        (newest, complete, available): (&Key, bool, i64),
        now: Timestamp,
    ) -> Value {
        let old = items(deployment, "/status/conditions");
        let available = availability(deployment, available, now);
        let name = &newest.1;
        let before = old.iter().find(|c| c["type"] == "Progressing");
        if deployment["spec"]["paused"] == true {
            return json!([available, paused(before, now)]);
        }
        let patience = number(deployment, "/spec/progressDeadlineSeconds").unwrap_or(600);
        let moved = before.and_then(|c| time(c, "/lastUpdateTime")).unwrap_or(now);
        let fresh = before.is_none_or(|c| !text(c, "/message").contains(&**name));
        let late = !complete && !fresh && now.seconds() - moved.seconds() >= patience;
        let (reason, what) = match (complete, late) {
            (true, _) => ("NewReplicaSetAvailable", "has successfully progressed."),
            (_, true) => ("ProgressDeadlineExceeded", "has timed out progressing."),
            _ => ("ReplicaSetUpdated", "is progressing."),
        };
        let (on, message) = (!late, format!("ReplicaSet \"{name}\" {what}"));
        let mut progressing = condition(old, "Progressing", (on, reason, &message), now);
        let unchanged = before.filter(|c| c["reason"] == reason && c["message"] == message.as_str());
        progressing["lastUpdateTime"] =
            unchanged.map_or_else(|| Value::from(super::stamp(now)), |c| c["lastUpdateTime"].clone());
        if !complete && !late {
            let key = (
                Arc::clone(&newest.0),
                Arc::from(text(deployment, "/metadata/name")),
            );
            self.work.later(
                super::after(moved, patience + 1),
                super::super::work::Work::Object("deployments", key),
            );
        }
        json!([available, progressing])
    }
}

/// The progress of a paused deployment; that it made none stays (`progress.go`, `checkPausedConditions`).
fn paused(before: Option<&Value>, now: Timestamp) -> Value {
    let stays = |one: &&Value| {
        let reason = text(one, "/reason");
        matches!(reason, "DeploymentPaused" | "ProgressDeadlineExceeded")
    };
    let new = || {
        let at = super::stamp(now);
        json!({"type": "Progressing", "status": "Unknown", "reason": "DeploymentPaused", "message": "Deployment is paused",
            "lastUpdateTime": at, "lastTransitionTime": at})
    };
    before.filter(stays).cloned().unwrap_or_else(new)
}

fn availability(deployment: &Value, available: i64, now: Timestamp) -> Value {
    let enough = available >= wanted(deployment) - unavailable(deployment);
    let why = if enough {
        (
            true,
            "MinimumReplicasAvailable",
            "Deployment has minimum availability.",
        )
    } else {
        (
            false,
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        )
    };
    let mut condition = condition(items(deployment, "/status/conditions"), "Available", why, now);
    condition["lastUpdateTime"] = condition["lastTransitionTime"].clone();
    condition
}

/// Equal but for the hash label and for defaults, which are written into an object only when it goes through the API.
fn same_template(set: &Value, deployment: &Value) -> bool {
    let (mut template, mut wanted) = (
        set["spec"]["template"].clone(),
        deployment["spec"]["template"].clone(),
    );
    if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
        labels.shift_remove("pod-template-hash");
    }
    defaults::pod::spec(&mut template["spec"]);
    defaults::pod::spec(&mut wanted["spec"]);
    template == wanted
}

fn recreates(deployment: &Value) -> bool {
    deployment["spec"]["strategy"]["type"] == "Recreate"
}

/// How many pods its rolling update may add and miss.
fn fenceposts(deployment: &Value) -> Fenceposts {
    let of = |name: &str| {
        let stated = deployment["spec"]["strategy"]["rollingUpdate"].get(name);
        count_or_percent(stated.unwrap_or(&json!("25%")))
    };
    let surge = of("maxSurge").filter(|_| !recreates(deployment));
    let wanted = u32::try_from(wanted(deployment)).unwrap_or(0);
    max_surge::fenceposts(surge, of("maxUnavailable"), wanted)
}

fn surge(deployment: &Value) -> i64 {
    fenceposts(deployment).surge.into()
}

fn unavailable(deployment: &Value) -> i64 {
    fenceposts(deployment).unavailable.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_written_by_the_server_make_no_new_revision() {
        let container = json!({"name": "app", "image": "shop/app:1"});
        let set = json!({"spec": {"template": {"metadata": {"labels": {"app": "web", "pod-template-hash": "abc"}}, "spec": {"containers": [container]}}}});
        let mut deployment = json!({"spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}}});
        defaults::pod::spec(&mut deployment["spec"]["template"]["spec"]);
        assert!(same_template(&set, &deployment));
        deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "shop/app:2".into();
        assert!(!same_template(&set, &deployment));
    }
}
