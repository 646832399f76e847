//! The cluster around a container, as far as commands in it can ask: whoever runs containers gives it to them. Answers nothing itself.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use super::disk::Disks;
use super::transcript::Logs;
use crate::clock::Timestamp;
use crate::demo::kubelet_api::{Page, Usage, Visit};
use crate::demo::store::Store;

/// What surrounds a container.
#[derive(Debug, Clone)]
pub struct Around {
    /// The cluster's objects and time.
    pub store: Store,
    /// What was written in containers.
    pub disks: Disks,
    /// What main processes wrote.
    pub logs: Logs,
    /// The pods that run.
    pub neighbours: Arc<dyn Neighbours>,
}

/// Namespace and name.
pub type Name = (Arc<str>, Arc<str>);

/// What commands ask of the pods that run, besides their objects.
pub trait Neighbours: Debug + Send + Sync {
    /// What a pod uses now, by container; empty if it does not run.
    fn usage(&self, namespace: &str, pod: &str, now: Timestamp) -> Vec<(String, Usage)>;

    /// The pod that has an address and is not over.
    fn named(&self, address: &str) -> Option<Name>;

    /// Whether a pod listens on a port.
    fn listens(&self, pod: &Name, port: u16) -> bool;

    /// The answer of a pod to a request, and how long it took; it counts as load.
    ///
    /// # Errors
    /// The dialler's words when nothing listens there.
    fn visit(&self, visit: &Visit, at: Timestamp) -> Result<(Page, Duration), String>;

    /// Which of `count` endpoints the next connection goes to; they take turns.
    fn turn(&self, count: usize) -> usize;
}

/// A running container, as its kubelet knows it.
#[derive(Debug, Clone)]
pub struct Running {
    /// Its pod's uid.
    pub uid: Arc<str>,
    /// Its pod's address; empty for none.
    pub ip: String,
    /// When it began.
    pub began: Timestamp,
    /// Which instance it is: 0 is the first.
    pub number: u32,
    /// Memory limit in bytes; 0: none.
    pub limit: u64,
}
