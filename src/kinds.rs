//! The kinds that have a file of their own.
