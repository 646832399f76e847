//! Services (`pkg/apis/core/validation`, `ValidateService`), whose addresses and ports come from the cluster's ranges.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::core::ADDRESS;
use super::wrong::Wrong;
use super::{Case, list, text};
use crate::demo::names;

pub(super) fn judge(case: &Case<'_>, wrong: &mut Wrong) {
    let spec = &case.new["spec"];
    let kind = text(spec, "type");
    let address = text(spec, "clusterIP");
    let named = kind == "ExternalName";
    if list(spec, "ports").is_empty() && !named && address != "None" {
        wrong.required("spec.ports", "");
    }
    if named {
        if !address.is_empty() {
            wrong.forbidden("spec.clusterIPs", "may not be set for ExternalName services");
        }
        match text(spec, "externalName") {
            "" => wrong.required("spec.externalName", ""),
            name => wrong.refused("spec.externalName", name, &names::subdomain(name)),
        }
    }
    ports(spec, wrong);
    wrong.labels("spec.selector", &spec["selector"]);
    wrong.one_of(
        "spec.sessionAffinity",
        &spec["sessionAffinity"],
        &["ClientIP", "None"],
    );
    let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    wrong.one_of("spec.type", &spec["type"], &kinds);
    let policies = ["Cluster", "Local"];
    for key in ["internalTrafficPolicy", "externalTrafficPolicy"] {
        wrong.one_of(format!("spec.{key}"), &spec[key], &policies);
    }
    if !named {
        self::address(case, address, wrong);
    }
}

/// The address is one of the cluster's range and stays.
fn address(case: &Case<'_>, address: &str, wrong: &mut Wrong) {
    if matches!(address, "" | "None") {
        return;
    }
    if address.parse::<IpAddr>().is_err() {
        return wrong.invalid("spec.clusterIPs[0]", &address.into(), ADDRESS);
    }
    match case.before {
        Some(before)
            if before["spec"]["type"] != "ExternalName" && before["spec"]["clusterIP"] != address =>
        {
            wrong.invalid("spec.clusterIPs[0]", &json!([address]), "may not change once set");
        }
        _ => {}
    }
}

fn ports(spec: &Value, wrong: &mut Wrong) {
    let all = list(spec, "ports");
    let (mut names, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for (index, port) in all.iter().enumerate() {
        let place = |field: &str| format!("spec.ports[{index}].{field}");
        match text(port, "name") {
            "" if all.len() > 1 => wrong.required(place("name"), ""),
            "" => {}
            name => {
                wrong.refused(&place("name"), name, &names::label(name));
                if !names.insert(name) {
                    wrong.duplicate(place("name"), &name.into());
                }
            }
        }
        wrong.port(&place("port"), &port["port"]);
        wrong.one_of(place("protocol"), &port["protocol"], &["SCTP", "TCP", "UDP"]);
        wrong.port(&place("targetPort"), &port["targetPort"]);
        let node = &port["nodePort"];
        if spec["type"] == "ClusterIP" && node.as_i64().is_some_and(|number| number != 0) {
            wrong.forbidden(place("nodePort"), "may not be used when `type` is 'ClusterIP'");
        }
    }
    for (index, port) in all.iter().enumerate() {
        if !numbers.insert((port["port"].as_i64(), text(port, "protocol"))) {
            let shown = json!({ "Name": "", "Protocol": text(port, "protocol"), "AppProtocol": null, "Port": port["port"], "TargetPort": 0, "NodePort": 0 });
            wrong.duplicate_as_is(format!("spec.ports[{index}]"), &shown);
        }
    }
}
