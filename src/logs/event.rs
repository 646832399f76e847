//! What the task of a log query tells its pane. Plain data.

use super::{Chunk, Marker, Source, SourceId, State};
use crate::model::Failure;

/// One message of a log task. A source is announced before anything else is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogEvent {
    /// A stream was found; its `colour` is set by the pane.
    Source(Source),
    /// A stream does differently now.
    State(SourceId, State),
    /// New lines of one stream, in its order.
    Lines(Chunk),
    /// Lines older than all received of that stream, in its order; empty if there were none or they could not be read.
    Older(Chunk),
    /// The beginning of every log is reached: nothing older is left.
    Beginning,
    /// A divider.
    Marker(Marker),
    /// How many streams are open, and how many exist.
    Streams {
        /// Open, ended or waiting for their container.
        open: u32,
        /// All, those waiting for their turn included.
        all: u32,
    },
    /// The pods of the query cannot be followed at present; streams that are open go on. `None` when they can again.
    Trouble(Option<Failure>),
    /// The query cannot be answered at all: nothing more comes.
    Failed(Failure),
    /// Everything there is was read and nothing more comes (a query that does not follow).
    Complete,
}
