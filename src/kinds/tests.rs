//! What holds for every kind with a file: equal in both encodings, and null is absent.

mod printed;
mod refused;
mod rewritten;

use serde_json::Value;

use crate::kind::KindDef;
use crate::model::{Pool, Row as _};
use crate::wire::Wire as _;
use crate::wire::fixtures::items;
use crate::wire::frame::Encoding;

/// Both encodings of the recorded list, and the JSON in other words, give equal rows, and no field cares whether it is null or absent.
fn recorded<K: KindDef>()
where
    K::Row: std::fmt::Debug,
{
    let resource = &*K::GVR.resource;
    let (json, proto) = (
        items(resource, Encoding::Json),
        items(resource, Encoding::Protobuf),
    );
    assert!(!json.is_empty(), "no {resource} were recorded");
    assert_eq!(json.len(), proto.len(), "{resource}");
    for (text, message) in json.iter().zip(proto) {
        let (mut a, mut b) = (Pool::default(), Pool::default());
        let from_text = K::row(K::Wire::json(text).unwrap(), &mut a).unwrap();
        let from_message = K::row(K::Wire::proto(&message).unwrap(), &mut b).unwrap();
        assert_eq!(from_text, from_message, "{resource}");
        for seed in 0..5 {
            let other = rewritten::rewritten(text, seed);
            let from_other = K::row(K::Wire::json(other.as_bytes()).unwrap(), &mut a).unwrap();
            assert_eq!(from_text, from_other, "{resource}: {other}");
        }
        bad_bytes_are_replaced::<K>(text, &message);
        nulls_are_absent::<K>(text);
    }
}

/// An object whose name, wherever it stands, begins with a byte that is not UTF-8 is read with U+FFFD there.
fn bad_bytes_are_replaced<K: KindDef>(text: &[u8], message: &[u8])
where
    K::Row: std::fmt::Debug,
{
    let pool = &mut Pool::default();
    let name = K::row(K::Wire::json(text).unwrap(), pool)
        .unwrap()
        .meta()
        .name
        .to_string();
    let spoiled = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let places: Vec<usize> = memchr::memmem::find_iter(&bytes, name.as_bytes()).collect();
        for at in places {
            // A namespace is called `data`.
            if !bytes[..at].ends_with(b"meta") {
                bytes[at] = 0xff;
            }
        }
        bytes
    };
    let (text, message) = (spoiled(text), spoiled(message));
    let from_text = K::row(K::Wire::json(&text).unwrap(), pool).unwrap();
    let from_message = K::row(K::Wire::proto(&message).unwrap(), pool).unwrap();
    assert_eq!(*from_text.meta().name, format!("\u{fffd}{}", name.split_at(1).1));
    assert_eq!(from_text, from_message, "{}", K::KIND);
}

fn nulls_are_absent<K: KindDef>(text: &[u8])
where
    K::Row: std::fmt::Debug,
{
    let object: Value = serde_json::from_slice(text).unwrap();
    let mut paths = Vec::new();
    pointers(&object, &mut String::new(), &mut paths);
    assert!(paths.len() > 5);
    for path in paths {
        let (mut nulled, mut absent) = (object.clone(), object.clone());
        *nulled.pointer_mut(&path).unwrap() = Value::Null;
        let (parent, key) = path.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/").replace("~0", "~");
        absent
            .pointer_mut(parent)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .shift_remove(&key);
        let (nulled, absent) = (nulled.to_string(), absent.to_string());
        let pool = &mut Pool::default();
        let mut row = |text: &str| K::row(K::Wire::json(text.as_bytes()).unwrap(), pool).unwrap();
        let (nulled, absent) = (row(&nulled), row(&absent));
        assert!(
            nulled == absent,
            "{} {path}: {nulled:?} is not {absent:?}",
            K::KIND
        );
    }
}

/// JSON pointers of all members of objects.
fn pointers(value: &Value, at: &mut String, out: &mut Vec<String>) {
    let mut visit = |key: &str, inner: &Value, member: bool| {
        let len = at.len();
        at.push('/');
        at.push_str(&key.replace('~', "~0").replace('/', "~1"));
        if member {
            out.push(at.clone());
        }
        if key != "managedFields" {
            pointers(inner, at, out);
        }
        at.truncate(len);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| visit(key, inner, true)),
        Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(index, inner)| visit(&index.to_string(), inner, false));
        }
        _ => {}
    }
}

#[test]
fn workloads() {
    recorded::<super::deployments::Deployments>();
    recorded::<super::statefulsets::StatefulSets>();
    recorded::<super::daemonsets::DaemonSets>();
    recorded::<super::replicasets::ReplicaSets>();
    recorded::<super::jobs::Jobs>();
    recorded::<super::cronjobs::CronJobs>();
}

#[test]
fn what_serves_and_stores() {
    recorded::<super::services::Services>();
    recorded::<super::ingresses::Ingresses>();
    recorded::<super::endpointslices::EndpointSlices>();
    recorded::<super::persistentvolumeclaims::PersistentVolumeClaims>();
    recorded::<super::persistentvolumes::PersistentVolumes>();
}

#[test]
fn what_is_about_others() {
    recorded::<super::nodes::Nodes>();
    recorded::<super::namespaces::Namespaces>();
    recorded::<super::events::Events>();
    recorded::<super::horizontalpodautoscalers::HorizontalPodAutoscalers>();
    recorded::<super::poddisruptionbudgets::PodDisruptionBudgets>();
    recorded::<super::resourcequotas::ResourceQuotas>();
}

#[test]
fn pods() {
    recorded::<super::pods::Pods>();
}
