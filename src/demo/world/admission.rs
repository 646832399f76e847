//! What the API server asks before it takes a new object: limit ranges, quotas, webhooks. It refuses in their words; it stores nothing.

mod quota;
mod webhook;

use serde_json::Value;

use super::Inner;
use crate::demo::status::Status;

impl Inner {
    /// Whether a new object of `resource` may come into `namespace`, which is empty for none. Completes it first.
    ///
    /// # Errors
    /// What the first plugin that refuses says.
    pub fn admission(&self, resource: &str, namespace: &str, value: &mut Value) -> Result<(), Status> {
        if resource == "pods" {
            self.priority(value);
            self.limit_ranges(namespace, value);
        }
        self.webhooks(resource, namespace, value)?;
        if resource == "pods" {
            self.quota(namespace, value)?;
        }
        Ok(())
    }

    /// Gives a pod the priority of its class (`plugin/pkg/admission/priority`).
    fn priority(&self, pod: &mut Value) {
        let name = super::object::text(pod, "/spec/priorityClassName");
        if let Some(class) = self
            .store
            .read("priorityclasses", "", name)
            .filter(|_| !name.is_empty())
        {
            pod["spec"]["priority"] = class["value"].clone();
            if let Some(policy) = class.get("preemptionPolicy") {
                pod["spec"]["preemptionPolicy"] = policy.clone();
            }
        }
    }
}
