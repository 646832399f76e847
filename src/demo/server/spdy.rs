//! Frames of SPDY/3.1, as client-go's streams use them: what comes in is bytes, what comes out is frames, and the other way round. Sends nothing.

mod headers;

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// The bit that tells a control frame from data.
const CONTROL: u16 = 0x8000;
const VERSION: u16 = 3;
const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const GOAWAY: u16 = 7;
/// The last frame of its sender on a stream.
const FIN: u8 = 1;
/// Bytes before the payload of every frame.
const HEAD: usize = 8;
/// Bytes of data in one frame; its length has 24 bits.
const MOST: usize = 64 << 10;

/// `RST_STREAM`: the stream is not wanted.
pub(super) const REFUSED: u32 = 3;

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum SpdyError {
    /// The other end speaks another version.
    #[error("not SPDY/3.1")]
    Version,
    /// A frame is shorter than its kind.
    #[error("a frame of {0} is cut short")]
    Short(&'static str),
    /// A header block that cannot be read.
    #[error("bad header block")]
    Headers,
}

/// What the other end says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Opens a stream.
    Open {
        /// Its number.
        stream: u32,
        /// Names in lower case and values.
        headers: Vec<(String, String)>,
    },
    /// Data on a stream.
    Data {
        /// The stream.
        stream: u32,
        /// The bytes.
        data: Bytes,
        /// Whether the sender has closed its side.
        last: bool,
    },
    /// The stream is no more.
    Reset(u32),
    /// Wants the same back.
    Ping(u32),
    /// No more streams come.
    GoAway,
    /// Of no consequence here: settings, windows (client-go has no flow control), replies.
    Other,
}

/// One connection's frames; the header blocks depend on all before them.
#[derive(Debug)]
pub(super) struct Framer {
    incoming: BytesMut,
    reader: headers::Reader,
    writer: headers::Writer,
}

impl Framer {
    pub fn new() -> Result<Self, SpdyError> {
        Ok(Self {
            incoming: BytesMut::new(),
            reader: headers::Reader::new(),
            writer: headers::Writer::new()?,
        })
    }

    /// Takes in what has come, wherever it was cut.
    pub fn push(&mut self, bytes: &[u8]) {
        self.incoming.extend_from_slice(bytes);
    }

    /// The next whole frame, if there is one.
    pub fn next(&mut self) -> Result<Option<Frame>, SpdyError> {
        let Some(length) = self.incoming.get(5..HEAD) else {
            return Ok(None);
        };
        let length = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        if self.incoming.len() < HEAD + length {
            return Ok(None);
        }
        let mut frame = self.incoming.split_to(HEAD + length).freeze();
        let word = frame.get_u32();
        let last = frame.get_u8() & FIN != 0;
        frame.advance(3);
        let (version, kind) = ((word >> 16) as u16, word as u16);
        if version & CONTROL == 0 {
            let (stream, data) = (word, frame);
            return Ok(Some(Frame::Data { stream, data, last }));
        }
        if version & !CONTROL != VERSION {
            return Err(SpdyError::Version);
        }
        self.control(kind, frame).map(Some)
    }

    fn control(&mut self, kind: u16, mut payload: Bytes) -> Result<Frame, SpdyError> {
        let (name, least) = match kind {
            SYN_STREAM => ("SYN_STREAM", 10),
            SYN_REPLY => ("SYN_REPLY", 4),
            RST_STREAM => ("RST_STREAM", 8),
            PING => ("PING", 4),
            GOAWAY => return Ok(Frame::GoAway),
            _ => return Ok(Frame::Other),
        };
        if payload.len() < least {
            return Err(SpdyError::Short(name));
        }
        let number = payload.get_u32();
        Ok(match kind {
            SYN_STREAM => {
                payload.advance(6); // the stream it belongs to, priority, slot
                let headers = self.reader.read(&payload)?;
                Frame::Open {
                    stream: number,
                    headers,
                }
            }
            RST_STREAM => Frame::Reset(number),
            PING => Frame::Ping(number),
            _ => {
                self.reader.read(&payload)?; // for the blocks after it
                Frame::Other
            }
        })
    }

    /// Accepts a stream.
    pub fn accept(&mut self, stream: u32) -> Result<Bytes, SpdyError> {
        let block = self.writer.empty()?;
        let mut payload = BytesMut::with_capacity(4 + block.len());
        payload.put_u32(stream);
        payload.put_slice(&block);
        Ok(control(SYN_REPLY, &payload))
    }
}

/// Data on a stream, in frames of at most `MOST` bytes; `last` closes this side of it with the last of them.
pub(super) fn data(stream: u32, data: &[u8], last: bool) -> Bytes {
    let mut frames = BytesMut::with_capacity(data.len() + HEAD * (data.len() / MOST + 1));
    let mut rest = data;
    loop {
        let (piece, after) = rest.split_at(rest.len().min(MOST));
        let ends = last && after.is_empty();
        frames.put_u32(stream);
        frames.put_u32(u32::from(if ends { FIN } else { 0 }) << 24 | piece.len() as u32);
        frames.put_slice(piece);
        if after.is_empty() {
            return frames.freeze();
        }
        rest = after;
    }
}

/// Ends a stream at once.
pub(super) fn reset(stream: u32, status: u32) -> Bytes {
    control(RST_STREAM, &[stream.to_be_bytes(), status.to_be_bytes()].concat())
}

/// Answers a ping.
pub(super) fn pong(id: u32) -> Bytes {
    control(PING, &id.to_be_bytes())
}

fn control(kind: u16, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(HEAD + payload.len());
    frame.put_u16(CONTROL | VERSION);
    frame.put_u16(kind);
    frame.put_u32(payload.len() as u32);
    frame.put_slice(payload);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What client-go's framer (moby/spdystream 0.5.1) writes for one forwarded connection.
    const RECORDED: &[u8] = include_bytes!("spdy/recorded.bin");

    fn frames(framer: &mut Framer) -> Vec<Frame> {
        std::iter::from_fn(|| framer.next().unwrap()).collect()
    }

    fn opened(stream: u32, kind: &str) -> Frame {
        let pairs = [("streamtype", kind), ("port", "80"), ("requestid", "0")];
        let mut headers: Vec<_> = pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        headers.sort();
        Frame::Open { stream, headers }
    }

    fn sorted(mut frame: Frame) -> Frame {
        if let Frame::Open { headers, .. } = &mut frame {
            headers.sort();
        }
        frame
    }

    #[test]
    fn recorded_bytes_are_read_wherever_they_are_cut() {
        let data = |data: &'static [u8], last| Frame::Data {
            stream: 3,
            data: Bytes::from_static(data),
            last,
        };
        let wanted = [
            opened(1, "error"),
            opened(3, "data"),
            Frame::Ping(1),
            data(b"GET / HTTP/1.1\r\n\r\n", false),
            data(b"", true),
            Frame::Reset(3),
            Frame::GoAway,
        ];
        for size in [1, 7, 64, RECORDED.len()] {
            let mut framer = Framer::new().unwrap();
            let mut seen = Vec::new();
            for piece in RECORDED.chunks(size) {
                framer.push(piece);
                seen.extend(frames(&mut framer).into_iter().map(sorted));
            }
            assert_eq!(seen, wanted, "pieces of {size}");
        }
    }

    #[test]
    fn answers_are_frames_that_can_be_read() {
        let mut server = Framer::new().unwrap();
        let mut client = Framer::new().unwrap();
        for stream in [1, 3] {
            client.push(&server.accept(stream).unwrap());
            assert_eq!(client.next(), Ok(Some(Frame::Other)));
        }
        client.push(&data(3, b"hello", true));
        client.push(&reset(3, REFUSED));
        client.push(&pong(7));
        let hello = Frame::Data {
            stream: 3,
            data: Bytes::from_static(b"hello"),
            last: true,
        };
        assert_eq!(frames(&mut client), [hello, Frame::Reset(3), Frame::Ping(7)]);
    }

    #[test]
    fn data_of_any_size_is_cut_into_frames_and_only_the_last_ends_the_stream() {
        let sent: Vec<u8> = (0..(16 << 20) + 5).map(|at| (at % 251) as u8).collect();
        let mut client = Framer::new().unwrap();
        client.push(&data(3, &sent, true));
        let (mut whole, mut ends) = (Vec::new(), Vec::new());
        for frame in frames(&mut client) {
            let Frame::Data {
                stream: 3,
                data,
                last,
            } = frame
            else {
                panic!("{frame:?}");
            };
            whole.extend_from_slice(&data);
            ends.push(last);
        }
        assert!(whole == sent, "{} bytes of {}", whole.len(), sent.len());
        assert_eq!(ends.pop(), Some(true));
        assert!(ends.len() == 256 && ends.iter().all(|last| !last));
    }

    #[test]
    fn another_version_and_broken_blocks_are_refused() {
        let mut framer = Framer::new().unwrap();
        framer.push(&[0x80, 2, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1]);
        assert_eq!(framer.next(), Err(SpdyError::Version));
        let mut framer = Framer::new().unwrap();
        framer.push(&control(SYN_STREAM, &[0; 14]));
        assert_eq!(framer.next(), Err(SpdyError::Headers));
        let mut framer = Framer::new().unwrap();
        framer.push(&control(PING, &[0]));
        assert_eq!(framer.next(), Err(SpdyError::Short("PING")));
    }
}
