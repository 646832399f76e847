//! `HorizontalPodAutoscaler`s as kube-controller-manager runs them (`pkg/controller/podautoscaler/horizontal.go`): every 15 seconds what the
//! metrics propose, at the pace that the behaviour allows, with its conditions and events.

mod figures;
pub mod pace;

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Value, json};

use self::figures::{Failure, Proposal, Target};
use self::pace::Bounds;
use super::super::Inner;
use super::super::state::Key;
use super::condition;
use crate::clock::Timestamp;
use crate::demo::object::{items, number, stamp, text};
use crate::demo::selector::{self, Selector};

/// A ratio this near to 1 changes nothing (`--horizontal-pod-autoscaler-tolerance`).
const TOLERANCE: f64 = 0.1;
const NAME: &str = "horizontal-pod-autoscaler";

/// One look of one autoscaler.
struct Look<'a> {
    key: &'a Key,
    hpa: &'a Value,
    now: Timestamp,
    /// As they will be.
    conditions: Vec<Value>,
    metrics: Value,
}

impl Look<'_> {
    /// Sets a condition; those that are not mentioned stay.
    fn set(&mut self, kind: &str, (on, reason, message): (bool, &str, &str)) {
        let new = condition(&self.conditions, kind, (on, reason, message), self.now);
        match self.conditions.iter_mut().find(|one| one["type"] == kind) {
            Some(old) => *old = new,
            None => self.conditions.push(new),
        }
    }

    /// The status with these numbers; the last scaling is now or stays.
    fn status(&self, numbers: (Option<i64>, i64), scaled: bool) -> Value {
        let mut status = json!({"desiredReplicas": numbers.1, "currentMetrics": self.metrics, "conditions": self.conditions});
        if let Some(current) = numbers.0.filter(|current| *current != 0) {
            status["currentReplicas"] = current.into();
        }
        let last = if scaled {
            Some(stamp(self.now).into())
        } else {
            self.hpa.pointer("/status/lastScaleTime").cloned()
        };
        if let Some(last) = last {
            status["lastScaleTime"] = last;
        }
        status
    }

    fn desired_before(&self) -> i64 {
        number(self.hpa, "/status/desiredReplicas").unwrap_or(0)
    }
}

/// Why there should be so many. What the metrics propose now counts; when that is what is there, a proposal from before is followed, and its
/// direction counts (the real controller then says nothing).
fn reason(proposal: &Proposal, desired: i64, current: i64) -> String {
    let more = match proposal.replicas.cmp(&current) {
        Ordering::Greater => true,
        Ordering::Equal => desired > current,
        Ordering::Less => false,
    };
    if more {
        format!("{} above target", proposal.name)
    } else {
        "All metrics below target".to_owned()
    }
}

/// What is scaled: resource, key and the object.
type Scaled = (String, Key, Arc<Value>);

impl Inner {
    pub(super) fn autoscaler(&mut self, key: &Key, hpa: &Value, now: Timestamp) {
        let mut look = Look {
            key,
            hpa,
            now,
            conditions: items(hpa, "/status/conditions").to_vec(),
            metrics: Value::Null,
        };
        let (resource, place, object) = match self.scaled(key, hpa) {
            Ok(found) => found,
            Err(why) => {
                self.event(hpa, NAME, (true, "FailedGetScale", why.clone()), now);
                let message =
                    format!("the HPA controller was unable to get the target's current scale: {why}");
                look.set("AbleToScale", (false, "FailedGetScale", &message));
                let current = number(hpa, "/status/currentReplicas");
                return self.tell(&look, (current, look.desired_before()), false);
            }
        };
        let able = "the HPA controller was able to get the target's current scale";
        look.set("AbleToScale", (true, "SucceededGetScale", able));
        let current = super::wanted(&object);
        let uid: Arc<str> = text(hpa, "/metadata/uid").into();
        self.scalings
            .entry(Arc::clone(&uid))
            .or_default()
            .begin(current, now);
        let bounds = Bounds {
            low: number(hpa, "/spec/minReplicas").unwrap_or(1),
            high: number(hpa, "/spec/maxReplicas").unwrap_or(current),
            current,
        };
        let Some((desired, reason)) = self.decide(&mut look, (&uid, &object), bounds) else {
            return;
        };
        if desired == current {
            return self.tell(&look, (Some(current), desired), false);
        }
        let _ = self.store.modify(&resource, &place.0, &place.1, |object| {
            object["spec"]["replicas"] = desired.into();
        });
        let message = format!("the HPA controller was able to update the target scale to {desired}");
        look.set("AbleToScale", (true, "SucceededRescale", &message));
        let said = format!("New size: {desired}; reason: {reason}");
        self.event(hpa, NAME, (false, "SuccessfulRescale", said), now);
        if let Some(memory) = self
            .scalings
            .get_mut(&uid)
            .filter(|_| hpa["spec"]["behavior"].is_object())
        {
            memory.changed(current, desired, now);
        }
        self.tell(&look, (Some(current), desired), true);
    }

    /// How many there should be, and why; `None` if that could not be found out and was told.
    fn decide(
        &mut self,
        look: &mut Look<'_>,
        (uid, object): (&Arc<str>, &Value),
        bounds: Bounds,
    ) -> Option<(i64, String)> {
        let current = bounds.current;
        if current == 0 {
            let message = "scaling is disabled since the replica count of the target is zero";
            look.set("ScalingActive", (false, "ScalingDisabled", message));
            return Some((0, String::new()));
        }
        if current > bounds.high {
            return Some((
                bounds.high,
                "Current number of replicas above Spec.MaxReplicas".to_owned(),
            ));
        }
        if current < bounds.low {
            return Some((
                bounds.low,
                "Current number of replicas below Spec.MinReplicas".to_owned(),
            ));
        }
        let selector = selector::of(&object["spec"]["selector"]);
        let proposal = self.proposals(look, selector.as_ref(), current)?;
        let behavior = look.hpa["spec"].get("behavior").unwrap_or(&Value::Null);
        let memory = self.scalings.entry(Arc::clone(uid)).or_default();
        let paced = memory.pace(proposal.replicas, bounds, behavior, look.now);
        let reason = reason(&proposal, paced.desired, current);
        look.set("AbleToScale", (true, paced.able.0, paced.able.1));
        look.set("ScalingLimited", paced.limited);
        Some((paced.desired, reason))
    }

    /// The greatest proposal of all metrics; `None` if there is none that counts.
    fn proposals(
        &mut self,
        look: &mut Look<'_>,
        selector: Option<&Selector>,
        current: i64,
    ) -> Option<Proposal> {
        if let Some(others) = self.rivals(look, selector) {
            self.event(
                look.hpa,
                NAME,
                (true, "AmbiguousSelector", others.clone()),
                look.now,
            );
            look.set("ScalingActive", (false, "AmbiguousSelector", &others));
            self.unable(look, current, others);
            return None;
        }
        let target = Target {
            namespace: &look.key.0,
            selector,
            current,
            tolerance: tolerance(look.hpa),
        };
        // What defaulting writes.
        let usual =
            [json!({"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}})];
        let metrics = match items(look.hpa, "/spec/metrics") {
            [] => &usual,
            stated => stated,
        };
        let (mut best, mut failed, mut statuses): (Option<Proposal>, Vec<_>, Vec<Value>) = Default::default();
        for metric in metrics {
            match self.propose(metric, target, look.now) {
                Ok(proposal) => {
                    statuses.push(proposal.status.clone());
                    let better = best.as_ref().is_none_or(|best| proposal.replicas > best.replicas);
                    if better {
                        best = Some(proposal);
                    }
                }
                Err(failure) => {
                    self.event(
                        look.hpa,
                        NAME,
                        (true, failure.reason, failure.message.clone()),
                        look.now,
                    );
                    statuses.push(json!({"type": ""}));
                    failed.push(failure);
                }
            }
        }
        look.metrics = statuses.into();
        let best = best.filter(|best| failed.is_empty() || best.replicas >= current);
        let Some(best) = best else {
            let first = failed.first()?;
            let of = format!("{} invalid out of {}", failed.len(), metrics.len());
            self.invalid(look, current, (first, &of));
            return None;
        };
        let message = format!(
            "the HPA was able to successfully calculate a replica count from {}",
            best.name
        );
        look.set("ScalingActive", (true, "ValidMetricFound", &message));
        Some(best)
    }

    /// Says why the metrics propose nothing: the first failure, of so many.
    fn invalid(&mut self, look: &mut Look<'_>, current: i64, (first, of): (&Failure, &str)) {
        let Failure {
            reason,
            message,
            before,
        } = first;
        let told = format!("the HPA was unable to compute the replica count: {message}");
        look.set("ScalingActive", (false, reason, &told));
        let told = format!("invalid metrics ({of}), first error is: {before}: {message}");
        self.unable(look, current, told);
    }

    fn unable(&mut self, look: &Look<'_>, current: i64, told: String) {
        self.tell(look, (Some(current), look.desired_before()), false);
        self.event(
            look.hpa,
            NAME,
            (true, "FailedComputeMetricsReplicas", told),
            look.now,
        );
    }

    /// What is said when other autoscalers look after the same pods.
    fn rivals(&self, look: &Look<'_>, selector: Option<&Selector>) -> Option<String> {
        let pods = self
            .pods_in(&look.key.0)
            .filter(|(_, pod)| pod.is_selected(selector));
        let pods: Vec<_> = pods.map(|(_, pod)| pod).collect();
        let all = self.objects.get("horizontalpodautoscalers")?;
        let mut names = vec![format!("{}/{}", look.key.0, look.key.1)];
        for (key, hpa) in all
            .iter()
            .filter(|(key, _)| key.0 == look.key.0 && key.1 != look.key.1)
        {
            let Ok((_, _, object)) = self.scaled(key, hpa) else {
                continue;
            };
            let other = selector::of(&object["spec"]["selector"]);
            if pods.iter().any(|pod| pod.is_selected(other.as_ref())) {
                names.push(format!("{}/{}", key.0, key.1));
            }
        }
        let own = selector.filter(|_| names.len() > 1)?;
        let text = own.to_string();
        Some(format!(
            "pods by selector {text} are controlled by multiple HPAs: [{}]",
            names.join(" ")
        ))
    }

    /// What an autoscaler scales.
    ///
    /// # Errors
    /// The words of who could not find it.
    fn scaled(&self, key: &Key, hpa: &Value) -> Result<Scaled, String> {
        let target = &hpa["spec"]["scaleTargetRef"];
        let (api, kind, name) = (
            text(target, "/apiVersion"),
            text(target, "/kind"),
            text(target, "/name"),
        );
        let found = self.store.registry().of_kind(api, kind);
        let Some(resource) = found.filter(|resource| resource.has("scale")) else {
            let group = api.split_once('/').map_or("", |(group, _)| group);
            return Err(format!("no matches for kind {kind:?} in group {group:?}"));
        };
        let place = (Arc::clone(&key.0), Arc::from(name));
        let object = self.object(&resource.storage, &place);
        let object = object.or_else(|| self.store.read(&resource.storage, &key.0, name).map(Arc::new));
        let object = object.ok_or_else(|| format!("{} {name:?} not found", resource.qualified()))?;
        Ok((resource.storage.to_string(), place, object))
    }

    fn tell(&self, look: &Look<'_>, numbers: (Option<i64>, i64), scaled: bool) {
        self.set_status("horizontalpodautoscalers", look.key, look.status(numbers, scaled));
    }
}

/// By how much a ratio may be below and above 1 (`behavior.*.tolerance`, 1.35).
fn tolerance(hpa: &Value) -> (f64, f64) {
    let of = |direction: &str| {
        let stated = &hpa["spec"]["behavior"][direction]["tolerance"];
        let milli = match stated {
            Value::String(text) => crate::model::quantity::milli(text),
            other => other.as_f64().map(|value| (value * 1_000.0) as i64),
        };
        milli.map_or(TOLERANCE, |milli| milli as f64 / 1_000.0)
    };
    (of("scaleDown"), of("scaleUp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_grows_by_a_proposal_from_before_does_not_say_that_all_is_below() {
        let proposal = |replicas| Proposal {
            replicas,
            name: "cpu resource".into(),
            status: Value::Null,
        };
        let (above, below) = ("cpu resource above target", "All metrics below target");
        for (proposed, desired, said) in [(5, 5, above), (4, 5, above), (4, 3, below), (2, 4, below)] {
            assert_eq!(reason(&proposal(proposed), desired, 4), said, "{proposed}");
        }
    }
}
