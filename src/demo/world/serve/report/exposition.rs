//! A kubelet's metrics in Prometheus' text format: `/metrics/resource`, which autoscalers and agents read, and cAdvisor's most used ones.

use std::fmt::Write;

use super::{Measured, Report, Running};
use crate::clock::Timestamp;
use crate::demo::object::text;
use crate::model::quantity;

/// One family: its name, type, text and samples (labels, value, whether it carries its time).
struct Family<'a>(&'a str, &'a str, &'a str);

struct Out(String, i64);

impl Out {
    fn at(at: Timestamp) -> Self {
        Self(String::new(), at.seconds() * 1_000)
    }

    fn family(&mut self, family: &Family<'_>, samples: &[(String, String)]) {
        if samples.is_empty() {
            return;
        }
        let Family(name, kind, help) = family;
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let _ = writeln!(self.0, "{name}{labels} {value} {}", self.1);
        }
    }
}

fn seconds(nanos: u64) -> String {
    format!("{}", nanos as f64 / 1e9)
}

fn bytes(bytes: u64) -> String {
    // As Go's `%g` writes great numbers.
    let value = bytes as f64;
    if value < 1e21 && value.abs() >= 1e6 {
        let text = format!("{value:e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{digits}e+{power:0>2}");
    }
    value.to_string()
}

fn of_container(pod: &Running, one: &Measured) -> String {
    format!(
        "{{container=\"{}\",namespace=\"{}\",pod=\"{}\"}}",
        one.name, pod.key.0, pod.key.1
    )
}

fn of_pod(pod: &Running) -> String {
    format!("{{namespace=\"{}\",pod=\"{}\"}}", pod.key.0, pod.key.1)
}

/// Samples of a family: labels and value.
type Samples = Vec<(String, String)>;

fn of_containers(report: &Report, value: impl Fn(&Measured) -> String) -> Samples {
    let pods = report.pods.iter();
    let all = pods.flat_map(|pod| pod.containers.iter().map(move |one| (pod, one)));
    all.map(|(pod, one)| (of_container(pod, one), value(one)))
        .collect()
}

fn of_pods(report: &Report, value: impl Fn(&Measured) -> u64, text: impl Fn(u64) -> String) -> Samples {
    let sum = |pod: &Running| pod.containers.iter().map(&value).sum();
    let all = report.pods.iter();
    all.map(|pod| (of_pod(pod), text(sum(pod)))).collect()
}

/// `/metrics/resource` (kubelet `metrics/collectors/resource_metrics.go`).
pub(super) fn resource(report: &Report) -> String {
    let mut out = Out::at(report.at);
    let mut stable = |name: &str, help: &str, samples: &Samples| {
        let kind = if name.ends_with("_total") {
            "counter"
        } else {
            "gauge"
        };
        out.family(&Family(name, kind, &format!("[STABLE] {help}")), samples);
    };
    let containers = report.pods.iter().flat_map(|pod| &pod.containers);
    let total = containers.map(|one| one.total).sum();
    let node = |value: String| vec![(String::new(), value)];
    for (of, used, held) in [
        (
            "container",
            of_containers(report, |one| seconds(one.total)),
            of_containers(report, |one| bytes(one.usage.memory_bytes)),
        ),
        (
            "node",
            node(seconds(total)),
            node(bytes(report.usage.memory_bytes)),
        ),
        (
            "pod",
            of_pods(report, |one| one.total, seconds),
            of_pods(report, |one| one.usage.memory_bytes, bytes),
        ),
    ] {
        let help = format!("Cumulative cpu time consumed by the {of} in core-seconds");
        stable(&format!("{of}_cpu_usage_seconds_total"), &help, &used);
        let help = format!("Current working set of the {of} in bytes");
        stable(&format!("{of}_memory_working_set_bytes"), &help, &held);
        if of == "container" {
            let began = of_containers(report, |one| bytes(one.began.seconds().unsigned_abs()));
            let help = "Start time of the container since unix epoch in seconds";
            stable("container_start_time_seconds", help, &began);
        }
    }
    out.0 += "# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise\n# TYPE resource_scrape_error gauge\nresource_scrape_error 0\n";
    out.0
}

/// `/metrics/cadvisor`: the families that dashboards ask for.
pub(super) fn cadvisor(report: &Report) -> String {
    let mut out = Out::at(report.at);
    let each = |value: &dyn Fn(&Measured) -> String| -> Vec<(String, String)> {
        let all = report
            .pods
            .iter()
            .flat_map(|pod| pod.containers.iter().map(move |one| (pod, one)));
        all.map(|(pod, one)| {
            let labels = format!(
                "{{container=\"{}\",id=\"/kubepods.slice/pod{}\",image=\"{}\",name=\"{}\",namespace=\"{}\",pod=\"{}\"}}",
                one.name, pod.uid, one.image, one.name, pod.key.0, pod.key.1
            );
            (labels, value(one))
        })
        .collect()
    };
    out.family(
        &Family(
            "container_cpu_usage_seconds_total",
            "counter",
            "Cumulative cpu time consumed in seconds.",
        ),
        &each(&|one| seconds(one.total)),
    );
    out.family(
        &Family(
            "container_memory_working_set_bytes",
            "gauge",
            "Current working set in bytes.",
        ),
        &each(&|one| bytes(one.usage.memory_bytes)),
    );
    out.family(
        &Family(
            "container_start_time_seconds",
            "gauge",
            "Start time of the container since unix epoch in seconds.",
        ),
        &each(&|one| bytes(one.began.seconds().unsigned_abs())),
    );
    let capacity = |resource: &str| {
        quantity::units(text(&report.object, &format!("/status/capacity/{resource}"))).unwrap_or(0)
    };
    let mut gauge = |name: &str, help: &str, value: String| {
        let _ = writeln!(out.0, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
    };
    gauge(
        "machine_cpu_cores",
        "Number of logical CPU cores.",
        capacity("cpu").to_string(),
    );
    gauge(
        "machine_memory_bytes",
        "Amount of memory installed on the machine.",
        bytes(capacity("memory")),
    );
    out.0
}

/// `/metrics`: of the kubelet itself, the figure that everybody looks at.
pub(super) fn own(pods: usize) -> String {
    format!(
        "# HELP kubelet_active_pods [ALPHA] The number of pods the kubelet considers active and which are being considered when admitting new pods.\n# TYPE kubelet_active_pods gauge\nkubelet_active_pods{{static=\"\"}} {pods}\n# HELP kubelet_running_pods [ALPHA] Number of pods that have a running pod sandbox\n# TYPE kubelet_running_pods gauge\nkubelet_running_pods {pods}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn great_numbers_are_written_as_go_writes_them() {
        assert_eq!(bytes(12_345_678), "1.2345678e+07");
        assert_eq!(bytes(1_795_000_000), "1.795e+09");
        assert_eq!(bytes(4_096), "4096");
    }
}
