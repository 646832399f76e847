//! A connection that has left HTTP, as bytes both ways: bare, or in the messages of a WebSocket. And the SPDY connection over it.

use bytes::{Bytes, BytesMut};
use hyper::header::HeaderValue;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::answer::{self, Body};
use super::request::Request;
use super::socket::{Handshake, Socket};
use super::spdy::{Frame, Framer};
use crate::demo::status::Status;

/// What a client that wants SPDY without a WebSocket around it asks for.
const UPGRADE: &str = "SPDY/3.1";
/// Where such a client names the protocols it knows.
const PROTOCOLS: &str = "x-stream-protocol-version";
/// How much is read at once.
const PIECE: usize = 64 << 10;

/// Bytes both ways.
enum Pipe {
    Bare(Box<TokioIo<Upgraded>>),
    Messages(Box<Socket>),
}

/// A connection about to become one of bytes.
pub(super) enum Opening {
    Bare(OnUpgrade),
    Messages(Handshake),
}

/// Whether the client asks for SPDY itself.
pub(super) fn is_bare(request: &Request) -> bool {
    request.header("upgrade").eq_ignore_ascii_case(UPGRADE)
}

/// Agrees on a protocol inside SPDY (client-go `httpstream.Handshake`): the first that the client offers and that is among `known`.
pub(super) fn agree(request: &Request, known: &[&'static str]) -> Result<(Opening, Response<Body>), Status> {
    let mut offered = request
        .headers(PROTOCOLS)
        .flat_map(|one| one.split(',').map(str::trim));
    let agreed = offered.find_map(|one| known.iter().find(|have| **have == one));
    let protocol = *agreed.ok_or_else(|| {
        let offered: Vec<_> = request.headers(PROTOCOLS).collect();
        Status::new(
            403,
            "Forbidden",
            format!("unable to upgrade: unable to negotiate protocol: client supports {offered:?}, server accepts {known:?}"),
        )
    })?;
    let upgrade = request
        .take_upgrade()
        .ok_or_else(|| Status::bad_request("Upgrade request required"))?;
    let mut response = Response::new(answer::full(Bytes::new()));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert("connection", HeaderValue::from_static("Upgrade"));
    headers.insert("upgrade", HeaderValue::from_static(UPGRADE));
    headers.insert(PROTOCOLS, HeaderValue::from_static(protocol));
    Ok((Opening::Bare(upgrade), response))
}

/// A SPDY connection of a client; this side opens no streams.
pub(super) struct Connection {
    pipe: Pipe,
    framer: Framer,
}

impl Connection {
    /// The connection, once the answer is sent.
    pub async fn open(opening: Opening) -> Option<Self> {
        let pipe = match opening {
            Opening::Bare(upgrade) => Pipe::Bare(Box::new(TokioIo::new(upgrade.await.ok()?))),
            Opening::Messages(handshake) => Pipe::Messages(Box::new(handshake.open().await?)),
        };
        let framer = Framer::new().ok()?;
        Some(Self { pipe, framer })
    }

    /// The next frame; `None` when the client is gone or makes no sense. Cancel-safe.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.framer.next().ok()? {
                return Some(frame);
            }
            let bytes = self.pipe.next().await?;
            self.framer.push(&bytes);
        }
    }

    /// Sends a frame. Whether the client is still there.
    pub async fn send(&mut self, frame: Bytes) -> bool {
        match &mut self.pipe {
            Pipe::Bare(stream) => stream.write_all(&frame).await.is_ok() && stream.flush().await.is_ok(),
            Pipe::Messages(socket) => socket.send_raw(frame).await,
        }
    }

    /// Takes a stream on. Whether the client is still there.
    pub async fn accept(&mut self, stream: u32) -> bool {
        match self.framer.accept(stream) {
            Ok(reply) => self.send(reply).await,
            Err(_) => false,
        }
    }

    /// Ends the connection; what was sent arrives.
    pub async fn close(self) {
        match self.pipe {
            Pipe::Bare(mut stream) => {
                let _ = stream.shutdown().await;
            }
            Pipe::Messages(socket) => socket.close().await,
        }
    }
}

impl Pipe {
    async fn next(&mut self) -> Option<Bytes> {
        match self {
            Self::Messages(socket) => socket.next_raw().await,
            Self::Bare(stream) => {
                let mut buffer = BytesMut::with_capacity(PIECE);
                let count = stream.read_buf(&mut buffer).await.ok()?;
                (count > 0).then(|| buffer.freeze())
            }
        }
    }
}
