//! One version of one object: its JSON as bytes, and the few parts that lists and watches select by.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use memchr::memmem;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Body;
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
    pub fields: Box<[Arc<str>]>,
    /// Uid of the owner with `controller: true`.
    pub controller: Option<Arc<str>>,
    /// Whether `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// The whole object as JSON in its stored API version.
    pub body: Body,
    /// What was made of the body when somebody asked for it.
    pub forms: Forms,
}

/// What readers of one version share: it is made once, by the first who asks.
#[derive(Debug, Default)]
pub struct Forms {
    metadata: OnceLock<Range<u32>>,
    proto: OnceLock<Box<Body>>,
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
            .map(Arc::from);
        Self {
            uid: text("uid").into(),
            namespace: text("namespace").into(),
            name: text("name").into(),
            version,
            labels: labels.into(),
            fields: resource.fields.iter().map(|path| field(value, path)).collect(),
            controller,
            deleting: meta["deletionTimestamp"].is_string(),
            body: Body::whole(serde_json::to_vec(value).unwrap_or_default()),
            forms: Forms::default(),
        }
    }

    /// The object as a tree, parsed anew.
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body.text()).unwrap_or_default()
    }

    /// Where `metadata` stands in the body; empty if it has none.
    pub fn metadata(&self) -> Range<usize> {
        let found = self.forms.metadata.get_or_init(|| {
            let text = self.body.text();
            let found = metadata(&text).unwrap_or_default();
            found.start as u32..found.end as u32
        });
        found.start as usize..found.end as usize
    }

    /// The object as protobuf, which `encode` makes of its JSON.
    pub fn proto(&self, encode: impl FnOnce(&[u8]) -> Vec<u8>) -> &Body {
        let make = || Box::new(self.body.encoded(encode(&self.body.text())));
        self.forms.proto.get_or_init(make)
    }

    /// The same object with another version.
    pub(super) fn renewed(&self, version: u64) -> Self {
        self.reworded(version, "").unwrap_or_else(|| {
            let mut value = self.value();
            value["metadata"]["resourceVersion"] = version.to_string().into();
            let text = serde_json::to_vec(&value).unwrap_or_default();
            self.with(version, Body::whole(text))
        })
    }

    /// The same object from the moment on that its deletion was asked for; `None` if its text is not as the server writes it.
    pub fn marked(&self, version: u64, (at, grace): (&str, i64)) -> Option<Self> {
        let said = format!(",\"deletionTimestamp\":\"{at}\",\"deletionGracePeriodSeconds\":{grace}");
        let marked = self.reworded(version, &said)?;
        Some(Self {
            deleting: true,
            ..marked
        })
    }

    /// The object with another version and `more` in its metadata, without parsing.
    fn reworded(&self, version: u64, more: &str) -> Option<Self> {
        // What clients write into metadata before it is escaped, and has no such field with this value.
        let old = format!("\"resourceVersion\":\"{}\"", self.version);
        let at = memmem::find(&self.body.text(), old.as_bytes())?;
        let new = format!("\"resourceVersion\":\"{version}\"{more}");
        let body = self.body.spliced(at..at + old.len(), new.as_bytes());
        Some(self.with(version, body))
    }

    fn with(&self, version: u64, body: Body) -> Self {
        Self {
            uid: Arc::clone(&self.uid),
            namespace: Arc::clone(&self.namespace),
            name: Arc::clone(&self.name),
            version,
            labels: Arc::clone(&self.labels),
            fields: self.fields.clone(),
            controller: self.controller.clone(),
            deleting: self.deleting,
            body,
            forms: Forms::default(),
        }
    }

    /// Takes over from its version before what is the same.
    pub(super) fn share(&mut self, old: Option<&Self>) {
        let Some(old) = old else { return };
        let same = |new: &mut Arc<str>, old: &Arc<str>| {
            if new == old {
                *new = Arc::clone(old);
            }
        };
        same(&mut self.uid, &old.uid);
        same(&mut self.namespace, &old.namespace);
        same(&mut self.name, &old.name);
        if self.labels == old.labels {
            self.labels = Arc::clone(&old.labels);
        }
        if let (Some(new), Some(old)) = (&mut self.controller, &old.controller) {
            same(new, old);
        }
        for (new, old) in self.fields.iter_mut().zip(&old.fields) {
            same(new, old);
        }
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

/// Where the value of `metadata` stands in the JSON of an object.
fn metadata(text: &[u8]) -> Option<Range<usize>> {
    #[derive(serde::Deserialize)]
    struct Slice<'a> {
        #[serde(borrow)]
        metadata: &'a RawValue,
    }
    let slice: Slice<'_> = serde_json::from_slice(text).ok()?;
    let found = slice.metadata.get();
    let start = (found.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    Some(start..start + found.len())
}

fn field(value: &Value, path: &str) -> Arc<str> {
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
