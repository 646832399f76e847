//! Columns of the groups without a file of their own: policy, rbac, coordination and so on (Kubernetes 1.36 `pkg/printers/internalversion/printers.go`).

use serde_json::Value;

use super::{AGE, NAME, Print, age, boolean, items, name, number, or, since, string, text, wide};
use crate::clock;

pub(super) fn print(plural: &str) -> Option<&'static Print> {
    Some(match plural {
        "events" => return super::core::print("events"),
        "poddisruptionbudgets" => &BUDGET,
        "clusterrolebindings" | "rolebindings" => &BINDING,
        "leases" => &LEASE,
        "priorityclasses" => &PRIORITY,
        "runtimeclasses" => &RUNTIME,
        "certificatesigningrequests" => &SIGNING,
        "mutatingwebhookconfigurations" | "validatingwebhookconfigurations" => &WEBHOOK,
        "apiservices" => &API_SERVICE,
        "deviceclasses" | "resourceclaimtemplates" => &AGED,
        _ => return None,
    })
}

const AGED: Print = Print {
    columns: &[NAME, AGE],
    cells: |object, now| vec![name(object), age(object, now)],
};

const BUDGET: Print = Print {
    columns: &[
        NAME,
        string("Min Available"),
        string("Max Unavailable"),
        ("Allowed Disruptions", "integer", "", 0),
        AGE,
    ],
    cells: |budget, now| {
        let shown = |key: &str| match &budget["spec"][key] {
            Value::Null => "N/A".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        vec![
            name(budget),
            shown("minAvailable").into(),
            shown("maxUnavailable").into(),
            number(budget, "status.disruptionsAllowed").into(),
            age(budget, now),
        ]
    },
};

const BINDING: Print = Print {
    columns: &[
        NAME,
        string("Role"),
        AGE,
        wide("Users"),
        wide("Groups"),
        wide("ServiceAccounts"),
    ],
    cells: |binding, now| {
        let of = |kind: &str| -> Value {
            let subjects = items(binding, "subjects")
                .iter()
                .filter(|one| text(one, "kind") == kind);
            let shown = subjects.map(|one| match text(one, "namespace") {
                "" => text(one, "name").to_owned(),
                namespace => format!("{namespace}/{}", text(one, "name")),
            });
            shown.collect::<Vec<_>>().join(", ").into()
        };
        let role = format!(
            "{}/{}",
            text(binding, "roleRef.kind"),
            text(binding, "roleRef.name")
        );
        vec![
            name(binding),
            role.into(),
            age(binding, now),
            of("User"),
            of("Group"),
            of("ServiceAccount"),
        ]
    },
};

const LEASE: Print = Print {
    columns: &[NAME, string("Holder"), AGE],
    cells: |lease, now| {
        vec![
            name(lease),
            text(lease, "spec.holderIdentity").into(),
            age(lease, now),
        ]
    },
};

const PRIORITY: Print = Print {
    columns: &[
        NAME,
        ("Value", "integer", "", 0),
        boolean("Global-Default"),
        AGE,
        wide("PreemptionPolicy"),
    ],
    cells: |class, now| {
        vec![
            name(class),
            number(class, "value").into(),
            (class["globalDefault"] == true).into(),
            age(class, now),
            text(class, "preemptionPolicy").into(),
        ]
    },
};

const RUNTIME: Print = Print {
    columns: &[NAME, string("Handler"), AGE],
    cells: |class, now| vec![name(class), text(class, "handler").into(), age(class, now)],
};

const SIGNING: Print = Print {
    columns: &[
        NAME,
        AGE,
        string("SignerName"),
        string("Requestor"),
        string("RequestedDuration"),
        string("Condition"),
    ],
    cells: |request, now| {
        let has = |kind: &str| {
            items(request, "status.conditions")
                .iter()
                .any(|one| text(one, "type") == kind)
        };
        let mut status = if has("Denied") {
            "Denied"
        } else if has("Approved") {
            "Approved"
        } else {
            "Pending"
        }
        .to_owned();
        if has("Failed") {
            status += ",Failed";
        }
        if !text(request, "status.certificate").is_empty() {
            status += ",Issued";
        }
        let asked = request["spec"]["expirationSeconds"]
            .as_i64()
            .map_or("<none>".to_owned(), clock::span);
        vec![
            name(request),
            age(request, now),
            or(text(request, "spec.signerName"), "<none>"),
            text(request, "spec.username").into(),
            asked.into(),
            status.into(),
        ]
    },
};

const WEBHOOK: Print = Print {
    columns: &[NAME, ("Webhooks", "integer", "", 0), AGE],
    cells: |webhook, now| {
        vec![
            name(webhook),
            items(webhook, "webhooks").len().into(),
            age(webhook, now),
        ]
    },
};

const API_SERVICE: Print = Print {
    columns: &[NAME, string("Service"), string("Available"), AGE],
    cells: |service, now| {
        let backend = &service["spec"]["service"];
        let shown = if backend.is_object() {
            format!("{}/{}", text(backend, "namespace"), text(backend, "name"))
        } else {
            "Local".into()
        };
        let available = items(service, "status.conditions")
            .iter()
            .find(|one| text(one, "type") == "Available");
        let available = match available.map(|one| (text(one, "status"), text(one, "reason"))) {
            Some(("True", _)) => "True".to_owned(),
            Some((status, reason)) => format!("{status} ({reason})"),
            None => "Unknown".to_owned(),
        };
        vec![
            name(service),
            shown.into(),
            available.into(),
            since(&service["metadata"]["creationTimestamp"], now).into(),
        ]
    },
};
