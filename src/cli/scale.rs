//! `kubris scale`: one workload to a number of replicas, said before it is done.

use std::io::Write as _;
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
use crate::kind::Rows;
use crate::model::{Failure, ObjectKey, Scope, Uid};
use crate::msg::{Mutation, MutationVerb};
use crate::rules::scale::Change;

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
    if wanted == current {
        out.line(&shown(&format!(
            "{key} has {current} replicas already: nothing was changed"
        )))?;
        return Ok(ExitCode::SUCCESS);
    }
    let warnings = warnings(&link, &key, current, wanted).await.join("\n");
    if args.yes && !warnings.is_empty() {
        writeln!(std::io::stderr(), "{}", shown(&warnings))?;
    }
    let what = describe(&link, &key, (current, wanted), &warnings);
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

/// What will happen, what stands against it, and kubectl's words for it.
fn describe(link: &Link, key: &ObjectKey, (current, wanted): (u32, u32), warnings: &str) -> String {
    let context = &link.info.context.name;
    let namespace = key
        .namespace()
        .map(|name| format!(" -n {name}"))
        .unwrap_or_default();
    let mut lines = vec![format!("scale {key} {current} → {wanted} in context {context}")];
    lines.extend(Some(warnings).filter(|text| !text.is_empty()).map(str::to_owned));
    lines.push(format!(
        "$ kubectl --context {context}{namespace} scale {}/{} --replicas={wanted}",
        key.gvr, key.name
    ));
    lines.join("\n")
}

/// Who will undo it, and whether the new pods fit on the nodes, as far as the user may read what tells.
async fn warnings(link: &Arc<Link>, key: &ObjectKey, current: u32, wanted: u32) -> Vec<String> {
    let own = key.namespace().map_or(Scope::All, Scope::one);
    let autoscalers = rows(link, "horizontalpodautoscalers", own).await.ok();
    let undone = scaling::undone_by(autoscalers.as_deref(), key, Some(wanted));
    let fits = if wanted > current {
        let own = key.namespace().map_or(Scope::All, Scope::one);
        let (pods, nodes, quotas) = tokio::join!(
            rows(link, "pods", Scope::All),
            rows(link, "nodes", Scope::All),
            rows(link, "resourcequotas", own.clone())
        );
        match (pods, nodes) {
            (Ok(pods), Ok(nodes)) => {
                let added = [(key.clone(), wanted - current)];
                let quotas = quotas.as_deref().ok().map(|rows| (rows, &own));
                scaling::fit(&*pods, &*nodes, quotas, &added)
            }
            (Err(why), _) | (_, Err(why)) => Some(format!("whether the new pods fit is not known: {why}")),
        }
    } else {
        None
    };
    undone.into_iter().chain(fits).collect()
}

async fn rows(link: &Arc<Link>, kind: &str, scope: Scope) -> Result<Box<dyn Rows>, Failure> {
    let kind = once::kind(link, kind).await?;
    let wanted = Wanted {
        scope,
        ..Wanted::default()
    };
    once::list(link, &kind, &wanted).await
}
