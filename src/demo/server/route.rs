//! From a path to what it means. Knows no methods.

use std::sync::Arc;

use hyper::Method;

use super::request::Request;
use crate::demo::resource::{Registry, Resource};

/// What a path names.
#[derive(Debug)]
pub(super) enum Route {
    Health,
    Version,
    Paths,
    Core,
    Groups,
    Group(String),
    Resources(String, String),
    OpenApi(String),
    Metrics,
    Objects(Target),
    /// What others check service account tokens with.
    Issuer(String),
    Nothing,
}

impl Route {
    /// Whether these paths answer to GET alone (those of groups do to all methods).
    pub fn is_read_only(&self) -> bool {
        matches!(
            self,
            Self::Version | Self::Core | Self::Groups | Self::Resources(..) | Self::Issuer(_)
        )
    }
}

/// The resource, namespace, object and subresource of a path.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub resource: Arc<Resource>,
    /// `None`: all namespaces, or the resource has none.
    pub namespace: Option<String>,
    /// `None`: the collection.
    pub name: Option<String>,
    pub subresource: Option<String>,
    /// Whether the path is one of the old ones, `/api/v1/watch/…`.
    pub watched: bool,
}

impl Target {
    /// The namespace for the store; empty for cluster-wide resources.
    pub fn space(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    /// The object's name; empty for a collection.
    pub fn object(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// Whether a path of this shape has the method at all: collections are created in, objects are replaced, and what lies in
    /// namespaces is only read across all of them.
    pub fn takes(&self, method: &Method) -> bool {
        let everywhere = self.resource.namespaced && self.namespace.is_none();
        if self.watched {
            return *method == Method::GET;
        }
        match *method {
            Method::POST => self.name.is_none() && !everywhere,
            Method::PUT | Method::PATCH => self.name.is_some(),
            Method::DELETE => !everywhere,
            _ => true,
        }
    }

    /// The verb as authorisation names it.
    pub fn verb(&self, request: &Request) -> &'static str {
        let one = self.name.is_some();
        match *request.method() {
            Method::GET if self.watched => "watch",
            Method::GET | Method::HEAD if one => "get",
            Method::GET | Method::HEAD if request.flag("watch") => "watch",
            Method::GET | Method::HEAD => "list",
            Method::POST => "create",
            Method::PUT => "update",
            Method::PATCH => "patch",
            Method::DELETE if one => "delete",
            Method::DELETE => "deletecollection",
            _ => "",
        }
    }
}

/// Finds what `path` names.
pub(super) fn route(registry: &Registry, path: &str) -> Route {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match *parts.as_slice() {
        ["healthz" | "readyz" | "livez", ..] => Route::Health,
        ["version"] => Route::Version,
        [] => Route::Paths,
        ["api"] => Route::Core,
        ["apis"] => Route::Groups,
        ["apis", group] => Route::Group(group.into()),
        ["api", version] => Route::Resources(String::new(), version.into()),
        ["apis", group, version] => Route::Resources(group.into(), version.into()),
        ["openapi", ref rest @ ..] => Route::OpenApi(rest.join("/")),
        ["metrics"] => Route::Metrics,
        [".well-known", "openid-configuration"] | ["openid", "v1", "jwks"] => Route::Issuer(parts.join("/")),
        ["api", version, ref rest @ ..] => objects(registry, ("", version), rest),
        ["apis", group, version, ref rest @ ..] => objects(registry, (group, version), rest),
        _ => Route::Nothing,
    }
}

fn objects(registry: &Registry, (group, version): (&str, &str), rest: &[&str]) -> Route {
    if let ["watch", ref rest @ ..] = *rest {
        return match objects(registry, (group, version), rest) {
            Route::Objects(target) if target.subresource.is_none() && target.resource.serves("watch") => {
                Route::Objects(Target {
                    watched: true,
                    ..target
                })
            }
            _ => Route::Nothing,
        };
    }
    let find = |plural: &str| registry.find(group, version, plural);
    let (resource, namespace, rest) = match *rest {
        ["namespaces", namespace, plural, ref rest @ ..] if !matches!(plural, "status" | "finalize") => (
            find(plural).filter(|resource| resource.namespaced),
            Some(namespace),
            rest,
        ),
        [plural, ref rest @ ..] => {
            // Without a namespace, a namespaced resource has only its collection.
            (
                find(plural).filter(|resource| !resource.namespaced || rest.is_empty()),
                None,
                rest,
            )
        }
        [] => (None, None, rest),
    };
    let Some(resource) = resource else {
        return Route::Nothing;
    };
    let (name, subresource) = match *rest {
        [] => (None, None),
        [name] => (Some(name), None),
        [name, ref sub @ ..] => (Some(name), Some(sub.join("/"))),
    };
    if subresource
        .as_deref()
        .is_some_and(|sub| !resource.has(sub.split('/').next().unwrap_or_default()))
    {
        return Route::Nothing;
    }
    Route::Objects(Target {
        resource,
        namespace: namespace.map(Into::into),
        name: name.map(Into::into),
        subresource,
        watched: false,
    })
}

/// Whether a subresource is a proxy, or a path behind one.
pub(super) fn is_proxy(part: &str) -> bool {
    part.strip_prefix("proxy")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parts = (String, Option<String>, Option<String>, Option<String>);

    fn parts(path: &str) -> Option<Parts> {
        match route(&Registry::builtin(), path) {
            Route::Objects(target) => Some((
                target.resource.qualified(),
                target.namespace,
                target.name,
                target.subresource,
            )),
            _ => None,
        }
    }

    #[test]
    fn paths_are_read_as_the_real_server_reads_them() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(parts("/api/v1/pods"), Some(("pods".into(), None, None, None)));
        assert_eq!(
            parts("/api/v1/namespaces/a/pods/x/log"),
            Some(("pods".into(), some("a"), some("x"), some("log")))
        );
        assert_eq!(
            parts("/api/v1/namespaces/a"),
            Some(("namespaces".into(), None, some("a"), None))
        );
        assert_eq!(
            parts("/api/v1/namespaces/a/finalize"),
            Some(("namespaces".into(), None, some("a"), some("finalize")))
        );
        assert_eq!(
            parts("/apis/apps/v1/namespaces/a/deployments/x/scale").unwrap().3,
            some("scale")
        );
        assert_eq!(parts("/api/v1/pods/x"), None, "a pod without a namespace");
        assert_eq!(
            parts("/api/v1/namespaces/a/nodes"),
            None,
            "nodes have no namespace"
        );
        assert_eq!(parts("/api/v1/namespaces/a/pods/x/scale"), None);
        assert_eq!(parts("/apis/apps/v2/deployments"), None);
    }
}
