//! The protobuf wire format as far as framing needs it: tags, lengths, skipping. Decodes no message.

use super::{FrameError, LARGEST};

const BAD: FrameError = FrameError::Malformed("protobuf");

/// First bytes of every protobuf body and of every object inside a watch frame.
pub const MAGIC: &[u8; 4] = b"k8s\0";

/// A varint at the front and how many bytes it takes. `None` when more bytes are needed.
pub fn varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, FrameError> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some((value, at + 1)));
        }
    }
    if bytes.len() >= 10 { Err(BAD) } else { Ok(None) }
}

/// The head of a field: its number, where its payload begins and how long that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Field number.
    pub field: u64,
    /// True for bytes, text and messages.
    pub delimited: bool,
    /// Bytes before the payload.
    pub start: usize,
    /// Bytes of the payload.
    pub len: usize,
}

/// The head of the field at the front. `None` when more bytes are needed.
pub fn head(bytes: &[u8]) -> Result<Option<Head>, FrameError> {
    let Some((tag, start)) = varint(bytes)? else {
        return Ok(None);
    };
    let head = |delimited, start, len| Head {
        field: tag >> 3,
        delimited,
        start,
        len,
    };
    let rest = bytes.get(start..).unwrap_or_default();
    match tag & 7 {
        0 => Ok(varint(rest)?.map(|(_, len)| head(false, start, len))),
        1 => Ok(Some(head(false, start, 8))),
        5 => Ok(Some(head(false, start, 4))),
        2 => {
            let Some((len, width)) = varint(rest)? else {
                return Ok(None);
            };
            let fits = usize::try_from(len)
                .ok()
                .filter(|len| isize::try_from(*len).is_ok());
            let len = fits.ok_or(FrameError::TooLarge(len))?;
            Ok(Some(head(true, start + width, len)))
        }
        _ => Err(BAD),
    }
}

/// The payload range of the first delimited field with this number in a complete message; `None` if there is none.
pub fn find(message: &[u8], field: u64) -> Result<Option<std::ops::Range<usize>>, FrameError> {
    let mut at = 0;
    while at < message.len() {
        let head = head(message.get(at..).unwrap_or_default())?.ok_or(BAD)?;
        let start = at + head.start;
        let end = start
            .checked_add(head.len)
            .filter(|end| *end <= message.len())
            .ok_or(BAD)?;
        if head.delimited && head.field == field {
            return Ok(Some(start..end));
        }
        at = end;
    }
    Ok(None)
}

/// The range of `Unknown.raw` behind the magic bytes.
pub fn unwrap_envelope(bytes: &[u8]) -> Result<std::ops::Range<usize>, FrameError> {
    let body = bytes.strip_prefix(MAGIC).ok_or(BAD)?;
    let raw = find(body, 2)?.unwrap_or(0..0);
    Ok(raw.start + MAGIC.len()..raw.end + MAGIC.len())
}

/// The length if an object may have it.
pub fn allowed(len: usize) -> Result<usize, FrameError> {
    if len > LARGEST {
        Err(FrameError::TooLarge(len as u64))
    } else {
        Ok(len)
    }
}
