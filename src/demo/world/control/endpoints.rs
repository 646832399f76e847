//! EndpointSlices and the older Endpoints: the addresses behind each service that selects pods.

use std::sync::Arc;

use serde_json::Value;

use super::super::Inner;
use super::super::service::{Endpoint, endpoints, legacy, slice, subsets, target_ports};
use super::super::state::{Key, Pod};
use crate::clock::Timestamp;
use crate::demo::kubelet::status::address;
use crate::demo::object::pairs;
use crate::demo::object::stamp;

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
        let ports = self.target_ports(key, service, &selector);
        self.legacy(key, service, (&list, &ports), now);
        let slices = self.owned(service, "endpointslices");
        let Some((found, old)) = slices.first() else {
            let suffix = self.ids.suffix(5);
            let _ = self.add(slice(service, &suffix, (&list, ports), now));
            return;
        };
        let fresh = endpoints(&list, &key.0);
        if old["endpoints"] != fresh || old["ports"] != ports {
            let _ = self.store.modify("endpointslices", &found.0, &found.1, |slice| {
                slice["endpoints"] = fresh;
                slice["ports"] = ports;
                slice["metadata"]["annotations"]["endpoints.kubernetes.io/last-change-trigger-time"] =
                    stamp(now).into();
            });
        }
    }

    /// The ports behind a service's, names looked up in the first pod it selects; null as long as there is none.
    fn target_ports(&self, key: &Key, service: &Value, selector: &[(String, String)]) -> Value {
        let mut pods = self.pods_in(&key.0).filter(|(_, pod)| pod.matches(selector));
        let Some((_, pod)) = pods.next() else {
            return Value::Null;
        };
        let containers = pod.spec.containers.iter().chain(&pod.spec.init);
        let named: Vec<&(String, u16)> = containers.flat_map(|container| &container.ports).collect();
        target_ports(service, &|name| {
            let found = named.iter().find(|(have, _)| have == name);
            found.map(|(_, port)| u64::from(*port))
        })
    }

    /// The `Endpoints` object of the service, which older clients still read.
    fn legacy(&mut self, key: &Key, service: &Value, (list, ports): (&[Endpoint], &Value), now: Timestamp) {
        let subsets = subsets(list, &key.0, ports);
        let Some(old) = self.object("endpoints", key) else {
            let _ = self.add(legacy(service, subsets, now));
            return;
        };
        if old["subsets"] != subsets {
            let _ = self.store.modify("endpoints", &key.0, &key.1, |object| {
                object["metadata"]["annotations"]["endpoints.kubernetes.io/last-change-trigger-time"] =
                    stamp(now).into();
                object["subsets"] = subsets;
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
