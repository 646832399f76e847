//! Pretend network clients: they find services as the cluster's DNS and proxies would, and say what they are.

use super::machine::Machine;
use super::session::Done;
use crate::demo::world::object::{items, text};

/// Runs one of curl, wget, ping, nslookup, dig, getent, nc.
pub fn run(machine: &Machine, name: &str, arguments: &[&str]) -> Done {
    let target = arguments
        .iter()
        .rev()
        .find(|word| !word.starts_with('-') && !word.chars().all(|c| c.is_ascii_digit()))
        .copied()
        .unwrap_or_default();
    match name {
        "curl" | "wget" => fetch(machine, name, target),
        "ping" => Done::failed(1, "ping: permission denied (are you root?)"),
        "nc" => Done::failed(1, "nc: this pretend container opens no connections"),
        _ => resolve(machine, name, target),
    }
}

/// What a host name leads to.
enum Host {
    Own,
    Service { address: String, ready: usize },
    Outside,
    Unknown,
}

fn look_up(machine: &Machine, host: &str) -> Host {
    if matches!(host, "localhost" | "127.0.0.1") || host == machine.ip || host == machine.pod {
        return Host::Own;
    }
    let short = host
        .trim_end_matches('.')
        .trim_end_matches(".cluster.local")
        .trim_end_matches(".svc");
    let (name, namespace) = short.split_once('.').unwrap_or((short, &machine.namespace));
    let store = machine.world.store();
    if let Some(service) = store.read("services", namespace, name) {
        let slices = store.list("endpointslices", Some(namespace));
        let own = slices
            .iter()
            .filter(|slice| slice.label("kubernetes.io/service-name") == Some(name));
        let ready = own
            .map(|slice| {
                items(&slice.value(), "/endpoints")
                    .iter()
                    .filter(|end| end["conditions"]["ready"] == true)
                    .count()
            })
            .sum();
        return Host::Service {
            address: text(&service, "/spec/clusterIP").to_owned(),
            ready,
        };
    }
    if host.contains('.') && !short.contains("local") {
        Host::Outside
    } else {
        Host::Unknown
    }
}

fn fetch(machine: &Machine, name: &str, target: &str) -> Done {
    let bare = target.split_once("://").map_or(target, |(_, rest)| rest);
    let (authority, path) = bare.split_once('/').unwrap_or((bare, ""));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    let port: u16 = port.parse().unwrap_or(80);
    if host.is_empty() {
        return Done::failed(2, format!("{name}: no URL specified"));
    }
    let refused = |ip: &str| {
        Done::failed(
            7,
            format!(
                "{name}: (7) Failed to connect to {host} port {port} ({ip}) after 1 ms: Could not connect to server"
            ),
        )
    };
    match look_up(machine, host) {
        Host::Own if machine.nature.ports.contains(&port) => Done::text(format!(
            "demo cluster: {} answers /{path} on port {port}; nothing here is real\n",
            machine.pod
        )),
        Host::Own => refused("127.0.0.1"),
        Host::Service { ready, .. } if ready > 0 => Done::text(format!(
            "demo cluster: service {host} answers /{path} with {ready} endpoints; nothing here is real\n"
        )),
        Host::Service { address, .. } => refused(&address),
        Host::Outside => Done::failed(
            28,
            format!("{name}: (28) this pretend container reaches nothing outside the demo cluster"),
        ),
        Host::Unknown => Done::failed(6, format!("{name}: (6) Could not resolve host: {host}")),
    }
}

fn resolve(machine: &Machine, name: &str, target: &str) -> Done {
    let address = match look_up(machine, target) {
        Host::Own => machine.ip.clone(),
        Host::Service { address, .. } => address,
        Host::Outside | Host::Unknown if name == "getent" => {
            return Done {
                code: 2,
                ..Done::default()
            };
        }
        Host::Outside | Host::Unknown => {
            return Done::failed(
                1,
                format!(
                    "Server:\t\t172.20.0.10\nAddress:\t172.20.0.10:53\n\n** server can't find {target}: NXDOMAIN"
                ),
            );
        }
    };
    if name == "getent" {
        return Done::text(format!("{address}       {target}\n"));
    }
    Done::text(format!(
        "Server:\t\t172.20.0.10\nAddress:\t172.20.0.10:53\n\nName:\t{target}\nAddress: {address}\n"
    ))
}
