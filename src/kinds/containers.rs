//! Containers of one pod: a kind without a resource of its own. Its rows are made from the pod's row, never fetched.

use crate::model::Gvr;

/// The made-up resource.
pub const GVR: Gvr = Gvr::of("kubris", "v1", "containers");
