//! Log queries against a server that misbehaves.

mod fake;
mod faults;
mod queries;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::stream::Context;
use super::{Tail, Timing};
use crate::clock;
use crate::cluster::link::Link;
use crate::logs::{Item, Limits, LogBuffer, LogEvent, LogQuery, LogTarget, Marker, State};
use crate::model::Scope;
use crate::msg::{LogId, Msg};

/// A pane that shows a query.
struct Pane {
    buffer: LogBuffer,
    streams: (u32, u32),
    failed: Option<String>,
    complete: bool,
    beginnings: usize,
    events: mpsc::Receiver<Msg>,
    tail: Tail,
}

fn quick() -> Timing {
    Timing {
        backoff: Duration::from_millis(5),
        longest: Duration::from_millis(20),
        forbidden: Duration::from_millis(20),
        creating: Duration::from_millis(5),
        ..Timing::default()
    }
}

fn query(target: LogTarget) -> LogQuery {
    LogQuery {
        target,
        scope: Scope::one("shop"),
        selector: String::new(),
        container: None,
        all_containers: false,
        since_seconds: None,
        tail: None,
        previous: false,
        follow: true,
        max_streams: 50,
    }
}

fn all() -> LogQuery {
    query(LogTarget::Matching(String::new()))
}

impl Pane {
    fn open(link: &Arc<Link>, query: LogQuery, timing: Timing) -> Self {
        let (out, events) = mpsc::channel(16);
        let context = Context {
            link: Arc::clone(link),
            id: LogId(7),
            out,
            timing,
        };
        Self {
            buffer: LogBuffer::new(Limits::default()),
            streams: (0, 0),
            failed: None,
            complete: false,
            beginnings: 0,
            events,
            tail: Tail::begin(context, query),
        }
    }

    fn take(&mut self, message: Msg) {
        let Msg::Log(LogId(7), event) = message else {
            panic!("{message:?}")
        };
        match event {
            LogEvent::Streams { open, all } => self.streams = (open, all),
            LogEvent::Failed(failure) => self.failed = Some(failure.message),
            LogEvent::Complete => self.complete = true,
            LogEvent::Beginning => self.beginnings += 1,
            event => self.buffer.take(event, clock::now()),
        }
    }

    /// Takes events until something holds.
    async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !holds(self) {
                let message = self.events.recv().await.expect("the query goes on");
                self.take(message);
            }
        };
        if tokio::time::timeout(Duration::from_secs(20), waiting)
            .await
            .is_err()
        {
            panic!(
                "not seen: {what}; shown: {:?}; states: {:?}",
                self.shown(),
                self.states()
            );
        }
    }

    async fn until_shown(&mut self, last: &str) {
        self.until(last, |pane| pane.shown().last().is_some_and(|line| line == last))
            .await;
    }

    fn shown(&self) -> Vec<String> {
        let text = |item: Item<'_>| match item {
            Item::Line(line) => String::from_utf8_lossy(line.text).into_owned(),
            Item::Marker(
                _,
                Marker::Restart {
                    exit_code, reason, ..
                },
            ) => format!("restart {exit_code:?} {reason}"),
            Item::Marker(_, Marker::Gap { from, to, .. }) => format!("gap {}", (to.0 - from.0) / 1_000_000),
            Item::Marker(_, Marker::Mark { .. }) => "mark".to_owned(),
        };
        self.buffer.window(0, usize::MAX).map(text).collect()
    }

    fn states(&self) -> Vec<State> {
        self.buffer.sources().map(|source| source.state.clone()).collect()
    }

    fn is_ended(&self, index: usize, code: Option<i32>) -> bool {
        matches!(self.states().get(index), Some(State::Ended { exit_code, .. }) if *exit_code == code)
    }
}
