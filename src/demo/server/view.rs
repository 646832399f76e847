//! Objects as the client wants to see them: whole, as metadata alone, in another API version. Works on stored bytes; parses only where it must.

mod autoscaler;

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::demo::api::proto;
use crate::demo::resource::Resource;
use crate::demo::store::{Body, Object};

/// The whole object, with `kind` and `apiVersion`.
pub(super) fn whole(object: &Object, resource: &Resource) -> Bytes {
    if is_stored_form(resource) {
        return object.body.text();
    }
    serde_json::to_vec(&tree(object, resource))
        .unwrap_or_default()
        .into()
}

/// The same, appended.
pub(super) fn push_whole(object: &Object, resource: &Resource, into: &mut Vec<u8>) {
    if is_stored_form(resource) {
        object.body.push_to(into);
    } else {
        into.extend_from_slice(&whole(object, resource));
    }
}

/// The whole object as a protobuf message without its envelope.
pub(super) fn proto<'a>(object: &'a Object, resource: &Resource, message: proto::Message) -> Cow<'a, Body> {
    if is_stored_form(resource) {
        return Cow::Borrowed(object.proto(|body| proto::raw(message, body)));
    }
    Cow::Owned(Body::whole(proto::raw(message, &whole(object, resource))))
}

/// `PartialObjectMetadata` of an object as a protobuf message without its envelope; empty if there is none.
pub(super) fn proto_metadata(object: &Object) -> Vec<u8> {
    let mut json = Vec::new();
    push_metadata(object, &mut json);
    proto::metadata().map_or_else(Vec::new, |message| proto::raw(message, &json))
}

/// The whole object as protobuf in its envelope; empty if the resource has no message.
pub(super) fn enveloped(object: &Object, resource: &Resource) -> Vec<u8> {
    let named = (&*resource.api_version(), &*resource.kind);
    proto::of(resource).map_or_else(Vec::new, |message| {
        proto::envelope(named, &proto(object, resource, message).text())
    })
}

/// The whole object as a tree.
pub(super) fn tree(object: &Object, resource: &Resource) -> Value {
    let mut value = object.value();
    from_stored(&mut value, resource);
    value
}

/// The object as an element of a typed list: built-in kinds go without `kind` and `apiVersion` there, custom ones do not.
pub(super) fn push_item(object: &Object, resource: &Resource, into: &mut Vec<u8>) {
    if resource.is_custom() {
        if is_stored_form(resource) {
            object.body.push_to(into);
        } else {
            into.extend_from_slice(&whole(object, resource));
        }
        return;
    }
    if !is_stored_form(resource) {
        push_bare(&whole(object, resource), resource, into);
        return;
    }
    let head = head(resource);
    if object.body.begins_with(head.as_bytes()) {
        into.push(b'{');
        object.body.push_range(head.len()..object.body.len(), into);
    } else {
        object.body.push_to(into);
    }
}

fn push_bare(text: &[u8], resource: &Resource, into: &mut Vec<u8>) {
    match text.strip_prefix(head(resource).as_bytes()) {
        Some(rest) => {
            into.push(b'{');
            into.extend_from_slice(rest);
        }
        None => into.extend_from_slice(text),
    }
}

fn head(resource: &Resource) -> String {
    let version = resource.api_version();
    format!("{{\"kind\":\"{}\",\"apiVersion\":\"{version}\",", resource.kind)
}

/// `PartialObjectMetadata` of an object.
pub(super) fn push_metadata(object: &Object, into: &mut Vec<u8>) {
    into.extend_from_slice(br#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":"#);
    let found = object.metadata();
    if found.is_empty() {
        into.extend_from_slice(b"{}");
    }
    object.body.push_range(found, into);
    into.push(b'}');
}

/// Brings a client's object into the stored API version.
pub(super) fn to_stored(value: &mut Value, resource: &Resource) {
    if is_stored_form(resource) || resource.is_custom() {
        return;
    }
    if resource.group == "autoscaling" {
        autoscaler::to_v2(value);
    } else {
        rename(value, |(stored, served)| (served, stored));
        value["apiVersion"] = "v1".into();
    }
}

/// Brings a stored object into the API version of `resource`.
pub(super) fn from_stored(value: &mut Value, resource: &Resource) {
    if is_stored_form(resource) {
        return;
    }
    if resource.group == "autoscaling" {
        autoscaler::to_v1(value);
    } else if !resource.is_custom() {
        rename(value, |(stored, served)| (stored, served));
    }
    value["apiVersion"] = resource.api_version().into();
}

/// Whether objects are served as they are stored.
pub(super) fn is_stored_form(resource: &Resource) -> bool {
    if resource.is_custom() {
        return resource.definition["storage"] == true;
    }
    resource.group != "events.k8s.io" && !(resource.group == "autoscaling" && resource.version == "v1")
}

/// core/v1 name, events.k8s.io/v1 name of an event's fields.
const EVENT_NAMES: &[(&str, &str)] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

fn rename(value: &mut Value, way: impl Fn((&'static str, &'static str)) -> (&'static str, &'static str)) {
    let Some(object) = value.as_object_mut() else {
        return;
    };
    let old = std::mem::take(object);
    for (key, value) in old {
        let new = EVENT_NAMES
            .iter()
            .map(|pair| way(*pair))
            .find(|(from, _)| *from == key)
            .map(|(_, to)| to.to_owned());
        object.insert(new.unwrap_or(key), value);
    }
    if object.get("eventTime").is_none() {
        object.insert("eventTime".into(), json!(null));
    }
}
