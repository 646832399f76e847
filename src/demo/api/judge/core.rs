//! ConfigMaps, Secrets, Nodes, Endpoints, Events and Leases (`pkg/apis/core/validation`).

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::wrong::Wrong;
use super::{Case, entries, list, text};
use crate::demo::names;

/// What a ConfigMap or a Secret may hold, bytes.
const MOST: usize = 1 << 20;
const FIXED: &str = "field is immutable when `immutable` is set";

pub(super) fn config_map(case: &Case<'_>, wrong: &mut Wrong) {
    let new = case.new;
    for (part, other) in [("data", "binaryData"), ("binaryData", "data")] {
        for (key, _) in entries(&new[part]) {
            let at = format!("{part}[{key}]");
            wrong.refused(&at, key, &names::data_key(key));
            if part == "data" && !new[other][key].is_null() {
                wrong.invalid(at, &key.into(), &format!("duplicate of key present in {other}"));
            }
        }
    }
    let size = |part: &str| {
        entries(&new[part])
            .iter()
            .map(|(_, value)| value.as_str().map_or(0, str::len))
            .sum::<usize>()
    };
    if size("data") + size("binaryData") * 3 / 4 > MOST {
        wrong.too_long("", MOST);
    }
    fixed(case, &["data", "binaryData"], wrong);
}

/// What is immutable stays so, and as it is.
fn fixed(case: &Case<'_>, parts: &[&str], wrong: &mut Wrong) {
    if case.before.is_none_or(|before| before["immutable"] != true) {
        return;
    }
    if case.changes("/immutable") {
        wrong.forbidden("immutable", FIXED);
    }
    for part in parts.iter().filter(|part| case.changes(&format!("/{part}"))) {
        wrong.forbidden(*part, FIXED);
    }
}

pub(super) fn secret(case: &Case<'_>, wrong: &mut Wrong) {
    let new = case.new;
    let mut size = 0;
    for (key, value) in entries(&new["data"]) {
        wrong.refused(&format!("data[{key}]"), key, &names::data_key(key));
        size += value.as_str().map_or(0, str::len) * 3 / 4;
    }
    if size > MOST {
        wrong.too_long("data", MOST);
    }
    let needed: &[&str] = match text(new, "type") {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/basic-auth"
            if new["data"]["username"].is_null() && new["data"]["password"].is_null() =>
        {
            &["username", "password"]
        }
        "kubernetes.io/service-account-token" => {
            if text(
                &new["metadata"]["annotations"],
                "kubernetes.io/service-account.name",
            )
            .is_empty()
            {
                wrong.required("metadata.annotations[kubernetes.io/service-account.name]", "");
            }
            &[]
        }
        _ => &[],
    };
    for key in needed {
        let at = format!("data[{key}]");
        match new["data"][*key].as_str() {
            None => wrong.required(at, ""),
            Some(value) if key.starts_with('.') => docker(&at, value, wrong),
            Some(_) => {}
        }
    }
    wrong.immutable("type", case.changes("/type"), &new["type"]);
    fixed(case, &["data"], wrong);
}

/// The credentials of registries are JSON.
fn docker(at: &str, value: &str, wrong: &mut Wrong) {
    let bytes = STANDARD.decode(value).unwrap_or_default();
    if serde_json::from_slice::<Value>(&bytes).is_ok() {
        return;
    }
    let why = match String::from_utf8_lossy(&bytes).trim_start().chars().next() {
        None => "unexpected end of JSON input".to_owned(),
        Some(first) => format!("invalid character '{first}' looking for beginning of value"),
    };
    wrong.invalid(at, &json!("<secret contents redacted>"), &why);
}

pub(super) fn node(new: &Value, wrong: &mut Wrong) {
    for (at, taint) in list(&new["spec"], "taints").iter().enumerate() {
        let at = format!("metadata.taints[{at}]");
        let key = text(taint, "key");
        wrong.refused(&format!("{at}.key"), key, &names::key(key));
        wrong.refused(
            &format!("{at}.value"),
            text(taint, "value"),
            &names::value(text(taint, "value")),
        );
        let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        match text(taint, "effect") {
            "" => wrong.required(format!("{at}.effect"), ""),
            _ => wrong.one_of(format!("{at}.effect"), &taint["effect"], &effects),
        }
    }
    let range = text(&new["spec"], "podCIDR");
    if !range.is_empty() && !names::is_range(range) {
        wrong.invalid("spec.podCIDRs[0]", &range.into(), RANGE);
    }
}

pub(super) const RANGE: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
pub(super) const ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

pub(super) fn endpoints(new: &Value, wrong: &mut Wrong) {
    for (at, subset) in list(new, "subsets").iter().enumerate() {
        for (index, address) in list(subset, "addresses").iter().enumerate() {
            if text(address, "ip").parse::<IpAddr>().is_err() {
                let place = format!("subsets[{at}].addresses[{index}].ip");
                wrong.invalid(&*place, &address["ip"], ADDRESS);
                wrong.invalid(place, &address["ip"], "must be a valid IP address");
            }
        }
        for (index, port) in list(subset, "ports").iter().enumerate() {
            wrong.port(&format!("subsets[{at}].ports[{index}].port"), &port["port"]);
        }
    }
}

pub(super) fn event(new: &Value, wrong: &mut Wrong) {
    let (own, about) = (
        text(&new["metadata"], "namespace"),
        text(&new["involvedObject"], "namespace"),
    );
    let fits = own == about || about.is_empty() && own == "default";
    if !fits {
        wrong.invalid(
            "involvedObject.namespace",
            &about.into(),
            "does not match event.namespace",
        );
    }
}

pub(super) fn lease(spec: &Value, wrong: &mut Wrong) {
    let seconds = &spec["leaseDurationSeconds"];
    if seconds.as_i64().is_some_and(|seconds| seconds <= 0) {
        wrong.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0");
    }
    wrong.at_least("spec.leaseTransitions", &spec["leaseTransitions"], 0);
}
