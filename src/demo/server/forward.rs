//! Port-forward: over the channels of a WebSocket, two for each port, data and error; or over SPDY streams, bare or inside a WebSocket.

mod line;
mod tunnel;

use std::sync::Arc;

use hyper::Response;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use line::{Line, Said, pass};

use super::answer::Body;
use super::pipe::{self, Connection, Opening};
use super::request::Request;
use super::route::Target;
use super::socket::{self, Socket};
use super::{Shared, get};
use crate::demo::kubelet_api::Task;
use crate::demo::status::Status;

/// Bytes on their way between a client and a port.
const BUFFER: usize = 64 << 10;
/// SPDY in a WebSocket (client-go `portforward.NewSPDYOverWebsocketDialer`).
const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";
/// SPDY itself.
const STREAMS: &str = "portforward.k8s.io";
/// Channels of a WebSocket.
const CHANNELS: &str = "v4.channel.k8s.io";

pub(super) fn forward(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    let pod = get::find(shared, target)?.value();
    if pod["status"]["phase"] != "Running" {
        let phase = pod["status"]["phase"].as_str().unwrap_or_default();
        return Err(Status::bad_request(format!(
            "unable to forward port because pod is not running. Current status={phase}"
        )));
    }
    let dial = dial(shared, target);
    let (task, response): (Task<()>, _) = if pipe::is_bare(request) {
        let (opening, response) = pipe::agree(request, &[STREAMS])?;
        (Box::pin(through_streams(opening, dial)), response)
    } else {
        let (handshake, response) = socket::agree(request, &[TUNNEL, CHANNELS])?;
        if handshake.protocol == TUNNEL {
            let opening = Opening::Messages(handshake);
            (Box::pin(through_streams(opening, dial)), response)
        } else {
            let ports = ports(request)?;
            (Box::pin(through_channels(handshake, ports, dial)), response)
        }
    };
    let cut = shared.faults.cut();
    tokio::spawn(async move {
        tokio::select! {
            () = task => {}
            () = cut => {}
        }
    });
    Ok(response)
}

/// Connects to a port of the pod and serves that connection to its end; the error is the client's to read.
type Dial = Box<dyn Fn(u16, DuplexStream) -> Task<Result<(), String>> + Send>;

fn dial(shared: &Arc<Shared>, target: &Target) -> Dial {
    let shared = Arc::clone(shared);
    let (namespace, pod) = (target.space().to_owned(), target.object().to_owned());
    Box::new(move |port, stream| {
        let serving = shared.kubelets.forward(&namespace, &pod, port, stream);
        let pod = pod.clone();
        Box::pin(async move {
            let named = |text| format!("error forwarding port {port} to pod {pod}, uid : {text}");
            serving.await.map_err(named)
        })
    })
}

fn ports(request: &Request) -> Result<Vec<u16>, Status> {
    let asked = request.params("ports").flat_map(|ports| ports.split(','));
    let ports: Vec<u16> = asked.filter_map(|port| port.parse().ok()).collect();
    if ports.is_empty() {
        return Err(Status::bad_request("query parameter \"ports\" is required"));
    }
    Ok(ports)
}

async fn through_streams(opening: Opening, dial: Dial) {
    if let Some(connection) = Connection::open(opening).await {
        tunnel::serve(connection, dial).await;
    }
}

async fn through_channels(handshake: socket::Handshake, ports: Vec<u16>, dial: Dial) {
    if let Some(socket) = handshake.open().await {
        pump(socket, ports, dial).await;
    }
}

/// The channel of a port's data; that of its errors is the next.
fn channel(index: usize) -> u8 {
    u8::try_from(index * 2).unwrap_or(u8::MAX - 1)
}

/// Carries what goes over the channels, until the client is gone or all ports are through.
async fn pump(mut socket: Socket, ports: Vec<u16>, dial: Dial) {
    for (index, port) in ports.iter().enumerate() {
        let number = port.to_le_bytes();
        if !socket.send(channel(index), &number).await || !socket.send(channel(index) + 1, &number).await {
            return;
        }
    }
    let (said, mut outgoing) = mpsc::channel(64);
    let open = |(index, port)| {
        let data = channel(index).into();
        Line::open(&dial, port, (data, data + 1), said.clone())
    };
    let mut lines: Vec<Line> = ports.into_iter().enumerate().map(open).collect();
    drop(said);
    // Data that a pod has not taken yet: no more is read until it has.
    let mut waiting = None;
    let mut more = true;
    while more {
        more = tokio::select! {
            told = outgoing.recv() => match told {
                // A channel is not closed by itself, so an empty message tells nothing.
                Some(Said { data, .. }) if data.is_empty() => true,
                Some(Said { stream, data, .. }) => socket.send(stream as u8, &data).await,
                None => false,
            },
            () = pass(waiting.clone()), if waiting.is_some() => {
                waiting = None;
                true
            }
            message = socket.next(), if waiting.is_none() => match message {
                Some((channel, data)) => {
                    let line = lines.get_mut(usize::from(channel / 2)).filter(|_| channel % 2 == 0);
                    waiting = line.and_then(|line| line.take(data, false));
                    true
                }
                None => false,
            },
        };
    }
    socket.close().await;
}
