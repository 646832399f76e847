//! Columns of `networking.k8s.io` and `discovery.k8s.io` (Kubernetes 1.36 `pkg/printers/internalversion/printers.go`).

use serde_json::Value;

use super::core::{balancers, first_of};
use super::{AGE, NAME, Print, age, at, items, name, name_or_default, or, selector, string, text};

pub(super) fn print(plural: &str) -> Option<&'static Print> {
    Some(match plural {
        "ingresses" => &INGRESS,
        "ingressclasses" => &INGRESS_CLASS,
        "networkpolicies" => &NETWORK_POLICY,
        "endpointslices" => &SLICE,
        "servicecidrs" => &RANGE,
        _ => return None,
    })
}

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
