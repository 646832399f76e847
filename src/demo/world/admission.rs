//! What the API server asks before it takes, changes or lets go of an object: limit ranges, quotas, webhooks. It completes, counts and
//! refuses in their words; it stores no object but a quota's count.

mod amount;
mod limits;
mod quota;
mod usage;
mod webhook;

pub use quota::Counted;
use serde_json::Value;

use super::{Inner, pod};
use crate::demo::kubelet_api::Admission;
use crate::demo::object::text;
use crate::demo::status::Status;

impl Inner {
    /// Whether a new object may be stored, as a controller of this world would make it. Completes it first; counts it unless it is only a
    /// question.
    ///
    /// # Errors
    /// What the first plugin that refuses says.
    pub fn admission(&self, wish: &Admission<'_>, value: &mut Value) -> Result<(), Status> {
        self.complete(wish, value)?;
        self.refuse(wish, value)
    }

    /// Completes an object that a client sent, before it is judged.
    ///
    /// # Errors
    /// What the first plugin that refuses says.
    pub fn complete_sent(&mut self, wish: &Admission<'_>, value: &mut Value) -> Result<(), Status> {
        if wish.is("CREATE", "pods") {
            let named = text(value, "/spec/serviceAccountName").to_owned();
            let account = if named.is_empty() { "default" } else { &named };
            if !named.is_empty()
                && self
                    .store
                    .object("serviceaccounts", wish.namespace, account)
                    .is_none()
            {
                let place = format!("{}/{account}", wish.namespace);
                let why = format!(
                    "error looking up service account {place}: serviceaccount \"{account}\" not found"
                );
                return Err(Status::forbidden("pods", wish.name, &why));
            }
            let role = self.role(wish.namespace, account);
            pod::admit(value, role.as_deref(), &mut self.ids);
        }
        self.complete(wish, value)
    }

    /// Completes an object: priority and amounts of a pod, then what webhooks add.
    fn complete(&self, wish: &Admission<'_>, value: &mut Value) -> Result<(), Status> {
        if wish.is("CREATE", "pods") {
            self.priority(wish, value)?;
            self.fill_limits(wish.namespace, value);
        }
        self.webhooks("mutatingwebhookconfigurations", wish, value)
    }

    /// Refuses what limit ranges, webhooks and quotas do not let through; null is an object that goes.
    ///
    /// # Errors
    /// What the first plugin that refuses says.
    pub fn refuse(&self, wish: &Admission<'_>, value: &Value) -> Result<(), Status> {
        self.check_limits(wish, value)?;
        self.webhooks("validatingwebhookconfigurations", wish, value)?;
        self.check_quotas(wish, value)
    }

    /// Gives a pod the priority of its class (`plugin/pkg/admission/priority`).
    fn priority(&self, wish: &Admission<'_>, pod: &mut Value) -> Result<(), Status> {
        let name = text(pod, "/spec/priorityClassName");
        if name.is_empty() {
            return Ok(());
        }
        let Some(class) = self.store.read("priorityclasses", "", name) else {
            let why = format!("no PriorityClass with name {name} was found");
            return Err(Status::forbidden("pods", wish.name, &why));
        };
        pod["spec"]["priority"] = class["value"].clone();
        if let Some(policy) = class.get("preemptionPolicy") {
            pod["spec"]["preemptionPolicy"] = policy.clone();
        }
        Ok(())
    }
}
