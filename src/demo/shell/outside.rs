//! The node around a container, as far as one sees it from inside: kernel, processors, memory, its own files where they are mounted.

use serde_json::Value;

use crate::demo::object::{items, text};
use crate::model::quantity;

/// What a container sees of its node.
#[derive(Debug, Default)]
pub struct Outside {
    /// Release of the kernel.
    pub kernel: String,
    /// As the kernel names it: `x86_64`, `aarch64`.
    pub processor: &'static str,
    /// Processors.
    pub cpus: u64,
    /// Memory in bytes.
    pub memory: u64,
    /// Name of the operating system.
    pub os: String,
    /// Whether it sees the node's processes.
    pub shared: bool,
    /// Whether it has the node's network, and its name.
    pub network: bool,
}

/// How many processors it shows at most: whoever writes a node's status may claim any number.
const MOST_CPUS: u64 = 256;

impl Outside {
    /// Of a pod on a node.
    pub fn of(pod: &Value, node: &Value) -> Self {
        let info = &node["status"]["nodeInfo"];
        let amount = |resource: &str| {
            let written = node["status"]["capacity"][resource].as_str();
            written.and_then(quantity::units).unwrap_or_default()
        };
        Self {
            kernel: text(info, "/kernelVersion").to_owned(),
            processor: match text(info, "/architecture") {
                "arm64" => "aarch64",
                _ => "x86_64",
            },
            cpus: amount("cpu").clamp(1, MOST_CPUS),
            memory: amount("memory"),
            os: text(info, "/osImage").to_owned(),
            shared: pod["spec"]["hostPID"] == true,
            network: pod["spec"]["hostNetwork"] == true,
        }
    }

    /// What the kernel tells below `/proc`.
    pub fn proc(&self) -> Vec<(String, String)> {
        let kilobytes = self.memory >> 10;
        let cpus: Vec<String> = (0..self.cpus)
            .map(|cpu| format!("processor\t: {cpu}\ncpu MHz\t\t: 2500.000\n"))
            .collect();
        [
            ("/proc/version", format!("Linux version {} (gcc) #1 SMP PREEMPT_DYNAMIC\n", self.kernel)),
            (
                "/proc/meminfo",
                format!(
                    "MemTotal:       {kilobytes:>8} kB\nMemFree:        {:>8} kB\nMemAvailable:   {:>8} kB\n",
                    kilobytes / 5,
                    kilobytes / 2
                ),
            ),
            ("/proc/cpuinfo", cpus.join("\n")),
            ("/proc/loadavg", "0.42 0.37 0.31 2/411 53\n".to_owned()),
            (
                "/proc/mounts",
                "overlay / overlay rw,relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\ntmpfs /dev tmpfs rw,nosuid,size=65536k,mode=755 0 0\nsysfs /sys sysfs ro,nosuid,nodev,noexec,relatime 0 0\ncgroup /sys/fs/cgroup cgroup2 ro,nosuid,nodev,noexec,relatime 0 0\nshm /dev/shm tmpfs rw,nosuid,nodev,noexec,relatime,size=65536k 0 0\n".to_owned(),
            ),
        ]
        .map(|(path, content)| (path.to_owned(), content))
        .into()
    }

    /// Files of the node, by the path that they have there.
    fn node_files(&self, node: &str) -> Vec<(&'static str, String)> {
        vec![
            ("/etc/hostname", format!("{node}\n")),
            ("/etc/os-release", format!("PRETTY_NAME=\"{}\"\n", self.os)),
            ("/etc/kubernetes/kubelet/config.json", "{\n  \"kind\": \"KubeletConfiguration\",\n  \"apiVersion\": \"kubelet.config.k8s.io/v1beta1\"\n}\n".to_owned()),
            ("/etc/containerd/config.toml", "version = 3\n".to_owned()),
            ("/usr/bin/kubelet", String::new()),
            ("/usr/bin/containerd", String::new()),
            ("/var/lib/kubelet/.keep", String::new()),
            ("/var/log/messages", format!("{node} kubelet: the demo cluster keeps no journal of its nodes\n")),
            ("/tmp/.keep", String::new()),
        ]
    }
}

/// The files that a container has from its node: those of volumes that are the node's root folder.
pub fn mounted(outside: &Outside, pod: &Value, container: &Value, node: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for mount in items(container, "/volumeMounts") {
        let volume = items(pod, "/spec/volumes")
            .iter()
            .find(|volume| volume["name"] == mount["name"]);
        let Some("/") = volume.and_then(|volume| volume["hostPath"]["path"].as_str()) else {
            continue;
        };
        let at = text(mount, "/mountPath").trim_end_matches('/');
        let own = outside.node_files(node).into_iter();
        files.extend(own.map(|(path, content)| (format!("{at}{path}"), content)));
    }
    files
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_node_may_boast_of_processors() {
        let cpus = |told: &str| {
            let node = json!({"status": {"capacity": {"cpu": told}}});
            Outside::of(&json!({}), &node).cpus
        };
        assert_eq!((cpus("4"), cpus("900000000000"), cpus("")), (4, MOST_CPUS, 1));
    }
}
