//! The row that a table has of an object, and its health as a tone: descriptions and tables judge alike.

use serde_json::Value;

use super::pod::tone;
use crate::kind::{Facts, KindDef};
use crate::model::{Pool, Tone};
use crate::wire::Wire as _;

/// The row of an object of a kind, and how it is doing. What cannot be read is as empty.
pub fn judged<K: KindDef>(object: &Value) -> (K::Row, Tone)
where
    for<'a> K::Wire<'a>: Default,
{
    let text = object.to_string();
    let wire = K::Wire::json(text.as_bytes()).unwrap_or_default();
    let row = K::row(wire, &mut Pool::default());
    let tone = tone(K::health(&row, &Facts::default()));
    (row, tone)
}
