//! `kubris events`: events newest first, of everything or of one object.

use std::process::ExitCode;

use super::args::Events;
use super::listing::Listing;
use super::output::Output;
use super::{CliError, Session, target};
use crate::cluster::once::{self, Wanted};

/// Prints them.
pub(super) async fn run(session: &Session, args: &Events, out: &mut Output) -> Result<ExitCode, CliError> {
    let link = session.link().await?;
    let kind = once::kind(&link, "events").await?;
    let mut wanted = Wanted {
        scope: session.scope(&link),
        ..Wanted::default()
    };
    if let Some(about) = &args.about {
        let (about, name) = target(about)?;
        let about = once::kind(&link, about).await?;
        let object = if kind.gvr.group.is_empty() {
            "involvedObject"
        } else {
            "regarding"
        };
        wanted.fields = format!("{object}.kind={},{object}.name={name}", about.kind);
        if !about.namespaced {
            // Events of cluster-scoped objects stand in namespace `default`.
            wanted.scope = crate::model::Scope::one("default");
        }
    }
    let mut listing = Listing::load(&link, &kind, &wanted).await?;
    if args.warnings {
        listing.retain(|feed, slot| feed.health(slot).is_fault());
    }
    listing.show(args.output, &session.theme(&link), out)?;
    Ok(ExitCode::SUCCESS)
}
