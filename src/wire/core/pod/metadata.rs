//! `ObjectMeta` of pods and of pod templates, read in place. managedFields are stepped over.

use std::sync::Arc;

use crate::model::{Meta, Pool, Uid};
use crate::wire::inplace::Key::{self, Name, Number};
use crate::wire::inplace::{Entry, Field as _, InPlace, Unreadable, Value};
use crate::wire::meta::{DEFAULT_CONTAINER, identity};
use crate::wire::text::Text;
use crate::wire::{OwnerReference, Time, stamp};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata<'a> {
    pub name: Text<'a>,
    pub namespace: Text<'a>,
    pub uid: Text<'a>,
    pub creation_timestamp: Option<Time>,
    pub deletion_timestamp: Option<Time>,
    pub labels: Vec<TextPair<'a>>,
    /// Only those that are read.
    pub annotations: Vec<TextPair<'a>>,
    pub owner_references: Vec<OwnerRef<'a>>,
}

/// `OwnerReference`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OwnerRef<'a> {
    pub kind: Text<'a>,
    pub name: Text<'a>,
    pub uid: Text<'a>,
    pub api_version: Text<'a>,
    pub controller: bool,
}

/// One entry of a map of texts.
pub type TextPair<'a> = Entry<'a, Text<'a>>;

impl<'a> InPlace<'a> for Metadata<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"name") => self.name.read(value),
            Number(3) | Name(b"namespace") => self.namespace.read(value),
            Number(5) | Name(b"uid") => self.uid.read(value),
            Number(8) | Name(b"creationTimestamp") => self.creation_timestamp.read(value),
            Number(9) | Name(b"deletionTimestamp") => self.deletion_timestamp.read(value),
            Number(11) | Name(b"labels") => value.map(&mut self.labels, |_| true),
            Number(12) | Name(b"annotations") => {
                value.map(&mut self.annotations, |key| key == DEFAULT_CONTAINER)
            }
            Number(13) | Name(b"ownerReferences") => self.owner_references.read(value),
            _ => value.skip(),
        }
    }
}

impl<'a> InPlace<'a> for OwnerRef<'a> {
    fn field<V: Value<'a>>(&mut self, key: Key<'_>, value: V) -> Result<(), Unreadable> {
        match key {
            Number(1) | Name(b"kind") => self.kind.read(value),
            Number(3) | Name(b"name") => self.name.read(value),
            Number(4) | Name(b"uid") => self.uid.read(value),
            Number(5) | Name(b"apiVersion") => self.api_version.read(value),
            Number(6) | Name(b"controller") => self.controller.read(value),
            _ => value.skip(),
        }
    }
}

impl Metadata<'_> {
    /// Which container logs and shells are about, if an annotation says so.
    pub fn default_container(&self) -> Option<&str> {
        self.annotations.first().map(|annotation| &*annotation.value)
    }

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
