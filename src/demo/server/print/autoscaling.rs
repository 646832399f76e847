//! Columns of autoscalers (Kubernetes 1.36 `pkg/printers/internalversion/printers.go`).

use serde_json::Value;

use super::{AGE, NAME, Print, age, items, name, number, text};

pub(super) const AUTOSCALER: Print = Print {
    columns: &[
        NAME,
        ("Reference", "string", "", 0),
        ("Targets", "string", "", 0),
        ("MinPods", "string", "", 0),
        ("MaxPods", "string", "", 0),
        ("Replicas", "string", "", 0),
        AGE,
    ],
    cells: |hpa, now| {
        let reference = format!(
            "{}/{}",
            text(hpa, "spec.scaleTargetRef.kind"),
            text(hpa, "spec.scaleTargetRef.name")
        );
        let least = hpa["spec"]["minReplicas"]
            .as_i64()
            .map_or("<unset>".to_owned(), |least| least.to_string());
        vec![
            name(hpa),
            reference.into(),
            targets(hpa).into(),
            least.into(),
            number(hpa, "spec.maxReplicas").into(),
            number(hpa, "status.currentReplicas").into(),
            age(hpa, now),
        ]
    },
};

fn targets(hpa: &Value) -> String {
    let (specs, now) = (items(hpa, "spec.metrics"), items(hpa, "status.currentMetrics"));
    let all: Vec<String> = specs
        .iter()
        .enumerate()
        .map(|(at, spec)| target(spec, now.get(at).unwrap_or(&Value::Null)))
        .collect();
    match all.len() {
        0 => "<none>".into(),
        1 | 2 => all.join(", "),
        more => format!(
            "{} + {} more...",
            all.get(..2).unwrap_or_default().join(", "),
            more - 2
        ),
    }
}

fn target(spec: &Value, current: &Value) -> String {
    let (key, by_resource) = match text(spec, "type") {
        "Resource" => ("resource", true),
        "ContainerResource" => ("containerResource", true),
        "Pods" => ("pods", false),
        "Object" => ("object", false),
        "External" => ("external", false),
        _ => return "<unknown type>".into(),
    };
    let (target, current) = (&spec[key]["target"], &current[key]["current"]);
    let shown = |value: &Value| value.as_str().map_or("<unknown>".to_owned(), str::to_owned);
    let percent = |value: &Value, absent: &str| {
        value
            .as_i64()
            .map_or(absent.to_owned(), |value| format!("{value}%"))
    };
    match (by_resource, target["averageValue"].as_str()) {
        (true, Some(wanted)) => format!(
            "{}: {}/{wanted}",
            text(&spec[key], "name"),
            shown(&current["averageValue"])
        ),
        (true, None) => format!(
            "{}: {}/{}",
            text(&spec[key], "name"),
            percent(&current["averageUtilization"], "<unknown>"),
            percent(&target["averageUtilization"], "<auto>")
        ),
        (false, Some(wanted)) if key == "pods" => format!("{}/{wanted}", shown(&current["averageValue"])),
        (false, Some(wanted)) => format!("{}/{wanted} (avg)", shown(&current["averageValue"])),
        (false, None) => format!("{}/{}", shown(&current["value"]), shown(&target["value"])),
    }
}
