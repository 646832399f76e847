//! The demo cluster: an API server on loopback and a pretend world behind it.
