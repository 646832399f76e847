//! Proxies to services, pods and nodes: whom a path means, and handing on what they answer (`pkg/registry/core/{service,pod,node}`,
//! `ResourceLocation`; apimachinery `proxy/upgradeaware.go`). Opens no connection: programs and kubelets are asked directly.

use std::sync::Arc;

use hyper::header::{HeaderValue, LOCATION};
use hyper::{Method, Response};
use serde_json::Value;

use super::answer::{self, Body};
use super::convert::AsItIs;
use super::request::Request;
use super::route::Target;
use super::{Shared, get, log};
use crate::demo::kubelet_api::{LogOf, Page, Visit};
use crate::demo::status::Status;

/// Where kubelets listen.
const KUBELET: &str = "10250";

/// Answers for a program or a kubelet.
pub(super) fn proxy(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    let path = path_of(request.path(), target.resource.namespaced);
    let named = target.object().replace("%3A", ":").replace("%3a", ":");
    let Some(place) = Place::parse(&named) else {
        let what = target.resource.singular.as_ref();
        return Err(Status::bad_request(format!("invalid {what} request {named:?}")));
    };
    let plain = Target {
        name: Some(place.name.to_owned()),
        ..target.clone()
    };
    if target.resource.plural == "nodes" {
        return node(shared, request, &plain, (&place, path));
    }
    let (pod, port) = match &*target.resource.plural {
        "services" => behind(shared, &plain, (&place, &named))?,
        _ => (place.name.to_owned(), port_of_pod(shared, &plain, &place)?),
    };
    if let Some(moved) = moved(request, path) {
        return Ok(moved);
    }
    let visit = Visit {
        namespace: target.space().to_owned(),
        pod,
        port,
        secure: place.secure,
        path: with_query(request, path),
    };
    shared
        .kubelets
        .visit(&visit)
        .map(page)
        .map_err(|why| unreachable(&why))
}

/// What is named before `/proxy`: `[SCHEME:]NAME[:PORT]` (apimachinery `net/port_split.go`).
struct Place<'a> {
    secure: bool,
    name: &'a str,
    /// A number or a name; empty for none.
    port: &'a str,
}

impl<'a> Place<'a> {
    fn parse(named: &'a str) -> Option<Self> {
        let parts: Vec<&str> = named.split(':').collect();
        let (scheme, name, port) = match *parts.as_slice() {
            [name] => ("", name, ""),
            [name, port] => ("", name, port),
            [scheme, name, port] => (scheme, name, port),
            _ => return None,
        };
        let secure = scheme == "https";
        (!name.is_empty() && matches!(scheme, "" | "http" | "https")).then_some(Self { secure, name, port })
    }
}

/// The path behind `/api/v1/[namespaces/NAMESPACE/]RESOURCE/NAME/proxy`; empty if it ends there.
fn path_of(path: &str, namespaced: bool) -> &str {
    let before = if namespaced { 7 } else { 5 };
    let rest = path.match_indices('/').nth(before);
    rest.and_then(|(at, _)| path.get(at..)).unwrap_or_default()
}

/// Who asks for nothing is sent on to `/`, so that relative links work.
fn moved(request: &Request, path: &str) -> Option<Response<Body>> {
    if !path.is_empty() || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let query = match request.raw_query() {
        "" => String::new(),
        query => format!("?{query}"),
    };
    let mut response = answer::text(301, "");
    response.headers_mut().remove("content-type");
    let to = HeaderValue::from_str(&format!("{}/{query}", request.path()));
    response.headers_mut().insert(LOCATION, to.ok()?);
    Some(response)
}

fn with_query(request: &Request, path: &str) -> String {
    match (path, request.raw_query()) {
        (path, "") => path.to_owned(),
        (path, query) => format!("{path}?{query}"),
    }
}

fn page(page: Page) -> Response<Body> {
    let mut response = answer::of_type(page.code, page.kind, answer::full(page.body));
    response.extensions_mut().insert(AsItIs);
    response
}

fn unavailable(text: String) -> Status {
    Status::new(503, "ServiceUnavailable", text)
}

fn unreachable(why: &str) -> Status {
    unavailable(format!("error trying to reach service: {why}"))
}

/// A pod behind a service and the port it listens on; they take turns.
fn behind(shared: &Shared, target: &Target, (place, named): (&Place, &str)) -> Result<(String, u16), Status> {
    let mut port = place.port.to_owned();
    let service = get::find(shared, target)?.value();
    if let Ok(number) = port.parse::<i64>() {
        let mut ports = service["spec"]["ports"].as_array().into_iter().flatten();
        let found = ports.find(|one| one["port"].as_i64() == Some(number));
        let Some(found) = found else {
            let text = format!("no service port {number} found for service {:?}", place.name);
            return Err(unavailable(text));
        };
        found["name"].as_str().unwrap_or_default().clone_into(&mut port);
    }
    let endpoints = shared.store.read("endpoints", target.space(), place.name);
    let endpoints = endpoints.unwrap_or_default();
    let subsets = endpoints["subsets"].as_array().map_or(&[][..], Vec::as_slice);
    if subsets.is_empty() {
        return Err(unavailable(format!(
            "no endpoints available for service {:?}",
            place.name
        )));
    }
    let mut ends = Vec::new();
    for subset in subsets {
        let mut ports = subset["ports"].as_array().into_iter().flatten();
        let number = ports
            .find(|one| one["name"].as_str().unwrap_or_default() == port)
            .and_then(|one| u16::try_from(one["port"].as_u64()?).ok());
        let addresses = subset["addresses"].as_array().into_iter().flatten();
        let pods = addresses.filter_map(|one| one["targetRef"]["name"].as_str());
        ends.extend(pods.filter_map(|pod| Some((pod.to_owned(), number?))));
    }
    let turn = shared.kubelets.turn(ends.len());
    let end = ends.into_iter().nth(turn);
    end.ok_or_else(|| unavailable(format!("no endpoints available for service {named:?}")))
}

/// The port that is asked for, or the first that the pod declares, or the scheme's own.
fn port_of_pod(shared: &Shared, target: &Target, place: &Place) -> Result<u16, Status> {
    let pod = get::find(shared, target)?.value();
    let containers = || pod["spec"]["containers"].as_array().into_iter().flatten();
    let first = || {
        let mut ports = containers().filter_map(|one| one["ports"][0]["containerPort"].as_u64());
        ports.next().and_then(|port| u16::try_from(port).ok())
    };
    if pod["status"]["podIP"].as_str().is_none_or(str::is_empty) {
        return Err(Status::bad_request("address not allowed"));
    }
    match place.port {
        "" => Ok(first().unwrap_or(if place.secure { 443 } else { 80 })),
        port => port
            .parse()
            .map_err(|_| unreachable(&format!("dial tcp: lookup tcp/{port}: unknown port"))),
    }
}

/// A node's kubelet, or a program that uses its network.
fn node(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
    (place, path): (&Place, &str),
) -> Result<Response<Body>, Status> {
    let object = get::find(shared, target)?.value();
    if let Some(moved) = moved(request, path) {
        return Ok(moved);
    }
    if !matches!(place.port, "" | KUBELET) {
        return beside_kubelet(shared, request, (place, path), &object);
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let answered = shared.kubelets.kubelet(place.name, path);
    if let Ok(None) = answered
        && let ["containerLogs", namespace, pod, container] = *parts.as_slice()
    {
        return log_of(shared, request, (place.name, namespace, pod, container));
    }
    let only_read = matches!(*request.method(), Method::GET | Method::HEAD);
    match answered.map_err(|why| unreachable(&why))? {
        Some(_) if !only_read => Ok(answer::text(405, "405: Method Not Allowed")),
        Some(found) => Ok(page(found)),
        None => Ok(answer::text(404, "404 page not found\n")),
    }
}

/// A log as the kubelet itself serves it.
fn log_of(
    shared: &Arc<Shared>,
    request: &Request,
    (node, namespace, pod, container): (&str, &str, &str, &str),
) -> Result<Response<Body>, Status> {
    let found = shared.store.read("pods", namespace, pod);
    let Some(found) = found.filter(|found| found["spec"]["nodeName"] == node) else {
        return Ok(answer::text(404, &format!("pod {pod:?} not found\n")));
    };
    let mut containers = ["containers", "initContainers", "ephemeralContainers"]
        .into_iter()
        .filter_map(|list| found["spec"][list].as_array())
        .flatten();
    if !containers.any(|one| one["name"] == container) {
        let text = format!("container {container:?} not found in pod {pod:?}\n");
        return Ok(answer::text(404, &text));
    }
    let of = LogOf {
        namespace: namespace.to_owned(),
        pod: pod.to_owned(),
        container: container.to_owned(),
        previous: request.flag("previous"),
    };
    log::write(shared, request, of)
}

/// What listens on another port of a node: a program of a pod with the node's network.
fn beside_kubelet(
    shared: &Shared,
    request: &Request,
    (place, path): (&Place, &str),
    node: &Value,
) -> Result<Response<Body>, Status> {
    let addresses = node["status"]["addresses"].as_array().into_iter().flatten();
    let mut internal = addresses.filter(|one| one["type"] == "InternalIP");
    let address = internal
        .next()
        .map_or("", |one| one["address"].as_str().unwrap_or_default());
    let refused = || {
        unreachable(&format!(
            "dial tcp {address}:{}: connect: connection refused",
            place.port
        ))
    };
    let port = place.port.parse().map_err(|_| refused())?;
    for (namespace, pod) in shared.kubelets.beside(place.name) {
        let visit = Visit {
            namespace,
            pod,
            port,
            secure: place.secure,
            path: with_query(request, path),
        };
        if let Ok(found) = shared.kubelets.visit(&visit) {
            return Ok(page(found));
        }
    }
    Err(refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_the_real_server_reads_them() {
        let parsed = |named| Place::parse(named).map(|place| (place.secure, place.name, place.port));
        assert_eq!(parsed("web"), Some((false, "web", "")));
        assert_eq!(parsed("web:http"), Some((false, "web", "http")));
        assert_eq!(parsed("https:web:443"), Some((true, "web", "443")));
        assert_eq!(parsed("https:web:"), Some((true, "web", "")));
        assert_eq!(parsed("ftp:web:21"), None);
        assert_eq!(parsed("a:b:c:d"), None);
        let under = path_of("/api/v1/namespaces/a/services/proxy/proxy/x/proxy/", true);
        assert_eq!(under, "/x/proxy/");
        assert_eq!(path_of("/api/v1/namespaces/a/services/web/proxy", true), "");
        assert_eq!(path_of("/api/v1/nodes/a/proxy/pods", false), "/pods");
    }
}
