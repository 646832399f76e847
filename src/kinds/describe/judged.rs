//! The row that a table has of an object, and its health as a tone: descriptions and tables judge alike.

use serde_json::Value;

use super::pod::tone;
use crate::kind::{Facts, KindDef};
use crate::model::{Pool, Tone};
use crate::wire::Wire as _;

/// The row of an object of a kind, and how it is doing. `None` for what cannot be read.
pub fn judged<K: KindDef>(object: &Value) -> Option<(K::Row, Tone)> {
    let text = object.to_string();
    let wire = K::Wire::json(text.as_bytes()).ok()?;
    let row = K::row(wire, &mut Pool::default()).ok()?;
    let tone = tone(K::health(&row, &Facts::default()));
    Some((row, tone))
}
