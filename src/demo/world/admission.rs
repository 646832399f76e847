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
            self.limit_ranges(namespace, value);
        }
        self.webhooks(resource, namespace, value)?;
        if resource == "pods" {
            self.quota(namespace, value)?;
        }
        Ok(())
    }
}
