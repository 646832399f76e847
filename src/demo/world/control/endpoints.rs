//! EndpointSlices: the addresses behind each service that selects pods.

use std::sync::Arc;

use serde_json::Value;

use super::super::Inner;
use super::super::object::stamp;
use super::super::service::{Endpoint, endpoints, slice};
use super::super::spec::pairs;
use super::super::state::{Key, Pod};
use crate::clock::Timestamp;
use crate::demo::kubelet::status::address;

impl Inner {
    pub(super) fn endpoints(&mut self, key: &Key, service: &Value, now: Timestamp) {
        let selector = pairs(&service["spec"]["selector"]);
        if selector.is_empty() {
            return;
        }
        let publish = service["spec"]["publishNotReadyAddresses"] == true;
        let mut list: Vec<Endpoint> = self
            .pods_in(&key.0)
            .filter(|(_, pod)| pod.matches(&selector) && !pod.over())
            .filter_map(|(key, pod)| self.endpoint(key, pod, publish))
            .collect();
        list.sort_by(|one, two| one.ip.cmp(&two.ip));
        let slices = self.owned(service, "endpointslices");
        let Some((found, old)) = slices.first() else {
            let suffix = self.ids.suffix(5);
            let ports: Vec<(String, u16)> = self
                .pods_in(&key.0)
                .filter(|(_, pod)| pod.matches(&selector))
                .take(1)
                .flat_map(|(_, pod)| {
                    pod.spec
                        .containers
                        .iter()
                        .chain(&pod.spec.init)
                        .flat_map(|container| container.ports.clone())
                })
                .collect();
            let named = |name: &str| {
                ports
                    .iter()
                    .find(|(have, _)| have == name)
                    .map(|(_, port)| u64::from(*port))
            };
            let _ = self.add(slice(service, &suffix, (&list, &named), now));
            return;
        };
        let fresh = endpoints(&list, &key.0);
        if old["endpoints"] != fresh {
            let _ = self.store.modify("endpointslices", &found.0, &found.1, |slice| {
                slice["endpoints"] = fresh;
                slice["metadata"]["annotations"]["endpoints.kubernetes.io/last-change-trigger-time"] =
                    stamp(now).into();
            });
        }
    }

    fn endpoint(&self, key: &Key, pod: &Pod, publish: bool) -> Option<Endpoint> {
        let ip = pod.life.as_ref()?.ip?;
        let node = pod.node.as_ref()?;
        Some(Endpoint {
            ip: address(ip),
            pod: key.1.to_string(),
            uid: pod.uid.to_string(),
            node: node.to_string(),
            zone: self
                .nodes
                .get(&Arc::clone(node))
                .map(|node| node.zone().to_owned())
                .unwrap_or_default(),
            ready: publish || pod.ready().is_some() && pod.deleting.is_none(),
            terminating: pod.deleting.is_some(),
        })
    }
}
