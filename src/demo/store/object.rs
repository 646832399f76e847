//! One version of one object: its JSON as bytes, and the few parts that lists and watches select by.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::demo::resource::Resource;

/// One version of an object; never changes. Lists, watches and history share it.
#[derive(Debug)]
pub struct Object {
    /// `metadata.uid`.
    pub uid: Arc<str>,
    /// `metadata.namespace`; empty for cluster-wide objects.
    pub namespace: Arc<str>,
    /// `metadata.name`.
    pub name: Arc<str>,
    /// `metadata.resourceVersion`.
    pub version: u64,
    /// `metadata.labels`, sorted by key; pods made in bulk share them.
    pub labels: Arc<[(Box<str>, Box<str>)]>,
    /// Values of [`Resource::fields`], in that order; absent ones are empty.
    pub fields: Box<[Box<str>]>,
    /// Uid of the owner with `controller: true`.
    pub controller: Option<Box<str>>,
    /// Whether `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// The whole object as JSON in its stored API version.
    pub body: Bytes,
}

impl Object {
    /// Takes the selectable parts out of `value`, whose metadata is complete, and serialises it.
    pub(in crate::demo) fn new(resource: &Resource, value: &Value, version: u64) -> Self {
        let meta = &value["metadata"];
        let text = |key: &str| meta[key].as_str().unwrap_or_default();
        let mut labels: Vec<(Box<str>, Box<str>)> = meta["labels"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str().into(), value.as_str().unwrap_or_default().into()))
            .collect();
        labels.sort_unstable();
        let controller = meta["ownerReferences"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|owner| owner["controller"] == true)
            .and_then(|owner| owner["uid"].as_str())
            .map(Box::from);
        Self {
            uid: text("uid").into(),
            namespace: text("namespace").into(),
            name: text("name").into(),
            version,
            labels: labels.into(),
            fields: resource.fields.iter().map(|path| field(value, path)).collect(),
            controller,
            deleting: meta["deletionTimestamp"].is_string(),
            // Without the room that the text has grown into: that would be half as much again.
            body: serde_json::to_vec(value)
                .unwrap_or_default()
                .into_boxed_slice()
                .into(),
        }
    }

    /// The object as a tree, parsed anew.
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        let at = self
            .labels
            .binary_search_by(|(have, _)| have.as_ref().cmp(key))
            .ok()?;
        self.labels.get(at).map(|(_, value)| value.as_ref())
    }

    /// The value of a field that selectors may name, such as `spec.nodeName`; `None` if this resource has no such field.
    pub fn field<'a>(&'a self, resource: &Resource, path: &str) -> Option<&'a str> {
        match path {
            "metadata.name" => Some(&self.name),
            "metadata.namespace" => Some(&self.namespace),
            _ => {
                let at = resource.fields.iter().position(|have| *have == path)?;
                self.fields.get(at).map(AsRef::as_ref)
            }
        }
    }
}

fn field(value: &Value, path: &str) -> Box<str> {
    let path = match path {
        "source" => "source.component", // events: the only field whose selector is not a path
        "status.successful" => "status.succeeded",
        path => path,
    };
    let found = path.split('.').try_fold(value, |value, part| value.get(part));
    match found {
        Some(Value::String(text)) => text.as_str().into(),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => match path {
            "spec.unschedulable" | "spec.hostNetwork" => "false".into(),
            "status.replicas" | "status.succeeded" => "0".into(),
            _ => "".into(),
        },
        Some(other) => other.to_string().into(),
    }
}
