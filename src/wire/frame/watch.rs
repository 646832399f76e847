//! The events of a watch, as they arrive.

use std::borrow::Cow;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr;
use prost::Message;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Encoding, FrameError, LARGEST, Status, proto};
use crate::wire::{Pair, Wire as _, from_json, lossy};

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchEvent {
    /// ADDED or MODIFIED: the object as it is now, in the encoding of the stream (tables: a Table of one row).
    Upsert {
        /// The object.
        object: Bytes,
        /// Where a watch goes on from; empty if the object carries none.
        resource_version: String,
    },
    /// DELETED: the object as it was last.
    Remove {
        /// The object.
        object: Bytes,
        /// Where a watch goes on from; empty if the object carries none.
        resource_version: String,
    },
    /// BOOKMARK: nothing changed up to here.
    Bookmark {
        /// Where a watch goes on from.
        resource_version: String,
        /// Every object there was at the start has been sent (`sendInitialEvents`).
        initial_events_end: bool,
    },
    /// ERROR: the watch ends. Code 410 asks for a new list.
    Error(Status),
}

/// Takes a watch body apart while it arrives: [`WatchReader::push`] a chunk, then call [`WatchReader::event`] until it gives `None`.
#[derive(Debug)]
pub struct WatchReader {
    buffer: BytesMut,
    protobuf: bool,
    /// How much of the buffer holds no line end.
    scanned: usize,
}

impl WatchReader {
    /// A reader of one watch.
    pub fn new(encoding: Encoding) -> Self {
        Self {
            buffer: BytesMut::new(),
            protobuf: encoding == Encoding::Protobuf,
            scanned: 0,
        }
    }

    /// Adds a chunk of the body.
    pub fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// The next event; `None` when the next chunk is needed. Events of unknown types are passed over.
    ///
    /// # Errors
    /// The bytes are no watch in this encoding.
    pub fn event(&mut self) -> Result<Option<WatchEvent>, FrameError> {
        loop {
            let frame = if self.protobuf {
                self.frame()?
            } else {
                self.line()?
            };
            let Some(frame) = frame else {
                return Ok(None);
            };
            let event = if self.protobuf {
                from_proto(&frame)?
            } else {
                from_line(&frame)?
            };
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    /// The body has ended.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] if an event has not.
    pub fn finish(&self) -> Result<(), FrameError> {
        if self.buffer.iter().all(u8::is_ascii_whitespace) {
            Ok(())
        } else {
            Err(FrameError::Truncated)
        }
    }

    /// A frame: a big-endian length of 4 bytes, then so many bytes.
    fn frame(&mut self) -> Result<Option<Bytes>, FrameError> {
        let Some(length) = self.buffer.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = proto::allowed(u32::from_be_bytes(*length) as usize)?;
        if self.buffer.len() < 4 + length {
            return Ok(None);
        }
        self.buffer.advance(4);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }

    fn line(&mut self) -> Result<Option<Bytes>, FrameError> {
        loop {
            let fresh = self.buffer.get(self.scanned..).unwrap_or_default();
            let Some(end) = memchr(b'\n', fresh) else {
                self.scanned = self.buffer.len();
                return if self.scanned > LARGEST {
                    Err(FrameError::TooLarge(self.scanned as u64))
                } else {
                    Ok(None)
                };
            };
            let line = self.buffer.split_to(self.scanned + end + 1).freeze();
            self.scanned = 0;
            if !line.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(line));
            }
        }
    }
}

const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// `meta/v1` `WatchEvent`; `RawExtension` has one field, so its payload is taken by range.
fn from_proto(frame: &Bytes) -> Result<Option<WatchEvent>, FrameError> {
    const BAD: FrameError = FrameError::Malformed("a protobuf watch event");
    let kind = proto::find(frame, 1)?
        .and_then(|range| frame.get(range))
        .ok_or(BAD)?;
    let extension = frame.slice(proto::find(frame, 2)?.ok_or(BAD)?);
    let envelope = extension.slice(proto::find(&extension, 1)?.ok_or(BAD)?);
    let object = envelope.slice(proto::unwrap_envelope(&envelope)?);
    if kind == b"ERROR" {
        return Ok(Some(WatchEvent::Error(Status::proto(&object).map_err(|_| BAD)?)));
    }
    let metadata = object.slice(proto::find(&object, 1)?.unwrap_or(0..0));
    let version = proto::find(&metadata, 6)?.and_then(|range| metadata.get(range));
    let resource_version = String::from_utf8_lossy(version.unwrap_or_default()).into_owned();
    let bookmark = kind == b"BOOKMARK";
    let initial_events_end = bookmark && {
        let marks = Annotations::decode(metadata).map_err(|_| BAD)?;
        marks
            .annotations
            .iter()
            .any(|mark| mark.key == INITIAL_EVENTS_END && mark.value == "true")
    };
    Ok(event(kind, object, (resource_version, initial_events_end)))
}

/// As much of `ObjectMeta` as a bookmark needs.
#[derive(Clone, PartialEq, Message)]
struct Annotations {
    #[prost(message, repeated, tag = "12")]
    annotations: Vec<Pair>,
}

fn event(
    kind: &[u8],
    object: Bytes,
    (resource_version, initial_events_end): (String, bool),
) -> Option<WatchEvent> {
    match kind {
        b"ADDED" | b"MODIFIED" => Some(WatchEvent::Upsert {
            object,
            resource_version,
        }),
        b"DELETED" => Some(WatchEvent::Remove {
            object,
            resource_version,
        }),
        b"BOOKMARK" => Some(WatchEvent::Bookmark {
            resource_version,
            initial_events_end,
        }),
        _ => None,
    }
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Peek {
    metadata: PeekMeta,
    /// A table names the version of its one row there when its own metadata does not.
    rows: Vec<PeekRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PeekRow {
    object: PeekObject,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PeekObject {
    metadata: PeekMeta,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct PeekMeta {
    resource_version: String,
    annotations: PeekAnnotations,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PeekAnnotations {
    #[serde(rename = "k8s.io/initial-events-end")]
    initial_events_end: String,
}

fn from_line(line: &Bytes) -> Result<Option<WatchEvent>, FrameError> {
    const BAD: FrameError = FrameError::Malformed("a JSON watch event");
    let mended = match lossy(line) {
        Cow::Borrowed(_) => line.clone(),
        Cow::Owned(text) => text.into(),
    };
    let line = &mended;
    let event_line: Line = serde_json::from_slice(line).map_err(|_| BAD)?;
    let object = line.slice_ref(event_line.object.get().as_bytes());
    if event_line.kind == "ERROR" {
        return Ok(Some(WatchEvent::Error(from_json(&object).map_err(|_| BAD)?)));
    }
    let mut peek: Peek = from_json(&object).map_err(|_| BAD)?;
    if let (true, Some(row)) = (peek.metadata.resource_version.is_empty(), peek.rows.pop()) {
        peek.metadata = row.object.metadata;
    }
    let end = peek.metadata.annotations.initial_events_end == "true";
    let version = peek.metadata.resource_version;
    Ok(event(event_line.kind.as_bytes(), object, (version, end)))
}
