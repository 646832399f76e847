//! Pretend network clients: they find services as the cluster's DNS and proxies would, and say what they are.

mod http;

use std::time::Duration;

use super::around::Name;
use super::machine::Machine;
use super::session::Done;
use crate::clock::Timestamp;
use crate::demo::object::{items, text};

/// The commands of this file.
pub const TOOLS: [&str; 8] = ["curl", "wget", "ping", "nslookup", "dig", "host", "getent", "nc"];

/// Options that are followed by a value.
const VALUED: [&str; 22] = [
    "-o",
    "-w",
    "-H",
    "-X",
    "-d",
    "-m",
    "-u",
    "-A",
    "-O",
    "-T",
    "-t",
    "-c",
    "-W",
    "-i",
    "--connect-timeout",
    "--max-time",
    "--data",
    "--header",
    "--request",
    "--output",
    "--write-out",
    "--timeout",
];

/// Runs one of them, at a time; gives how long it waits for an answer.
pub fn run(machine: &Machine, name: &str, arguments: &[&str], at: Timestamp) -> (Done, Duration) {
    let (mut words, mut format, mut rest) = (Vec::new(), None, arguments);
    while let [word, others @ ..] = rest {
        rest = others;
        if VALUED.contains(word)
            && !(name == "wget" && *word == "-O" && others.first().is_some_and(|next| next.contains("//")))
        {
            if matches!(*word, "-w" | "--write-out") {
                format = others.first().copied();
            }
            rest = others.get(1..).unwrap_or_default();
        } else if !word.starts_with('-') {
            words.push(*word);
        }
    }
    let target = words.first().copied().unwrap_or_default();
    let head = arguments.iter().any(|word| matches!(*word, "-I" | "--head"));
    if matches!(name, "curl" | "wget") {
        let wish = http::Wish {
            curl: name == "curl",
            format,
            head,
            fails: arguments
                .iter()
                .any(|word| is_short(word, 'f') || *word == "--fail"),
        };
        return http::fetch(machine, target, &wish, at);
    }
    let done = match name {
        "ping" => ping(machine, target),
        "nc" => connect(machine, target, words.get(1).copied()),
        "getent" => resolve(machine, name, words.get(1).copied().unwrap_or(target)),
        _ => resolve(machine, name, target),
    };
    (done, Duration::ZERO)
}

/// Whether a word holds a short option, alone or among others (`-sf`).
fn is_short(word: &str, option: char) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.contains(option)
}

/// What a host name leads to.
enum Host {
    /// A pod, this one or another.
    Pod { address: String, pod: Name },
    /// A service and its ports.
    Service {
        address: String,
        key: Name,
        ports: Vec<u16>,
    },
    /// Somewhere else.
    Outside,
    /// Nobody knows it.
    Unknown,
    /// Nobody answers who could know.
    Silent,
}

fn look_up(machine: &Machine, host: &str) -> Host {
    let own = |ip: &str| Host::Pod {
        address: ip.to_owned(),
        pod: name_of(&machine.namespace, &machine.pod),
    };
    if matches!(host, "localhost" | "127.0.0.1") {
        return own("127.0.0.1");
    }
    if host == machine.ip || host == machine.host() {
        return own(&machine.ip);
    }
    if host.parse::<std::net::Ipv4Addr>().is_ok() {
        return by_address(machine, host);
    }
    if ready(machine, "kube-system", "kube-dns") == 0 {
        return Host::Silent;
    }
    let short = host
        .trim_end_matches('.')
        .trim_end_matches(".cluster.local")
        .trim_end_matches(".svc");
    let parts: Vec<&str> = short.split('.').collect();
    let found = match parts.as_slice() {
        [name] => service(machine, &machine.namespace, name),
        [name, namespace] => {
            service(machine, namespace, name).or_else(|| member(machine, &machine.namespace, name, namespace))
        }
        [pod, name, namespace] => member(machine, namespace, pod, name),
        _ => None,
    };
    match found {
        Some(host) => host,
        None if host.contains('.') && !host.contains(".local") && !host.contains(".svc") => Host::Outside,
        None => Host::Unknown,
    }
}

fn service(machine: &Machine, namespace: &str, name: &str) -> Option<Host> {
    let service = machine.around.store.read("services", namespace, name)?;
    let ports = items(&service, "/spec/ports").iter();
    let address = match text(&service, "/spec/clusterIP") {
        // A headless one: its name leads to its pods.
        "None" => first_end(machine, namespace, name),
        address => address.to_owned(),
    };
    Some(Host::Service {
        address,
        ports: ports
            .filter_map(|port| port["port"].as_u64()?.try_into().ok())
            .collect(),
        key: name_of(namespace, name),
    })
}

/// The address of the first endpoint.
fn first_end(machine: &Machine, namespace: &str, name: &str) -> String {
    let slices = machine.around.store.list("endpointslices", Some(namespace));
    let mut own = slices
        .iter()
        .filter(|slice| slice.label("kubernetes.io/service-name") == Some(name));
    let found = own.find_map(|slice| {
        let address = text(&slice.value(), "/endpoints/0/addresses/0").to_owned();
        (!address.is_empty()).then_some(address)
    });
    found.unwrap_or_default()
}

/// How many endpoints of a service are ready.
fn ready(machine: &Machine, namespace: &str, name: &str) -> usize {
    let slices = machine.around.store.list("endpointslices", Some(namespace));
    let own = slices
        .iter()
        .filter(|slice| slice.label("kubernetes.io/service-name") == Some(name));
    let count = |slice: &serde_json::Value| {
        let ends = items(slice, "/endpoints").iter();
        ends.filter(|end| end["conditions"]["ready"] == true).count()
    };
    own.map(|slice| count(&slice.value())).sum()
}

fn name_of(namespace: &str, name: &str) -> Name {
    (namespace.into(), name.into())
}

/// The pod and its port that a connection to a port of a host ends at; `None` if there is none.
fn backend(machine: &Machine, host: &Host, port: u16) -> Option<(Name, u16)> {
    let service = match host {
        Host::Pod { pod, .. } => return Some((pod.clone(), port)),
        Host::Service { key, .. } => key,
        _ => return None,
    };
    let (space, owner) = (service.0.as_ref(), service.1.as_ref());
    let service = machine.around.store.read("services", space, owner)?;
    let headless = text(&service, "/spec/clusterIP") == "None";
    let name = items(&service, "/spec/ports")
        .iter()
        .find(|one| one["port"].as_u64() == Some(port.into()))
        .map(|one| text(one, "/name").to_owned());
    let mut ends = Vec::new();
    for slice in machine.around.store.list("endpointslices", Some(space)) {
        if slice.label("kubernetes.io/service-name") != Some(owner) {
            continue;
        }
        let slice = slice.value();
        let mut ports = items(&slice, "/ports").iter();
        let named = ports.find(|one| name.as_deref() == Some(text(one, "/name")));
        let target = match named.and_then(|one| one["port"].as_u64()) {
            _ if headless => port,
            Some(target) => target.try_into().ok()?,
            None => continue,
        };
        for end in items(&slice, "/endpoints")
            .iter()
            .filter(|end| end["conditions"]["ready"] == true)
        {
            let place = (text(end, "/targetRef/namespace"), text(end, "/targetRef/name"));
            ends.push((name_of(place.0, place.1), target));
        }
    }
    let turn = if headless {
        0
    } else {
        machine.around.neighbours.turn(ends.len())
    };
    ends.into_iter().nth(turn)
}

/// A pod that a headless service gives a name.
fn member(machine: &Machine, namespace: &str, pod: &str, name: &str) -> Option<Host> {
    let service = machine.around.store.read("services", namespace, name)?;
    let found = machine.around.store.read("pods", namespace, pod)?;
    let named = text(&service, "/spec/clusterIP") == "None" && text(&found, "/spec/subdomain") == name;
    named.then(|| by_address(machine, text(&found, "/status/podIP")))
}

fn by_address(machine: &Machine, ip: &str) -> Host {
    if let Some(pod) = machine.around.neighbours.named(ip) {
        let address = ip.to_owned();
        return Host::Pod { address, pod };
    }
    let services = machine.around.store.list("services", None);
    let found = services
        .iter()
        .map(|service| service.value())
        .find(|service| text(service, "/spec/clusterIP") == ip);
    found
        .and_then(|found| {
            service(
                machine,
                text(&found, "/metadata/namespace"),
                text(&found, "/metadata/name"),
            )
        })
        .unwrap_or(Host::Outside)
}

fn connect(machine: &Machine, host: &str, port: Option<&str>) -> Done {
    let Some(port) = port.and_then(|port| port.parse::<u16>().ok()) else {
        return Done::failed(1, "nc: wants a host and a port");
    };
    let found = look_up(machine, host);
    let open = backend(machine, &found, port)
        .is_some_and(|(pod, port)| machine.around.neighbours.listens(&pod, port));
    let address = match found {
        Host::Pod { address, .. } | Host::Service { address, .. } => address,
        Host::Outside => return Done::failed(1, format!("nc: {host} ({port}): Connection timed out")),
        Host::Unknown | Host::Silent => return Done::failed(1, format!("nc: bad address '{host}'")),
    };
    if open {
        Done {
            err: format!("{host} ({address}:{port}) open\n").into_bytes(),
            ..Done::default()
        }
    } else {
        Done::failed(1, format!("nc: {host} ({address}:{port}): Connection refused"))
    }
}

fn ping(machine: &Machine, host: &str) -> Done {
    let (address, answers) = match look_up(machine, host) {
        Host::Pod { address, .. } => (address, true),
        // Addresses of services are no machines: nobody answers.
        Host::Service { address, .. } => (address, false),
        Host::Outside => (host.to_owned(), false),
        Host::Unknown | Host::Silent => return Done::failed(1, format!("ping: bad address '{host}'")),
    };
    let line = if answers {
        format!("64 bytes from {address}: seq=0 ttl=64 time=0.412 ms\n")
    } else {
        String::new()
    };
    let (received, lost) = if answers { (1, 0) } else { (0, 100) };
    let text = format!(
        "PING {host} ({address}): 56 data bytes\n{line}\n--- {host} ping statistics ---\n1 packets transmitted, {received} packets received, {lost}% packet loss\n"
    );
    Done {
        code: i32::from(!answers),
        ..Done::text(text)
    }
}

fn resolve(machine: &Machine, name: &str, target: &str) -> Done {
    let server = machine.address_of("kube-system", "kube-dns");
    let address = match look_up(machine, target) {
        Host::Pod { address, .. } | Host::Service { address, .. } => address,
        _ if name == "getent" => return Done::code(2),
        Host::Silent => return Done::failed(1, ";; connection timed out; no servers could be reached"),
        Host::Outside | Host::Unknown => {
            return Done::failed(
                1,
                format!(
                    "Server:\t\t{server}\nAddress:\t{server}:53\n\n** server can't find {target}: NXDOMAIN"
                ),
            );
        }
    };
    match name {
        "getent" => Done::text(format!("{address}       {target}\n")),
        "host" => Done::text(format!("{target} has address {address}\n")),
        _ => Done::text(format!(
            "Server:\t\t{server}\nAddress:\t{server}:53\n\nName:\t{target}\nAddress: {address}\n"
        )),
    }
}
