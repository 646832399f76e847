//! `kubris get`: objects of any kind, with the explorer's columns or as the API server has them.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::{Format, Get};
use super::listing::{Listing, place, say_nothing};
use super::output::Output;
use super::{CliError, Session, selector, shown, target};
use crate::cluster::link::Link;
use crate::cluster::once::{self, Wanted};
use crate::kind::Kind;
use crate::model::{Failure, FailureKind, Scope};
use crate::theme::Theme;

/// Objects of one kind: all of them when there are no names.
struct Wish {
    kind: Arc<Kind>,
    names: Vec<String>,
}

/// Prints them. Fails when one that was asked for by name is not there.
pub(super) async fn run(session: &Session, args: &Get, out: &mut Output) -> Result<ExitCode, CliError> {
    let labels = selector(&args.labels.selector)?;
    let asked = asked(args)?;
    if args.watch {
        return Err(CliError::Usage(format!(
            "`get` prints once; `kubris -c ':{}'` shows them as they change",
            args.kind
        )));
    }
    let link = session.link().await?;
    let mut wishes = Vec::with_capacity(asked.len());
    for (word, names) in asked {
        let (kinds, silent) = once::kinds(&link, &word).await?;
        if !silent.is_empty() {
            let text = format!(
                "kinds are missing, their servers did not answer: {}",
                silent.join(", ")
            );
            writeln!(std::io::stderr(), "kubris: {}", shown(&text))?;
        }
        if kinds.len() > 1 && !names.is_empty() {
            return Err(CliError::Usage(format!(
                "`{word}` is many kinds: an object is named by its own (`deploy/web`)"
            )));
        }
        wishes.extend(kinds.into_iter().map(|kind| Wish {
            kind,
            names: names.clone(),
        }));
    }
    if args.output == Format::Csv && wishes.len() > 1 {
        return Err(CliError::Usage(
            "`-o csv` takes one kind: every kind has columns of its own".to_owned(),
        ));
    }
    let query = Query {
        link: &link,
        scope: session.scope(&link),
        labels,
    };
    let found = match args.output {
        Format::Json | Format::Yaml => query.objects(&wishes, args.output, out).await?,
        format => query.rows(&wishes, format, &session.theme(&link), out).await?,
    };
    out.flush()?;
    query.missing(&wishes, &found)?;
    Ok(ExitCode::SUCCESS)
}

/// Who wrote which field is left out, as kubectl does (`--show-managed-fields`).
fn without_managed_fields(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
    }
}

/// `po`, `po a b`, `po,svc`, `deploy,sts web`, `po/a svc/b`: kinds in the order they were asked for, each with its names.
fn asked(args: &Get) -> Result<Vec<(String, Vec<String>)>, CliError> {
    let words: Vec<&String> = std::iter::once(&args.kind).chain(&args.names).collect();
    if !words.iter().any(|word| word.contains('/')) {
        let kinds = args.kind.split(',').filter(|kind| !kind.is_empty());
        return Ok(kinds.map(|kind| (kind.to_owned(), args.names.clone())).collect());
    }
    let mut asked: Vec<(String, Vec<String>)> = Vec::new();
    for word in words {
        let (kind, name) = target(word).map_err(|_| {
            CliError::Usage(format!(
                "`{word}`: write either KIND/NAME everywhere or KIND NAME…"
            ))
        })?;
        match asked.iter_mut().find(|(known, _)| known == kind) {
            Some((_, names)) => names.push(name.to_owned()),
            None => asked.push((kind.to_owned(), vec![name.to_owned()])),
        }
    }
    Ok(asked)
}

struct Query<'a> {
    link: &'a Arc<Link>,
    scope: Scope,
    labels: String,
}

impl Query<'_> {
    fn wanted(&self, names: &[String]) -> Wanted {
        Wanted {
            scope: self.scope.clone(),
            labels: self.labels.clone(),
            // One name is looked for by the server.
            fields: match names {
                [name] => format!("metadata.name={name}"),
                _ => String::new(),
            },
        }
    }

    /// Prints tables one after the other, rows called `kind/name` when there are several; for each wish the names that were found.
    async fn rows(
        &self,
        wishes: &[Wish],
        format: Format,
        theme: &Theme,
        out: &mut Output,
    ) -> Result<Vec<Vec<String>>, CliError> {
        let several = wishes.len() > 1;
        let mut found = Vec::with_capacity(wishes.len());
        let mut printed = false;
        for Wish { kind, names } in wishes {
            let mut listing = Listing::load(self.link, kind, &self.wanted(names)).await?;
            if !names.is_empty() {
                listing.retain(|feed, slot| {
                    let meta = feed.rows.meta(slot);
                    meta.is_some_and(|meta| names.iter().any(|name| **name == *meta.name))
                });
            }
            let here = listing.names();
            if !here.is_empty() || (format == Format::Csv && names.is_empty()) {
                if printed && format != Format::Name {
                    out.line("")?;
                }
                listing.print((format, several), theme, out)?;
                printed = true;
            }
            found.push(here);
        }
        if !printed && wishes.iter().all(|wish| wish.names.is_empty()) {
            let scoped = wishes.iter().any(|wish| wish.kind.namespaced);
            say_nothing(scoped.then_some(&self.scope))?;
        }
        Ok(found)
    }

    /// Prints API objects: one that was asked for by name alone, else a List; for each wish the names that were found.
    async fn objects(
        &self,
        wishes: &[Wish],
        format: Format,
        out: &mut Output,
    ) -> Result<Vec<Vec<String>>, CliError> {
        let mut all = Vec::new();
        let mut found = Vec::with_capacity(wishes.len());
        for Wish { kind, names } in wishes {
            let mut objects = once::objects(self.link, kind, &self.wanted(names)).await?;
            let of = |object: &Value| object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            objects.retain(|object| names.is_empty() || names.contains(&of(object)));
            for object in &mut objects {
                without_managed_fields(object);
            }
            found.push(objects.iter().map(of).collect());
            all.append(&mut objects);
        }
        let named: usize = wishes.iter().map(|wish| wish.names.len()).sum();
        match (named, all.as_slice()) {
            (1, [object]) if wishes.len() == 1 => out.value(object, format)?,
            (1.., []) => {}
            _ => out.value(
                &json!({ "apiVersion": "v1", "kind": "List", "items": all }),
                format,
            )?,
        }
        Ok(found)
    }

    /// Fails when a name was not found: each is told of.
    fn missing(&self, wishes: &[Wish], found: &[Vec<String>]) -> Result<(), CliError> {
        let mut missing = wishes.iter().zip(found).flat_map(|(wish, found)| {
            let names = wish.names.iter().filter(|name| !found.contains(name));
            names.map(|name| {
                let place = place(&wish.kind, &self.scope);
                format!("{} `{name}` not found in {place}", wish.kind.gvr)
            })
        });
        let Some(first) = missing.next() else {
            return Ok(());
        };
        let mut last = first;
        for next in missing {
            writeln!(std::io::stderr(), "kubris: {}", shown(&last))?;
            last = next;
        }
        Err(Failure::new(FailureKind::NotFound, last).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Labels;

    fn words(line: &str) -> Result<Vec<(String, String)>, String> {
        let mut words = line.split_whitespace().map(str::to_owned);
        let args = Get {
            kind: words.next().unwrap_or_default(),
            names: words.collect(),
            labels: Labels::default(),
            output: Format::default(),
            watch: false,
        };
        let asked = asked(&args).map_err(|error| error.to_string())?;
        Ok(asked
            .into_iter()
            .map(|(kind, names)| (kind, names.join(" ")))
            .collect())
    }

    #[test]
    fn kinds_and_names_in_all_of_kubectls_notations() {
        let pair = |kind: &str, names: &str| (kind.to_owned(), names.to_owned());
        for (line, expected) in [
            ("po", vec![pair("po", "")]),
            ("po a b", vec![pair("po", "a b")]),
            ("po,svc", vec![pair("po", ""), pair("svc", "")]),
            ("deploy,sts web", vec![pair("deploy", "web"), pair("sts", "web")]),
            ("po/a svc/b po/c", vec![pair("po", "a c"), pair("svc", "b")]),
        ] {
            assert_eq!(words(line), Ok(expected), "{line}");
        }
        assert!(words("po/a b").unwrap_err().contains("`b`: write either"));
    }
}
