//! Amounts of resources: their names, and requests against limits (`pkg/apis/core/validation`).

use serde_json::Value;

use super::entries;
use super::wrong::Wrong;
use crate::demo::names;
use crate::model::quantity;

/// Requests and limits of a container (`validateContainerResourceRequirements`).
pub(super) fn resources(resources: &Value, at: &str, wrong: &mut Wrong) {
    let (limits, requests) = (&resources["limits"], &resources["requests"]);
    for (name, amount) in entries(limits) {
        amount_of(&format!("{at}.limits[{name}]"), (name, amount), wrong);
    }
    for (name, amount) in entries(requests) {
        amount_of(&format!("{at}.requests[{name}]"), (name, amount), wrong);
        let (wanted, most) = (milli(amount), limits.get(name).map(milli));
        let extended = is_extended(name);
        match most {
            Some(most) if extended && wanted != most => {
                let why = format!("must be equal to {name} limit of {}", plain(&limits[name]));
                wrong.invalid(format!("{at}.requests"), amount, &why);
            }
            Some(most) if wanted > most => {
                let why = format!(
                    "must be less than or equal to {name} limit of {}",
                    plain(&limits[name])
                );
                wrong.invalid(format!("{at}.requests"), amount, &why);
            }
            None if extended => wrong.required(
                format!("{at}.limits"),
                "Limit must be set for non overcommitable resources",
            ),
            _ => {}
        }
    }
}

fn amount_of(at: &str, (name, amount): (&str, &Value), wrong: &mut Wrong) {
    resource_name(at, name, wrong);
    let known = matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
    if !name.contains('/') && !known {
        wrong.invalid(at, &name.into(), "must be a standard resource for containers");
    }
    let value = milli(amount);
    if value < 0 {
        wrong.invalid(at, amount, "must be greater than or equal to 0");
    }
    if is_extended(name) && value % 1000 != 0 {
        wrong.invalid(at, amount, "must be an integer");
    }
}

/// A resource is a known one or has a domain.
pub(super) fn resource_name(at: &str, name: &str, wrong: &mut Wrong) {
    const KNOWN: [&str; 16] = [
        "cpu",
        "memory",
        "ephemeral-storage",
        "storage",
        "pods",
        "services",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
        "requests.cpu",
        "requests.memory",
        "requests.storage",
    ];
    wrong.refused(at, name, &names::key(name));
    let known = KNOWN.contains(&name)
        || ["hugepages-", "requests.", "limits."]
            .iter()
            .any(|stem| name.starts_with(stem));
    if !name.contains('/') && !known {
        wrong.invalid(
            at,
            &name.into(),
            "must be a standard resource type or fully qualified",
        );
    }
}

/// Whether a resource comes from outside Kubernetes, such as `nvidia.com/gpu`.
fn is_extended(name: &str) -> bool {
    name.split_once('/')
        .is_some_and(|(domain, _)| !domain.ends_with("kubernetes.io"))
}

/// An amount in thousandths.
pub(super) fn milli(amount: &Value) -> i64 {
    quantity::milli(&plain(amount)).unwrap_or(0)
}

/// An amount as it was written, which may be as a number.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
