//! Texts that are not UTF-8: what is wrong in them is replaced by U+FFFD, so that the object is read and not left out.

use std::borrow::Cow;

use prost::Message;
use prost::encoding::encode_varint;

use super::frame::{FrameError, Head, head};

/// A text; what is not UTF-8 in it is replaced.
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    // The replacing looks at each byte; nearly nothing needs it.
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// Reads a message whose texts may be no UTF-8. `None` if it cannot be read for another reason.
pub fn decode<M: Message + Default>(message: &[u8]) -> Option<M> {
    let mended = mended(message, &|message| M::decode(message).is_ok()).ok()??;
    M::decode(&*mended).ok()
}

/// Bytes that are a text and no message.
const NO_MESSAGE: &[u8] = b"\x07";

/// The message with all texts in UTF-8. Which fields are texts is not told by the bytes but by `reads`: it is the type's decoder, with what
/// stands around this message already put around it. `None` if the bytes are no message.
fn mended(message: &[u8], reads: &dyn Fn(&[u8]) -> bool) -> Result<Option<Vec<u8>>, FrameError> {
    let mut out = Vec::with_capacity(message.len() + 2);
    let mut rest = message;
    while let Some(head) = head(rest)? {
        let Some((field, behind)) = rest.split_at_checked(head.start.saturating_add(head.len)) else {
            return Ok(None);
        };
        rest = behind;
        let payload = field.get(head.start..).unwrap_or_default();
        if reads(field) || !head.delimited {
            out.extend_from_slice(field);
            continue;
        }
        if reads(&delimited(&head, NO_MESSAGE)) {
            out.extend(delimited(&head, lossy(payload).as_bytes()));
        } else {
            match mended(payload, &|inner| reads(&delimited(&head, inner)))? {
                Some(inner) => out.extend(delimited(&head, &inner)),
                None => return Ok(None),
            }
        }
    }
    Ok(rest.is_empty().then_some(out))
}

/// A field with this payload.
fn delimited(head: &Head, payload: &[u8]) -> Vec<u8> {
    let mut field = Vec::with_capacity(payload.len() + 8);
    encode_varint(head.field << 3 | 2, &mut field);
    encode_varint(payload.len() as u64, &mut field);
    field.extend_from_slice(payload);
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ObjectMeta;

    #[test]
    fn only_what_is_no_utf_8_is_replaced() {
        let label = b"\x0a\x01k\x12\x03v\xff\xfe";
        let owner = b"\x1a\x02o\xe9\x22\x03uid\x30\x01";
        let meta = [
            &b"\x0a\x03caf\x38\x07\x1a\x04a\xf0\x9f\x98\x5a\x08"[..],
            label,
            b"\x6a\x0b",
            owner,
        ]
        .concat();
        assert!(ObjectMeta::decode(&*meta).is_err());
        let read: ObjectMeta = decode(&meta).unwrap();
        assert_eq!(
            (&*read.name, &*read.namespace, read.generation),
            ("caf", "a\u{fffd}", 7)
        );
        assert_eq!(read.labels[0].value, "v\u{fffd}\u{fffd}");
        let owner = &read.owner_references[0];
        assert_eq!(
            (&*owner.name, &*owner.uid, owner.controller),
            ("o\u{fffd}", "uid", true)
        );
    }

    #[test]
    fn what_is_no_message_stays_unread() {
        for bad in [&b"\x0a\x05ab"[..], b"\x08\x01", b"\x6a\x02\x0a\x09", b"\x07"] {
            assert!(decode::<ObjectMeta>(bad).is_none(), "{bad:?}");
        }
    }
}
