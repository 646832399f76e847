//! Defaults of services, and the addresses and node ports that the server gives them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::set;
use crate::demo::store::Store;

/// Fills in a service's spec.
pub fn spec(spec: &mut Value) {
    set(spec, "type", json!("ClusterIP"));
    set(spec, "sessionAffinity", json!("None"));
    for port in spec
        .get_mut("ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        set(port, "protocol", json!("TCP"));
        let number = port["port"].clone();
        set(port, "targetPort", number);
    }
    if spec["type"] == "ExternalName" {
        return;
    }
    set(spec, "internalTrafficPolicy", json!("Cluster"));
    set(spec, "ipFamilies", json!(["IPv4"]));
    set(spec, "ipFamilyPolicy", json!("SingleStack"));
    if spec["type"] != "ClusterIP" {
        set(spec, "externalTrafficPolicy", json!("Cluster"));
    }
}

/// Addresses for services: those of the cluster's `ServiceCIDR`, but the first of it, which are for services that ask for one.
fn range(store: &Store) -> impl Iterator<Item = String> {
    let stored = store.read("servicecidrs", "", "kubernetes").unwrap_or_default();
    let range = stored["spec"]["cidrs"][0].as_str().unwrap_or("172.20.0.0/16");
    let (first, bits) = range.split_once('/').unwrap_or((range, "16"));
    let first = first.parse::<std::net::Ipv4Addr>().map_or(0, u32::from);
    let hosts = 32_u32
        .checked_sub(bits.parse().unwrap_or(16))
        .and_then(|bits| 1_u32.checked_shl(bits));
    (256..hosts.unwrap_or(65_536).saturating_sub(1))
        .map(move |host| std::net::Ipv4Addr::from(first.wrapping_add(host)).to_string())
}

/// Gives a new service its cluster IP and node ports: the first free ones.
pub fn addresses(store: &Store, service: &mut Value) {
    service["status"] = json!({ "loadBalancer": {} });
    let spec = &mut service["spec"];
    if spec["type"] == "ExternalName" {
        return;
    }
    let others: Vec<_> = store
        .list("services", None)
        .iter()
        .map(|other| other.value())
        .collect();
    if spec["clusterIP"].as_str().is_none_or(str::is_empty) {
        let used: BTreeSet<&str> = others
            .iter()
            .filter_map(|other| other["spec"]["clusterIP"].as_str())
            .collect();
        let free = range(store).find(|ip| !used.contains(ip.as_str()));
        spec["clusterIP"] = free.unwrap_or_default().into();
    }
    spec["clusterIPs"] = json!([spec["clusterIP"]]);
    if spec["type"] == "ClusterIP" {
        return;
    }
    let ports = |service: &Value| -> Vec<u64> {
        service["spec"]["ports"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|port| port["nodePort"].as_u64())
            .collect()
    };
    let mut used: BTreeSet<u64> = others.iter().flat_map(ports).collect();
    for port in spec["ports"].as_array_mut().into_iter().flatten() {
        if port["nodePort"].is_null() {
            let free = (30_000..32_768)
                .find(|port| !used.contains(port))
                .unwrap_or_default();
            used.insert(free);
            port["nodePort"] = free.into();
        }
    }
}
