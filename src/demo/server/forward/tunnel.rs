//! Port-forward over SPDY streams: a pair of streams, data and error, for each connection to a port. Knows no pods.

use std::collections::HashMap;

use tokio::sync::mpsc;

use super::Dial;
use super::line::{Line, Said, Waiting, pass};
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

/// All connections of a client.
struct Tunnel {
    connection: Connection,
    dial: Dial,
    /// Streams that wait for their other half, by request.
    pairs: HashMap<String, Pair>,
    /// Connections by their data stream.
    lines: HashMap<u32, Line>,
    /// Data that a pod has not taken yet: no more is read until it has.
    waiting: Option<Waiting>,
    said: mpsc::Sender<Said>,
}

impl Tunnel {
    async fn run(mut self, mut outgoing: mpsc::Receiver<Said>) {
        let mut open = true;
        while open {
            let waiting = self.waiting.clone();
            open = tokio::select! {
                Some(Said { stream, data, last }) = outgoing.recv() => {
                    self.connection.send(spdy::data(stream, &data, last)).await
                }
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
                    self.waiting = line.take(data, last);
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
        let line = Line::open(&self.dial, port, (data, error), self.said.clone());
        self.lines.retain(|_, line| !line.is_through());
        self.lines.insert(data, line);
    }
}
