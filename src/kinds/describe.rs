//! What describe shows, per kind: most important first, problems marked, events last. Fetches nothing.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::kind::EventLine;
use crate::model::Doc;

pub use self::generic as pod;
pub use self::generic as workload;
pub use self::generic as node;
pub use self::generic as service;
pub use self::generic as configmap;
pub use self::generic as secret;

/// Any object: its fields in their order.
pub fn generic(_object: &Value, _events: &[EventLine], _now: Timestamp) -> Doc {
    Doc::default()
}
