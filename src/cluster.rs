//! The only holder of a Kubernetes client: runs effects, emits messages. Knows no panes.
//!
//! [`Cluster::spawn`] starts the engine on the tokio runtime it is called in; [`Handle::run`] gives it effects and never blocks. Everything it
//! has to say comes as [`Msg`], feeds and answers through one bounded channel, logs through another.

pub mod audit;
mod clockwatch;
pub mod connect;
mod credentials;
pub mod discover;
mod engine;
pub mod error;
pub mod exec;
mod feed;
pub mod gate;
pub mod guard;
pub mod kubeconfig;
pub mod link;
pub mod logs;
pub mod metrics;
pub mod mutate;
pub mod once;
pub mod rights;

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::config::{Config, Folders};
use crate::model::{Failure, FailureKind};
use crate::msg::{Access, Effect, ExecRequest, Msg};

use audit::Journal;
use engine::Engine;
use exec::{ExecSession, Streams};
use kubeconfig::Search;
use link::Link;

/// How to reach clusters. The same for all contexts of a run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where kubeconfigs are.
    pub search: Search,
    /// `--context`; `None` for the current one.
    pub context: Option<String>,
    /// `--readonly` (`Some(true)`) or `--write` (`Some(false)`).
    pub read_only: Option<bool>,
    /// `--as`.
    pub impersonate: Option<String>,
    /// `--as-group`.
    pub impersonate_groups: Vec<String>,
    /// The person's settings: which contexts are read-only, where the audit journal is, which namespaces are favourites.
    pub config: Arc<Config>,
    /// Credential plugins may use the terminal (one-shot commands). Else their output comes as [`Msg::Plugin`].
    pub plugin_in_foreground: bool,
    /// How long things may take.
    pub timing: link::Timing,
    /// This is the embedded demo cluster.
    pub demo: bool,
    /// Where kubeconfigs will be: waited for instead of [`Options::search`]. `None` when nothing has to start first.
    pub starting: Option<Starting>,
}

/// A cluster that is started beside the explorer: where its kubeconfig is, once it answers, or why it does not.
pub type Starting = watch::Receiver<Option<Result<Search, Failure>>>;

impl Options {
    /// Whether a session on the context may change things.
    pub fn access_of(&self, context: &str) -> Access {
        if self.config.is_read_only(context, self.read_only) {
            Access::ReadOnly
        } else {
            Access::Write
        }
    }

    /// Where deeds are noted.
    pub fn journal(&self) -> Journal {
        let state = &self.config.folders.state;
        if state.as_os_str().is_empty() {
            return Journal::in_folder(&Folders::from_env().state);
        }
        Journal::in_folder(state)
    }
}

/// Where messages go. Both channels are bounded; a slow reader slows the cluster's tasks, never the other way round.
#[derive(Debug, Clone)]
pub struct Outlets {
    /// Feeds, connection, answers.
    pub feeds: mpsc::Sender<Msg>,
    /// Logs.
    pub logs: mpsc::Sender<Msg>,
}

/// The engine, started.
#[derive(Debug)]
pub struct Cluster;

impl Cluster {
    /// Starts the engine on the current tokio runtime. It reads the kubeconfig and says [`crate::msg::Connection::Contexts`]; it sends
    /// nothing before the first [`Effect::Connect`]. It ends, with all its tasks, when the last handle is dropped.
    pub fn spawn(options: Options, out: Outlets) -> Handle {
        let (commands, queue) = mpsc::unbounded_channel();
        let (link, current) = watch::channel(None);
        let journal = options.journal();
        tokio::spawn(Engine::new(options, journal.clone(), out, link).run(queue));
        Handle {
            commands,
            link: current,
            journal,
        }
    }
}

/// Gives effects to the engine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Handle {
    commands: mpsc::UnboundedSender<engine::Order>,
    link: watch::Receiver<Option<Arc<Link>>>,
    journal: Journal,
}

impl Handle {
    /// Runs an effect; never blocks. Gives back what is not the cluster's business: clipboard, files, editor, highlighting, terminal.
    pub fn run(&self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::Connect(_)
            | Effect::Feed(..)
            | Effect::Relist(_)
            | Effect::Drop(_)
            | Effect::Usage(_)
            | Effect::Logs(..)
            | Effect::OlderLogs(..)
            | Effect::DropLogs(_)
            | Effect::Fetch(..)
            | Effect::FetchScale(..)
            | Effect::Allow(_)
            | Effect::Cancel(_)
            | Effect::Mutate(..)
            | Effect::AbandonPlugin => {
                let _ = self.commands.send((effect, self.journal.hold())); // the engine ends only with the last handle
                None
            }
            other => Some(other),
        }
    }

    /// The journal of what is done through this handle; to be settled before the runtime ends.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// The link in use, for calls that are no effects (exec, one-shot commands).
    ///
    /// # Errors
    /// No context is connected.
    pub fn link(&self) -> Result<Arc<Link>, Failure> {
        self.link
            .borrow()
            .clone()
            .ok_or_else(|| Failure::new(FailureKind::Connection, "not connected to a cluster"))
    }

    /// Starts a process in a container ([`Effect::Exec`]).
    ///
    /// # Errors
    /// Not connected, or as [`exec::start`].
    pub async fn exec(&self, request: ExecRequest, streams: Streams) -> Result<ExecSession, Failure> {
        exec::start(self.link()?, self.journal.clone(), request, streams).await
    }

    /// Runs the credential plugin with the terminal, which the caller has set free ([`Effect::RunPlugin`]).
    ///
    /// # Errors
    /// The context has no plugin, or it failed.
    pub async fn run_plugin(&self) -> Result<(), Failure> {
        let link = self.link()?;
        let Some(credentials) = link.gate().credentials() else {
            return Err(Failure::new(
                FailureKind::Credentials,
                "this context uses no credential plugin",
            ));
        };
        credentials.run_in_foreground().await?;
        link.reopen().await;
        Ok(())
    }
}
