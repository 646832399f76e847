//! The log engine: lines of many streams cut, stored, ordered, filtered and read. Pure: it opens no stream, draws nothing and reads no clock.
//!
//! A stream task feeds bytes to a [`Cutter`] and sends [`Chunk`]s. A pane owns a [`LogBuffer`]: it appends chunks, shows a window of [`Item`]s, and
//! hands [`ScanJob`]s (filter, search) to a worker whose [`Hits`] it takes back.

pub mod ansi;
pub mod buffer;
pub mod cut;
pub mod fields;
pub mod filter;
pub mod histogram;
pub mod lens;
pub mod lead;
pub mod level;
pub mod line;
pub mod marker;
pub mod order;
pub mod query;
pub mod ring;
pub mod segment;
pub mod source;
pub mod stamp;
pub mod event;

pub use buffer::{Item, Limits, LogBuffer, Scroll};
pub use cut::{Cutter, LINE_MAX, Resume};
pub use event::LogEvent;
pub use filter::{Filter, FilterError};
pub use histogram::{Seconds, Tally};
pub use lens::{Hits, ScanJob, Use};
pub use level::Level;
pub use line::{Chunk, Gap, Line, LineRef};
pub use marker::Marker;
pub use order::{Entry, OrderBy};
pub use query::{LogQuery, LogTarget};
pub use source::{Source, SourceId, State};
