//! `kubris config`: the commented defaults, the schema, the keys, and what is wrong in a person's files. It changes no file.

use std::process::ExitCode;

use super::args;
use super::output::Output;
use super::{CliError, Session};
use crate::action::{Action, Scope};
use crate::config::{DEFAULTS, SCHEMA};

/// Prints what was asked for.
pub(super) fn run(session: &Session, args: &args::Config, out: &mut Output) -> Result<ExitCode, CliError> {
    if args.check {
        return check(session, out);
    }
    if args.schema {
        out.line(SCHEMA.trim_end())?;
    } else if args.paths {
        let folders = &session.config.folders;
        let config = folders.config.display();
        out.line(&format!("config   {config}/config.toml"))?;
        out.line(&format!("keymap   {config}/keymap.toml"))?;
        out.line(&format!("themes   {config}/themes"))?;
        out.line(&format!("state    {}", folders.state.display()))?;
        out.line(&format!("cache    {}", folders.cache.display()))?;
    } else if args.keymap {
        keymap(session, out)?;
    } else {
        out.line(DEFAULTS.trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Every problem, one a line; fails when there is one.
fn check(session: &Session, out: &mut Output) -> Result<ExitCode, CliError> {
    let context = session.global.context.as_deref().unwrap_or_default();
    let (_, theme) = session.config.theme(context, |name| std::env::var(name).ok());
    let mut count = 0;
    for problem in session.config.problems.iter().chain(&theme) {
        out.line(&problem.to_string())?;
        count += 1;
    }
    if count == 0 {
        out.line("no problems")?;
    }
    Ok(if count == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The keys in force, as a keymap file.
fn keymap(session: &Session, out: &mut Output) -> Result<(), CliError> {
    out.line("# Keys in force. Copy what you want to change to keymap.toml; \"none\" unbinds.")?;
    for scope in Scope::ALL {
        out.line(&format!("\n[{}]", scope.name()))?;
        for action in Action::all().filter(|action| action.is_in(*scope)) {
            let chords = session.config.keymap.chords(action, *scope);
            let texts: Vec<String> = chords.iter().map(|chord| quoted(&chord.to_string())).collect();
            let value = match texts.as_slice() {
                [] => "\"none\"".to_owned(),
                [one] => one.clone(),
                several => format!("[{}]", several.join(", ")),
            };
            out.line(&format!("{} = {value} # {}", action.name(), action.spec().help))?;
        }
    }
    Ok(())
}

/// As a basic string of TOML.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
