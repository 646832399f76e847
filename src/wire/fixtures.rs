//! Recorded lists of the real API server, for the tests of every kind.

use bytes::Bytes;

use super::frame::{Encoding, ListItem, ListReader};

/// The items of a recorded list, in one encoding; panics when there is no recording.
pub fn items(resource: &str, encoding: Encoding) -> Vec<Bytes> {
    let ending = if encoding == Encoding::Protobuf {
        "list.pb"
    } else {
        "list.json"
    };
    let path = format!(
        "{}/tests/fixtures/wire/{resource}.{ending}",
        env!("CARGO_MANIFEST_DIR")
    );
    let body = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut reader = ListReader::new(encoding);
    let mut items = Vec::new();
    for chunk in body.chunks(1000) {
        reader.push(chunk);
        while let Some(item) = reader.item().unwrap() {
            if let ListItem::Object(object) = item {
                items.push(object);
            }
        }
    }
    reader.finish().unwrap();
    items
}
