//! The items of a list, as they arrive.

use bytes::{Buf, Bytes, BytesMut};
use prost::Message;
use serde::Deserialize;

use super::json::Scanner;
use super::{Encoding, FrameError, LARGEST, proto};
use crate::wire::from_json;

/// `metadata` of a list.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListMeta {
    /// Where a watch goes on from.
    #[prost(string, tag = "2")]
    pub resource_version: String,
    /// Names the next page; empty on the last.
    #[prost(string, tag = "3")]
    #[serde(rename = "continue")]
    pub continue_: String,
    /// How many items follow on later pages; `None` when the server does not say.
    #[prost(int64, optional, tag = "4")]
    #[serde(rename = "remainingItemCount")]
    pub remaining: Option<i64>,
}

/// A piece of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListItem {
    /// The list's metadata. Comes first in protobuf and tables; before or after the items in JSON.
    Meta(ListMeta),
    /// One object in the encoding of the body (a table: the whole page).
    Object(Bytes),
}

/// Takes a list body apart while it arrives: [`ListReader::push`] a chunk, then call [`ListReader::item`] until it gives `None`; at the
/// end of the body call [`ListReader::finish`].
#[derive(Debug)]
pub struct ListReader {
    buffer: BytesMut,
    state: State,
    /// Bytes to throw away before anything else.
    skip: usize,
    scanner: Scanner,
    /// How much of the buffer the scanner has seen.
    scanned: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Magic,
    /// Fields of `Unknown`; whether its `raw` has been seen.
    Envelope(bool),
    /// Fields of the list; how many bytes of it are left.
    List(usize),
    /// JSON: before `{`.
    Open,
    /// JSON: before a key, or the end.
    Key,
    /// JSON: before the value of a key.
    Value(Member),
    /// JSON: inside a value that is read as a whole or thrown away.
    Whole(Member),
    /// JSON: between items.
    Items,
    /// JSON: inside an item.
    Item,
    /// A table: inside the page.
    Page,
    /// The page was found; it is given out after its metadata.
    Paged(usize),
    Done,
}

/// Which member of the JSON list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Metadata,
    Items,
    Other,
}

/// How much is allocated at once, in bytes: for some chunks, and few enough that an item, which holds its block, holds little else.
const BLOCK: usize = 64 << 10;

const NOT_LIST: FrameError = FrameError::Malformed("a JSON list");

impl ListReader {
    /// A reader of one page.
    pub fn new(encoding: Encoding) -> Self {
        Self {
            buffer: BytesMut::new(),
            state: match encoding {
                Encoding::Protobuf => State::Magic,
                Encoding::Json => State::Open,
                Encoding::Table => State::Page,
            },
            skip: 0,
            scanner: Scanner::default(),
            scanned: 0,
        }
    }

    /// Adds a chunk of the body.
    pub fn push(&mut self, chunk: &[u8]) {
        if self.buffer.capacity() - self.buffer.len() < chunk.len() {
            self.buffer.reserve(chunk.len().max(BLOCK));
        }
        self.buffer.extend_from_slice(chunk);
    }

    /// The next piece; `None` when the next chunk is needed.
    ///
    /// # Errors
    /// The bytes are no list in this encoding.
    pub fn item(&mut self) -> Result<Option<ListItem>, FrameError> {
        loop {
            let step = match self.state {
                State::Magic | State::Envelope(_) | State::List(_) => self.proto()?,
                State::Page | State::Paged(_) => self.page()?,
                State::Done => return Ok(None),
                _ => self.json()?,
            };
            match step {
                Step::Again => {}
                Step::More if self.buffer.len() > LARGEST => {
                    return Err(FrameError::TooLarge(self.buffer.len() as u64));
                }
                Step::More => return Ok(None),
                Step::Item(item) => return Ok(Some(item)),
            }
        }
    }

    /// The body has ended.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] if the list has not.
    pub fn finish(&self) -> Result<(), FrameError> {
        match self.state {
            State::Done => Ok(()),
            State::Envelope(true) if self.buffer.is_empty() && self.skip == 0 => Ok(()),
            _ => Err(FrameError::Truncated),
        }
    }

    fn proto(&mut self) -> Result<Step, FrameError> {
        let skipped = self.skip.min(self.buffer.len());
        self.buffer.advance(skipped);
        self.skip -= skipped;
        if self.skip > 0 {
            return Ok(Step::More);
        }
        match self.state {
            State::Magic if self.buffer.len() < proto::MAGIC.len() => Ok(Step::More),
            State::Magic if self.buffer.starts_with(proto::MAGIC) => {
                self.buffer.advance(proto::MAGIC.len());
                self.state = State::Envelope(false);
                Ok(Step::Again)
            }
            State::Envelope(seen) => self.envelope(seen),
            State::List(0) => {
                self.state = State::Envelope(true);
                Ok(Step::Again)
            }
            State::List(left) => self.field(left),
            _ => Err(FrameError::Malformed("protobuf")),
        }
    }

    fn envelope(&mut self, seen: bool) -> Result<Step, FrameError> {
        if self.buffer.is_empty() {
            return Ok(Step::More);
        }
        let Some(head) = proto::head(&self.buffer)? else {
            return Ok(Step::More);
        };
        self.buffer.advance(head.start);
        if head.delimited && head.field == 2 && !seen {
            self.state = State::List(head.len);
        } else {
            self.skip = head.len;
        }
        Ok(Step::Again)
    }

    fn field(&mut self, left: usize) -> Result<Step, FrameError> {
        let Some(head) = proto::head(&self.buffer)? else {
            return Ok(Step::More);
        };
        let after = left
            .checked_sub(head.start)
            .and_then(|left| left.checked_sub(head.len))
            .ok_or(FrameError::Malformed("protobuf"))?;
        if !head.delimited || !matches!(head.field, 1 | 2) {
            self.buffer.advance(head.start);
            self.skip = head.len;
            self.state = State::List(after);
            return Ok(Step::Again);
        }
        let len = proto::allowed(head.len)?;
        if self.buffer.len() < head.start + len {
            self.buffer.reserve(head.start + len - self.buffer.len());
            return Ok(Step::More);
        }
        self.buffer.advance(head.start);
        self.state = State::List(after);
        let payload = self.buffer.split_to(len).freeze();
        Ok(Step::Item(if head.field == 1 {
            let meta = ListMeta::decode(payload).map_err(|_| FrameError::Malformed("protobuf"))?;
            ListItem::Meta(meta)
        } else {
            ListItem::Object(payload)
        }))
    }

    fn json(&mut self) -> Result<Step, FrameError> {
        if matches!(self.state, State::Whole(_) | State::Item) {
            return self.value();
        }
        let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
        let blanks = self.buffer.iter().take_while(|byte| blank(byte)).count();
        self.buffer.advance(blanks);
        let Some(&first) = self.buffer.first() else {
            return Ok(Step::More);
        };
        self.state = match (self.state, first) {
            (State::Open, b'{') | (State::Items, b']') => {
                self.buffer.advance(1);
                State::Key
            }
            (State::Key, b'}') => State::Done,
            (State::Key, b'"') => return self.key(),
            (State::Value(Member::Items), b'[') => {
                self.buffer.advance(1);
                State::Items
            }
            // `items: null` is an empty list.
            (State::Value(Member::Items), b'n') => State::Whole(Member::Other),
            (State::Value(Member::Metadata | Member::Other), byte) if byte != b'}' && byte != b']' => {
                let State::Value(member) = self.state else {
                    return Err(NOT_LIST);
                };
                State::Whole(member)
            }
            (State::Items, b'{') => State::Item,
            _ => return Err(NOT_LIST),
        };
        Ok(Step::Again)
    }

    /// A key and its colon, as a whole.
    fn key(&mut self) -> Result<Step, FrameError> {
        let Some(end) = Scanner::default().end(&self.buffer) else {
            return Ok(Step::More);
        };
        let rest = self.buffer.get(end..).unwrap_or_default();
        let Some(blanks) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) else {
            return Ok(Step::More);
        };
        if rest.get(blanks) != Some(&b':') {
            return Err(NOT_LIST);
        }
        let key = self.buffer.split_to(end);
        self.buffer.advance(blanks + 1);
        self.state = State::Value(match &*key {
            b"\"metadata\"" => Member::Metadata,
            b"\"items\"" => Member::Items,
            _ => Member::Other,
        });
        Ok(Step::Again)
    }

    /// The rest of a value that is taken as a whole.
    fn value(&mut self) -> Result<Step, FrameError> {
        let fresh = self.buffer.get(self.scanned..).unwrap_or_default();
        let Some(end) = self.scanner.end(fresh) else {
            self.scanned = self.buffer.len();
            return Ok(Step::More);
        };
        let value = self.buffer.split_to(self.scanned + end).freeze();
        self.scanner = Scanner::default();
        self.scanned = 0;
        let was = self.state;
        self.state = if was == State::Item {
            State::Items
        } else {
            State::Key
        };
        Ok(match was {
            State::Item => Step::Item(ListItem::Object(value)),
            State::Whole(Member::Metadata) => {
                let meta: Option<ListMeta> = from_json(&value).map_err(|_| NOT_LIST)?;
                Step::Item(ListItem::Meta(meta.unwrap_or_default()))
            }
            _ => Step::Again,
        })
    }

    fn page(&mut self) -> Result<Step, FrameError> {
        if let State::Paged(len) = self.state {
            self.state = State::Done;
            return Ok(Step::Item(ListItem::Object(self.buffer.split_to(len).freeze())));
        }
        let fresh = self.buffer.get(self.scanned..).unwrap_or_default();
        let Some(end) = self.scanner.end(fresh) else {
            self.scanned = self.buffer.len();
            return Ok(Step::More);
        };
        let len = self.scanned + end;
        let page: Page = from_json(self.buffer.get(..len).unwrap_or_default())
            .map_err(|_| FrameError::Malformed("a table"))?;
        if page.kind != "Table" {
            return Err(FrameError::Malformed("a table, though one was asked for"));
        }
        self.state = State::Paged(len);
        Ok(Step::Item(ListItem::Meta(page.metadata)))
    }
}

/// What one look at the buffer gave.
enum Step {
    Again,
    More,
    Item(ListItem),
}

/// As much of a table as framing needs.
#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: ListMeta,
}
