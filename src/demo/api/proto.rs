//! Protobuf of the built-in kinds: which fields they have, and the envelopes around them. Objects themselves are kept as JSON.

mod check;
mod decode;
mod encode;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::demo::resource::Resource;
use crate::demo::store::Body;

pub use check::{Wrong, check};
pub use decode::object as decode;
pub use encode::{bytes, nested};

/// What it is called.
pub const CONTENT_TYPE: &str = "application/vnd.kubernetes.protobuf";
/// What a watch in it is called.
pub const WATCH_TYPE: &str = "application/vnd.kubernetes.protobuf;stream=watch";
/// The first bytes of everything but watches.
const MAGIC: &[u8] = b"k8s\0";

/// Names a message in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message(usize);

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Bool,
    Bytes,
    Double,
    Time,
    MicroTime,
    Quantity,
    IntOrString,
    /// JSON inside protobuf.
    Raw,
    Duration,
    /// A message with a list of strings.
    Words,
    Message(usize),
}

#[derive(Debug, Clone, Copy)]
struct Field {
    number: u32,
    /// Its name in JSON; empty for a message whose fields stand among its parent's there.
    name: &'static str,
    kind: Kind,
    list: bool,
    map: bool,
    /// Kept when it is zero.
    pointer: bool,
    /// Written to JSON even when it is zero.
    always: bool,
}

#[derive(Debug, Default)]
struct Fields {
    all: Vec<Field>,
    /// Fields by their name in JSON, with the numbers of the messages around them that JSON leaves out, outermost first.
    by_name: HashMap<&'static str, (Vec<u32>, Field)>,
}

/// All messages.
struct Schema {
    messages: Vec<Fields>,
    by_type: HashMap<&'static str, usize>,
}

static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema::parse(include_str!("../../../assets/protobuf.txt")));

impl Schema {
    fn parse(text: &'static str) -> Self {
        let lines: Vec<_> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(' '))
            .collect();
        let by_type: HashMap<_, _> = lines
            .iter()
            .enumerate()
            .map(|(at, (name, _))| (*name, at))
            .collect();
        let fields = |line: &'static str| {
            line.split(';')
                .filter_map(|field| Field::parse(field, &by_type))
                .collect()
        };
        let mut messages: Vec<Fields> = lines
            .iter()
            .map(|(_, line)| Fields {
                all: fields(line),
                by_name: HashMap::new(),
            })
            .collect();
        for at in 0..messages.len() {
            let mut by_name = HashMap::new();
            flatten(&messages, at, &[], &mut by_name);
            if let Some(message) = messages.get_mut(at) {
                message.by_name = by_name;
            }
        }
        Self { messages, by_type }
    }

    fn fields(&self, at: usize) -> Option<&Fields> {
        self.messages.get(at)
    }
}

fn flatten(
    messages: &[Fields],
    at: usize,
    around: &[u32],
    into: &mut HashMap<&'static str, (Vec<u32>, Field)>,
) {
    for field in messages.get(at).into_iter().flat_map(|message| &message.all) {
        match (field.name, field.kind) {
            ("", Kind::Message(inner)) => flatten(messages, inner, &[around, &[field.number]].concat(), into),
            (name, _) => {
                into.insert(name, (around.to_vec(), *field));
            }
        }
    }
}

impl Field {
    fn parse(text: &'static str, by_type: &HashMap<&str, usize>) -> Option<Self> {
        let mut parts = text.split(' ');
        let (number, name, code) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        let word = code.trim_start_matches(['*', '%', '~', '?', '!']);
        let marks = code.strip_suffix(word)?;
        let kind = match word {
            "s" => Kind::Text,
            "i" => Kind::Integer,
            "b" => Kind::Bool,
            "y" => Kind::Bytes,
            "f" => Kind::Double,
            "T" => Kind::Time,
            "U" => Kind::MicroTime,
            "Q" => Kind::Quantity,
            "N" => Kind::IntOrString,
            "R" | "F" => Kind::Raw,
            "D" => Kind::Duration,
            "V" => Kind::Words,
            name => Kind::Message(*by_type.get(name)?),
        };
        Some(Self {
            number,
            name: if marks.contains('~') { "" } else { name },
            kind,
            list: marks.contains('*'),
            map: marks.contains('%'),
            pointer: marks.contains('?'),
            always: marks.contains('!'),
        })
    }
}

/// The message of a resource; `None` if it does not travel as protobuf here.
pub fn of(resource: &Resource) -> Option<Message> {
    if resource.is_custom() || resource.group == "apiextensions.k8s.io" {
        None
    } else {
        named(&resource.group, &resource.version, &resource.kind)
    }
}

fn named(group: &str, version: &str, kind: &str) -> Option<Message> {
    let package = if group.is_empty() {
        "core"
    } else {
        group.split('.').next().unwrap_or_default()
    };
    let (package, version) = if kind == "DeleteOptions" {
        ("meta", "v1")
    } else {
        (package, version)
    };
    SCHEMA
        .by_type
        .get(format!("{package}/{version}.{kind}").as_str())
        .copied()
        .map(Message)
}

/// One object in its envelope.
pub fn object(message: Message, (version, kind): (&str, &str), json: &[u8]) -> Vec<u8> {
    envelope((version, kind), &raw(message, json))
}

/// The message of the metadata of anything.
pub fn metadata() -> Option<Message> {
    SCHEMA
        .by_type
        .get("meta/v1.PartialObjectMetadata")
        .copied()
        .map(Message)
}

/// One object without an envelope.
pub fn raw(message: Message, json: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(json.len());
    encode::message(message.0, json, &mut raw);
    raw
}

/// What stands before a list's metadata and items, which take so many bytes.
pub fn list_head((version, kind): (&str, &str), length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    push_type((version, kind), &mut out);
    encode::length(2, length, &mut out);
    out
}

/// What ends every envelope: an empty encoding and content type.
pub const TAIL: &[u8] = &[3 << 3 | 2, 0, 4 << 3 | 2, 0];

/// The metadata of a list, from JSON.
pub fn list_meta(meta: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(of_list) = SCHEMA.by_type.get("meta/v1.ListMeta") {
        encode::nested(1, &mut out, |out| encode::message(*of_list, meta, out));
    }
    out
}

/// How many bytes one item of a list takes.
pub fn item_length(raw: &Body) -> usize {
    let mut head = Vec::with_capacity(8);
    encode::length(2, raw.len(), &mut head);
    head.len() + raw.len()
}

/// One item of a list, from its message.
pub fn push_item(raw: &Body, out: &mut Vec<u8>) {
    encode::length(2, raw.len(), out);
    raw.push_to(out);
}

/// One event of a watch, with its length before it.
pub fn event(kind: &str, object: &[u8]) -> Vec<u8> {
    let mut event = Vec::with_capacity(object.len() + 32);
    encode::bytes(1, kind.as_bytes(), &mut event);
    encode::nested(2, &mut event, |out| encode::bytes(1, object, out));
    let mut frame = u32::try_from(event.len())
        .unwrap_or(u32::MAX)
        .to_be_bytes()
        .to_vec();
    frame.extend_from_slice(&event);
    frame
}

/// A `Status` in its envelope.
pub fn status(json: &[u8]) -> Vec<u8> {
    match SCHEMA.by_type.get("meta/v1.Status") {
        Some(at) => object(Message(*at), ("v1", "Status"), json),
        None => Vec::new(),
    }
}

/// `k8s\0` and runtime.Unknown.
pub fn envelope((version, kind): (&str, &str), raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + 64);
    push_type((version, kind), &mut out);
    encode::bytes(2, raw, &mut out);
    out.extend_from_slice(TAIL);
    out
}

/// The first bytes, and what follows is.
fn push_type((version, kind): (&str, &str), out: &mut Vec<u8>) {
    out.extend_from_slice(MAGIC);
    encode::nested(1, out, |out| {
        encode::bytes(1, version.as_bytes(), out);
        encode::bytes(2, kind.as_bytes(), out);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::resource::Registry;
    use serde_json::{Value, json};

    #[test]
    fn every_built_in_kind_that_is_stored_has_a_message() {
        let without: Vec<_> = Registry::builtin()
            .all()
            .iter()
            .filter(|resource| !resource.storage.is_empty() && of(resource).is_none())
            .map(|resource| resource.qualified())
            .collect();
        assert_eq!(
            without,
            [
                "apiservices.apiregistration.k8s.io",
                "customresourcedefinitions.apiextensions.k8s.io"
            ]
        );
    }

    fn round(kind: (&str, &str), value: &Value) -> Value {
        let (group, version) = kind.0.rsplit_once('/').unwrap_or(("", kind.0));
        let message = named(group, version, kind.1).unwrap();
        decode(&object(message, kind, value.to_string().as_bytes())).unwrap()
    }

    #[test]
    fn objects_survive_the_way_there_and_back() {
        let pod = json!({ "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": "x", "creationTimestamp": "2027-01-15T08:00:00Z", "labels": { "a": "b", "c": "" },
                "ownerReferences": [{ "apiVersion": "v1", "kind": "K", "name": "n", "uid": "u", "controller": true }],
                "managedFields": [{ "manager": "m", "fieldsV1": { "f:spec": { "f:a": {} } } }] },
            "spec": { "volumes": [{ "name": "v", "configMap": { "name": "c", "defaultMode": 420 } }, { "name": "e", "emptyDir": {} }],
                "containers": [{ "name": "c", "image": "i", "resources": { "limits": { "cpu": "1", "memory": "1Gi" } },
                    "livenessProbe": { "httpGet": { "port": "http", "path": "/" }, "periodSeconds": 10 },
                    "ports": [{ "containerPort": 80 }], "env": [{ "name": "E", "valueFrom": { "secretKeyRef": { "name": "s", "key": "k" } } }] }],
                "terminationGracePeriodSeconds": 0, "tolerations": [{ "tolerationSeconds": 300 }] },
            "status": { "containerStatuses": [{ "name": "c", "ready": false, "restartCount": 0, "image": "i", "imageID": "",
                "lastState": {}, "state": { "running": { "startedAt": "2027-01-15T08:00:00Z" } }, "started": false }] } });
        assert_eq!(round(("v1", "Pod"), &pod), pod);
        let port = json!({ "apiVersion": "v1", "kind": "Service", "metadata": {}, "status": { "loadBalancer": {} },
            "spec": { "ports": [{ "port": 80, "targetPort": 8080 }] } });
        assert_eq!(round(("v1", "Service"), &port), port);
        let secret = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": {}, "data": { "a": "aGVsbG8=" }, "type": "Opaque" });
        assert_eq!(round(("v1", "Secret"), &secret), secret);
        let lease = json!({ "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {},
            "spec": { "holderIdentity": "h", "renewTime": "2027-01-15T08:00:00.123456Z" } });
        assert_eq!(round(("coordination.k8s.io/v1", "Lease"), &lease), lease);
    }

    #[test]
    fn what_is_no_protobuf_is_refused() {
        assert!(decode(b"k8s").is_err());
        assert!(decode(b"k8s\0\x0a\xff").is_err());
        assert!(decode(b"{}").is_err());
    }
}
