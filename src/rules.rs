//! Kubernetes and cloud rules as pure functions of plain values. Knows no rows, no cluster.

pub mod density;
pub mod eni;
pub mod fit;
pub mod job_status;
pub mod max_surge;
pub mod node_status;
pub mod pod_status;
pub mod quota;
pub mod requests;
pub mod reserved;
pub mod rollout;
pub mod scale;
pub mod selector;
pub mod volume;
