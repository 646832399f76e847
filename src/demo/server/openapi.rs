//! The `OpenAPI` documents: which group versions there are, their paths with the parameters that kubectl looks for, their schemas.

mod schemas;
mod second;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

use hyper::Response;
use serde_json::{Map, Value, json};

use super::Shared;
use super::answer::{self, Body};
use super::request::Request;
use crate::demo::resource::Resource;
use crate::demo::status::Status;
use schemas::{REFERENCE, Schemas};

/// The schema of all objects' metadata.
const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
/// That of all patches.
const PATCH: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

/// The schema of pods, whose words about what every object has are those for custom resources.
static POD: LazyLock<Value> = LazyLock::new(|| {
    let text = Schemas::all().text("io.k8s.api.core.v1.Pod").unwrap_or_default();
    serde_json::from_str(text).unwrap_or_default()
});

/// `/openapi/v2`, `/openapi/v3`, `/openapi/v3/apis/apps/v1`.
pub(super) fn document(shared: &Shared, request: &Request, rest: &str) -> Result<Response<Body>, Status> {
    let all = shared.store.registry().all();
    if rest == "v2" {
        return Ok(second_of(&all, request));
    }
    let path = rest
        .strip_prefix("v3")
        .ok_or_else(Status::no_such_path)?
        .trim_start_matches('/');
    if path.is_empty() {
        // The real server leaves the type to Go, which takes it for text.
        let body = answer::full(index(&all).to_string());
        return Ok(answer::of_type(200, "text/plain; charset=utf-8", body));
    }
    let inside: Vec<_> = all.iter().filter(|resource| root(resource) == path).collect();
    if inside.is_empty() {
        return Err(Status::no_such_path());
    }
    Ok(answer::of_type(
        200,
        "application/json",
        answer::full(third(&inside)),
    ))
}

/// Every group version, and where its document is.
fn index(all: &[Arc<Resource>]) -> Value {
    let mut groups: BTreeMap<String, Vec<&Arc<Resource>>> = BTreeMap::new();
    for resource in all {
        groups.entry(root(resource)).or_default().push(resource);
    }
    let entry = |(root, inside): (String, Vec<&Arc<Resource>>)| {
        // Clients keep a document for as long as its hash stays.
        let mut hasher = DefaultHasher::new();
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        for resource in inside {
            (&resource.plural, resource.definition.to_string()).hash(&mut hasher);
        }
        let url = format!("/openapi/v3/{root}?hash={:016X}", hasher.finish());
        (root, json!({ "serverRelativeURL": url }))
    };
    let paths: Map<String, Value> = groups.into_iter().map(entry).collect();
    json!({ "paths": paths })
}

/// The document of a group version, third edition.
fn third(inside: &[&Arc<Resource>]) -> String {
    let mut paths = Map::new();
    for resource in inside {
        paths.extend(paths_of(resource));
    }
    let schemas = schemas_of(inside.iter().map(|resource| &***resource));
    format!(
        r#"{{"openapi":"3.0.0","info":{},"paths":{},"components":{{"schemas":{schemas}}}}}"#,
        info(),
        Value::Object(paths)
    )
}

/// The document of everything, second edition.
fn second_of(all: &[Arc<Resource>], request: &Request) -> Response<Body> {
    let schemas = schemas_of(all.iter().map(|resource| &**resource));
    let document = second::document(&info(), serde_json::from_str(&schemas).unwrap_or_default());
    if request.header("accept").contains(second::ASKED) {
        return answer::of_type(200, second::TYPE, answer::full(second::protobuf(&document)));
    }
    answer::json(&document)
}

fn info() -> Value {
    json!({ "title": "Kubernetes", "version": "v1.36.3" })
}

fn root(resource: &Resource) -> String {
    if resource.group.is_empty() {
        format!("api/{}", resource.version)
    } else {
        format!("apis/{}/{}", resource.group, resource.version)
    }
}

/// The two paths of a resource: its collection, and one of it.
fn paths_of(resource: &Resource) -> [(String, Value); 2] {
    let kind = json!({ "group": resource.group, "version": resource.version, "kind": resource.kind });
    let space = if resource.namespaced {
        "/namespaces/{namespace}"
    } else {
        ""
    };
    let query = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string", "uniqueItems": true } });
    let parameters = ["dryRun", "fieldManager", "fieldValidation", "force"].map(query);
    let write = json!({ "parameters": parameters, "x-kubernetes-group-version-kind": kind });
    let read = json!({ "x-kubernetes-group-version-kind": kind });
    let mut patches = vec!["apply-patch+yaml", "json-patch+json", "merge-patch+json"];
    if !resource.is_custom() {
        patches.push("strategic-merge-patch+json");
    }
    let body = json!({ "schema": { "$ref": format!("{REFERENCE}{PATCH}") } });
    let content: Map<String, Value> = patches
        .into_iter()
        .map(|patch| (format!("application/{patch}"), body.clone()))
        .collect();
    let mut patch = write.clone();
    patch["requestBody"] = json!({ "content": content, "required": true });
    let collection = format!("/{}{space}/{}", root(resource), resource.plural);
    let one = format!("{collection}/{{name}}");
    [
        (
            one,
            json!({ "get": read, "put": write, "patch": patch, "delete": write }),
        ),
        (collection, json!({ "get": read, "post": write })),
    ]
}

/// The schemas of resources and all they refer to, as one JSON object.
fn schemas_of<'a>(resources: impl Iterator<Item = &'a Resource>) -> String {
    let builtin = Schemas::all();
    let (mut named, mut own) = (vec![META, PATCH], BTreeMap::new());
    for resource in resources {
        if let Some(name) = builtin.of_kind(&resource.group, &resource.version, &resource.kind) {
            named.push(name);
        } else {
            let (name, schema) = custom(resource);
            own.insert(name, schema.to_string());
        }
    }
    let mut out = String::from("{");
    let builtin = builtin.closure(named);
    let own = own.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    for (name, text) in builtin.into_iter().chain(own) {
        if out.len() > 1 {
            out.push(',');
        }
        out.extend(["\"", name, "\":", text]);
    }
    out.push('}');
    out
}

/// Name and schema of a kind that is not built in: what its definition says, with what every object has
/// (`apiextensions-apiserver`, `controller/openapi/builder`).
fn custom(resource: &Resource) -> (String, Value) {
    let group: Vec<&str> = resource.group.rsplit('.').collect();
    let name = format!("{}.{}.{}", group.join("."), resource.version, resource.kind);
    let given = &resource.definition["schema"]["openAPIV3Schema"];
    let mut schema = if given.is_object() {
        given.clone()
    } else {
        json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true })
    };
    let about = |field: &str| POD["properties"][field]["description"].clone();
    for field in ["apiVersion", "kind"] {
        schema["properties"][field] = json!({ "description": about(field), "type": "string" });
    }
    schema["properties"]["metadata"] =
        json!({ "allOf": [{ "$ref": format!("{REFERENCE}{META}") }], "description": about("metadata") });
    schema["x-kubernetes-group-version-kind"] =
        json!([{ "group": resource.group, "version": resource.version, "kind": resource.kind }]);
    (name, schema)
}
