//! Disruption budgets: how many pods may go, and who takes one of those (pkg/controller/disruption).

use serde_json::{Value, json};

use super::super::Inner;
use super::super::state::{Key, Pod};
use super::share;
use crate::demo::object::{items, number};
use crate::demo::selector;
use crate::demo::status::Status;

impl Inner {
    /// Counts what a budget allows.
    pub fn budget(&mut self, key: &Key, budget: &Value) {
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
}
