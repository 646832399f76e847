//! `kubris logs`: lines of many containers in order of time. Notices of streams go to standard error, lines to standard output.

mod tail;

use std::collections::HashSet;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::args::Logs;
use super::output::Output;
use super::{CliError, Session, selector, target};
use crate::cluster::link::Link;
use crate::cluster::logs::Tails;
use crate::cluster::once::{self, Wanted};
use crate::logs::{Filter, LogEvent, LogQuery, LogTarget};
use crate::model::problem::suggestion;
use crate::model::{Failure, FailureKind, Gvr, ObjectKey, Scope, Uid};
use crate::msg::{LogId, Msg};

use tail::{Printer, Tail};

/// Lines of different streams wait this long for each other (at most twice), to be put in order.
const WINDOW: Duration = Duration::from_millis(200);
/// Messages that may wait.
const DEPTH: usize = 64;

/// Tails until there is nothing more to come.
pub(super) async fn run(session: &Session, args: &Logs, out: &mut Output) -> Result<ExitCode, CliError> {
    let filter = Filter::of(&args.include, &args.exclude);
    let filter = filter.map_err(|error| CliError::Usage(error.to_string()))?;
    selector(&args.labels.selector)?;
    let link = session.link().await?;
    let query = query(session, &link, args).await?;
    let printer = Printer {
        format: args.output,
        timestamps: args.timestamps,
        theme: session.theme(&link),
        coloured: out.coloured,
    };
    let wanted = wanted(args, &query.scope);
    let waits = !args.no_follow
        && (args.follow || !matches!(&query.target, LogTarget::Matching(name) if !name.is_empty()));
    let (sender, mut said) = mpsc::channel(DEPTH);
    let mut tails = Tails::new(Arc::clone(&link), sender);
    tails.open(LogId(0), query.clone());
    let mut tail = Tail::new(filter, printer);
    let mut ticks = interval(WINDOW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = said.recv() => match message {
                Some(Msg::Log(_, LogEvent::Failed(why))) => return Err(why.into()),
                Some(Msg::Log(_, LogEvent::Streams { all: 0, .. })) if tail.is_empty() && waits => {
                    writeln!(std::io::stderr(), "no {wanted} yet, waiting for one")?;
                }
                Some(Msg::Log(_, LogEvent::Streams { all: 0, .. } | LogEvent::Complete)) if tail.is_empty() => {
                    return Err(nothing(&link, &query, &wanted).await);
                }
                Some(Msg::Log(_, LogEvent::Complete)) | None => break,
                Some(Msg::Log(_, event)) => tail.take(event)?,
                Some(_) => {}
            },
            _ = ticks.tick(), if !args.no_follow => tail.settle(out)?,
        }
    }
    tail.settle(out)?;
    tail.settle(out)?;
    tails.shutdown().await;
    tail.conclude(&query)?;
    Ok(ExitCode::SUCCESS)
}

/// What is looked for, in words: `pod whose name matches `web` with label app=x in shop`.
fn wanted(args: &Logs, scope: &Scope) -> String {
    let mut words = match &*args.query {
        "" => "pod".to_owned(),
        object if object.contains('/') => format!("pod of {object}"),
        pattern => format!("pod whose name matches `{pattern}`"),
    };
    let mut say = |text: String| words.push_str(&text);
    if let Some(container) = &args.container {
        say(format!(" with a container `{container}`"));
    }
    if !args.labels.selector.is_empty() {
        say(format!(" with labels `{}`", args.labels.selector));
    }
    match scope {
        Scope::Namespaces(names) => say(format!(
            " in {}",
            names.iter().cloned().collect::<Vec<_>>().join(", ")
        )),
        Scope::All => say(" in any namespace".to_owned()),
    }
    words
}

/// Nothing is there, with the pods whose names are near.
async fn nothing(link: &Arc<Link>, query: &LogQuery, wanted: &str) -> CliError {
    let mut message = format!("no {wanted}");
    if let LogTarget::Matching(name) = &query.target
        && let Ok(pods) = once::kind(link, "pods").await
    {
        let all = Wanted {
            scope: query.scope.clone(),
            ..Wanted::default()
        };
        let found = once::objects(link, &pods, &all).await.unwrap_or_default();
        let there = containers(&found, name);
        if query.container.is_some() && !there.is_empty() {
            message.push_str("; the containers there are `");
            message.push_str(&there.join("`, `"));
            message.push('`');
            return Failure::new(FailureKind::NotFound, message).into();
        }
        let names: Vec<&str> = found
            .iter()
            .filter_map(|pod| pod["metadata"]["name"].as_str())
            .collect();
        // Names up to each dash, too: a person knows `web`, not `web-7d9f8c6b5-xk2p1`.
        let starts = names
            .iter()
            .flat_map(|name| name.match_indices('-').filter_map(|(at, _)| name.get(..at)));
        message.push_str(&suggestion(name, names.iter().copied().chain(starts)));
        if query.follow {
            message.push_str("; `--follow` waits for one");
        }
    }
    Failure::new(FailureKind::NotFound, message).into()
}

/// The containers of the pods whose names match, each once, in the order of the pods.
fn containers<'a>(pods: &'a [Value], pattern: &str) -> Vec<&'a str> {
    let Ok(pattern) = Regex::new(pattern) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for pod in pods {
        if !pattern.is_match(pod["metadata"]["name"].as_str().unwrap_or_default()) {
            continue;
        }
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            let all = pod["spec"][list].as_array().into_iter().flatten();
            names.extend(all.filter_map(|container| container["name"].as_str()));
        }
    }
    let mut once = HashSet::new();
    names.retain(|name| once.insert(*name));
    names
}

async fn query(session: &Session, link: &Arc<Link>, args: &Logs) -> Result<LogQuery, CliError> {
    let (target, scope) = if args.query.contains('/') {
        object(session, link, &args.query).await?
    } else {
        (LogTarget::Matching(args.query.clone()), session.scope(link))
    };
    let defaults = &session.config.settings.logs;
    let since = args.since.unwrap_or(defaults.since_seconds);
    let tail = args.tail.unwrap_or_else(|| match defaults.tail {
        // Who says how far back wants all of it.
        _ if args.since.is_some() => -1,
        0 => -1,
        lines => i64::from(lines),
    });
    Ok(LogQuery {
        target,
        scope,
        selector: args.labels.selector.clone(),
        container: args.container.clone(),
        all_containers: args.all_containers,
        since_seconds: u32::try_from(since).ok().filter(|seconds| *seconds > 0),
        tail: u32::try_from(tail).ok(),
        previous: args.previous,
        follow: !args.no_follow,
        max_streams: args.max_log_requests.unwrap_or(defaults.streams),
    })
}

/// The pods of one object, which must be there.
async fn object(session: &Session, link: &Arc<Link>, text: &str) -> Result<(LogTarget, Scope), CliError> {
    let (kind, name) = target(text)?;
    let kind = once::kind(link, kind).await?;
    let namespace = if kind.namespaced {
        session.one_namespace(link)?
    } else {
        String::new()
    };
    let scope = if kind.namespaced {
        Scope::one(namespace.clone())
    } else {
        Scope::All
    };
    let mut key = ObjectKey {
        gvr: kind.gvr.clone(),
        namespace: namespace.into(),
        name: name.into(),
        uid: Uid::NONE,
    };
    let object = once::object(link, &key).await?;
    key.uid = Uid::parse(object["metadata"]["uid"].as_str().unwrap_or_default());
    let pods = key.gvr == Gvr::of("", "v1", "pods");
    Ok((
        if pods {
            LogTarget::Pods(vec![key])
        } else {
            LogTarget::Of(key)
        },
        scope,
    ))
}

#[cfg(test)]
mod tests {
    use super::containers;

    #[test]
    fn the_containers_of_matching_pods_are_named_once() {
        let pod = |name: &str, containers: &[&str]| {
            let containers: Vec<_> = containers
                .iter()
                .map(|name| serde_json::json!({"name": name}))
                .collect();
            serde_json::json!({"metadata": {"name": name}, "spec": {"containers": containers}})
        };
        let pods = [
            pod("checkout-1", &["app", "proxy"]),
            pod("checkout-2", &["app"]),
            pod("web-1", &["web"]),
        ];
        assert_eq!(containers(&pods, "checkout"), ["app", "proxy"]);
    }
}
