//! Log queries: pods followed by list and watch, one stream for each run of each container, resumed without loss. Decides nothing about display.

mod follow;
mod older;
mod pod;
mod progress;
mod request;
mod runs;
mod select;
mod stream;
mod supervisor;
#[cfg(test)]
mod tests;
mod timing;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub use select::pod_labels;
pub use timing::Timing;

use super::link::Link;
use crate::logs::LogQuery;
use crate::msg::{LogId, Msg};

/// The open log queries of a session.
pub struct Tails {
    link: Arc<Link>,
    out: mpsc::Sender<Msg>,
    open: HashMap<LogId, Tail>,
}

impl Tails {
    /// None open.
    pub fn new(link: Arc<Link>, out: mpsc::Sender<Msg>) -> Self {
        Self {
            link,
            out,
            open: HashMap::new(),
        }
    }

    /// Opens a query.
    pub fn open(&mut self, id: LogId, query: LogQuery) {
        let tail = Tail::start(Arc::clone(&self.link), id, query, self.out.clone());
        self.open.insert(id, tail);
    }

    /// Loads this many older lines a container.
    pub fn older(&mut self, id: LogId, lines: u32) {
        if let Some(tail) = self.open.get(&id) {
            tail.older(lines);
        }
    }

    /// Closes a query.
    pub fn close(&mut self, id: LogId) {
        self.open.remove(&id);
    }

    /// Ends all and waits until nothing can be said any more.
    pub async fn shutdown(&mut self) {
        for (_, mut tail) in self.open.drain() {
            tail.task.abort();
            let _ = (&mut tail.task).await; // it was aborted, or had ended
        }
    }
}

/// A log query that runs. Dropping it ends all its requests.
#[derive(Debug)]
pub struct Tail {
    task: JoinHandle<()>,
    older: mpsc::Sender<u32>,
}

impl Tail {
    /// Starts a query on the current runtime. Its events go to `out`, which slows the streams down when it is full.
    pub fn start(link: Arc<Link>, id: LogId, query: LogQuery, out: mpsc::Sender<Msg>) -> Self {
        let timing = Timing::default();
        let context = stream::Context {
            link,
            id,
            out,
            timing,
        };
        Self::begin(context, query)
    }

    fn begin(context: stream::Context, query: LogQuery) -> Self {
        let (older, orders) = mpsc::channel(4);
        Self {
            task: tokio::spawn(supervisor::run(context, query, orders)),
            older,
        }
    }

    /// Loads lines older than those given so far, some `lines` for each stream. Answered by [`crate::logs::LogEvent::Older`] and
    /// [`crate::logs::LogEvent::Beginning`]. Ignored while several earlier orders wait.
    pub fn older(&self, lines: u32) {
        let _ = self.older.try_send(lines); // full: asked often enough already
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.task.abort();
    }
}
