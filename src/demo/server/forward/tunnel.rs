//! Port-forward over SPDY streams: a pair of streams, data and error, for each connection to a port. Knows no pods.

use std::collections::HashMap;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::{BUFFER, Dial};
use crate::demo::server::pipe::Connection;
use crate::demo::server::spdy::{self, Frame};

/// Serves the connections of one client until it goes.
pub(super) async fn serve(connection: Connection, dial: Dial) {
    let (said, outgoing) = mpsc::channel(64);
    let tunnel = Tunnel {
        connection,
        dial,
        pairs: HashMap::new(),
        lines: HashMap::new(),
        waiting: None,
        said,
    };
    tunnel.run(outgoing).await;
}

/// The streams of a connection to a port, as they come.
#[derive(Default)]
struct Pair {
    data: Option<u32>,
    error: Option<u32>,
}

/// A connection to a port.
struct Line {
    /// What the client says, on its way to the pod; `None` when it has closed its side.
    to_pod: Option<mpsc::Sender<Bytes>>,
    serving: AbortOnDropHandle<()>,
}

/// All connections of a client.
struct Tunnel {
    connection: Connection,
    dial: Dial,
    /// Streams that wait for their other half, by request.
    pairs: HashMap<String, Pair>,
    /// Connections by their data stream.
    lines: HashMap<u32, Line>,
    /// Data that a pod has not taken yet: no more is read until it has.
    waiting: Option<(mpsc::Sender<Bytes>, Bytes)>,
    said: mpsc::Sender<Bytes>,
}

impl Tunnel {
    async fn run(mut self, mut outgoing: mpsc::Receiver<Bytes>) {
        let mut open = true;
        while open {
            let waiting = self.waiting.clone();
            open = tokio::select! {
                Some(frame) = outgoing.recv() => self.connection.send(frame).await,
                () = pass(waiting.clone()), if waiting.is_some() => {
                    self.waiting = None;
                    true
                }
                frame = self.connection.next(), if waiting.is_none() => match frame {
                    Some(frame) => self.take(frame).await,
                    None => false,
                },
            };
        }
        self.connection.close().await;
    }

    /// Whether the client is still there.
    async fn take(&mut self, frame: Frame) -> bool {
        match frame {
            Frame::Open { stream, headers } => return self.open(stream, &headers).await,
            Frame::Ping(id) => return self.connection.send(spdy::pong(id)).await,
            Frame::Data { stream, data, last } => {
                if let Some(line) = self.lines.get_mut(&stream) {
                    let to_pod = line.to_pod.clone().filter(|_| !data.is_empty());
                    self.waiting = to_pod.map(|to_pod| (to_pod, data));
                    line.to_pod = line.to_pod.take().filter(|_| !last);
                }
            }
            Frame::Reset(stream) => {
                self.lines.remove(&stream);
            }
            Frame::GoAway | Frame::Other => {}
        }
        true
    }

    /// Takes a stream on, and dials when its pair is whole (`portforward/httpstream.go` of the kubelet's streaming server).
    async fn open(&mut self, stream: u32, headers: &[(String, String)]) -> bool {
        let header = |name: &str| {
            headers
                .iter()
                .find(|(have, _)| have == name)
                .map(|(_, value)| value.as_str())
        };
        let port = header("port")
            .and_then(|port| port.parse::<u16>().ok())
            .filter(|port| *port > 0);
        let kind = header("streamtype").filter(|kind| matches!(*kind, "data" | "error"));
        let (Some(port), Some(kind)) = (port, kind) else {
            return self.connection.send(spdy::reset(stream, spdy::REFUSED)).await;
        };
        if !self.connection.accept(stream).await {
            return false;
        }
        let is_data = kind == "data";
        // Old clients name no request; their streams come in twos, the error first.
        let request = header("requestid").map_or_else(
            || (if is_data { stream.saturating_sub(2) } else { stream }).to_string(),
            str::to_owned,
        );
        let pair = self.pairs.entry(request.clone()).or_default();
        if is_data {
            pair.data = Some(stream);
        } else {
            pair.error = Some(stream);
        }
        if let (Some(data), Some(error)) = (pair.data, pair.error) {
            self.pairs.remove(&request);
            self.dial(port, data, error);
        }
        true
    }

    fn dial(&mut self, port: u16, data: u32, error: u32) {
        let (to_pod, from_client) = mpsc::channel(1);
        let (ours, theirs) = tokio::io::duplex(BUFFER);
        let serving = (self.dial)(port, theirs);
        let said = self.said.clone();
        let task = tokio::spawn(async move {
            let carrying = carry(ours, from_client, (data, said.clone()));
            let (ending, ()) = tokio::join!(serving, carrying);
            let text = ending.err().unwrap_or_default();
            // An error means that the client is gone.
            let _ = said.send(spdy::data(data, b"", true)).await;
            let _ = said.send(spdy::data(error, text.as_bytes(), true)).await;
        });
        let line = Line {
            to_pod: Some(to_pod),
            serving: AbortOnDropHandle::new(task),
        };
        self.lines.retain(|_, line| !line.serving.is_finished());
        self.lines.insert(data, line);
    }
}

/// Hands data to a pod; done when it is taken or never will be.
async fn pass(waiting: Option<(mpsc::Sender<Bytes>, Bytes)>) {
    if let Some((to_pod, data)) = waiting {
        let _ = to_pod.send(data).await;
    }
}

/// Carries bytes both ways until the pod has closed its side.
async fn carry(
    pod: tokio::io::DuplexStream,
    mut from_client: mpsc::Receiver<Bytes>,
    (stream, said): (u32, mpsc::Sender<Bytes>),
) {
    let (mut from_pod, mut to_pod) = tokio::io::split(pod);
    let inward = async {
        while let Some(data) = from_client.recv().await {
            if to_pod.write_all(&data).await.is_err() {
                return;
            }
        }
        let _ = to_pod.shutdown().await;
    };
    let outward = async {
        let mut buffer = vec![0; BUFFER];
        while let Ok(count @ 1..) = from_pod.read(&mut buffer).await {
            let piece = buffer.get(..count).unwrap_or_default();
            if said.send(spdy::data(stream, piece, false)).await.is_err() {
                return;
            }
        }
    };
    tokio::pin!(inward, outward);
    tokio::select! {
        () = &mut outward => {}
        () = &mut inward => outward.await,
    }
}
