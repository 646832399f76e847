//! The pretend cluster behind the API server: what it holds at the start and how it lives on. It speaks to the store only, never HTTP.

pub mod batch;
pub mod catalog;
pub mod config;
pub mod fill;
pub mod ids;
pub mod image;
pub mod node;
pub mod object;
pub mod platform;
pub mod pod;
pub mod scheduler;
pub mod service;
pub mod spec;
pub mod state;
pub mod template;
pub mod workload;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use self::ids::Ids;
use self::state::{Key, Node, Pod};
use crate::demo::status::Status;
use crate::demo::store::Store;

/// How big the world is and what it is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Equal seeds give equal worlds.
    pub seed: u64,
    /// Pods to have; the standard world's when it is not more than those.
    pub pods: usize,
    /// Nodes to have; at least the standard nine.
    pub nodes: usize,
    /// Pods replaced a second, besides what happens anyway.
    pub churn: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 7,
            pods: 0,
            nodes: 9,
            churn: 0.0,
        }
    }
}

/// The world. Clones share it; every method may be called from any thread.
#[derive(Debug, Clone)]
pub struct World {
    store: Store,
    inner: Arc<Mutex<Inner>>,
}

/// What the world remembers.
#[derive(Debug)]
pub struct Inner {
    /// Where the objects are.
    pub store: Store,
    /// Source of names.
    pub ids: Ids,
    /// Every pod.
    pub pods: BTreeMap<Key, Pod>,
    /// Every node by name.
    pub nodes: BTreeMap<Arc<str>, Node>,
}

impl World {
    /// Fills an empty store with the standard world, as it stands at the store's time.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn build(store: &Store, options: &Options) -> Result<Self, Status> {
        let mut inner = Inner {
            store: store.clone(),
            ids: Ids::new(options.seed),
            pods: BTreeMap::new(),
            nodes: BTreeMap::new(),
        };
        fill::standard(&mut inner, options)?;
        Ok(Self {
            store: store.clone(),
            inner: Arc::new(Mutex::new(inner)),
        })
    }

    /// What it remembers, for as long as the guard lives.
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store it lives in.
    pub fn store(&self) -> &Store {
        &self.store
    }
}

impl Inner {
    /// Stores a new object under what its `apiVersion` and `kind` say.
    pub fn add(&self, value: Value) -> Result<Value, Status> {
        let api = object::text(&value, "/apiVersion");
        let kind = object::text(&value, "/kind");
        let resource = self
            .store
            .registry()
            .of_kind(api, kind)
            .ok_or_else(Status::no_such_path)?;
        let namespace = object::text(&value, "/metadata/namespace").to_owned();
        self.store.create(&resource.storage, &namespace, value)
    }
}
