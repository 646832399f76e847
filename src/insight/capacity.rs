//! What nodes have and what the pods on them ask for.

use crate::kind::Rows;

/// Allocatable CPU (thousandths of a core) and memory (bytes) of all nodes. `None` when the rows are not nodes.
pub fn allocatable(_nodes: &dyn Rows) -> Option<(u64, u64)> {
    None
}
