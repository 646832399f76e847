//! Credentials of an exec plugin: one run at a time for all requests of a context, refreshed before they end, run again once when the server
//! refuses them. Never runs inside a request's time limit and never on the screen.

mod plugin;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use secrecy::SecretString;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::clock::{self, Timestamp};
use crate::model::{Failure, FailureKind};
use crate::msg::Msg;

pub use plugin::Plugin;
use plugin::Terminal;

/// What a plugin gave.
#[derive(Debug)]
pub struct Credential {
    /// Bearer token.
    pub token: Option<SecretString>,
    /// Client certificate and key in PEM.
    pub identity: Option<(String, SecretString)>,
    /// Counts from 1; a later one replaces an earlier one.
    pub generation: u64,
    obtained: Timestamp,
    expires: Option<Timestamp>,
    since: Instant,
    accepted: AtomicBool,
}

impl Credential {
    /// The server took it.
    pub fn accept(&self) {
        self.accepted.store(true, Ordering::Relaxed);
    }

    fn expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| now >= end)
    }

    /// Past four fifths of its life.
    fn ageing(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| {
            let life = end.nanos_since(self.obtained);
            now.nanos_since(self.obtained) >= life / 5 * 4
        })
    }
}

/// After a failed run, the next one waits at least this long, doubled with each failure up to [`LONGEST_REST`].
const REST: Duration = Duration::from_secs(10);
const LONGEST_REST: Duration = Duration::from_secs(300);
/// Credentials that were never accepted are not renewed earlier than this: the plugin would be run for each refused request.
const PATIENCE: Duration = Duration::from_secs(10);

type Run = Shared<BoxFuture<'static, Result<Arc<Credential>, Failure>>>;

/// The source of credentials of one context.
#[derive(Clone)]
pub struct Credentials(Arc<Inner>);

struct Inner {
    plugin: Plugin,
    /// The terminal may be used by the plugin at any time (one-shot commands).
    foreground: bool,
    out: tokio::sync::mpsc::Sender<Msg>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Credential>>,
    running: Option<(Run, AbortHandle)>,
    failed: Option<Failed>,
    generation: u64,
}

struct Failed {
    why: Failure,
    count: u32,
    /// `None`: not before somebody asks.
    again: Option<Instant>,
}

impl Credentials {
    /// A source that has not run yet. With `foreground` the plugin has the terminal; else its output goes to `out`.
    pub fn new(plugin: Plugin, foreground: bool, out: tokio::sync::mpsc::Sender<Msg>) -> Self {
        Self(Arc::new(Inner {
            plugin,
            foreground,
            out,
            state: Mutex::default(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Valid credentials. Waits for the plugin as long as it takes; runs it only if it does not run already.
    ///
    /// # Errors
    /// [`FailureKind::Credentials`]: the plugin failed, or was given up.
    pub async fn current(&self) -> Result<Arc<Credential>, Failure> {
        let run = {
            let mut state = self.state();
            let now = clock::now();
            if let Some(current) = state.current.clone().filter(|current| !current.expired(now)) {
                if current.ageing(now) && !state.resting() {
                    drop(self.start(&mut state)); // it goes on by itself
                }
                return Ok(current);
            }
            if let Some(failed) = state.failed.as_ref().filter(|_| state.resting()) {
                return Err(failed.why.clone());
            }
            self.start(&mut state)
        };
        run.await
    }

    /// Newer credentials than `used`, which the server refused. `None` when a new run would bring nothing.
    pub async fn renewed(&self, used: &Credential) -> Option<Arc<Credential>> {
        let run = {
            let mut state = self.state();
            match &state.current {
                Some(current) if current.generation > used.generation => return Some(Arc::clone(current)),
                _ => {}
            }
            let worth = used.accepted.load(Ordering::Relaxed) || used.since.elapsed() >= PATIENCE;
            if !worth || (state.running.is_none() && state.resting()) {
                return None;
            }
            state.current = None;
            self.start(&mut state)
        };
        run.await.ok()
    }

    /// Ends the run there is, and starts no other by itself.
    pub fn abandon(&self) {
        let mut state = self.state();
        if let Some((_, abort)) = state.running.take() {
            abort.abort();
        }
        let why = Failure::new(
            FailureKind::Credentials,
            format!("`{}` was given up", self.0.plugin.name()),
        );
        state.failed = Some(Failed {
            why,
            count: 1,
            again: None,
        });
    }

    /// Runs the plugin with the terminal, which the caller has set free.
    ///
    /// # Errors
    /// As [`Credentials::current`].
    pub async fn run_in_foreground(&self) -> Result<(), Failure> {
        self.abandon();
        let result = self.0.plugin.run(Terminal::Given, &self.0.out).await;
        self.finish(result).map(|_| ())
    }

    /// The run there is, or a new one.
    fn start(&self, state: &mut State) -> Run {
        if let Some((run, _)) = &state.running {
            return run.clone();
        }
        let this = self.clone();
        let task = tokio::spawn(async move {
            let terminal = if this.0.foreground {
                Terminal::Given
            } else {
                Terminal::Kept
            };
            let result = this.0.plugin.run(terminal, &this.0.out).await;
            let result = this.finish(result);
            let _ = this
                .0
                .out
                .send(Msg::PluginEnded(result.as_ref().err().cloned()))
                .await; // nobody listens any more
            result
        });
        let abort = task.abort_handle();
        let name = self.0.plugin.name().to_owned();
        let run = async move {
            task.await.unwrap_or_else(|_| {
                Err(Failure::new(
                    FailureKind::Credentials,
                    format!("`{name}` was given up"),
                ))
            })
        };
        let run = run.boxed().shared();
        state.running = Some((run.clone(), abort));
        run
    }

    fn finish(&self, result: Result<plugin::Given, Failure>) -> Result<Arc<Credential>, Failure> {
        let mut state = self.state();
        state.running = None;
        match result {
            Ok(given) => {
                state.failed = None;
                state.generation += 1;
                let fresh = Arc::new(Credential {
                    token: given.token,
                    identity: given.identity,
                    generation: state.generation,
                    obtained: clock::now(),
                    expires: given.expires,
                    since: Instant::now(),
                    accepted: AtomicBool::new(false),
                });
                state.current = Some(Arc::clone(&fresh));
                Ok(fresh)
            }
            Err(why) => {
                let count = state.failed.as_ref().map_or(0, |failed| failed.count) + 1;
                let rest = REST.saturating_mul(1 << (count - 1).min(8)).min(LONGEST_REST);
                let again = Some(Instant::now() + rest);
                state.failed = Some(Failed {
                    why: why.clone(),
                    count,
                    again,
                });
                Err(why)
            }
        }
    }
}

impl State {
    /// A run failed and it is not time for the next.
    fn resting(&self) -> bool {
        self.failed
            .as_ref()
            .is_some_and(|failed| failed.again.is_none_or(|again| Instant::now() < again))
    }
}

#[cfg(test)]
mod tests;
