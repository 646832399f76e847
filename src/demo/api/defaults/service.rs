//! Defaults of services, and the addresses and node ports that the server gives them, keeps and takes back.

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
    if spec["type"] == "LoadBalancer" {
        set(spec, "allocateLoadBalancerNodePorts", json!(true));
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
    let stays = before.is_some_and(|before| before["spec"]["clusterIP"] == service["spec"]["clusterIP"]);
    let mut refused = if stays {
        None
    } else {
        address_refused(cidr(store), service, &others)
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
    let numbers = ports.filter_map(|port| port["nodePort"].as_i64());
    numbers.filter(|number| *number != 0).collect()
}

/// Brings an update to what stands (`pkg/registry/core/service/storage`): addresses and node ports that it leaves out stay
/// (`patchAllocatedValues`), and what its type no longer has goes unless it says something new of it (`dropTypeDependentFields`).
pub fn carry(before: &Value, service: &mut Value) {
    let (old, new) = (&before["spec"], &mut service["spec"]);
    let named = |spec: &Value| spec["type"] == "ExternalName";
    let balanced = |spec: &Value| spec["type"] == "LoadBalancer";
    match (named(old), named(new)) {
        (false, false) => {
            if new["clusterIP"].as_str().is_none_or(str::is_empty) {
                new["clusterIP"] = old["clusterIP"].clone();
            }
            if new["clusterIP"] == old["clusterIP"] {
                set(new, "clusterIPs", old["clusterIPs"].clone());
            }
        }
        (false, true) => {
            let gone = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"];
            drop_unchanged(old, new, &gone);
            drop_unchanged(old, new, &["internalTrafficPolicy"]);
        }
        _ => {}
    }
    match (has_node_ports(old), has_node_ports(new)) {
        (true, true) => carry_node_ports(before, service),
        (true, false) => {
            drop_unchanged(old, new, &["externalTrafficPolicy"]);
            let had = node_ports(before);
            if node_ports(service).iter().all(|port| had.contains(port)) {
                for port in ports_of(service) {
                    port.as_object_mut().map(|port| port.shift_remove("nodePort"));
                }
            }
        }
        _ => {}
    }
    let new = &mut service["spec"];
    if balanced(old) && !balanced(new) {
        drop_unchanged(old, new, &["allocateLoadBalancerNodePorts", "loadBalancerClass"]);
    }
}

/// Node ports go by the names of their ports, but those that the update gives to others.
fn carry_node_ports(before: &Value, service: &mut Value) {
    let (had, given) = (node_ports(before), node_ports(service));
    for port in ports_of(service).filter(|port| port["nodePort"].as_i64().is_none_or(|port| port == 0)) {
        let mut old = before["spec"]["ports"].as_array().into_iter().flatten();
        let name = |port: &Value| port["name"].as_str().unwrap_or_default().to_owned();
        let same = old.rfind(|old| name(old) == name(port));
        let number = same.and_then(|old| old["nodePort"].as_i64()).unwrap_or(0);
        if number != 0 && !(had.contains(&number) && given.contains(&number)) {
            port["nodePort"] = number.into();
        }
    }
}

fn ports_of(service: &mut Value) -> impl Iterator<Item = &mut Value> {
    let ports = service["spec"].get_mut("ports").and_then(Value::as_array_mut);
    ports.into_iter().flatten()
}

fn has_node_ports(spec: &Value) -> bool {
    matches!(spec["type"].as_str(), Some("NodePort" | "LoadBalancer"))
}

fn drop_unchanged(old: &Value, new: &mut Value, keys: &[&str]) {
    for key in keys {
        if new.get(key) == old.get(key) {
            new.as_object_mut().map(|spec| spec.shift_remove(*key));
        }
    }
}

/// Gives a service the cluster IP and the node ports that it lacks: the first free ones.
pub fn allocate(store: &Store, service: &mut Value) {
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
    if !has_node_ports(spec) || spec["allocateLoadBalancerNodePorts"] == false {
        return;
    }
    let mut used: BTreeSet<i64> = others.iter().flat_map(node_ports).collect();
    used.extend(node_ports(service));
    for port in ports_of(service) {
        if port["nodePort"].as_i64().is_none_or(|port| port == 0) {
            let free = (30_000..32_768)
                .find(|port| !used.contains(port))
                .unwrap_or_default();
            used.insert(free);
            port["nodePort"] = free.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(spec: &Value) -> Value {
        json!({ "metadata": { "name": "s" }, "spec": spec })
    }

    /// What an update of a service makes of it before it is judged.
    fn updated(old: &Value, new: &Value) -> Value {
        let mut new = service(new);
        spec(&mut new["spec"]);
        carry(&service(old), &mut new);
        new["spec"].take()
    }

    fn standing() -> Value {
        let mut old = json!({ "type": "NodePort", "clusterIP": "10.0.0.9", "clusterIPs": ["10.0.0.9"],
            "ports": [{ "name": "a", "port": 80, "nodePort": 30_001 }, { "name": "b", "port": 81, "nodePort": 30_002 }] });
        spec(&mut old);
        old
    }

    #[test]
    fn what_a_replacement_leaves_out_stays() {
        let ports = json!([{ "name": "b", "port": 81 }, { "name": "z", "port": 99 }, { "name": "a", "port": 7, "nodePort": 30_003 }]);
        let new = updated(&standing(), &json!({ "type": "NodePort", "ports": ports }));
        assert_eq!(new["clusterIP"], "10.0.0.9");
        assert_eq!(new["clusterIPs"], json!(["10.0.0.9"]));
        assert_eq!(
            node_ports(&service(&new)),
            [30_002, 30_003],
            "the new port has none yet"
        );
        let swapped = json!([{ "name": "a", "port": 80, "nodePort": 30_002 }, { "name": "b", "port": 81 }]);
        let new = updated(&standing(), &json!({ "type": "NodePort", "ports": swapped }));
        assert_eq!(node_ports(&service(&new)), [30_002], "given to another");
    }

    #[test]
    fn what_the_type_no_longer_has_goes_unless_it_is_new() {
        let mut plain = standing();
        plain["type"] = "ClusterIP".into();
        let new = updated(&standing(), &plain);
        assert!(node_ports(&service(&new)).is_empty());
        assert_eq!(new.get("externalTrafficPolicy"), None);
        assert_eq!(new["clusterIP"], "10.0.0.9");
        plain["ports"][0]["nodePort"] = 30_009.into();
        let new = updated(&standing(), &plain);
        assert_eq!(
            node_ports(&service(&new)),
            [30_009, 30_002],
            "for the judge to refuse"
        );
        let mut named = standing();
        named["type"] = "ExternalName".into();
        let new = updated(&standing(), &named);
        for key in [
            "clusterIP",
            "clusterIPs",
            "ipFamilies",
            "ipFamilyPolicy",
            "internalTrafficPolicy",
        ] {
            assert_eq!(new.get(key), None, "{key}");
        }
    }
}
