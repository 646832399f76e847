//! What many rows say together. Does no I/O.

pub mod capacity;
pub mod containers;
pub mod endpoints;
pub mod owners;
pub mod quota;
pub mod scaling;
