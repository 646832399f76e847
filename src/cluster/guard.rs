//! Read-only: an allow-list of (verb, resource, subresource) inside the client. It sees every request that leaves the program and must not
//! know who asked. Not a list of HTTP methods: exec, attach, port-forward and proxy are GET, self-reviews are POST.

use http::{Method, Request};

use crate::model::{Failure, FailureKind};
use crate::msg::Access;

/// What a request asks of the API, read from its method and path.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ask<'a> {
    group: &'a str,
    resource: &'a str,
    namespace: &'a str,
    name: &'a str,
    /// What follows the name, without the slash; empty for the object itself.
    subresource: &'a str,
}

/// Lets a request pass, or says why not.
///
/// # Errors
/// [`FailureKind::ReadOnly`] when the session is read-only and the request is not on the list.
pub fn check<B>(access: Access, request: &Request<B>) -> Result<(), Failure> {
    if access == Access::Write || allowed(request) {
        return Ok(());
    }
    let path = request.uri().path();
    let what = match parse(path) {
        Some(ask) if !ask.subresource.is_empty() => format!(
            "{} on {} {}",
            ask.subresource.split('/').next().unwrap_or_default(),
            ask.resource,
            ask.name
        ),
        Some(ask) => format!("{} {} {}", verb(request.method()), ask.resource, ask.name),
        None => format!("{} {path}", request.method()),
    };
    Err(Failure::new(
        FailureKind::ReadOnly,
        format!(
            "read-only: `{}` was not sent (start with `--write` to change things)",
            what.trim()
        ),
    ))
}

fn verb(method: &Method) -> &'static str {
    match *method {
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => "request",
    }
}

fn allowed<B>(request: &Request<B>) -> bool {
    let path = request.uri().path();
    // An escaped slash or a dot segment could make the server read another path than this does.
    if path.contains('%') || path.contains("//") || path.split('/').any(|part| part == "." || part == "..") {
        return false;
    }
    match (request.method(), parse(path)) {
        (&Method::GET, Some(ask)) => readable(&ask),
        (&Method::GET, None) => informative(path),
        (&Method::POST, Some(ask)) => self_review(&ask),
        _ => false,
    }
}

/// GET of objects and lists, and of the subresources that only tell something.
fn readable(ask: &Ask<'_>) -> bool {
    if matches!(ask.resource, "proxy" | "watch") {
        return false; // the retired path prefixes of the core group
    }
    match (ask.group, ask.resource, ask.subresource) {
        (_, _, "" | "status" | "scale") | ("", "pods", "log") | ("", "nodes", "proxy/stats/summary") => true,
        ("", "pods", rest) => ask.namespace == "kube-system" && ipamd(ask.name, rest),
        ("", "services", rest) => matches!(rest, "proxy/api/v1/query" | "proxy/api/v1/query_range"),
        _ => false,
    }
}

/// The VPC CNI's introspection and metrics.
fn ipamd(name: &str, rest: &str) -> bool {
    name.starts_with("aws-node-")
        && match name.rsplit_once(':') {
            Some((_, "61679")) => matches!(rest, "proxy/v1/enis" | "proxy/v1/pods"),
            Some((_, "61678")) => rest == "proxy/metrics",
            _ => false,
        }
}

/// Paths that are no resources: discovery, version, health, schemas.
fn informative(path: &str) -> bool {
    let mut parts = path.split('/').skip(1);
    match parts.next() {
        Some("api") => parts.count() <= 1,
        Some("apis") => parts.count() <= 2,
        Some("openapi" | "version" | "healthz" | "livez" | "readyz") => true,
        _ => false,
    }
}

/// Reviews of one's own rights and identity: POST, and change nothing.
fn self_review(ask: &Ask<'_>) -> bool {
    ask.name.is_empty()
        && matches!(
            (ask.group, ask.resource),
            (
                "authorization.k8s.io",
                "selfsubjectaccessreviews" | "selfsubjectrulesreviews"
            ) | ("authentication.k8s.io", "selfsubjectreviews")
        )
}

/// Reads a path as the API server does (`k8s.io/apiserver/pkg/endpoints/request`, `RequestInfoFactory`). `None` for non-resource paths.
fn parse(path: &str) -> Option<Ask<'_>> {
    let rest = path.strip_prefix('/')?;
    let (root, rest) = rest.split_once('/')?;
    let (group, rest) = match root {
        "api" => ("", rest),
        "apis" => rest.split_once('/')?,
        _ => return None,
    };
    let (_version, rest) = rest.split_once('/')?;
    let rest = rest.trim_end_matches('/');
    let (namespace, rest) = match rest
        .strip_prefix("namespaces/")
        .and_then(|rest| rest.split_once('/'))
    {
        // `namespaces/NAME/finalize` and `/status` are the namespace's own subresources.
        Some((name, rest @ ("finalize" | "status"))) => {
            return Some(Ask {
                group,
                resource: "namespaces",
                namespace: name,
                name,
                subresource: rest,
            });
        }
        Some((namespace, rest)) => (namespace, rest),
        None => ("", rest),
    };
    let mut parts = rest.splitn(3, '/');
    let resource = parts.next().filter(|resource| !resource.is_empty())?;
    Some(Ask {
        group,
        resource,
        namespace,
        name: parts.next().unwrap_or_default(),
        subresource: parts.next().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(method: &str, path: &str) -> bool {
        let request = Request::builder().method(method).uri(path).body(()).unwrap();
        assert!(check(Access::Write, &request).is_ok());
        check(Access::ReadOnly, &request).is_ok()
    }

    #[test]
    fn looking_passes() {
        for path in [
            "/version",
            "/api",
            "/api/v1",
            "/apis",
            "/apis/apps",
            "/apis/apps/v1",
            "/openapi/v3/apis/apps/v1?hash=1",
            "/readyz",
            "/api/v1/pods?limit=500",
            "/api/v1/pods?watch=1",
            "/api/v1/namespaces/shop/pods",
            "/api/v1/namespaces/shop/pods/web-1",
            "/api/v1/namespaces/shop",
            "/api/v1/namespaces/shop/pods/web-1/log?follow=true",
            "/apis/apps/v1/namespaces/shop/deployments/web/scale",
            "/apis/apps/v1/namespaces/shop/deployments/web/status",
            "/apis/metrics.k8s.io/v1beta1/pods",
            "/apis/stable.example.com/v1/crontabs",
            "/api/v1/nodes/n1/proxy/stats/summary",
            "/api/v1/namespaces/kube-system/pods/aws-node-x2x:61679/proxy/v1/enis",
            "/api/v1/namespaces/kube-system/pods/aws-node-x2x:61678/proxy/metrics",
            "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query?query=up",
        ] {
            assert!(passes("GET", path), "{path}");
        }
        for path in [
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
            "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        ] {
            assert!(passes("POST", path), "{path}");
        }
    }

    #[test]
    fn acting_does_not_whatever_the_method() {
        for path in [
            "/api/v1/namespaces/shop/pods/web-1/exec?command=sh",
            "/api/v1/namespaces/shop/pods/web-1/attach",
            "/api/v1/namespaces/shop/pods/web-1/portforward",
            "/api/v1/namespaces/shop/pods/web-1/proxy",
            "/api/v1/namespaces/shop/pods/web-1/proxy/admin",
            "/api/v1/namespaces/shop/services/web/proxy/",
            "/api/v1/namespaces/shop/services/web/proxy/admin/api/v1/query",
            "/api/v1/nodes/n1/proxy/run/shop/web/web",
            "/api/v1/nodes/n1/proxy/exec/shop/web/web",
            "/api/v1/namespaces/shop/pods/aws-node-x:61679/proxy/v1/enis",
            "/api/v1/namespaces/shop/pods/web-1%2Fexec",
            "/api/v1/namespaces/shop/pods/x/../web-1/exec",
            "/api/v1/namespaces/shop/pods//web-1/exec",
            "/api/v1/proxy/namespaces/shop/pods/web-1",
            "/logs/kube-apiserver.log",
            "/debug/pprof/heap",
        ] {
            assert!(!passes("GET", path), "{path}");
        }
        for method in ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] {
            for path in [
                "/api/v1/namespaces/shop/pods/web-1",
                "/api/v1/namespaces/shop/pods/web-1/exec",
                "/api/v1/namespaces/shop/pods/web-1/eviction",
                "/api/v1/namespaces/shop/pods/web-1/ephemeralcontainers",
                "/api/v1/namespaces/shop/serviceaccounts/x/token",
                "/apis/apps/v1/namespaces/shop/deployments/web/scale",
                "/apis/batch/v1/namespaces/shop/jobs",
                "/apis/batch/v1/namespaces/shop/cronjobs/nightly",
                "/api/v1/nodes/n1",
                "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/x",
            ] {
                assert!(!passes(method, path), "{method} {path}");
            }
        }
    }

    #[test]
    fn the_refusal_names_what_was_not_sent() {
        let request = Request::delete("/api/v1/namespaces/shop/pods/web-1")
            .body(())
            .unwrap();
        let failure = check(Access::ReadOnly, &request).unwrap_err();
        assert_eq!(failure.kind, FailureKind::ReadOnly);
        assert_eq!(
            failure.message,
            "read-only: `delete pods web-1` was not sent (start with `--write` to change things)"
        );
        let request = Request::get("/api/v1/namespaces/shop/pods/web-1/exec")
            .body(())
            .unwrap();
        assert!(
            check(Access::ReadOnly, &request)
                .unwrap_err()
                .message
                .contains("`exec on pods web-1`")
        );
    }
}
