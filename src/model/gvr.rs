//! Group, version and resource: how the API names a kind.

use std::borrow::Cow;
use std::fmt;

/// A resource of the API, for example `apps/v1` `deployments`. The core group is the empty text.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize,
)]
pub struct Gvr {
    /// API group; empty for core.
    pub group: Cow<'static, str>,
    /// API version, for example `v1`.
    pub version: Cow<'static, str>,
    /// Plural resource name in lower case.
    pub resource: Cow<'static, str>,
}

impl Gvr {
    /// A resource known at compile time.
    pub const fn of(group: &'static str, version: &'static str, resource: &'static str) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            resource: Cow::Borrowed(resource),
        }
    }

    /// A resource found by discovery.
    pub fn new(group: impl Into<String>, version: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            group: Cow::Owned(group.into()),
            version: Cow::Owned(version.into()),
            resource: Cow::Owned(resource.into()),
        }
    }

    /// `apiVersion` as objects carry it: `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The path of the collection, for all namespaces or one: `/apis/apps/v1/namespaces/shop/deployments`.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() { "/api" } else { "/apis" };
        let api = self.api_version();
        match namespace {
            Some(namespace) => format!("{root}/{api}/namespaces/{namespace}/{}", self.resource),
            None => format!("{root}/{api}/{}", self.resource),
        }
    }
}

/// `deployments.apps`, `pods`: what kubectl accepts.
impl fmt::Display for Gvr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.group.is_empty() {
            f.write_str(&self.resource)
        } else {
            write!(f, "{}.{}", self.resource, self.group)
        }
    }
}
