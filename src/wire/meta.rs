//! `ObjectMeta` as far as rows need it. managedFields are never read.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::inplace::{Field, Unreadable, Value};
use super::kept::{Kept, Wanted, wanted_entries};
use super::scalar::{Time, stamp};
use crate::model::{Meta, Pool, Uid};

/// One entry of a map of texts. In protobuf a map is a repeated message of key and value.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Pair {
    /// Key.
    #[prost(string, tag = "1")]
    pub key: String,
    /// Value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// A JSON object of texts as pairs, in the order of the document; null is empty, a null value is absent.
pub fn pairs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Pair>, D::Error> {
    entries(deserializer, |key, value| Pair { key, value })
}

/// A JSON object as a list, in the order of the document; null is empty, a null value is absent.
pub fn entries<'de, D, K, V, T>(deserializer: D, make: fn(K, V) -> T) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de>,
    V: Deserialize<'de>,
{
    struct Entries<K, V, T>(fn(K, V) -> T);
    impl<'de, K: Deserialize<'de>, V: Deserialize<'de>, T> Visitor<'de> for Entries<K, V, T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some((key, value)) = map.next_entry()? {
                let value: Option<V> = value;
                list.extend(value.map(|value| (self.0)(key, value)));
            }
            Ok(list)
        }
    }
    deserializer.deserialize_any(Entries(make))
}

/// The annotations that rows show.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Annotations;

/// Pods: the container that logs and shells are about.
pub const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";
/// Deployments and ReplicaSets: the revision.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// Claims of volumes and volumes: the class, before there was a field for it.
pub const STORAGE_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

impl Wanted for Annotations {
    const NAMES: &'static [&'static str] = &[DEFAULT_CONTAINER, REVISION, STORAGE_CLASS];
}

/// An object of which only the presence is read.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Present {}

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self {})
    }
}

impl<'a> Field<'a> for Present {
    fn read<V: Value<'a>>(&mut self, value: V) -> Result<(), Unreadable> {
        value.skip()
    }
}

/// `meta/v1` `ObjectMeta`.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectMeta {
    /// Name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Namespace.
    #[prost(string, tag = "3")]
    pub namespace: String,
    /// Identity.
    #[prost(string, tag = "5")]
    pub uid: String,
    /// Changes of the specification.
    #[prost(int64, tag = "7")]
    pub generation: i64,
    /// When it was created.
    #[prost(message, optional, tag = "8")]
    pub creation_timestamp: Option<Time>,
    /// When it is to be gone.
    #[prost(message, optional, tag = "9")]
    pub deletion_timestamp: Option<Time>,
    /// Labels.
    #[prost(message, repeated, tag = "11")]
    #[serde(deserialize_with = "pairs")]
    pub labels: Vec<Pair>,
    /// The few annotations that rows show.
    #[prost(message, repeated, tag = "12")]
    #[serde(deserialize_with = "wanted_entries")]
    pub annotations: Vec<Kept<Annotations>>,
    /// Owners.
    #[prost(message, repeated, tag = "13")]
    pub owner_references: Vec<OwnerReference>,
}

/// `meta/v1` `OwnerReference`.
#[derive(Clone, PartialEq, Eq, prost::Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OwnerReference {
    /// `ReplicaSet`.
    #[prost(string, tag = "1")]
    pub kind: String,
    /// Name.
    #[prost(string, tag = "3")]
    pub name: String,
    /// Identity.
    #[prost(string, tag = "4")]
    pub uid: String,
    /// `apps/v1`.
    #[prost(string, tag = "5")]
    pub api_version: String,
    /// True for the one that manages the object.
    #[prost(bool, tag = "6")]
    pub controller: bool,
}

/// The identity of an object by its `uid`; one without is known by namespace and name.
pub fn identity(uid: &str, namespace: &str, name: &str) -> Uid {
    match Uid::parse(uid) {
        uid if uid.is_none() => Uid::of(&[namespace, name]),
        uid => uid,
    }
}

impl ObjectMeta {
    /// The compact form.
    pub fn meta(self, pool: &mut Pool) -> Meta {
        let owners = self.owner_references;
        let owner = owners.iter().find(|owner| owner.controller).or(owners.first());
        let owner = owner.map(|owner| {
            let uid = Uid::parse(&owner.uid);
            pool.owner(&owner.api_version, &owner.kind, &owner.name, uid)
        });
        Meta {
            uid: identity(&self.uid, &self.namespace, &self.name),
            namespace: pool.text(&self.namespace),
            name: Arc::from(self.name),
            created: stamp(self.creation_timestamp.as_ref()).unwrap_or_default(),
            deleting: stamp(self.deletion_timestamp.as_ref()),
            labels: pool.labels(self.labels.iter().map(|pair| (&*pair.key, &*pair.value))),
            owner,
        }
    }
}

/// `meta/v1` `Condition`; those of jobs have these fields under the same numbers.
#[derive(Clone, PartialEq, Eq, prost::Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition {
    /// Type.
    #[prost(string, tag = "1")]
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    #[prost(string, tag = "2")]
    pub status: String,
    /// In one word.
    #[prost(string, tag = "5")]
    pub reason: String,
    /// In a sentence.
    #[prost(string, tag = "6")]
    pub message: String,
}

/// `meta/v1` `LabelSelector`.
#[derive(Clone, PartialEq, Eq, prost::Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelSelector {
    /// All of these.
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "pairs")]
    pub match_labels: Vec<Pair>,
    /// And all of these.
    #[prost(message, repeated, tag = "2")]
    pub match_expressions: Vec<Requirement>,
}

/// `meta/v1` `LabelSelectorRequirement`.
#[derive(Clone, PartialEq, Eq, prost::Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Requirement {
    /// Label name.
    #[prost(string, tag = "1")]
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    #[prost(string, tag = "2")]
    pub operator: String,
    /// For `In` and `NotIn`.
    #[prost(string, repeated, tag = "3")]
    pub values: Vec<String>,
}

impl LabelSelector {
    /// In kubectl's notation: `app=web,tier in (a,b),!canary`; empty for the selector that selects everything.
    pub fn text(&self) -> String {
        let mut parts: Vec<String> = joined(&self.match_labels);
        for Requirement {
            key,
            operator,
            values,
        } in &self.match_expressions
        {
            let values = values.join(",");
            parts.push(match &**operator {
                "In" => format!("{key} in ({values})"),
                "NotIn" => format!("{key} notin ({values})"),
                "DoesNotExist" => format!("!{key}"),
                _ => key.clone(),
            });
        }
        parts.join(",")
    }
}

/// `key=value` of each pair, in key order.
fn joined(pairs: &[Pair]) -> Vec<String> {
    let mut parts: Vec<String> = pairs
        .iter()
        .map(|pair| format!("{}={}", pair.key, pair.value))
        .collect();
    parts.sort_unstable();
    parts
}

/// A map of labels as a selector in kubectl's notation.
pub fn selector_text(pairs: &[Pair]) -> String {
    joined(pairs).join(",")
}
