//! The demo cluster: an API server on loopback and a pretend world behind it.

pub mod clock;
pub mod kubelet;
pub mod kubelet_api;
pub mod resource;
pub mod server;
pub mod status;
pub mod store;
pub mod world;
