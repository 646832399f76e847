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

/// `/metrics/resource` (kubelet `metrics/collectors/resource_metrics.go`).
pub(super) fn resource(report: &Report) -> String {
    let mut out = Out::at(report.at);
    let each = |value: &dyn Fn(&Measured) -> String| -> Vec<(String, String)> {
        let all = report
            .pods
            .iter()
            .flat_map(|pod| pod.containers.iter().map(move |one| (pod, one)));
        all.map(|(pod, one)| (of_container(pod, one), value(one)))
            .collect()
    };
    let pods = |value: &dyn Fn(&Measured) -> u64, text: &dyn Fn(u64) -> String| -> Vec<(String, String)> {
        let sum = |pod: &Running| pod.containers.iter().map(value).sum();
        report
            .pods
            .iter()
            .map(|pod| (of_pod(pod), text(sum(pod))))
            .collect()
    };
    let all: u64 = report
        .pods
        .iter()
        .flat_map(|pod| &pod.containers)
        .map(|one| one.total)
        .sum();
    let node = |value: String| vec![(String::new(), value)];
    let cpu = "Cumulative cpu time consumed by the";
    let memory = "Current working set of the";
    let text = |what: &str, of: &str, unit: &str| format!("[STABLE] {what} {of} in {unit}");
    let (core, byte) = ("core-seconds", "bytes");
    out.family(
        &Family(
            "container_cpu_usage_seconds_total",
            "counter",
            &text(cpu, "container", core),
        ),
        &each(&|one| seconds(one.total)),
    );
    out.family(
        &Family(
            "container_memory_working_set_bytes",
            "gauge",
            &text(memory, "container", byte),
        ),
        &each(&|one| bytes(one.usage.memory_bytes)),
    );
    let began = "[STABLE] Start time of the container since unix epoch in seconds";
    out.family(
        &Family("container_start_time_seconds", "gauge", began),
        &each(&|one| bytes(one.began.seconds().unsigned_abs())),
    );
    out.family(
        &Family(
            "node_cpu_usage_seconds_total",
            "counter",
            &text(cpu, "node", core),
        ),
        &node(seconds(all)),
    );
    out.family(
        &Family(
            "node_memory_working_set_bytes",
            "gauge",
            &text(memory, "node", byte),
        ),
        &node(bytes(report.usage.memory_bytes)),
    );
    out.family(
        &Family("pod_cpu_usage_seconds_total", "counter", &text(cpu, "pod", core)),
        &pods(&|one| one.total, &seconds),
    );
    out.family(
        &Family(
            "pod_memory_working_set_bytes",
            "gauge",
            &text(memory, "pod", byte),
        ),
        &pods(&|one| one.usage.memory_bytes, &bytes),
    );
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
