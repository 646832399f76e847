//! `kubris diag`: what is needed to understand a problem. It sends no request and prints no secret.

use std::process::ExitCode;

use super::output::Output;
use super::{CliError, Session};
use crate::cluster::kubeconfig::Kubeconfig;
use crate::theme::Depth;

/// Environment variables that change what the program does; none of them holds a secret.
const VARIABLES: &[&str] = &[
    "KUBECONFIG",
    "KUBRIS_CONFIG_DIR",
    "KUBRIS_LOG",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "TERM",
    "COLORTERM",
    "TERM_PROGRAM",
    "COLORFGBG",
    "NO_COLOR",
    "TMUX",
    "STY",
    "SSH_CONNECTION",
    "LANG",
    "LC_ALL",
    "EDITOR",
    "KUBE_EDITOR",
    "NO_PROXY",
    "no_proxy",
];

/// Prints it.
pub(super) fn run(session: &Session, out: &mut Output) -> Result<ExitCode, CliError> {
    let env = |name: &str| std::env::var(name).ok();
    out.line(&format!(
        "kubris {} on {} {}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    ))?;
    for name in VARIABLES {
        if let Some(value) = env(name) {
            out.line(&format!("  {name}={value}"))?;
        }
    }
    let (columns, rows) = crossterm::terminal::size().unwrap_or_default();
    let depth = session
        .config
        .settings
        .colours
        .unwrap_or_else(|| Depth::detect(env));
    out.line(&format!(
        "terminal: {columns} columns, {rows} rows, colours: {depth:?}"
    ))?;
    let folders = &session.config.folders;
    out.line(&format!("settings: {}", folders.config.display()))?;
    out.line(&format!(
        "state: {} (trace.log, audit.jsonl)",
        folders.state.display()
    ))?;
    let (theme, themes) = session
        .config
        .theme(session.global.context.as_deref().unwrap_or_default(), env);
    out.line(&format!("theme: {}", theme.name()))?;
    for problem in session.config.problems.iter().chain(&themes) {
        out.line(&format!("  {problem}"))?;
    }
    let kubeconfig = Kubeconfig::read(&session.search());
    for file in &kubeconfig.files {
        out.line(&format!("kubeconfig: {}", file.display()))?;
    }
    for problem in &kubeconfig.problems {
        out.line(&format!("  {problem}"))?;
    }
    let current = kubeconfig.current.as_deref().unwrap_or("none");
    out.line(&format!(
        "contexts: {}, current: {current}",
        kubeconfig.contexts.len()
    ))?;
    for context in &kubeconfig.contexts {
        if let Some(problem) = &context.problem {
            out.line(&format!("  {}: {problem}", context.name))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
