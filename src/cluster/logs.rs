//! Log queries on a link: finds the pods, opens the streams, says what they say.

use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use super::link::Link;
use crate::logs::{LogEvent, LogQuery};
use crate::model::{Failure, FailureKind};
use crate::msg::{LogId, Msg};

/// The open log queries of a session.
pub struct Tails {
    out: Sender<Msg>,
}

impl Tails {
    /// None open.
    pub fn new(_link: Arc<Link>, out: Sender<Msg>) -> Self {
        Self { out }
    }

    /// Opens a query.
    pub fn open(&mut self, id: LogId, _query: LogQuery) {
        let why = Failure::new(FailureKind::Unsupported, "logs are not there yet");
        let _ = self.out.try_send(Msg::Log(id, LogEvent::Failed(why))); // the pane asks again
    }

    /// Loads this many older lines a container.
    pub fn older(&mut self, _id: LogId, _lines: u32) {}

    /// Closes a query.
    pub fn close(&mut self, _id: LogId) {}

    /// Ends all and waits until nothing can be said any more.
    pub async fn shutdown(&mut self) {}
}
