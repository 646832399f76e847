//! Containers of a pod or of a pod template: what they run, need and reach, and in a pod what they do.

use serde_json::Value;

use super::fields::{list, number, pairs, plain, scalar, text};
use super::page::Page;
use crate::model::Tone;
use crate::model::doc::span;

/// The three lists of containers of a pod spec. `statuses` is the pod's `status`, absent for a template.
pub fn sections(page: &mut Page, spec: &Value, status: Option<&Value>) {
    for (title, specs, statuses) in [
        ("Init containers", "/initContainers", "/initContainerStatuses"),
        ("Containers", "/containers", "/containerStatuses"),
        (
            "Ephemeral containers",
            "/ephemeralContainers",
            "/ephemeralContainerStatuses",
        ),
    ] {
        let specs = list(spec, specs);
        if specs.is_empty() {
            continue;
        }
        page.heading(title);
        let known = status.map_or(&[][..], |status| list(status, statuses));
        page.indented(|page| {
            for spec in specs {
                let name = text(spec, "/name");
                let status = known.iter().find(|status| text(status, "/name") == name);
                container(page, spec, status);
            }
        });
    }
}

fn container(page: &mut Page, spec: &Value, status: Option<&Value>) {
    let sidecar = if text(spec, "/restartPolicy") == "Always" {
        "  sidecar"
    } else {
        ""
    };
    page.line(vec![
        span(text(spec, "/name").to_owned(), Tone::Accent),
        span(sidecar, Tone::Dim),
    ]);
    page.indented(|page| {
        if let Some(status) = status {
            state(page, status);
        }
        page.field("Image", text(spec, "/image"));
        let joined = |pointer| {
            list(spec, pointer)
                .iter()
                .map(plain)
                .collect::<Vec<_>>()
                .join(" ")
        };
        page.field("Command", joined("/command"));
        page.field("Arguments", joined("/args"));
        page.field("Ports", ports(spec));
        page.field("Requests", pairs(spec, "/resources/requests").join("  "));
        page.field("Limits", pairs(spec, "/resources/limits").join("  "));
        for (title, pointer) in [
            ("Liveness", "/livenessProbe"),
            ("Readiness", "/readinessProbe"),
            ("Startup", "/startupProbe"),
        ] {
            page.field(title, spec.pointer(pointer).map(probe).unwrap_or_default());
        }
        page.list("Environment", list(spec, "/env").iter().map(env));
        page.list("Environment of", list(spec, "/envFrom").iter().map(env_from));
        page.list("Mounts", list(spec, "/volumeMounts").iter().map(mount));
    });
}

/// What it does, what it did before, how often it was restarted.
fn state(page: &mut Page, status: &Value) {
    let ready = status.pointer("/ready") == Some(&Value::Bool(true));
    let (words, tone) = state_words(page, status.pointer("/state"), ready);
    page.toned("State", words, tone);
    let last = status
        .pointer("/lastState")
        .filter(|last| last.pointer("/terminated").is_some());
    if let Some(last) = last {
        let (words, tone) = state_words(page, Some(last), false);
        page.toned("Before", words, tone);
    }
    match number(status, "/restartCount") {
        0 => {}
        restarts => page.toned("Restarts", restarts.to_string(), Tone::Warn),
    }
}

fn state_words(page: &Page, state: Option<&Value>, ready: bool) -> (String, Tone) {
    let part = |name: &str| {
        state
            .and_then(|state| state.pointer(name))
            .filter(|part| !part.is_null())
    };
    if let Some(end) = part("/terminated") {
        let code = number(end, "/exitCode");
        let reason = match text(end, "/reason") {
            "" => "ended",
            reason => reason,
        };
        let (finished, message) = (text(end, "/finishedAt"), text(end, "/message"));
        let words = format!(
            "{reason}, exit code {code}, {} ago  {message}",
            page.age(finished)
        );
        return (
            words.trim_end().to_owned(),
            if code == 0 { Tone::Ok } else { Tone::Bad },
        );
    }
    if let Some(running) = part("/running") {
        let since = page.age(text(running, "/startedAt"));
        let (word, tone) = if ready {
            ("ready", Tone::Ok)
        } else {
            ("not ready", Tone::Warn)
        };
        return (format!("running for {since}, {word}"), tone);
    }
    let waiting = part("/waiting");
    let field = |name| waiting.map_or("", |waiting| text(waiting, name));
    let tone = match field("/reason") {
        "" | "ContainerCreating" | "PodInitializing" => Tone::Busy,
        _ => Tone::Bad,
    };
    (
        format!("waiting {}  {}", field("/reason"), field("/message"))
            .trim_end()
            .to_owned(),
        tone,
    )
}

fn ports(spec: &Value) -> String {
    let port = |port: &Value| {
        let (number, name) = (scalar(port, "/containerPort"), text(port, "/name"));
        let protocol = match text(port, "/protocol") {
            "" | "TCP" => String::new(),
            other => format!("/{other}"),
        };
        let named = if name.is_empty() {
            String::new()
        } else {
            format!("{name}:")
        };
        format!("{named}{number}{protocol}")
    };
    list(spec, "/ports")
        .iter()
        .map(port)
        .collect::<Vec<_>>()
        .join(", ")
}

/// `GET :8080/healthz every 10s, timeout 1s, fails after 3`.
fn probe(probe: &Value) -> String {
    let at = |kind: &str, field: &str| scalar(probe, &format!("/{kind}/{field}"));
    let what = if probe.pointer("/httpGet").is_some() {
        format!("GET :{}{}", at("httpGet", "port"), at("httpGet", "path"))
    } else if probe.pointer("/tcpSocket").is_some() {
        format!("TCP :{}", at("tcpSocket", "port"))
    } else if probe.pointer("/grpc").is_some() {
        format!("gRPC :{}", at("grpc", "port"))
    } else {
        let command: Vec<String> = list(probe, "/exec/command").iter().map(plain).collect();
        format!("run {}", command.join(" "))
    };
    let delay = match number(probe, "/initialDelaySeconds") {
        0 => String::new(),
        seconds => format!(", after {seconds}s"),
    };
    format!(
        "{what} every {}s{delay}, timeout {}s, fails after {}",
        number(probe, "/periodSeconds").max(1),
        number(probe, "/timeoutSeconds").max(1),
        number(probe, "/failureThreshold").max(1),
    )
}

/// `LEVEL=debug`, `TOKEN ← secret db/token`. A value that comes from elsewhere is not looked up.
fn env(entry: &Value) -> String {
    let name = text(entry, "/name");
    let Some(from) = entry.pointer("/valueFrom") else {
        return format!("{name}={}", text(entry, "/value").replace('\n', "⏎"));
    };
    let key = |kind: &str| {
        let reference = from.pointer(&format!("/{kind}"))?;
        Some(format!(
            "{}/{}",
            text(reference, "/name"),
            text(reference, "/key")
        ))
    };
    let source = key("secretKeyRef")
        .map(|key| format!("secret {key}"))
        .or_else(|| key("configMapKeyRef").map(|key| format!("configmap {key}")))
        .unwrap_or_else(|| {
            let field = text(from, "/fieldRef/fieldPath");
            if field.is_empty() {
                text(from, "/resourceFieldRef/resource").to_owned()
            } else {
                field.to_owned()
            }
        });
    format!("{name} ← {source}")
}

fn env_from(source: &Value) -> String {
    match (
        text(source, "/secretRef/name"),
        text(source, "/configMapRef/name"),
    ) {
        ("", configmap) => format!("configmap {configmap}"),
        (secret, _) => format!("secret {secret}"),
    }
}

fn mount(mount: &Value) -> String {
    let read_only = mount.pointer("/readOnly") == Some(&Value::Bool(true));
    let mode = if read_only { "  read-only" } else { "" };
    format!("{} ← {}{mode}", text(mount, "/mountPath"), text(mount, "/name"))
}

/// Volumes of a pod spec: where each comes from.
pub fn volumes(page: &mut Page, spec: &Value) {
    let volume = |volume: &Value| {
        let mut members = volume.as_object().into_iter().flatten();
        let (kind, source) = members.find(|(key, _)| *key != "name")?;
        let named = [
            "/claimName",
            "/secretName",
            "/name",
            "/path",
            "/driver",
            "/server",
        ];
        let detail = named
            .iter()
            .find_map(|pointer| source.pointer(pointer).and_then(Value::as_str));
        Some(
            format!("{}  {kind} {}", text(volume, "/name"), detail.unwrap_or(""))
                .trim_end()
                .to_owned(),
        )
    };
    page.gap();
    page.list("Volumes", list(spec, "/volumes").iter().filter_map(volume));
}
