//! Which resources the pretend API server serves: names, verbs, subresources. Holds no objects.

mod builtin;
mod custom;

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

pub use custom::{defined, register};

type Text = Cow<'static, str>;

/// One resource in one API version.
#[derive(Debug, Clone)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: Text,
    /// API version such as `v1`.
    pub version: Text,
    /// Plural name (`pods`).
    pub plural: Text,
    /// Singular name (`pod`).
    pub singular: Text,
    /// Kind (`Pod`).
    pub kind: Text,
    /// Short names (`po`).
    pub short_names: Vec<Text>,
    /// Categories (`all`).
    pub categories: Vec<Text>,
    /// Whether objects live in namespaces.
    pub namespaced: bool,
    /// What may be done, in the server's order (alphabetic).
    pub verbs: Vec<Text>,
    /// Subresources (`status`, `scale`, `log`).
    pub subresources: Vec<Text>,
    /// Where objects are kept: the plural, or `plural.group` for custom resources. Two API versions of one thing share it; empty if nothing
    /// is stored (reviews, metrics).
    pub storage: Arc<str>,
    /// Dotted paths that field selectors may name, besides `metadata.name` and `metadata.namespace`.
    pub fields: Vec<Text>,
    /// The `spec.versions[]` entry of a custom resource's definition; null for built-in ones.
    pub definition: serde_json::Value,
}

impl Resource {
    /// The `Scale` that several resources have a subresource of.
    pub fn scale() -> Self {
        builtin::scale()
    }

    /// `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// As errors name it: `pods`, `deployments.apps`.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_string()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// As validation errors name it: `Pod`, `Deployment.apps`.
    pub fn qualified_kind(&self) -> String {
        if self.group.is_empty() {
            self.kind.to_string()
        } else {
            format!("{}.{}", self.kind, self.group)
        }
    }

    /// Whether a verb is served.
    pub fn serves(&self, verb: &str) -> bool {
        self.verbs.iter().any(|have| have == verb)
    }

    /// Whether a subresource is served.
    pub fn has(&self, subresource: &str) -> bool {
        self.subresources.iter().any(|have| have == subresource)
    }

    /// What clients of it are warned of.
    pub fn deprecated(&self) -> Option<String> {
        if self.definition["deprecated"] == true {
            let own = self.definition["deprecationWarning"].as_str().map(str::to_owned);
            return Some(
                own.unwrap_or_else(|| format!("{} {} is deprecated", self.api_version(), self.kind)),
            );
        }
        let text = match (&*self.group, &*self.plural) {
            ("", "endpoints") => {
                "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
            }
            ("", "componentstatuses") => "v1 ComponentStatus is deprecated in v1.19+",
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// Whether it comes from a `CustomResourceDefinition`.
    pub fn is_custom(&self) -> bool {
        !self.definition.is_null()
    }

    /// Whether `metadata.generation` counts changes of the spec (it does not for services, nodes and a few more).
    pub fn counts_generations(&self) -> bool {
        self.is_custom() || builtin::GENERATIONS.contains(&&*self.plural)
    }
}

/// All resources; custom ones come and go. Clones share it.
#[derive(Debug, Clone)]
pub struct Registry(Arc<RwLock<Vec<Arc<Resource>>>>);

impl Default for Registry {
    fn default() -> Self {
        Self::builtin()
    }
}

impl Registry {
    /// The built-in resources of Kubernetes 1.36 that the demo cluster serves, in the real server's group order, and `metrics.k8s.io`.
    pub fn builtin() -> Self {
        Self(Arc::new(RwLock::new(
            builtin::resources().into_iter().map(Arc::new).collect(),
        )))
    }

    /// All, in discovery order.
    pub fn all(&self) -> Vec<Arc<Resource>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first resource kept under a storage name; it defines the stored API version.
    pub fn stored(&self, storage: &str) -> Option<Arc<Resource>> {
        self.first(|resource| *resource.storage == *storage)
    }

    /// The resource at a path: group (empty for core), version, plural.
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
        self.first(|have| have.group == group && have.version == version && have.plural == plural)
    }

    /// The resource of an object's `apiVersion` and `kind`.
    pub fn of_kind(&self, api_version: &str, kind: &str) -> Option<Arc<Resource>> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        self.first(|have| have.group == group && have.version == version && have.kind == kind)
    }

    /// Adds or replaces a custom resource (same group, version and plural).
    pub fn add(&self, resource: Resource) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|have| {
            (&have.group, &have.version, &have.plural)
                != (&resource.group, &resource.version, &resource.plural)
        });
        all.push(Arc::new(resource));
    }

    /// Takes every version of a custom resource away.
    pub fn remove(&self, group: &str, plural: &str) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|have| !(have.is_custom() && have.group == group && have.plural == plural));
    }

    fn first(&self, wanted: impl Fn(&Resource) -> bool) -> Option<Arc<Resource>> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|resource| wanted(resource)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_built_as_the_real_server_builds_them() {
        let registry = Registry::builtin();
        let deployments = registry.find("apps", "v1", "deployments").unwrap();
        assert_eq!(deployments.api_version(), "apps/v1");
        assert_eq!(deployments.qualified(), "deployments.apps");
        assert_eq!(deployments.singular, "deployment");
        assert!(deployments.has("scale") && deployments.serves("deletecollection"));
        assert_eq!(registry.of_kind("v1", "Pod").unwrap().plural, "pods");
        assert_eq!(
            registry.stored("events").unwrap().group,
            "",
            "events are stored in the core form"
        );
        assert_eq!(
            &*registry
                .find("metrics.k8s.io", "v1beta1", "pods")
                .unwrap()
                .storage,
            ""
        );
    }
}
