//! A horizontal pod autoscaler: what it scales, what it measures against what is wanted, how fast it goes.

use serde_json::Value;

use super::fields::{self, list, number, scalar, text};
use super::generic::generic;
use super::judged::judged;
use super::page::{Page, plain};
use super::{conditions, events};
use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::kinds::horizontalpodautoscalers::{AutoscalerRow, HorizontalPodAutoscalers};
use crate::model::Doc;

/// A horizontal pod autoscaler.
pub fn autoscaler(object: &Value, event_lines: &[EventLine], now: Timestamp) -> Doc {
    let mut page = Page::new(now);
    let Some((row, tone)) = judged::<HorizontalPodAutoscalers>(object) else {
        return generic(object, event_lines, now);
    };
    let standing = format!("{} current / {} desired", row.current, row.desired);
    fields::title(&mut page, object, &standing, tone);
    conditions::problems(&mut page, object);
    if &*row.problem == "TooManyReplicas" {
        let at_most = format!("would scale further than its maximum of {}", row.max);
        page.problem(tone, "at its maximum", &at_most);
    }
    page.gap();
    bounds(&mut page, object, &row);
    metrics(&mut page, object);
    behavior(&mut page, object);
    fields::labels(&mut page, object);
    conditions::table(&mut page, object);
    events::events(&mut page, event_lines);
    page.finish()
}

fn bounds(page: &mut Page, object: &Value, row: &AutoscalerRow) {
    page.field("Reference", format!("{}/{}", row.target_kind, row.target_name));
    page.field("Min replicas", row.min.unwrap_or(1).to_string());
    page.field("Max replicas", row.max.to_string());
    page.field(
        format!("{} pods", row.target_kind).as_str(),
        format!("{} current / {} desired", row.current, row.desired),
    );
    let scaled = text(object, "/status/lastScaleTime");
    if !scaled.is_empty() {
        page.field("Last scaled", format!("{} ago  ({scaled})", page.age(scaled)));
    }
    fields::origin(page, object);
}

/// What is measured. Source: k8s.io/kubectl v0.36, `describe.go`, `printHorizontalPodAutoscalerDescriberForV2`.
fn metrics(page: &mut Page, object: &Value) {
    let current = list(object, "/status/currentMetrics");
    let row = |(at, spec): (usize, &Value)| {
        let (words, source) = metric(spec);
        let target = spec.get(source).and_then(|metric| metric.get("target"));
        let now = current
            .get(at)
            .and_then(|status| status.get(source))
            .and_then(|metric| metric.get("current"));
        vec![plain(words), plain(measured(now, target)), plain(wanted(target))]
    };
    let rows: Vec<_> = list(object, "/spec/metrics")
        .iter()
        .enumerate()
        .map(row)
        .collect();
    if !rows.is_empty() {
        page.heading("Metrics");
        page.indented(|page| page.table(&["METRIC", "CURRENT", "TARGET"], &rows));
    }
}

/// A metric in words, and the member of the object that describes it.
fn metric(spec: &Value) -> (String, &'static str) {
    let name = |source: &str| text(spec, &format!("/{source}/metric/name")).to_owned();
    match text(spec, "/type") {
        "Resource" => (format!("{} on pods", text(spec, "/resource/name")), "resource"),
        "ContainerResource" => {
            let (resource, container) = (
                text(spec, "/containerResource/name"),
                text(spec, "/containerResource/container"),
            );
            (
                format!("{resource} of container {container}"),
                "containerResource",
            )
        }
        "Pods" => (format!("{} on pods", name("pods")), "pods"),
        "Object" => {
            let of = ["/object/describedObject/kind", "/object/describedObject/name"]
                .map(|pointer| text(spec, pointer));
            (format!("{} on {}/{}", name("object"), of[0], of[1]), "object")
        }
        "External" => (format!("{} (external)", name("external")), "external"),
        other => (format!("{other} (unknown type)"), "resource"),
    }
}

/// The present value, as the target states its own: `54% (142m)`.
fn measured(current: Option<&Value>, target: Option<&Value>) -> String {
    let of = |key: &str| current.map(|current| scalar(current, key)).unwrap_or_default();
    let (share, average, value) = (of("/averageUtilization"), of("/averageValue"), of("/value"));
    let by = |key: &str| target.is_some_and(|target| target.get(key).is_some());
    let words = if by("averageUtilization") && !share.is_empty() {
        format!("{share}% ({average})")
    } else if by("value") {
        value
    } else {
        average
    };
    if words.is_empty() {
        "<unknown>".to_owned()
    } else {
        words
    }
}

fn wanted(target: Option<&Value>) -> String {
    let Some(target) = target else {
        return "<auto>".to_owned();
    };
    let of = |key: &str| scalar(target, key);
    match (of("/averageUtilization"), of("/averageValue"), of("/value")) {
        (share, ..) if !share.is_empty() => format!("{share}% of requests"),
        (_, average, _) if !average.is_empty() => format!("{average} a pod"),
        (.., value) if !value.is_empty() => value,
        _ => "<auto>".to_owned(),
    }
}

/// How fast it goes up and down; the defaults are not in the object and are not told.
fn behavior(page: &mut Page, object: &Value) {
    for (title, pointer) in [
        ("Scale up", "/spec/behavior/scaleUp"),
        ("Scale down", "/spec/behavior/scaleDown"),
    ] {
        let Some(rules) = object.pointer(pointer) else {
            continue;
        };
        page.heading(title);
        page.indented(|page| {
            if rules.get("stabilizationWindowSeconds").is_some() {
                let window = number(rules, "/stabilizationWindowSeconds");
                page.field("Stabilization", format!("{window} seconds"));
            }
            page.field("Select policy", text(rules, "/selectPolicy"));
            page.field("Tolerance", scalar(rules, "/tolerance"));
            page.list("Policies", list(rules, "/policies").iter().map(policy));
        });
    }
}

/// `at most 4 pods in 15 seconds`.
fn policy(policy: &Value) -> String {
    let (value, period) = (number(policy, "/value"), number(policy, "/periodSeconds"));
    match text(policy, "/type") {
        "Percent" => format!("at most {value}% in {period} seconds"),
        "Pods" => format!("at most {value} pods in {period} seconds"),
        other => format!("{other} {value} in {period} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metrics_stand_beside_their_targets_and_behaviour_in_words() {
        let object = json!({
            "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"},
                "minReplicas": 4, "maxReplicas": 10,
                "metrics": [
                    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}},
                    {"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "1k"}}}],
                "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300, "selectPolicy": "Min",
                    "policies": [{"type": "Percent", "value": 10, "periodSeconds": 60}]}}},
            "status": {"currentReplicas": 10, "desiredReplicas": 10,
                "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu",
                    "current": {"averageValue": "142m", "averageUtilization": 154}}}],
                "conditions": [{"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas"}]},
        });
        let text = autoscaler(&object, &[], Timestamp::default()).plain();
        assert!(text.contains("▲ at its maximum  would scale further"), "{text}");
        for line in [
            "Reference         Deployment/web",
            "Min replicas      4",
            "Deployment pods   10 current / 10 desired",
            "  cpu on pods  154% (142m)  80% of requests",
            "  rps on pods  <unknown>    1k a pod",
            "  Stabilization   300 seconds",
            "  Policies        at most 10% in 60 seconds",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
    }
}
