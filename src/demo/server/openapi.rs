//! A reduced `OpenAPI` document: paths with the parameters that kubectl looks for, kinds without their fields. No schemas.

use hyper::Response;
use serde_json::{Value, json};

use super::Shared;
use super::answer::{self, Body};
use crate::demo::resource::Resource;
use crate::demo::status::Status;

/// `/openapi/v2`, `/openapi/v3`, `/openapi/v3/apis/apps/v1`.
pub(super) fn document(shared: &Shared, rest: &str) -> Result<Response<Body>, Status> {
    if rest == "v2" {
        return Ok(answer::json(
            &json!({ "swagger": "2.0", "info": info(), "paths": {}, "definitions": {} }),
        ));
    }
    let path = rest
        .strip_prefix("v3")
        .ok_or_else(Status::no_such_path)?
        .trim_start_matches('/');
    let all = shared.store.registry().all();
    if path.is_empty() {
        let mut paths = serde_json::Map::new();
        for resource in all {
            let root = root(&resource);
            let url = format!("/openapi/v3/{root}?hash=DEMO");
            paths.insert(root, json!({ "serverRelativeURL": url }));
        }
        return Ok(answer::json(&json!({ "paths": paths })));
    }
    let mut paths = serde_json::Map::new();
    let mut schemas = serde_json::Map::new();
    for resource in all.iter().filter(|resource| root(resource) == path) {
        add(resource, &mut paths, &mut schemas);
    }
    if paths.is_empty() {
        return Err(Status::no_such_path());
    }
    Ok(answer::json(
        &json!({ "openapi": "3.0.0", "info": info(), "paths": paths, "components": { "schemas": schemas } }),
    ))
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

fn add(
    resource: &Resource,
    paths: &mut serde_json::Map<String, Value>,
    schemas: &mut serde_json::Map<String, Value>,
) {
    let kind = json!({ "group": resource.group, "version": resource.version, "kind": resource.kind });
    let space = if resource.namespaced {
        "/namespaces/{namespace}"
    } else {
        ""
    };
    let query = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string" } });
    let parameters = ["dryRun", "fieldManager", "fieldValidation", "force"].map(query);
    let write = json!({ "parameters": parameters,
        "x-kubernetes-group-version-kind": kind });
    let read = json!({ "x-kubernetes-group-version-kind": kind });
    let collection = format!("/{}{space}/{}", root(resource), resource.plural);
    let one = format!("{collection}/{{name}}");
    paths.insert(
        one,
        json!({ "get": read, "put": write, "patch": write, "delete": write }),
    );
    paths.insert(collection, json!({ "get": read, "post": write }));
    let name = format!(
        "io.k8s.{}.{}.{}",
        if resource.group.is_empty() {
            "core"
        } else {
            &*resource.group
        },
        resource.version,
        resource.kind
    );
    let given = &resource.definition["schema"]["openAPIV3Schema"];
    let mut schema = if given.is_object() {
        given.clone()
    } else {
        json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true })
    };
    schema["x-kubernetes-group-version-kind"] = json!([kind]);
    schemas.insert(name, schema);
}
