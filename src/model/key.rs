//! What names one object for requests and for people.

use std::fmt;
use std::sync::Arc;

use super::{Gvr, Uid};

/// An object as an action addresses it. The uid guards against acting on a namesake that came later.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectKey {
    /// Which resource.
    pub gvr: Gvr,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: Arc<str>,
    /// Name.
    pub name: Arc<str>,
    /// Identity; [`Uid::NONE`] when only the name is known (command line).
    pub uid: Uid,
}

impl ObjectKey {
    /// The namespace, or `None` for a cluster-scoped object.
    pub fn namespace(&self) -> Option<&str> {
        (!self.namespace.is_empty()).then_some(&*self.namespace)
    }

    /// The path of the object, with an optional subresource: `/api/v1/namespaces/shop/pods/web-1/log`.
    pub fn path(&self, subresource: Option<&str>) -> String {
        let mut path = self.gvr.path(self.namespace());
        path.push('/');
        path.push_str(&self.name);
        if let Some(subresource) = subresource {
            path.push('/');
            path.push_str(subresource);
        }
        path
    }
}

/// `deployments.apps shop/web` or `nodes ip-10-0-1-5`.
impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace() {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.gvr, self.name),
            None => write!(f, "{} {}", self.gvr, self.name),
        }
    }
}
