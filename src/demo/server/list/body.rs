//! The body of a list on its way: piece by piece, compressed if the client wants that. Knows no form.

use std::io;

use bytes::Bytes;
use futures::stream;
use hyper::Response;

use crate::demo::server::answer::{self, Body, Squeeze};

/// Size of the pieces of a body, before compression.
pub(super) const PIECE: usize = 128 << 10;

/// What writes a page in some form.
pub(super) trait Writer: Send {
    /// What the form is called.
    fn content_type(&self) -> &'static str;
    /// Does a piece of the work that comes before the first byte; whether that is all.
    fn prepare(&mut self) -> bool;
    /// The next piece; `None` after the last.
    fn piece(&mut self) -> Option<Vec<u8>>;
    /// Whether the last piece was given.
    fn is_done(&self) -> bool;
}

/// A body being sent.
struct Sending {
    writer: Box<dyn Writer>,
    ready: bool,
    first: Option<Vec<u8>>,
    squeeze: Option<Squeeze>,
    over: bool,
}

/// The answer that a writer writes; a short one is sent whole and not compressed.
pub(super) fn answer(mut writer: Box<dyn Writer>, accepts_gzip: bool) -> Response<Body> {
    let content = writer.content_type();
    let ready = writer.prepare();
    let first = if ready { writer.piece() } else { None };
    if writer.is_done() {
        return answer::of_type(200, content, answer::full(first.unwrap_or_default()));
    }
    let is_long = first.as_ref().is_none_or(|first| first.len() >= PIECE);
    let sending = Sending {
        writer,
        ready,
        first,
        squeeze: (accepts_gzip && is_long).then(Squeeze::new),
        over: false,
    };
    let zipped = sending.squeeze.is_some();
    let pieces = stream::unfold(sending, |mut sending| async move {
        let piece = sending.next().await?;
        Some((piece, sending))
    });
    let mut response = answer::of_type(200, content, answer::stream(pieces));
    if zipped {
        answer::mark_gzip(&mut response);
    }
    response
}

impl Sending {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        // Others share this thread.
        tokio::task::yield_now().await;
        while !self.ready {
            self.ready = self.writer.prepare();
            tokio::task::yield_now().await;
        }
        loop {
            if self.over {
                return None;
            }
            let piece = self.first.take().or_else(|| self.writer.piece());
            self.over = piece.is_none();
            let sent = match (piece, &mut self.squeeze) {
                (None, _) => self.squeeze.take()?.finish(),
                (Some(piece), None) => Ok(piece.into()),
                (Some(piece), Some(squeeze)) => squeeze.push(&piece),
            };
            // The compressor may have kept it all.
            if !matches!(&sent, Ok(bytes) if bytes.is_empty()) {
                return Some(sent);
            }
        }
    }
}
