//! `kubris` without a command: the explorer.

use std::process::ExitCode;

use super::{CliError, Session};
use crate::app::Start;
use crate::cluster::Options;
use crate::cluster::kubeconfig::Search;
use crate::model::Scope;
use crate::runtime::{self, Setup};
use crate::{terminal, trace};

/// Opens the explorer and stays in it until it is left.
pub(super) fn run(
    session: &Session,
    command: Option<String>,
    search: Search,
    demo: bool,
) -> Result<ExitCode, CliError> {
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
        demo,
        ..session.options()
    };
    let start = Start {
        command: command.unwrap_or_default(),
        scope,
        context: global.context.clone(),
    };
    let (_ring, problem) = trace::start(&session.config.folders.state);
    let setup = Setup {
        config: (*session.config).clone(),
        cluster,
        start,
        notices: problem
            .map(|error| format!("no diagnostics are written: {error}"))
            .into_iter()
            .collect(),
    };
    terminal::install_panic_hook();
    super::runtime()?.block_on(runtime::run(setup))?;
    Ok(ExitCode::SUCCESS)
}
