//! What describe shows, per kind: most important first, problems marked, events last. Fetches nothing.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::model::Doc;

pub fn workload(_object: &Value, _events: &[EventLine], _now: Timestamp) -> Doc {
    Doc::default()
}

pub fn pod(_object: &Value, _events: &[EventLine], _now: Timestamp) -> Doc {
    Doc::default()
}
