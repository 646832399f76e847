//! `/metrics` in Prometheus' text form (version 0.0.4), under the names that a kube-apiserver has. Only what is true here: there is no etcd and
//! no Go.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::super::Shared;
use super::text::{head, line};
use super::{About, Histogram, Meter, Series, process};

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
/// All figures.
pub(in crate::demo::server) fn write(shared: &Shared) -> String {
    let mut out = String::new();
    let meter = &shared.meter;
    let requests = meter.all().clone();
    certificates(&mut out);
    running(&mut out, meter, &requests);
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
    process::write(&mut out);
    out
}

/// What is being answered now.
fn running(out: &mut String, meter: &Meter, requests: &BTreeMap<About, Series>) {
    let load = |gauge: &std::sync::atomic::AtomicI64| gauge.load(Ordering::Relaxed);
    head(
        out,
        "apiserver_current_inflight_requests",
        "gauge",
        "[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.",
    );
    line(
        out,
        "apiserver_current_inflight_requests",
        &[("request_kind", "mutating")],
        load(&meter.writing),
    );
    line(
        out,
        "apiserver_current_inflight_requests",
        &[("request_kind", "readOnly")],
        load(&meter.reading),
    );
    head(
        out,
        "apiserver_longrunning_requests",
        "gauge",
        "[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.",
    );
    for (about, series) in requests
        .iter()
        .filter(|(about, _)| matches!(about.verb, "WATCH" | "CONNECT"))
    {
        line(
            out,
            "apiserver_longrunning_requests",
            &labels(about, None),
            series.running,
        );
    }
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

fn histograms(out: &mut String, requests: &BTreeMap<About, Series>) {
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
