//! Pretend network clients: they find services as the cluster's DNS and proxies would, and say what they are.

use super::machine::Machine;
use super::session::Done;
use crate::demo::kubelet::status::address;
use crate::demo::world::image::nature;
use crate::demo::world::object::{items, text};

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

/// Runs one of them.
pub fn run(machine: &Machine, name: &str, arguments: &[&str]) -> Done {
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
    match name {
        "curl" | "wget" => fetch(machine, name, target, (format, head)),
        "ping" => ping(machine, target),
        "nc" => connect(machine, target, words.get(1).copied()),
        "getent" => resolve(machine, name, words.get(1).copied().unwrap_or(target)),
        _ => resolve(machine, name, target),
    }
}

/// What a host name leads to.
enum Host {
    /// A pod, this one or another, and what it listens on.
    Pod { address: String, ports: &'static [u16] },
    /// A service, its ports, and how many endpoints are ready.
    Service {
        address: String,
        ports: Vec<u16>,
        ready: usize,
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
        ports: machine.nature.ports,
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
    let service = machine.world.store().read("services", namespace, name)?;
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
        ready: ready(machine, namespace, name),
    })
}

/// The address of the first endpoint.
fn first_end(machine: &Machine, namespace: &str, name: &str) -> String {
    let slices = machine.world.store().list("endpointslices", Some(namespace));
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
    let slices = machine.world.store().list("endpointslices", Some(namespace));
    let own = slices
        .iter()
        .filter(|slice| slice.label("kubernetes.io/service-name") == Some(name));
    let count = |slice: &serde_json::Value| {
        let ends = items(slice, "/endpoints").iter();
        ends.filter(|end| end["conditions"]["ready"] == true).count()
    };
    own.map(|slice| count(&slice.value())).sum()
}

/// A pod that a headless service gives a name.
fn member(machine: &Machine, namespace: &str, pod: &str, name: &str) -> Option<Host> {
    let service = machine.world.store().read("services", namespace, name)?;
    let found = machine.world.store().read("pods", namespace, pod)?;
    let named = text(&service, "/spec/clusterIP") == "None" && text(&found, "/spec/subdomain") == name;
    named.then(|| by_address(machine, text(&found, "/status/podIP")))
}

fn by_address(machine: &Machine, ip: &str) -> Host {
    let inner = machine.world.lock();
    let pod = inner.pods.values().find(|pod| {
        let at = pod.life.as_ref().and_then(|life| life.ip);
        at.is_some_and(|at| address(at) == ip)
    });
    if let Some(pod) = pod {
        let image = pod.spec.containers.first().map(|container| &*container.image);
        return Host::Pod {
            address: ip.to_owned(),
            ports: nature(image.unwrap_or_default()).ports,
        };
    }
    drop(inner);
    let services = machine.world.store().list("services", None);
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

fn fetch(machine: &Machine, name: &str, target: &str, (format, head): (Option<&str>, bool)) -> Done {
    let (scheme, bare) = target.split_once("://").unwrap_or(("http", target));
    let (authority, path) = bare.split_once('/').unwrap_or((bare, ""));
    let usual = if scheme == "https" { 443 } else { 80 };
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let port: u16 = port.parse().unwrap_or(usual);
    if host.is_empty() {
        return Done::failed(2, format!("{name}: no URL specified"));
    }
    let is_curl = name == "curl";
    let failed = |code: i32, curl: String, wget: String| {
        if is_curl {
            let mut done = Done::failed(code, format!("curl: ({code}) {curl}"));
            done.out = format.map_or_else(Vec::new, |format| written(format, "000").into_bytes());
            done
        } else {
            Done::failed(1, format!("wget: {wget}"))
        }
    };
    let refused = |ip: &str| {
        failed(
            7,
            format!("Failed to connect to {host} port {port} ({ip}) after 1 ms: Could not connect to server"),
            format!("can't connect to remote host ({ip}): Connection refused"),
        )
    };
    let unknown = || {
        failed(
            6,
            format!("Could not resolve host: {host}"),
            format!("bad address '{host}'"),
        )
    };
    let page = match look_up(machine, host) {
        Host::Service { ports, .. }
            if host.trim_end_matches(".cluster.local").trim_end_matches(".svc") == "kubernetes.default"
                && ports.contains(&port) =>
        {
            return api_server(path, format);
        }
        Host::Pod { ports, .. } if ports.contains(&port) => {
            format!("demo cluster: {host} answers /{path} on port {port}; nothing here is real\n")
        }
        Host::Service { ready, ports, .. } if ready > 0 && ports.contains(&port) => {
            format!(
                "demo cluster: service {host} answers /{path} with {ready} endpoints; nothing here is real\n"
            )
        }
        Host::Pod { address, .. } | Host::Service { address, .. } => return refused(&address),
        Host::Outside => {
            return failed(
                28,
                "this pretend container reaches nothing outside the demo cluster".to_owned(),
                "this pretend container reaches nothing outside the demo cluster".to_owned(),
            );
        }
        Host::Unknown => return unknown(),
        Host::Silent => return unknown(),
    };
    let page = if head && is_curl {
        format!(
            "HTTP/1.1 200 OK\ncontent-type: text/plain\ncontent-length: {}\n\n",
            page.len()
        )
    } else {
        page
    };
    Done::text(page + &format.map_or_else(String::new, |format| written(format, "200")))
}

/// What `curl -w` adds.
fn written(format: &str, code: &str) -> String {
    format
        .replace("%{http_code}", code)
        .replace("%{response_code}", code)
        .replace("%{time_total}", "0.004217")
        .replace("\\n", "\n")
}

/// What the API server says to somebody without a token.
fn api_server(path: &str, format: Option<&str>) -> Done {
    let (page, code) = match path {
        "readyz" | "livez" | "healthz" => ("ok".to_owned(), "200"),
        path => {
            let said = format!("forbidden: User \\\"system:anonymous\\\" cannot get path \\\"/{path}\\\"");
            let page = format!(
                "{{\n  \"kind\": \"Status\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {{}},\n  \"status\": \"Failure\",\n  \"message\": \"{said}\",\n  \"reason\": \"Forbidden\",\n  \"details\": {{}},\n  \"code\": 403\n}}\n"
            );
            (page, "403")
        }
    };
    Done::text(page + &format.map_or_else(String::new, |format| written(format, code)))
}

fn connect(machine: &Machine, host: &str, port: Option<&str>) -> Done {
    let Some(port) = port.and_then(|port| port.parse::<u16>().ok()) else {
        return Done::failed(1, "nc: wants a host and a port");
    };
    let (address, open) = match look_up(machine, host) {
        Host::Pod { address, ports } => (address, ports.contains(&port)),
        Host::Service {
            address,
            ports,
            ready,
        } => (address, ready > 0 && ports.contains(&port)),
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
