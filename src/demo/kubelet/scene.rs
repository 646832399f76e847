//! What a kubelet may look at and touch while it looks after one pod, and what it has to say about it.

use std::collections::HashSet;
use std::sync::Arc;

use super::pool::Pool;
use super::spec::{Container, Spec};
use crate::clock::Timestamp;
use crate::demo::ids::Ids;

/// Something worth an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Warning instead of Normal.
    pub warning: bool,
    /// `Pulled`, `BackOff`.
    pub reason: &'static str,
    /// For people.
    pub message: String,
    /// `spec.containers{app}`; empty when it is about the pod.
    pub field: String,
}

/// How readiness probes fail under a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// With this status code.
    Code(u16),
    /// Not in time.
    Late,
}

/// A kubelet's node, as far as pods come into touch with it.
#[derive(Debug)]
pub struct Host<'a> {
    /// Its own address.
    pub address: [u8; 4],
    /// Addresses for its pods.
    pub pool: &'a mut Pool,
    /// Images that lie on it.
    pub images: &'a mut HashSet<Arc<str>>,
}

/// One look at one pod.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The time.
    pub now: Timestamp,
    /// Namespace and name of the pod.
    pub key: (&'a str, &'a str),
    /// Its uid.
    pub uid: &'a str,
    /// What it runs.
    pub spec: &'a Spec,
    /// Its address, once it has one.
    pub ip: [u8; 4],
    /// Its node.
    pub host: Host<'a>,
    /// Its deletion: when it was asked for, and the grace in seconds.
    pub deleting: Option<(Timestamp, i64)>,
    /// Whether its volumes can be mounted.
    pub mounted: bool,
    /// How its programs answer readiness probes, when not as ever.
    pub answer: Option<Answer>,
    /// Source of chance.
    pub ids: &'a mut Ids,
    /// What there is to say.
    pub notes: Vec<Note>,
}

impl Scene<'_> {
    /// `name_namespace(uid)`, as the kubelet writes pods.
    pub fn full_name(&self) -> String {
        format!("{}_{}({})", self.key.1, self.key.0, self.uid)
    }

    /// Says something about the pod.
    pub fn warn(&mut self, reason: &'static str, message: String) {
        self.notes.push(Note {
            warning: true,
            reason,
            message,
            field: String::new(),
        });
    }

    /// Says something about a container.
    pub fn tell(&mut self, (warning, reason): (bool, &'static str), place: &Place<'_>, message: String) {
        let list = if place.init {
            "initContainers"
        } else {
            "containers"
        };
        self.notes.push(Note {
            warning,
            reason,
            message,
            field: format!("spec.{list}{{{}}}", place.container.name),
        });
    }

    /// Whether the node holds an image.
    pub fn has_image(&self, image: &str) -> bool {
        self.host.images.contains(image)
    }

    /// The node holds an image from now on.
    pub fn keep_image(&mut self, image: &str) {
        self.host.images.insert(Arc::from(image));
    }
}

/// Which container is meant.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its spec.
    pub container: &'a Container,
    /// Whether it is an init container.
    pub init: bool,
}
