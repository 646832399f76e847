//! The log engine: lines of many streams stored, ordered, filtered. Opens no stream.

pub mod query;

pub use query::{LogEvent, LogQuery, LogTarget};
