//! The containers of a pod as rows of their own.

use crate::kind::{Of, RowBatch, Rows};
use crate::kinds::containers;
use crate::kinds::pods::Pods;
use crate::model::Uid;

/// The rows of a pod's containers. `None` when the pod is not held.
pub fn of(pods: &dyn Rows, pod: Uid) -> Option<RowBatch> {
    let pods = pods.as_any().downcast_ref::<Of<Pods>>()?;
    pods.row(pods.slot(pod)?).map(containers::batch)
}
