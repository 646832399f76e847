//! `HorizontalPodAutoscaler`s on processor use: desired = ceil(current × used / target), within a tolerance, down only after five minutes.

use serde_json::{Value, json};

use super::super::Inner;
use super::super::state::Key;
use super::condition;
use crate::clock::Timestamp;
use crate::demo::object::{items, number, stamp, text, time};
use crate::demo::selector::{self, Selector};

/// A ratio this near to 1 changes nothing (kube-controller-manager `--horizontal-pod-autoscaler-tolerance`).
const TOLERANCE: f64 = 0.1;
/// How long the greatest recommendation stands, seconds (`--horizontal-pod-autoscaler-downscale-stabilization`).
const STABLE: i64 = 300;
const NAME: &str = "horizontal-pod-autoscaler";

impl Inner {
    pub(super) fn autoscaler(&mut self, key: &Key, hpa: &Value, now: Timestamp) {
        let resource = match text(hpa, "/spec/scaleTargetRef/kind") {
            "StatefulSet" => "statefulsets",
            "ReplicaSet" => "replicasets",
            _ => "deployments",
        };
        let target = (key.0.clone(), text(hpa, "/spec/scaleTargetRef/name").into());
        let Some(object) = self.object(resource, &target) else {
            return;
        };
        let current = super::wanted(&object);
        let (low, high) = (
            number(hpa, "/spec/minReplicas").unwrap_or(1),
            number(hpa, "/spec/maxReplicas").unwrap_or(current),
        );
        let goal = number(hpa, "/spec/metrics/0/resource/target/averageUtilization")
            .unwrap_or(80)
            .max(1);
        let selector = selector::of(&object["spec"]["selector"]);
        let Some((percent, milli)) = self.utilization(&key.0, selector.as_ref(), now) else {
            self.without_figures(key, hpa, current, now);
            return;
        };
        let ratio = percent / goal as f64;
        let raw = recommended(current, ratio);
        let since = time(hpa, "/status/lastScaleTime").unwrap_or_default();
        let mut desired = raw.clamp(low, high);
        let waits = desired < current && now.seconds() - since.seconds() < STABLE;
        if waits || current == 0 {
            desired = current;
        }
        if desired != current {
            let _ = self.store.modify(resource, &target.0, &target.1, |object| {
                object["spec"]["replicas"] = desired.into();
            });
            let why = if desired > current {
                "cpu resource utilization (percentage of request) above target"
            } else {
                "All metrics below target"
            };
            let text = format!("New size: {desired}; reason: {why}");
            self.event(hpa, NAME, (false, "SuccessfulRescale", text), now);
        }
        let mut status = json!({"currentReplicas": current, "desiredReplicas": desired, "conditions": conditions(hpa, (waits, raw != raw.clamp(low, high)), now),
            "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu",
                "current": {"averageUtilization": percent.round() as i64, "averageValue": format!("{milli}m")}}}]});
        let scaled = if desired == current {
            hpa.pointer("/status/lastScaleTime").cloned()
        } else {
            Some(stamp(now).into())
        };
        if let Some(at) = scaled {
            status["lastScaleTime"] = at;
        }
        self.set_status("horizontalpodautoscalers", key, status);
    }

    /// What is left to say while no pod has figures (`horizontal.go`, `computeStatusForResourceMetric`).
    fn without_figures(&mut self, key: &Key, hpa: &Value, current: i64, now: Timestamp) {
        let why = "failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)";
        let first = format!(
            "invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: {why}"
        );
        for (reason, message) in [
            ("FailedGetResourceMetric", why.to_owned()),
            ("FailedComputeMetricsReplicas", first),
        ] {
            self.event(hpa, NAME, (true, reason, message), now);
        }
        let old = items(hpa, "/status/conditions");
        let able = (
            true,
            "SucceededGetScale",
            "the HPA controller was able to get the target's current scale",
        );
        let message = format!("the HPA was unable to compute the replica count: {why}");
        let status = json!({"currentReplicas": current, "desiredReplicas": number(hpa, "/status/desiredReplicas").unwrap_or(0), "currentMetrics": null,
            "conditions": [condition(old, "AbleToScale", able, now),
                condition(old, "ScalingActive", (false, "FailedGetResourceMetric", &message), now)]});
        self.set_status("horizontalpodautoscalers", key, status);
    }

    /// Processor use of ready pods in percent of what they request, and thousandths a pod; `None` without such pods.
    fn utilization(
        &self,
        namespace: &std::sync::Arc<str>,
        selector: Option<&Selector>,
        now: Timestamp,
    ) -> Option<(f64, u64)> {
        let (mut used, mut requested, mut count) = (0u64, 0u64, 0u64);
        let pods = self.pods_in(namespace).filter(|(_, pod)| {
            pod.is_selected(selector)
                && pod
                    .ready()
                    .is_some_and(|since| now.seconds() - since.seconds() >= 30)
        });
        for (_, pod) in pods {
            used += self
                .usage_of(pod, now)
                .iter()
                .map(|(_, usage)| usage.cpu_nano)
                .sum::<u64>()
                / 1_000_000;
            requested += pod.spec.requests.0;
            count += 1;
        }
        (requested > 0).then(|| (used as f64 * 100.0 / requested as f64, used / count.max(1)))
    }
}

fn conditions(hpa: &Value, (waits, limited): (bool, bool), now: Timestamp) -> Value {
    let old = items(hpa, "/status/conditions");
    let able = if waits {
        (
            true,
            "ScaleDownStabilized",
            "recent recommendations were higher than current one, applying the highest recent recommendation",
        )
    } else {
        (true, "ReadyForNewScale", "recommended size matches current size")
    };
    let active = "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)";
    let within = if limited {
        (
            true,
            "TooManyReplicas",
            "the desired replica count is more than the maximum replica count",
        )
    } else {
        (
            false,
            "DesiredWithinRange",
            "the desired count is within the acceptable range",
        )
    };
    json!([
        condition(old, "AbleToScale", able, now),
        condition(old, "ScalingActive", (true, "ValidMetricFound", active), now),
        condition(old, "ScalingLimited", within, now),
    ])
}

fn recommended(current: i64, ratio: f64) -> i64 {
    if (ratio - 1.0).abs() <= TOLERANCE {
        current
    } else {
        (current as f64 * ratio).ceil() as i64
    }
}
