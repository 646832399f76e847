//! The pretend cluster behind the API server: what it holds at the start and how it lives on. It speaks to the store only, never HTTP.

mod admission;
pub mod batch;
mod bulk;
pub mod catalog;
mod churn;
pub mod config;
mod control;
mod disk;
pub mod event;
pub mod fill;
pub mod flavor;
pub mod lifecycle;
mod live;
mod mains;
mod mould;
pub mod node;
pub mod platform;
mod past;
mod plant;
pub mod pod;
mod preemption;
pub mod pressure;
mod refusal;
pub mod scheduler;
mod serve;
pub mod service;
pub mod state;
pub mod surroundings;
pub mod template;
pub mod traffic;
mod trouble;
pub mod usage;
pub mod watch;
pub mod work;
pub mod workload;

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch::Sender;

use self::churn::Churn;
use self::event::Journal;
use self::flavor::Flavor;
use self::mains::{Birth, Mains};
use self::pressure::Pressure;
use self::state::{Key, Node, Pod};
use self::traffic::Traffic;
use self::watch::Objects;
use self::work::Queue;
use crate::clock::Timestamp;
use crate::demo::api::defaults;
use crate::demo::ids::Ids;
use crate::demo::object;
use crate::demo::shell::{Disks, Logs};
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
    /// Changes of pods a second that pods which are replaced make, as a watcher counts them, besides what happens anyway.
    pub churn: f64,
    /// Log lines a second that all pods write together; 0: as many as their programs usually do.
    pub log_rate: f64,
    /// Whether nothing is wrong at the start, so that what goes wrong later stands out.
    pub calm: bool,
    /// Whose cluster it looks like.
    pub flavor: Flavor,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 7,
            pods: 0,
            nodes: 9,
            churn: 0.0,
            log_rate: 0.0,
            calm: false,
            flavor: Flavor::Eks,
        }
    }
}

/// The world. Clones share it; every method may be called from any thread.
#[derive(Debug, Clone)]
pub struct World {
    store: Store,
    inner: Arc<Mutex<Inner>>,
    /// How many wait for `inner` that are not the world's own pulse.
    waiting: Arc<AtomicUsize>,
    /// Counts up whenever logs may have grown.
    grown: Arc<Sender<u64>>,
    /// What was written in containers.
    disks: Disks,
    /// How much the main processes' logs hold.
    logs: Logs,
    /// Main processes that the shell runs. Locked before `inner`, never after it.
    mains: Arc<Mains>,
    /// What pods do for pretend clients.
    traffic: Traffic,
    /// Up to when it has lived; held for a whole tick, before everything else.
    pulse: Arc<Mutex<Timestamp>>,
    /// How many times the usual lines programs write.
    louder: f64,
}

/// How often the world looks whether somebody still waits.
const A_WAIT: usize = 20;

/// What the world remembers.
#[derive(Debug)]
pub struct Inner {
    /// Where the objects are.
    pub store: Store,
    /// Whose cluster it looks like.
    pub flavor: Flavor,
    /// Source of names.
    pub ids: Ids,
    /// Every pod.
    pub pods: BTreeMap<Key, Pod>,
    /// Every node by name.
    pub nodes: BTreeMap<Arc<str>, Node>,
    /// Pods without a node.
    pub unscheduled: BTreeSet<Key>,
    /// Pods that will not run near certain others.
    pub avoiding: BTreeSet<Key>,
    /// Objects controllers read, by resource.
    pub objects: Objects,
    /// What each uid controls: resource and key.
    pub children: HashMap<Arc<str>, BTreeSet<(Arc<str>, Key)>>,
    /// Main processes that are to be started.
    pub births: Vec<Birth>,
    /// What has to be looked at.
    pub work: Queue,
    /// What pods do for pretend clients.
    pub traffic: Traffic,
    /// Events already recorded.
    pub journal: Journal,
    /// Whether the world reads what it has just made, so that it knows it already.
    pub reading: bool,
    /// Changes up to this version have been taken up.
    pub seen: u64,
    /// Versions of pods that the world wrote itself and has not seen come back.
    pub own: HashSet<u64>,
    /// The pods made in bulk, and which of them are being replaced.
    pub churn: Churn,
    /// When leases were last renewed.
    pub beaten: Timestamp,
    /// What autoscalers proposed and did, by uid.
    pub scalings: HashMap<Arc<str>, control::Memory>,
    /// When autoscalers last looked.
    pub scaled: Timestamp,
    /// When nodes and quotas were last looked at.
    pub walked: Timestamp,
    /// Quotas as they were counted last, by uid.
    pub counted: BTreeMap<Arc<str>, admission::Counted>,
    /// When load balancers that are being made are ready, by the uid of their service.
    pub balancing: HashMap<Arc<str>, Timestamp>,
    /// When cron jobs were last looked at.
    pub crons: Timestamp,
    /// When unscheduled pods were last tried again.
    pub retried: Timestamp,
    /// What presses on the world from outside.
    pub pressure: Pressure,
    /// Whose hands are at work in the world: what scenarios go on doing, and when they did so last.
    pub hands: (Vec<Hand>, Timestamp),
    /// What is broken on purpose and how far that has come, as whoever breaks it keeps it; the world does not look at it.
    pub game: Option<Box<dyn Any + Send>>,
}

/// What a scenario does again and again: it looks at the world and brings about what follows.
pub type Hand = fn(&mut Inner, Timestamp);

impl World {
    /// Fills an empty store with the standard world, as it stands at the store's time.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn build(store: &Store, options: &Options) -> Result<Self, Status> {
        let mut inner = Inner::new(store, options.seed);
        inner.flavor = options.flavor;
        fill::standard(&mut inner, options)?;
        inner.churn.make(options.churn);
        let more = options.pods.saturating_sub(inner.pods.len());
        bulk::add(&mut inner, more)?;
        inner.reading = true;
        inner.resync(store.clock().now());
        inner.reading = false;
        let louder = match inner.usual_log_rate() {
            usual if options.log_rate > 0.0 && usual > 0.0 => options.log_rate / usual,
            _ => 1.0,
        };
        let world = Self {
            louder,
            store: store.clone(),
            traffic: inner.traffic.clone(),
            inner: Arc::new(Mutex::new(inner)),
            waiting: Arc::default(),
            grown: Arc::new(Sender::new(0)),
            disks: Disks::default(),
            logs: Logs::default(),
            mains: Arc::default(),
            pulse: Arc::new(Mutex::new(store.clock().now())),
        };
        world.tick(store.clock().now());
        Ok(world)
    }

    /// What it remembers, for as long as the guard lives.
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        inner
    }

    /// Lets those have what it remembers who wait for it: a mutex gives it back to whoever had it last.
    fn make_way(&self) {
        for _ in 0..A_WAIT {
            if self.waiting.load(Ordering::Relaxed) == 0 {
                return;
            }
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    /// Whose cluster it looks like.
    pub fn flavor(&self) -> Flavor {
        self.lock().flavor
    }

    /// How many times the usual lines programs write.
    pub fn louder(&self) -> f64 {
        self.louder
    }

    /// What was written in containers.
    pub fn disks(&self) -> &Disks {
        &self.disks
    }

    /// What pods do for pretend clients.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Counts up whenever logs may have grown.
    pub fn grown(&self) -> &Sender<u64> {
        &self.grown
    }

    /// The store it lives in.
    pub fn store(&self) -> &Store {
        &self.store
    }
}

impl Inner {
    /// Log lines a second that all containers write together.
    fn usual_log_rate(&self) -> f64 {
        let containers = self.pods.values().flat_map(|pod| &pod.spec.containers);
        let minutely = containers.map(|container| f64::from(container.nature().lines));
        minutely.sum::<f64>() / 60.0
    }

    fn new(store: &Store, seed: u64) -> Self {
        let now = store.clock().now();
        Self {
            store: store.clone(),
            flavor: Flavor::Eks,
            ids: Ids::new(seed),
            pods: BTreeMap::new(),
            nodes: BTreeMap::new(),
            unscheduled: BTreeSet::new(),
            avoiding: BTreeSet::new(),
            objects: Objects::new(),
            children: HashMap::new(),
            births: Vec::new(),
            work: Queue::default(),
            traffic: Traffic::default(),
            journal: Journal::default(),
            reading: false,
            seen: 0,
            own: HashSet::new(),
            churn: Churn::new(now),
            beaten: now,
            scalings: HashMap::new(),
            scaled: now,
            walked: now,
            counted: BTreeMap::new(),
            balancing: HashMap::new(),
            crons: now,
            retried: now,
            pressure: Pressure::default(),
            hands: (Vec::new(), now),
            game: None,
        }
    }

    /// Stores a new object under what its `apiVersion` and `kind` say, with the API server's defaults: else the first change of it would fill
    /// them in, and a template that was not changed would look changed.
    pub fn add(&self, mut value: Value) -> Result<Value, Status> {
        self.flavor.dress(&mut value);
        let api = object::text(&value, "/apiVersion");
        let kind = object::text(&value, "/kind");
        let resource = self
            .store
            .registry()
            .of_kind(api, kind)
            .ok_or_else(Status::no_such_path)?;
        defaults::fill_changed(&resource.plural, &mut value);
        let namespace = object::text(&value, "/metadata/namespace").to_owned();
        self.store.create(&resource.storage, &namespace, value)
    }
}
