//! Nodes: bars, totals, the line that explains.

use super::{Stage, check};

#[test]
fn capacity_with_totals_and_explanation() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        let mut stage = Stage::open(size, "staging", None, "nodes");
        check("nodes", &mut stage);
    }
}
