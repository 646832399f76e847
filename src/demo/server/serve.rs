//! Connections: accept, TLS, HTTP/1.1, faults, the journal. Knows no resources.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

use super::answer::{self, Body};
use super::faults::{Faults, Verdict};
use super::journal::{Journal, Seen};
use super::request::Request;
use super::route::{self, Route};
use super::{Parts, Server, Shared, auth, control, convert, definitions, handle, list, tls, watch};
use crate::demo::status::Status;

/// The largest body that is taken (the real server's limit).
const LARGEST_BODY: usize = 3 << 20;

/// How long it waits when a connection could not be taken.
const PAUSE: Duration = Duration::from_millis(100);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port is taken, or there is no loopback.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; `--port 0` takes a free one")]
    Listen {
        /// The port asked for.
        port: u16,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS refused the certificate.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
    /// The key could not be read back.
    #[error("cannot use the key: {0}")]
    Key(&'static str),
}

pub(super) async fn start(parts: Parts) -> Result<Server, ServeError> {
    let (acceptor, certificate) = tls::identity()?;
    let token = tls::token()?;
    let port = parts.port;
    let listen = |source| ServeError::Listen { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let (faults, journal) = (Faults::default(), Journal::default());
    let shared = Arc::new(Shared {
        store: parts.store,
        kubelets: parts.kubelets,
        faults: faults.clone(),
        journal: journal.clone(),
        meter: Arc::default(),
        token: token.clone(),
        address,
        tokens: auth::Tokens::new()?,
        control: parts.control.then(control::Control::default),
        bookmark_every: parts.bookmark_every,
        pages: list::Pages::default(),
        streams: watch::Streams::default(),
        numbering: Mutex::default(),
    });
    for definition in shared.store.list("customresourcedefinitions", None) {
        definitions::establish(&shared, &definition.value());
    }
    let following = AbortOnDropHandle::new(tokio::spawn(definitions::follow(Arc::clone(&shared))));
    let listening = AbortOnDropHandle::new(tokio::spawn(accept(listener, acceptor, shared)));
    Ok(Server {
        address,
        certificate,
        token,
        faults,
        journal,
        _tasks: [listening, following],
    })
}

/// Takes connections for ever; all of them end with this task.
async fn accept(listener: TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if !shared.faults.is_offline() => {
                    connections.spawn(connection(stream, acceptor.clone(), Arc::clone(&shared)));
                }
                Ok(_) => {}
                // No file descriptors left, as a rule: there may be some in a moment.
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let cut = shared.faults.cut();
    let _ = stream.set_nodelay(true);
    let serving = async {
        let Ok(stream) = acceptor.accept(stream).await else {
            return;
        };
        let service = service_fn(|request| answer(Arc::clone(&shared), request));
        let http = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        // A client that goes away is no event here.
        let _ = http.await;
    };
    tokio::select! {
        () = serving => {}
        () = cut => {}
    }
}

/// Answers one request; an error closes the connection without an answer.
async fn answer(shared: Arc<Shared>, request: hyper::Request<Incoming>) -> io::Result<Response<Body>> {
    let (parts, body) = request.into_parts();
    let body = match parts.method {
        Method::GET | Method::HEAD => bytes::Bytes::new(),
        _ => match whole(body).await {
            Some(body) => body,
            None => return Ok(answer::refusal(&too_large())),
        },
    };
    let request = Request::new(parts, body);
    if let Some(answer) = control::answer(&shared, &request) {
        return Ok(answer);
    }
    shared.journal.push(seen(&request));
    match shared.faults.judge(&request).await {
        Verdict::Close => Err(io::ErrorKind::ConnectionAborted.into()),
        Verdict::Answer(status) => Ok(answer::refusal(&status)),
        Verdict::Stream(response) => Ok(response),
        Verdict::Go(misdeeds) => {
            let route = route::route(shared.store.registry(), request.path());
            let running = shared.meter.begin(&request, &route);
            let answered = respond(&shared, &request, &route);
            let response = answered.unwrap_or_else(|status| refuse(&shared, &request, &status));
            let mut response = shared.meter.end(&request, running, response);
            response = convert::as_wanted(&request, response).await?;
            answer::warn(&mut response, &request.take_warnings());
            answer::audit(&mut response, request.header("audit-id"));
            if shared.store.clock().is_skewed() {
                answer::date(&mut response, shared.store.clock().now());
            }
            Ok(shared.faults.spoil(response, misdeeds))
        }
    }
}

/// A body; `None` if it is too large. That is read, too, within reason: a client that is still sending would not see the answer.
async fn whole(mut body: Incoming) -> Option<bytes::Bytes> {
    let (mut kept, mut length) = (bytes::BytesMut::new(), 0);
    while let Some(Ok(frame)) = body.frame().await {
        let data = frame.into_data().unwrap_or_default();
        length += data.len();
        if length <= LARGEST_BODY {
            kept.extend_from_slice(&data);
        } else if length > 16 * LARGEST_BODY {
            break;
        }
    }
    (length <= LARGEST_BODY).then(|| kept.freeze())
}

fn too_large() -> Status {
    Status::new(
        413,
        "RequestEntityTooLarge",
        format!("Request entity too large: limit is {LARGEST_BODY}"),
    )
}

/// The answer to a refused request. Paths outside the built-in groups end at Go's own multiplexer, which knows no `Status`.
fn refuse(shared: &Shared, request: &Request, status: &Status) -> Response<Body> {
    let mut parts = request.path().split('/').filter(|part| !part.is_empty());
    let known = match (parts.next(), parts.next()) {
        (Some("api" | "version"), _) => true,
        (Some("apis"), Some(group)) => {
            let all = shared.store.registry().all();
            all.iter()
                .any(|resource| resource.group == group && !resource.is_custom())
        }
        _ => false,
    };
    if known || *status != Status::no_such_path() {
        return answer::refusal(status);
    }
    answer::text(404, "404 page not found\n")
}

fn respond(shared: &Arc<Shared>, request: &Request, route: &Route) -> Result<Response<Body>, Status> {
    request.identify(auth::authenticate(shared, request)?);
    handle(shared, request, route)
}

fn seen(request: &Request) -> Seen {
    Seen {
        at: crate::clock::now(),
        method: request.method().to_string(),
        path: request.path().to_owned(),
        query: request.raw_query().to_owned(),
        accept: request.header("accept").to_owned(),
        agent: request.header("user-agent").to_owned(),
    }
}
