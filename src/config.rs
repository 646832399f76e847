//! Settings from files: collects problems, never refuses to start.
