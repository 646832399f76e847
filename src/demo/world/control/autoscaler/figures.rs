//! What the metrics of an autoscaler propose (`pkg/controller/podautoscaler/replica_calculator.go`): use of pods against their targets,
//! with those that have no figures yet counted as the real controller counts them. Changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::super::Inner;
use super::super::super::state::{Key, Pod};
use crate::clock::Timestamp;
use crate::demo::api::amount;
use crate::demo::kubelet_api::{Sample, Usage};
use crate::demo::object::{number, text};
use crate::demo::selector::Selector;
use crate::model::quantity;

/// Seconds after its start in which a pod's processor use counts only when it is ready (`--horizontal-pod-autoscaler-cpu-initialization-period`).
const STARTING: i64 = 300;
/// Seconds after its start in which a pod that was never ready became unready (`…-initial-readiness-delay`).
const FIRST_READY: i64 = 30;

/// What one metric proposes.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Replicas.
    pub replicas: i64,
    /// What it is called in events.
    pub name: String,
    /// Its entry in `status.currentMetrics`.
    pub status: Value,
}

/// Why a metric proposes nothing: a condition's reason, the words, and what stands before them in the event that sums up.
#[derive(Debug, Clone)]
pub struct Failure {
    /// `FailedGetResourceMetric`.
    pub reason: &'static str,
    /// For people.
    pub message: String,
    /// `failed to get cpu resource metric value`.
    pub before: String,
}

/// What is scaled.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Its namespace.
    pub namespace: &'a Arc<str>,
    /// Its pods.
    pub selector: Option<&'a Selector>,
    /// Replicas it has.
    pub current: i64,
    /// By how much a ratio may be below and above 1 without consequence.
    pub tolerance: (f64, f64),
}

/// A resource of pods or of one container of each.
struct Wanted<'a> {
    resource: &'a str,
    /// Empty: of whole pods.
    container: &'a str,
}

impl Inner {
    /// What a metric proposes.
    pub(super) fn propose(
        &self,
        metric: &Value,
        target: Target<'_>,
        now: Timestamp,
    ) -> Result<Proposal, Failure> {
        let (source, container) = match text(metric, "/type") {
            "Resource" => ("resource", ""),
            "ContainerResource" => ("containerResource", text(metric, "/containerResource/container")),
            _ => return Err(nobody_measures(metric, target.namespace)),
        };
        let resource = text(&metric[source], "/name");
        let wanted = Wanted { resource, container };
        let (kind, reason) = match container {
            "" => ("resource", "FailedGetResourceMetric"),
            _ => ("container", "FailedGetContainerResourceMetric"),
        };
        let failed = |message| Failure {
            reason,
            message,
            before: match container {
                "" => format!("failed to get {resource} resource metric value"),
                name => format!("failed to get {name} container metric value"),
            },
        };
        let goal = &metric[source]["target"];
        let found = self.of_resource(&wanted, goal, target, now).map_err(failed)?;
        let mut current = json!({});
        let mut name = format!("{resource} resource");
        if let Some(percent) = found.percent {
            let container = if kind == "container" { "container " } else { "" };
            name = format!("{resource} {container}resource utilization (percentage of request)");
            current["averageUtilization"] = percent.into();
        }
        current["averageValue"] = written(resource, found.average).into();
        let mut status = json!({"type": metric["type"], source: {"name": resource, "current": current}});
        if !container.is_empty() {
            status[source]["container"] = container.into();
        }
        Ok(Proposal {
            replicas: found.replicas,
            name,
            status,
        })
    }

    fn of_resource(
        &self,
        wanted: &Wanted<'_>,
        goal: &Value,
        target: Target<'_>,
        now: Timestamp,
    ) -> Result<Found, String> {
        let resource = wanted.resource;
        let average = goal["averageValue"].as_str().and_then(quantity::milli);
        let what = if average.is_some() { "usage" } else { "utilization" };
        let failed = |why: String| format!("failed to get {resource} {what}: {why}");
        let groups = self.groups(wanted, target, now);
        if groups.measured == 0 {
            let why = "no metrics returned from resource metrics API";
            return Err(failed(format!(
                "unable to get metrics for resource {resource}: {why}"
            )));
        }
        if groups.counted.is_empty() {
            let why = "did not receive metrics for targeted pods (pods might be unready)";
            return Err(failed(why.to_owned()));
        }
        let ratio = if let Some(average) = average {
            Ratio::Value(average.max(1))
        } else {
            let percent = number(goal, "/averageUtilization").unwrap_or(80).max(1);
            Ratio::Percent(percent, self.requests(wanted, target).map_err(failed)?)
        };
        groups.replicas(&ratio, target)
    }

    /// Pods by what their figures are worth.
    fn groups(&self, wanted: &Wanted<'_>, target: Target<'_>, now: Timestamp) -> Groups {
        let mut groups = Groups::default();
        let pods = self.pods_in(target.namespace);
        for (key, pod) in pods.filter(|(_, pod)| pod.is_selected(target.selector)) {
            let sample = self.pod_metrics(pod, now);
            let used = sample.as_ref().and_then(|sample| wanted.of(sample));
            groups.measured += usize::from(used.is_some());
            let phase = pod.life.as_ref().map_or("Pending", |life| life.phase());
            let name = Arc::clone(&key.1);
            match (phase, used) {
                _ if pod.deleting.is_some() => {}
                ("Failed", _) => {}
                ("Pending", _) => groups.unready.push(name),
                (_, None) => groups.missing.push(name),
                (_, Some(_)) if wanted.resource == "cpu" && is_starting(pod, sample.as_ref(), now) => {
                    groups.unready.push(name);
                }
                (_, Some(used)) => {
                    groups.counted.insert(name, used);
                }
            }
        }
        groups
    }

    /// What each pod requests, thousandths of a unit.
    fn requests(&self, wanted: &Wanted<'_>, target: Target<'_>) -> Result<BTreeMap<Arc<str>, i64>, String> {
        let pods = self.pods_in(target.namespace);
        pods.filter(|(_, pod)| pod.is_selected(target.selector))
            .map(|(key, pod)| Ok((Arc::clone(&key.1), wanted.requested(key, pod)?)))
            .collect()
    }
}

impl Wanted<'_> {
    /// What a pod uses of it, thousandths of a unit.
    fn of(&self, sample: &Sample<Vec<(String, Usage)>>) -> Option<i64> {
        let own = |name: &str| self.container.is_empty() || name == self.container;
        let mut found = sample.usage.iter().filter(|(name, _)| own(name)).peekable();
        found.peek()?;
        let one = |usage: &Usage| match self.resource {
            "memory" => thousandths(usage.memory_bytes),
            _ => usage.cpu_nano.div_ceil(1_000_000) as i64,
        };
        Some(found.map(|(_, usage)| one(usage)).fold(0, i64::saturating_add))
    }

    fn requested(&self, key: &Key, pod: &Pod) -> Result<i64, String> {
        let sidecars = pod.spec.init.iter().filter(|container| container.sidecar);
        let mut sum = 0;
        let mut found = self.container.is_empty();
        for container in pod.spec.containers.iter().chain(sidecars) {
            if !self.container.is_empty() && container.name != self.container {
                continue;
            }
            found = true;
            let amount = match self.resource {
                "memory" => thousandths(container.requests.1),
                _ => i64::try_from(container.requests.0).unwrap_or(i64::MAX),
            };
            if amount == 0 {
                let (resource, container) = (self.resource, &container.name);
                return Err(format!(
                    "missing request for {resource} in container {container} of Pod {}",
                    key.1
                ));
            }
            sum = amount.saturating_add(sum);
        }
        if found {
            return Ok(sum);
        }
        Err(format!("container {} not found in Pod {}", self.container, key.1))
    }
}

/// Bytes as thousandths of bytes, as many as there can be.
fn thousandths(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX).saturating_mul(1_000)
}

/// An amount that was computed wide, as far as it goes.
fn narrow(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

/// Whether the processor use of a pod counts not yet.
fn is_starting(pod: &Pod, sample: Option<&Sample<Vec<(String, Usage)>>>, now: Timestamp) -> bool {
    let (Some(life), Some(sample)) = (&pod.life, sample) else {
        return true;
    };
    let Some(began) = life.started else { return true };
    let (ready, since) = (life.ready.on, life.ready.since);
    if now.seconds() - began.seconds() < STARTING {
        return !ready || sample.at.seconds() < since.seconds() + i64::from(sample.window_seconds);
    }
    !ready && began.seconds() + FIRST_READY > since.seconds()
}

/// Pods by what their figures are worth, with what they use in thousandths of a unit.
#[derive(Default)]
struct Groups {
    counted: BTreeMap<Arc<str>, i64>,
    unready: Vec<Arc<str>>,
    missing: Vec<Arc<str>>,
    /// Pods that have figures at all.
    measured: usize,
}

/// The target: a percentage of requests, or thousandths of a unit a pod.
enum Ratio {
    Percent(i64, BTreeMap<Arc<str>, i64>),
    Value(i64),
}

struct Found {
    replicas: i64,
    percent: Option<i64>,
    /// Thousandths of a unit a pod.
    average: i64,
}

impl Ratio {
    /// Use against the target, in percent of requests, and the average.
    fn of(&self, figures: &BTreeMap<Arc<str>, i64>) -> Option<(f64, Option<i64>, i64)> {
        let count = i128::try_from(figures.len()).ok().filter(|count| *count > 0)?;
        let used: i128 = figures.values().map(|used| i128::from(*used)).sum();
        let average = narrow(used / count);
        match self {
            Self::Value(goal) => Some((average as f64 / *goal as f64, None, average)),
            Self::Percent(goal, requests) => {
                let requested = figures.keys().filter_map(|name| requests.get(name));
                let requested: i128 = requested.map(|request| i128::from(*request)).sum();
                let percent = narrow((used * 100).checked_div(requested)?);
                Some((percent as f64 / *goal as f64, Some(percent), average))
            }
        }
    }

    /// What a pod without figures is taken to use when those with figures use `used` of what they should: all that it asked for when that is
    /// too little, nothing when it is too much. Nothing is known of it when per cents are met to the dot.
    fn stand_in(&self, name: &Arc<str>, used: f64) -> Option<i64> {
        match self {
            Self::Value(goal) => Some(if used < 1.0 { *goal } else { 0 }),
            Self::Percent(..) if used > 1.0 => Some(0),
            Self::Percent(goal, requests) if used < 1.0 => {
                let request = i128::from(requests.get(name).copied().unwrap_or(0));
                Some(narrow(request * i128::from(*goal).max(100) / 100))
            }
            Self::Percent(..) => None,
        }
    }
}

impl Groups {
    fn replicas(mut self, ratio: &Ratio, target: Target<'_>) -> Result<Found, String> {
        let nobody = || "no metrics returned matched known pods".to_owned();
        let (used, percent, average) = ratio.of(&self.counted).ok_or_else(nobody)?;
        let found = |replicas: i64| Found {
            replicas,
            percent,
            average,
        };
        let (below, above) = target.tolerance;
        let tolerated = |ratio: f64| (1.0 - below..=1.0 + above).contains(&ratio);
        let up_with_unready = !self.unready.is_empty() && used > 1.0;
        if !up_with_unready && self.missing.is_empty() {
            let same = tolerated(used);
            let new = (used * self.counted.len() as f64).ceil() as i64;
            return Ok(found(if same { target.current } else { new }));
        }
        for name in self.missing {
            if let Some(amount) = ratio.stand_in(&name, used) {
                self.counted.insert(name, amount);
            }
        }
        if up_with_unready {
            self.counted
                .extend(self.unready.into_iter().map(|name| (name, 0)));
        }
        let (again, ..) = ratio.of(&self.counted).ok_or_else(nobody)?;
        let new = (again * self.counted.len() as f64).ceil() as i64;
        let turned = (used < 1.0 && again > 1.0) || (used > 1.0 && again < 1.0);
        let wrong_way = (again < 1.0 && new > target.current) || (again > 1.0 && new < target.current);
        Ok(found(if tolerated(again) || turned || wrong_way {
            target.current
        } else {
            new
        }))
    }
}

/// An amount as the status shows it: thousandths of a core, or bytes.
fn written(resource: &str, milli: i64) -> String {
    amount::written(milli, resource == "memory")
}

/// Metrics of adapters that this cluster does not have.
fn nobody_measures(metric: &Value, namespace: &str) -> Failure {
    let custom = "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered";
    match text(metric, "/type") {
        "External" => {
            let name = text(metric, "/external/metric/name");
            let selector = selector_text(&metric["external"]["metric"]["selector"]);
            Failure {
                reason: "FailedGetExternalMetric",
                message: format!(
                    "unable to get external metric {namespace}/{name}/{selector}: unable to fetch metrics from external metrics API: the server could not find the requested resource (get {name}.external.metrics.k8s.io)"
                ),
                before: format!("failed to get {name} external metric value"),
            }
        }
        "Object" => {
            let of = &metric["object"]["describedObject"];
            let name = text(metric, "/object/metric/name");
            let (kind, object) = (text(of, "/kind"), text(of, "/name"));
            Failure {
                reason: "FailedGetObjectMetric",
                message: format!("unable to get metric {name}: {kind} on {namespace} {object}/{custom}"),
                before: "failed to get object metric value".to_owned(),
            }
        }
        _ => Failure {
            reason: "FailedGetPodsMetric",
            message: format!(
                "unable to get metric {}: {custom}",
                text(metric, "/pods/metric/name")
            ),
            before: "failed to get pods metric value".to_owned(),
        },
    }
}

/// A selector as Go prints it.
fn selector_text(selector: &Value) -> String {
    if !selector.is_object() {
        return "nil".to_owned();
    }
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    let labels: Vec<String> = labels
        .map(|(key, value)| format!("{key}: {},", value.as_str().unwrap_or_default()))
        .collect();
    let labels = labels.concat();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{}},}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(counted: &[i64], unready: usize, missing: usize) -> Groups {
        let name = |at: usize| Arc::from(format!("p{at}"));
        Groups {
            counted: counted
                .iter()
                .enumerate()
                .map(|(at, used)| (name(at), *used))
                .collect(),
            unready: (10..10 + unready).map(name).collect(),
            missing: (20..20 + missing).map(name).collect(),
            measured: counted.len(),
        }
    }

    /// Pods that request a core each, with a target of half of it.
    fn replicas(counted: &[i64], unready: usize, missing: usize) -> i64 {
        let requests = (0..30).map(|at| (Arc::from(format!("p{at}")), 1_000)).collect();
        let target = Target {
            namespace: &"a".into(),
            selector: None,
            current: (counted.len() + unready + missing) as i64,
            tolerance: (0.1, 0.1),
        };
        let found = groups(counted, unready, missing).replicas(&Ratio::Percent(50, requests), target);
        found.unwrap().replicas
    }

    #[test]
    fn use_above_the_target_asks_for_more() {
        assert_eq!(replicas(&[1_000, 1_000], 0, 0), 4);
        assert_eq!(replicas(&[540, 540], 0, 0), 2, "within the tolerance");
        assert_eq!(replicas(&[100, 100, 100, 100], 0, 0), 1);
    }

    #[test]
    fn who_has_no_figures_slows_both_ways() {
        // Unready pods are taken to use nothing when there is too little, and are left out when there is too much.
        assert_eq!(replicas(&[1_000], 1, 0), 2);
        assert_eq!(replicas(&[1_000], 3, 0), 4, "no turn of the direction");
        assert_eq!(replicas(&[100, 100], 2, 0), 1);
        // Missing ones use all that they asked for, or nothing.
        assert_eq!(replicas(&[100, 100], 0, 2), 4, "no turn of the direction");
        assert_eq!(replicas(&[100; 8], 0, 1), 4);
        assert_eq!(replicas(&[1_000, 1_000], 0, 1), 4);
        assert_eq!(
            replicas(&[500], 0, 1),
            2,
            "exactly on target nothing is taken of them"
        );
    }

    #[test]
    fn no_request_is_too_large_to_be_counted() {
        let most = thousandths(10 << 50);
        assert_eq!(most, i64::MAX, "10Pi in thousandths of bytes");
        let requests = (0..30).map(|at| (Arc::from(format!("p{at}")), most)).collect();
        let target = Target {
            namespace: &"a".into(),
            selector: None,
            current: 3,
            tolerance: (0.1, 0.1),
        };
        let ratio = Ratio::Percent(50, requests);
        let found = groups(&[most, most], 0, 1).replicas(&ratio, target).unwrap();
        assert_eq!(
            (found.percent, found.average, found.replicas),
            (Some(100), most, 4)
        );
        let Ratio::Percent(_, requests) = ratio else {
            return;
        };
        let idle = Ratio::Percent(500, requests).stand_in(&Arc::from("p1"), 0.5);
        assert_eq!(idle, Some(i64::MAX));
    }

    #[test]
    fn amounts_are_written_as_quantities() {
        assert_eq!(written("cpu", 1_250), "1250m");
        assert_eq!(written("cpu", 2_000), "2");
        assert_eq!(written("memory", 100 * 1_048_576_000), "100Mi");
        assert_eq!(written("memory", 1_025_000), "1025");
    }
}
