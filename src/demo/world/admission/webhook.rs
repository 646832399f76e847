//! Admission webhooks: the pretend API server calls the service that a configuration names. A webhook that can be reached says yes; one that
//! cannot fails in the words of apiserver's `pkg/util/webhook`.

use std::sync::Arc;

use serde_json::Value;

use super::super::{Inner, config};
use crate::demo::kubelet_api::Admission;
use crate::demo::object::pairs;
use crate::demo::object::{items, number, text};
use crate::demo::selector;
use crate::demo::status::Status;

/// What no webhook is asked about: or it could lock out its own mending.
const EXEMPT: &str = "admissionregistration.k8s.io";

impl Inner {
    /// Calls every webhook of a kind of configuration that wants to see what is about to happen.
    ///
    /// # Errors
    /// What the API server says when one cannot be asked.
    pub(super) fn webhooks(&self, kind: &str, wish: &Admission<'_>, value: &Value) -> Result<(), Status> {
        if wish.resource.group == EXEMPT {
            return Ok(());
        }
        for configuration in self.store.list(kind, None) {
            let configuration = configuration.value();
            for hook in items(&configuration, "/webhooks") {
                self.ask(hook, wish, value)?;
            }
        }
        Ok(())
    }

    fn ask(&self, hook: &Value, wish: &Admission<'_>, value: &Value) -> Result<(), Status> {
        if !self.wants(hook, wish, value) {
            return Ok(());
        }
        let name = text(hook, "/name");
        if wish.dry && !matches!(text(hook, "/sideEffects"), "None" | "NoneOnDryRun") {
            return Err(Status::bad_request(format!(
                "admission webhook {name:?} does not support dry run"
            )));
        }
        match self.call(hook) {
            Err(why) if text(hook, "/failurePolicy") != "Ignore" => Err(Status::internal(format!(
                "failed calling webhook {name:?}: failed to call webhook: {why}"
            ))),
            _ => Ok(()),
        }
    }

    /// Whether a webhook's rules and selectors mean it (`pkg/admission/plugin/webhook/predicates`).
    fn wants(&self, hook: &Value, wish: &Admission<'_>, value: &Value) -> bool {
        if !items(hook, "/rules").iter().any(|rule| means(rule, wish)) {
            return false;
        }
        let fits =
            |selector: &Value, labels: &Value| selector.is_null() || selector::selects(selector, labels);
        let labels_of = |object: &Value| object["metadata"]["labels"].clone();
        let old = wish.old.unwrap_or(&Value::Null);
        let chosen = [value, old]
            .iter()
            .any(|object| !object.is_null() && fits(&hook["objectSelector"], &labels_of(object)));
        // What is connected to has no labels: only a selector that chooses everything means it.
        let bare = value.is_null() && old.is_null() && fits(&hook["objectSelector"], &Value::Null);
        let is_space = wish.resource.group.is_empty() && wish.resource.plural == "namespaces";
        let space = match wish.namespace {
            _ if is_space => labels_of(if value.is_null() { old } else { value }),
            "" => return chosen || bare,
            name => self
                .store
                .read("namespaces", "", name)
                .map(|space| labels_of(&space))
                .unwrap_or_default(),
        };
        (chosen || bare) && fits(&hook["namespaceSelector"], &space)
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

/// Whether a rule is about this operation on this resource.
fn means(rule: &Value, wish: &Admission<'_>) -> bool {
    let has = |part: &str, wanted: &str| {
        let list = rule[part].as_array().into_iter().flatten();
        list.filter_map(Value::as_str)
            .any(|one| one == "*" || one == wanted)
    };
    let scope = match text(rule, "/scope") {
        // A namespace itself belongs to the cluster.
        "Namespaced" => wish.resource.namespaced,
        "Cluster" => !wish.resource.namespaced,
        _ => true,
    };
    let resource = items(rule, "/resources")
        .iter()
        .filter_map(Value::as_str)
        .any(|one| {
            let (plural, part) = one.split_once('/').unwrap_or((one, ""));
            (plural == "*" || plural == wish.resource.plural) && (part == "*" || part == wish.subresource)
        });
    scope
        && resource
        && has("operations", wish.operation)
        && has("apiGroups", &wish.resource.group)
        && (has("apiVersions", &wish.resource.version) || rule["apiVersions"].is_null())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::resource::Registry;
    use serde_json::json;

    #[test]
    fn rules_name_operations_resources_and_subresources() {
        let registry = Registry::builtin();
        let (pods, nodes) = (
            registry.stored("pods").unwrap(),
            registry.stored("nodes").unwrap(),
        );
        let rule = |operations: Value, resources: Value, scope: &str| {
            json!({ "apiGroups": [""], "apiVersions": ["v1"],
            "operations": operations, "resources": resources, "scope": scope })
        };
        let wish = |operation: &'static str, subresource: &'static str| Admission {
            operation,
            subresource,
            ..Admission::creation(&pods, "a", "x")
        };
        let whole = rule(json!(["CREATE", "DELETE"]), json!(["pods"]), "*");
        assert!(means(&whole, &wish("CREATE", "")) && means(&whole, &wish("DELETE", "")));
        assert!(!means(&whole, &wish("UPDATE", "")) && !means(&whole, &wish("CREATE", "eviction")));
        let parts = rule(json!(["*"]), json!(["pods/*", "*/scale"]), "Namespaced");
        assert!(
            means(&parts, &wish("CONNECT", "exec")) && !means(&parts, &Admission::creation(&nodes, "", "n"))
        );
        assert!(means(
            &rule(json!(["*"]), json!(["*"]), "Cluster"),
            &Admission::creation(&nodes, "", "n")
        ));
        assert!(!means(
            &rule(json!(["*"]), json!(["*"]), "Cluster"),
            &wish("CREATE", "")
        ));
    }
}
