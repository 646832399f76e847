//! The pretend API server: HTTP over TLS on loopback, from a request to an answer. Holds no world; what pods do is asked of [`Kubelets`].

mod accept;
mod answer;
mod auth;
mod channels;
mod container;
mod control;
mod convert;
mod definitions;
mod discovery;
mod exec;
pub mod faults;
mod forward;
mod get;
mod health;
mod issuer;
pub mod journal;
mod list;
mod log;
mod meter;
mod metrics;
mod openapi;
mod options;
mod parts;
mod pipe;
mod print;
mod proxy;
mod request;
mod review;
mod route;
mod select;
mod serve;
mod socket;
mod spdy;
mod tls;
mod user;
mod view;
mod watch;
mod write;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::{Method, Response};

use crate::demo::kubelet_api::Kubelets;
use crate::demo::status::Status;
use crate::demo::store::Store;

pub use faults::{Fault, Faults, Misdeed};
pub use journal::{Journal, Seen};
pub use serve::ServeError;

use answer::Body;
use request::Request;
use route::Route;

/// What a server needs to start.
#[derive(Clone)]
pub struct Parts {
    /// The objects.
    pub store: Store,
    /// What answers for the nodes.
    pub kubelets: Arc<dyn Kubelets>,
    /// Port on loopback; 0 for any free one.
    pub port: u16,
    /// How often a watch gets a bookmark, by the store's clock.
    pub bookmark_every: Duration,
    /// Whether `/debug/faults` takes orders to misbehave.
    pub control: bool,
}

/// A running server. Everything it started ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its certificate, PEM.
    pub certificate: String,
    /// The bearer token of the administrator.
    pub token: String,
    /// How it misbehaves.
    pub faults: Faults,
    /// What it was asked.
    pub journal: Journal,
    _tasks: [tokio_util::task::AbortOnDropHandle<()>; 2],
}

/// What every request's handler can reach.
struct Shared {
    store: Store,
    kubelets: Arc<dyn Kubelets>,
    faults: Faults,
    journal: Journal,
    meter: Arc<meter::Meter>,
    token: String,
    /// Where it listens.
    address: SocketAddr,
    tokens: auth::Tokens,
    control: Option<control::Control>,
    bookmark_every: Duration,
    pages: list::Pages,
    streams: watch::Streams,
    /// Held from the choice of a service's address and node ports until it is stored with them.
    numbering: Mutex<()>,
}

impl Server {
    /// Listens on loopback and answers, within the current tokio runtime.
    ///
    /// # Errors
    /// When the port is taken or no certificate can be made.
    pub async fn start(parts: Parts) -> Result<Self, ServeError> {
        serve::start(parts).await
    }
}

/// The answer to a request whose sender is known.
fn handle(shared: &Arc<Shared>, request: &Request, route: &Route) -> Result<Response<Body>, Status> {
    if !matches!(route, Route::Objects(_)) {
        auth::authorize_path(shared, request)?;
        if route.is_read_only() && *request.method() != Method::GET {
            return Err(Status::method_not_allowed());
        }
    }
    match route {
        Route::Health => health::answer(request),
        Route::Version => Ok(answer::json(&discovery::version())),
        Route::Paths => Ok(answer::json(&discovery::paths(shared))),
        Route::Core => discovery::core(shared, request),
        Route::Groups => discovery::groups(shared, request),
        Route::Group(group) => discovery::group(shared, group),
        Route::Resources(group, version) => discovery::resources(shared, group, version),
        Route::OpenApi(rest) => openapi::document(shared, request, rest),
        Route::Metrics => {
            let body = answer::full(meter::write(shared));
            Ok(answer::of_type(200, meter::CONTENT_TYPE, body))
        }
        Route::Objects(target) => objects(shared, request, target),
        Route::Issuer(what) => Ok(issuer::answer(shared, what)),
        Route::Nothing => Err(Status::no_such_path()),
    }
}

fn objects(
    shared: &Arc<Shared>,
    request: &Request,
    target: &route::Target,
) -> Result<Response<Body>, Status> {
    auth::authorize(shared, request, target)?;
    let proxied = target.subresource.as_deref().is_some_and(route::is_proxy);
    if *request.method() == Method::HEAD && !proxied {
        return Err(Status::method_not_allowed());
    }
    accept::check(request, target)?;
    if target.resource.group == "metrics.k8s.io" {
        return metrics::answer(shared, request, target);
    }
    if let Some(part) = target.subresource.as_deref() {
        return parts::dispatch(shared, request, target, part);
    }
    if !target.takes(request.method()) {
        return Err(Status::method_not_allowed());
    }
    let verb = target.verb(request);
    if let Some(text) = target
        .resource
        .deprecated()
        .filter(|_| target.resource.serves(verb))
    {
        request.warn(text);
    }
    match (request.method(), verb) {
        (_, verb) if !target.resource.serves(verb) => Err(Status::method_not_allowed()),
        (&Method::GET, "get") => get::get(shared, request, target),
        (&Method::GET, "list") => list::list(shared, request, target),
        (&Method::GET, "watch") => watch::watch(shared, request, target),
        (&Method::POST, "create") if target.resource.storage.is_empty() => {
            review::create(shared, request, target)
        }
        _ => write::dispatch(shared, request, target),
    }
}
