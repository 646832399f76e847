//! `metrics.k8s.io`: what containers and nodes use. Asks the kubelets; keeps nothing.

use std::sync::Arc;

use hyper::Response;
use serde_json::{Value, json};

use super::accept::{Form, form};
use super::answer::{self, Body};
use super::request::Request;
use super::route::Target;
use super::select::Selector;
use super::{Shared, discovery};
use crate::clock::Timestamp;
use crate::demo::kubelet_api::{Sample, Usage};
use crate::demo::status::Status;
use crate::demo::store::Object;

pub(super) fn answer(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    if shared.faults.is_down("metrics.k8s.io") {
        return Err(discovery::unavailable());
    }
    if !target.resource.serves(target.verb(request)) {
        return Err(Status::method_not_allowed());
    }
    let source = shared
        .store
        .registry()
        .stored(&target.resource.plural)
        .ok_or_else(Status::no_such_path)?;
    if let Some(name) = &target.name {
        let found = shared.store.object(&source.storage, target.space(), name);
        let entry = found.and_then(|object| entry(shared, target, &object));
        let missing = || {
            let pods = target.resource.plural == "pods";
            Status::not_found(if pods { "pods" } else { "node" }, name)
        };
        return entry.ok_or_else(missing).map(|entry| answer::json(&entry));
    }
    let selector = Selector::of(request, &source)?;
    let objects = shared.store.list(&source.storage, target.namespace.as_deref());
    let chosen = objects.iter().filter(|object| selector.matches(object, &source));
    let mut items: Vec<_> = chosen
        .filter_map(|object| entry(shared, target, object))
        .collect();
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        item.shift_remove("kind");
        item.shift_remove("apiVersion");
    }
    if form(request, false)? == Form::Table {
        return Ok(table(request, target, &items));
    }
    Ok(answer::json(
        &json!({ "kind": format!("{}List", target.resource.kind), "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {}, "items": items }),
    ))
}

fn entry(shared: &Shared, target: &Target, object: &Object) -> Option<Value> {
    if target.resource.plural == "nodes" {
        let sample = shared.kubelets.node_usage(&object.name)?;
        let mut entry = head(target, object, &sample);
        entry["usage"] = usage(sample.usage);
        return Some(entry);
    }
    let sample = shared.kubelets.pod_usage(&object.namespace, &object.name)?;
    let mut entry = head(target, object, &sample);
    let containers = sample
        .usage
        .iter()
        .map(|(name, used)| json!({ "name": name, "usage": usage(*used) }));
    entry["containers"] = containers.collect();
    Some(entry)
}

fn head<T>(target: &Target, object: &Object, sample: &Sample<T>) -> Value {
    let mut meta = json!({ "name": &*object.name });
    if !object.namespace.is_empty() {
        meta["namespace"] = (*object.namespace).into();
    }
    let at = Timestamp::from_seconds(sample.at.seconds()).rfc3339();
    meta["creationTimestamp"] = at.as_str().into();
    let labels: serde_json::Map<_, _> = object
        .labels
        .iter()
        .map(|(key, value)| (key.to_string(), (**value).into()))
        .collect();
    if !labels.is_empty() {
        meta["labels"] = Value::Object(labels);
    }
    json!({ "kind": target.resource.kind, "apiVersion": "metrics.k8s.io/v1beta1", "metadata": meta, "timestamp": at,
        "window": format!("{}s", sample.window_seconds) })
}

/// Quantities as metrics-server writes them: billionths of a core, KiB.
fn usage(usage: Usage) -> Value {
    let cpu = if usage.cpu_nano == 0 {
        "0".to_owned()
    } else {
        format!("{}n", usage.cpu_nano)
    };
    json!({ "cpu": cpu, "memory": format!("{}Ki", usage.memory_bytes / 1024) })
}

/// Metrics as a table (metrics-server `pkg/api/table.go`).
fn table(request: &Request, target: &Target, items: &[Value]) -> Response<Body> {
    let column = |name: &str, kind: &str, format: &str| json!({ "name": name, "type": kind, "format": format, "description": "", "priority": 0 });
    let mut columns = vec![column("Name", "string", "name")];
    columns.extend(["cpu", "memory"].map(|name| column(name, "string", "quantity")));
    columns.push(column("Window", "string", "duration"));
    let row = |item: &Value| {
        let used = |what: &str| match item["containers"].as_array() {
            None => item["usage"][what].clone(),
            Some(all) => sum(all, what).into(),
        };
        let object = match request.param("includeObject") {
            Some("None") => Value::Null,
            Some("Object") => {
                let mut whole = item.clone();
                whole["kind"] = (*target.resource.kind).into();
                whole["apiVersion"] = target.resource.api_version().into();
                whole
            }
            _ => {
                json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"] })
            }
        };
        json!({ "cells": [item["metadata"]["name"], used("cpu"), used("memory"), item["window"]], "object": object })
    };
    answer::json(
        &json!({ "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "columnDefinitions": columns,
        "rows": items.iter().map(row).collect::<Vec<_>>() }),
    )
}

fn sum(containers: &[Value], what: &str) -> String {
    let unit = if what == "cpu" { "n" } else { "Ki" };
    let amount = |one: &Value| {
        one["usage"][what]
            .as_str()
            .and_then(|text| text.strip_suffix(unit)?.parse::<u64>().ok())
    };
    format!("{}{unit}", containers.iter().filter_map(amount).sum::<u64>())
}
