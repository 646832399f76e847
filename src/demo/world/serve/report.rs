//! What a kubelet says of itself over HTTP: `/healthz`, `/pods`, `/configz`, `/stats/summary` and its metrics. Changes nothing.

mod exposition;
mod summary;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::demo::kubelet::life::Run;
use crate::demo::kubelet::{status, usage};
use crate::demo::kubelet_api::{Page, Usage};
use crate::demo::object::{items, number, text};
use crate::demo::world::World;
use crate::demo::world::state::{Key, Pod};
use crate::demo::world::usage::{measured, server};
use crate::model::quantity;

/// A node and what runs there at a moment.
struct Report {
    node: String,
    object: Value,
    /// The moment metrics-server last looked, so that both say the same.
    at: Timestamp,
    usage: Usage,
    pods: Vec<Running>,
}

/// A pod that runs.
struct Running {
    key: Key,
    uid: Arc<str>,
    began: Timestamp,
    object: Value,
    containers: Vec<Measured>,
    /// Claims that its volumes name, and their sizes in bytes.
    claims: Vec<(String, u64)>,
    host_network: bool,
}

/// A container that runs.
struct Measured {
    name: String,
    image: String,
    began: Timestamp,
    usage: Usage,
    /// All the processor time it ever used, nanoseconds.
    total: u64,
}

impl World {
    /// What a node's kubelet answers at a path; `None` if it knows none such.
    ///
    /// # Errors
    /// When it does not answer.
    pub(super) fn kubelet_page(&self, node: &str, path: &str) -> Result<Option<Page>, String> {
        let inner = self.lock();
        let silent = inner.pressure.silent.contains_key(node);
        let address = inner.nodes.get(node).map(|node| status::address(node.address));
        drop(inner);
        if silent {
            return Err(format!(
                "dial tcp {}:10250: i/o timeout",
                address.unwrap_or_default()
            ));
        }
        let json = |value: &Value| Page::new(200, "application/json", value.to_string());
        let report = || self.report(node);
        Ok(match path.trim_end_matches('/') {
            "/healthz" | "/healthz/ping" | "/healthz/log" | "/healthz/syncloop" => {
                Some(Page::text(200, "ok"))
            }
            "/pods" => Some(json(&self.pods_of_node(node, |_| true))),
            "/runningpods" => Some(json(&self.pods_of_node(node, |phase| phase == "Running"))),
            "/configz" => self
                .store()
                .read("nodes", "", node)
                .map(|node| json(&configz(&node))),
            "/stats/summary" => report().map(|report| json(&summary::write(&report))),
            "/metrics" => report().map(|report| exposed(exposition::own(report.pods.len()))),
            "/metrics/resource" => report().map(|report| exposed(exposition::resource(&report))),
            "/metrics/cadvisor" => report().map(|report| exposed(exposition::cadvisor(&report))),
            "/metrics/probes" => Some(exposed(String::new())),
            _ => None,
        })
    }

    fn pods_of_node(&self, node: &str, wanted: impl Fn(&str) -> bool) -> Value {
        // Those that are over, too, until they are deleted. Only what is bound here is parsed.
        let inner = self.lock();
        let bound = inner
            .pods
            .iter()
            .filter(|(_, pod)| pod.node.as_deref() == Some(node));
        let keys: Vec<Key> = bound.map(|(key, _)| key.clone()).collect();
        drop(inner);
        let here = keys
            .iter()
            .filter_map(|key| self.store().read("pods", &key.0, &key.1))
            .filter(|pod| wanted(text(pod, "/status/phase")));
        let items: Vec<Value> = here.collect();
        json!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items})
    }

    fn report(&self, node: &str) -> Option<Report> {
        let object = self.store().read("nodes", "", node)?;
        let at = measured(self.store().clock().now());
        let inner = self.lock();
        let usage = inner.node_usage_at(node, at)?;
        let keys = inner.nodes.get(node)?.pods.iter();
        let mut pods: Vec<Running> = keys
            .filter_map(|key| {
                let pod = inner.pods.get(key)?;
                let began = pod.life.as_ref()?.main.iter().filter_map(Run::running).min()?;
                Some(Running {
                    key: key.clone(),
                    uid: Arc::clone(&pod.uid),
                    began,
                    object: Value::Null,
                    claims: Vec::new(),
                    containers: self.measured(pod, &inner.usage_of(pod, at), at),
                    host_network: pod.spec.host_network,
                })
            })
            .collect();
        drop(inner);
        for pod in &mut pods {
            pod.object = self
                .store()
                .read("pods", &pod.key.0, &pod.key.1)
                .unwrap_or_default();
            let volumes = items(&pod.object, "/spec/volumes").iter();
            let named = volumes.filter_map(|one| one["persistentVolumeClaim"]["claimName"].as_str());
            pod.claims = named
                .filter_map(|name| Some((name.to_owned(), self.size(&pod.key.0, name)?)))
                .collect();
        }
        let node = node.to_owned();
        Some(Report {
            node,
            object,
            at,
            usage,
            pods,
        })
    }

    /// Bytes that a claim has.
    fn size(&self, namespace: &str, claim: &str) -> Option<u64> {
        let claim = self.store().read("persistentvolumeclaims", namespace, claim)?;
        quantity::units(text(&claim, "/status/capacity/storage"))
    }

    fn measured(&self, pod: &Pod, used: &[(String, Usage)], at: Timestamp) -> Vec<Measured> {
        let Some(life) = &pod.life else { return Vec::new() };
        let served = self.traffic().total(&pod.uid);
        let server = server(pod).map(|container| &container.name);
        life.runs(&pod.spec)
            .filter_map(|(run, container)| {
                let (began, used) = (
                    run.running()?,
                    used.iter().find(|(name, _)| *name == container.name)?,
                );
                let own = usage::total(container, &pod.uid, (began, at));
                Some(Measured {
                    name: container.name.clone(),
                    image: container.image.clone(),
                    began,
                    usage: used.1,
                    total: if server == Some(&container.name) {
                        own + served
                    } else {
                        own
                    },
                })
            })
            .collect()
    }
}

fn exposed(text: String) -> Page {
    Page::new(
        200,
        "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        text,
    )
}

/// What kubelets are configured with (kubelet.config.k8s.io/v1beta1), as far as it shows.
const CONFIG: &str = r#"{"enableServer": true, "syncFrequency": "1m0s", "fileCheckFrequency": "20s", "httpCheckFrequency": "20s",
"address": "0.0.0.0", "port": 10250, "tlsCertFile": "", "rotateCertificates": true,
"authentication": {"x509": {"clientCAFile": "/etc/kubernetes/pki/ca.crt"}, "webhook": {"enabled": true,
"cacheTTL": "2m0s"}, "anonymous": {"enabled": false}}, "authorization": {"mode": "Webhook",
"webhook": {"cacheAuthorizedTTL": "5m0s", "cacheUnauthorizedTTL": "30s"}}, "registryPullQPS": 5,
"registryBurst": 10, "eventRecordQPS": 50, "eventBurst": 100, "enableDebuggingHandlers": true,
"healthzPort": 10248, "healthzBindAddress": "127.0.0.1", "clusterDomain": "cluster.local",
"nodeStatusUpdateFrequency": "10s", "nodeStatusReportFrequency": "5m0s", "nodeLeaseDurationSeconds": 40,
"imageMinimumGCAge": "2m0s", "imageMaximumGCAge": "0s", "imageGCHighThresholdPercent": 85,
"imageGCLowThresholdPercent": 80, "volumeStatsAggPeriod": "1m0s", "cgroupRoot": "/", "cgroupsPerQOS": true,
"cgroupDriver": "systemd", "cpuManagerPolicy": "none", "topologyManagerPolicy": "none",
"topologyManagerScope": "container", "runtimeRequestTimeout": "2m0s", "hairpinMode": "hairpin-veth",
"maxPods": 110, "podPidsLimit": -1, "resolvConf": "/etc/resolv.conf", "cpuCFSQuota": true,
"cpuCFSQuotaPeriod": "100ms", "nodeStatusMaxImages": 50, "maxOpenFiles": 1000000,
"contentType": "application/vnd.kubernetes.protobuf", "kubeAPIQPS": 50, "kubeAPIBurst": 100,
"serializeImagePulls": false, "evictionHard": {"memory.available": "100Mi", "nodefs.available": "10%",
"nodefs.inodesFree": "5%"}, "evictionPressureTransitionPeriod": "5m0s",
"enableControllerAttachDetach": true, "makeIPTablesUtilChains": true, "failSwapOn": true,
"containerLogMaxSize": "10Mi", "containerLogMaxFiles": 5,
"configMapAndSecretChangeDetectionStrategy": "Watch", "enforceNodeAllocatable": ["pods"],
"volumePluginDir": "/usr/libexec/kubernetes/kubelet-plugins/volume/exec/", "logging": {"format": "text",
"flushFrequency": "5s", "verbosity": 2}, "enableSystemLogHandler": true, "enableProfilingHandler": true,
"containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock"}"#;

fn configz(node: &Value) -> Value {
    let mut config: Value = serde_json::from_str(CONFIG).unwrap_or_default();
    let most = text(node, "/status/capacity/pods").parse::<u32>();
    config["maxPods"] = most.unwrap_or(110).into();
    config["port"] = number(node, "/status/daemonEndpoints/kubeletEndpoint/Port")
        .unwrap_or(10_250)
        .into();
    json!({ "kubeletconfig": config })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_tells_how_many_pods_fit() {
        let node = json!({"status": {"capacity": {"pods": "17"}}});
        let config = &configz(&node)["kubeletconfig"];
        assert_eq!(
            (&config["maxPods"], &config["cgroupDriver"]),
            (&17.into(), &"systemd".into())
        );
    }
}
