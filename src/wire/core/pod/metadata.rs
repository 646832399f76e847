//! `ObjectMeta` of pods and of pod templates, read in place. managedFields are stepped over.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::model::{Meta, Pool, Uid};
use crate::wire::inplace::{Field as _, InPlace, Unreadable, Value};
use crate::wire::meta::{DEFAULT_CONTAINER, entries, identity};
use crate::wire::text::Text;
use crate::wire::{OwnerReference, Time, stamp};

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct Metadata<'a> {
    pub name: Text<'a>,
    pub namespace: Text<'a>,
    pub uid: Text<'a>,
    pub creation_timestamp: Option<Time>,
    pub deletion_timestamp: Option<Time>,
    #[serde(deserialize_with = "text_pairs")]
    pub labels: Vec<TextPair<'a>>,
    /// The one annotation that is read: which container logs and shells are about.
    #[serde(rename = "annotations", deserialize_with = "default_container")]
    pub default_container: Option<Text<'a>>,
    pub owner_references: Vec<OwnerRef<'a>>,
}

/// `OwnerReference`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct OwnerRef<'a> {
    pub kind: Text<'a>,
    pub name: Text<'a>,
    pub uid: Text<'a>,
    pub api_version: Text<'a>,
    pub controller: bool,
}

/// One entry of a map of texts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TextPair<'a> {
    pub key: Text<'a>,
    pub value: Text<'a>,
}

impl<'a> InPlace<'a> for Metadata<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.name.read(value),
            3 => self.namespace.read(value),
            5 => self.uid.read(value),
            8 => self.creation_timestamp.read(value),
            9 => self.deletion_timestamp.read(value),
            11 => self.labels.read(value),
            12 => {
                let mut pair = TextPair::default();
                pair.merge(value.bytes()?)?;
                if &*pair.key == DEFAULT_CONTAINER {
                    self.default_container = Some(pair.value);
                }
                Ok(())
            }
            13 => self.owner_references.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for OwnerRef<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.kind.read(value),
            3 => self.name.read(value),
            4 => self.uid.read(value),
            5 => self.api_version.read(value),
            6 => self.controller.read(value),
            _ => Ok(()),
        }
    }
}

impl<'a> InPlace<'a> for TextPair<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Unreadable> {
        match number {
            1 => self.key.read(value),
            2 => self.value.read(value),
            _ => Ok(()),
        }
    }
}

/// A JSON object of texts; null is empty, a null value is absent.
pub fn text_pairs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TextPair<'de>>, D::Error> {
    entries(deserializer, |key, value| TextPair { key, value })
}

/// The one annotation out of all; the others are skipped without being read.
fn default_container<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text<'de>>, D::Error> {
    struct Annotations;
    impl<'de> Visitor<'de> for Annotations {
        type Value = Option<Text<'de>>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(key) = map.next_key::<Text<'de>>()? {
                if &*key == DEFAULT_CONTAINER {
                    found = map.next_value()?;
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }
    deserializer.deserialize_map(Annotations)
}

impl Metadata<'_> {
    /// The owner that manages the pod, else the first.
    pub fn owner(&self) -> Option<&OwnerRef<'_>> {
        let owners = &self.owner_references;
        owners.iter().find(|owner| owner.controller).or(owners.first())
    }

    /// Identity. A pod without uid is known by namespace and name.
    pub fn identity(&self) -> Uid {
        identity(&self.uid, &self.namespace, &self.name)
    }

    /// The compact form.
    pub fn meta(&self, pool: &mut Pool) -> Meta {
        Meta {
            uid: self.identity(),
            namespace: pool.text(&self.namespace),
            name: Arc::from(&*self.name),
            created: stamp(self.creation_timestamp.as_ref()).unwrap_or_default(),
            deleting: stamp(self.deletion_timestamp.as_ref()),
            labels: pool.labels(self.labels.iter().map(|pair| (&*pair.key, &*pair.value))),
            owner: self.owner().map(|owner| {
                let uid = Uid::parse(&owner.uid);
                pool.owner(&owner.api_version, &owner.kind, &owner.name, uid)
            }),
        }
    }
}

impl From<&OwnerRef<'_>> for OwnerReference {
    fn from(owner: &OwnerRef<'_>) -> Self {
        Self {
            kind: owner.kind.to_string(),
            name: owner.name.to_string(),
            uid: owner.uid.to_string(),
            api_version: owner.api_version.to_string(),
            controller: owner.controller,
        }
    }
}
