//! `/metrics` in Prometheus' text form (version 0.0.4), under the names that a kube-apiserver has. Only what is true here: there is no etcd and
//! no Go.

use std::fmt::{Display, Write as _};
use std::sync::atomic::Ordering;

use super::super::Shared;
use super::{About, Histogram, Series};

/// What the text is.
pub(in crate::demo::server) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Bounds of how long client certificates are still good, seconds. Nobody shows one here.
const CERTIFICATES: [f64; 15] = [
    0.0,
    1800.0,
    3600.0,
    7200.0,
    21_600.0,
    43_200.0,
    86_400.0,
    172_800.0,
    345_600.0,
    604_800.0,
    2_592_000.0,
    7_776_000.0,
    1.5552e7,
    3.1104e7,
    6.2208e7,
];
/// The kernel's ticks a second in `/proc/self/stat` (`USER_HZ`).
const TICKS: f64 = 100.0;
/// Bytes of a page in the same file.
const PAGE: f64 = 4096.0;

/// All figures.
pub(in crate::demo::server) fn write(shared: &Shared) -> String {
    let mut out = String::new();
    let meter = &shared.meter;
    let requests = meter.all().clone();
    let load = |gauge: &std::sync::atomic::AtomicI64| gauge.load(Ordering::Relaxed);
    certificates(&mut out);
    head(
        &mut out,
        "apiserver_current_inflight_requests",
        "gauge",
        "[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.",
    );
    line(
        &mut out,
        "apiserver_current_inflight_requests",
        &[("request_kind", "mutating")],
        load(&meter.writing),
    );
    line(
        &mut out,
        "apiserver_current_inflight_requests",
        &[("request_kind", "readOnly")],
        load(&meter.reading),
    );
    head(
        &mut out,
        "apiserver_longrunning_requests",
        "gauge",
        "[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.",
    );
    for (about, series) in requests
        .iter()
        .filter(|(about, _)| matches!(about.verb, "WATCH" | "CONNECT"))
    {
        line(
            &mut out,
            "apiserver_longrunning_requests",
            &labels(about, None),
            series.running,
        );
    }
    histograms(&mut out, &requests);
    head(
        &mut out,
        "apiserver_request_total",
        "counter",
        "[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.",
    );
    for (about, series) in &requests {
        for (code, count) in &series.codes {
            line(
                &mut out,
                "apiserver_request_total",
                &labels(about, Some(&code.to_string())),
                count,
            );
        }
    }
    objects(&mut out, shared);
    head(
        &mut out,
        "authentication_attempts",
        "counter",
        "[ALPHA] Counter of authenticated attempts.",
    );
    line(
        &mut out,
        "authentication_attempts",
        &[("result", "failure")],
        meter.refused.load(Ordering::Relaxed),
    );
    line(
        &mut out,
        "authentication_attempts",
        &[("result", "success")],
        meter.authenticated.load(Ordering::Relaxed),
    );
    build(&mut out);
    process(&mut out);
    out
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, labels: &[(&str, &str)], value: impl Display) {
    out.push_str(name);
    for (at, (key, value)) in labels.iter().enumerate() {
        let value = value
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        let _ = write!(out, "{}{key}=\"{value}\"", if at == 0 { '{' } else { ',' });
    }
    let close = if labels.is_empty() { "" } else { "}" };
    let _ = writeln!(out, "{close} {value}");
}

fn labels<'a>(about: &'a About, code: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let plain = about.resource.is_empty();
    let mut all: Vec<(&str, &str)> = code.map(|code| ("code", code)).into_iter().collect();
    all.extend([
        ("component", if plain { "" } else { "apiserver" }),
        ("dry_run", if about.dry { "All" } else { "" }),
        ("group", &about.group),
        ("resource", &about.resource),
        ("scope", about.scope),
        ("subresource", &about.subresource),
        ("verb", about.verb),
        ("version", &about.version),
    ]);
    all
}

fn histograms(out: &mut String, requests: &std::collections::BTreeMap<About, Series>) {
    let each = |out: &mut String, name: &str, of: fn(&Series) -> &Histogram| {
        for (about, series) in requests.iter().filter(|(_, series)| of(series).count > 0) {
            histogram(out, name, &labels(about, None), of(series));
        }
    };
    let name = "apiserver_request_duration_seconds";
    head(
        out,
        name,
        "histogram",
        "[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.",
    );
    each(out, name, |series| &series.seconds);
    let name = "apiserver_response_sizes";
    head(
        out,
        name,
        "histogram",
        "[STABLE] Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.",
    );
    each(out, name, |series| &series.sizes);
}

fn histogram(out: &mut String, name: &str, labels: &[(&str, &str)], of: &Histogram) {
    let bucket = format!("{name}_bucket");
    let mut sum = 0;
    for (bound, count) in of.bounds.iter().zip(&of.counts) {
        sum += count;
        let bound = bound_text(*bound);
        let mut with = labels.to_vec();
        with.push(("le", &bound));
        line(out, &bucket, &with, sum);
    }
    let mut with = labels.to_vec();
    with.push(("le", "+Inf"));
    line(out, &bucket, &with, of.count);
    line(out, &format!("{name}_sum"), labels, of.sum);
    line(out, &format!("{name}_count"), labels, of.count);
}

/// A bound as Go writes it: `0.005`, `1e+06`.
fn bound_text(bound: f64) -> String {
    if bound >= 1e6 {
        let text = format!("{bound:e}");
        text.replace('e', if bound < 1e10 { "e+0" } else { "e+" })
    } else {
        bound.to_string()
    }
}

fn certificates(out: &mut String) {
    let name = "apiserver_client_certificate_expiration_seconds";
    head(
        out,
        name,
        "histogram",
        "[ALPHA] Distribution of the remaining lifetime on the certificate used to authenticate a request.",
    );
    histogram(out, name, &[], &Histogram::new(&CERTIFICATES));
}

fn objects(out: &mut String, shared: &Shared) {
    let mut all: Vec<_> = shared.store.registry().all();
    all.retain(|resource| !resource.storage.is_empty());
    // Two versions of one thing are stored once.
    all.sort_by_key(|resource| resource.qualified());
    all.dedup_by_key(|resource| resource.storage.clone());
    head(
        out,
        "apiserver_resource_objects",
        "gauge",
        "[ALPHA] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.",
    );
    for resource in &all {
        let labels = [("group", &*resource.group), ("resource", &*resource.plural)];
        line(
            out,
            "apiserver_resource_objects",
            &labels,
            shared.store.count(&resource.storage),
        );
    }
    head(
        out,
        "apiserver_storage_objects",
        "gauge",
        "[STABLE] (Deprecated since 1.34.0) [DEPRECATED, consider using apiserver_resource_objects instead] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.",
    );
    for resource in &all {
        let name = resource.qualified();
        line(
            out,
            "apiserver_storage_objects",
            &[("resource", &name)],
            shared.store.count(&resource.storage),
        );
    }
}

fn build(out: &mut String) {
    head(
        out,
        "kubernetes_build_info",
        "gauge",
        "[BETA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
    );
    let version = super::super::discovery::version();
    let text = |key: &str| version[key].as_str().unwrap_or_default().to_owned();
    let values = [
        "buildDate",
        "compiler",
        "gitCommit",
        "gitTreeState",
        "gitVersion",
        "goVersion",
        "major",
        "minor",
        "platform",
    ]
    .map(text);
    let names = [
        "build_date",
        "compiler",
        "git_commit",
        "git_tree_state",
        "git_version",
        "go_version",
        "major",
        "minor",
        "platform",
    ];
    let labels: Vec<(&str, &str)> = names.into_iter().zip(values.iter().map(String::as_str)).collect();
    line(out, "kubernetes_build_info", &labels, 1);
}

/// What the kernel says of this process; nothing where there is no `/proc`.
fn process(out: &mut String) {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{name}")).unwrap_or_default();
    let stat = read("self/stat");
    let fields: Vec<f64> = stat
        .rsplit_once(')')
        .map(|(_, rest)| {
            rest.split_whitespace()
                .map(|field| field.parse().unwrap_or(0.0))
                .collect()
        })
        .unwrap_or_default();
    // Counted from the state, which is field 3 of proc(5).
    let field = |number: usize| fields.get(number - 3).copied();
    let mut tell = |name: &str, kind: &str, help: &str, value: Option<f64>| {
        if let Some(value) = value {
            head(out, name, kind, help);
            line(out, name, &[], value);
        }
    };
    let cpu = field(14)
        .zip(field(15))
        .map(|(user, system)| (user + system) / TICKS);
    tell(
        "process_cpu_seconds_total",
        "counter",
        "Total user and system CPU time spent in seconds.",
        cpu,
    );
    let limit = read("self/limits");
    let most = limit.lines().find_map(|line| {
        line.strip_prefix("Max open files")?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    });
    tell(
        "process_max_fds",
        "gauge",
        "Maximum number of open file descriptors.",
        most,
    );
    let open = std::fs::read_dir("/proc/self/fd")
        .ok()
        .map(|all| all.count() as f64);
    tell(
        "process_open_fds",
        "gauge",
        "Number of open file descriptors.",
        open,
    );
    let resident = field(24).map(|pages| pages * PAGE);
    tell(
        "process_resident_memory_bytes",
        "gauge",
        "Resident memory size in bytes.",
        resident,
    );
    let booted = read("stat")
        .lines()
        .find_map(|line| line.strip_prefix("btime ")?.trim().parse::<f64>().ok());
    let start = booted
        .zip(field(22))
        .map(|(booted, ticks)| booted + ticks / TICKS);
    tell(
        "process_start_time_seconds",
        "gauge",
        "Start time of the process since unix epoch in seconds.",
        start,
    );
    tell(
        "process_virtual_memory_bytes",
        "gauge",
        "Virtual memory size in bytes.",
        field(23),
    );
}

#[cfg(test)]
mod tests {
    use super::super::SECONDS;
    use super::*;

    #[test]
    fn histograms_add_up_and_labels_are_escaped() {
        let mut of = Histogram::new(&SECONDS);
        of.add(0.01);
        of.add(100.0);
        let mut out = String::new();
        histogram(&mut out, "x", &[("a", "b\"c")], &of);
        assert!(out.contains("x_bucket{a=\"b\\\"c\",le=\"0.005\"} 0\n"), "{out}");
        assert!(
            out.contains("le=\"0.025\"} 1\n")
                && out.contains("le=\"60\"} 1\n")
                && out.contains("le=\"+Inf\"} 2\n")
        );
        assert!(out.ends_with("x_sum{a=\"b\\\"c\"} 100.01\nx_count{a=\"b\\\"c\"} 2\n"));
        assert_eq!(
            [bound_text(1e6), bound_text(1.5552e7), bound_text(1800.0)],
            ["1e+06", "1.5552e+07", "1800"]
        );
    }
}
