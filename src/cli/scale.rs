//! `kubris scale`: one workload to a number of replicas, said before it is done.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::Value;

use super::args::Scale;
use super::ask::{Question, consent};
use super::output::Output;
use super::{CliError, Session, shown, target};
use crate::cluster::error::Purpose;
use crate::cluster::link::Link;
use crate::cluster::mutate;
use crate::cluster::once::{self, Wanted};
use crate::insight::scaling;
use crate::kinds;
use crate::model::{Gvr, ObjectKey, Scope, Uid};
use crate::msg::{Mutation, MutationVerb};
use crate::rules::scale::Change;

const AUTOSCALERS: Gvr = Gvr::of("autoscaling", "v2", "horizontalpodautoscalers");

/// Scales it, with consent.
pub(super) async fn run(session: &Session, args: &Scale, out: &mut Output) -> Result<ExitCode, CliError> {
    let change = Change::parse(&args.replicas).map_err(|error| CliError::Usage(error.to_string()))?;
    let link = session.link().await?;
    let (kind, name) = target(&args.target)?;
    let kind = once::kind(&link, kind).await?;
    let namespace = if kind.namespaced {
        session.one_namespace(&link)?
    } else {
        String::new()
    };
    let mut key = ObjectKey {
        gvr: kind.gvr.clone(),
        namespace: namespace.into(),
        name: name.into(),
        uid: Uid::NONE,
    };
    let scale: Value = link
        .get(&key.path(Some("scale")), &Purpose::of("read the scale of", &key))
        .await
        .map_err(|trouble| trouble.failure)?;
    key.uid = Uid::parse(scale["metadata"]["uid"].as_str().unwrap_or_default());
    let current = scale["spec"]["replicas"]
        .as_u64()
        .and_then(|count| u32::try_from(count).ok())
        .unwrap_or(0);
    let wanted = change
        .target(current)
        .map_err(|error| CliError::Usage(error.to_string()))?;
    let what = describe(&link, &key, current, wanted).await;
    let protected = session.config.is_protected(&link.info.context.name);
    consent(&Question {
        what: &shown(&what),
        word: protected.then_some(&*key.name),
        yes: args.yes,
    })?;
    let mutation = Mutation {
        verb: MutationVerb::Scale { replicas: wanted },
        key,
        before: current.to_string(),
        after: wanted.to_string(),
    };
    let outcome = mutate::run(&link, &session.options().journal(), &mutation).await?;
    out.line(&shown(&outcome.message))?;
    Ok(ExitCode::SUCCESS)
}

/// What will happen, who will undo it, and kubectl's words for it.
async fn describe(link: &Arc<Link>, key: &ObjectKey, current: u32, wanted: u32) -> String {
    let context = &link.info.context.name;
    let mut text = format!("scale {key} {current} → {wanted} in context {context}");
    if let Some(kind) = kinds::find(&AUTOSCALERS) {
        let scope = key.namespace().map_or(Scope::All, Scope::one);
        let rows = once::list(
            link,
            kind,
            &Wanted {
                scope,
                ..Wanted::default()
            },
        )
        .await;
        if let Some(warning) = rows
            .ok()
            .and_then(|rows| scaling::undone_by(Some(&*rows), key, Some(wanted)))
        {
            let _ = write!(text, "\n{warning}"); // writing to a String cannot fail
        }
    }
    let namespace = key
        .namespace()
        .map(|name| format!(" -n {name}"))
        .unwrap_or_default();
    let _ = write!(
        text,
        "\n$ kubectl --context {context}{namespace} scale {}/{} --replicas={wanted}",
        key.gvr, key.name
    );
    text
}
