//! `kubris nodes`: nodes with their capacity, as the explorer shows them.

use std::process::ExitCode;

use super::args::Nodes;
use super::listing::Listing;
use super::output::Output;
use super::{CliError, Session, selector};
use crate::cluster::once::{self, Wanted};
use crate::model::{Failure, FailureKind};

/// Prints them. Fails when one that was asked for by name is not there.
pub(super) async fn run(session: &Session, args: &Nodes, out: &mut Output) -> Result<ExitCode, CliError> {
    let labels = selector(&args.labels.selector)?;
    let link = session.link().await?;
    let kind = once::kind(&link, "nodes").await?;
    let wanted = Wanted {
        labels,
        ..Wanted::default()
    };
    let mut listing = Listing::load(&link, &kind, &wanted).await?;
    if !args.names.is_empty() {
        listing.retain(|feed, slot| {
            feed.rows
                .meta(slot)
                .is_some_and(|meta| args.names.iter().any(|name| **name == *meta.name))
        });
    }
    let found = listing.names();
    if args.names.is_empty() || !found.is_empty() {
        listing.show(args.output, &session.theme(&link), out)?;
    }
    match args.names.iter().find(|name| !found.contains(name)) {
        Some(missing) => {
            Err(Failure::new(FailureKind::NotFound, format!("nodes `{missing}` not found")).into())
        }
        None => Ok(ExitCode::SUCCESS),
    }
}
