//! The only holder of a Kubernetes client: runs effects, emits messages. Knows no panes.

pub mod error;
pub mod guard;
pub mod kubeconfig;
