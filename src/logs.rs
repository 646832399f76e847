//! The log engine: lines of many streams stored, ordered, filtered. Opens no stream.
