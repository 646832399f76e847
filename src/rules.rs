//! Kubernetes and cloud rules as pure functions of plain values. Knows no rows, no cluster.

pub mod density;
pub mod eni;
pub mod pod_status;
pub mod selector;
