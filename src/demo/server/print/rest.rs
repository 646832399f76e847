//! Columns of the other groups: networking, policy, storage, rbac and so on (Kubernetes 1.36 `pkg/printers/internalversion/printers.go`).

use serde_json::Value;

use super::core::{balancers, first_of};
use super::{AGE, Column, NAME, Print, age, at, items, joined, name, number, or, selector, since, text};
use crate::clock;

pub(super) fn print(plural: &str) -> Option<&'static Print> {
    Some(match plural {
        "events" => return super::core::print("events"),
        "ingresses" => &INGRESS,
        "ingressclasses" => &INGRESS_CLASS,
        "networkpolicies" => &NETWORK_POLICY,
        "poddisruptionbudgets" => &BUDGET,
        "clusterrolebindings" | "rolebindings" => &BINDING,
        "storageclasses" => &STORAGE_CLASS,
        "volumeattachments" => &ATTACHMENT,
        "csidrivers" => &DRIVER,
        "csinodes" => &CSI_NODE,
        "csistoragecapacities" => &CAPACITY,
        "endpointslices" => &SLICE,
        "leases" => &LEASE,
        "priorityclasses" => &PRIORITY,
        "runtimeclasses" => &RUNTIME,
        "certificatesigningrequests" => &SIGNING,
        "mutatingwebhookconfigurations" | "validatingwebhookconfigurations" => &WEBHOOK,
        "apiservices" => &API_SERVICE,
        "servicecidrs" => &RANGE,
        "deviceclasses" | "resourceclaimtemplates" => &AGED,
        _ => return None,
    })
}

const fn string(name: &'static str) -> Column {
    (name, "string", "", 0)
}

const fn boolean(name: &'static str) -> Column {
    (name, "boolean", "", 0)
}

const fn wide(name: &'static str) -> Column {
    (name, "string", "", 1)
}

const AGED: Print = Print {
    columns: &[NAME, AGE],
    cells: |object, now| vec![name(object), age(object, now)],
};

const RANGE: Print = Print {
    columns: &[NAME, string("CIDRs"), AGE],
    cells: |range, now| {
        let all: Vec<_> = items(range, "spec.cidrs")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        vec![name(range), all.join(",").into(), age(range, now)]
    },
};

const INGRESS: Print = Print {
    columns: &[
        NAME,
        string("Class"),
        string("Hosts"),
        string("Address"),
        string("Ports"),
        AGE,
    ],
    cells: |ingress, now| {
        let rules = items(ingress, "spec.rules");
        let hosts: Vec<_> = rules
            .iter()
            .map(|rule| text(rule, "host"))
            .filter(|host| !host.is_empty())
            .collect();
        let ports = if items(ingress, "spec.tls").is_empty() {
            "80"
        } else {
            "80, 443"
        };
        vec![
            name(ingress),
            or(text(ingress, "spec.ingressClassName"), "<none>"),
            or(&first_of(&hosts, 3), "*"),
            balancers(ingress).join(",").into(),
            ports.into(),
            age(ingress, now),
        ]
    },
};

/// The name, marked if an annotation says that this is the default.
fn name_or_default(object: &Value, annotation: &str) -> Value {
    let mark = if object["metadata"]["annotations"][annotation] == "true" {
        " (default)"
    } else {
        ""
    };
    format!("{}{mark}", text(object, "metadata.name")).into()
}

const INGRESS_CLASS: Print = Print {
    columns: &[NAME, string("Controller"), string("Parameters"), AGE],
    cells: |class, now| {
        let parameters = &class["spec"]["parameters"];
        let shown = match (text(parameters, "kind"), text(parameters, "apiGroup")) {
            ("", _) => String::new(),
            (kind, "") => format!("{kind}/{}", text(parameters, "name")),
            (kind, group) => format!("{kind}.{group}/{}", text(parameters, "name")),
        };
        vec![
            name_or_default(class, "ingressclass.kubernetes.io/is-default-class"),
            text(class, "spec.controller").into(),
            or(&shown, "<none>"),
            age(class, now),
        ]
    },
};

const NETWORK_POLICY: Print = Print {
    columns: &[NAME, string("Pod-Selector"), AGE],
    cells: |policy, now| {
        vec![
            name(policy),
            selector(at(policy, "spec.podSelector")),
            age(policy, now),
        ]
    },
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

const STORAGE_CLASS: Print = Print {
    columns: &[
        NAME,
        string("Provisioner"),
        string("ReclaimPolicy"),
        string("VolumeBindingMode"),
        string("AllowVolumeExpansion"),
        AGE,
    ],
    cells: |class, now| {
        vec![
            name_or_default(class, "storageclass.kubernetes.io/is-default-class"),
            text(class, "provisioner").into(),
            or(text(class, "reclaimPolicy"), "Delete"),
            or(text(class, "volumeBindingMode"), "Immediate"),
            (class["allowVolumeExpansion"] == true).into(),
            age(class, now),
        ]
    },
};

const ATTACHMENT: Print = Print {
    columns: &[
        NAME,
        ("Attacher", "string", "name", 0),
        string("PV"),
        string("Node"),
        boolean("Attached"),
        AGE,
    ],
    cells: |attachment, now| {
        vec![
            name(attachment),
            text(attachment, "spec.attacher").into(),
            text(attachment, "spec.source.persistentVolumeName").into(),
            text(attachment, "spec.nodeName").into(),
            (attachment["status"]["attached"] == true).into(),
            age(attachment, now),
        ]
    },
};

const DRIVER: Print = Print {
    columns: &[
        NAME,
        boolean("AttachRequired"),
        boolean("PodInfoOnMount"),
        boolean("StorageCapacity"),
        string("TokenRequests"),
        boolean("RequiresRepublish"),
        string("Modes"),
        AGE,
    ],
    cells: |driver, now| {
        let spec = &driver["spec"];
        let flag = |key: &str| Value::from(spec[key] == true);
        let tokens = items(spec, "tokenRequests")
            .iter()
            .map(|one| text(one, "audience"));
        vec![
            name(driver),
            (spec["attachRequired"] != false).into(),
            flag("podInfoOnMount"),
            flag("storageCapacity"),
            joined(tokens, "<unset>"),
            flag("requiresRepublish"),
            joined(
                items(spec, "volumeLifecycleModes")
                    .iter()
                    .filter_map(Value::as_str),
                "<none>",
            ),
            age(driver, now),
        ]
    },
};

const CSI_NODE: Print = Print {
    columns: &[NAME, ("Drivers", "integer", "", 0), AGE],
    cells: |node, now| {
        vec![
            name(node),
            items(node, "spec.drivers").len().into(),
            age(node, now),
        ]
    },
};

const CAPACITY: Print = Print {
    columns: &[NAME, string("StorageClassName"), string("Capacity")],
    cells: |capacity, _| {
        vec![
            name(capacity),
            text(capacity, "storageClassName").into(),
            or(text(capacity, "capacity"), "<unset>"),
        ]
    },
};

const SLICE: Print = Print {
    columns: &[
        NAME,
        string("AddressType"),
        string("Ports"),
        string("Endpoints"),
        AGE,
    ],
    cells: |slice, now| {
        let port = |one: &Value| match (one["port"].as_i64(), text(one, "name")) {
            (Some(port), _) => port.to_string(),
            (None, "") => "*".to_owned(),
            (None, name) => name.to_owned(),
        };
        let ports: Vec<_> = items(slice, "ports").iter().map(port).collect();
        let endpoints = items(slice, "endpoints")
            .iter()
            .flat_map(|one| items(one, "addresses"));
        let addresses: Vec<_> = endpoints.filter_map(Value::as_str).collect();
        vec![
            name(slice),
            text(slice, "addressType").into(),
            or(&first_of(&ports, 3), "<unset>"),
            or(&first_of(&addresses, 3), "<unset>"),
            age(slice, now),
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
