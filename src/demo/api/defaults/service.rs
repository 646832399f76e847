//! Defaults of services, and the addresses and node ports that the server gives them.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::set;
use crate::demo::status::Status;
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

/// The cluster's `ServiceCIDR`: its first address, and how many there are.
fn cidr(store: &Store) -> (u32, u32) {
    let stored = store.read("servicecidrs", "", "kubernetes").unwrap_or_default();
    let range = stored["spec"]["cidrs"][0].as_str().unwrap_or("172.20.0.0/16");
    let (first, bits) = range.split_once('/').unwrap_or((range, "16"));
    let first = first.parse::<Ipv4Addr>().map_or(0, u32::from);
    let hosts = 32_u32
        .checked_sub(bits.parse().unwrap_or(16))
        .and_then(|bits| 1_u32.checked_shl(bits));
    (first, hosts.unwrap_or(65_536))
}

/// Addresses for services, but the first of the range, which are for services that ask for one.
fn range(store: &Store) -> impl Iterator<Item = String> {
    let (first, hosts) = cidr(store);
    (256..hosts.saturating_sub(1)).map(move |host| Ipv4Addr::from(first.wrapping_add(host)).to_string())
}

/// Refuses an address or node ports that nobody may have, or that somebody has (`pkg/registry/core/service/storage/alloc.go`). A dry run
/// takes no ports, so that any will do.
///
/// # Errors
/// 422 with the first that is refused.
pub fn check(store: &Store, before: Option<&Value>, service: &Value, dry: bool) -> Result<(), Status> {
    let uid = &service["metadata"]["uid"];
    let own = |other: &Value| !uid.is_null() && other["metadata"]["uid"] == *uid;
    let others = store.list("services", None);
    let others: Vec<Value> = others
        .iter()
        .map(|other| other.value())
        .filter(|other| !own(other))
        .collect();
    let mut refused = match before {
        None => address_refused(cidr(store), service, &others),
        Some(_) => None,
    };
    if refused.is_none() && !dry {
        refused = port_refused(before, service, &others);
    }
    let Some((field, text)) = refused else {
        return Ok(());
    };
    let name = service["metadata"]["name"].as_str().unwrap_or_default();
    Err(Status::invalid(
        "Service",
        name,
        (&field, "FieldValueInvalid", &text),
    ))
}

/// The field and the reason, if a new service may not have the address that it asks for.
fn address_refused(
    (first, hosts): (u32, u32),
    service: &Value,
    others: &[Value],
) -> Option<(String, String)> {
    let address = service["spec"]["clusterIP"].as_str().unwrap_or_default();
    let ip: Ipv4Addr = address.parse().ok()?;
    if service["spec"]["type"] == "ExternalName" {
        return None;
    }
    let why = if u32::from(ip).wrapping_sub(first) >= hosts {
        "the provided network does not match the current range"
    } else if others.iter().any(|other| other["spec"]["clusterIP"] == address) {
        "provided IP is already allocated"
    } else {
        return None;
    };
    let text = format!("Invalid value: [\"{address}\"]: failed to allocate IP {address}: {why}");
    Some(("spec.clusterIPs".to_owned(), text))
}

/// The field and the reason, if a service may not have one of the node ports that it asks for.
fn port_refused(before: Option<&Value>, service: &Value, others: &[Value]) -> Option<(String, String)> {
    let spec = &service["spec"];
    if matches!(spec["type"].as_str(), Some("ClusterIP" | "ExternalName")) {
        return None;
    }
    let had: BTreeSet<i64> = before.into_iter().flat_map(node_ports).collect();
    let taken: BTreeSet<i64> = others.iter().flat_map(node_ports).collect();
    let mut seen: BTreeSet<(i64, &str)> = BTreeSet::new();
    for (index, port) in spec["ports"].as_array().into_iter().flatten().enumerate() {
        let Some(number) = port["nodePort"].as_i64().filter(|number| *number != 0) else {
            continue;
        };
        // One number may serve several protocols of one service.
        let twice = !seen.insert((number, port["protocol"].as_str().unwrap_or("TCP")));
        let why = if had.contains(&number) && !twice {
            continue;
        } else if !(30_000..=32_767).contains(&number) {
            "provided port is not in the valid range. The range of valid ports is 30000-32767"
        } else if twice || taken.contains(&number) {
            "provided port is already allocated"
        } else {
            continue;
        };
        let text = format!("Invalid value: {number}: {why}");
        return Some((format!("spec.ports[{index}].nodePort"), text));
    }
    None
}

fn node_ports(service: &Value) -> Vec<i64> {
    let ports = service["spec"]["ports"].as_array().into_iter().flatten();
    ports.filter_map(|port| port["nodePort"].as_i64()).collect()
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
    let mut used: BTreeSet<i64> = others.iter().flat_map(node_ports).collect();
    used.extend(
        spec["ports"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|port| port["nodePort"].as_i64()),
    );
    for port in spec["ports"].as_array_mut().into_iter().flatten() {
        if port["nodePort"].as_i64().is_none_or(|port| port == 0) {
            let free = (30_000..32_768)
                .find(|port| !used.contains(port))
                .unwrap_or_default();
            used.insert(free);
            port["nodePort"] = free.into();
        }
    }
}
