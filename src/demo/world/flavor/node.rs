//! Nodes as the clouds write them: names, labels, provider ids, what is allocatable.

use serde_json::{Value, json};

use super::Flavor;
use crate::demo::ids::stable_hex;
use crate::demo::object::{manage, put, text, time};
use crate::demo::world::node::{GROUPS, index_of, place};

/// The subscription and resource group of the AKS cluster.
pub const RESOURCES: &str =
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/mc_demo_demo_germanywestcentral";
const DOMAIN: &str = ".eu-central-1.compute.internal";

/// Pools: name, AKS size, GKE machine type.
const POOLS: [(&str, &str, &str); 3] = [
    ("general", "Standard_B2s", "e2-medium"),
    ("apps", "Standard_D2s_v5", "e2-standard-2"),
    ("arm", "Standard_D4ps_v5", "t2a-standard-4"),
];

/// A text with the names of nodes as this cloud gives them. Names are told by their addresses alone.
pub fn names(flavor: Flavor, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("ip-10-") {
        let (before, from) = rest.split_at(at);
        let Some(end) = from.find(DOMAIN) else { break };
        let (name, after) = from.split_at(end);
        let known = name
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"ip-".contains(&byte));
        if !known {
            break;
        }
        out.push_str(before);
        out.push_str(&named(flavor, &format!("{name}{DOMAIN}")));
        rest = after.strip_prefix(DOMAIN).unwrap_or(after);
    }
    out.push_str(rest);
    out
}

/// Index of the pool of a node by its EKS name.
fn pool_of(name: &str) -> usize {
    index_of(name)
        .map_or(0, |index| place(index).group)
        .min(POOLS.len() - 1)
}

fn named(flavor: Flavor, name: &str) -> String {
    let pool = POOLS[pool_of(name)].0;
    match flavor {
        Flavor::Eks => name.to_owned(),
        Flavor::Aks => format!("aks-{pool}-31470152-vmss{}", base36(name)),
        Flavor::Gke => {
            let group = stable_hex(&["gke", pool], 8);
            format!("gke-demo-{pool}-pool-{group}-{}", stable_hex(&["node", name], 4))
        }
        Flavor::Kind => match index_of(name).unwrap_or(0) {
            0 => "demo-worker".to_owned(),
            index => format!("demo-worker{}", index + 1),
        },
    }
}

/// Six digits to base 36, as scale sets number their machines.
fn base36(name: &str) -> String {
    let mut number = index_of(name).unwrap_or(0);
    let mut digits = Vec::new();
    while digits.len() < 6 {
        digits.push(char::from_digit((number % 36) as u32, 36).unwrap_or('0'));
        number /= 36;
    }
    digits.iter().rev().collect()
}

/// Turns a node of EKS into one of another cloud.
pub fn dress(flavor: Flavor, node: &mut Value) {
    let name = text(node, "/metadata/name").to_owned();
    let at = pool_of(&name);
    let own = named(flavor, &name);
    let zone = text(&node["metadata"]["labels"], "/topology.kubernetes.io~1zone").to_owned();
    let arch = if flavor == Flavor::Kind {
        "amd64"
    } else {
        GROUPS[at].arch
    };
    let features = node["metadata"]["labels"].get("workload").cloned();
    let mut labels = json!({"beta.kubernetes.io/arch": arch, "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": arch,
        "kubernetes.io/hostname": own, "kubernetes.io/os": "linux"});
    for (key, value) in cloud_labels(flavor, at, &zone) {
        put(&mut labels, key, value.into());
    }
    if let Some(value) = features {
        put(&mut labels, "workload", value);
    }
    node["metadata"]["labels"] = labels;
    node["metadata"]["annotations"] = json!({"node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true"});
    node["spec"]["providerID"] = provider(flavor, &own, (at, &flavor.text(&zone))).into();
    if flavor == Flavor::Kind
        && let Some(taints) = node["spec"]["taints"].as_array_mut()
    {
        taints.retain(|taint| taint["key"] != "kubernetes.io/arch");
    }
    let info = &mut node["status"]["nodeInfo"];
    let (kubelet, os, kernel) = match flavor {
        Flavor::Aks => ("v1.36.3", "Ubuntu 24.04.3 LTS", "6.8.0-1041-azure"),
        Flavor::Gke => (
            "v1.36.3-gke.1318000",
            "Container-Optimized OS from Google",
            "6.12.46+",
        ),
        Flavor::Eks | Flavor::Kind => ("v1.36.3", "Debian GNU/Linux 13 (trixie)", "6.12.48+deb13-amd64"),
    };
    put(info, "kubeletVersion", kubelet.into());
    put(info, "osImage", os.into());
    put(info, "kernelVersion", kernel.into());
    put(info, "architecture", arch.into());
    node["status"]["images"] = json!([]);
    resources(flavor, at, node);
    let born = time(node, "/metadata/creationTimestamp").unwrap_or_default();
    manage(node, "kubelet", Some("kubelet"), born);
}

fn cloud_labels(flavor: Flavor, at: usize, zone: &str) -> Vec<(&'static str, String)> {
    let (pool, size, machine) = POOLS[at];
    let zone = flavor.text(zone);
    let both = |size: &str, region: &str| {
        vec![
            ("beta.kubernetes.io/instance-type", size.to_owned()),
            ("node.kubernetes.io/instance-type", size.to_owned()),
            ("failure-domain.beta.kubernetes.io/region", region.to_owned()),
            ("failure-domain.beta.kubernetes.io/zone", zone.clone()),
            ("topology.kubernetes.io/region", region.to_owned()),
            ("topology.kubernetes.io/zone", zone.clone()),
        ]
    };
    match flavor {
        Flavor::Aks => {
            let mut list = both(size, "germanywestcentral");
            list.extend([
                ("agentpool", pool.to_owned()),
                ("kubernetes.azure.com/agentpool", pool.to_owned()),
                (
                    "kubernetes.azure.com/cluster",
                    "MC_demo_demo_germanywestcentral".to_owned(),
                ),
                (
                    "kubernetes.azure.com/mode",
                    if at == 0 { "system" } else { "user" }.to_owned(),
                ),
                ("kubernetes.azure.com/os-sku", "Ubuntu".to_owned()),
                ("kubernetes.azure.com/podnetwork-type", "overlay".to_owned()),
                ("kubernetes.azure.com/role", "agent".to_owned()),
                ("topology.disk.csi.azure.com/zone", zone.clone()),
            ]);
            list
        }
        Flavor::Gke => {
            let mut list = both(machine, "europe-west3");
            let family = machine.split('-').next().unwrap_or(machine);
            list.extend([
                ("cloud.google.com/gke-nodepool", format!("{pool}-pool")),
                ("cloud.google.com/gke-boot-disk", "pd-balanced".to_owned()),
                ("cloud.google.com/gke-container-runtime", "containerd".to_owned()),
                ("cloud.google.com/gke-os-distribution", "cos".to_owned()),
                ("cloud.google.com/machine-family", family.to_owned()),
                ("cloud.google.com/private-node", "true".to_owned()),
                ("topology.gke.io/zone", zone.clone()),
            ]);
            list
        }
        Flavor::Eks | Flavor::Kind => vec![("pool", if at == 2 { "big" } else { pool }.to_owned())],
    }
}

fn provider(flavor: Flavor, name: &str, (at, zone): (usize, &str)) -> String {
    match flavor {
        Flavor::Aks => {
            let set = format!("aks-{}-31470152-vmss", POOLS[at].0);
            format!(
                "azure://{RESOURCES}/providers/Microsoft.Compute/virtualMachineScaleSets/{set}/virtualMachines/{}",
                name.trim_start_matches(&set).trim_start_matches('0')
            )
        }
        Flavor::Gke => format!("gce://demo-project/{zone}/{name}"),
        Flavor::Eks | Flavor::Kind => format!("kind://docker/demo/{name}"),
    }
}

/// Slots and what is allocatable.
fn resources(flavor: Flavor, at: usize, node: &mut Value) {
    let group = &GROUPS[at];
    let (cpu, memory) = (u64::from(group.vcpu) * 1000, group.memory_kib);
    let mib = 1024;
    let (slots, cpu_left, memory_left) = match flavor {
        // AKS: 100 or 140 millicores; the lesser of 20 MB a pod and 50 MB, and a quarter; 100 Mi of hard eviction.
        Flavor::Aks => {
            let kept = (20 * 250 + 50) * mib;
            let cores = if group.vcpu > 2 { 140 } else { 100 };
            (250, cpu - cores, memory - kept.min(memory / 4) - 100 * mib)
        }
        // GKE: 6 %, 1 %, 0.5 % of ever more cores; a quarter of the first 4 GiB, a fifth of the next 4, a tenth of the next 8; 100 Mi.
        Flavor::Gke => {
            let cores = u64::from(group.reserved_cpu_milli());
            let cores = if at == 0 { 1_060 } else { cores };
            let tier = |from: u64, to: u64| memory.min(to * mib * mib).saturating_sub(from * mib * mib);
            let kept = tier(0, 4) / 4 + tier(4, 8) / 5 + tier(8, 16) / 10;
            (110, cpu - cores, memory - kept - 100 * mib)
        }
        // kind reserves nothing: all of the host is allocatable on every node.
        Flavor::Eks | Flavor::Kind => (110, cpu, memory),
    };
    for part in ["capacity", "allocatable"] {
        node["status"][part]["pods"] = slots.to_string().into();
    }
    let left = &mut node["status"]["allocatable"];
    let whole = cpu_left.is_multiple_of(1000);
    let text = if whole {
        (cpu_left / 1000).to_string()
    } else {
        format!("{cpu_left}m")
    };
    put(left, "cpu", text.into());
    put(left, "memory", format!("{memory_left}Ki").into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_named_as_their_clouds_do() {
        let text = "pod on ip-10-0-0-21.eu-central-1.compute.internal.";
        let said = [Flavor::Aks, Flavor::Gke, Flavor::Kind].map(|flavor| names(flavor, text));
        assert!(
            said[0].starts_with("pod on aks-general-31470152-vmss000000"),
            "{said:?}"
        );
        assert!(said[1].starts_with("pod on gke-demo-general-pool-"), "{said:?}");
        assert_eq!(said[2], "pod on demo-worker.");
    }
}
