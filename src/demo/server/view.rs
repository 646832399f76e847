//! Objects as the client wants to see them: whole, as metadata alone, in another API version. Works on stored bytes; parses only where it must.

mod autoscaler;

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::proto;
use crate::demo::resource::Resource;
use crate::demo::store::Object;

/// The whole object, with `kind` and `apiVersion`.
pub(super) fn whole(object: &Object, resource: &Resource) -> Bytes {
    if is_stored_form(resource) {
        return object.body.clone();
    }
    serde_json::to_vec(&tree(object, resource))
        .unwrap_or_default()
        .into()
}

/// The whole object as protobuf in its envelope; empty if its resource has none.
pub(super) fn proto(object: &Object, resource: &Resource) -> Vec<u8> {
    let body = whole(object, resource);
    let named = (&*resource.api_version(), &*resource.kind);
    proto::of(resource).map_or_else(Vec::new, |message| proto::object(message, named, &body))
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
        into.extend_from_slice(&object.body);
        return;
    }
    let body = whole(object, resource);
    let head = format!(
        "{{\"kind\":\"{}\",\"apiVersion\":\"{}\",",
        resource.kind,
        resource.api_version()
    );
    if let Some(rest) = body.strip_prefix(head.as_bytes()) {
        into.push(b'{');
        into.extend_from_slice(rest);
    } else {
        into.extend_from_slice(&body);
    }
}

/// `PartialObjectMetadata` of an object.
pub(super) fn push_metadata(object: &Object, into: &mut Vec<u8>) {
    #[derive(serde::Deserialize)]
    struct Slice<'a> {
        #[serde(borrow)]
        metadata: &'a RawValue,
    }
    into.extend_from_slice(br#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":"#);
    match serde_json::from_slice::<Slice<'_>>(&object.body) {
        Ok(slice) => into.extend_from_slice(slice.metadata.get().as_bytes()),
        Err(_) => into.extend_from_slice(b"{}"),
    }
    into.push(b'}');
}

/// Brings a client's object into the stored API version.
pub(super) fn to_stored(value: &mut Value, resource: &Resource) {
    if is_stored_form(resource) {
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
    if !is_stored_form(resource) {
        if resource.group == "autoscaling" {
            autoscaler::to_v1(value);
        } else {
            rename(value, |(stored, served)| (stored, served));
        }
        value["apiVersion"] = resource.api_version().into();
    }
    if resource.is_custom() {
        value["apiVersion"] = resource.api_version().into();
    }
}

fn is_stored_form(resource: &Resource) -> bool {
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
