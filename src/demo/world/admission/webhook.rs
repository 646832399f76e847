//! Admission webhooks: the pretend API server calls the service that a configuration names. A webhook that can be reached says yes; one that
//! cannot fails in the words of apiserver's `pkg/util/webhook`.

use std::sync::Arc;

use serde_json::Value;

use super::super::object::{items, number, text};
use super::super::spec::pairs;
use super::super::{Inner, config};
use crate::demo::selector;
use crate::demo::status::Status;

const KINDS: [&str; 2] = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"];

impl Inner {
    /// Calls every webhook that wants to see the creation of `value`.
    pub(super) fn webhooks(&self, resource: &str, namespace: &str, value: &Value) -> Result<(), Status> {
        for kind in KINDS {
            for configuration in self.store.list(kind, None) {
                let configuration = configuration.value();
                for hook in items(&configuration, "/webhooks") {
                    self.ask(hook, (resource, namespace), value)?;
                }
            }
        }
        Ok(())
    }

    fn ask(&self, hook: &Value, of: (&str, &str), value: &Value) -> Result<(), Status> {
        if !self.wants(hook, of, value) || text(hook, "/failurePolicy") == "Ignore" {
            return Ok(());
        }
        self.call(hook).map_err(|why| {
            let name = text(hook, "/name");
            Status::internal(format!(
                "failed calling webhook \"{name}\": failed to call webhook: {why}"
            ))
        })
    }

    fn wants(&self, hook: &Value, (resource, namespace): (&str, &str), value: &Value) -> bool {
        let api = text(value, "/apiVersion");
        let group = api.split_once('/').map_or("", |(group, _)| group);
        let has = |rule: &Value, part: &str, wanted: &str| {
            let list = rule[part].as_array().into_iter().flatten();
            list.filter_map(Value::as_str)
                .any(|one| one == "*" || one == wanted)
        };
        let ruled = items(hook, "/rules").iter().any(|rule| {
            has(rule, "operations", "CREATE")
                && has(rule, "apiGroups", group)
                && has(rule, "resources", resource)
        });
        if !ruled {
            return false;
        }
        let space = self.store.read("namespaces", "", namespace);
        let labels = space
            .map(|space| space["metadata"]["labels"].clone())
            .unwrap_or_default();
        let fits =
            |selector: &Value, labels: &Value| selector.is_null() || selector::selects(selector, labels);
        fits(&hook["namespaceSelector"], &labels)
            && fits(&hook["objectSelector"], &value["metadata"]["labels"])
    }

    /// Reaches for the service behind a webhook.
    ///
    /// # Errors
    /// What the API server's client says.
    fn call(&self, hook: &Value) -> Result<(), String> {
        let service = &hook["clientConfig"]["service"];
        if service.is_null() {
            return Ok(());
        }
        let (namespace, name) = (text(service, "/namespace"), text(service, "/name"));
        let port = number(service, "/port").unwrap_or(443);
        let seconds = number(hook, "/timeoutSeconds").unwrap_or(10);
        let path = text(service, "/path").trim_start_matches('/');
        let post = format!("Post \"https://{name}.{namespace}.svc:{port}/{path}?timeout={seconds}s\"");
        let Some(found) = self.store.read("services", namespace, name) else {
            return Err(format!("{post}: service \"{name}\" not found"));
        };
        let selector = pairs(&found["spec"]["selector"]);
        let space: Arc<str> = namespace.into();
        let mut behind = self.pods_in(&space).filter(|(_, pod)| pod.matches(&selector));
        let Some((pod, _)) = behind.find(|(_, pod)| pod.ready().is_some()) else {
            return Err(format!("{post}: no endpoints available for service \"{name}\""));
        };
        self.trusted(&pod.0, &pod.1)
            .map_err(|why| format!("{post}: {why}"))
    }

    /// Whether the certificate that a pod serves with is valid now: that of the TLS secret it mounts.
    fn trusted(&self, namespace: &str, pod: &str) -> Result<(), String> {
        let Some(pod) = self.store.read("pods", namespace, pod) else {
            return Ok(());
        };
        let now = self.store.clock().now();
        let secrets = items(&pod, "/spec/volumes")
            .iter()
            .map(|volume| text(volume, "/secret/secretName"));
        let ends =
            secrets.filter_map(|name| config::certificate_end(&self.store.read("secrets", namespace, name)?));
        match ends.min().filter(|end| *end < now) {
            Some(end) => Err(config::expired(end, now)),
            None => Ok(()),
        }
    }
}
