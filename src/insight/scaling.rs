//! What will happen to a change of scale: who undoes it, and whether the new pods fit.

use crate::kind::Rows;
use crate::model::ObjectKey;

/// The autoscaler that acts on the workload and its bounds, if `wanted` replicas would not stay: `hpa/web (min 4 max 10)`.
pub fn undone_by(_autoscalers: Option<&dyn Rows>, _key: &ObjectKey, _wanted: Option<u32>) -> Option<String> {
    None
}

/// Whether the added pods of these workloads fit on the nodes as they are, in words.
pub fn fit(_pods: &dyn Rows, _nodes: &dyn Rows, _added: &[(ObjectKey, u32)]) -> Option<String> {
    None
}
