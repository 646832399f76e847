//! The handshake and channel framing of `v4.channel.k8s.io` and `v5.channel.k8s.io`. Knows no pods.

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use hyper::header::HeaderValue;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, frame::coding::CloseCode};

use super::answer::{self, Body};
use super::request::Request;
use crate::demo::status::Status;

/// A connection about to become a WebSocket.
pub(super) struct Handshake {
    /// The subprotocol agreed on.
    pub protocol: &'static str,
    upgrade: OnUpgrade,
}

/// Agrees on a subprotocol: the first that the client offers and that is among `known`. The answer switches protocols.
pub(super) fn agree(
    request: &Request,
    known: &[&'static str],
) -> Result<(Handshake, Response<Body>), Status> {
    let wants = request.header("upgrade").eq_ignore_ascii_case("websocket");
    let upgrade = request
        .take_upgrade()
        .filter(|_| wants)
        .ok_or_else(|| Status::bad_request("Upgrade request required"))?;
    let mut offered = request.header("sec-websocket-protocol").split(',').map(str::trim);
    let agreed = offered.find_map(|one| known.iter().find(|have| **have == one));
    let protocol = *agreed.ok_or_else(|| {
        Status::bad_request(format!(
            "unable to negotiate protocol: client supports {:?}, server accepts {known:?}",
            request.header("sec-websocket-protocol")
        ))
    })?;
    let mut response = Response::new(answer::full(Bytes::new()));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert("connection", HeaderValue::from_static("Upgrade"));
    headers.insert("upgrade", HeaderValue::from_static("websocket"));
    headers.insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
    let accept = derive_accept_key(request.header("sec-websocket-key").as_bytes());
    if let Ok(accept) = HeaderValue::from_str(&accept) {
        headers.insert("sec-websocket-accept", accept);
    }
    Ok((Handshake { protocol, upgrade }, response))
}

impl Handshake {
    /// The socket, once the answer is sent.
    pub async fn open(self) -> Option<Socket> {
        let upgraded = self.upgrade.await.ok()?;
        Some(Socket(
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await,
        ))
    }
}

/// An open WebSocket.
pub(super) struct Socket(WebSocketStream<TokioIo<Upgraded>>);

impl Socket {
    /// The next message as channel and data; `None` when the client is gone. Cancel-safe.
    pub async fn next(&mut self) -> Option<(u8, Bytes)> {
        while let Some(data) = self.next_raw().await {
            if let Some((channel, rest)) = data.split_first() {
                let skip = data.len() - rest.len();
                return Some((*channel, data.slice(skip..)));
            }
        }
        None
    }

    /// The next message as it is; `None` when the client is gone. Cancel-safe.
    pub async fn next_raw(&mut self) -> Option<Bytes> {
        loop {
            match self.0.next().await?.ok()? {
                Message::Binary(data) => return Some(data),
                Message::Text(text) => return Some(Bytes::from(text)),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// Sends data on a channel. Whether the client is still there.
    pub async fn send(&mut self, channel: u8, data: &[u8]) -> bool {
        let mut message = Vec::with_capacity(data.len() + 1);
        message.push(channel);
        message.extend_from_slice(data);
        self.send_raw(message.into()).await
    }

    /// Sends a message as it is.
    pub async fn send_raw(&mut self, data: Bytes) -> bool {
        self.0.send(Message::Binary(data)).await.is_ok()
    }

    /// Says goodbye and waits until the client has done so, too.
    pub async fn close(mut self) {
        let frame = CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        };
        if self.0.close(Some(frame)).await.is_ok() {
            while self.next_raw().await.is_some() {}
        }
    }
}
