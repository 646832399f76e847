//! The demo cluster: an API server on loopback and a pretend world behind it.
//!
//! Its parts stand in an order that a test holds (`DEMO` in `tests/it/architecture.rs`): words and rules first (`object`, `resource`,
//! `selector`, `image`), then the `store` and what the `api` says of objects; the `shell` in containers, the `kubelet` of one pod, the
//! `world` of all, the `scenario`s that break it. The `server` knows the store, the rules and, by a trait (`kubelet_api`), kubelets.

mod api;
pub mod clock;
pub mod ids;
pub mod image;
pub mod kubelet;
pub mod kubelet_api;
pub mod names;
pub mod object;
pub mod resource;
pub mod roles;
pub mod scenario;
pub mod selector;
pub mod server;
pub mod shell;
pub mod status;
pub mod store;
pub mod world;

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::oneshot;

use clock::Clock;
use kubelet_api::Kubelets;
use resource::Registry;
use server::{Faults, Journal, Parts, Seen, ServeError, Server};
use status::Status;
use store::Store;

/// What demo cluster to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// The world.
    pub world: world::Options,
    /// Port on loopback; 0 for any free one.
    pub port: u16,
    /// The cluster's time.
    pub clock: Clock,
    /// How often watches get bookmarks, by that clock.
    pub bookmark_every: Duration,
    /// Whether `/debug/faults` takes orders to misbehave.
    pub control: bool,
    /// Whether there is no world: the cluster starts empty and nothing moves in it.
    pub empty: bool,
    /// What goes wrong from the start on. A world in which something is to stand out is best a calm one.
    pub scenario: Option<scenario::Game>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            world: world::Options::default(),
            port: 0,
            clock: Clock::real(),
            bookmark_every: Duration::from_secs(60),
            control: false,
            empty: false,
            scenario: None,
        }
    }
}

/// Why a demo cluster did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its thread or runtime could not be made.
    #[error("cannot start the demo cluster's thread: {0}")]
    Thread(#[from] std::io::Error),
    /// The world could not be built.
    #[error("cannot build the demo world: {0}")]
    World(#[from] Status),
    /// What was to go wrong from the start on cannot.
    #[error("{0}")]
    Game(#[source] Box<Status>),
    /// The server did not start.
    #[error("cannot start the demo API server: {0}")]
    Serve(#[from] ServeError),
    /// Its thread ended before it was ready.
    #[error("the demo cluster ended while starting")]
    Ended,
}

/// A running demo cluster. Dropping it stops it.
#[derive(Debug)]
pub struct Demo {
    store: Store,
    world: Option<world::World>,
    address: SocketAddr,
    certificate: String,
    token: String,
    faults: Faults,
    journal: Journal,
    _stop: oneshot::Sender<()>,
}

/// Starts a demo cluster on a thread and runtime of its own; returns when it answers.
///
/// # Errors
/// When the port is taken or the machine refuses a thread.
pub fn start(options: Options) -> Result<Demo, Error> {
    launch(options, None)
}

/// Starts an empty cluster, in which nothing moves, before kubelets of the caller's own; for tests of one thing.
///
/// # Errors
/// When the port is taken or the machine refuses a thread.
pub fn start_bare(options: &Options, kubelets: Arc<dyn Kubelets>) -> Result<Demo, Error> {
    launch(options.clone(), Some(kubelets))
}

fn launch(options: Options, kubelets: Option<Arc<dyn Kubelets>>) -> Result<Demo, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("demo")
        .enable_all()
        .build()?;
    let (ready, started) = mpsc::channel();
    // The world is built on the thread that it lives on: an allocator with arenas gives what a thread frees to that thread alone, and all objects
    // are replaced in time.
    thread::Builder::new().name("demo-main".into()).spawn(move || {
        runtime.block_on(live(&options, kubelets, &ready));
        runtime.shutdown_background();
    })?;
    started.recv().map_err(|_| Error::Ended)?
}

/// Starts a cluster, hands it over and lets it live until its handle is dropped.
async fn live(
    options: &Options,
    kubelets: Option<Arc<dyn Kubelets>>,
    ready: &mpsc::Sender<Result<Demo, Error>>,
) {
    let (stop, stopped) = oneshot::channel();
    let (demo, _server) = match open(options, kubelets, stop).await {
        Ok(opened) => opened,
        Err(error) => {
            // Nobody is left to be told when this fails.
            let _ = ready.send(Err(error));
            return;
        }
    };
    let world = demo.world.clone();
    if ready.send(Ok(demo)).is_err() {
        return;
    }
    // The world lives on this thread, so that those that serve are never kept waiting by it.
    let living = async {
        match world {
            Some(world) => world.live().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        // An error is the stop: the handle was dropped.
        _ = stopped => {}
        () = living => {}
    }
}

/// Builds the world, if there is to be one, and the server before it.
async fn open(
    options: &Options,
    kubelets: Option<Arc<dyn Kubelets>>,
    stop: oneshot::Sender<()>,
) -> Result<(Demo, Server), Error> {
    let store = Store::new(Registry::builtin(), options.clock.clone(), options.world.seed);
    let world = if options.empty || kubelets.is_some() {
        roles::bootstrap(&store);
        None
    } else {
        let world = world::World::build(&store, &options.world)?;
        if let Some(game) = &options.scenario {
            world.play(game).map_err(|status| Error::Game(Box::new(status)))?;
        }
        Some(world)
    };
    let kubelets = kubelets.unwrap_or_else(|| match &world {
        Some(world) => Arc::new(world.clone()),
        None => Arc::new(kubelet_api::Absent::default()),
    });
    let parts = Parts {
        store: store.clone(),
        kubelets,
        port: options.port,
        bookmark_every: options.bookmark_every,
        control: options.control,
    };
    let server = Server::start(parts).await?;
    let demo = Demo {
        store,
        world,
        address: server.address,
        certificate: server.certificate.clone(),
        token: server.token.clone(),
        faults: server.faults.clone(),
        journal: server.journal.clone(),
        _stop: stop,
    };
    Ok((demo, server))
}

impl Demo {
    /// Where the server listens; always loopback.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A kubeconfig for it, as YAML, with its certificate and token inside; the context is named `demo`.
    pub fn kubeconfig(&self) -> String {
        let ca = STANDARD.encode(&self.certificate);
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: demo\nclusters:\n- name: demo\n  cluster:\n    server: https://{}\n    \
             certificate-authority-data: {ca}\ncontexts:\n- name: demo\n  context:\n    cluster: demo\n    user: demo\n    \
             namespace: default\nusers:\n- name: demo\n  user:\n    token: {}\n",
            self.address, self.token
        )
    }

    /// The objects, for tests that look behind the server or change things under it.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The world; `None` if the cluster was started empty.
    pub fn world(&self) -> Option<&world::World> {
        self.world.as_ref()
    }

    /// How it misbehaves.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The requests so far, oldest first (the newest 100,000).
    pub fn requests(&self) -> Vec<Seen> {
        self.journal.all()
    }

    /// The requests, to wait for or forget.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }
}
