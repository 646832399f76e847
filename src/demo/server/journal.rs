//! What the server was asked: a list of requests for tests and for `--verbose`. Decides nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::clock::Timestamp;

/// How many requests are remembered.
const KEPT: usize = 100_000;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// When it came, by the wall clock.
    pub at: Timestamp,
    /// `GET`, `POST` ….
    pub method: String,
    /// The path.
    pub path: String,
    /// The query as it was sent.
    pub query: String,
    /// `Accept`.
    pub accept: String,
    /// `User-Agent`.
    pub agent: String,
}

impl Seen {
    /// Whether it is a list: a GET of objects that neither watches nor names one. (Names are told from collections by their plural.)
    pub fn is_list(&self) -> bool {
        let registry = crate::demo::resource::Registry::builtin();
        let last = self.path.rsplit('/').next().unwrap_or_default();
        let known = registry.all().iter().any(|resource| resource.plural == last);
        self.method == "GET" && known && !self.is_watch() && self.path.matches('/').count() > 2
    }

    /// Whether it is a watch.
    pub fn is_watch(&self) -> bool {
        self.method == "GET"
            && self
                .query
                .split('&')
                .any(|part| matches!(part, "watch=true" | "watch=1" | "watch"))
    }
}

/// The requests so far. Clones share them.
#[derive(Debug, Clone)]
pub struct Journal {
    seen: Arc<Mutex<VecDeque<Seen>>>,
    count: Arc<watch::Sender<usize>>,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            seen: Arc::default(),
            count: Arc::new(watch::Sender::new(0)),
        }
    }
}

impl Journal {
    pub(super) fn push(&self, seen: Seen) {
        let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.pop_front();
        }
        all.push_back(seen);
        drop(all);
        self.count.send_modify(|count| *count += 1);
    }

    /// All of them, oldest first.
    pub fn all(&self) -> Vec<Seen> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    /// Forgets them.
    pub fn clear(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Waits until at least `count` remembered requests are `wanted`, and gives these.
    pub async fn wait_for(&self, count: usize, wanted: impl Fn(&Seen) -> bool) -> Vec<Seen> {
        let mut news = self.count.subscribe();
        loop {
            news.borrow_and_update();
            let found: Vec<_> = self.all().into_iter().filter(|seen| wanted(seen)).collect();
            if found.len() >= count || news.changed().await.is_err() {
                return found;
            }
        }
    }
}
