//! What the server says it serves: versions, groups, resources; the old form and the aggregated one. Serves no objects.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Response;
use serde_json::{Value, json};
use tokio_rustls::rustls::crypto::ring::cipher_suite;

use super::Shared;
use super::accept;
use super::answer::{self, Body};
use super::request::Request;
use crate::demo::resource::Resource;
use crate::demo::status::Status;

/// The version that the demo cluster says it is.
const VERSION: &str = "v1.36.3-demo";
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

pub(super) fn version() -> Value {
    json!({ "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35", "gitVersion": VERSION, "gitCommit": "$Format:%H$", "gitTreeState": "clean",
        "buildDate": "2026-11-01T00:00:00Z", "goVersion": "go1.26.8", "compiler": "gc", "platform": "linux/amd64" })
}

/// The root document.
pub(super) fn paths(shared: &Shared) -> Value {
    let mut paths = vec!["/api".to_owned(), "/api/v1".into(), "/apis".into()];
    for (group, versions) in groups_of(shared).into_iter().skip(1) {
        paths.push(format!("/apis/{group}"));
        paths.extend(versions.iter().map(|version| format!("/apis/{group}/{version}")));
    }
    paths.extend(
        [
            "/healthz",
            "/livez",
            "/metrics",
            "/openapi/v2",
            "/openapi/v3",
            "/readyz",
            "/version",
        ]
        .map(Into::into),
    );
    json!({ "paths": paths })
}

/// `/api`.
pub(super) fn core(shared: &Shared, request: &Request) -> Result<Response<Body>, Status> {
    if wants_aggregated(request)? {
        return Ok(aggregated(shared, str::is_empty));
    }
    Ok(answer::json(&json!({ "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1" }] })))
}

/// `/apis`.
pub(super) fn groups(shared: &Shared, request: &Request) -> Result<Response<Body>, Status> {
    if wants_aggregated(request)? {
        return Ok(aggregated(shared, |group| !group.is_empty()));
    }
    let groups: Vec<_> = groups_of(shared)
        .iter()
        .skip(1)
        .map(|(name, versions)| group_entry(name, versions))
        .collect();
    Ok(answer::json(
        &json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups }),
    ))
}

/// `/apis/GROUP`.
pub(super) fn group(shared: &Shared, wanted: &str) -> Result<Response<Body>, Status> {
    let groups = groups_of(shared);
    let (name, versions) = groups
        .iter()
        .find(|(name, _)| name == wanted)
        .ok_or_else(Status::no_such_path)?;
    let mut entry = json!({ "kind": "APIGroup", "apiVersion": "v1" });
    if let (Some(head), Value::Object(rest)) = (entry.as_object_mut(), group_entry(name, versions)) {
        head.extend(rest);
    }
    Ok(answer::json(&entry))
}

/// `/api/v1`, `/apis/GROUP/VERSION`.
pub(super) fn resources(shared: &Shared, group: &str, version: &str) -> Result<Response<Body>, Status> {
    let all = shared.store.registry().all();
    let mut listed = Vec::new();
    for resource in all
        .iter()
        .filter(|one| one.group == group && one.version == version)
    {
        if shared.faults.is_down(group) {
            return Err(unavailable());
        }
        listed.push(resource_entry(shared, resource));
        listed.extend(
            resource
                .subresources
                .iter()
                .map(|sub| subresource_entry(resource, sub)),
        );
    }
    if listed.is_empty() {
        return Err(Status::no_such_path());
    }
    // The core group's list is older than `apiVersion`.
    let mut list = if group.is_empty() {
        json!({ "kind": "APIResourceList", "groupVersion": version })
    } else {
        json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": format!("{group}/{version}") })
    };
    list["resources"] = listed.into();
    Ok(answer::json(&list))
}

/// What an aggregated API answers whose backend is gone.
pub(super) fn unavailable() -> Status {
    Status::new(503, "ServiceUnavailable", "service unavailable")
}

/// Whether the first form that the client takes and this server has is the aggregated one.
///
/// # Errors
/// 406 when there is none.
fn wants_aggregated(request: &Request) -> Result<bool, Status> {
    let accept = request.header("accept");
    if accept.is_empty() {
        return Ok(false);
    }
    let form = |clause: &str| {
        let parts: Vec<&str> = clause.split(';').map(str::trim).collect();
        let known = matches!(
            *parts.first()?,
            "application/json"
                | "application/yaml"
                | "application/vnd.kubernetes.protobuf"
                | "application/*"
                | "*/*"
        );
        let of_list = parts.contains(&"g=apidiscovery.k8s.io") && parts.contains(&"v=v2");
        let plain = !parts.iter().any(|part| part.starts_with("as="));
        (known && (of_list || plain)).then_some(of_list)
    };
    accept
        .split(',')
        .find_map(form)
        .ok_or_else(accept::not_acceptable)
}

/// Groups in order with their versions; the core group first.
fn groups_of(shared: &Shared) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for resource in shared.store.registry().all() {
        let (group, version) = (resource.group.to_string(), resource.version.to_string());
        match groups.iter_mut().find(|(name, _)| *name == group) {
            Some((_, versions)) if versions.contains(&version) => {}
            Some((_, versions)) => versions.push(version),
            None => groups.push((group, vec![version])),
        }
    }
    groups
}

fn group_entry(name: &str, versions: &[String]) -> Value {
    let entry = |version: &String| json!({ "groupVersion": format!("{name}/{version}"), "version": version });
    let all: Vec<_> = versions.iter().map(entry).collect();
    json!({ "name": name, "versions": all, "preferredVersion": versions.first().map(entry) })
}

/// Which version a resource is stored in, as clients tell changes of it by (apiserver `discovery.StorageVersionHash`); `None` if it is not stored.
fn storage_hash(shared: &Shared, resource: &Resource) -> Option<String> {
    let stored = shared
        .store
        .registry()
        .stored(&resource.storage)
        .filter(|_| resource.serves("watch"))?;
    // The SHA-256 that TLS brings along.
    let suite = cipher_suite::TLS13_AES_128_GCM_SHA256.tls13()?;
    let text = format!("{}/{}/{}", stored.group, stored.version, stored.kind);
    let hash = suite.common.hash_provider.hash(text.as_bytes());
    Some(STANDARD.encode(hash.as_ref().get(..8)?))
}

fn resource_entry(shared: &Shared, resource: &Resource) -> Value {
    let mut entry = json!({ "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
        "kind": resource.kind, "verbs": resource.verbs });
    if !resource.short_names.is_empty() {
        entry["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        entry["categories"] = json!(resource.categories);
    }
    if let Some(hash) = storage_hash(shared, resource) {
        entry["storageVersionHash"] = hash.into();
    }
    entry
}

fn subresource_entry(resource: &Resource, sub: &str) -> Value {
    let (group, version, kind, verbs) = subresource(resource, sub);
    let mut entry = json!({ "name": format!("{}/{sub}", resource.plural), "singularName": "", "namespaced": resource.namespaced });
    if group != resource.group || version != resource.version {
        entry["group"] = group.into();
        entry["version"] = version.into();
    }
    entry["kind"] = kind.into();
    entry["verbs"] = json!(verbs);
    entry
}

/// Group, version, kind and verbs of a subresource.
fn subresource<'a>(
    resource: &'a Resource,
    sub: &str,
) -> (&'a str, &'a str, &'a str, &'static [&'static str]) {
    let own = (&*resource.group, &*resource.version, &*resource.kind);
    let with = |(group, version, kind): (&'a str, &'a str, &'a str), verbs: &'static [&'static str]| {
        (group, version, kind, verbs)
    };
    match sub {
        "scale" => ("autoscaling", "v1", "Scale", &["get", "patch", "update"]),
        "eviction" => ("policy", "v1", "Eviction", &["create"]),
        "binding" => ("", "v1", "Binding", &["create"]),
        "token" => ("authentication.k8s.io", "v1", "TokenRequest", &["create"]),
        "log" => with(own, &["get"]),
        "exec" => ("", "v1", "PodExecOptions", &["create", "get"]),
        "attach" => ("", "v1", "PodAttachOptions", &["create", "get"]),
        "portforward" => ("", "v1", "PodPortForwardOptions", &["create", "get"]),
        "proxy" if resource.plural == "pods" => ("", "v1", "PodProxyOptions", PROXY),
        "proxy" if resource.plural == "nodes" => ("", "v1", "NodeProxyOptions", PROXY),
        "proxy" => ("", "v1", "ServiceProxyOptions", PROXY),
        "finalize" => with(own, &["update"]),
        _ => with(own, &["get", "patch", "update"]),
    }
}

const PROXY: &[&str] = &["create", "delete", "get", "patch", "update"];

fn aggregated(shared: &Shared, wanted: impl Fn(&str) -> bool) -> Response<Body> {
    let all = shared.store.registry().all();
    let mut groups = Vec::new();
    for (group, versions) in groups_of(shared).into_iter().filter(|(group, _)| wanted(group)) {
        let down = shared.faults.is_down(&group);
        let version = |version: &String| {
            let inside = all
                .iter()
                .filter(|one| !down && one.group == group && one.version == *version);
            let resources: Vec<_> = inside.map(|one| aggregated_entry(one)).collect();
            json!({ "version": version, "resources": resources, "freshness": if down { "Stale" } else { "Current" } })
        };
        let mut meta = json!({ "creationTimestamp": null });
        if !group.is_empty() {
            meta = json!({ "name": group, "creationTimestamp": null });
        }
        groups
            .push(json!({ "metadata": meta, "versions": versions.iter().map(version).collect::<Vec<_>>() }));
    }
    let body = json!({ "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": groups });
    answer::of_type(200, AGGREGATED, answer::full(body.to_string()))
}

fn aggregated_entry(resource: &Resource) -> Value {
    let kind =
        |group: &str, version: &str, kind: &str| json!({ "group": group, "version": version, "kind": kind });
    let mut entry = json!({ "resource": resource.plural,
        "responseKind": kind(&resource.group, &resource.version, &resource.kind),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular, "verbs": resource.verbs });
    if !resource.short_names.is_empty() {
        entry["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        entry["categories"] = json!(resource.categories);
    }
    if !resource.subresources.is_empty() {
        let subs = resource.subresources.iter().map(|sub| {
            let (group, version, name, verbs) = subresource(resource, sub);
            json!({ "subresource": sub, "responseKind": kind(group, version, name), "verbs": verbs })
        });
        entry["subresources"] = subs.collect();
    }
    entry
}
