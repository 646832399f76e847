//! The channels of exec and attach: input, output, errors, status, size. Over a WebSocket, or each a SPDY stream. Knows no commands.

use bytes::Bytes;

use super::answer::Body;
use super::pipe::{self, Connection, Opening};
use super::request::Request;
use super::socket::{self, Handshake, Socket};
use super::spdy::{self, Frame};
use crate::demo::status::Status;
use hyper::Response;

pub(super) const STDIN: u8 = 0;
pub(super) const STDOUT: u8 = 1;
pub(super) const STDERR: u8 = 2;
pub(super) const ERROR: u8 = 3;
pub(super) const RESIZE: u8 = 4;
/// v5: the next byte names a channel that the client has closed.
pub(super) const CLOSE: u8 = 255;

/// How much goes in one message; clients take no frame of 16 MiB.
const PIECE: usize = 64 << 10;

/// What streams are called, by channel.
const STREAMS: [&str; 5] = ["stdin", "stdout", "stderr", "error", "resize"];

/// Channels that are agreed on and not open yet.
pub(super) enum Agreed {
    Socket(Handshake),
    /// With the number of streams that the client will open.
    Streams(Opening, usize),
}

/// Open channels.
pub(super) enum Channels {
    Socket(Box<Socket>),
    Streams(Box<Streams>),
}

/// Agrees on how the channels come. The answer switches protocols.
pub(super) fn agree(request: &Request) -> Result<(Agreed, Response<Body>), Status> {
    if !pipe::is_bare(request) {
        let (handshake, response) = socket::agree(request, &["v5.channel.k8s.io", "v4.channel.k8s.io"])?;
        return Ok((Agreed::Socket(handshake), response));
    }
    let (opening, response) = pipe::agree(request, &["v4.channel.k8s.io"])?;
    let tty = request.flag("tty");
    // A terminal has no errors of its own, but a size.
    let asked = [
        request.flag("stdin"),
        request.flag("stdout"),
        request.flag("stderr") && !tty,
        true,
        tty,
    ];
    let streams = asked.iter().filter(|asked| **asked).count();
    Ok((Agreed::Streams(opening, streams), response))
}

impl Agreed {
    /// The channels, once the answer is sent and the client has opened them.
    pub async fn open(self) -> Option<Channels> {
        match self {
            Self::Socket(handshake) => Some(Channels::Socket(Box::new(handshake.open().await?))),
            Self::Streams(opening, count) => {
                let mut streams = Streams {
                    connection: Connection::open(opening).await?,
                    ids: [None; STREAMS.len()],
                    ended: false,
                };
                while streams.ids.iter().flatten().count() < count {
                    streams.take_stream().await?;
                }
                Some(Channels::Streams(Box::new(streams)))
            }
        }
    }
}

impl Channels {
    /// The next message as channel and data; `None` when the client is gone. Cancel-safe but for pings.
    pub async fn next(&mut self) -> Option<(u8, Bytes)> {
        match self {
            Self::Socket(socket) => socket.next().await,
            Self::Streams(streams) => streams.next().await,
        }
    }

    /// Sends data on a channel. Whether the client is still there.
    pub async fn send(&mut self, channel: u8, data: &[u8]) -> bool {
        match self {
            Self::Socket(socket) => {
                let (first, mut rest) = data.split_at(data.len().min(PIECE));
                let mut there = socket.send(channel, first).await;
                while there && !rest.is_empty() {
                    let (piece, after) = rest.split_at(rest.len().min(PIECE));
                    there = socket.send(channel, piece).await;
                    rest = after;
                }
                there
            }
            Self::Streams(streams) => streams.send(channel, data, false).await,
        }
    }

    /// Says goodbye.
    pub async fn close(self) {
        match self {
            Self::Socket(socket) => socket.close().await,
            Self::Streams(mut streams) => {
                for channel in [STDOUT, STDERR, ERROR] {
                    streams.send(channel, b"", true).await;
                }
                streams.connection.close().await;
            }
        }
    }
}

/// One SPDY stream a channel.
pub(super) struct Streams {
    connection: Connection,
    ids: [Option<u32>; STREAMS.len()],
    /// The client has closed its input together with data, and that is still to be told.
    ended: bool,
}

impl Streams {
    /// Takes what comes before all streams are there.
    async fn take_stream(&mut self) -> Option<()> {
        match self.connection.next().await? {
            Frame::Open { stream, headers } => {
                let kind = headers.iter().find(|(name, _)| name == "streamtype");
                let channel = STREAMS
                    .iter()
                    .position(|name| kind.is_some_and(|(_, kind)| kind == name));
                if let Some(id) = channel.and_then(|channel| self.ids.get_mut(channel)) {
                    *id = Some(stream);
                    return self.connection.accept(stream).await.then_some(());
                }
                let refusal = spdy::reset(stream, spdy::REFUSED);
                self.connection.send(refusal).await.then_some(())
            }
            Frame::Ping(id) => self.connection.send(spdy::pong(id)).await.then_some(()),
            _ => Some(()),
        }
    }

    async fn next(&mut self) -> Option<(u8, Bytes)> {
        let closed = (CLOSE, Bytes::from_static(&[STDIN]));
        if std::mem::take(&mut self.ended) {
            return Some(closed);
        }
        loop {
            match self.connection.next().await? {
                Frame::Data { stream, data, last } => {
                    let channel = self.ids.iter().position(|id| *id == Some(stream));
                    let Some(channel) = channel.and_then(|channel| u8::try_from(channel).ok()) else {
                        continue;
                    };
                    let ends = last && channel == STDIN;
                    if data.is_empty() && ends {
                        return Some(closed);
                    }
                    self.ended = ends;
                    return Some((channel, data));
                }
                Frame::Ping(id) if !self.connection.send(spdy::pong(id)).await => return None,
                _ => {}
            }
        }
    }

    async fn send(&mut self, channel: u8, data: &[u8], last: bool) -> bool {
        match self.ids.get(usize::from(channel)) {
            Some(Some(stream)) if last || !data.is_empty() => {
                self.connection.send(spdy::data(*stream, data, last)).await
            }
            _ => true,
        }
    }
}
