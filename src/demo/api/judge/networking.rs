//! Ingresses, their classes, network policies and endpoint slices (`pkg/apis/networking/validation`, `pkg/apis/discovery/validation`).

use serde_json::{Value, json};

use super::core::RANGE;
use super::wrong::Wrong;
use super::{Case, list, text};
use crate::demo::names;

const WILDCARD: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower \
     case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is \
     '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

pub(super) fn ingress(spec: &Value, wrong: &mut Wrong) {
    if spec["defaultBackend"].is_object() {
        backend(&spec["defaultBackend"], "spec.defaultBackend", wrong);
    } else if list(spec, "rules").is_empty() {
        wrong.invalid(
            "spec",
            &Value::Null,
            "either `defaultBackend` or `rules` must be specified",
        );
    }
    for (index, rule) in list(spec, "rules").iter().enumerate() {
        let at = format!("spec.rules[{index}]");
        host(text(rule, "host"), &format!("{at}.host"), wrong);
        let Some(http) = rule["http"].as_object() else {
            continue;
        };
        let at = format!("{at}.http.paths");
        let paths = http
            .get("paths")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        if paths.is_empty() {
            wrong.required(&*at, "");
        }
        for (number, path) in paths.iter().enumerate() {
            judge_path(path, &format!("{at}[{number}]"), wrong);
        }
    }
    for (index, tls) in list(spec, "tls").iter().enumerate() {
        for (number, name) in list(tls, "hosts").iter().enumerate() {
            let at = format!("spec.tls[{index}].hosts[{number}]");
            dns_name(name.as_str().unwrap_or_default(), &at, wrong);
        }
    }
    let class = text(spec, "ingressClassName");
    if !class.is_empty() {
        wrong.refused("spec.ingressClassName", class, &names::subdomain(class));
    }
}

fn host(host: &str, at: &str, wrong: &mut Wrong) {
    if host.parse::<std::net::IpAddr>().is_ok() {
        return wrong.invalid(at, &host.into(), "must be a DNS name, not an IP address");
    }
    if !host.is_empty() {
        dns_name(host, at, wrong);
    }
}

/// A name of hosts, whose first part may be `*`.
fn dns_name(host: &str, at: &str, wrong: &mut Wrong) {
    match host.strip_prefix("*.") {
        Some(rest) if names::subdomain(rest).is_empty() => {}
        None if !host.contains('*') => wrong.refused(at, host, &names::subdomain(host)),
        _ => wrong.invalid(at, &host.into(), WILDCARD),
    }
}

fn judge_path(stated: &Value, at: &str, wrong: &mut Wrong) {
    let path = text(stated, "path");
    let place = format!("{at}.path");
    match text(stated, "pathType") {
        "" => wrong.required(format!("{at}.pathType"), "pathType must be specified"),
        "Exact" | "Prefix" => {
            if !path.starts_with('/') {
                wrong.invalid(&*place, &path.into(), "must be an absolute path");
            }
            for part in ["//", "/./", "/../", "%2f", "%2F"]
                .iter()
                .filter(|part| path.contains(**part))
            {
                wrong.invalid(&*place, &path.into(), &format!("must not contain '{part}'"));
            }
        }
        "ImplementationSpecific" if path.is_empty() || path.starts_with('/') => {}
        "ImplementationSpecific" => wrong.invalid(place, &path.into(), "must be an absolute path"),
        _ => {
            let kinds = ["Exact", "ImplementationSpecific", "Prefix"];
            wrong.unsupported(format!("{at}.pathType"), &stated["pathType"], &kinds);
        }
    }
    backend(&stated["backend"], &format!("{at}.backend"), wrong);
}

fn backend(stated: &Value, at: &str, wrong: &mut Wrong) {
    let service = &stated["service"];
    if stated["resource"].is_object() && service.is_object() {
        return wrong.invalid(at, &"".into(), "cannot set both resource and service backends");
    }
    if stated["resource"].is_object() {
        return;
    }
    if service.is_null() {
        return wrong.invalid(at, &"".into(), "resource or service backend is required");
    }
    match text(service, "name") {
        "" => wrong.required(format!("{at}.service.name"), ""),
        name => wrong.refused(&format!("{at}.service.name"), name, &names::label(name)),
    }
    let port = &service["port"];
    match (text(port, "name"), port["number"].as_i64().unwrap_or(0)) {
        ("", 0) => wrong.required(at, "port name or number is required"),
        ("", _) => wrong.port(&format!("{at}.service.port.number"), &port["number"]),
        (name, 0) => wrong.refused(&format!("{at}.service.port.name"), name, &names::port(name)),
        _ => wrong.invalid(at, &"".into(), "cannot set both port name & port number"),
    }
}

pub(super) fn class(case: &Case<'_>, wrong: &mut Wrong) {
    let spec = &case.new["spec"];
    let controller = text(spec, "controller");
    if controller.is_empty() {
        wrong.required("spec.controller", "");
    } else if !controller.contains('/') {
        let why = "must be a domain-prefixed path (such as \"acme.io/foo\")";
        wrong.invalid("spec.controller", &controller.into(), why);
    }
    wrong.immutable(
        "spec.controller",
        case.changes("/spec/controller"),
        &spec["controller"],
    );
}

pub(super) fn policy(spec: &Value, wrong: &mut Wrong) {
    wrong.selector("spec.podSelector", &spec["podSelector"]);
    for (way, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in list(spec, way).iter().enumerate() {
            for (number, port) in list(rule, "ports").iter().enumerate() {
                let at = format!("spec.{way}[{index}].ports[{number}]");
                wrong.one_of(
                    format!("{at}.protocol"),
                    &port["protocol"],
                    &["TCP", "UDP", "SCTP"],
                );
                wrong.port(&format!("{at}.port"), &port["port"]);
            }
            for (number, one) in list(rule, peers).iter().enumerate() {
                peer(one, &format!("spec.{way}[{index}].{peers}[{number}]"), wrong);
            }
        }
    }
    for (index, kind) in list(spec, "policyTypes").iter().enumerate() {
        wrong.one_of(format!("spec.policyTypes[{index}]"), kind, &["Ingress", "Egress"]);
    }
}

fn peer(peer: &Value, at: &str, wrong: &mut Wrong) {
    let mut given = false;
    for key in ["podSelector", "namespaceSelector"] {
        if peer[key].is_object() {
            given = true;
            wrong.selector(&format!("{at}.{key}"), &peer[key]);
        }
    }
    let block = &peer["ipBlock"];
    if block.is_object() {
        if given {
            return wrong.forbidden(at, "may not specify both ipBlock and another peer");
        }
        given = true;
        match text(block, "cidr") {
            "" => wrong.required(format!("{at}.ipBlock.cidr"), ""),
            range if names::is_range(range) => {}
            range => wrong.invalid(format!("{at}.ipBlock.cidr"), &range.into(), RANGE),
        }
    }
    if !given {
        wrong.required(at, "must specify a peer");
    }
}

pub(super) fn slice(new: &Value, wrong: &mut Wrong) {
    if text(new, "addressType").is_empty() {
        wrong.required("addressType", "");
    }
    wrong.one_of("addressType", &new["addressType"], &["FQDN", "IPv4", "IPv6"]);
    for (index, endpoint) in list(new, "endpoints").iter().enumerate() {
        if list(endpoint, "addresses").is_empty() {
            wrong.required(
                format!("endpoints[{index}].addresses"),
                "must contain at least 1 address",
            );
        }
    }
    let mut known = std::collections::BTreeSet::new();
    for (index, port) in list(new, "ports").iter().enumerate() {
        if !known.insert(text(port, "name")) {
            wrong.duplicate(format!("ports[{index}].name"), &json!(text(port, "name")));
        }
    }
}
