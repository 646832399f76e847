//! The variables of a container: its own, those of maps and secrets, and those of services.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Machine;
use crate::demo::object::{items, text};

/// Bytes of all variables together at most; what is short is not counted each time.
const VARIABLES: usize = 16 << 20;
const SHORT: usize = 4_096;

impl Machine {
    /// Sets a variable. Whether there was room for it.
    pub fn set_variable(&mut self, name: &str, value: String) -> bool {
        let others = || self.environment.iter().filter(|(have, _)| *have != name);
        let held = || others().map(|(_, value)| value.len()).sum::<usize>();
        let fits = value.len() <= SHORT || held() + value.len() <= VARIABLES;
        if fits {
            self.environment.insert(name.to_owned(), value);
        }
        fits
    }

    pub(super) fn read_environment(&mut self, pod: &Value, source: &Value) {
        let mut all: BTreeMap<String, String> = [
            (
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ),
            ("HOSTNAME", self.host()),
            ("HOME", "/root"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        if pod["spec"]["enableServiceLinks"] != false {
            all.extend(self.service_links());
        }
        for from in items(source, "/envFrom") {
            let map = self
                .around
                .store
                .read("configmaps", &self.namespace, text(from, "/configMapRef/name"))
                .unwrap_or_default();
            all.extend(crate::demo::object::pairs(&map["data"]));
        }
        for one in items(source, "/env") {
            all.insert(text(one, "/name").to_owned(), self.value(pod, one));
        }
        self.environment = all;
    }

    /// The variables of the namespace's services (`pkg/kubelet/envvars`).
    fn service_links(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        let services = self.around.store.list("services", Some(&self.namespace));
        let api = self.around.store.object("services", "default", "kubernetes");
        for service in services.iter().chain(&api).map(|service| service.value()) {
            let address = text(&service, "/spec/clusterIP");
            let name = text(&service, "/metadata/name").to_uppercase().replace('-', "_");
            let ports = items(&service, "/spec/ports");
            if matches!(address, "" | "None") || ports.is_empty() {
                continue;
            }
            all.push((format!("{name}_SERVICE_HOST"), address.to_owned()));
            for (at, port) in ports.iter().enumerate() {
                let (number, protocol) = (&port["port"], port["protocol"].as_str().unwrap_or("TCP"));
                let (lower, stem) = (
                    protocol.to_lowercase(),
                    format!("{name}_PORT_{number}_{protocol}"),
                );
                let whole = format!("{lower}://{address}:{number}");
                if at == 0 {
                    all.push((format!("{name}_SERVICE_PORT"), number.to_string()));
                    all.push((format!("{name}_PORT"), whole.clone()));
                }
                if let Some(title) = port["name"].as_str().filter(|title| !title.is_empty()) {
                    let title = title.to_uppercase().replace('-', "_");
                    all.push((format!("{name}_SERVICE_PORT_{title}"), number.to_string()));
                }
                all.push((format!("{stem}_PROTO"), lower));
                all.push((format!("{stem}_PORT"), number.to_string()));
                all.push((format!("{stem}_ADDR"), address.to_owned()));
                all.push((stem, whole));
            }
        }
        all
    }

    fn value(&self, pod: &Value, one: &Value) -> String {
        if let Some(value) = one["value"].as_str() {
            return value.to_owned();
        }
        let from = &one["valueFrom"];
        if let Some(path) = from["fieldRef"]["fieldPath"].as_str() {
            return field(pod, path).to_owned();
        }
        if from.get("resourceFieldRef").is_some() {
            return self.limit.to_string();
        }
        for (kind, resource) in [("secretKeyRef", "secrets"), ("configMapKeyRef", "configmaps")] {
            let Some(reference) = from.get(kind) else { continue };
            let object = self
                .around
                .store
                .read(resource, &self.namespace, text(reference, "/name"))
                .unwrap_or_default();
            let value = object["data"][text(reference, "/key")]
                .as_str()
                .unwrap_or_default();
            let decoded = if resource == "secrets" {
                STANDARD.decode(value).unwrap_or_default()
            } else {
                value.into()
            };
            return String::from_utf8_lossy(&decoded).into_owned();
        }
        String::new()
    }
}

/// A field as the downward API names it: `status.podIP`, `metadata.labels['app']`.
fn field<'a>(pod: &'a Value, path: &str) -> &'a str {
    match path.strip_suffix("']").and_then(|path| path.split_once("['")) {
        Some((map, key)) => pod
            .pointer(&format!("/{}", map.replace('.', "/")))
            .and_then(|map| map[key].as_str())
            .unwrap_or_default(),
        None => text(pod, &format!("/{}", path.replace('.', "/"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_found_by_the_downward_apis_names() {
        let pod = json!({"metadata": {"name": "p", "annotations": {"batch.kubernetes.io/job-completion-index": "2"}},
            "status": {"podIP": "10.0.0.9"}});
        assert_eq!(field(&pod, "status.podIP"), "10.0.0.9");
        let index = "metadata.annotations['batch.kubernetes.io/job-completion-index']";
        assert_eq!(field(&pod, index), "2");
        assert_eq!(field(&pod, "metadata.labels['app']"), "");
    }
}
