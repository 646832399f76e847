//! What the world reads out of one container of a pod: program, ports, amounts, probes. Decides nothing.

use serde_json::Value;

use crate::demo::image::{Nature, nature};
use crate::demo::object::{items, number, text};
use crate::demo::shell::{Program, main_command};
use crate::model::quantity;

/// One container.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Container {
    /// Name.
    pub name: String,
    /// Image as written.
    pub image: String,
    /// Command and arguments, one after the other.
    pub command: Vec<String>,
    /// What it runs, if that is more than pretended.
    pub program: Option<Box<Program>>,
    /// Requested processor thousandths and bytes; 0: nothing.
    pub requests: (u64, u64),
    /// Requested of anything else, by name: bytes of `ephemeral-storage`, devices.
    pub others: Vec<(String, u64)>,
    /// Limits: processor thousandths and bytes; 0: none.
    pub limits: (u64, u64),
    /// Seconds its `preStop` hook takes.
    pub pre_stop: i64,
    /// An init container with `restartPolicy: Always`.
    pub sidecar: bool,
    /// Readiness probe.
    pub readiness: Option<Probe>,
    /// Liveness probe.
    pub liveness: Option<Probe>,
    /// Startup probe.
    pub startup: Option<Probe>,
    /// Ports with their names, which may be empty.
    pub ports: Vec<(String, u16)>,
    /// What its program does, when a scenario has it do something else than its image says.
    pub behaves: Option<&'static Nature>,
}

impl Container {
    /// What its program does.
    pub fn nature(&self) -> &'static Nature {
        self.behaves.unwrap_or_else(|| nature(&self.image))
    }

    /// Whether nobody told what its program does.
    pub fn is_unknown(&self) -> bool {
        self.behaves.is_none() && nature(&self.image).image.is_empty()
    }
}

/// A probe, as far as the world cares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probe {
    /// Port it asks; `None` for exec probes.
    pub port: Option<u16>,
    /// HTTP path; empty for TCP and exec.
    pub path: String,
    /// The command of an exec probe.
    pub command: Vec<String>,
    /// Seconds before the first.
    pub delay: i64,
    /// Seconds after which it is given up.
    pub timeout: i64,
    /// Seconds between two.
    pub period: i64,
    /// Failures in a row that count.
    pub failures: i64,
}

/// Reads a container.
pub(super) fn container(value: &Value) -> Container {
    let amounts = |side: &str| {
        let of = |name: &str| {
            value
                .pointer(&format!("/resources/{side}/{name}"))
                .map(plain)
                .unwrap_or_default()
        };
        (
            quantity::milli(&of("cpu")).unwrap_or(0).max(0) as u64,
            quantity::units(&of("memory")).unwrap_or(0),
        )
    };
    let ports: Vec<(String, u16)> = items(value, "/ports")
        .iter()
        .map(|port| {
            (
                text(port, "/name").to_owned(),
                number(port, "/containerPort").unwrap_or(0) as u16,
            )
        })
        .collect();
    let find = |name: &str| {
        value
            .get(name)
            .filter(|probe| probe.is_object())
            .map(|value| probe(value, &ports))
    };
    let command = [words(value, "/command"), words(value, "/args")].concat();
    let program = main_command(text(value, "/image"), &command).map(|command| {
        Box::new(Program {
            command,
            stdin: value["stdin"] == true,
            once: value["stdinOnce"] == true,
            tty: value["tty"] == true,
        })
    });
    Container {
        name: text(value, "/name").to_owned(),
        image: text(value, "/image").to_owned(),
        command,
        program,
        requests: amounts("requests"),
        others: others(&value["resources"]["requests"]),
        limits: amounts("limits"),
        pre_stop: pre_stop(&value["lifecycle"]["preStop"]),
        sidecar: value["restartPolicy"] == "Always",
        readiness: find("readinessProbe"),
        liveness: find("livenessProbe"),
        startup: find("startupProbe"),
        ports,
        behaves: None,
    }
}

fn words(value: &Value, at: &str) -> Vec<String> {
    let words = items(value, at).iter().filter_map(Value::as_str);
    words.map(str::to_owned).collect()
}

/// How long a hook takes: `sleep`, or a command that sleeps.
fn pre_stop(hook: &Value) -> i64 {
    let command = words(hook, "/exec/command").join(" ");
    let told = command.split_once("sleep ").and_then(|(_, rest)| {
        let number = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        number.parse().ok()
    });
    number(hook, "/sleep/seconds").or(told).unwrap_or(0)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn probe(value: &Value, ports: &[(String, u16)]) -> Probe {
    let port = ["httpGet", "tcpSocket", "grpc"]
        .iter()
        .find_map(|kind| value.get(kind)?.get("port"));
    let port = port.map(|port| match port {
        Value::String(name) => ports
            .iter()
            .find(|(have, _)| have == name)
            .map_or_else(|| name.parse().unwrap_or(0), |(_, port)| *port),
        other => other.as_u64().unwrap_or(0) as u16,
    });
    let of = |name: &str, default: i64| number(value, name).unwrap_or(default);
    Probe {
        port,
        path: text(value, "/httpGet/path").to_owned(),
        command: words(value, "/exec/command"),
        delay: of("/initialDelaySeconds", 0),
        timeout: of("/timeoutSeconds", 1).max(1),
        period: of("/periodSeconds", 10).max(1),
        failures: of("/failureThreshold", 3).max(1),
    }
}

/// Requests of what is neither processor nor memory.
fn others(requests: &Value) -> Vec<(String, u64)> {
    let all = requests.as_object().into_iter().flatten();
    all.filter(|(name, _)| !matches!(name.as_str(), "cpu" | "memory"))
        .filter_map(|(name, amount)| Some((name.clone(), quantity::units(amount.as_str()?)?)))
        .collect()
}
