//! What pods and nodes use now, as metrics-server would have measured it.

use super::Inner;
use std::sync::Arc;

use super::catalog::APPS;
use super::state::Pod;
use crate::clock::Timestamp;
use crate::demo::image;
use crate::demo::kubelet::life::Run;
use crate::demo::kubelet::spec::Container;
use crate::demo::kubelet::usage;
use crate::demo::kubelet_api::{Sample, Usage};

/// Seconds over which metrics-server measures.
pub const WINDOW: u32 = 15;

/// metrics-server looks every 15 seconds; between two looks its answer stays the same.
pub fn measured(now: Timestamp) -> Timestamp {
    Timestamp::from_seconds(now.seconds().div_euclid(i64::from(WINDOW)) * i64::from(WINDOW))
}

/// The container that does what clients make a pod do: the first that runs and has ports, or the only one of a pod that has none.
pub fn server(pod: &Pod) -> Option<&Container> {
    let life = pod.life.as_ref()?;
    let running = || life.runs(&pod.spec).filter(|(run, _)| run.running().is_some());
    let mut with_ports = running().filter(|(_, container)| !container.ports.is_empty());
    let only = || match &*pod.spec.containers {
        [only] => running().find(|(_, container)| container.name == only.name),
        _ => None,
    };
    with_ports.next().or_else(only).map(|(_, container)| container)
}

impl Inner {
    /// Usage of each running container of a pod.
    pub fn usage_of(&self, pod: &Pod, now: Timestamp) -> Vec<(String, Usage)> {
        let Some(life) = &pod.life else { return Vec::new() };
        let share = self.share_of(pod);
        let served = self.traffic.nano_cores(&pod.uid, now, WINDOW);
        let server = server(pod).map(|container| &container.name);
        life.runs(&pod.spec)
            .filter_map(|(run, container)| {
                let since = run.running()?;
                let mut used = usage::usage(container, &pod.uid, (since, now), share);
                if server == Some(&container.name) {
                    used.cpu_nano += served;
                    if container.limits.0 > 0 {
                        used.cpu_nano = used.cpu_nano.min(container.limits.0 * 1_000_000);
                    }
                }
                Some((container.name.clone(), used))
            })
            .collect()
    }

    /// Usage of each container of a pod as metrics-server last saw it; `None` while it has not, or hears nothing of its node.
    pub fn pod_metrics(&self, pod: &Pod, now: Timestamp) -> Option<Sample<Vec<(String, Usage)>>> {
        let at = measured(now);
        let silent = |name: &Arc<str>| self.pressure.silent.contains_key(name);
        if pod.node.as_ref().is_some_and(silent) {
            return None;
        }
        let begun = pod.life.as_ref()?.main.iter().filter_map(Run::running).min()?;
        if at.nanos_since(begun) < i64::from(WINDOW) * 1_000_000_000 {
            return None;
        }
        let usage = self.usage_of(pod, at);
        (!usage.is_empty()).then_some(Sample {
            at,
            window_seconds: WINDOW,
            usage,
        })
    }

    /// How many times its usual work a pod does: the work of an application is the same however many pods share it.
    fn share_of(&self, pod: &Pod) -> f64 {
        let Some(container) = pod.spec.containers.first() else {
            return 1.0;
        };
        let repository = image::repository(&container.image);
        let demand = self.demand_of(pod);
        let app = APPS.iter().find(|app| {
            app.replicas > 1
                && repository.ends_with(image::repository(app.image).trim_start_matches(['~', '%']))
        });
        let (Some(app), Some(owner)) = (app, &pod.owner) else {
            return demand;
        };
        let siblings = self
            .pods_of(&owner.uid)
            .iter()
            .filter(|key| self.pods.get(*key).is_some_and(|pod| pod.ready().is_some()))
            .count();
        (demand * f64::from(app.replicas) / siblings.max(1) as f64).clamp(0.2, 4.0)
    }

    /// How many times its usual work the application of a pod has.
    fn demand_of(&self, pod: &Pod) -> f64 {
        let demand = &self.pressure.demand;
        if demand.is_empty() {
            return 1.0;
        }
        let name = pod.label("app.kubernetes.io/name").unwrap_or_default();
        let of_app = demand.iter().find(|((_, app), _)| app == name);
        of_app.map_or(1.0, |(_, times)| *times)
    }

    /// Usage of a node: its pods and what the system itself takes.
    pub fn node_usage_at(&self, name: &str, now: Timestamp) -> Option<Usage> {
        let node = self.nodes.get(name).filter(|node| node.ready)?;
        let mut sum = Usage {
            cpu_nano: 45_000_000,
            memory_bytes: 380 << 20,
        };
        for pod in node.pods.iter().filter_map(|key| self.pods.get(key)) {
            for (_, usage) in self.usage_of(pod, now) {
                sum.cpu_nano += usage.cpu_nano;
                sum.memory_bytes += usage.memory_bytes;
            }
        }
        Some(sum)
    }
}
