//! `HorizontalPodAutoscaler`s in autoscaling/v1, which older clients speak: one target for processor use (`pkg/apis/autoscaling/v1/conversion.go`).

use serde_json::{Value, json};

/// From the stored form; metrics but the processor's are left out.
pub(super) fn to_v1(value: &mut Value) {
    let target = percent(&value["spec"]["metrics"], "/resource/target/averageUtilization");
    let current = percent(
        &value["status"]["currentMetrics"],
        "/resource/current/averageUtilization",
    );
    for (part, gone, name, number) in [
        (
            "spec",
            &["metrics", "behavior"][..],
            "targetCPUUtilizationPercentage",
            target,
        ),
        (
            "status",
            &["currentMetrics", "conditions"][..],
            "currentCPUUtilizationPercentage",
            current,
        ),
    ] {
        let Some(map) = value.get_mut(part).and_then(Value::as_object_mut) else {
            continue;
        };
        for key in gone {
            map.shift_remove(*key);
        }
        if let Some(number) = number {
            map.insert(name.into(), number);
        }
    }
}

/// The processor's figure in a list of metrics.
fn percent(metrics: &Value, at: &str) -> Option<Value> {
    let of_cpu = |metric: &&Value| metric.pointer("/resource/name").is_some_and(|name| name == "cpu");
    let found = metrics.as_array()?.iter().find(of_cpu)?;
    found.pointer(at).filter(|number| !number.is_null()).cloned()
}

/// Into the stored form.
pub(super) fn to_v2(value: &mut Value) {
    value["apiVersion"] = "autoscaling/v2".into();
    let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    if let Some(percent) = spec.shift_remove("targetCPUUtilizationPercentage") {
        let target = json!({ "type": "Utilization", "averageUtilization": percent });
        spec.insert(
            "metrics".into(),
            json!([{ "type": "Resource", "resource": { "name": "cpu", "target": target } }]),
        );
    }
    if let Some(status) = value.get_mut("status").and_then(Value::as_object_mut) {
        status.shift_remove("currentCPUUtilizationPercentage");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_survives_the_way_there_and_back() {
        let old = json!({ "apiVersion": "autoscaling/v1", "spec": { "maxReplicas": 4, "targetCPUUtilizationPercentage": 70 } });
        let mut value = old.clone();
        to_v2(&mut value);
        assert_eq!(
            value["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"],
            70
        );
        to_v1(&mut value);
        value["apiVersion"] = "autoscaling/v1".into();
        assert_eq!(value, old);
    }
}
