//! What pods and nodes use now, as metrics-server would have measured it.

use super::catalog::APPS;
use super::state::Pod;
use super::{Inner, image};
use crate::clock::Timestamp;
use crate::demo::kubelet::usage;
use crate::demo::kubelet_api::Usage;

impl Inner {
    /// Usage of each running container of a pod.
    pub fn usage_of(&self, pod: &Pod, now: Timestamp) -> Vec<(String, Usage)> {
        let Some(life) = &pod.life else { return Vec::new() };
        let share = self.share_of(pod);
        life.runs(&pod.spec)
            .filter_map(|(run, container)| {
                let since = run.running()?;
                Some((
                    container.name.clone(),
                    usage::usage(container, &pod.uid, (since, now), share),
                ))
            })
            .collect()
    }

    /// How many times its usual work a pod does: the work of an application is the same however many pods share it.
    fn share_of(&self, pod: &Pod) -> f64 {
        let Some(container) = pod.spec.containers.first() else {
            return 1.0;
        };
        let repository = image::repository(&container.image);
        let app = APPS.iter().find(|app| {
            app.replicas > 1
                && repository.ends_with(image::repository(app.image).trim_start_matches(['~', '%']))
        });
        let (Some(app), Some(owner)) = (app, &pod.owner) else {
            return 1.0;
        };
        let siblings = self
            .pods_of(&owner.uid)
            .iter()
            .filter(|key| self.pods.get(*key).is_some_and(|pod| pod.ready().is_some()))
            .count();
        (f64::from(app.replicas) / siblings.max(1) as f64).clamp(0.2, 4.0)
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
