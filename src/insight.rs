//! What many rows say together. Does no I/O.

pub mod owners;
