//! Port-forward: over the channels of a WebSocket, two for each port, data and error; or over SPDY streams, bare or inside a WebSocket.

mod tunnel;

use std::sync::Arc;

use bytes::Bytes;
use futures::future::select_all;
use hyper::Response;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;

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
        let ports = ports.into_iter().map(|port| Port::open(port, &dial)).collect();
        pump(socket, ports).await;
    }
}

/// One forwarded port.
struct Port {
    number: u16,
    /// `None` after the pod has closed its end.
    from_pod: Option<ReadHalf<DuplexStream>>,
    to_pod: WriteHalf<DuplexStream>,
    serving: JoinHandle<Result<(), String>>,
}

impl Drop for Port {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Port {
    fn open(number: u16, dial: &Dial) -> Self {
        let (ours, theirs) = tokio::io::duplex(BUFFER);
        let serving = tokio::spawn(dial(number, theirs));
        let (from_pod, to_pod) = tokio::io::split(ours);
        Self {
            number,
            from_pod: Some(from_pod),
            to_pod,
            serving,
        }
    }

    /// Data of the pod; empty at its end.
    async fn read(&mut self) -> Bytes {
        let mut buffer = vec![0; BUFFER];
        let Some(from_pod) = &mut self.from_pod else {
            return std::future::pending().await;
        };
        let count = from_pod.read(&mut buffer).await.unwrap_or(0);
        buffer.truncate(count);
        buffer.into()
    }
}

/// Channels are named by twice the port's index.
fn channel(index: usize) -> u8 {
    u8::try_from(index * 2).unwrap_or(u8::MAX - 1)
}

async fn pump(mut socket: Socket, mut ports: Vec<Port>) {
    for (index, port) in ports.iter().enumerate() {
        let number = port.number.to_le_bytes();
        if !socket.send(channel(index), &number).await || !socket.send(channel(index) + 1, &number).await {
            return;
        }
    }
    loop {
        let event = {
            let reads = ports.iter_mut().map(|port| Box::pin(port.read()));
            tokio::select! {
                message = socket.next() => Event::Message(message),
                (data, index, _) = select_all(reads) => Event::Data(index, data),
            }
        };
        let more = match event {
            Event::Message(None) => false,
            Event::Message(Some((channel, data))) => match ports.get_mut(usize::from(channel / 2)) {
                Some(port) if channel % 2 == 0 => port.to_pod.write_all(&data).await.is_ok(),
                _ => true,
            },
            Event::Data(index, data) if data.is_empty() => end(&mut socket, &mut ports, index).await,
            Event::Data(index, data) => socket.send(channel(index), &data).await,
        };
        if !more {
            return socket.close().await;
        }
    }
}

/// What happens while ports are forwarded.
enum Event {
    Message(Option<(u8, Bytes)>),
    Data(usize, Bytes),
}

/// A port is through: its error is shown if it has one. Whether there is more to do.
async fn end(socket: &mut Socket, ports: &mut [Port], index: usize) -> bool {
    let Some(port) = ports.get_mut(index) else {
        return false;
    };
    port.from_pod = None;
    if let Ok(Err(text)) = (&mut port.serving).await {
        socket.send(channel(index) + 1, text.as_bytes()).await;
    }
    ports.iter().any(|port| port.from_pod.is_some())
}
