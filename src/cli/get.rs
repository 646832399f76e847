//! `kubris get`: objects of any kind, with the explorer's columns or as the API server has them.

use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::{Format, Get};
use super::listing::{Listing, place};
use super::output::Output;
use super::{CliError, Session};
use crate::cluster::link::Link;
use crate::cluster::once::{self, Wanted};
use crate::kind::Kind;
use crate::model::{Failure, FailureKind};

/// Prints them. Fails when one that was asked for by name is not there.
pub(super) async fn run(session: &Session, args: &Get, out: &mut Output) -> Result<ExitCode, CliError> {
    let link = session.link().await?;
    let (kind, names) = wish(args)?;
    let kind = once::kind(&link, kind).await?;
    let wanted = Wanted {
        scope: session.scope(&link),
        labels: args.selector.clone(),
        fields: field(&names),
    };
    let found = match args.output {
        Format::Json | Format::Yaml => objects(&link, &kind, &wanted, (&names, args.output), out).await?,
        format => rows(session, &link, &kind, (&wanted, &names, format), out).await?,
    };
    let missing: Vec<&String> = names.iter().filter(|name| !found.contains(name)).collect();
    if let Some(missing) = missing.first() {
        let message = format!(
            "{} `{missing}` not found in {}",
            kind.gvr,
            place(&kind, &wanted.scope)
        );
        return Err(Failure::new(FailureKind::NotFound, message).into());
    }
    Ok(ExitCode::SUCCESS)
}

/// `get po a b` or `get po/a`.
fn wish(args: &Get) -> Result<(&str, Vec<String>), CliError> {
    match args.kind.split_once('/') {
        None => Ok((&args.kind, args.names.clone())),
        Some((kind, name)) if args.names.is_empty() => Ok((kind, vec![name.to_owned()])),
        Some(_) => Err(CliError::Usage("write either KIND/NAME or KIND NAME…".to_owned())),
    }
}

/// One name is looked for by the server.
fn field(names: &[String]) -> String {
    match names {
        [name] => format!("metadata.name={name}"),
        _ => String::new(),
    }
}

/// Prints rows; the names that were found.
async fn rows(
    session: &Session,
    link: &Arc<Link>,
    kind: &Arc<Kind>,
    (wanted, names, format): (&Wanted, &[String], Format),
    out: &mut Output,
) -> Result<Vec<String>, CliError> {
    let mut listing = Listing::load(link, kind, wanted).await?;
    let of = |feed: &crate::store::FeedState, slot| feed.rows.meta(slot).map(|meta| meta.name.to_string());
    if !names.is_empty() {
        listing.retain(|feed, slot| of(feed, slot).is_some_and(|name| names.contains(&name)));
    }
    let found = listing.names();
    if !found.is_empty() || names.is_empty() {
        listing.print(format, &session.theme(link), out)?;
    }
    Ok(found)
}

/// Prints API objects: one that was asked for by name alone, else a List; the names that were found.
async fn objects(
    link: &Arc<Link>,
    kind: &Kind,
    wanted: &Wanted,
    (names, format): (&[String], Format),
    out: &mut Output,
) -> Result<Vec<String>, CliError> {
    let mut objects = once::objects(link, kind, wanted).await?;
    let of = |object: &Value| object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    objects.retain(|object| names.is_empty() || names.contains(&of(object)));
    let found: Vec<String> = objects.iter().map(of).collect();
    if let ([_], [object]) = (names, objects.as_slice()) {
        out.value(object, format)?;
    } else if names.is_empty() || !found.is_empty() {
        out.value(
            &json!({ "apiVersion": "v1", "kind": "List", "items": objects }),
            format,
        )?;
    }
    Ok(found)
}
