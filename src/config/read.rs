//! Reads a configuration file by the table of settings. It must not stop at a mistake.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::settings::{ContextSettings, Settings};
use super::table::{CONTEXT, Entry, SETTINGS};
use crate::model::Problem;
use crate::model::problem::{Source, suggestion};

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) settings: Settings,
    /// Pattern and settings, in the order of the file.
    pub(super) contexts: Vec<(String, ContextSettings)>,
    pub(super) problems: Vec<Problem>,
}

pub(super) fn read(file: &str, text: &str) -> Contents {
    let source = Source { file, text };
    let mut contents = Contents::default();
    match DeTable::parse(text) {
        Ok(root) => {
            let mut problems = Vec::new();
            let root = root.get_ref();
            fill(
                &mut contents.settings,
                SETTINGS,
                ("", root),
                &source,
                &mut problems,
            );
            contents.contexts = contexts(root, &source, &mut problems);
            problems.sort_by_key(|problem| problem.line);
            contents.problems = problems;
        }
        Err(error) => {
            let message = format!("not TOML: {}", error.message());
            contents
                .problems
                .push(source.problem(&error.span().unwrap_or_default(), message));
        }
    }
    contents
}

/// Sets what a table names, recursing into sections; `place` is the section's name with its dot, and its table.
fn fill<T>(
    target: &mut T,
    entries: &[Entry<T>],
    place: (&str, &DeTable<'_>),
    source: &Source<'_>,
    problems: &mut Vec<Problem>,
) {
    let (prefix, table) = place;
    for (key, value) in table {
        let name = format!("{prefix}{}", key.get_ref());
        if name == "contexts" {
            continue;
        }
        let section = format!("{name}.");
        let is_section = entries.iter().any(|entry| entry.name.starts_with(&section));
        if let Some(entry) = entries.iter().find(|entry| entry.name == name) {
            if let Some(value) = entry.shape.read(value.get_ref()) {
                (entry.set)(target, value);
            } else {
                let message = format!("`{name}`: expected {}", entry.shape.expected());
                problems.push(source.problem(&value.span(), message));
            }
        } else if is_section {
            if let Some(inner) = table_of(value, &name, source, problems) {
                fill(target, entries, (&section, inner), source, problems);
            }
        } else {
            let near = suggestion(&name, entries.iter().map(|entry| entry.name));
            problems.push(source.problem(&key.span(), format!("unknown setting `{name}`{near}")));
        }
    }
}

fn contexts(
    root: &DeTable<'_>,
    source: &Source<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<(String, ContextSettings)> {
    let Some(value) = root.get("contexts") else {
        return Vec::new();
    };
    let Some(table) = table_of(value, "contexts", source, problems) else {
        return Vec::new();
    };
    let mut contexts = Vec::new();
    for (pattern, value) in table {
        let name = format!("contexts.\"{}\"", pattern.get_ref());
        let Some(table) = table_of(value, &name, source, problems) else {
            continue;
        };
        let mut settings = ContextSettings::default();
        fill(&mut settings, CONTEXT, ("", table), source, problems);
        contexts.push((pattern.get_ref().to_string(), settings));
    }
    contexts
}

fn table_of<'a, 'i>(
    value: &'a Spanned<DeValue<'i>>,
    name: &str,
    source: &Source<'_>,
    problems: &mut Vec<Problem>,
) -> Option<&'a DeTable<'i>> {
    let table = value.get_ref().as_table();
    if table.is_none() {
        problems.push(source.problem(&value.span(), format!("`{name}` is a section: write `[{name}]`")));
    }
    table
}
