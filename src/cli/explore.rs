//! `kubris` without a command: the explorer.

use std::io::Write as _;
use std::sync::Arc;

use super::{CliError, Session, shown};
use crate::app::Start;
use crate::app::gameday::Game;
use crate::cluster::kubeconfig::Search;
use crate::cluster::{Options, Starting};
use crate::model::Scope;
use crate::runtime::{self, Games, Setup};
use crate::{terminal, trace};

/// The demo cluster that the explorer opens on.
pub(super) struct Guest {
    /// Where game days are played.
    pub games: Arc<dyn Games>,
    /// One to play at once.
    pub game: Option<String>,
    /// Where its kubeconfig is, once it answers.
    pub starting: Starting,
}

/// Opens the explorer and stays in it until it is left.
pub(super) fn run(
    session: &Session,
    command: Option<String>,
    search: Search,
    guest: Option<Guest>,
) -> Result<Option<Game>, CliError> {
    let global = &session.global;
    let scope = if global.all_namespaces {
        Some(Scope::All)
    } else if global.namespace.is_empty() {
        None
    } else {
        Some(Scope::Namespaces(global.namespace.iter().cloned().collect()))
    };
    let cluster = Options {
        search,
        plugin_in_foreground: false,
        demo: guest.is_some(),
        starting: guest.as_ref().map(|guest| guest.starting.clone()),
        ..session.options()
    };
    let start = Start {
        command: command.unwrap_or_default(),
        scope,
        context: global.context.clone(),
        game: guest.as_ref().and_then(|guest| guest.game.clone()),
    };
    let (_ring, problem) = trace::start(&session.config.folders.state);
    let setup = Setup {
        config: (*session.config).clone(),
        cluster,
        start,
        games: guest.map(|guest| guest.games),
        notices: problem
            .map(|error| format!("no diagnostics are written: {error}"))
            .into_iter()
            .collect(),
    };
    terminal::install_panic_hook();
    let left = super::runtime()?.block_on(runtime::run(setup))?;
    for draft in &left.drafts {
        writeln!(std::io::stderr(), "kubris: {}", shown(draft))?;
    }
    Ok(left.game)
}
