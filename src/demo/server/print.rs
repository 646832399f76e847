//! Server-side printing: the `Table` form of objects. The columns of each kind stand in the files below.

mod apps;
mod autoscaling;
mod cluster;
mod core;
mod custom;
mod networking;
mod pod;
mod rest;
mod storage;

use serde_json::{Value, json};

use super::request::Request;
use super::view;
use crate::clock::{self, Timestamp};
use crate::demo::resource::Resource;
use crate::demo::status::Status;
use crate::demo::store::Object;

/// One column: name, type, format, priority (0: always, 1: wide).
type Column = (&'static str, &'static str, &'static str, u8);

/// The columns of one kind and how an object fills them.
pub(super) struct Print {
    columns: &'static [Column],
    cells: fn(&Value, Timestamp) -> Vec<Value>,
}

const NAME: Column = ("Name", "string", "name", 0);
const AGE: Column = ("Age", "string", "", 0);

const fn string(name: &'static str) -> Column {
    (name, "string", "", 0)
}

const fn boolean(name: &'static str) -> Column {
    (name, "boolean", "", 0)
}

/// Shown with `-o wide` only.
const fn wide(name: &'static str) -> Column {
    (name, "string", "", 1)
}

/// How much of the object a row carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Include {
    Nothing,
    Metadata,
    Object,
}

/// Prints objects of one resource for one request.
pub(super) struct Printer {
    resource: std::sync::Arc<Resource>,
    include: Include,
    now: Timestamp,
    how: How,
}

enum How {
    Known(&'static Print),
    Custom(Vec<custom::Column>),
}

impl Printer {
    /// How much of the objects a table is to have.
    ///
    /// # Errors
    /// 400 for words that nobody knows.
    pub fn check(request: &Request) -> Result<(), Status> {
        match request.param("includeObject") {
            None | Some("None" | "Object" | "Metadata") => Ok(()),
            Some(other) => Err(Status::bad_request(format!(
                "Unable to convert to Table as requested: includeObject: Invalid value: {other:?}: must be 'Metadata', 'Object', 'None', or empty"
            ))),
        }
    }

    pub fn of(request: &Request, resource: &std::sync::Arc<Resource>, now: Timestamp) -> Self {
        let include = match request.param("includeObject") {
            Some("None") => Include::Nothing,
            Some("Object") => Include::Object,
            _ => Include::Metadata,
        };
        let how = if resource.is_custom() {
            How::Custom(custom::columns(&resource.definition))
        } else {
            How::Known(known(&resource.group, &resource.plural))
        };
        Self {
            resource: std::sync::Arc::clone(resource),
            include,
            now,
            how,
        }
    }

    /// Ages are as of `now` from here on.
    pub fn at(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// The table up to its first row.
    pub fn head(&self, meta: &[(&str, Value)]) -> Vec<u8> {
        self.watch_head(true, meta)
    }

    /// As [`Printer::head`]; only the first event of a watch has the columns.
    pub fn watch_head(&self, with_columns: bool, meta: &[(&str, Value)]) -> Vec<u8> {
        let meta: serde_json::Map<_, _> = meta
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect();
        let columns = if with_columns { self.columns() } else { Value::Null };
        format!(
            r#"{{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},"columnDefinitions":{columns},"rows":["#,
            Value::Object(meta)
        )
        .into_bytes()
    }

    fn columns(&self) -> Value {
        let column = |(name, kind, format, priority): &Column| json!({ "name": name, "type": kind, "format": format, "description": describe(name), "priority": priority });
        match &self.how {
            How::Known(print) => print.columns.iter().map(column).collect(),
            How::Custom(columns) => columns.iter().map(custom::Column::definition).collect(),
        }
    }

    /// One row.
    pub fn push_row(&self, object: &Object, into: &mut Vec<u8>) {
        let value = view::tree(object, &self.resource);
        if into.ends_with(b"}") {
            into.push(b',');
        }
        into.extend_from_slice(br#"{"cells":"#);
        let cells = match &self.how {
            How::Known(print) => Value::Array((print.cells)(&value, self.now)),
            How::Custom(columns) => columns
                .iter()
                .map(|column| column.cell(&value, self.now))
                .collect(),
        };
        into.extend_from_slice(cells.to_string().as_bytes());
        if let Some(condition) = row_condition(&self.resource, &value) {
            into.extend_from_slice(format!(r#","conditions":[{condition}]"#).as_bytes());
        }
        into.extend_from_slice(br#","object":"#);
        match self.include {
            Include::Nothing => into.extend_from_slice(b"null"),
            Include::Metadata => view::push_metadata(object, into),
            Include::Object => into.extend_from_slice(&view::whole(object, &self.resource)),
        }
        into.push(b'}');
    }

    /// A row without cells, as bookmarks have it.
    pub fn push_empty_row(&self, object: &Value, into: &mut Vec<u8>) {
        let width = match &self.how {
            How::Known(print) => print.columns.len(),
            How::Custom(columns) => columns.len(),
        };
        let row = json!({ "cells": vec![""; width], "object": object });
        into.extend_from_slice(row.to_string().as_bytes());
    }
}

/// Pods that have ended are marked, which `kubectl get --watch` and other printers read.
fn row_condition(resource: &Resource, value: &Value) -> Option<Value> {
    if resource.plural != "pods" {
        return None;
    }
    let (reason, message) = match text(value, "status.phase") {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!({ "type": "Completed", "status": "True", "reason": reason, "message": message }))
}

fn describe(column: &str) -> &'static str {
    match column {
        "Name" => {
            "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to \
             request the generation of an appropriate name automatically."
        }
        "Age" | "Created At" => {
            "CreationTimestamp is a timestamp representing the server time when this object was created. Populated by the system. Read-only."
        }
        _ => "",
    }
}

fn known(group: &str, plural: &str) -> &'static Print {
    let found = match group {
        "" => core::print(plural).or_else(|| cluster::print(plural)),
        "apps" | "batch" | "autoscaling" => apps::print(plural),
        "networking.k8s.io" | "discovery.k8s.io" => networking::print(plural),
        "storage.k8s.io" => storage::print(plural),
        _ => rest::print(plural),
    };
    found.unwrap_or(&PLAIN)
}

/// The columns of kinds without any of their own.
const PLAIN: Print = Print {
    columns: &[NAME, ("Created At", "date", "", 0)],
    cells: |object, _| vec![name(object), object["metadata"]["creationTimestamp"].clone()],
};

fn at<'a>(object: &'a Value, path: &str) -> &'a Value {
    path.split('.')
        .try_fold(object, |value, part| value.get(part))
        .unwrap_or(&Value::Null)
}

fn text<'a>(object: &'a Value, path: &str) -> &'a str {
    at(object, path).as_str().unwrap_or_default()
}

fn number(object: &Value, path: &str) -> i64 {
    at(object, path).as_i64().unwrap_or(0)
}

fn items<'a>(object: &'a Value, path: &str) -> &'a [Value] {
    at(object, path).as_array().map_or(&[], Vec::as_slice)
}

fn name(object: &Value) -> Value {
    object["metadata"]["name"].clone()
}

/// The name, marked if an annotation says that this is the default.
fn name_or_default(object: &Value, annotation: &str) -> Value {
    let mark = if object["metadata"]["annotations"][annotation] == "true" {
        " (default)"
    } else {
        ""
    };
    format!("{}{mark}", text(object, "metadata.name")).into()
}

/// `text`, or what stands for its absence.
fn or(text: &str, absent: &str) -> Value {
    if text.is_empty() {
        absent.into()
    } else {
        text.into()
    }
}

/// Age of a timestamp as kubectl prints it; `<unknown>` if there is none.
fn since(value: &Value, now: Timestamp) -> String {
    value
        .as_str()
        .and_then(Timestamp::parse)
        .map_or_else(|| "<unknown>".into(), |at| clock::age(at, now))
}

/// The AGE cell.
fn age(object: &Value, now: Timestamp) -> Value {
    since(&object["metadata"]["creationTimestamp"], now).into()
}

/// `a,b` or `<none>`.
fn joined<'a>(parts: impl Iterator<Item = &'a str>, absent: &str) -> Value {
    let parts: Vec<_> = parts.collect();
    or(&parts.join(","), absent)
}

/// CONTAINERS and IMAGES of a pod template.
fn containers(object: &Value, template: &str) -> [Value; 2] {
    let all = items(object, &format!("{template}.containers"));
    ["name", "image"]
        .map(|key| Value::from(all.iter().map(|one| text(one, key)).collect::<Vec<_>>().join(",")))
}

/// A label selector as `metav1.FormatLabelSelector` writes it.
fn selector(selector: &Value) -> Value {
    or(&crate::demo::selector::text(selector), "<none>")
}

/// A plain map of labels as `k=v,…`.
fn label_set(labels: &Value) -> Value {
    let mut pairs: Vec<_> = labels.as_object().into_iter().flatten().collect();
    pairs.sort_by_key(|(key, _)| key.as_str());
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    or(&pairs.join(","), "<none>")
}
