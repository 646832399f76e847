//! `kubris contexts`: every context of the kubeconfig, usable or with the reason why not. It sends no request.

use std::io::Write as _;
use std::process::ExitCode;

use super::args::{Contexts, Format};
use super::output::{Output, Table};
use super::{CliError, Session, shown};
use crate::cluster::kubeconfig::Kubeconfig;

/// Prints them.
pub(super) fn run(session: &Session, args: &Contexts, out: &mut Output) -> Result<ExitCode, CliError> {
    let kubeconfig = Kubeconfig::read(&session.search());
    if kubeconfig.contexts.is_empty() {
        return Err(kubeconfig.nothing().into());
    }
    // A context that is missed may stand in a file that could not be read.
    for problem in &kubeconfig.problems {
        writeln!(std::io::stderr(), "{}", shown(&problem.to_string()))?;
    }
    let titles = [
        "CURRENT",
        "NAME",
        "CLUSTER",
        "USER",
        "NAMESPACE",
        "SERVER",
        "ACCESS",
        "PROBLEM",
    ];
    let mut table = Table {
        titles: titles.map(str::to_owned).to_vec(),
        rows: Vec::new(),
    };
    for context in &kubeconfig.contexts {
        let current = kubeconfig.current.as_deref() == Some(&context.name);
        let read_only = session
            .config
            .is_read_only(&context.name, session.global.read_only());
        let cells = [
            if current { "*" } else { "" },
            &context.name,
            &context.cluster,
            &context.user,
            &context.namespace,
            &context.server,
            if read_only { "read-only" } else { "write" },
            context.problem.as_deref().unwrap_or_default(),
        ];
        table.rows.push(cells.map(|text| text.to_owned().into()).to_vec());
    }
    match args.output {
        Format::Table | Format::Wide => table.print(out)?,
        Format::Csv => table.csv(out)?,
        Format::Json | Format::Yaml => out.value(&table.json(), args.output)?,
        Format::Name => {
            for context in &kubeconfig.contexts {
                out.line(&context.name)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
